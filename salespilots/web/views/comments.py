"""Comments: what people wrote below the posts, what was answered, and the rules that answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError, validate

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.domain.workflow import WorkflowState
from salespilots.plugins.builtin.steps.comments import MAX_VARIANTS
from salespilots.services.comment_rules import VIEWS, Rule, rule_of
from salespilots.web.context import here, services
from salespilots.web.fields import Line, Text
from salespilots.web.forms import Form, first_messages, read
from salespilots.web.lookups import channel_label
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import comments as present
from salespilots.web.presenters import posts as present_posts
from salespilots.web.presenters import sendings as present_sendings
from salespilots.web.shell import remember_position

blueprint = Blueprint("comments", __name__, url_prefix="/app/comments")
blueprint.before_request(remember_position)

POSTS_SHOWN = 60


class Words(Line):
    """Words with commas between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> tuple[str, ...]:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **more)
        words = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
        if any(len(one) > 60 for one in words):
            raise ValidationError(_("At most 60 characters a word."))
        if len(words) > 100:
            raise ValidationError(_("At most 100 words."))
        return words


class Lines(Text):
    """One answer on each line."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> tuple[str, ...]:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **more)
        lines = tuple(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))
        if len(lines) > MAX_VARIANTS:
            raise ValidationError(_("At most %(count)s answers.", count=MAX_VARIANTS))
        if any(len(one) > 300 for one in lines):
            raise ValidationError(_("At most 300 characters an answer."))
        return lines


class RuleForm(Form):
    """A rule as typed."""

    name = Line(required=True, longest=60)
    keywords = Words(load_default=(), longest=6000)
    posts = Line(load_default="all", longest=10, validate=validate.OneOf(["all", "chosen", "next"]))
    live = Line(load_default="", longest=1)
    again = Line(load_default="post", longest=10, validate=validate.OneOf(["post", "day", "always"]))
    texts = Lines(load_default=(), longest=4000)
    private = Text(required=True, longest=500)
    products = Line(load_default="", longest=1)
    ask = Line(load_default="", longest=200)


@blueprint.get("")
@permits(Permission.INBOX)
def index() -> Any:
    """Rules, what waits, and the comments, newest first."""
    shop_id, view = here().shop_id, request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    rules = services().comment_rules
    found = rules.comments(shop_id, view=view, cursor=request.args.get("after"), limit=40)
    posts = services().posts.by_refs(shop_id, [one.post_ref for one in found.items])
    states, counts = rules.states(shop_id, list(found.items)), rules.counts(shop_id)
    labels = {"all": _("All"), "answered": _("Answered"), "skipped": _("Left alone"), "kept": _("No rule")}
    keep: dict[str, Any] = {"view": view if view != "all" else None}
    may_change = here().may(Permission.CATALOGUE)
    return page(
        "comments/index.html",
        rules=_cards() if may_change else [],
        may_change=may_change,
        queue=present_sendings.queue(services().sendings.waiting(shop_id), channel_label),
        comments=[
            present.row(
                one, posts.get(one.post_ref), states.get(one.comment_ref, []),
                url_for("inbox.thread", conversation_id=one.conversation_id or "-", _anchor="newest"),
            )
            for one in found.items
        ],
        filters=[
            SimpleNamespace(
                label=labels[one], on=one == view, count=counts.get(one),
                href=url_for("comments.index", view=one if one != "all" else None),
            )
            for one in VIEWS
        ],
        ever=bool(counts),
        older_href=url_for("comments.index", **keep, after=found.next) if found.next else None,
        newer_href=url_for("comments.index", **keep) if request.args.get("after") else None,
    )  # fmt: skip


def _cards() -> list[SimpleNamespace]:
    triggers, cards = services().core.registry.triggers, []
    for one in services().comment_rules.all(here().shop_id):
        trigger = one.draft["trigger"]
        sentence = _(triggers.get(trigger["kind"]).sentence(trigger.get("settings") or {}))
        live = one.state is WorkflowState.LIVE
        cards.append(present.rule_card(one.id, rule_of(one), one.name, sentence, live=live))
    return cards


# --- rules -----------------------------------------------------------------------------------------------------


def _first() -> Rule:
    """What a new rule begins with."""
    return Rule(
        name=_("Price in comments"), keywords=("price", "rate", "cost", "kitna", "pp", "प्राइस", "कीमत"),
        texts=(_("Sent you the details in a message!"), _("Please look at your messages 😊"), _("Details are in your DM.")),
        private=_("Thank you for asking!"), ask=_("Write to me here and I help you order."),
    )  # fmt: skip


def _form(
    values: dict[str, Any], errors: dict[str, str] | None = None, status: int = 200, rule_id: str | None = None
) -> Any:
    shop = here().shop
    posts = services().posts.page(shop.id, limit=POSTS_SHOWN).items
    product = next(iter(services().catalog.page(shop.id, state="live", limit=1).items), None)
    settings = {
        "text": values.get("private") or "",
        "products": bool(values.get("products")),
        "ask": values.get("ask") or "",
    }
    private = services().preview.private_answer(shop.id, settings, [product.product.id] if product else [])
    return page(
        "comments/rule.html", status, values=values, errors=errors or {}, rule_id=rule_id,
        posts=present_posts.choices(posts, list(values.get("post_refs") or [])),
        preview=present.preview(values, shop.name, private),
        where=[
            SimpleNamespace(value="all", label=_("Any post or reel"), help="", icon="image"),
            SimpleNamespace(value="next", label=_("New ones only"), help=_("Those posted from now on"), icon="plus"),
            SimpleNamespace(value="chosen", label=_("Chosen ones"), help=_("Tick them below"), icon="check2"),
        ],
        again=[
            ("post", _("Once below each post")), ("day", _("Once a day")), ("always", _("To each comment")),
        ],
    )  # fmt: skip


@blueprint.get("/rules/new")
@permits(Permission.CATALOGUE)
def new_rule() -> Any:
    """A form that could be saved as it is."""
    return _form(present.values_of(_first()))


@blueprint.post("/rules/new")
@permits(Permission.CATALOGUE)
def create_rule() -> Any:
    """Make it and switch it on."""
    return _save(None)


@blueprint.get("/rules/<rule_id>")
@permits(Permission.CATALOGUE)
def rule(rule_id: str) -> Any:
    """One rule."""
    found, kept = services().comment_rules.get(here().shop_id, rule_id)
    return _form(present.values_of(kept), rule_id=found.id)


@blueprint.post("/rules/<rule_id>")
@permits(Permission.CATALOGUE)
def change_rule(rule_id: str) -> Any:
    """Change it; answers that are on their way stay as they are."""
    services().comment_rules.get(here().shop_id, rule_id)
    return _save(rule_id)


def _save(rule_id: str | None) -> Any:
    values, errors = read(RuleForm, request.form)
    refs = tuple(one[:200] for one in request.form.getlist("post_refs")[:500])
    typed = {**request.form.to_dict(), "post_refs": list(refs)}
    if errors:
        return _form(typed, errors, 422, rule_id)
    made = Rule(**{**values, "live": bool(values["live"]), "products": bool(values["products"])}, post_refs=refs)
    try:
        services().comment_rules.save(here().shop_id, made, workflow_id=rule_id, actor=here().user.id)
    except InvalidInput as error:
        return _form(typed, first_messages(error.fields), 422, rule_id)
    flash(_("Saved and on"), "ok")
    return back_to(url_for("comments.index"))


@blueprint.post("/rules/<rule_id>/switch")
@permits(Permission.CATALOGUE)
def switch_rule(rule_id: str) -> Any:
    """On or off; answers that are on their way leave."""
    workflows, shop_id = services().workflows, here().shop_id
    act = workflows.publish if request.form.get("live") == "1" else workflows.pause
    act(shop_id, rule_id, actor=here().user.id)
    return back_to(url_for("comments.index"))

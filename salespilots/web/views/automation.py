"""Rules of automation: quiet hours, business hours, how often something is said unasked, the secret of calls; and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.automation import DAYS, MAX_CAP, AutomationRules
from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.plugins.builtin.steps.timed import DAY_NAMES, FESTIVALS
from salespilots.web.context import here, services
from salespilots.web.fields import Count, Line
from salespilots.web.forms import Form, first_messages, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.shell import Shell

blueprint = Blueprint("automation", __name__, url_prefix="/app/settings")


class RulesForm(Form):
    """The rules as typed; days and festivals are ticked."""

    quiet = Line(longest=1, load_default="")
    quiet_from = Line(longest=8, required=True)
    quiet_until = Line(longest=8, required=True)
    cap = Count(required=True, least=0, most=MAX_CAP)
    opens = Line(longest=8, required=True)
    closes = Line(longest=8, required=True)


class TagNameForm(Form):
    """A tag's name."""

    name = Line(longest=40, required=True)


@blueprint.get("/automation")
@permits(Permission.SHOP_ADMIN)
def index() -> Any:
    """The rules as they are."""
    return _page(_values(services().automation.get(here().shop_id)), {})


@blueprint.post("/automation")
@permits(Permission.SHOP_ADMIN)
def save() -> Any:
    """Keep them; what is planned already is held to them when it leaves."""
    values, errors = read(RulesForm, request.form)
    ticked = {name: request.form.getlist(name)[:60] for name in ("closed_days", "quiet_festivals")}
    typed = {**request.form.to_dict(), **ticked}
    if not errors:
        given = {
            **values, "quiet": values["quiet"] == "1",
            "closed_days": tuple(one for one in DAYS if one in ticked["closed_days"]),
            "quiet_festivals": tuple(one for one in FESTIVALS if one in ticked["quiet_festivals"]),
        }  # fmt: skip
        try:
            services().automation.change(here().shop_id, given)
        except InvalidInput as error:
            errors = first_messages(error.fields)
    if errors:
        return _page(typed, errors, 422)
    flash(_("Saved"), "ok")
    return back_to(url_for("automation.index"))


@blueprint.post("/automation/secret")
@permits(Permission.SHOP_ADMIN)
def secret() -> Any:
    """The page with the secret that calls are signed with; it is made when it is first asked for."""
    response = _page(
        _values(services().automation.get(here().shop_id)), {}, secret=services().automation.secret(here().shop_id)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _values(rules: AutomationRules) -> dict[str, Any]:
    return {
        "quiet": rules.quiet, "quiet_from": rules.quiet_from, "quiet_until": rules.quiet_until, "cap": rules.cap,
        "opens": rules.opens, "closes": rules.closes, "closed_days": rules.closed_days,
        "quiet_festivals": rules.quiet_festivals,
    }  # fmt: skip


def _page(values: Mapping[str, Any], errors: dict[str, str], status: int = 200, secret: str = "") -> Response:
    hindi = Shell().lang == "hi"
    labels = festival_names()
    return page(
        "settings/automation.html", status, values=values, errors=errors, secret=secret,
        days=[(one, DAY_NAMES[one][hindi]) for one in DAYS], festivals=[(one, labels[one]) for one in FESTIVALS],
    )  # fmt: skip


def festival_names() -> dict[str, str]:
    """What the festivals of the calendar are called."""
    return {
        "makar_sankranti": _("Makar Sankranti"), "republic_day": _("Republic Day"), "maha_shivaratri": _("Maha Shivaratri"),
        "holi": _("Holi"), "ugadi": _("Ugadi"), "eid_al_fitr": _("Eid al-Fitr"), "ram_navami": _("Ram Navami"),
        "baisakhi": _("Baisakhi"), "eid_al_adha": _("Eid al-Adha"), "independence_day": _("Independence Day"),
        "onam": _("Onam"), "raksha_bandhan": _("Raksha Bandhan"), "janmashtami": _("Janmashtami"),
        "ganesh_chaturthi": _("Ganesh Chaturthi"), "gandhi_jayanti": _("Gandhi Jayanti"), "dussehra": _("Dussehra"),
        "karwa_chauth": _("Karwa Chauth"), "diwali": _("Diwali"), "bhai_duj": _("Bhai Duj"),
        "guru_nanak": _("Guru Nanak Jayanti"), "christmas": _("Christmas"),
    }  # fmt: skip


# --- tags --------------------------------------------------------------------------------------------------------


@blueprint.get("/tags")
@permits(Permission.SHOP_ADMIN)
def tags() -> Any:
    """All of them, with how many customers have each."""
    return _tags({})


@blueprint.post("/tags")
@permits(Permission.SHOP_ADMIN)
def add_tag() -> Any:
    """A new one."""
    values, errors = read(TagNameForm, request.form)
    if not errors:
        try:
            services().tags.add(here().shop_id, values["name"])
        except InvalidInput as error:
            errors = first_messages(error.fields)
        except Conflict as refused:
            errors = {"name": _(refused.message)}
    if errors:
        return _tags(errors, 422, request.form.get("name", ""))
    return back_to(url_for("automation.tags"))


@blueprint.post("/tags/<tag_id>")
@permits(Permission.SHOP_ADMIN)
def rename_tag(tag_id: str) -> Any:
    """Call it otherwise, at everybody who has it."""
    values, errors = read(TagNameForm, request.form)
    services().tags.get(here().shop_id, tag_id)
    if not errors:
        try:
            services().tags.rename(here().shop_id, tag_id, values["name"], actor=here().user.id)
        except InvalidInput as error:
            errors = first_messages(error.fields)
        except Conflict as refused:
            errors = {"name": _(refused.message)}
    if errors:
        flash(next(iter(errors.values())), "bad")
    return back_to(url_for("automation.tags", after=request.form.get("after") or None))


@blueprint.post("/tags/<tag_id>/delete")
@permits(Permission.SHOP_ADMIN)
def delete_tag(tag_id: str) -> Any:
    """Take it off everybody, unless workflows name it."""
    try:
        services().tags.delete(here().shop_id, tag_id, actor=here().user.id)
    except Conflict as refused:
        flash(_(refused.message), "bad")
    else:
        flash(_("Tag deleted"), "ok")
    return back_to(url_for("automation.tags"))


def _tags(errors: dict[str, str], status: int = 200, typed: str = "") -> Any:
    after = request.args.get("after")
    found = services().tags.page(here().shop_id, cursor=after, limit=50)
    return page(
        "settings/tags.html", status, errors=errors, typed=typed, tags=found.items,
        older_href=url_for("automation.tags", after=found.next) if found.next else None,
        newer_href=url_for("automation.tags") if after else None,
    )  # fmt: skip

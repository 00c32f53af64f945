"""Posts, reels and stories: read from the channel, and which products each of them shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.business import Permission
from salespilots.domain.comment import Post
from salespilots.domain.errors import InvalidInput
from salespilots.services.posts import MAX_PRODUCTS
from salespilots.web.context import here, services
from salespilots.web.forms import first_messages, query_text
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import posts as present
from salespilots.web.presenters import products as present_products
from salespilots.web.shell import remember_position

blueprint = Blueprint("posts", __name__, url_prefix="/app/posts")
blueprint.before_request(remember_position)

VIEWS = ("all", "open", "post", "reel", "story")
SHOWN = 60
"""Products offered to tick; the search finds the others."""


def _titles(posts: list[Post]) -> dict[str, str]:
    ids = list({one for post in posts for one in post.product_ids})
    return {one.id: one.title for one in services().catalog.named(here().shop_id, ids)}


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """The grid, newest first."""
    shop_id, view = here().shop_id, request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    found = services().posts.page(
        shop_id, kind=view if view not in ("all", "open") else "", mapped=False if view == "open" else None,
        cursor=request.args.get("after"), limit=48,
    )  # fmt: skip
    labels = {
        "all": _("All"), "open": _("Without a product"), "post": _("Posts"), "reel": _("Reels"), "story": _("Stories"),
    }  # fmt: skip
    keep: dict[str, Any] = {"view": view if view != "all" else None}
    return page(
        "posts/index.html",
        posts=[present.card(one, _titles(found.items)) for one in found.items],
        filters=[
            SimpleNamespace(label=labels[one], on=one == view, href=url_for("posts.index", view=one if one != "all" else None))
            for one in VIEWS
        ],
        can_fetch=bool(services().posts.listing(shop_id)),
        ever=bool(found.items) or view != "all",
        older_href=url_for("posts.index", **keep, after=found.next) if found.next else None,
        newer_href=url_for("posts.index", **keep) if request.args.get("after") else None,
    )  # fmt: skip


@blueprint.post("/fetch")
@permits(Permission.CATALOGUE)
def fetch() -> Any:
    """Have them read; they appear as they come."""
    count = services().posts.fetch(here().shop_id)
    flash(_("Your posts are being read. They appear here in a moment.") if count else _("Connect a channel first."),
          "ok" if count else "bad")  # fmt: skip
    return back_to(url_for("posts.index"))


@blueprint.get("/<post_id>")
@permits(Permission.CATALOGUE)
def detail(post_id: str) -> Any:
    """One post with the products to tick."""
    return _detail(services().posts.get(here().shop_id, post_id))


def _detail(
    post: Post, status: int = 200, chosen: list[str] | None = None, errors: dict[str, str] | None = None
) -> Any:
    shop_id, q = here().shop_id, query_text(request.values.get("q"))
    chosen = post.product_ids if chosen is None else chosen
    found = services().catalog.page(shop_id, q=q, state="live", limit=SHOWN)
    listed = {one.product.id for one in found.items}
    mine = services().catalog.named(shop_id, [one for one in chosen if one not in listed])
    rows = [present_products.row(services().catalog.get(shop_id, one.id)) for one in mine]
    rows += [present_products.row(one) for one in found.items]
    comments = services().comment_rules.comments(shop_id, post_ref=post.post_ref, limit=10).items
    return page(
        "posts/detail.html", status, post=present.card(post, _titles([post])), q=q, chosen=set(chosen), errors=errors or {},
        products=sorted(rows, key=lambda one: one.id not in chosen), more=found.next is not None, most=MAX_PRODUCTS,
        comments=[SimpleNamespace(who=f"@{one.username}", text=one.text or _("A sticker or GIF"), at=one.sent_at) for one in comments],
    )  # fmt: skip


@blueprint.post("/<post_id>")
@permits(Permission.CATALOGUE)
def show(post_id: str) -> Any:
    """Say what it shows."""
    post = services().posts.get(here().shop_id, post_id)
    chosen = [one[:60] for one in request.form.getlist("products")[:200]]
    try:
        saved = services().posts.show(here().shop_id, post.id, chosen)
    except InvalidInput as error:
        return _detail(post, 422, chosen, first_messages(error.fields))
    count = len(saved.product_ids)
    flash(
        ngettext("It shows %(num)d product. “Price?” is answered with it.", "It shows %(num)d products. “Price?” asks which one.",
                 count) if count else _("It shows no product now."),
        "ok",
    )  # fmt: skip
    return back_to(url_for("posts.detail", post_id=post.id))

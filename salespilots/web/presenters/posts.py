"""Posts, reels and stories as the shop's pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.comment import Post
from salespilots.web.filters import now
from salespilots.web.media import thumbnail

STORY_LASTS = timedelta(hours=24)

KINDS = {"post": "image", "reel": "play", "story": "clock", "live": "camera", "ad": "megaphone"}
"""Kind to icon."""


def kind_label(kind: str) -> str:
    """What people call it."""
    return {
        "post": _("Post"), "reel": _("Reel"), "story": _("Story"), "live": _("Live video"), "ad": _("Advertisement"),
    }.get(kind, _("Post"))  # fmt: skip


def card(post: Post, titles: Mapping[str, str]) -> SimpleNamespace:
    """One post of the grid. ``titles``: product id to title."""
    shown = [titles[one] for one in post.product_ids if one in titles]
    at = post.posted_at or post.created_at
    return SimpleNamespace(
        id=post.id, ref=post.post_ref, kind=post.kind, kind_label=kind_label(post.kind), icon=KINDS.get(post.kind, "image"),
        caption=post.caption, label=name_of(post), permalink=post.permalink, at=at, products=shown,
        picture_url=thumbnail(post.business_id, post.picture, 320) if post.picture else "",
        ended=post.kind == "story" and now() - at > STORY_LASTS,
    )  # fmt: skip


def name_of(post: Post | None) -> str:
    """How a list speaks of it: its first words, or what it is."""
    if post is None:
        return ""
    words = " ".join(post.caption.split())
    return (words[:57] + "…" if len(words) > 58 else words) or kind_label(post.kind)


def choices(posts: Sequence[Post], chosen: Sequence[str]) -> list[SimpleNamespace]:
    """Posts to tick, those that are chosen first."""
    cards = [card(one, {}) for one in posts if one.kind != "story"]
    for one in cards:
        one.chosen = one.ref in chosen
    return sorted(cards, key=lambda one: not one.chosen)

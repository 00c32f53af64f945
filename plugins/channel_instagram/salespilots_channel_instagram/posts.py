"""Meta's media objects as posts of the port.

Source of a protocol fact: Meta, "IG User Media" and "IG Media".
"""

from __future__ import annotations

from typing import Any

from salespilots.ports.channel import ListedPost, PostPage, SentMessage
from salespilots_channel_instagram.parsing import moment, ref_of

POST_FIELDS = "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp"
KINDS = {"FEED": "post", "REELS": "reel", "STORY": "story", "LIVE": "live", "AD": "ad"}
"""``media_product_type`` to the port's word."""


def page_of(answer: dict[str, Any], kind: str) -> PostPage:
    """A page of a list; rows that say nothing are left out."""
    rows = answer.get("data")
    items = tuple(post_of(row, kind) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    paging = answer.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
    after = cursors.get("after") if isinstance(cursors, dict) else ""
    return PostPage(items=tuple(one for one in items if one.ref), cursor=after if isinstance(after, str) else "")


def post_of(row: dict[str, Any], kind: str) -> ListedPost:
    """One media object. Of a video the still picture."""
    product, video = str(row.get("media_product_type") or ""), row.get("media_type") == "VIDEO"
    picture = row.get("thumbnail_url") if video else row.get("media_url") or row.get("thumbnail_url")
    return ListedPost(
        ref=ref_of(row.get("id")), kind=KINDS.get(product, kind), caption=_text(row.get("caption")),
        permalink=_link(row.get("permalink")), picture_url=_link(picture), posted_at=moment(row.get("timestamp")),
    )  # fmt: skip


def replies_of(answer: dict[str, Any], account_id: str) -> tuple[list[SentMessage], bool]:
    """(answers below a comment, whether these are all): one that does not say whose or when it is makes it a part."""
    rows = answer.get("data")
    paging = answer.get("paging")
    whole = isinstance(rows, list) and not (isinstance(paging, dict) and paging.get("next"))
    found = []
    for row in rows if isinstance(rows, list) else []:
        given = row if isinstance(row, dict) else {}
        sender, at, ref = given.get("from"), moment(given.get("timestamp")), ref_of(given.get("id"))
        sender_ref = ref_of(sender.get("id")) if isinstance(sender, dict) else ""
        if not (sender_ref and at and ref):
            whole = False
            continue
        found.append(
            SentMessage(provider_ref=ref, text=_text(given.get("text")), sent_at=at, from_shop=sender_ref == account_id)
        )
    return sorted(found, key=lambda one: one.sent_at), whole


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _link(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""

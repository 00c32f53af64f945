"""What a message or a comment is about, what hangs on it, and how somebody came to the chat.

Source of a protocol fact: Meta, "Instagram Platform Webhook Notification Examples" (attachments ``ig_post``, ``ig_reel``,
``ig_story``, ``story_mention``; ``reply_to.story``; ``referral`` with ``ads_context_data``; a comment's ``media``).
"""

from __future__ import annotations

from typing import Any

from salespilots.ports.channel import Attachment, Subject
from salespilots_channel_instagram.values import id_in, object_of, objects_of, ref_of, text_of

_SHARED = {
    "ig_post": "post", "share": "post", "ig_reel": "reel", "reel": "reel", "ig_story": "story", "story": "story",
    "story_mention": "story",
}  # fmt: skip
_PRODUCT_TYPES = {"FEED": "post", "REELS": "reel", "STORY": "story", "LIVE": "live", "AD": "ad"}

REACTIONS = {
    "love": "\u2764\ufe0f", "smile": "\U0001f606", "laugh": "\U0001f602", "angry": "\U0001f620", "sad": "\U0001f622",
    "wow": "\U0001f62e", "like": "\U0001f44d", "dislike": "\U0001f44e",
}  # fmt: skip
"""Meta's names of reactions, where the emoji itself is not told."""

SOME_REACTION = "\U0001f642"
"""Shown for a reaction of which neither a name that we know nor an emoji is told."""


def attachments_of(message: dict[str, Any]) -> tuple[Attachment, ...]:
    """Everything attached, in order. An album is several pictures of one message."""
    return tuple(_attachment(one) for one in objects_of(message.get("attachments")))


def _attachment(one: dict[str, Any]) -> Attachment:
    payload = object_of(one.get("payload"))
    ref = next((payload[name] for name in payload if name.endswith(("_id", "_media_id")) and payload[name]), "")
    return Attachment(
        kind=text_of(one.get("type"))[:40] or "unknown",
        url=text_of(payload.get("url") or payload.get("story_media_url") or one.get("url")),
        title=text_of(payload.get("title") or one.get("title")),
        ref=ref_of(ref),
    )


def subject_of(message: dict[str, Any], attachments: tuple[Attachment, ...]) -> Subject | None:
    """The story that a message answers or mentions, or the post that it shares. A share that comes under its old and its
    new name at once is one post: the new name tells its id."""
    story = object_of(message.get("reply_to")).get("story")
    if isinstance(story, dict):
        return Subject(kind="story", ref=id_in(story), url=text_of(story.get("url")))
    shared = [one for one in attachments if one.kind in _SHARED]
    if shared:
        one = next((one for one in shared if one.ref), shared[0])
        return Subject(kind=_SHARED[one.kind], ref=one.ref, url=one.url, title=one.title)
    return ad_of(message.get("referral"))


def ad_of(referral: Any) -> Subject | None:
    """The advertisement that a referral comes from."""
    context = object_of(object_of(referral).get("ads_context_data"))
    ref = ref_of(context.get("post_id")) or ref_of(object_of(referral).get("ad_id"))
    if not context and not ref:
        return None
    return Subject(kind="ad", ref=ref, url=text_of(context.get("photo_url")), title=text_of(context.get("ad_title")))


def referral_of(value: Any) -> dict[str, str]:
    """How somebody came: an advertisement (``source`` ADS), a link of the shop (``ref`` is what the link says), a product
    of the shop. Empty when there is nothing to tell."""
    referral = object_of(value)
    if not referral:
        return {}
    context = object_of(referral.get("ads_context_data"))
    told = {
        "source": text_of(referral.get("source")), "ref": text_of(referral.get("ref")),
        "ad_id": ref_of(referral.get("ad_id")), "title": text_of(context.get("ad_title")),
        "post_id": ref_of(context.get("post_id")),
        "product_id": id_in(referral.get("product")) or ref_of(context.get("product_id")),
    }  # fmt: skip
    kept = {name: text[:300] for name, text in told.items() if text}
    return kept or {"source": "unknown"}


def media_subject(value: dict[str, Any], *, live: bool) -> Subject | None:
    """What a comment stands below. Of an advertisement the post behind it is told, too: that is what the shop knows."""
    media = object_of(value.get("media"))
    ref = ref_of(media.get("original_media_id")) or id_in(media) or ref_of(value.get("media_id"))
    if not ref:
        return None
    kind = "live" if live else _PRODUCT_TYPES.get(text_of(media.get("media_product_type")).upper(), "post")
    return Subject(kind=kind, ref=ref, title=text_of(media.get("ad_title")))


def emoji_of(reaction: dict[str, Any]) -> str:
    """The emoji of a reaction; of one that is taken back there may be none."""
    emoji, name = text_of(reaction.get("emoji")), text_of(reaction.get("reaction"))
    if emoji or not name:
        return emoji[:16]
    return REACTIONS.get(name, SOME_REACTION)

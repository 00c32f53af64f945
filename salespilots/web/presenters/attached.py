"""What hangs on a message, and what it is about, as parts of its bubble: where each is had from, or what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask import url_for
from flask_babel import gettext as _

from salespilots.domain.conversation import Message
from salespilots.services.messaging.attachments import OF_OTHERS, SHARED, SUBJECT, WANTED
from salespilots.web.filters import now

STORY_LASTS = timedelta(hours=24)
SOONEST = timedelta(hours=2)
"""After so long nobody fetches any more."""


def parts(message: Message) -> list[SimpleNamespace]:
    """The parts of a message, in order."""
    shown = [_part(message, str(number), slot) for number, slot in enumerate(message.attachments)]
    return [one for one in shown if one is not None]


def story(message: Message) -> SimpleNamespace:
    """The story that a message answers or mentions."""
    mention = message.kind == "story_mention"
    slot, place = dict(message.content.get(SUBJECT) or {}), SUBJECT
    if mention or not slot:
        slot = dict(next(iter(message.attachments), slot))
        place = "0"
    label = _("Mentioned you in their story") if mention else _("Replied to your story")
    ended = not slot.get("file") and _over(message, slot)
    picture = _href(message, place, 320) if slot.get("file") and slot.get("sort") == "image" else ""
    clip = _href(message, place) if slot.get("file") and slot.get("sort") == "video" else ""
    return SimpleNamespace(picture_url=picture, clip_url=clip, alt=_("Story"), label=label, gone=ended)


def shared_subject(message: Message) -> SimpleNamespace | None:
    """The advertisement that a message came from, with its picture."""
    slot = message.content.get(SUBJECT)
    if not isinstance(slot, dict) or slot.get("kind") != "ad":
        return None
    picture = _href(message, SUBJECT, 320) if slot.get("file") and slot.get("sort") == "image" else ""
    return SimpleNamespace(title=str(slot.get("title") or ""), picture_url=picture)


def sent_picture(address: str) -> SimpleNamespace:
    """A picture of an album that the shop sent."""
    return SimpleNamespace(kind="image", src=address, small=address)


def _over(message: Message, slot: Mapping[str, Any]) -> bool:
    return bool(slot.get("missing")) or now() - (message.sent_at or message.created_at) > STORY_LASTS


def _part(message: Message, place: str, slot: Mapping[str, Any]) -> SimpleNamespace | None:
    kind = str(slot.get("type") or "")
    made = SimpleNamespace(
        kind="", src="", small="", label="", title=str(slot.get("title") or ""), why="", link="", sort=str(slot.get("sort") or ""),
    )  # fmt: skip
    if kind == "like_heart":
        made.kind, made.label = "heart", "\u2764\ufe0f"
        return made
    if kind == "story_mention":
        return None  # the ring around the story shows it
    if slot.get("file"):
        made.kind, made.src = str(slot["sort"]), _href(message, place)
        made.small = _href(message, place, 320) if made.sort == "image" else ""
        if kind in ("sticker", "animated_image") or (kind == "image" and slot.get("ref")):
            made.kind = "sticker"
        made.label = _size(int(slot.get("size") or 0)) if made.kind == "file" else ""
    else:
        made.kind, made.why = "missing", _missing(message, slot)
    if kind in SHARED:
        made.label, made.link = _shared(kind), _on_instagram(str(slot.get("url") or ""))
        made.sort, made.kind = made.kind, "share"
        made.why = "" if made.link else made.why  # there is a way to it, and it is often a page and no picture
    elif kind not in WANTED:
        made.kind, made.label = "unknown", kind
        made.why = _unknown(kind)
    return made


def _href(message: Message, place: str, side: int | None = None) -> str:
    return url_for(
        "chat_files.piece", conversation_id=message.conversation_id, message_id=message.id, place=place, side=side
    )


def _shared(kind: str) -> str:
    if kind in OF_OTHERS:
        return _("Shared a story")
    return _("Shared a reel") if "reel" in kind else _("Shared a post")


def _on_instagram(url: str) -> str:
    """The address when it leads to a page of Instagram: signed addresses of files die, and are nobody's to open."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return url if parts.scheme == "https" and (host == "instagram.com" or host.endswith(".instagram.com")) else ""


def _unknown(kind: str) -> str:
    if kind == "ephemeral":
        return _("Something to be seen once. It opens only in the Instagram app.")
    if kind == "template":
        return _("A card. It opens only in the Instagram app.")
    return _("Instagram sent something SalesPilots does not know yet. Open it in the Instagram app.")


def _missing(message: Message, slot: Mapping[str, Any]) -> str:
    reason = str(slot.get("missing") or "")
    if not reason:
        waiting = now() - message.created_at < SOONEST and slot.get("url")
        return _("Being fetched from Instagram") if waiting else _("It opens only in the Instagram app.")
    return {
        "too_large": _("Too large to be kept here. Open it in the Instagram app."),
        "wrong_type": _("Not a kind of file that is kept here. Open it in the Instagram app."),
        "damaged": _("It did not come whole. Open it in the Instagram app."),
        "gone": _("Instagram does not give it out any more."),
        "ended": _("The story has ended."),
        "erased": _("Erased, as the customer asked."),
    }.get(reason, _("It could not be fetched from Instagram. Open it in the Instagram app."))


def _size(size: int) -> str:
    return f"{max(1, round(size / 1024))} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


def quote(message: Message | None) -> SimpleNamespace:
    """The message that another one answers."""
    if message is None:
        return SimpleNamespace(text=_("An earlier message"), href="")
    text = message.text
    if message.reason == "deleted":
        text = _("A message that was taken back")
    elif not text:
        text = {
            "image": _("Picture"), "video": _("Video"), "audio": _("Voice message"), "file": _("File"), "share": _("Post"),
        }.get(message.kind, _("Message"))  # fmt: skip
    return SimpleNamespace(text=text[:120], href=f"#m-{message.id}")

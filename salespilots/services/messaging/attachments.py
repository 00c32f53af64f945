"""What hangs on a message, as it is stored: of which kind the message is, what is to be fetched, what it is called."""

from __future__ import annotations

from typing import Any

from salespilots.ports.channel import Attachment, Inbound, Subject
from salespilots.services.messaging.content import clean

SHARED = frozenset({"share", "ig_post", "ig_reel", "reel", "ig_story", "story"})
"""Kinds of attachments that show a post of somebody."""

OF_OTHERS = frozenset({"story_mention", "ig_story", "story"})
"""Stories of other people: shown while they run, and not kept any longer."""

WANTED = {
    "image": "image", "animated_image": "image", "sticker": "image", "video": "video", "audio": "audio", "file": "file",
    **dict.fromkeys(SHARED | {"story_mention"}, "any"),
}  # fmt: skip
"""What is fetched of each kind of attachment; nothing of the others."""

SUBJECT = "subject"
"""The place of the picture of what a message is about, beside the numbers of its attachments."""

MAX_ATTACHMENTS = 20


def stored(inbound: Inbound) -> list[dict[str, Any]]:
    """The attachments of a message. A post that is told under its old and its new name is one."""
    named = {one.ref for one in inbound.attachments if one.kind == "ig_post" and one.ref}
    return [
        {"type": one.kind, "url": one.url, "title": clean(one.title, 500), "ref": one.ref}
        for one in inbound.attachments[:MAX_ATTACHMENTS]
        if not (one.kind == "share" and named and one.ref in named | {""})
    ]


def content_of(inbound: Inbound) -> dict[str, Any]:
    """What else is kept of an incoming message: what was tapped, what it is about, and how its writer came."""
    content: dict[str, Any] = {}
    if inbound.payload:
        content["payload"] = inbound.payload[:1000]
    if inbound.subject is not None:
        content[SUBJECT] = subject(inbound.subject)
    return content


def subject(one: Subject) -> dict[str, Any]:
    """What a message is about, as it is stored."""
    return {"kind": one.kind, "ref": one.ref, "url": one.url, "title": clean(one.title, 500)}


def kind_of_message(inbound: Inbound) -> str:
    """The kind under which a message is stored."""
    if inbound.unsupported:
        return "unsupported"
    if inbound.kind not in ("message", "echo"):
        return inbound.kind
    if inbound.text or not inbound.attachments:
        return "text"
    kind = inbound.attachments[0].kind
    if kind in ("image", "video", "audio", "file"):
        return kind
    if kind in ("sticker", "animated_image", "like_heart"):
        return "image"
    if kind in SHARED:
        return "share"
    return "story_mention" if kind == "story_mention" else "unsupported"


def described(attachments: tuple[Attachment, ...]) -> str:
    """One line for the list of chats, for a message without words."""
    if not attachments:
        return "Message"
    kind = attachments[0].kind
    if kind == "image" and len(attachments) > 1:
        return f"{len(attachments)} photos"
    names = {
        "image": "Photo", "video": "Video", "audio": "Voice message", "file": "File", "story_mention": "Story mention",
        "like_heart": "\u2764\ufe0f", "sticker": "Sticker", "animated_image": "GIF", "ig_reel": "Reel", "reel": "Reel",
    }  # fmt: skip
    return names.get(kind, "Shared")

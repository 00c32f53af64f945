"""What the channel tells of a chat itself, as lines between its bubbles: how its customer came, who owns it, what nobody
knows yet; and what the customer wrote below a post."""

from __future__ import annotations

from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.comment import Comment
from salespilots.domain.conversation import Conversation
from salespilots.domain.events import Event
from salespilots.services.messaging.held import HELD, REFERRAL

FIRST = frozenset({"conversation.referred"})
"""Lines that stand above the message that came with them."""


def look(event: Event) -> tuple[str, str] | None:
    """Glyph and words of such an event, or None for any other."""
    if event.type == "conversation.referred":
        return "megaphone" if event.data.get("source") == "ADS" else "link", came_by(event.data)
    if event.type == "message.unknown":
        return "info", _("Instagram sent something SalesPilots does not know yet")
    return {
        "conversation.held": ("lock", _("Another app answers this chat now")),
        "conversation.freed": ("bolt", _("This chat is ours again")),
        "conversation.wanted": ("hand", _("Another app asks for this chat")),
    }.get(event.type)


def came_by(referral: dict[str, str]) -> str:
    """How somebody came, as a sentence."""
    title, ref = str(referral.get("title") or ""), str(referral.get("ref") or "")
    if referral.get("source") == "ADS":
        return _("Came from your ad \u201c%(title)s\u201d", title=title) if title else _("Came from one of your ads")
    if referral.get("product_id"):
        return _("Came from a product of your shop on Instagram")
    return _("Came by your link \u201c%(ref)s\u201d", ref=ref) if ref else _("Came by your link")


def came(conversation: Conversation) -> str:
    """How the customer of a chat came the last time, or nothing."""
    referral = conversation.facts.get(REFERRAL)
    return came_by(referral) if isinstance(referral, dict) and referral else ""


def held(conversation: Conversation) -> bool:
    """Whether another app owns the chat."""
    return bool(conversation.facts.get(HELD))


def comment_line(comment: Comment) -> SimpleNamespace:
    """What a customer wrote below a post, as a line of their chat."""
    return SimpleNamespace(
        id=comment.id, kind="comment", side="in", icon="inbox", at=comment.sent_at, text=comment.text,
        label=_("Commented on your live video") if comment.live else _("Commented on your post"),
    )  # fmt: skip

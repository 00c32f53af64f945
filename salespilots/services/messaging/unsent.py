"""A customer unsent a message: its words and media go from wherever they are kept, the fact stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from salespilots.domain.conversation import Author, Conversation, Message
from salespilots.domain.events import Event
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.services.core import Core
from salespilots.services.messaging import media

UNSENT = "Message unsent"
"""What the list says of a chat that has no other words."""

CLOCKS_APART = timedelta(hours=1)
"""How far a provider's clock may be ahead of ours."""


def forget_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message) -> None:
    """Blank the message, its line in the list of chats, and the events that told it."""
    shown = conversation.preview == message.text[:140] or message.seq == conversation.next_seq - 1
    media.forget_in(core, uow, [message])
    message.text, message.content, message.attachments, message.reason = "", {}, [], "deleted"
    message.reactions, message.edited_at = [], None
    uow.messages.save(message)
    if shown:
        _show_last_words(uow, conversation)
    told_since = min(message.created_at, message.sent_at or message.created_at) - CLOCKS_APART
    for row in uow.inbox.kept(conversation.lane, told_since):
        if row.payload.get("message_ref") == message.provider_ref:
            bare: dict[str, Any] = {
                "text": "",
                "payload": "",
                "attachments": [],
                "subject": None,
                "emoji": "",
                "facts": {},
                "raw": {},
            }
            uow.inbox.rewrite(row, {**row.payload, **bare})
    ids = {"conversation_id": conversation.id, "message_id": message.id}
    uow.record(Event(type="message.deleted", at=core.clock.now(), ids=ids))


def _show_last_words(uow: UnitOfWork, conversation: Conversation) -> None:
    spoken = uow.messages.select(eq("conversation_id", conversation.id), Where("text", "ne", ""), order="-seq", limit=1)
    conversation.preview = spoken[0].text[:140] if spoken else UNSENT
    conversation.preview_author = spoken[0].author if spoken else Author.CUSTOMER
    uow.conversations.save(conversation)

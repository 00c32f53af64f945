"""Words that were changed after they were said: the new ones are shown, the old ones kept beside them."""

from __future__ import annotations

from datetime import datetime

from salespilots.domain.conversation import Conversation, Message
from salespilots.domain.events import Event
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork
from salespilots.services.messaging.content import clean

MANY_EARLIER = 5
"""Of so many earlier wordings the newest are kept."""


def apply_in(
    uow: UnitOfWork, conversation: Conversation | None, message: Message, inbound: Inbound, now: datetime
) -> bool:
    """Put the new words in place. False when there are none (many deliveries say only that something was edited), when
    they are older than what stands, or when the message was unsent."""
    text = clean(inbound.text)
    older = message.edited_at is not None and message.edited_at >= inbound.sent_at
    if not text or older or text == message.text or message.reason == "deleted":
        return False
    before, message.text = message.text, text
    earlier = [*message.content.get("earlier", ()), before][-MANY_EARLIER:]
    message.content = {**message.content, "earlier": earlier}
    if message.content.get("type") == "text":
        message.content = {**message.content, "text": text}
    message.edited_at = inbound.sent_at
    uow.messages.save(message)
    if conversation is not None and conversation.preview == before[:140]:
        conversation.preview = text[:140]
        uow.conversations.save(conversation)
    ids = {"conversation_id": message.conversation_id, "message_id": message.id}
    uow.record(Event(type="message.edited", at=now, ids=ids))
    return True

"""How a message's state changes while it leaves, with what the shop is told of it."""

from __future__ import annotations

from datetime import datetime

from salespilots.domain.conversation import Message, MessageState
from salespilots.domain.events import Event
from salespilots.ports.storage import UnitOfWork


def sent_in(uow: UnitOfWork, message: Message, provider_ref: str, at: datetime, now: datetime) -> None:
    """The channel took it, at that time of its own clock."""
    message.state, message.provider_ref, message.sent_at = MessageState.SENT, provider_ref, at
    message.reason = message.next_at = None
    uow.messages.save(message)
    tell_in(uow, message, "message.sent", now)


def later_in(uow: UnitOfWork, message: Message, at: datetime, reason: str) -> None:
    """It waits, and leaves no sooner than then."""
    message.state, message.next_at, message.reason = MessageState.QUEUED, at, reason
    uow.messages.save(message)


def close_in(uow: UnitOfWork, message: Message, state: MessageState, reason: str, now: datetime) -> None:
    """It does not leave."""
    message.state, message.reason, message.next_at = state, reason, None
    uow.messages.save(message)
    tell_in(uow, message, f"message.{state}", now)


def tell_in(uow: UnitOfWork, message: Message, kind: str, now: datetime, actor: str = "system") -> None:
    """An event about it, with its reason and who did it."""
    ids = {"conversation_id": message.conversation_id, "message_id": message.id}
    data = {"reason": message.reason} if message.reason else {}
    uow.record(Event(type=kind, at=now, ids=ids, data=data, actor=actor))

"""Why a message must not leave at this moment: looked at when its turn comes, and once more right before it leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.conversation import Author, Conversation, Message, MessageState, Mode
from salespilots.domain.windows import Verdict, verdict
from salespilots.ports.channel import ChannelProvider
from salespilots.ports.storage import UnitOfWork
from salespilots.services.notices import untrue_in

TOO_LATE = timedelta(days=3)
"""A message of a channel without a reply window that could not leave for so long does not leave any more."""


def refusal_in(
    uow: UnitOfWork, message: Message, conversation: Conversation, provider: ChannelProvider | None, now: datetime
) -> tuple[MessageState, str] | None:
    """The state it ends in, and the reason; None when it may leave."""
    if provider is None:
        return MessageState.FAILED, "not_connected"
    asked = conversation.waiting_since  # automation asked for a person: what it said until then may leave
    last_words = asked is not None and message.created_at <= asked
    if message.author is Author.BOT and conversation.mode is Mode.HUMAN and not last_words:
        return MessageState.CANCELLED, "taken_over"
    wrote_at = conversation.last_inbound_at
    if message.follow_up and wrote_at is not None and wrote_at > message.created_at:
        return MessageState.CANCELLED, "customer_wrote"
    untrue = untrue_in(uow, message)
    if untrue:
        return MessageState.CANCELLED, untrue
    if message.author is Author.BOT and uow.customers.get(conversation.customer_id).opted_out:
        return MessageState.SKIPPED, "opted_out"
    found = verdict_in(uow, message, conversation, provider, now)
    if found.reason:
        return MessageState.SKIPPED, found.reason
    if provider.capabilities.reply_window is None and now - message.created_at > TOO_LATE:
        return MessageState.SKIPPED, "waited_too_long"
    return None


def verdict_in(
    uow: UnitOfWork, message: Message, conversation: Conversation, provider: ChannelProvider, now: datetime
) -> Verdict:
    """What the channel's windows say of it."""
    ref = message.comment_ref
    comment = uow.comments.find(provider=message.provider, comment_ref=ref) if ref else None
    return verdict(
        provider.capabilities.windows,
        by_person=message.author is Author.AGENT and message.actor_id is not None,
        words_only=message.kind == "text",
        commented_at=comment.sent_at if comment else None,
        wrote_at=conversation.last_inbound_at,
        began_at=conversation.created_at,
        now=now,
    )

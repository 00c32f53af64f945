"""What the shop's rules say of a message that nobody asked for: quiet hours, and how many a customer gets in a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.automation import CAP_PERIOD
from salespilots.domain.conversation import LEFT, Author, Conversation, Message, MessageState
from salespilots.domain.windows import Right
from salespilots.ports.channel import ChannelProvider
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.ports.work import PUT_ASIDE
from salespilots.services.core import Core
from salespilots.services.messaging.marks import close_in

AT_ONCE = timedelta(minutes=2)


def unasked_in(
    core: Core, uow: UnitOfWork, message: Message, conversation: Conversation, provider: ChannelProvider, now: datetime
) -> datetime | None:
    """None when it may leave. Otherwise it is put off to the time that comes back, which is when the quiet hours are over;
    or it is skipped, with a time that is not to come: the day's number is reached, or it could not leave afterwards."""
    rules = uow.shop().automation_rules
    if _times(uow, message, now) >= rules.cap:
        close_in(uow, message, MessageState.SKIPPED, "frequency_cap", now)
        return now
    quiet_until = rules.quiet_end(now, core.festival_of)
    if quiet_until is None:
        return None
    allowed = conversation.allows(provider.capabilities.windows, quiet_until)
    if allowed.right is not Right.ANYBODY:
        close_in(uow, message, MessageState.SKIPPED, "quiet_hours", now)
        return now
    message.next_at, message.reason = quiet_until, PUT_ASIDE
    uow.messages.save(message)
    return quiet_until


def _times(uow: UnitOfWork, message: Message, now: datetime) -> int:
    """How often the customer was spoken to unasked within a day, before this time: what one run says at once is once."""
    sent = uow.messages.select(
        eq("customer_id", message.customer_id), Where("created_at", "ge", now - CAP_PERIOD), eq("follow_up", True),
        one_of("state", sorted(LEFT)), order="created_at", limit=100,
    )  # fmt: skip
    last: dict[str | None, datetime] = {message.run_id: message.created_at}
    times = 0
    for one in reversed(sent):
        before = last.get(one.run_id)
        if one.author is Author.BOT and (before is None or before - one.created_at > AT_ONCE):
            times += 1
        last[one.run_id] = one.created_at
    return times

"""Sending: the oldest message of a chat that has not left, one at a time, never twice by ourselves.

T5 marks it as being sent, the channel is called with no transaction open, T6 notes the answer; both are parts of the
lane's turns (`salespilots.services.messaging.turns`). What cannot be known is stored as *uncertain* and settled by the
channel's echo, by reading the conversation back, or by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.conversation import PENDING, Author, Conversation, Message, MessageState
from salespilots.domain.errors import Conflict, SalesPilotsError
from salespilots.domain.inbox import MAX_ORPHANED
from salespilots.ports.channel import ChannelProvider, Outbound, TooLate
from salespilots.ports.errors import (
    AuthFailed,
    NotConnected,
    OutcomeUnknown,
    PluginError,
    PortError,
    SettingsInvalid,
)
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.work import BLOCK_TIME, LEFT_BEHIND, PUT_ASIDE, has_come
from salespilots.services.connections import Connections
from salespilots.services.core import Core
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging import doubts
from salespilots.services.messaging.commenters import known_as_in
from salespilots.services.messaging.consent import LONGEST
from salespilots.services.messaging.content import clean, load
from salespilots.services.messaging.desk import Desk
from salespilots.services.messaging.doubts import NO_ANSWER
from salespilots.services.messaging.gates import gate_in, hold_in, open_in, release_waiting, save_in, trouble_in
from salespilots.services.messaging.marks import close_in, later_in, sent_in
from salespilots.services.messaging.pace import Pace
from salespilots.services.messaging.refusing import refusal_in, verdict_in
from salespilots.services.messaging.unasked import unasked_in
from salespilots.services.messaging.uncertain import LookCall, Uncertain

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The channel took the message. ``taken``: under a reference that another message was thought to have.
    ``customer_ref``: whom it went to, where the channel said so."""

    provider_ref: str
    taken: bool = False
    customer_ref: str = ""


@dataclass(frozen=True, slots=True)
class NotBegun:
    """Nothing was sent: it was too late to begin with it."""


Sent = Answered | NotBegun | Exception

FRESH_SECONDS = 0.5
"""How long what was found when a message was marked as being sent counts as the moment of sending."""


@dataclass(slots=True)
class SendCall:
    """A message marked as being sent. ``last``: nothing else of its chat waits to leave. ``in_time``: whether it is surely
    ours to send still; ``marked_at``: seconds of the steady clock. Both are looked at once more right before the first
    byte leaves."""

    outbox: Outbox
    business_id: str
    message: Message
    conversation: Conversation
    connection: Connection | None
    marked_at: float
    last: bool = False
    tag: str = ""
    released: bool = False
    in_time: Callable[[], bool] = lambda: True
    too_late: bool = False

    def make(self) -> Sent:
        """Hand it to the channel."""
        if not self._may_begin():
            return NotBegun()
        result = self.outbox.send(self)
        crash_point("send.accepted")
        return result

    def begin(self) -> None:
        """See `Outbound.begin`."""
        if not self._may_begin():
            self.too_late = True
            raise TooLate

    def _may_begin(self) -> bool:
        """Whether it is ours still and, when it waited for its turn or its connection, still to be said."""
        steady = self.outbox.core.clock.steady()
        if steady - self.marked_at > FRESH_SECONDS:
            if not self.outbox.is_still_meant(self.business_id, self.message.id):
                return False
            self.marked_at = steady
        return self.in_time()

    def settle_in(self, uow: UnitOfWork, result: Sent) -> None:
        """Note the answer."""
        self.released = self.outbox.settle_in(uow, self.message.id, result)

    def spoiled(self, result: Sent, refusal: Exception) -> Sent:
        """The answer could not be noted: a reference that is in use already, or nobody knows why."""
        if isinstance(result, Answered) and isinstance(refusal, Conflict) and not result.taken:
            return replace(result, taken=True)
        log.error("outbox.not_noted", error=type(refusal).__name__, exc_info=refusal)
        return OutcomeUnknown(provider=self.message.provider, reason="not_noted")

    def told(self, result: Sent) -> None:
        """Tell the log, the connection's health, and the lanes that may go on."""
        self.outbox.report(self, result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What a lane's messages want: a call, or to be looked at again. ``closed``: how many may not leave at all."""

    call: SendCall | LookCall | None = None
    closed: int = 0
    again_at: datetime | None = None


class Outbox:
    """Sends a lane's messages in order."""

    def __init__(self, core: Core, connections: Connections, pace: Pace) -> None:
        self.core = core
        self.pace = pace
        self._connections = connections
        self.uncertain = Uncertain(core, connections, pace)

    # --- T5: what leaves next ----------------------------------------------------------------------------------

    def next_in(self, desk: Desk, lane: str) -> Next:
        """Mark the next message that can leave, closing those that may not."""
        now, uow = self.core.clock.now(), desk.uow
        closed = 0
        doubtful: Message | None = None
        aside: datetime | None = None
        pending = desk.pending(lane)
        for message in map(uow.messages.get, pending):
            if (
                message.state not in PENDING or message.lane != lane
            ):  # settled, or gone over to another chat in this turn
                continue
            conversation = uow.conversations.get(message.conversation_id)
            if message.state is MessageState.SENDING:
                # We hold the lane, so whoever was sending is gone: it may have arrived. Its echo gets its time.
                self.uncertain.doubt_in(uow, message, now, NO_ANSWER)
                if desk.leases[lane].orphaned >= MAX_ORPHANED:  # and the sending is what they died of
                    self.uncertain.ask_in(uow, message, now)
                return Next(closed=closed, again_at=message.next_at)
            if message.state is MessageState.UNCERTAIN:
                if message.sending_since is not None and message.sending_since > now:
                    message.sending_since = now  # by a clock that was ahead: it is in doubt since then at the latest
                    uow.messages.save(message)
                looks = message.next_at is not None and has_come(message.next_at, now)
                if self.uncertain.is_overdue(message, now):  # first: the look may be what never comes back
                    self.uncertain.ask_in(uow, message, now)
                if looks and message.next_at is not None:
                    look = self.uncertain.look_in(desk, message, conversation, now)
                    return Next(call=look, closed=closed, again_at=message.next_at)
                if now - (message.sending_since or now) < BLOCK_TIME:
                    return Next(closed=closed, again_at=message.next_at)
                doubtful = doubtful or message
                continue
            if not has_come(message.next_at, now):
                if message.reason == PUT_ASIDE:
                    aside = min(filter(None, (aside, message.next_at)))
                    continue
                return Next(closed=closed, again_at=message.next_at)
            provider: ChannelProvider | None = self.core.registry.channels.find(conversation.provider)
            refusal = refusal_in(uow, message, conversation, provider, now)
            if refusal or provider is None:
                close_in(uow, message, *(refusal or (MessageState.FAILED, "not_connected")), now)
                closed += 1
                continue
            if message.follow_up and message.author is Author.BOT:
                held = unasked_in(self.core, uow, message, conversation, provider, now)
                if held is not None:
                    closed += message.state is not MessageState.QUEUED
                    aside = min(filter(None, (aside, held))) if held > now else aside
                    continue
            if self._listens_first(desk, lane, message):
                message.next_at = desk.rows(lane)[0].next_at
                uow.messages.save(message)
                return Next(closed=closed, again_at=message.next_at)
            if doubtful and self._stays_behind(uow, message, doubtful, now):
                return Next(closed=closed, again_at=doubtful.next_at)
            if not self._may_leave_in(uow, message, provider, now):
                return Next(closed=closed, again_at=message.next_at)
            message.state, message.attempts, message.sending_since = MessageState.SENDING, message.attempts + 1, now
            message.next_at = None
            uow.messages.save(message)
            connection = desk.connection(conversation.provider)
            last = message.id == pending[-1]
            marked_at = self.core.clock.steady()
            late = verdict_in(uow, message, conversation, provider, now).late
            tag = provider.capabilities.late_tag if late else ""
            call = SendCall(self, uow.business_id, message, conversation, connection, marked_at, last, tag)
            return Next(call=call, closed=closed)
        return Next(closed=closed, again_at=aside)

    def _listens_first(self, desk: Desk, lane: str, message: Message) -> bool:
        """Whether the customer said something that is not understood yet, behind an event that is tried again later, and
        that this message must not overtake: a STOP, or a word before a follow-up to their silence."""
        if message.author is not Author.BOT:
            return False
        unheard = desk.unheard(lane)
        texts = [text for row in unheard if 0 < len(text := clean(row.payload.get("text") or "")) <= LONGEST]
        core = self.core
        stops = (core.memory.understand(core.understander, desk.uow, text).consent == "stop" for text in texts)
        return bool(unheard) and (message.follow_up or any(stops))

    def _stays_behind(self, uow: UnitOfWork, message: Message, doubtful: Message, now: datetime) -> bool:
        """Whether it may not leave before the uncertain one ahead of it: what is said of orders never, the rest not while
        that one will be looked for, or the channel is in trouble, after which it will. When the channel's time has come
        and that one was looked for in vain since, this one tries the channel."""
        if message.order_id or doubtful.reason not in LEFT_BEHIND:
            return True
        gate = gate_in(uow, message.provider)
        if gate.open_at is None or (gate.is_open(now) and doubts.was_looked_for(doubtful, gate.open_at)):
            return False
        hold_in(uow, message, gate, now, not_before=doubtful.next_at)
        return True

    def _may_leave_in(self, uow: UnitOfWork, message: Message, provider: ChannelProvider, now: datetime) -> bool:
        """Whether the shop's gate is open and its pace allows another message; else it waits with the reason."""
        gate = gate_in(uow, provider.key)
        if not gate.is_open(now):
            hold_in(uow, message, gate, now)
            return False
        steady = self.core.clock.steady()
        key, can = f"{uow.business_id}:{provider.key}", provider.capabilities
        if message.comment_ref and message.kind != "public_reply":
            rate, at_once = can.private_replies_per_second, can.private_replies_at_once
            wait = self.pace.wait(f"{key}:comments", rate, steady, at_once=at_once)
        else:
            wait = self.pace.wait(key, can.sends_per_second, steady)
        if wait:
            message.next_at, message.reason = now + wait, "paced"
            uow.messages.save(message)
            return False
        if gate.open_at is not None:  # closed until just now: this one tries
            gate.probe(now)
            save_in(uow, gate)
        return True

    # --- the call ----------------------------------------------------------------------------------------------

    def is_still_meant(self, business_id: str, message_id: str) -> bool:
        """Whether a message that was marked as being sent may leave at this moment; not when that cannot be found out."""
        try:
            with self.core.storage.unit_of_work(business_id, read_only=True) as uow:
                message = uow.messages.get(message_id)
                conversation = uow.conversations.get(message.conversation_id)
                provider = self.core.registry.channels.find(conversation.provider)
                refusal = refusal_in(uow, message, conversation, provider, self.core.clock.now())
        except SalesPilotsError:  # the database is away, or the message is gone
            return False
        return message.state is MessageState.SENDING and refusal is None

    def send(self, call: SendCall) -> Sent:
        """The channel's answer, or what went wrong."""
        message, conversation = call.message, call.conversation
        try:
            channel = self._connections.channel_of(call.business_id, conversation.provider, call.connection)
            receipt = channel.send(
                Outbound(
                    recipient_ref=conversation.customer_ref,
                    content=load(message.content),
                    idempotency_key=message.dedupe_key or message.id,
                    human=message.author is Author.AGENT and message.actor_id is not None,
                    tag=call.tag,
                    comment_ref=message.comment_ref or "",
                    begin=call.begin,
                )
            )
        except Exception as error:
            if call.too_late:  # whatever the plugin made of it
                return NotBegun()
            if isinstance(error, (PortError, PluginError)):
                return error
            # A broken plugin: it may have sent before it broke.
            log.error(
                "outbox.plugin_broken", provider=conversation.provider, error=type(error).__name__, exc_info=error
            )
            return OutcomeUnknown(provider=conversation.provider, reason="plugin_error")
        return Answered(provider_ref=receipt.provider_ref, customer_ref=receipt.customer_ref)

    # --- T6: what came of it -----------------------------------------------------------------------------------

    def settle_in(self, uow: UnitOfWork, message_id: str, result: Sent) -> bool:
        """Note the answer of a send. Returns whether what waited for the channel may go on.

        Raises `Conflict` when another message has the reference that the channel gave.
        """
        now, message = self.core.clock.now(), uow.messages.get(message_id)
        late = message.state is MessageState.UNCERTAIN and message.provider_ref is None and isinstance(result, Answered)
        if message.state is not MessageState.SENDING and not late:
            return False  # the echo was quicker
        gate = gate_in(uow, message.provider)
        if isinstance(result, Answered):
            if result.taken:
                self._correct(uow, message, result.provider_ref, now)
            sent_in(uow, message, result.provider_ref, now, now)
            if message.comment_ref and message.kind != "public_reply" and result.customer_ref:
                known_as_in(self.core, uow, message, result.customer_ref)
            return open_in(uow, gate, now)
        if isinstance(result, NotBegun):
            message.state, message.attempts, message.sending_since = MessageState.QUEUED, message.attempts - 1, None
            uow.messages.save(message)
            return False
        if isinstance(result, OutcomeUnknown):
            self.uncertain.doubt_in(uow, message, now, result.reason)
            trouble_in(uow, gate, result, now)
        elif _holds(result):
            assert isinstance(result, (PortError, PluginError))
            later_in(uow, message, now, trouble_in(uow, gate, result, now))
            message.next_at = gate.open_at
            uow.messages.save(message)
        else:
            reason = result.reason if isinstance(result, PortError) else getattr(result, "code", "error")
            close_in(uow, message, MessageState.FAILED, reason, now)
            return open_in(uow, gate, now)  # a clear refusal: the channel is there
        return False

    def _correct(self, uow: UnitOfWork, message: Message, provider_ref: str, now: datetime) -> None:
        """The echo of this send was taken for an older one with the same words: that one is open again."""
        other = uow.messages.find(conversation_id=message.conversation_id, provider_ref=provider_ref)
        if other is not None and other.id != message.id:
            other.provider_ref = other.sent_at = None
            self.uncertain.doubt_in(uow, other, now, NO_ANSWER)

    def report(self, call: SendCall, result: Sent) -> None:
        """After the answer was noted."""
        message = call.message
        if isinstance(result, Answered):
            self._connections.note_ok(call.business_id, message.provider)
        elif isinstance(result, PortError):
            log.warning(
                "outbox.not_sent", business=call.business_id, message=message.id, provider=result.provider,
                code=result.code, reason=result.reason,
            )  # fmt: skip
            self._connections.note_error(call.business_id, result.provider, result)
        if call.released:  # the gate opened: the others look again, in a transaction of their own
            release_waiting(self.core, call.business_id, message.provider)


def _holds(result: Exception) -> bool:
    """Whether it is the channel's trouble and not this message's: it certainly did not leave, and will."""
    if isinstance(result, (AuthFailed, NotConnected, SettingsInvalid)):
        return True
    return isinstance(result, PortError) and (result.retryable or result.reason == "account_restricted")

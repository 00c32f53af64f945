"""Sending: the oldest message of a chat that has not left, one at a time, never twice by ourselves.

T5 marks it as being sent, the channel is called with no transaction open, T6 notes the answer; both are parts of the
lane's turns (`salespilots.services.messaging.turns`). What cannot be known is stored as *uncertain* and settled by the
channel's echo, by reading the conversation back, or by a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.conversation import PENDING, Author, Conversation, Message, MessageState, Mode
from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.inbox import MAX_ORPHANED
from salespilots.ports.channel import ChannelProvider, Outbound, SentMessage
from salespilots.ports.errors import (
    AuthFailed,
    NotConnected,
    OutcomeUnknown,
    PluginError,
    PortError,
    SettingsInvalid,
)
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.work import BLOCK_TIME, LEFT_BEHIND, UNDECIDED, UNREADABLE, has_come
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging import doubts
from salespilots.services.messaging.content import load
from salespilots.services.messaging.desk import Desk
from salespilots.services.messaging.doubts import LOOKED_FOR_AGAIN, NO_ANSWER, Doubts
from salespilots.services.messaging.evidence import CONFIRMED, found_in, history_start_in
from salespilots.services.messaging.gates import (
    gate_in,
    hold_in,
    open_in,
    release_in,
    save_in,
    trouble_in,
)
from salespilots.services.messaging.pace import Pace

log = structlog.get_logger(__name__)

GIVE_UP = timedelta(minutes=15)
"""After this an uncertain send is a person's decision; evidence is looked for all the same, less often."""

TOO_LATE = timedelta(days=3)
"""A message of a channel without a reply window that could not leave for so long does not leave any more."""

MAX_TRIES = 10
"""How often a message is sent that certainly did not arrive each time."""

NEVER_LEFT = "not_taken"
"""The reason of a message that the channel certainly did not take and that is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The channel took the message. ``taken``: under a reference that another message was thought to have."""

    provider_ref: str
    taken: bool = False


@dataclass(frozen=True, slots=True)
class NotBegun:
    """Nothing was sent: it was too late to begin with it."""


Sent = Answered | NotBegun | Exception


@dataclass(slots=True)
class SendCall:
    """A message marked as being sent. ``last``: nothing else of its chat waits to leave."""

    outbox: Outbox
    business_id: str
    message: Message
    conversation: Conversation
    connection: Connection | None
    last: bool = False
    released: bool = False

    def make(self) -> Sent:
        """Hand it to the channel."""
        started = self.outbox.core.clock.now()
        result = self.outbox.send(self)
        crash_point("send.accepted")
        seconds = (self.outbox.core.clock.now() - started).total_seconds()
        self.outbox.core.metrics.observe("send_seconds", seconds, provider=self.message.provider)
        return result

    def settle_in(self, uow: UnitOfWork, result: Sent) -> None:
        """Note the answer."""
        self.released = self.outbox.settle_in(uow, self.message.id, result)

    def spoiled(self, result: Sent, refusal: Exception) -> Sent:
        """The answer could not be noted: a reference that is in use already, or nobody knows why."""
        if isinstance(result, Answered) and isinstance(refusal, Conflict) and not result.taken:
            return Answered(provider_ref=result.provider_ref, taken=True)
        log.error("outbox.not_noted", error=type(refusal).__name__, exc_info=refusal)
        return OutcomeUnknown(provider=self.message.provider, reason="not_noted")

    def told(self, result: Sent) -> None:
        """Tell the log, the figures, the connection's health, and the lanes that may go on."""
        self.outbox.report(self, result)


@dataclass(slots=True)
class LookCall:
    """An uncertain message whose chat is read back. ``since``: from when on."""

    outbox: Outbox
    business_id: str
    message: Message
    conversation: Conversation
    connection: Connection | None
    since: datetime
    released: bool = False

    def make(self) -> list[SentMessage] | None:
        """The channel's own history, or None when it cannot be read."""
        shown = self.outbox.history(self)
        crash_point("look.answered")
        return shown

    def settle_in(self, uow: UnitOfWork, shown: list[SentMessage] | None) -> None:
        """Decide by it."""
        self.released = self.outbox.settle_look_in(uow, self.message.id, shown)

    def spoiled(self, shown: list[SentMessage] | None, refusal: Exception) -> None:
        """It could not be noted: as if nothing had been read."""
        log.error("outbox.not_noted", error=type(refusal).__name__, exc_info=refusal)

    def told(self, shown: list[SentMessage] | None) -> None:
        """Let go on what waited for the channel."""
        self.outbox.release(self)


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
        self._doubts = Doubts(core.clock)

    # --- T5: what leaves next ----------------------------------------------------------------------------------

    def next_in(self, desk: Desk, lane: str) -> Next:
        """Mark the next message that can leave, closing those that may not."""
        now, uow = self.core.clock.now(), desk.uow
        closed = 0
        doubtful: Message | None = None
        pending = desk.pending(lane)
        for message in map(uow.messages.get, pending):
            if message.state not in PENDING:
                continue
            conversation = uow.conversations.get(message.conversation_id)
            if message.state is MessageState.SENDING:
                # We hold the lane, so whoever was sending is gone: it may have arrived. Its echo gets its time.
                self._uncertain(uow, message, now, NO_ANSWER)
                if desk.leases[lane].orphaned >= MAX_ORPHANED:  # and the sending is what they died of
                    self._ask_a_person(uow, message, now)
                return Next(closed=closed, again_at=message.next_at)
            if message.state is MessageState.UNCERTAIN:
                if message.sending_since is not None and message.sending_since > now:
                    message.sending_since = now  # by a clock that was ahead: it is in doubt since then at the latest
                    uow.messages.save(message)
                if message.next_at is not None and has_come(message.next_at, now):
                    look = self._look_in(desk, message, conversation, now)
                    return Next(call=look, closed=closed, again_at=message.next_at)
                if now - (message.sending_since or now) < BLOCK_TIME:
                    return Next(closed=closed, again_at=message.next_at)
                doubtful = doubtful or message
                continue
            if not has_come(message.next_at, now):
                return Next(closed=closed, again_at=message.next_at)
            provider: ChannelProvider | None = self.core.registry.channels.find(conversation.provider)
            refusal = self._refusal(uow, message, conversation, provider, now)
            if refusal or provider is None:
                self._close(uow, message, *(refusal or (MessageState.FAILED, "not_connected")))
                closed += 1
                continue
            if doubtful and self._stays_behind(uow, message, doubtful, now):
                return Next(closed=closed, again_at=doubtful.next_at)
            if not self._may_leave_in(uow, message, provider, now):
                return Next(closed=closed, again_at=message.next_at)
            message.state, message.attempts, message.sending_since = MessageState.SENDING, message.attempts + 1, now
            message.next_at = None
            uow.messages.save(message)
            connection = desk.connection(conversation.provider)
            last = message.id == pending[-1]
            return Next(call=SendCall(self, uow.business_id, message, conversation, connection, last), closed=closed)
        return Next(closed=closed)

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
        wait = self.pace.wait(f"{uow.business_id}:{provider.key}", provider.capabilities.sends_per_second, steady)
        if wait:
            message.next_at, message.reason = now + wait, "paced"
            uow.messages.save(message)
            return False
        if gate.open_at is not None:  # closed until just now: this one tries
            gate.probe(now)
            save_in(uow, gate)
        return True

    def _refusal(
        self,
        uow: UnitOfWork,
        message: Message,
        conversation: Conversation,
        provider: ChannelProvider | None,
        now: datetime,
    ) -> tuple[MessageState, str] | None:
        """Why this message must not leave at this moment."""
        if provider is None:
            return MessageState.FAILED, "not_connected"
        asked = conversation.waiting_since  # automation asked for a person: what it said until then may leave
        last_words = asked is not None and message.created_at <= asked
        if message.author is Author.BOT and conversation.mode is Mode.HUMAN and not last_words:
            return MessageState.CANCELLED, "taken_over"
        wrote_at = conversation.last_inbound_at
        if message.follow_up and wrote_at is not None and wrote_at > message.created_at:
            return MessageState.CANCELLED, "customer_wrote"
        if message.author is Author.BOT and uow.customers.get(conversation.customer_id).opted_out:
            return MessageState.SKIPPED, "opted_out"
        window = provider.capabilities.reply_window
        if not conversation.window_open(window, now):
            return MessageState.SKIPPED, "reply_window_closed"
        if window is None and now - message.created_at > TOO_LATE:
            return MessageState.SKIPPED, "waited_too_long"
        return None

    # --- the call ----------------------------------------------------------------------------------------------

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
                    human=message.author is Author.AGENT,
                )
            )
        except (PortError, PluginError) as error:
            return error
        except Exception as error:  # a broken plugin: it may have sent before it broke
            log.error(
                "outbox.plugin_broken", provider=conversation.provider, error=type(error).__name__, exc_info=error
            )
            return OutcomeUnknown(provider=conversation.provider, reason="plugin_error")
        return Answered(provider_ref=receipt.provider_ref)

    # --- T6: what came of it -----------------------------------------------------------------------------------

    def settle_in(self, uow: UnitOfWork, message_id: str, result: Sent) -> bool:
        """Note the answer of a send. Returns whether what waited for the channel may go on.

        Raises `Conflict` when another message has the reference that the channel gave.
        """
        now, message = self.core.clock.now(), uow.messages.get(message_id)
        if message.state is not MessageState.SENDING:
            return False  # the echo was quicker
        gate = gate_in(uow, message.provider)
        if isinstance(result, Answered):
            if result.taken:
                self._correct(uow, message, result.provider_ref, now)
            self._sent(uow, message, result.provider_ref, now)
            return open_in(uow, gate, now)
        if isinstance(result, NotBegun):
            message.state, message.attempts, message.sending_since = MessageState.QUEUED, message.attempts - 1, None
            uow.messages.save(message)
            return False
        if isinstance(result, OutcomeUnknown):
            self._uncertain(uow, message, now, result.reason)
            trouble_in(uow, gate, result, now)
        elif _holds(result):
            assert isinstance(result, (PortError, PluginError))
            self._later(uow, message, now, trouble_in(uow, gate, result, now))
            message.next_at = gate.open_at
            uow.messages.save(message)
        else:
            reason = result.reason if isinstance(result, PortError) else getattr(result, "code", "error")
            self._close(uow, message, MessageState.FAILED, reason)
            return open_in(uow, gate, now)  # a clear refusal: the channel is there
        return False

    def _correct(self, uow: UnitOfWork, message: Message, provider_ref: str, now: datetime) -> None:
        """The echo of this send was taken for an older one with the same words: that one is open again."""
        other = uow.messages.find(conversation_id=message.conversation_id, provider_ref=provider_ref)
        if other is not None and other.id != message.id:
            other.provider_ref = other.sent_at = None
            self._uncertain(uow, other, now, NO_ANSWER)

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
        self.core.metrics.count("outbox_total", outcome="sent" if isinstance(result, Answered) else "not_sent")
        self.release(call)

    def release(self, call: SendCall | LookCall) -> None:
        """When the gate opened: let the others look again, in a transaction of their own."""
        if call.released:
            self.release_waiting(call.business_id, call.message.provider)

    def release_waiting(self, business_id: str, provider: str) -> None:
        """Let messages that wait for this channel look again now."""

        def use_case() -> list[str]:
            with self.core.storage.unit_of_work(business_id) as uow:
                lanes = release_in(uow, provider, self.core.clock.now())
                uow.commit()
            return lanes

        for lane in retrying(use_case):
            self.core.doorbell.ring(lane)

    def _sent(self, uow: UnitOfWork, message: Message, provider_ref: str, now: datetime) -> None:
        message.state, message.provider_ref, message.sent_at = MessageState.SENT, provider_ref, now
        message.reason = message.next_at = None
        uow.messages.save(message)
        self._tell(uow, message, "message.sent")

    def _later(self, uow: UnitOfWork, message: Message, at: datetime, reason: str) -> None:
        message.state, message.next_at, message.reason = MessageState.QUEUED, at, reason
        uow.messages.save(message)

    def _uncertain(self, uow: UnitOfWork, message: Message, now: datetime, reason: str) -> None:
        message.state, message.reason, message.next_at = MessageState.UNCERTAIN, reason, now + doubts.ECHO_TIME
        self._doubts.rest(message)
        uow.messages.save(message)
        self._tell(uow, message, "message.uncertain")

    def _close(self, uow: UnitOfWork, message: Message, state: MessageState, reason: str) -> None:
        message.state, message.reason, message.next_at = state, reason, None
        uow.messages.save(message)
        self._tell(uow, message, f"message.{state}")

    def _tell(self, uow: UnitOfWork, message: Message, kind: str) -> None:
        ids = {"conversation_id": message.conversation_id, "message_id": message.id}
        data = {"reason": message.reason} if message.reason else {}
        uow.record(Event(type=kind, at=self.core.clock.now(), ids=ids, data=data))

    # --- uncertain ---------------------------------------------------------------------------------------------

    def _look_in(self, desk: Desk, message: Message, conversation: Conversation, now: datetime) -> LookCall | None:
        """Read the chat back, when the channel allows another look now."""
        uow = desk.uow
        wait = timedelta(seconds=self._doubts.rest(message))
        if not wait:
            provider: ChannelProvider | None = self.core.registry.channels.find(conversation.provider)
            rate = provider.capabilities.looks_per_second if provider else 0.0
            steady = self.core.clock.steady()
            wait = self.pace.wait(f"{uow.business_id}:{conversation.provider}:history", rate, steady)
        if wait:
            message.next_at = now + wait
            uow.messages.save(message)
            return None
        connection = desk.connection(conversation.provider)
        since = history_start_in(uow, message)
        return LookCall(self, uow.business_id, message, conversation, connection, since)

    def history(self, call: LookCall) -> list[SentMessage] | None:
        """No echo came: look at the channel's own history of the chat. None when that cannot be had."""
        conversation = call.conversation
        provider = self.core.registry.channels.find(conversation.provider)
        if provider is None or not provider.capabilities.reads_history:
            return None
        try:
            channel = self._connections.channel_of(call.business_id, conversation.provider, call.connection)
            return list(channel.history(conversation.customer_ref, since=call.since))
        except (PortError, PluginError) as error:
            log.warning("outbox.read_back_failed", business=call.business_id, message=call.message.id, code=error.code)
        except Exception as error:  # a broken plugin shows nothing
            log.error(
                "outbox.plugin_broken", provider=conversation.provider, error=type(error).__name__, exc_info=error
            )
        return None

    def settle_look_in(self, uow: UnitOfWork, message_id: str, shown: Sequence[SentMessage] | None) -> bool:
        """Decide an uncertain send by the chat as the channel shows it. Returns whether what waited may go on."""
        now, message = self.core.clock.now(), uow.messages.get(message_id)
        if message.state is not MessageState.UNCERTAIN:
            return False
        if shown is None:
            if now - (message.sending_since or now) < GIVE_UP:
                message.reason, message.next_at = UNREADABLE, now + doubts.ECHO_TIME
                uow.messages.save(message)
            else:
                self._ask_a_person(uow, message, now)
            return False
        gate = gate_in(uow, message.provider)
        found = found_in(uow, message, shown)
        if found is not None:
            self._sent(uow, message, found.provider_ref, found.sent_at)
            return open_in(uow, gate, now)
        # A successful look that covers the time and lacks it proves that it did not arrive.
        if message.attempts >= MAX_TRIES:
            self._close(uow, message, MessageState.FAILED, "never_arrived")
            return open_in(uow, gate, now)  # the channel is there: it does not take this message
        self._later(uow, message, now, NEVER_LEFT)
        if gate.open_at is not None:
            gate.open_at = now  # the channel answers: this message tries
            save_in(uow, gate)
        return False

    def _ask_a_person(self, uow: UnitOfWork, message: Message, now: datetime) -> None:
        provider = self.core.registry.channels.find(message.provider)
        readable = provider is not None and provider.capabilities.reads_history
        message.next_at = now + doubts.LOOK_SELDOM if readable else None
        if message.reason not in (UNDECIDED, LOOKED_FOR_AGAIN):
            self._tell(uow, message, "message.undecided")
        message.reason = UNDECIDED
        uow.messages.save(message)

    def decide(self, business_id: str, message_id: str, *, arrived: bool) -> Message:
        """A person settles an uncertain send: it arrived, or it is to be sent again."""

        def use_case() -> Message:
            with self.core.storage.unit_of_work(business_id) as uow:
                message = uow.messages.get(message_id)
                refused = message.state is MessageState.FAILED and not arrived
                if message.state is not MessageState.UNCERTAIN and not refused:
                    return message
                if arrived:
                    self._sent(uow, message, message.provider_ref or f"{CONFIRMED}{message.id}", self.core.clock.now())
                else:
                    self._later(uow, message, self.core.clock.now(), "sent_again")
                uow.commit()
            return message

        message = retrying(use_case)
        self.core.doorbell.ring(message.lane)
        return message


def _holds(result: Exception) -> bool:
    """Whether it is the channel's trouble and not this message's: it certainly did not leave, and will."""
    if isinstance(result, (AuthFailed, NotConnected, SettingsInvalid)):
        return True
    return isinstance(result, PortError) and (result.retryable or result.reason == "account_restricted")

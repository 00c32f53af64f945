"""Sending: the oldest message of a chat that has not left, one at a time, never twice by ourselves.

T5 marks it as being sent, the channel is called with no transaction open, T6 notes the answer. What cannot be
known is stored as *uncertain* and settled by the channel's echo, by reading the conversation back, or by a person.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.conversation import PENDING, Author, Conversation, Direction, Message, MessageState, Mode
from salespilots.domain.events import Event
from salespilots.ports.channel import Outbound, SentMessage
from salespilots.ports.errors import AuthFailed, NotConnected, OutcomeUnknown, PluginError, PortError
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.ports.work import Lease
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging.content import load

log = structlog.get_logger(__name__)

BACKOFF = (2, 8, 30, 120, 600, 1800)
"""Seconds between tries of a message that certainly did not leave."""

ECHO_TIME = timedelta(seconds=60)
"""How long the echo of an uncertain send is waited for before the conversation is read back."""

BLOCK_TIME = timedelta(minutes=2)
"""How long an uncertain send holds back what comes after it in the same chat."""

GIVE_UP = timedelta(minutes=15)
"""After this an uncertain send is a person's decision."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message whose turn it is, with what sending it needs."""

    message: Message
    conversation: Conversation
    connection: Connection | None


class Outbox:
    """Sends a lane's messages in order."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core = core
        self._connections = connections

    def send_due(self, business_id: str, lane: str, lease: Lease, renew: Callable[[], None]) -> int:
        """Send, settle or skip what can leave now, oldest first. Returns how many; 0 when nothing can be done.

        Stops early when the customer wrote meanwhile: what came in is understood before more goes out. ``renew`` is
        called after each, so that many slow sends do not outlive the lease.
        """
        claimed = retrying(lambda: self._first(business_id, lane, lease))
        done = 0
        while claimed is not None:
            done += 1
            message = claimed.message
            if message.state is MessageState.SENDING:
                crash_point("send.claimed")
                started = self._core.clock.now()
                result = self._call(business_id, claimed)
                crash_point("send.accepted")
                claimed = self._settle_and_claim(business_id, lane, lease, message, result)
                crash_point("send.settled")
                seconds = (self._core.clock.now() - started).total_seconds()
                self._core.metrics.observe("send_seconds", seconds, provider=message.provider)
            else:
                if message.state is MessageState.UNCERTAIN:
                    self._read_back(business_id, lease, message, claimed.conversation)
                claimed = retrying(lambda: self._first(business_id, lane, lease))
            renew()
        return done

    def _settle_and_claim(
        self, business_id: str, lane: str, lease: Lease, message: Message, result: str | Exception
    ) -> Claimed | None:
        claimed = retrying(lambda: self._settle(business_id, lane, lease, message.id, result))
        self._report(business_id, message, result)
        return claimed

    # --- T5 --------------------------------------------------------------------------------------------------

    def _first(self, business_id: str, lane: str, lease: Lease) -> Claimed | None:
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            claimed = self._claim_in(uow, lane)
            uow.commit()
        return claimed

    def _claim_in(self, uow: UnitOfWork, lane: str) -> Claimed | None:
        """Mark the next message within a transaction; one that may not leave is closed and returned too."""
        now = self._core.clock.now()
        waiting = uow.messages.select(eq("lane", lane), one_of("state", list(PENDING)), order="seq", limit=20)
        if not waiting:
            return None
        arrived = uow.inbox.waiting(lane, limit=1)
        if arrived and (arrived[0].next_at is None or arrived[0].next_at <= now):
            return None
        for message in waiting:
            conversation = uow.conversations.get(message.conversation_id)
            claimed = Claimed(message, conversation, uow.connections.find(provider=conversation.provider))
            if message.state is MessageState.SENDING:
                # We hold the lane, so whoever was sending is gone: it may have arrived. Its echo gets its time.
                self._uncertain(uow, message, now, "no answer")
                return None
            if message.state is MessageState.UNCERTAIN:
                since = message.sending_since or now
                if message.next_at is not None and message.next_at <= now:
                    return claimed
                if now - since < BLOCK_TIME:
                    return None
                continue
            if message.next_at is not None and message.next_at > now:
                return None
            refusal = self._refusal(uow, message, conversation, now)
            if refusal:
                self._close(uow, message, *refusal)
                return claimed
            message.state, message.attempts, message.sending_since = MessageState.SENDING, message.attempts + 1, now
            uow.messages.save(message)
            return claimed
        return None

    def _refusal(
        self, uow: UnitOfWork, message: Message, conversation: Conversation, now: datetime
    ) -> tuple[MessageState, str] | None:
        """Why this message must not leave at this moment."""
        provider = self._core.registry.channels.find(conversation.provider)
        if provider is None:
            return MessageState.FAILED, "not_connected"
        asked = conversation.waiting_since  # automation asked for a person: what it said until then may leave
        last_words = asked is not None and message.created_at <= asked
        if message.author is Author.BOT and conversation.mode is Mode.HUMAN and not last_words:
            return MessageState.CANCELLED, "taken_over"
        if message.author is Author.BOT and uow.customers.get(conversation.customer_id).opted_out:
            return MessageState.SKIPPED, "opted_out"
        if not conversation.window_open(provider.capabilities.reply_window, now):
            return MessageState.SKIPPED, "reply_window_closed"
        return None

    # --- the call ----------------------------------------------------------------------------------------------

    def _call(self, business_id: str, claimed: Claimed) -> str | Exception:
        """The channel's reference, or what went wrong."""
        message, conversation = claimed.message, claimed.conversation
        try:
            channel = self._connections.channel_of(business_id, conversation.provider, claimed.connection)
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
        return receipt.provider_ref

    # --- T6 ----------------------------------------------------------------------------------------------------

    def _settle(
        self, business_id: str, lane: str, lease: Lease, message_id: str, result: str | Exception
    ) -> Claimed | None:
        """Note the answer and mark the next message, in one transaction."""
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            message = uow.messages.get(message_id)
            if message.state is MessageState.SENDING:
                self._note(uow, message, result, now)
            claimed = self._claim_in(uow, lane)
            uow.commit()
        return claimed

    def _note(self, uow: UnitOfWork, message: Message, result: str | Exception, now: datetime) -> None:
        if isinstance(result, str):
            self._sent(uow, message, result, now)
        elif isinstance(result, OutcomeUnknown):
            self._uncertain(uow, message, now, result.reason)
        elif isinstance(result, (AuthFailed, NotConnected)):
            self._later(uow, message, now + timedelta(minutes=10), "waits_for_reconnect")
        elif isinstance(result, PortError) and result.retryable and message.attempts <= len(BACKOFF):
            wait = result.retry_after or BACKOFF[message.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311
            self._later(uow, message, now + timedelta(seconds=wait), result.reason)
        else:
            reason = result.reason if isinstance(result, PortError) else getattr(result, "code", "error")
            self._close(uow, message, MessageState.FAILED, reason)

    def _report(self, business_id: str, message: Message, result: str | Exception) -> None:
        """Tell the log, the figures, and the connection's health."""
        if isinstance(result, PortError):
            log.warning(
                "outbox.not_sent", business=business_id, message=message.id, provider=result.provider,
                code=result.code, reason=result.reason,
            )  # fmt: skip
            self._connections.note_error(business_id, result.provider, result)
        elif isinstance(result, str):
            self._connections.note_ok(business_id, message.provider)
        self._core.metrics.count("outbox_total", outcome="sent" if isinstance(result, str) else "not_sent")

    def _sent(self, uow: UnitOfWork, message: Message, provider_ref: str, now: datetime) -> None:
        message.state, message.provider_ref, message.sent_at = MessageState.SENT, provider_ref, now
        message.reason = message.next_at = None
        uow.messages.save(message)
        self._tell(uow, message, "message.sent")

    def _later(self, uow: UnitOfWork, message: Message, at: datetime, reason: str) -> None:
        message.state, message.next_at, message.reason = MessageState.QUEUED, at, reason
        uow.messages.save(message)

    def _uncertain(self, uow: UnitOfWork, message: Message, now: datetime, reason: str) -> None:
        message.state, message.reason, message.next_at = MessageState.UNCERTAIN, reason, now + ECHO_TIME
        uow.messages.save(message)
        self._tell(uow, message, "message.uncertain")

    def _close(self, uow: UnitOfWork, message: Message, state: MessageState, reason: str) -> None:
        message.state, message.reason, message.next_at = state, reason, None
        uow.messages.save(message)
        self._tell(uow, message, f"message.{state}")

    def _tell(self, uow: UnitOfWork, message: Message, kind: str) -> None:
        ids = {"conversation_id": message.conversation_id, "message_id": message.id}
        data = {"reason": message.reason} if message.reason else {}
        uow.record(Event(type=kind, at=self._core.clock.now(), ids=ids, data=data))

    # --- uncertain ---------------------------------------------------------------------------------------------

    def _read_back(self, business_id: str, lease: Lease, message: Message, conversation: Conversation) -> None:
        """No echo came: look at the channel's own history of the chat."""
        since = self._history_start(business_id, message)
        provider = self._core.registry.channels.find(conversation.provider)
        shown: list[SentMessage] | None = None
        if provider is not None and provider.capabilities.reads_history:
            try:
                channel = self._connections.channel(business_id, conversation.provider)
                shown = list(channel.history(conversation.customer_ref, since=since))
            except (PortError, PluginError) as error:
                log.warning("outbox.read_back_failed", business=business_id, message=message.id, code=error.code)
        retrying(lambda: self._settle_uncertain(business_id, lease, message.id, shown))

    def _history_start(self, business_id: str, message: Message) -> datetime:
        """From when on to read: before the send by our clock, and not after what the channel's clock says came before."""
        ours = (message.sending_since or message.created_at) - timedelta(seconds=30)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            before = uow.messages.select(
                eq("conversation_id", message.conversation_id), eq("direction", Direction.IN),
                Where("seq", "lt", message.seq), order="-seq", limit=1,
            )  # fmt: skip
        return min([ours, *(one.sent_at for one in before if one.sent_at is not None)])

    def _settle_uncertain(
        self, business_id: str, lease: Lease, message_id: str, shown: list[SentMessage] | None
    ) -> None:
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            message = uow.messages.get(message_id)
            if message.state is not MessageState.UNCERTAIN:
                return
            if shown is not None:
                known = {
                    one.provider_ref
                    for one in uow.messages.select(
                        eq("conversation_id", message.conversation_id), order="-seq", limit=200
                    )
                }
                for one in shown:
                    # Cards and pictures have no words in a channel's history: there the place decides.
                    same = one.text == message.text if message.kind == "text" else not one.text
                    if one.from_shop and one.provider_ref not in known and same:
                        self._sent(uow, message, one.provider_ref, one.sent_at)
                        uow.commit()
                        return
                # A successful look that covers the time and lacks it proves that it did not arrive.
                self._later(uow, message, now, "not_taken")
                uow.commit()
                return
            if now - (message.sending_since or now) >= GIVE_UP:
                message.next_at, message.reason = None, "needs_decision"
            else:
                message.next_at = now + ECHO_TIME
            uow.messages.save(message)
            uow.commit()

    def decide(self, business_id: str, message_id: str, *, arrived: bool) -> Message:
        """A person settles an uncertain send: it arrived, or it is to be sent again."""

        def use_case() -> Message:
            with self._core.storage.unit_of_work(business_id) as uow:
                message = uow.messages.get(message_id)
                if message.state not in (MessageState.UNCERTAIN, MessageState.FAILED):
                    return message
                if arrived:
                    self._sent(uow, message, message.provider_ref or f"confirmed:{message.id}", self._core.clock.now())
                else:
                    message.attempts = 0
                    self._later(uow, message, self._core.clock.now(), "sent_again")
                uow.commit()
            return message

        message = retrying(use_case)
        self._core.doorbell.ring(message.lane)
        return message

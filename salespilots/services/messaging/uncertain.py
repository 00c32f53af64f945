"""Sends of which nobody knows whether they arrived: looked for in the chat itself, else decided by a person.

An echo settles them sooner (`salespilots.services.messaging.interpret`). None is ever sent again without evidence that it
did not arrive, or somebody's word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.conversation import Conversation, Message, MessageState
from salespilots.domain.errors import Conflict
from salespilots.ports.channel import ChannelProvider, HistoryIncomplete, SentMessage
from salespilots.ports.errors import PluginError, PortError
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.work import UNDECIDED, UNREADABLE
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging import doubts
from salespilots.services.messaging.desk import Desk
from salespilots.services.messaging.evidence import (
    CONFIRMED,
    PUBLIC,
    found_in,
    history_start_in,
    is_alone_in,
    is_unexplained_in,
    same_words,
)
from salespilots.services.messaging.gates import gate_in, open_in, release_waiting, save_in
from salespilots.services.messaging.marks import close_in, later_in, sent_in, tell_in
from salespilots.services.messaging.pace import Pace

log = structlog.get_logger(__name__)

GIVE_UP = timedelta(minutes=15)
"""After this an uncertain send is a person's decision; evidence is looked for all the same, less often."""

ASKED_BY = GIVE_UP + timedelta(minutes=2)
"""After this a person is asked whether or not a look at the chat came back."""

MAX_TRIES = 10
"""How often a message is sent that certainly did not arrive each time."""

NEVER_LEFT = "not_taken"
"""The reason of a message that the channel certainly did not take and that is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A chat as its channel shows it; ``whole``: what is missing in it did not arrive."""

    messages: Sequence[SentMessage]
    whole: bool = True


@dataclass(slots=True)
class LookCall:
    """An uncertain message whose chat is read back. ``since``: from when on."""

    uncertain: Uncertain
    business_id: str
    message: Message
    conversation: Conversation
    connection: Connection | None
    since: datetime
    released: bool = False

    def make(self) -> Shown | None:
        """The channel's own history, or None when it cannot be read."""
        shown = self.uncertain.history(self)
        crash_point("look.answered")
        return shown

    def settle_in(self, uow: UnitOfWork, shown: Shown | None) -> None:
        """Decide by it."""
        self.released = self.uncertain.settle_in(uow, self.message.id, shown)

    def spoiled(self, shown: Shown | None, refusal: Exception) -> None:
        """It could not be noted: as if nothing had been read."""
        log.error("outbox.not_noted", error=type(refusal).__name__, exc_info=refusal)

    def told(self, shown: Shown | None) -> None:
        """Let go on what waited for the channel."""
        if self.released:
            release_waiting(self.uncertain.core, self.business_id, self.message.provider)


class Uncertain:
    """Settles them."""

    def __init__(self, core: Core, connections: Connections, pace: Pace) -> None:
        self.core = core
        self._connections, self._pace = connections, pace
        self._doubts = doubts.Doubts(core.clock)

    def doubt_in(self, uow: UnitOfWork, message: Message, now: datetime, reason: str) -> None:
        """Whether this send arrived is not known; its echo gets its time."""
        message.state, message.reason, message.next_at = MessageState.UNCERTAIN, reason, now + doubts.ECHO_TIME
        self._doubts.rest(message)
        uow.messages.save(message)
        tell_in(uow, message, "message.uncertain", now)

    def look_in(self, desk: Desk, message: Message, conversation: Conversation, now: datetime) -> LookCall | None:
        """Read the chat back, when the channel allows another look now."""
        uow = desk.uow
        wait = timedelta(seconds=self._doubts.rest(message))
        if not wait:
            provider: ChannelProvider | None = self.core.registry.channels.find(conversation.provider)
            rate = provider.capabilities.looks_per_second if provider else 0.0
            steady = self.core.clock.steady()
            wait = self._pace.wait(f"{uow.business_id}:{conversation.provider}:history", rate, steady)
        if wait:
            message.next_at = now + wait
            uow.messages.save(message)
            return None
        if message.reason == UNDECIDED:  # one that never comes back is not taken again at once
            message.next_at = now + doubts.LOOK_SELDOM
            uow.messages.save(message)
        connection = desk.connection(conversation.provider)
        since = history_start_in(uow, message)
        return LookCall(self, uow.business_id, message, conversation, connection, since)

    def history(self, call: LookCall) -> Shown | None:
        """No echo came: look at the channel's own history of the chat. None when that cannot be had."""
        conversation = call.conversation
        provider = self.core.registry.channels.find(conversation.provider)
        if provider is None or not provider.capabilities.reads_history:
            return None
        try:
            channel = self._connections.channel_of(call.business_id, conversation.provider, call.connection)
            if call.message.kind == PUBLIC:
                return self._below(channel, call.message) if provider.capabilities.lists_posts else None
            return Shown(messages=list(channel.history(conversation.customer_ref, since=call.since)))
        except (PortError, PluginError) as error:
            log.warning("outbox.read_back_failed", business=call.business_id, message=call.message.id, code=error.code)
            if isinstance(error, HistoryIncomplete):
                return Shown(messages=error.shown, whole=False)
        except Exception as error:  # a broken plugin shows nothing
            log.error(
                "outbox.plugin_broken", provider=conversation.provider, error=type(error).__name__, exc_info=error
            )
        return None

    def _below(self, channel: Any, message: Message) -> Shown:
        """What stands below the comment that a message answers. Whoever is named as the author of these very words: a
        channel may call its account by more than one name, and said twice they would be there twice."""
        rows = channel.replies(message.comment_ref)
        return Shown(messages=[replace(one, from_shop=one.from_shop or same_words(message, one.text)) for one in rows])

    def settle_in(self, uow: UnitOfWork, message_id: str, shown: Shown | None) -> bool:
        """Decide an uncertain send by the chat as the channel shows it. Returns whether what waited may go on."""
        now, message = self.core.clock.now(), uow.messages.get(message_id)
        if message.state is not MessageState.UNCERTAIN:
            return False
        found = found_in(uow, message, shown.messages) if shown is not None else None
        if shown is None or not self._proves_in(uow, message, shown, found):
            if now - (message.sending_since or now) < GIVE_UP:
                message.reason, message.next_at = UNREADABLE, now + doubts.ECHO_TIME
                uow.messages.save(message)
            else:
                self.ask_in(uow, message, now)
            return False
        gate = gate_in(uow, message.provider)
        if found is not None:
            sent_in(uow, message, found.provider_ref, found.sent_at, now)
            return open_in(uow, gate, now)
        # A successful look that covers the time and lacks it proves that it did not arrive.
        if message.attempts >= MAX_TRIES:
            close_in(uow, message, MessageState.FAILED, "never_arrived", now)
            return open_in(uow, gate, now)  # the channel is there: it does not take this message
        later_in(uow, message, now, NEVER_LEFT)
        if gate.open_at is not None:
            gate.open_at = now  # the channel answers: this message tries
            save_in(uow, gate)
        return False

    def _proves_in(self, uow: UnitOfWork, message: Message, shown: Shown, found: SentMessage | None) -> bool:
        """Whether what is shown proves that it arrived, or that it did not."""
        if found is not None:
            return shown.whole or is_alone_in(uow, message)
        return shown.whole and not is_unexplained_in(uow, message, shown.messages)

    def is_overdue(self, message: Message, now: datetime) -> bool:
        """Whether a person should have been asked long ago: looks at the chat do not come back, or are not made."""
        asked = message.reason in (UNDECIDED, doubts.LOOKED_FOR_AGAIN)
        return not asked and now - (message.sending_since or now) > ASKED_BY

    def ask_in(self, uow: UnitOfWork, message: Message, now: datetime) -> None:
        """It is a person's decision from now on; evidence is looked for all the same, where there can be any."""
        provider = self.core.registry.channels.find(message.provider)
        readable = provider is not None and provider.capabilities.reads_history
        message.next_at = now + doubts.LOOK_SELDOM if readable else None
        if message.reason not in (UNDECIDED, doubts.LOOKED_FOR_AGAIN):
            tell_in(uow, message, "message.undecided", now)
        message.reason = UNDECIDED
        uow.messages.save(message)

    def decide(self, business_id: str, message_id: str, *, arrived: bool, actor: str) -> bool:
        """A person settles an uncertain send: it arrived, or it is to be sent again. So may one that failed be.

        False when it was settled before. Raises `Conflict` when it is to be sent again while it is still looked for: that
        it arrived can be known sooner than that it did not.
        """

        def use_case() -> str | None:
            now = self.core.clock.now()
            with self.core.storage.unit_of_work(business_id) as uow:
                message = uow.messages.get(message_id)
                refused = message.state is MessageState.FAILED and not arrived
                if message.state is not MessageState.UNCERTAIN and not refused:
                    return None
                if arrived:
                    tell_in(uow, message, "message.confirmed", now, actor)
                    sent_in(uow, message, message.provider_ref or f"{CONFIRMED}{message.id}", now, now)
                else:
                    if not refused and message.reason != UNDECIDED:
                        raise Conflict(_still_looked_for(message, now))
                    tell_in(uow, message, "message.sent_again", now, actor)
                    later_in(uow, message, now, "sent_again")
                uow.commit()
            return message.lane

        lane = retrying(use_case)
        if lane is None:
            return False
        self.core.doorbell.ring(lane)
        return True


def _still_looked_for(message: Message, now: datetime) -> str:
    """When a person may have a message sent again of which nobody knows yet."""
    asked_at = max((message.sending_since or now) + GIVE_UP, message.next_at or now)
    minutes = max(1, math.ceil((asked_at - now) / timedelta(minutes=1)))
    return f"It is still being looked for; you can decide in {minutes} minute{'' if minutes == 1 else 's'}."

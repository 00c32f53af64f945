"""A shop's gate to a channel: closed by trouble, opened by the first send that works, and what waited goes on."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from salespilots.domain.conversation import Message, MessageState
from salespilots.domain.errors import StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.gate import RECONNECT_SECONDS, Gate
from salespilots.ports.errors import (
    AuthFailed,
    NotConnected,
    OutcomeUnknown,
    PluginError,
    PortError,
    RateLimited,
    SettingsInvalid,
)
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.ports.work import HELD
from salespilots.services.core import Core, retrying
from salespilots.services.messaging import doubts

SPREAD = (1.0, 30.0)
"""Seconds after a gate may open, within which those that wait behind it look: the first of them tries, and whoever was
to try before may have been cancelled meanwhile."""

RELEASED_AT_ONCE = 1000
"""Messages that go on the moment a gate opens; a longer queue follows by itself."""


@cache
def gate_id(provider: str) -> str:
    """A gate's id within its shop, the same for everybody who makes it."""
    return f"gat_{sha256(provider.encode()).hexdigest()[:22]}"


def gate_in(uow: UnitOfWork, provider: str) -> Gate:
    """The shop's gate to a channel; a new one is stored when it first closes."""
    id = gate_id(provider)
    return uow.gates.find(id=id) or Gate(id=id, business_id=uow.business_id, provider=provider)


def save_in(uow: UnitOfWork, gate: Gate) -> None:
    """Store it."""
    if uow.gates.find(id=gate.id) is None:
        if not uow.gates.add_once(gate):
            raise StaleEntity("The gate was closed at this moment.")
    else:
        uow.gates.save(gate)


def trouble_in(uow: UnitOfWork, gate: Gate, error: PortError | PluginError, now: datetime) -> str:
    """Close the gate as this error asks for; returns why messages wait now."""
    was_open = gate.open_at is None
    if isinstance(error, (AuthFailed, NotConnected, SettingsInvalid)):
        gate.close(now, "waits_for_reconnect", seconds=RECONNECT_SECONDS)
    elif isinstance(error, RateLimited):
        gate.close(now, "rate_limited", seconds=error.retry_after)
    elif isinstance(error, OutcomeUnknown):
        gate.doubt(now, "channel_down")
    elif getattr(error, "reason", "") == "account_restricted":
        gate.close(now, "account_restricted", seconds=RECONNECT_SECONDS)
    else:
        gate.close(now, "channel_down", seconds=getattr(error, "retry_after", None))
    save_in(uow, gate)
    if was_open and gate.open_at is not None:
        data = {"provider": gate.provider, "reason": gate.reason}
        uow.record(Event(type="channel.held", at=now, data=data))
    return gate.reason or "channel_down"


def open_in(uow: UnitOfWork, gate: Gate, now: datetime) -> bool:
    """All is well again. Returns whether messages were held back until now."""
    held_back = gate.open_at is not None
    if gate.open():
        save_in(uow, gate)
    if held_back:
        uow.record(Event(type="channel.released", at=now, data={"provider": gate.provider}))
    return held_back


def reopen_in(uow: UnitOfWork, provider: str, now: datetime) -> list[str]:
    """Try a channel again at once, because it was connected anew or answered a test. Returns the lanes that wait."""
    gate = gate_in(uow, provider)
    if gate.open_at is None:
        return []
    gate.open_at = now  # one message tries, the others follow when it worked
    save_in(uow, gate)
    return release_in(uow, provider, now)


def release_in(uow: UnitOfWork, provider: str, now: datetime) -> list[str]:
    """Let messages that wait behind a gate look again now, and uncertain ones be looked for: they were there first.
    Returns their lanes."""
    waiting = uow.messages.select(
        eq("provider", provider), one_of("state", [MessageState.QUEUED]), one_of("reason", HELD), order="created_at",
        limit=RELEASED_AT_ONCE,
    )  # fmt: skip
    waiting += uow.messages.select(
        eq("provider", provider), one_of("state", [MessageState.UNCERTAIN]), Where("next_at", "not_null"),
        order="created_at", limit=RELEASED_AT_ONCE,
    )  # fmt: skip
    for message in waiting:
        message.next_at = None
        if message.state is MessageState.UNCERTAIN:
            message.next_at = max(now, (message.sending_since or now) + doubts.ECHO_TIME)
            message.reason = doubts.again(message.reason)
        uow.messages.save(message)
    return list(dict.fromkeys(one.lane for one in waiting))


def release_waiting(core: Core, business_id: str, provider: str) -> None:
    """Let messages that wait for this channel look again now, in a transaction of its own."""

    def use_case() -> list[str]:
        with core.storage.unit_of_work(business_id) as uow:
            lanes = release_in(uow, provider, core.clock.now())
            uow.commit()
        return lanes

    for lane in retrying(use_case):
        core.doorbell.ring(lane)


def hold_in(uow: UnitOfWork, message: Message, gate: Gate, now: datetime, not_before: datetime | None = None) -> None:
    """Leave a message waiting behind the gate."""
    message.reason = gate.reason
    spread = timedelta(seconds=random.uniform(*SPREAD))  # noqa: S311 - spreads looks, guards nothing
    message.next_at = max(gate.open_at or now, not_before or now, now) + spread
    uow.messages.save(message)

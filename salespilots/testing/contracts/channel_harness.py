"""How the contract of a channel reaches one: its harness, what customers say, what the far side has taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .harness import Harness

SENT = datetime(2026, 11, 22, 4, 30, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that happened, before the harness puts it in the provider's words. ``kind``: message | unknown, and of
    `ChannelHarness.tells` reaction | unreaction | edited | deleted | echo, which are about the message ``ref``."""

    customer_ref: str = "200000000000001"
    text: str = "Price?"
    ref: str = "m-1"
    kind: str = "message"
    at: datetime = SENT


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A message the far side has taken."""

    recipient_ref: str
    text: str
    provider_ref: str


@dataclass(kw_only=True)
class ChannelHarness(Harness):
    """How the suite reaches one channel.

    ``signed_request(*said, secret=None)`` builds a webhook signed with the configured secret, or with another.
    ``secret_at`` says where that secret lives: ("settings" | "instance", name); None: no webhooks.
    ``break_with`` makes the next send (or ``match``) go wrong.
    ``delivered()``: what the far side has taken; None where there is none to look at.
    ``tick``: how exactly the provider says when a message was written. ``tells``: what its webhooks tell besides messages,
    which ``signed_request`` can then make. ``wrote``: puts what a customer said into the far side's own history, for a
    channel that reads recent chats. ``comment()`` lets somebody comment below a post at the far side and gives its
    reference; ``posts``: how many posts the account has there, at least.
    """

    account_ref: str = ""
    recipient_ref: str = "200000000000001"
    signed_request: Callable[..., Any] | None = None
    secret_at: tuple[str, str] | None = None
    delivered: Callable[[], Sequence[Delivered]] | None = None
    tick: timedelta = timedelta(milliseconds=1)
    comment: Callable[[], str] | None = None
    posts: int = 0
    tells: frozenset[str] = frozenset()
    wrote: Callable[[Said], None] | None = None

    def channel(self) -> Any:
        """The adapter."""
        return self.provider.build(self.plugin_settings())

    def taken(self) -> Sequence[Delivered]:
        """What the far side has taken, or skip the rest of the test."""
        if self.delivered is None:
            pytest.skip("this channel has no far side to look at")
        return self.delivered()


def outbound(harness: ChannelHarness, content: Any = None, key: str = "key-1") -> Any:
    """A message to the harness's customer."""
    from salespilots.ports.channel import Outbound, Text

    return Outbound(recipient_ref=harness.recipient_ref, content=content or Text(text="Namaste"), idempotency_key=key)

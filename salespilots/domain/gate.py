"""Whether a shop's messages may leave by a channel at the moment: closed while the channel is down, busy or shut to us.

One gate for each shop and channel, so that an outage is met by one message that tries, not by all that wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

PAUSES = (2, 4, 8, 15, 30, 60)
"""Seconds a gate stays closed after the first, second … trouble in a row; the last one from then on."""

PATIENCE = 3
"""Answers in a row that say nothing clear, before a gate closes for them: one of them may be bad luck."""

PROBE_SECONDS = 15
"""How long the others wait while one message tries whether the channel is back."""

LONGEST_SECONDS = 3600
"""No gate stays closed for longer before a message tries, whatever the channel asks for; one that seems to was closed
by a clock that was ahead."""

RECONNECT_SECONDS = 600
"""How often a channel that refused our token is tried again before anybody connected it anew."""


@dataclass(slots=True, kw_only=True)
class Gate:
    """``open_at``: nothing leaves before, None while all is well. ``reason``: why, as messages that wait say it.
    ``failures``: troubles in a row. ``since``: when the first of them came."""

    id: str
    business_id: str
    provider: str
    open_at: datetime | None = None
    reason: str = ""
    failures: int = 0
    since: datetime | None = None
    version: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether a message may leave now."""
        return self.open_at is None or not now < self.open_at <= now + timedelta(seconds=LONGEST_SECONDS)

    def close(self, now: datetime, reason: str, *, seconds: float | None = None) -> None:
        """Another trouble: stay closed for ``seconds``, or for longer each time."""
        self.failures += 1
        self.since = self.since or now
        pause = PAUSES[min(self.failures, len(PAUSES)) - 1] if seconds is None else seconds
        self.open_at, self.reason = now + timedelta(seconds=min(pause, LONGEST_SECONDS)), reason

    def doubt(self, now: datetime, reason: str) -> None:
        """An answer that said nothing clear."""
        if self.failures + 1 < PATIENCE and self.open_at is None:
            self.failures += 1
            self.since = self.since or now
        else:
            self.close(now, reason)

    def probe(self, now: datetime) -> None:
        """One message tries; the others wait for what comes of it."""
        if self.open_at is not None:
            self.open_at = now + timedelta(seconds=PROBE_SECONDS)

    def open(self) -> bool:
        """All is well. False when that was so already."""
        changed = self.open_at is not None or self.failures > 0
        self.open_at, self.reason, self.failures, self.since = None, "", 0, None
        return changed

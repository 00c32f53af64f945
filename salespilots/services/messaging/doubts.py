"""Since when a send is in doubt, by a clock that nobody sets.

A chat is read back to see whether a message arrived only when whoever sent it is surely done. The times in the database
say so on a good day; on a day on which a machine's clock jumps, this does.
"""

from __future__ import annotations

from salespilots.domain.conversation import Message
from salespilots.ports.runtime import Clock

CALL_OVER = 15.0
"""Seconds after which a send is over that may have been under way when its outcome was first in doubt."""

MOST = 10_000


class Doubts:
    """What this process knows of sends in doubt; what it does not know began just now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[tuple[str, int], float] = {}

    def rest(self, message: Message) -> float:
        """Seconds until this try of the message is surely over."""
        now = self._clock.steady()
        if len(self._since) >= MOST:
            self._since = {key: at for key, at in self._since.items() if now - at < CALL_OVER}
        since = self._since.setdefault((message.id, message.attempts), now)
        return max(0.0, since + CALL_OVER - now)

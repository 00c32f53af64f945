"""Since when a send is in doubt, by a clock that nobody sets.

A chat is read back to see whether a message arrived only when whoever sent it is surely done. The times in the database
say so on a good day; on a day on which a machine's clock jumps, this does.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.conversation import Message
from salespilots.ports.runtime import Clock
from salespilots.ports.work import UNDECIDED

CALL_OVER = 15.0
"""Seconds after which a send is over that may have been under way when its outcome was first in doubt."""

MOST = 10_000

ECHO_TIME = timedelta(seconds=60)
"""How long the echo of an uncertain send is waited for before its chat is read back, and how long after a look in vain
there is another."""

LOOK_SELDOM = timedelta(minutes=5)
"""The same once it is a person's decision."""

NO_ANSWER = "no_answer"
"""Why a send is uncertain about which the channel said nothing."""

LOOKED_FOR_AGAIN = "looked_for_again"
"""Why one is that was a person's decision until its channel came back."""


def was_looked_for(message: Message, since: datetime) -> bool:
    """Whether an uncertain send that was looked for in vain was so since then, or nobody looks any more."""
    pause = LOOK_SELDOM if message.reason == UNDECIDED else ECHO_TIME
    return message.next_at is None or message.next_at - pause >= since


def again(reason: str | None) -> str:
    """The reason of an uncertain send that is looked for anew."""
    return LOOKED_FOR_AGAIN if reason in (UNDECIDED, LOOKED_FOR_AGAIN) else NO_ANSWER


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

"""When automation keeps quiet, how often it may speak unasked, and when the shop is open. Times are India's (IST)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

IST = timezone(timedelta(hours=5, minutes=30), "IST")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CAP_PERIOD = timedelta(hours=24)
"""The time in which messages that nobody asked for are counted."""

MAX_CAP = 20

FestivalOf = Callable[[date], str]
"""The festival of a day in India, empty on other days."""


def minutes_of(text: str) -> int:
    """``21:30`` as minutes of the day. Raises `ValueError` with a sentence for the owner."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 and len(minutes) == 2):
        raise ValueError("Write a time like 21:30.")
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError("Write a time between 00:00 and 23:59.")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationRules:
    """A shop's rules for what its workflows say unasked. ``cap``: such messages to one customer within a day over all
    workflows; 0: none at all. ``quiet_festivals``: days by name on which nothing is said unasked."""

    quiet: bool = True
    quiet_from: str = "22:00"
    quiet_until: str = "08:00"
    quiet_festivals: tuple[str, ...] = ()
    cap: int = 3
    opens: str = "10:00"
    closes: str = "20:00"
    closed_days: tuple[str, ...] = ()

    def quiet_end(self, at: datetime, festival_of: FestivalOf) -> datetime | None:
        """When the quiet time that ``at`` lies in is over; None when it lies in none."""
        end = at
        for _ in range(40):  # a night may lead into a festival, and that into the next night
            after = self._one_quiet_end(end, festival_of)
            if after is None:
                return end if end > at else None
            end = after
        return end

    def _one_quiet_end(self, at: datetime, festival_of: FestivalOf) -> datetime | None:
        here = at.astimezone(IST)
        if self.quiet_festivals and festival_of(here.date()) in self.quiet_festivals:
            return _at(here + timedelta(days=1), 0)
        if not self.quiet:
            return None
        begin, end, now = minutes_of(self.quiet_from), minutes_of(self.quiet_until), here.hour * 60 + here.minute
        if begin == end:
            return None
        if begin < end:
            return _at(here, end) if begin <= now < end else None
        if now >= begin:
            return _at(here + timedelta(days=1), end)
        return _at(here, end) if now < end else None

    def opens_at(self, at: datetime) -> datetime:
        """The first moment from ``at`` on within business hours; ``at`` itself where the shop never opens."""
        here = at.astimezone(IST)
        opens, closes = minutes_of(self.opens), minutes_of(self.closes)
        for ahead in range(8):
            day = here + timedelta(days=ahead)
            if DAYS[day.weekday()] in self.closed_days:
                continue
            if ahead == 0 and opens <= here.hour * 60 + here.minute < closes:
                return at
            if _at(day, opens) >= at:
                return _at(day, opens)
        return at

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` lies within business hours."""
        return self.opens_at(at) == at


def _at(day: datetime, minutes: int) -> datetime:
    return datetime.combine(day.date(), time(minutes // 60, minutes % 60), IST)


def read_rules(kept: Mapping[str, Any]) -> AutomationRules:
    """A shop's rules as they are kept."""
    known = {one.name for one in fields(AutomationRules)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in known
    }
    return AutomationRules(**values)

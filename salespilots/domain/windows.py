"""What a channel's reply window lets leave, and as what. One policy for the outbox, the composer and the presenters.

Instagram's figures (24 hours for everybody, 7 days for a person's own words, one private answer to a comment within
7 days) come from the channel's capabilities; nothing here knows a provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MARGIN = timedelta(minutes=15)
"""So long before the window closes a follow-up leaves that was planned for later."""


class Right(StrEnum):
    """Who may write now: `ANYBODY`, only a `PERSON`, or `NOBODY` until the customer writes."""

    ANYBODY = "anybody"
    PERSON = "person"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """A channel's windows. ``reply`` None: there is none, anybody may write at any time."""

    reply: timedelta | None
    late: timedelta | None = None
    comment: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a chat allows: ``right`` now, ``until`` when (None: no end in sight), ``closed_at`` for automation."""

    right: Right
    until: datetime | None = None
    closed_at: datetime | None = None


def allowance(windows: Windows, *, wrote_at: datetime | None, began_at: datetime, now: datetime) -> Allowance:
    """Who may write in a chat whose customer wrote last at ``wrote_at`` (None: never; a comment is no writing)."""
    if windows.reply is None:
        return Allowance(right=Right.ANYBODY)
    if wrote_at is None:
        return Allowance(right=Right.NOBODY, closed_at=began_at)
    closes = wrote_at + windows.reply
    if now < closes:
        return Allowance(right=Right.ANYBODY, until=closes, closed_at=closes)
    late = wrote_at + windows.late if windows.late is not None else None
    if late is not None and now < late:
        return Allowance(right=Right.PERSON, until=late, closed_at=closes)
    return Allowance(right=Right.NOBODY, closed_at=closes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a message may leave: ``reason`` why not, empty when it may; ``late``: only as a person's late answer."""

    reason: str = ""
    late: bool = False


def verdict(
    windows: Windows,
    *,
    by_person: bool,
    words_only: bool,
    commented_at: datetime | None,
    wrote_at: datetime | None,
    began_at: datetime,
    now: datetime,
) -> Verdict:
    """``commented_at``: the message answers a comment of that time, in private or below it."""
    if commented_at is not None:
        over = windows.comment is not None and now >= commented_at + windows.comment
        return Verdict(reason="comment_too_old" if over else "")
    found = allowance(windows, wrote_at=wrote_at, began_at=began_at, now=now)
    if found.right is Right.ANYBODY:
        return Verdict()
    if found.right is Right.PERSON and by_person:
        return Verdict(late=True) if words_only else Verdict(reason="late_words_only")
    return Verdict(reason="reply_window_closed")


def moved_in(planned: datetime, *, closes: datetime | None, now: datetime) -> datetime:
    """A time for a follow-up that the window still allows: as planned, or shortly before it closes; as planned, too, when
    no such time is left."""
    if closes is None or planned < closes or closes - MARGIN <= now:
        return planned
    return closes - MARGIN

"""Who may write when, as a table: author, age of the customer's last word, kind of message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from salespilots.domain.windows import MARGIN, Right, Windows, allowance, moved_in, verdict

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
INSTAGRAM = Windows(reply=timedelta(hours=24), late=timedelta(days=7), comment=timedelta(days=7))
FREE = Windows(reply=None)
SHORT = Windows(reply=timedelta(hours=24))
H, D = timedelta(hours=1), timedelta(days=1)
TICK = timedelta(microseconds=1)

SENDS: list[tuple[Windows, bool, bool, timedelta | None, timedelta | None, str, bool]] = [
    # windows, by a person, words only, since they wrote, since they commented, reason, as a late answer
    (INSTAGRAM, False, True, timedelta(0), None, "", False),
    (INSTAGRAM, False, True, 24 * H - TICK, None, "", False),
    (INSTAGRAM, False, True, 24 * H, None, "reply_window_closed", False),
    (INSTAGRAM, True, True, 24 * H - TICK, None, "", False),
    (INSTAGRAM, True, True, 24 * H, None, "", True),
    (INSTAGRAM, True, False, 24 * H, None, "late_words_only", False),
    (INSTAGRAM, True, False, 23 * H, None, "", False),
    (INSTAGRAM, True, True, 7 * D - TICK, None, "", True),
    (INSTAGRAM, True, True, 7 * D, None, "reply_window_closed", False),
    (INSTAGRAM, False, True, 3 * D, None, "reply_window_closed", False),
    (INSTAGRAM, False, True, None, None, "reply_window_closed", False),
    (INSTAGRAM, True, True, None, None, "reply_window_closed", False),
    (INSTAGRAM, False, True, None, 7 * D - TICK, "", False),
    (INSTAGRAM, False, True, None, 7 * D, "comment_too_old", False),
    (INSTAGRAM, False, True, 30 * D, H, "", False),
    (SHORT, True, True, 24 * H, None, "reply_window_closed", False),
    (FREE, False, True, None, None, "", False),
    (FREE, True, False, 90 * D, None, "", False),
]  # fmt: skip


@pytest.mark.parametrize(("windows", "person", "words", "wrote", "commented", "reason", "late"), SENDS)
def test_what_may_leave(
    windows: Windows, person: bool, words: bool, wrote: timedelta | None, commented: timedelta | None, reason: str, late: bool
) -> None:  # fmt: skip
    found = verdict(
        windows, by_person=person, words_only=words, commented_at=None if commented is None else NOW - commented,
        wrote_at=None if wrote is None else NOW - wrote, began_at=NOW - 60 * D, now=NOW,
    )  # fmt: skip
    assert (found.reason, found.late) == (reason, late)


@pytest.mark.parametrize(
    ("wrote", "right", "left"),
    [
        (H, Right.ANYBODY, 23 * H), (24 * H, Right.PERSON, 6 * D), (7 * D - H, Right.PERSON, H),
        (7 * D, Right.NOBODY, None), (None, Right.NOBODY, None),
    ],
)  # fmt: skip
def test_what_a_chat_allows(wrote: timedelta | None, right: Right, left: timedelta | None) -> None:
    found = allowance(INSTAGRAM, wrote_at=None if wrote is None else NOW - wrote, began_at=NOW - D, now=NOW)
    assert found.right is right
    assert found.until == (None if left is None else NOW + left)


@pytest.mark.parametrize(
    ("planned", "closes", "moved"),
    [
        (2 * H, 10 * H, 2 * H), (24 * H, 23 * H, 23 * H - MARGIN), (23 * H, 23 * H, 23 * H - MARGIN),
        (2 * D, None, 2 * D), (2 * D, MARGIN, 2 * D), (2 * D, MARGIN + H, H),
    ],
)  # fmt: skip
def test_a_follow_up_is_moved_into_the_window(planned: timedelta, closes: timedelta | None, moved: timedelta) -> None:
    found = moved_in(NOW + planned, closes=None if closes is None else NOW + closes, now=NOW)
    assert found == NOW + moved

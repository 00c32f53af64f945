"""A worker's crew: who has a turn when, and how it stops."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from salespilots.ports.storage import StorageUnavailable
from salespilots.services.messaging.pieces import Piece
from salespilots.tasks.crew import SOON
from salespilots.testing.twin_client import wait_until
from tests.support.crew import SHOP_STEPS, Seconds, Shift, Step, quick

SWEEP = timedelta(seconds=5)

# --- lanes that were told a time --------------------------------------------------------------------------------------


def wake(shift: Shift) -> None:
    """Let the desk look at its clock: another lane has a turn meanwhile."""
    before = shift.turns.taken.count("x:1:other")
    shift.crew.ring("x:1:other")
    wait_until(lambda: shift.turns.taken.count("x:1:other") > before and shift.idle())


def test_lanes_told_a_time_further_ahead_than_a_sweep_come_at_that_time(seconds: Seconds, shift: Shift) -> None:
    told = {f"x:1:{n}": timedelta(seconds=30 * n) for n in range(1, 6)}
    assert min(told.values()) > SWEEP
    shift.turns.again_at = {lane: shift.clock.now() + at for lane, at in told.items()}
    shift.crew.ring(*told)
    wait_until(lambda: len(shift.turns.taken) == len(told) and shift.idle())
    shift.turns.taken.clear()
    for lane, at in told.items():
        seconds.now = 1000.0 + at.total_seconds() - 0.5
        wake(shift)
        assert lane not in shift.turns.taken
        seconds.now += 1
        wake(shift)
        wait_until(lambda lane=lane: lane in shift.turns.taken)
    assert [one for one in shift.turns.taken if one != "x:1:other"] == list(told)


def test_lanes_told_a_time_far_ahead_are_left_to_the_sweeper(seconds: Seconds, shift: Shift) -> None:
    shift.turns.again_at = {"x:1:1": shift.clock.now() + timedelta(seconds=SOON + 1)}
    shift.crew.ring("x:1:1")
    wait_until(lambda: shift.turns.taken == ["x:1:1"] and shift.idle())
    assert shift.crew._timers == []


# --- stopping ---------------------------------------------------------------------------------------------------------


def stopping(shift: Shift) -> threading.Thread:
    """Told to stop within a minute."""
    thread = threading.Thread(target=shift.crew.stop, args=(60,))
    thread.start()
    wait_until(lambda: shift.turns.closing)
    return thread


def test_stopping_ends_with_the_last_call_though_a_lane_was_rung_during_its_own(shift: Shift) -> None:
    shift.turns.calls = Step
    for count, lane in enumerate(("x:1:1", "x:1:2"), start=1):
        shift.crew.ring(lane)
        wait_until(lambda count=count: shift.under_way() == count)
    shift.crew.ring("x:1:1")
    wait_until(lambda: "x:1:1" in shift.crew._again)
    thread = stopping(shift)
    first, last = shift.turns.steps
    first.go_on.set()
    wait_until(lambda: shift.turns.noted == [("x:1:1", "answer")])
    wait_until(lambda: not (shift.crew._again or shift.crew._rung))
    last.go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert shift.turns.noted[1:] == [("x:1:2", "answer")]
    assert shift.turns.taken == ["x:1:1", "x:1:2"], "nothing new was begun"


def test_stopping_does_not_begin_steps_that_wait_for_their_shops_others(shift: Shift) -> None:
    shift.turns.calls = Step
    shift.crew.offer([("shop", f"x:1:{n}") for n in range(SHOP_STEPS + 4)])
    wait_until(lambda: len(shift.turns.steps) == SHOP_STEPS + 4 and shift.under_way() == SHOP_STEPS)
    thread = stopping(shift)
    shift.answer_all()
    thread.join(10)
    assert not thread.is_alive()
    assert sum(one.began.is_set() for one in shift.turns.steps) == SHOP_STEPS
    assert len(shift.turns.noted) == SHOP_STEPS


# --- the database goes away in the middle of a turn -------------------------------------------------------------------


def test_calls_that_were_noted_before_the_database_went_away_are_made(shift: Shift, monkeypatch: Any) -> None:
    honest = shift.turns.take

    def take(pieces: list[Piece]) -> None:
        honest(pieces[:1])
        monkeypatch.setattr(shift.turns, "take", honest)
        raise StorageUnavailable("gone for a moment")

    shift.turns.calls = quick
    monkeypatch.setattr(shift.turns, "take", take)
    shift.crew.offer([("shop", "x:1:1"), ("shop", "x:1:2")])
    wait_until(lambda: shift.turns.noted == [("x:1:1", "answer")])
    wait_until(shift.idle)
    assert shift.turns.taken == ["x:1:1"], "the other one is left to the sweeper"

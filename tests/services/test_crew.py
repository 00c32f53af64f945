"""A worker's crew: who has a turn when, what one shop may take up, and how it stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from salespilots.ports.storage import StorageUnavailable
from salespilots.ports.work import Lease
from salespilots.services.messaging.desk import CAREFUL_AFTER
from salespilots.services.messaging.outbox import SendCall
from salespilots.services.messaging.pieces import Piece
from salespilots.tasks import calls
from salespilots.tasks import crew as crews
from salespilots.tasks.calls import ALONE_SECONDS
from salespilots.tasks.crew import LONGEST_CALL, SOON, Crew
from salespilots.tasks.slots import SEND_SHARE, SEND_SLOTS, SHOP_LANES, STEP_SHARE, STEP_SLOTS, share_of
from salespilots.testing.clocks import FakeClock
from salespilots.testing.twin_client import wait_until

SWEEP = timedelta(seconds=5)
SHOP_STEPS = share_of(STEP_SLOTS, 0, STEP_SHARE)
"""Steps of one shop while no other has any."""


class Step:
    """A call that takes until ``go_on``."""

    def __init__(self) -> None:
        self.go_on, self.began, self.over = threading.Event(), threading.Event(), threading.Event()
        self.answer = "answer"

    def make(self) -> str:
        self.began.set()
        assert self.go_on.wait(20)
        self.over.set()
        return self.answer


def quick() -> Step:
    """One that is answered at once."""
    made = Step()
    made.go_on.set()
    return made


class NotedTurns:
    """Turns without a database: each lane has one call, if any, and is let go once that is answered."""

    def __init__(self) -> None:
        self.closing = False
        self.calls: Callable[[], Step] | None = None
        self.again_at: dict[str, datetime] = {}
        self.taken: list[str] = []
        self.noted: list[tuple[str, Any]] = []
        self.steps: list[Step] = []

    def take(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.made:
                self.noted.append((piece.lane, piece.outcome))
            answered, piece.made, piece.call, piece.again_at = piece.made, False, None, None
            piece.done += 1
            if self.closing or answered:
                continue
            self.taken.append(piece.lane)
            step = self.calls() if self.calls else None
            piece.call, piece.again_at = step, self.again_at.pop(piece.lane, None)
            piece.lease = Lease(lane=piece.lane, owner="me", fence=len(self.taken)) if step else None
            self.steps += [step] if step else []

    def keep(self, leases: list[Lease]) -> set[str]:
        return {one.lane for one in leases}

    def note_alone(self, piece: Piece) -> None:
        raise AssertionError("nobody died here")


class Seconds:
    """What passes for the crew's timers."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Shift:
    """A crew at work."""

    def __init__(self) -> None:
        self.clock, self.turns = FakeClock(), NotedTurns()
        due = SimpleNamespace(due=lambda lanes: [("shop", lane) for lane in lanes])
        services: Any = SimpleNamespace(turns=self.turns, core=SimpleNamespace(clock=self.clock), workforce=due)
        self.crew = Crew(services)

    def under_way(self) -> int:
        """Calls that began and are not over."""
        return sum(one.began.is_set() and not one.over.is_set() for one in self.turns.steps)

    def answer_all(self) -> None:
        """All calls come back now."""
        for one in self.turns.steps:
            one.go_on.set()

    def idle(self) -> bool:
        return not self.crew._active


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr(crews, "time", made)
    return made


@pytest.fixture
def shift() -> Iterator[Shift]:
    made = Shift()
    yield made
    made.answer_all()
    made.crew.stop(10)
    assert not any(desk.is_alive() for desk in made.crew._desks)


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


# --- one shop's slow steps --------------------------------------------------------------------------------------------


def test_one_shops_slow_steps_leave_room_for_anothers(shift: Shift) -> None:
    """One shop's model hangs for all of its chats: the step of another shop begins at once."""
    shift.turns.calls = Step
    shift.crew.offer([("slow", f"slow:1:{n}") for n in range(STEP_SLOTS)])
    wait_until(lambda: len(shift.turns.steps) == STEP_SLOTS and shift.under_way() >= SHOP_STEPS)
    shift.crew.offer([("other", "other:1:1")])
    wait_until(lambda: len(shift.turns.steps) == STEP_SLOTS + 1 and shift.turns.steps[-1].began.is_set())
    assert shift.under_way() == SHOP_STEPS + 1
    shift.answer_all()
    wait_until(shift.idle)
    assert sorted(shift.turns.noted) == sorted((lane, "answer") for lane in shift.turns.taken)
    assert len(shift.turns.noted) == STEP_SLOTS + 1


@pytest.mark.parametrize("shops", [2, 3, 12])
def test_shops_with_slow_steps_stop_no_shop_that_needs_none(shift: Shift, shops: int) -> None:
    shift.turns.calls = Step
    for shop in range(shops):
        shift.crew.offer([(f"slow{shop}", f"slow:{shop}:{n}") for n in range(SHOP_LANES + 4)])
    wait_until(lambda: len(shift.turns.steps) == shops * SHOP_LANES)
    slow = len(shift.turns.steps)
    assert SHOP_STEPS < shift.under_way() <= STEP_SLOTS
    shift.turns.calls = None
    shift.crew.offer([("other", f"other:1:{n}") for n in range(5)])
    wait_until(lambda: sum(lane.startswith("other") for lane in shift.turns.taken) == 5)
    shift.turns.calls = Step
    shift.crew.offer([("third", "third:1:1")])
    wait_until(lambda: len(shift.turns.steps) == slow + 1)
    if shops < 12:
        wait_until(lambda: shift.turns.steps[-1].began.is_set())
    shift.turns.calls = None
    shift.answer_all()
    wait_until(shift.idle)
    assert len(shift.turns.noted) == slow + 1


class Hanging(SendCall):
    """A send that takes until ``go_on``."""

    last = False

    def __init__(self) -> None:
        self._step = Step()
        self.go_on, self.began, self.over = self._step.go_on, self._step.began, self._step.over

    def make(self) -> Any:
        return self._step.make()


@pytest.mark.parametrize("shops", [1, 3, 6])
def test_channels_that_hang_leave_slots_for_another_and_no_send_waits_for_one(shift: Shift, shops: int) -> None:
    shift.turns.calls = Hanging  # type: ignore[assignment]
    sends = shift.turns.steps
    for shop in range(shops):
        shift.crew.offer([(f"slow{shop}", f"slow:{shop}:{n}") for n in range(SEND_SLOTS)])
    shared = SEND_SHARE * SEND_SLOTS * shops / (1 + SEND_SHARE * shops)
    wait_until(lambda: len(sends) >= int(shared))
    wait_until(lambda: all(one.began.is_set() for one in sends))
    shift.crew.offer([("other", "other:1:1")])
    wait_until(lambda: "other:1:1" in shift.turns.taken)
    wait_until(lambda: all(one.began.is_set() for one in sends))
    assert len(sends) <= SEND_SLOTS

    def all_answered() -> bool:
        shift.answer_all()
        return shift.idle()

    wait_until(all_answered)
    assert len(sends) == shops * SEND_SLOTS + 1


# --- calls that never return ------------------------------------------------------------------------------------------


def test_a_call_that_never_returns_is_let_go_and_its_late_answer_is_not_noted(seconds: Seconds, shift: Shift) -> None:
    shift.turns.calls = Step
    shift.crew.ring("x:1:1")
    wait_until(lambda: shift.under_way() == 1)
    (first,), shop = shift.turns.steps, shift.crew._shops["shop"]
    seconds.now += LONGEST_CALL
    shift.crew.keep()
    assert not shift.idle(), "it has until then"
    seconds.now += 1
    shift.crew.keep()
    assert shift.idle()

    shift.turns.calls = quick
    shift.crew.ring("x:1:2")
    wait_until(lambda: shift.turns.noted == [("x:1:2", "answer")])
    shift.turns.calls = Step
    shift.crew.ring("x:1:1")
    wait_until(lambda: shift.under_way() == 2)
    second = shift.turns.steps[-1]
    second.answer = "second answer"

    before = shop.steps
    first.go_on.set()
    wait_until(lambda: shop.steps == before - 1)
    assert shift.turns.noted == [("x:1:2", "answer")]
    assert [piece.lane for piece, _ in shift.crew._calling.values()] == ["x:1:1"], "the second one is still ours"
    assert (shift.crew._shops["shop"].calls, shift.crew._calls._under_way) == (1, 1)
    second.go_on.set()
    wait_until(shift.idle)
    assert shift.turns.noted[1:] == [("x:1:1", "second answer")]


def test_calls_that_wait_for_a_slot_are_not_taken_for_endless(seconds: Seconds, shift: Shift) -> None:
    shift.turns.calls = Step
    shift.crew.offer([("shop", f"x:1:{n}") for n in range(SHOP_STEPS + 1)])
    wait_until(lambda: len(shift.turns.steps) == SHOP_STEPS + 1 and shift.under_way() == SHOP_STEPS)
    seconds.now += LONGEST_CALL + 1
    shift.crew.keep()
    assert len(shift.crew._active) == 1
    shift.answer_all()
    wait_until(shift.idle)
    assert len(shift.turns.noted) == 1


# --- a call that its holders died of ----------------------------------------------------------------------------------


class OrphanedTurns(NotedTurns):
    """The last holders of lanes that end with "suspect" died with them."""

    def take(self, pieces: list[Piece]) -> None:
        super().take(pieces)
        for piece in pieces:
            if piece.call is not None and piece.lane.endswith("suspect"):
                piece.lease = Lease(lane=piece.lane, owner="me", fence=1, orphaned=CAREFUL_AFTER)

    def note_alone(self, piece: Piece) -> None:
        pass


@pytest.fixture
def wary(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shift]:
    monkeypatch.setattr(calls, "time", seconds)
    made = Shift()
    made.turns = made.crew._turns = OrphanedTurns()  # type: ignore[assignment]
    yield made
    made.answer_all()
    made.crew.stop(10)


def test_a_suspect_has_the_worker_for_itself_for_a_while_only(wary: Shift, seconds: Seconds) -> None:
    wary.turns.calls = Step
    wary.crew.offer([("A", "x:a:suspect")])
    wait_until(lambda: wary.under_way() == 1)
    wary.turns.calls = None
    wary.crew.offer([("B", f"x:b:{n}") for n in range(5)])
    seconds.now += ALONE_SECONDS / 2
    wary.crew.keep()
    assert wary.turns.taken == ["x:a:suspect"]
    seconds.now += ALONE_SECONDS
    wary.crew.keep()
    wait_until(lambda: len(wary.turns.taken) == 6)
    assert wary.under_way() == 1
    wary.answer_all()
    wait_until(wary.idle)
    assert wary.turns.noted == [("x:a:suspect", "answer")]
    assert wary.crew._calls._under_way == 0


def test_a_suspect_waits_for_others_to_end_for_a_while_only(wary: Shift, seconds: Seconds) -> None:
    wary.turns.calls = Step
    wary.crew.ring("x:a:slow")
    wait_until(lambda: wary.under_way() == 1)
    wary.crew.ring("x:a:suspect")
    wait_until(lambda: len(wary.turns.steps) == 2)
    wary.crew.ring("x:a:plain")
    wait_until(lambda: len(wary.turns.steps) == 3)
    assert wary.under_way() == 1
    seconds.now += ALONE_SECONDS + 1
    wary.crew.keep()
    wait_until(lambda: wary.under_way() == 3)
    wary.answer_all()
    wait_until(wary.idle)
    assert len(wary.turns.noted) == 3


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

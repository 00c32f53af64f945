"""A worker's crew: calls that never return, and calls that their holders died of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from salespilots.ports.work import Lease
from salespilots.services.messaging.desk import CAREFUL_AFTER
from salespilots.services.messaging.pieces import Piece
from salespilots.tasks import calls
from salespilots.tasks.calls import ALONE_SECONDS
from salespilots.tasks.crew import LONGEST_CALL
from salespilots.testing.twin_client import wait_until
from tests.support.crew import SHOP_STEPS, NotedTurns, Seconds, Shift, Step, quick

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

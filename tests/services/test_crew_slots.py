"""A worker's crew: what one shop may take up, however many of its calls hang."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.services.messaging.outbox import SendCall
from salespilots.tasks.slots import SEND_SHARE, SEND_SLOTS, SHOP_LANES, STEP_SLOTS
from salespilots.testing.twin_client import wait_until
from tests.support.crew import SHOP_STEPS, Shift, Step

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
    wait_until(lambda: shift.under_way() > SHOP_STEPS)
    assert shift.under_way() <= STEP_SLOTS
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
    """They come at one moment. One after the other, each would have its share of what those before it left, which is
    none for the fifth."""
    shift.turns.calls = Hanging  # type: ignore[assignment]
    sends = shift.turns.steps
    with shift.crew._lock:
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

"""A rush: who comes while somebody is at work is served with the others, and gets what it would have got alone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from salespilots.domain.errors import Conflict, InvalidInput, NotFound, OutOfStock
from salespilots.domain.order import Order
from salespilots.domain.stock import MovementKind
from salespilots.ports.storage import StorageUnavailable
from salespilots.services import making, rush
from salespilots.services.orders import Orders
from salespilots.services.rush import MOST, Rush
from salespilots.services.shelf import hand_movement
from salespilots.testing.twin_client import wait_until
from tests.support.shop import World
from tests.support.stall import Stall


def in_line(rush: Rush[Any, Any]) -> int | None:
    """How many wait for this piece; None where nobody is at work."""
    waiting = rush._waiting.get(("shop", "piece"))
    return None if waiting is None else len(waiting)


class Desk:
    """A rush of which the first is held up until told; notes who was served with whom."""

    def __init__(
        self, answer: Callable[[Sequence[int]], Sequence[object]] = lambda some: [one * 2 for one in some]
    ) -> None:
        self.rush: Rush[int, object] = Rush(self.alone, self.together)
        self.served: list[list[int]] = []
        self.results: dict[int, object] = {}
        self._answer, self._go, self._came = answer, threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def alone(self, shop: str, what: int) -> object:
        self._came.set()
        assert self._go.wait(20)
        self.served.append([what])
        return f"{what} alone"

    def together(self, shop: str, some: Sequence[int]) -> Sequence[object]:
        self.served.append(list(some))
        return self._answer(some)

    def _ask(self, what: int) -> None:
        try:
            self.results[what] = self.rush.do("shop", "piece", what)
        except Exception as error:
            self.results[what] = error

    def serve(self, count: int) -> None:
        for what in range(count):
            self._threads.append(threading.Thread(target=self._ask, args=(what,)))
            self._threads[-1].start()
            if what == 0:
                assert self._came.wait(20)
            else:
                wait_until(lambda wanted=what: in_line(self.rush) == wanted)
        self._go.set()
        for thread in self._threads:
            thread.join(20)


def test_who_waits_is_served_together() -> None:
    desk = Desk()
    desk.serve(5)
    assert desk.served == [[0], [1, 2, 3, 4]]
    assert desk.results == {0: "0 alone", 1: 2, 2: 4, 3: 6, 4: 8}
    assert in_line(desk.rush) is None
    assert desk.rush.do("shop", "piece", 9) == "9 alone"


def test_no_more_than_fit_at_once() -> None:
    desk = Desk()
    desk.serve(MOST + 4)
    assert desk.served == [[0], list(range(1, MOST + 1)), list(range(MOST + 1, MOST + 4))]


def test_each_gets_its_own_error_and_who_is_left_out_goes_alone() -> None:
    desk = Desk(lambda some: [NotFound("this one") if one == 2 else None if one == 3 else one for one in some])
    desk.serve(5)
    assert isinstance(desk.results.pop(2), NotFound)
    assert desk.results == {0: "0 alone", 1: 1, 3: "3 alone", 4: 4}


def test_where_it_fails_each_goes_alone() -> None:
    def broken(some: Sequence[int]) -> Sequence[object]:
        raise Conflict("one of them")

    desk = Desk(broken)
    desk.serve(4)
    assert desk.results == {one: f"{one} alone" for one in range(4)}


def test_who_wants_something_else_or_has_waited_long_goes_alone() -> None:
    desk = Desk()
    held = threading.Thread(target=desk._ask, args=(0,))
    held.start()
    assert desk._came.wait(20)
    elsewhere: Rush[int, object] = desk.rush
    desk._go.set()
    assert elsewhere.do("shop", "other piece", 7) == "7 alone"
    held.join(20)


def test_nobody_waits_for_ever_behind_one_that_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rush, "PATIENCE_SECONDS", 0.05)
    free, came, served = threading.Event(), threading.Event(), list[int]()

    def alone(shop: str, what: int) -> int:
        if what == 0:
            came.set()
            assert free.wait(20)
        served.append(what)
        return what

    def together(shop: str, some: Sequence[int]) -> Sequence[int]:
        raise AssertionError("nobody waits any more")

    line: Rush[int, int] = Rush(alone, together)
    first = threading.Thread(target=line.do, args=("shop", "piece", 0))
    first.start()
    assert came.wait(20)
    assert [line.do("shop", "piece", what) for what in (1, 2)] == [1, 2]
    assert (in_line(line), served) == (0, [1, 2])
    free.set()
    first.join(20)
    assert in_line(line) is None


def test_who_is_interrupted_while_waiting_leaves_the_others_their_turn() -> None:
    desk = Desk()
    held = threading.Thread(target=desk._ask, args=(0,))
    held.start()
    assert desk._came.wait(20)
    timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGUSR1,))

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            desk.rush.do("shop", "piece", 1)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert in_line(desk.rush) == 0
    desk._go.set()
    held.join(20)
    assert desk.rush.do("shop", "piece", 2) == "2 alone"


# --- orders ------------------------------------------------------------------------------------------------


def _at_desk(orders: Orders) -> int:
    """How many are being made or wait for their turn."""
    return sum(1 + len(one) for one in orders._rush._waiting.values())


def _at_once(stall: Stall, wanted: Sequence[dict[str, Any]]) -> list[Any]:
    """What came of orders of which the first waits for a piece that a transaction holds until all others wait behind it."""
    orders, core = stall.services.orders, stall.services.core
    got: list[Any] = [None] * len(wanted)

    def run(index: int) -> None:
        try:
            got[index] = orders.create(stall.id, **wanted[index])
        except Exception as error:
            got[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(wanted))]
    held = stall.products[0].variants[0].id
    with core.storage.unit_of_work(stall.id) as uow:
        uow.stock.move([hand_movement(core, uow, held, MovementKind.RECEIVE, 1, "held", "test")])
        for index, thread in enumerate(threads):
            thread.start()
            wait_until(lambda begun=index + 1: _at_desk(orders) + sum(one is not None for one in got) == begun)
    for thread in threads:
        thread.join(30)
    return got


def test_orders_at_one_moment_are_those_each_would_be_alone(
    make_world: Callable[..., World], database_url: str
) -> None:
    stall = Stall(make_world(database_url))
    services, bag = stall.services, stall.products[1].variants[0].id
    other = services.customers.add(stall.id, name="Asha")
    with services.core.storage.unit_of_work(stall.id) as uow:
        uow.stock.move([hand_movement(services.core, uow, bag, MovementKind.ADJUST, 2 - 5000, "count", "test")])
        uow.commit()
    riya = {"customer_id": stall.customer.id}
    saree, bags = {"sku": "S", "quantity": 2}, {"variant_id": bag, "quantity": 2}
    got = _at_once(
        stall,
        [
            {**riya, "lines": [saree]},
            {**riya, "lines": [saree, bags]},
            {"customer_id": other.id, "lines": [{"sku": "S", "quantity": 1}], "note": "gift"},
            {**riya, "lines": [saree, bags]},  # the bags are gone with the second
            {"customer_id": "cus_nobody", "lines": [saree]},
            {**riya, "lines": [{"sku": "none", "quantity": 1}]},
            {**riya, "lines": [{"sku": "S", "quantity": 0}]},
            {**riya, "lines": [saree], "payment_method": "none"},
            {**riya, "lines": [saree], "key": "twice"},
            {**riya, "lines": [saree], "key": "twice"},
        ],
    )
    kinds = [type(one) for one in got]
    assert kinds == [Order, Order, Order, OutOfStock, NotFound, NotFound, InvalidInput, InvalidInput, Order, Order]
    assert got[8].id == got[9].id
    made = {one.id: one for one in got if isinstance(one, Order)}
    assert sorted(one.number_value for one in made.values()) == [1001, 1002, 1003, 1004]
    kept = {one.id: one for one in services.orders.page(stall.id, limit=200).items}
    assert {id: (one.number, one.total_paise, one.note, str(one.state)) for id, one in kept.items()} == {
        id: (one.number, one.total_paise, one.note, str(one.state)) for id, one in made.items()
    }
    assert (kept[got[1].id].subtotal_paise, kept[got[2].id].note) == (2 * 210000 + 2 * 49999, "gift")
    assert [event.type for event in services.orders.timeline(stall.id, got[2].id)] == ["order.placed"]
    counted = {one.id: one.orders_count for one in services.customers.page(stall.id).items}
    assert (counted[stall.customer.id], counted[other.id]) == (3, 1)
    levels = {**services.catalog.get(stall.id, stall.products[0].product.id).levels}
    levels |= services.catalog.get(stall.id, stall.products[1].product.id).levels
    assert {id: (one.on_hand, one.reserved) for id, one in levels.items()} == {
        stall.products[0].variants[0].id: (5000, 2 + 2 + 1 + 2),
        bag: (2, 2),
    }


def test_a_transaction_that_is_lost_makes_each_order_alone(
    make_world: Callable[..., World], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = Stall(make_world(database_url))

    def broken(*_: object) -> Any:
        raise Conflict("one of them")

    monkeypatch.setattr(making, "place_all_in", broken)
    line = {"sku": "S", "quantity": 1}
    got = _at_once(stall, [{"customer_id": stall.customer.id, "lines": [line]} for _ in range(4)])
    assert sorted(one.number_value for one in got) == [1001, 1002, 1003, 1004]


def test_orders_that_may_be_kept_are_not_made_again(
    make_world: Callable[..., World], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = Stall(make_world(database_url))
    unit, together = type(stall.world.storage.unit_of_work(stall.id)), list[int]()
    commit = unit.commit

    def lost(self: Any) -> None:
        many = len(self.orders.added)
        commit(self)
        if many > 1:  # the server kept it, and its answer got lost
            together.append(many)
            raise StorageUnavailable("The database does not answer.")

    monkeypatch.setattr(unit, "commit", lost)
    got = _at_once(stall, [{"customer_id": stall.customer.id, "lines": [{"sku": "S", "quantity": 1}]}] * 4)
    monkeypatch.setattr(unit, "commit", commit)
    assert together == [3]
    assert [type(one) for one in got] == [Order] + [StorageUnavailable] * 3
    assert len({id(one) for one in got}) == 4
    assert len(stall.services.orders.page(stall.id).items) == 4


def test_an_error_behind_the_commit_makes_none_again(
    make_world: Callable[..., World], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall = Stall(make_world(database_url))
    unit = type(stall.world.storage.unit_of_work(stall.id))
    leave = unit.__exit__

    def broken(self: Any, *error: object) -> None:
        many = len(self.orders.added)
        leave(self, *error)
        if many > 1:
            raise RuntimeError("on the way out")

    monkeypatch.setattr(unit, "__exit__", broken)
    got = _at_once(stall, [{"customer_id": stall.customer.id, "lines": [{"sku": "S", "quantity": 1}]}] * 4)
    monkeypatch.setattr(unit, "__exit__", leave)
    assert sorted(one.number_value for one in got) == [1001, 1002, 1003, 1004]
    assert len(stall.services.orders.page(stall.id).items) == 4


def test_each_order_tells_what_it_left_on_the_shelf(make_world: Callable[..., World], database_url: str) -> None:
    stall = Stall(make_world(database_url))
    core, saree = stall.services.core, stall.products[0]
    with core.storage.unit_of_work(stall.id) as uow:
        few = hand_movement(core, uow, saree.variants[0].id, MovementKind.ADJUST, 8 - 5000, "count", "test")
        uow.stock.move([few])
        uow.commit()
    got = _at_once(stall, [{"customer_id": stall.customer.id, "lines": [{"sku": "S", "quantity": 1}]}] * 6)
    with core.storage.unit_of_work(stall.id, read_only=True) as uow:
        low = {
            event.ids["order_id"]: event.data["available"]
            for event in uow.events.after(0)
            if event.type == "stock.low" and "order_id" in event.ids
        }
    left = {one.id: 8 - (one.number_value - 1000) for one in got}
    assert low == {id: available for id, available in left.items() if available <= saree.product.low_at}

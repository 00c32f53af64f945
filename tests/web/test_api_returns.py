"""Goods that come back, told by a program that may tell twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from salespilots.ports.storage import eq
from tests.support.program import Program, application, problem
from tests.support.shop import Shop, World
from tests.support.stall import HERE, Stall
from tests.support.together import together


class Depot:
    """A shop with a delivered order of three sarees."""

    def __init__(self, world: World) -> None:
        self.stall = Stall(world)
        self.app = application(world)
        with world.storage.unit_of_work(self.stall.id, read_only=True) as uow:
            shop = uow.shop()
        self.shop = Shop(world, None, shop)  # type: ignore[arg-type]
        self.program = Program(self.app, self.shop)
        lines = [{"sku": "S", "quantity": 3}]
        body = {"customer_id": self.stall.customer.id, "lines": lines, "payment_method": "cod", "address": HERE}
        self.path = f"/orders/{self.program.done('/orders', body)['id']}"
        self.program.done(f"{self.path}/confirm")
        self.program.done(f"{self.path}/ship", {"courier": "DTDC", "tracking_number": "D1"})

    def back(self, quantity: int | None = 1, program: Program | None = None, headers: Any = None, **more: Any) -> Any:
        lines = {} if quantity is None else {"lines": [{"sku": "S", "quantity": quantity}]}
        return (program or self.program).post(
            f"{self.path}/return", {"restock": True, **lines, **more}, **headers or {}
        )

    @property
    def returned(self) -> list[int]:
        """Pieces of each return."""
        return [one["lines"][0]["quantity"] for one in self.program.get(self.path)["returns"]]

    @property
    def on_hand(self) -> int:
        return int(self.program.get("/products?q=Saree")["items"][0]["variants"][0]["on_hand"])


@pytest.fixture
def depot(make_world: Callable[..., World], database_url: str) -> Depot:
    return Depot(make_world(database_url))


def test_the_same_reference_is_one_return(depot: Depot) -> None:
    first = depot.back(reference="RMA-1")
    assert first.status_code == 200
    assert first.json["returns"][0]["reference"] == "RMA-1"
    for again in (depot.back(reference="RMA-1"), depot.back(None, reference="RMA-1")):
        assert (again.status_code, again.json["returns"]) == (200, first.json["returns"])
    assert (depot.returned, depot.on_hand) == ([1], 4998)
    body = problem(depot.back(2, reference="RMA-1"), 409)
    assert "other pieces" in body["detail"]
    assert depot.back(reference="RMA-2").json["state"] == "shipped"
    assert depot.back(reference="RMA-3").json["state"] == "returned"
    assert depot.back(reference="RMA-1").status_code == 200
    assert (depot.returned, depot.on_hand) == ([1, 1, 1], 5000)


def test_two_returns_without_a_reference_are_two(depot: Depot) -> None:
    for _ in range(2):
        assert depot.back().status_code == 200
    assert depot.returned == [1, 1]


def test_several_at_one_moment_with_one_reference_note_one_return(depot: Depot) -> None:
    answers = together(lambda: depot.back(program=Program(depot.app, depot.shop), reference="RMA-1").status_code)
    assert (answers, depot.returned, depot.on_hand) == ([200] * 4, [1], 4998)


def test_a_key_whose_answer_was_lost_counts_once(depot: Depot) -> None:
    """The process ended between the return and keeping its answer."""
    key = {"headers": {"Idempotency_Key": "k"}}
    assert depot.back(**key).status_code == 200
    with depot.stall.world.storage.unit_of_work(depot.stall.id) as uow:
        (record,) = uow.idempotency.select(eq("key", "k"))
        record.status, record.body = None, ""
        uow.idempotency.save(record)
        uow.commit()
    problem(depot.back(**key), 409, "in_progress")
    depot.stall.world.clock.advance(180)
    assert depot.back(**key).status_code == 200
    assert (depot.returned, depot.on_hand) == ([1], 4998)


def test_what_is_on_its_way_under_a_reference_is_received(depot: Depot) -> None:
    order_id = depot.path.rpartition("/")[2]
    line = depot.program.get(depot.path)["lines"][0]["id"]
    with depot.stall.world.storage.unit_of_work(depot.stall.id) as uow:
        order = uow.orders.get(order_id)
        order.expect_back(
            now=depot.stall.world.clock.now(), return_id="rtn_expected0", lines={line: 2}, reference="AWB-9"
        )
        uow.orders.save(order)
        uow.commit()
    (back,) = depot.back(2, reference="AWB-9").json["returns"]
    assert (back["state"], back["restocked"], depot.on_hand) == ("inspected", back["lines"], 4999)


@pytest.mark.parametrize("wrong", ["", " ", "x" * 61, 5, None])
def test_a_reference_is_a_short_text(depot: Depot, wrong: Any) -> None:
    problem(depot.back(reference=wrong), 422)
    assert depot.returned == []

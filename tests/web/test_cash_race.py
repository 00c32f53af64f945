"""Several people book the same cash at one moment: it is one payment, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from salespilots.domain.order import Order
from tests.support.browser import Visitor
from tests.support.program import Program, application
from tests.support.shop import Shop, World
from tests.support.together import together

STEPS = {
    "counter": (), "accepted": ("confirm",), "on its way": ("confirm", "ship"),
    "delivered": ("confirm", "ship", "deliver"),
}  # fmt: skip


class Till:
    """A practice shop with several people at it."""

    def __init__(self, world: World) -> None:
        self.shop = Shop(world, *world.sign_up())
        self.services = world.services
        world.services.demo.load(self.shop.id)
        self.app = application(world)
        self.customer = self.services.customers.add(self.shop.id, name="Riya")

    def order(self, steps: tuple[str, ...], method: str = "cod") -> Order:
        orders = self.services.orders
        made = orders.create(
            self.shop.id,
            customer_id=self.customer.id,
            lines=[{"sku": "SAR-BLUE", "quantity": 1}],
            payment_method=method,
        )
        for step in steps:
            parcel = {"courier": "DTDC", "tracking_number": made.id} if step == "ship" else {}
            getattr(orders, step)(self.shop.id, made.id, **parcel)
        return orders.get(self.shop.id, made.id)

    def visitors(self, many: int) -> list[Visitor]:
        found = [Visitor(self.app) for _ in range(many)]
        for visitor in found:
            visitor.sign_in("meera@example.in")
        return found

    def booked_once(self, order: Order) -> bool:
        now = self.services.orders.get(self.shop.id, order.id)
        payments = self.services.orders.payments_of(self.shop.id, order.id)
        told = [one.type for one in self.services.orders.timeline(self.shop.id, order.id)]
        assert (now.paid_paise, now.due_paise, now.held_paise) == (order.total_paise, 0, 0)
        assert [one.amount_paise for one in payments if one.state == "captured"] == [order.total_paise]
        assert (told.count("order.paid"), told.count("payment.captured")) == (1, 1)
        return True


@pytest.fixture
def till(make_world: Callable[..., World], database_url: str) -> Till:
    return Till(make_world(database_url))


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_cash_of_one_order_is_booked_once(till: Till, steps: tuple[str, ...]) -> None:
    for _ in range(3):
        order = till.order(steps)
        received = {"method": "cash", "amount_paise": order.due_paise}
        got = together(partial(till.services.orders.confirm, till.shop.id, order.id, received=received))
        assert [one.paid_paise for one in got] == [order.total_paise] * 4
        assert till.booked_once(order)


def test_two_people_cash_up_the_same_orders(till: Till) -> None:
    orders = [till.order(STEPS["on its way"]) for _ in range(3)]
    people = till.visitors(3)
    forms = [[one.id for one in orders], [one.id for one in reversed(orders)], [orders[1].id]]
    for visitor in people:
        visitor.get("/app/money")
    turns = iter(zip(people, forms, strict=True))

    def press() -> int:
        visitor, ticked = next(turns)
        return visitor.post("/app/money/cash", order=ticked).status_code

    assert together(press, 3) == [303] * 3
    assert all(till.booked_once(one) for one in orders)
    assert till.services.money_book.unmatched(till.shop.id) == []


def test_a_person_and_a_program_take_the_same_money(till: Till) -> None:
    (visitor,), program = till.visitors(1), Program(till.app, till.shop)

    def both(order: Order) -> list[int]:
        body = {"received": {"method": "cash", "amount_paise": order.due_paise}}
        ways = iter(
            (
                lambda: visitor.post("/app/money/cash", order=order.id).status_code,
                lambda: program.post(f"/orders/{order.id}/confirm", body).status_code,
            )
        )
        return together(lambda: next(ways)(), 2)

    for _ in range(3):
        order = till.order(())
        assert sorted(both(order)) == [200, 303]
        assert till.booked_once(order)

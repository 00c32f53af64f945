"""The cash of several parcels is booked at once, or not at all where the form names what is not there."""

from __future__ import annotations

import pytest

from salespilots.domain.order import Order
from tests.support.browser import Visitor
from tests.support.shop import Shop


@pytest.fixture
def carried(shop: Shop) -> list[Order]:
    """Two orders whose courier collects."""
    services = shop.world.services
    customer = services.customers.add(shop.id, name="Riya")
    lines = [{"sku": "SAR-BLUE", "quantity": 1}]
    made = []
    for number in range(2):
        order = services.orders.create(shop.id, customer_id=customer.id, lines=lines, payment_method="cod")
        services.orders.confirm(shop.id, order.id)
        made.append(services.orders.ship(shop.id, order.id, courier="DTDC", tracking_number=f"D{number}"))
    return made


def paid(shop: Shop, orders: list[Order]) -> list[int]:
    return [shop.world.services.orders.get(shop.id, one.id).paid_paise for one in orders]


def test_cash_is_booked_once_and_a_wrong_id_books_nothing(shop: Shop, carried: list[Order]) -> None:
    visitor = Visitor.of(shop.world)
    visitor.sign_in("meera@example.in")
    first, second = (one.id for one in carried)
    assert visitor.post("/app/money/cash", order=[first, "ord_nobody"]).status_code == 404
    assert paid(shop, carried) == [0, 0]
    for _ in range(2):
        assert visitor.post("/app/money/cash", order=[first, second, first]).status_code == 303
        assert paid(shop, carried) == [one.total_paise for one in carried]

"""The cash of several parcels is booked at once, or not at all where the form names what is not there."""

from __future__ import annotations

import pytest

from salespilots.domain.money import rupees
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


def test_the_form_of_cash_says_what_came(shop: Shop, carried: list[Order]) -> None:
    visitor = Visitor.of(shop.world)
    visitor.sign_in("meera@example.in")
    shown = visitor.get("/app/money").text
    assert shown.count("btn pri") == 1
    for order in carried:
        assert f'href="/app/orders/{order.id}">{order.number}</a>' in shown
    nothing = visitor.post("/app/money/cash")
    assert (nothing.status_code, nothing.text.count("Tick at least one order.")) == (422, 1)
    assert '<a href="#f-order">Cash on delivery: tick at least one order.</a>' in nothing.text
    visitor.post("/app/money/cash", order=carried[0].id)
    assert f"{rupees(carried[0].total_paise)} of one order received" in visitor.get("/app/money").text
    visitor.post("/app/money/cash", order=carried[0].id)
    assert "they are paid" in visitor.get("/app/money").text


def test_money_says_what_will_stand_there_and_writes_days_for_people(shop: Shop) -> None:
    visitor = Visitor.of(shop.world)
    visitor.sign_in("meera@example.in")
    empty = visitor.get("/app/money").text
    assert "All money is where it belongs" in empty
    assert "btn pri" not in empty
    services = shop.world.services
    services.connections.connect(shop.id, "upi", {"vpa": "meera@okbank", "payee_name": "Meera Handlooms"})
    services.direct.bring_in(
        shop.id, "27-11-2026   UPI/633412345698/RIYA   500.00 Cr\n28-11-2025   UPI/633412345697/X   50.00 Cr"
    )
    shown = visitor.get("/app/money").text
    assert "<b>27 Nov</b>" in shown
    assert "<b>28 Nov 2025</b>" in shown
    assert "btn quiet" not in shown

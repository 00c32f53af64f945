"""The slow bank of the practice payment page: the money comes by its webhook after the customer has left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salespilots.domain.order import Order
from salespilots.services.practice import SLOW_BANK
from tests.support.browser import Visitor
from tests.support.shop import Shop


@pytest.fixture
def order(shop: Shop) -> Order:
    return shop.order_two_sarees()


@pytest.fixture
def customer(shop: Shop) -> Visitor:
    return Visitor.of(shop.world)


def page_of(shop: Shop, order: Order) -> str:
    return f"/pay/{shop.payment(order).reference}"


def now(shop: Shop, order: Order) -> Order:
    return shop.world.services.orders.get(shop.id, order.id)


def press(visitor: Visitor, path: str, outcome: str) -> str:
    answer = visitor.post(path, attempt="a1", method="upi", outcome=outcome)
    assert answer.status_code == 303
    return answer.headers["Location"]


def later(shop: Shop, by: timedelta) -> None:
    shop.world.clock.advance(by)
    shop.world.settle()


def test_it_is_paid_a_minute_later_whoever_left(shop: Shop, order: Order, customer: Visitor) -> None:
    path = page_of(shop, order)
    assert "Slow bank" in customer.get(path).text
    said = customer.get(press(customer, path, "slow"))
    assert (said.status_code, "The bank takes its time" in said.text) == (200, True)
    press(customer, path, "slow")
    later(shop, SLOW_BANK - timedelta(seconds=1))
    assert now(shop, order).payment_status == "unpaid"
    later(shop, timedelta(seconds=2))
    paid = now(shop, order)
    assert (paid.state, paid.payment_status, paid.paid_paise) == ("confirmed", "paid", order.total_paise)
    assert [one for one in shop.texts() if "received for order" in one][-1].startswith("Payment of")
    assert len([one for one in shop.texts() if "received for order" in one]) == 1
    assert "paid" in customer.get(f"{path}?result=slow").text


def test_who_pays_again_meanwhile_pays_once(shop: Shop, order: Order, customer: Visitor) -> None:
    path = page_of(shop, order)
    press(customer, path, "slow")
    shop.world.services.practice.pay(shop.payment(order), method="card", outcome="paid", attempt="b")
    shop.world.settle()
    assert now(shop, order).payment_status == "paid", "the slow one holds nothing up"
    later(shop, SLOW_BANK)
    after = now(shop, order)
    assert (after.paid_paise, after.held_paise, after.refund_due_paise) == (order.total_paise, 0, 0)


def test_money_for_an_order_that_was_cancelled_meanwhile_has_to_be_given_back(
    shop: Shop, order: Order, customer: Visitor
) -> None:
    press(customer, page_of(shop, order), "slow")
    shop.world.services.orders.cancel(shop.id, order.id)
    later(shop, SLOW_BANK)
    after = now(shop, order)
    assert (after.state, after.refund_due_paise, after.needs_attention) == ("cancelled", order.total_paise, True)


def test_it_speaks_hindi(shop: Shop, order: Order, customer: Visitor) -> None:
    path = page_of(shop, order)
    assert "बैंक देर करे" in customer.get(f"{path}?lang=hi").text
    assert "बैंक थोड़ा समय ले रहा है" in customer.get(f"{path}?lang=hi&result=slow").text

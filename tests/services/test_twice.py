"""Asked for twice, or by several at one moment: done once, and nobody is told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from salespilots.domain.errors import Conflict
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import World
from tests.support.stall import Stall
from tests.support.together import together


@pytest.fixture
def stall(make_world: Callable[..., World], database_url: str) -> Stall:
    return Stall(make_world(database_url))


def line(stall: Stall, quantity: int = 1) -> dict[str, Any]:
    return {"sku": "S", "quantity": quantity}


def shelf(stall: Stall) -> int:
    return next(iter(stall.services.catalog.get(stall.id, stall.products[0].product.id).levels.values())).on_hand


def test_one_order_has_one_link_however_many_ask(make_world: Callable[..., World], database_url: str) -> None:
    channel, bank = FakeChannelPlugin(), FakePaymentsPlugin()
    far = FarSide(make_world(database_url, extra=[channel, bank]).practice_shop(), channel)
    till, services = Till(far.shop, bank), far.shop.world.services
    customer = services.customers.add(far.shop.id, name="Riya")
    sku = far.shop.product("jute").variants[0].sku
    for _ in range(3):
        order = services.orders.create(
            far.shop.id, customer_id=customer.id, lines=[{"sku": sku, "quantity": 1}], payment_method="bank"
        )
        links = together(lambda order=order: services.payments.request_link(far.shop.id, order.id))  # type: ignore[misc]
        assert len(set(links)) == 1, links
        assert len(till.payments(order)) == 1


def test_one_key_is_one_order_for_all_who_send_it(stall: Stall) -> None:
    create = stall.services.orders.create
    for number in range(3):
        key = f"k{number}"
        made = together(
            lambda key=key: create(stall.id, customer_id=stall.customer.id, lines=[line(stall)], key=key).number  # type: ignore[misc]
        )
        assert len(set(made)) == 1, made
    assert len(stall.services.orders.page(stall.id).items) == 3


def test_a_count_and_a_receipt_are_booked_once(stall: Stall) -> None:
    stockroom, product = stall.services.stockroom, stall.products[0]
    variant = product.variants[0].id
    for _ in range(2):
        stockroom.count(stall.id, {variant: (5000, 5003)}, reason="adjust", key="form-1")
        stockroom.move(stall.id, product.product.id, sku="S", delta=5, reason="receive", key="form-2")
    assert shelf(stall) == 5008
    stockroom.move(stall.id, product.product.id, sku="S", delta=5, reason="receive", key="form-3")
    stockroom.move(stall.id, product.product.id, sku="S", delta=5, reason="receive")
    stockroom.move(stall.id, product.product.id, sku="S", delta=5, reason="receive")
    assert shelf(stall) == 5023


def paid(stall: Stall, quantity: int = 3) -> Any:
    order = stall.services.orders.create(
        stall.id, customer_id=stall.customer.id, lines=[line(stall, quantity)], payment_method="cod"
    )
    cash = {"amount_paise": order.total_paise, "method": "cash"}
    return stall.services.orders.confirm(stall.id, order.id, received=cash)


def test_another_amount_under_the_same_key_is_refused(stall: Stall) -> None:
    refund, order = stall.services.refunds.refund, paid(stall)
    for _ in range(2):
        refund(stall.id, order.id, amount_paise=10000, reason="A gift", key="page-1")
    with pytest.raises(Conflict, match="Another refund"):
        refund(stall.id, order.id, amount_paise=50000, reason="A gift", key="page-1")
    assert stall.services.orders.get(stall.id, order.id).refunded_paise == 10000


def test_a_refund_puts_back_the_pieces_that_are_named(stall: Stall) -> None:
    orders, order = stall.services.orders, paid(stall)
    orders.ship(stall.id, order.id, courier="By hand", tracking_number="")
    before = shelf(stall)
    after = stall.services.refunds.refund(
        stall.id, order.id, amount_paise=210000, reason="One came back", key="one", restock=True,
        lines={order.lines[0].id: 1},
    )  # fmt: skip
    assert (shelf(stall) - before, after.state, after.refunded_paise) == (1, "shipped", 210000)
    stall.services.refunds.refund(stall.id, order.id, amount_paise=210000, reason="The rest", key="two", restock=True)
    assert (shelf(stall) - before, orders.get(stall.id, order.id).state) == (3, "returned")


def test_a_parcel_and_a_return_of_one_page_are_noted_once(stall: Stall) -> None:
    orders, order = stall.services.orders, paid(stall)
    one = {order.lines[0].id: 1}
    by_hand: dict[str, Any] = {"courier": "By hand", "tracking_number": "", "lines": one}
    orders.ship(stall.id, order.id, **by_hand, seen=0)
    with pytest.raises(Conflict, match="noted already"):
        orders.ship(stall.id, order.id, **by_hand, seen=0)
    assert len(orders.get(stall.id, order.id).shipments) == 1
    orders.ship(stall.id, order.id, courier="By hand", tracking_number="", seen=1)
    orders.expect_back(stall.id, order.id, lines=one, seen=0)
    with pytest.raises(Conflict, match="noted already"):
        orders.expect_back(stall.id, order.id, lines=one, seen=0)
    assert len(orders.get(stall.id, order.id).returns) == 1

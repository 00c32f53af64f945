"""A discount code of an order that expired, and whose money came after all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from salespilots.domain.errors import InvalidInput
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import World


def test_late_money_takes_the_use_of_its_code_again(make_world: Callable[..., World], database_url: str) -> None:
    bank = FakePaymentsPlugin()
    world = make_world(database_url, extra=[bank])
    shop, services = world.practice_shop(), world.services
    till = Till(shop, bank)
    code = services.discounts.create(
        shop.id, {"code": "TWICE", "kind": "amount", "amount_paise": 5000, "usage_limit": 2}
    )
    customer = services.customers.add(shop.id, name="Riya")

    def order() -> str:
        made = services.orders.create(
            shop.id, customer_id=customer.id, lines=[{"sku": "BAG-JUTE", "quantity": 1}], payment_method="bank",
            discount_code="TWICE",
        )  # fmt: skip
        services.payments.request_link(shop.id, made.id)
        return made.id

    first = services.orders.get(shop.id, order())
    world.clock.advance(timedelta(minutes=40))
    services.maintenance.sweep(lambda lanes: None)
    assert services.orders.get(shop.id, first.id).state == "expired"
    assert services.discounts.used(shop.id, [code.id]) == {code.id: 0}
    order()
    assert till.tell(first, paid="late").state == "confirmed"
    assert services.discounts.used(shop.id, [code.id]) == {code.id: 2}
    with pytest.raises(InvalidInput):
        order()

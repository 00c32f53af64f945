"""Test keys of a payments provider are marked wherever somebody could take them for real money."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from salespilots_payments_razorpay import hooks
from tests.support.browser import Visitor
from tests.support.shop import World


@pytest.mark.parametrize(("key_id", "marked"), [("rzp_test_ABC123", True), ("rzp_live_ABC123", False)])
def test_test_keys_are_marked_on_every_page_about_money(
    make_world: Callable[..., World], sqlite_url: str, key_id: str, marked: bool
) -> None:
    world = make_world(sqlite_url, extra=[hooks])
    shop, owner = world.practice_shop(), Visitor.of(world)
    owner.sign_in("meera@example.in")
    services = world.services
    keys = {"key_id": key_id, "key_secret": "s3cret", "webhook_secret": "hook"}
    services.connections.connect(shop.id, "razorpay", keys)
    customer = services.customers.add(shop.id, name="Riya")
    line = {"sku": shop.product("Jute").variants[0].sku, "quantity": 1}
    order = services.orders.create(shop.id, customer_id=customer.id, lines=[line], payment_method="razorpay")
    cash = services.orders.create(shop.id, customer_id=customer.id, lines=[line], payment_method="cod")
    for path in (f"/app/orders/{order.id}", "/app/money", "/app/settings/integrations/razorpay"):
        assert ("no real money moves" in owner.get(path).text) is marked, path
    assert ("Test mode" in owner.get("/app/settings/integrations").text) is marked
    assert "no real money moves" not in owner.get(f"/app/orders/{cash.id}").text
    services.connections.disconnect(shop.id, "razorpay")
    assert "no real money moves" not in owner.get("/app/money").text

"""Orders that are not placed, or not accepted yet: worked out anew with every change, and looked at when they are placed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.errors import Conflict, InvalidInput, InvalidTransition
from salespilots.domain.order import Order
from tests.support.shop import World
from tests.support.stall import HERE, Stall


@pytest.fixture
def stall(world: World) -> Stall:
    return Stall(world, shipping_paise=8000, gstin="29ABCDE1234F1Z5", cod={"offered": True, "fee_paise": 4900})


def draft(stall: Stall, **more: Any) -> Order:
    made = {"customer_id": stall.customer.id, "lines": [{"sku": "B", "quantity": 2}], "address": HERE, **more}
    return stall.services.orders.create(stall.id, draft=True, **made)


def change(stall: Stall, order: Order, **values: Any) -> Order:
    return stall.services.orders.change(stall.id, order.id, values)


def test_tax_follows_the_charges_of_a_draft(stall: Stall) -> None:
    order = draft(stall)
    fresh = draft(stall, discount_paise=50000)
    changed = change(stall, order, discount_paise=50000)
    assert (changed.tax_paise, changed.total_paise) == (fresh.tax_paise, fresh.total_paise)
    assert changed.tax_paise < order.tax_paise


def test_a_draft_keeps_its_code_and_the_delivery_it_was_given(stall: Stall) -> None:
    stall.services.discounts.create(stall.id, {"code": "SHIPFREE", "kind": "free_shipping"})
    coded = change(stall, draft(stall, discount_code="SHIPFREE"), address={**HERE, "pincode": "110001"})
    assert (coded.shipping_paise, coded.discount_code) == (0, "SHIPFREE")
    given = change(stall, draft(stall, shipping_paise=12345), address={**HERE, "pincode": "110001"})
    assert given.shipping_paise == 12345
    assert change(stall, given, shipping_paise=0).shipping_paise == 0
    assert change(stall, given, payment_method="cod").shipping_paise == 0
    uncoded = change(stall, coded, discount_paise=100)
    assert (uncoded.discount_code, uncoded.shipping_paise, uncoded.discount_paise) == (None, 8000, 100)


def test_an_old_draft_is_looked_at_before_it_is_placed(stall: Stall) -> None:
    services, clock = stall.services, stall.world.clock
    code = services.discounts.create(
        stall.id, {"code": "HALF", "kind": "percent", "percent": 50, "ends_at": clock.now() + timedelta(days=1)}
    )
    order = draft(stall, discount_code="HALF")
    clock.advance(timedelta(days=5))
    with pytest.raises(InvalidInput, match="Some fields") as caught:
        services.orders.place(stall.id, order.id)
    assert "discount_code" in caught.value.fields
    services.discounts.change(stall.id, code.id, {"ends_at": None})
    services.catalog.update(stall.id, stall.products[1].product.id, {"state": "archived"})
    with pytest.raises(Conflict, match="not on sale"):
        services.orders.place(stall.id, order.id)
    services.catalog.update(stall.id, stall.products[1].product.id, {"state": "live"})
    assert services.orders.place(stall.id, order.id).state == "placed"


def test_a_placed_order_that_is_paid_at_the_door_after_all_has_its_fee_and_no_end(stall: Stall) -> None:
    services = stall.services
    order = services.orders.create(
        stall.id,
        customer_id=stall.customer.id,
        lines=[{"sku": "B", "quantity": 1}],
        address=HERE,
        payment_method="practice",
    )
    assert order.expires_at is not None
    switched = change(stall, order, payment_method="cod")
    assert (switched.cod_fee_paise, switched.expires_at) == (4900, None)
    assert switched.total_paise == order.total_paise + 4900
    stall.world.clock.advance(timedelta(hours=2))
    services.maintenance.sweep(lambda lanes: None)
    assert services.orders.get(stall.id, order.id).state == "placed"
    back = change(stall, order, payment_method="practice")
    assert (back.cod_fee_paise, back.total_paise) == (0, order.total_paise)
    assert back.expires_at is not None
    change(stall, order, payment_method="cod")
    services.orders.confirm(stall.id, order.id)
    with pytest.raises(InvalidTransition, match="How it is paid"):
        change(stall, order, payment_method="practice")


def test_cash_on_delivery_that_nobody_accepts_is_shown_to_the_owner_once(stall: Stall) -> None:
    services = stall.services
    order = services.orders.create(
        stall.id, customer_id=stall.customer.id, lines=[{"sku": "B", "quantity": 1}], payment_method="cod"
    )
    accepted = services.orders.create(
        stall.id, customer_id=stall.customer.id, lines=[{"sku": "B", "quantity": 1}], payment_method="cod"
    )
    services.orders.confirm(stall.id, accepted.id)
    for _ in range(3):
        stall.world.clock.advance(timedelta(hours=13))
        services.maintenance.sweep(lambda lanes: None)
    seen = services.orders.get(stall.id, order.id)
    assert (seen.state, seen.needs_attention) == ("placed", True)
    assert not services.orders.get(stall.id, accepted.id).needs_attention
    kinds = [one.type for one in services.orders.timeline(stall.id, order.id)]
    assert kinds.count("order.attention") == 1
    assert not services.orders.confirm(stall.id, order.id).needs_attention


def test_the_note_on_money_that_was_taken_is_kept(stall: Stall) -> None:
    order = stall.services.orders.create(
        stall.id, customer_id=stall.customer.id, lines=[{"sku": "B", "quantity": 1}], payment_method="cod"
    )
    received = {"method": "cash", "amount_paise": order.due_paise, "note": "by her brother"}
    stall.services.orders.confirm(stall.id, order.id, received=received)
    told = stall.services.orders.timeline(stall.id, order.id)
    assert [one.data.get("note") for one in told if one.type == "payment.captured"] == ["by her brother"]


def test_the_timeline_of_a_long_order_is_whole(stall: Stall) -> None:
    services = stall.services
    variants = [{"sku": f"N{number}", "title": f"N{number}", "price_paise": 100, "on_hand": 3} for number in range(60)]
    services.catalog.create(stall.id, {"title": "Beads", "variants": variants})
    order = services.orders.create(
        stall.id, customer_id=stall.customer.id, payment_method="cod",
        lines=[{"sku": one["sku"], "quantity": 2} for one in variants],
    )  # fmt: skip
    services.orders.confirm(stall.id, order.id)
    kinds = [one.type for one in services.orders.timeline(stall.id, order.id)]
    assert kinds[:2] == ["order.placed", "order.confirmed"]


def test_what_couriers_owe_is_found_behind_many_that_are_paid(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("salespilots.services.money_book.MOST", 3)
    orders = stall.services.orders
    made = [
        orders.create(
            stall.id, customer_id=stall.customer.id, lines=[{"sku": "B", "quantity": 1}], payment_method="cod"
        )
        for _ in range(5)
    ]
    for number, one in enumerate(made):
        orders.confirm(stall.id, one.id)
        orders.ship(stall.id, one.id, courier="DTDC", tracking_number=f"D{number}")
        if number < 4:
            orders.confirm(stall.id, one.id, received={"method": "cod", "amount_paise": one.total_paise})
    now = stall.world.clock.now()
    owed = stall.services.money_book.cash_up(stall.id, now - timedelta(days=1), now).owed
    assert [one.id for one in owed] == [made[4].id]

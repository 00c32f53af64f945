"""A step of an order that was a wrong click, taken back by its forms: the books agree afterwards."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from salespilots.domain.invoice import DocumentKind
from salespilots.domain.order import Order
from salespilots.services.undoing import Undone
from tests.support.browser import Visitor
from tests.support.shop import Shop
from tests.support.together import together


@pytest.fixture
def paid(shop: Shop) -> Order:
    return shop.pay(shop.order_two_sarees())


def now(shop: Shop, order: Order) -> Order:
    return shop.world.services.orders.get(shop.id, order.id)


def offered(owner: Visitor, order: Order) -> str:
    """Where the page's Undo goes, or nothing."""
    found = re.search(r'action="(/app/orders/[^"]+/undo[^"]*)"', owner.get(f"/app/orders/{order.id}").text)
    return found.group(1).replace("&amp;", "&") if found else ""


def on_hand(shop: Shop) -> tuple[int, int]:
    level = next(iter(shop.product("blue").levels.values()))
    return level.on_hand, level.reserved


def test_packed_is_undone_from_the_toast_once_and_not_after_the_parcel_left(
    owner: Visitor, shop: Shop, paid: Order
) -> None:
    page = f"/app/orders/{paid.id}"
    owner.post(f"{page}/pack")
    toast = re.search(r'class="toast".*?action="([^"]+)"', owner.get(page).text)
    assert toast
    undo = toast.group(1).replace("&amp;", "&")
    assert undo == offered(owner, paid)
    assert owner.post(undo).status_code == 303
    assert "is to be packed again" in owner.get(page).text
    owner.post(undo)
    assert (now(shop, paid).state, now(shop, paid).packed_at) == ("confirmed", None)
    assert "Not packed after all" in owner.get(page).text
    events = [one.type for one in shop.world.services.orders.timeline(shop.id, paid.id)]
    assert events.count("order.step_undone") == 1, "twice is once"

    shop.world.clock.advance(timedelta(minutes=1))
    owner.post(f"{page}/pack")
    owner.post(undo)
    assert now(shop, paid).state == "packed", "the undo of before is not one of this packing"
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D1")
    assert offered(owner, paid) == ""
    owner.post(f"{page}/undo?step=packed")
    assert now(shop, paid).state == "shipped"
    assert on_hand(shop) == (7, 0)


def test_delivered_is_undone_and_the_message_that_has_not_left_is_stopped_and_said_when_it_is_true(
    owner: Visitor, shop: Shop, paid: Order
) -> None:
    page = f"/app/orders/{paid.id}"
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D1")
    shop.world.settle()
    owner.post(f"{page}/deliver")
    owner.post(offered(owner, paid))
    assert "told already" not in owner.get(page).text
    order = now(shop, paid)
    assert (order.state, order.delivered_at, order.closed_at, order.shipments[0].arrived_at) == (
        "shipped", None, None, None,
    )  # fmt: skip
    shop.world.settle()
    assert not [one for one in shop.texts() if "was delivered" in one]
    owner.post(f"{page}/deliver")
    shop.world.settle()
    assert len([one for one in shop.texts() if "was delivered" in one]) == 1

    owner.post(offered(owner, paid))
    assert "The customer was told already, and that is not unsent" in owner.get(page).text
    owner.post(f"{page}/deliver")
    shop.world.settle()
    assert len([one for one in shop.texts() if "was delivered" in one]) == 1, "what was said is not said again"


def test_delivered_stays_after_a_day(owner: Visitor, shop: Shop, paid: Order) -> None:
    page = f"/app/orders/{paid.id}"
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D1")
    owner.post(f"{page}/deliver")
    assert offered(owner, paid)
    shop.world.clock.advance(timedelta(hours=25))
    owner.post(f"{page}/undo?step=delivered")
    assert now(shop, paid).state == "delivered"


def test_delivered_stays_when_its_cash_came_since(owner: Visitor, shop: Shop) -> None:
    order, orders = at_the_door(shop), shop.world.services.orders
    orders.deliver(shop.id, order.id)
    assert offered(owner, order)
    shop.world.clock.advance(timedelta(minutes=1))
    orders.confirm(shop.id, order.id, received={"method": "cash", "amount_paise": order.due_paise})
    assert offered(owner, order) == ""


def at_the_door(shop: Shop, quantity: int = 2) -> Order:
    """An order that is paid in cash and left."""
    services = shop.world.services
    customer = services.customers.add(shop.id, name="Riya Sen")
    variant = shop.product("blue").variants[0]
    order = services.orders.create(
        shop.id, customer_id=customer.id, payment_method="cod",
        lines=[{"variant_id": variant.id, "quantity": quantity}],
    )  # fmt: skip
    services.orders.confirm(shop.id, order.id)
    return services.orders.ship(shop.id, order.id, courier="DTDC", tracking_number=f"D-{order.number}")


def test_came_back_undelivered_is_undone_with_its_stock_money_and_papers(owner: Visitor, shop: Shop) -> None:
    order = at_the_door(shop)
    services, page = shop.world.services, f"/app/orders/{order.id}"
    due, there = order.due_paise, on_hand(shop)
    owner.post(f"{page}/undelivered")
    back = now(shop, order)
    assert (back.state, back.due_paise, on_hand(shop)) == ("returned", 0, (there[0] + 2, there[1]))
    undo = offered(owner, order)
    owner.post(undo)
    shown = owner.get(page).text
    assert "its pieces are off the shelf" in shown
    assert "Its credit note stays" in shown
    owner.post(undo)
    after = now(shop, order)
    assert (after.state, after.due_paise, after.returns, after.released_paise) == ("shipped", due, [], 0)
    assert (after.closed_at, after.needs_attention, on_hand(shop)) == (None, False, there)
    assert services.customers.get(shop.id, order.customer_id).refused_count == 0
    assert [one.id for one in services.money_book.cash_up(shop.id, after.created_at, after.created_at).owed] == [
        order.id
    ]
    papers = services.documents.of_order(shop.id, order.id)
    sign = {DocumentKind.CREDIT_NOTE: -1}
    assert len(papers) == 3
    assert sum(one.total_paise * sign.get(one.kind, 1) for one in papers) == order.total_paise
    assert all(one.number in shown for one in papers)
    assert [owner.get(f"{page}/credit-notes/{one.id}.pdf").status_code for one in papers].count(200) == 2
    ledger = [(one.movement.kind, one.movement.on_hand_delta) for one in services.stockroom.ledger(shop.id, shop.product("blue").product.id)]  # fmt: skip
    assert {("return", 2), ("return", -2)} <= set(ledger)

    owner.post(f"{page}/undelivered")
    assert (now(shop, order).state, on_hand(shop)) == ("returned", (there[0] + 2, there[1]))
    papers = services.documents.of_order(shop.id, order.id)
    assert sum(one.total_paise * sign.get(one.kind, 1) for one in papers) == 0


def test_pieces_that_others_were_promised_stay_and_the_parcel_stays_back(owner: Visitor, shop: Shop) -> None:
    order = at_the_door(shop)
    owner.post(f"/app/orders/{order.id}/undelivered")
    at_the_door(shop, on_hand(shop)[0])
    owner.post(offered(owner, order))
    assert "promised to other orders since" in owner.get(f"/app/orders/{order.id}").text
    assert (now(shop, order).state, on_hand(shop)) == ("returned", (0, 0))


def test_money_that_went_back_is_not_undone(owner: Visitor, shop: Shop, paid: Order) -> None:
    page = f"/app/orders/{paid.id}"
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D1")
    owner.post(f"{page}/undelivered")
    assert offered(owner, paid)
    shop.world.services.refunds.refund(shop.id, paid.id, amount_paise=100, reason="x", key="k")
    assert offered(owner, paid) == ""
    owner.post(f"{page}/undo?step=returned")
    assert now(shop, paid).state == "returned"


def test_two_people_undo_one_step_at_once(any_shop: Shop) -> None:
    shop = any_shop
    order = at_the_door(shop)
    services, there = shop.world.services, on_hand(shop)
    services.orders.take_back(shop.id, order.id, restock=True, kind="undelivered")

    def undo() -> Undone:
        return services.undoing.undo(shop.id, order.id, "returned")

    assert not [one for one in together(undo) if isinstance(one, Exception)]
    assert (now(shop, order).state, on_hand(shop)) == ("shipped", there)
    assert len(services.documents.of_order(shop.id, order.id)) == 3
    assert services.customers.get(shop.id, order.customer_id).refused_count == 0


def test_an_undo_and_the_next_step_at_once_end_in_one_of_both(any_shop: Shop) -> None:
    orders, undoing = any_shop.world.services.orders, any_shop.world.services.undoing
    order = any_shop.pay(any_shop.order_two_sarees())
    orders.pack(any_shop.id, order.id)
    acts = iter(
        [
            lambda: undoing.undo(any_shop.id, order.id, "packed"),
            lambda: orders.ship(any_shop.id, order.id, courier="DTDC", tracking_number="D1"),
        ]
    )
    together(lambda: next(acts)(), 2)
    after = now(any_shop, order)
    assert after.state == "shipped", "either nothing was undone, or it left without the packed step"
    assert (after.packed_at is not None, on_hand(any_shop)) == (True, (7, 0))


def test_another_shops_order_and_no_step_are_not_found(owner: Visitor, shop: Shop, paid: Order) -> None:
    assert owner.post(f"/app/orders/{paid.id}/undo?step=confirmed").status_code == 404
    shop.world.sign_up("Other", "other@example.in")
    visitor = Visitor.of(shop.world)
    visitor.sign_in("other@example.in")
    assert visitor.post(f"/app/orders/{paid.id}/undo?step=packed").status_code == 404

"""An order's page from the first parcel to the last refund, by its forms."""

from __future__ import annotations

import re

import pytest

from salespilots.domain.order import Order
from salespilots.ports.payments import PaymentEvent
from tests.support.browser import Visitor
from tests.support.shop import Shop

PIECE = 149900


@pytest.fixture
def paid(shop: Shop) -> Order:
    return shop.pay(shop.order_two_sarees())


def now(shop: Shop, order: Order) -> Order:
    return shop.world.services.orders.get(shop.id, order.id)


def line(order: Order) -> str:
    return f"pieces-{order.lines[0].id}"


def on_hand(shop: Shop) -> tuple[int, int]:
    level = next(iter(shop.product("blue").levels.values()))
    return level.on_hand, level.reserved


def test_two_parcels_a_return_and_its_refund(owner: Visitor, shop: Shop, paid: Order) -> None:
    page = f"/app/orders/{paid.id}"
    assert f'name="{line(paid)}"' in owner.get(page).text
    owner.post(f"{page}/pack")
    parcel = {"courier": "DTDC", "tracking_number": "D1", line(paid): "1"}
    assert owner.post(f"{page}/ship", **parcel).status_code == 303
    assert owner.post(f"{page}/ship", **parcel).status_code == 303
    assert (now(shop, paid).state, on_hand(shop)) == ("packed", (8, 1))
    shown = owner.get(page).text
    assert "Parcels" in shown
    assert owner.post(f"{page}/cancel", reason="other").status_code == 303
    assert now(shop, paid).state == "packed", "a part has left"
    too_many = owner.post(f"{page}/ship", courier="DTDC", tracking_number="D2", **{line(paid): "2"})
    assert (too_many.status_code, "Only 1 left to send." in too_many.text) == (422, True)
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D2", **{line(paid): "1"})
    assert (now(shop, paid).state, on_hand(shop)) == ("shipped", (7, 0))
    shop.world.settle()
    assert next(text for text in shop.texts() if "is on its way" in text).startswith("A part of order SP-1001")
    owner.post(f"{page}/deliver")

    assert owner.post(f"{page}/return", kind="gone", **{line(paid): "1"}).status_code == 422
    assert owner.post(f"{page}/return", kind="return", **{line(paid): "1"}).status_code == 303
    back = now(shop, paid).returns[0]
    assert (back.state, on_hand(shop)) == ("expected", (7, 0))
    owner.post(f"{page}/returns/{back.id}", **{line(paid): "0"})
    owner.post(f"{page}/returns/{back.id}", **{line(paid): "1"})
    after = now(shop, paid)
    assert (after.state, after.refund_due_paise, on_hand(shop)) == ("delivered", PIECE, (7, 0)), (
        "looked at once, not for sale"
    )
    shown = owner.get(page).text
    assert "₹1,499.00 is owed to the customer." in shown
    assert "Nothing of it can be sold again" in shown
    key = re.search(r'name="key" value="([^"]+)"', shown)
    assert key
    sheet = {"amount": "1,499", "reason": "Torn", "key": key.group(1)}
    assert {owner.post(f"{page}/refund", **sheet).status_code for _ in range(2)} == {303}
    done = now(shop, paid)
    assert (done.refunded_paise, done.refund_due_paise, done.payment_status, done.needs_attention) == (
        PIECE,
        0,
        "part_refunded",
        False,
    )


@pytest.mark.parametrize(
    ("amount", "status", "words"),
    [("", 422, "Write an amount"), ("12.345", 422, "Write an amount"), ("-5", 422, "too small"), ("99,999", 409, "More than was paid")],
)  # fmt: skip
def test_a_refund_that_cannot_be_says_so_at_the_field(
    owner: Visitor, shop: Shop, paid: Order, amount: str, status: int, words: str
) -> None:
    answer = owner.post(f"/app/orders/{paid.id}/refund", amount=amount, reason="x", key="k")
    assert (answer.status_code, words in answer.text) == (status, True)
    assert now(shop, paid).refunded_paise == 0


def test_back_to_origin_in_one_tap(owner: Visitor, shop: Shop) -> None:
    with shop.world.storage.unit_of_work(shop.id) as uow:
        business = uow.shop()
        business.cod = {"offered": True}
        uow.save_shop(business)
        uow.commit()
    for words in (
        "blue saree kitna hai?",
        "2",
        "Riya Sen",
        "98450 12345",
        "560038",
        "14, 3rd Cross, Indiranagar",
        "COD",
        "yes",
    ):
        shop.say(words)
    order = shop.world.services.orders.page(shop.id).items[0]
    page = f"/app/orders/{order.id}"
    owner.post(f"{page}/ship", courier="DTDC", tracking_number="D1")
    assert "Came back undelivered" in owner.get(page).text
    for _ in range(2):
        owner.post(f"{page}/undelivered")
    order = now(shop, order)
    assert (order.state, order.due_paise, order.needs_attention, on_hand(shop)) == ("returned", 0, False, (9, 0))
    assert shop.world.services.customers.get(shop.id, order.customer_id).refused_count == 1


def test_cash_is_received_once_after_delivery(owner: Visitor, shop: Shop, paid: Order) -> None:
    orders = shop.world.services.orders
    order = orders.create(
        shop.id, customer_id=paid.customer_id, lines=[{"sku": "SAR-BLUE", "quantity": 1}], payment_method="cod"
    )
    page = f"/app/orders/{order.id}"
    owner.post(f"{page}/confirm")
    owner.post(f"{page}/ship", courier="By hand", tracking_number="")
    owner.post(f"{page}/deliver")
    assert "Mark ₹1,579.00 as received" in owner.get(page).text
    for _ in range(2):
        owner.post(f"{page}/received", method="cash")
    order = now(shop, order)
    assert (order.payment_status, order.paid_paise, order.due_paise) == ("paid", 157900, 0)
    assert len(orders.payments_of(shop.id, order.id)) == 1


def test_money_that_does_not_fit_is_shown_and_decided(owner: Visitor, shop: Shop) -> None:
    order = shop.order_two_sarees()
    payment = shop.payment(order)
    with shop.world.storage.unit_of_work(shop.id) as uow:
        shop.world.services.payments._settlement.settle_in(
            uow, "practice",
            PaymentEvent(
                event_id="e", kind="captured", occurred_at=shop.world.clock.now(), reference=payment.reference,
                payment_ref="odd", amount_paise=order.total_paise + 500,
            ),
        )  # fmt: skip
        uow.commit()
    page = f"/app/orders/{order.id}"
    shown = owner.get(page).text
    assert "This money does not fit the order." in shown
    assert now(shop, order).payment_status == "unpaid"
    held = next(one for one in shop.world.services.orders.payments_of(shop.id, order.id) if one.held)
    owner.post(f"{page}/payments/{held.id}/keep")
    after = now(shop, order)
    assert (after.state, after.payment_status, after.refund_due_paise) == ("confirmed", "paid", 500)


def test_the_refund_button_names_the_amount_and_ids_are_not_shared(owner: Visitor, shop: Shop, paid: Order) -> None:
    page = owner.get(f"/app/orders/{paid.id}").text
    assert "<span>Refund ₹3,078.00</span>" in page
    assert "yourself" not in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    again = owner.post(f"/app/orders/{paid.id}/refund", amount="12.345", reason="x", key="k")
    assert "<span>Refund</span>" in again.text
    owner.post(f"/app/orders/{paid.id}/refund", amount="10", reason="x", key="k")
    assert "Refund of ₹10.00 asked for" in owner.get(f"/app/orders/{paid.id}").text


def test_a_refund_of_money_taken_by_hand_is_the_owners_own_act(owner: Visitor, shop: Shop, paid: Order) -> None:
    orders = shop.world.services.orders
    order = orders.create(shop.id, customer_id=paid.customer_id, lines=[{"sku": "SAR-BLUE", "quantity": 1}])
    orders.confirm(shop.id, order.id, received={"method": "bank", "amount_paise": order.total_paise})
    page = f"/app/orders/{order.id}"
    shown = owner.get(page).text
    assert "You give this money back yourself; we note it." in shown
    assert "Asking the provider" not in shown
    assert owner.post(f"{page}/refund", amount="500", reason="Torn", key="k").status_code == 303
    assert "Refund of ₹500.00 noted: give the money back yourself" in owner.get(page).text
    assert now(shop, order).refunded_paise == 50000

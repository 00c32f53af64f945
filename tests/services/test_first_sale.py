"""Road A by its services: a chat becomes a paid order, on both databases."""

from __future__ import annotations

import pytest

from salespilots.domain.order_states import OrderState
from salespilots.plugins.builtin.payments_practice import PracticePayments
from salespilots.ports.errors import OutcomeUnknown
from salespilots.ports.payments import RefundRequest, RefundResult
from tests.support.shop import TO_CONFIRM, Shop


def test_hello_shows_the_catalogue(any_shop: Shop) -> None:
    first = any_shop.say("Hi")
    assert first[0].text.startswith("Hello Riya! Welcome to Meera Handlooms")
    cards = first[-1].content["cards"]
    assert first[-1].kind == "product_cards"
    assert len(cards) == 10
    assert all(card["image_url"].startswith("http://127.0.0.1:8000/media/practice/") for card in cards)


@pytest.mark.parametrize("question", ["blue saree kitna hai?", "price of the blue saree?", "नीली साड़ी कितने की है?"])
def test_price_question_gives_true_price_and_stock(shop: Shop, question: str) -> None:
    answer = shop.say(question)
    assert "Blue block-print saree is ₹1,499.00, 9 in stock" in answer[-1].text
    titles = [one["title"] for one in answer[-1].content["quick_replies"]]
    assert titles[:2] == ["Buy 1", "Buy 2"]


def test_price_follows_the_catalogue(shop: Shop) -> None:
    detail = shop.product("blue")
    shop.world.services.catalog.update(
        shop.id, detail.product.id, {"variants": [{"id": detail.variants[0].id, "price_paise": 123450}]}
    )
    shop.world.services.stockroom.move(shop.id, detail.product.id, sku="SAR-BLUE", delta=-7, reason="damaged")
    assert "₹1,234.50, only 2 left" in shop.say("blue saree price?")[-1].text


def test_whole_sale(any_shop: Shop) -> None:
    shop = any_shop
    order = shop.order_two_sarees()
    assert order.state is OrderState.PLACED
    assert (order.number, order.total_paise) == ("SP-1001", 2 * 149900 + 8000)
    assert order.address == {
        "name": "Riya Sen", "phone": "+919845012345", "pincode": "560038", "line1": "14, 3rd Cross, Indiranagar",
        "city": "Bengaluru Urban", "state": "Karnataka",
    }  # fmt: skip
    level = next(iter(shop.product("blue").levels.values()))
    assert (level.on_hand, level.reserved, level.available) == (9, 2, 7)
    assert order.payment_url in shop.texts()[-1]
    paid = shop.pay(order)
    assert (paid.state, paid.payment_status, paid.paid_paise) == ("confirmed", "paid", paid.total_paise)
    assert shop.texts()[-1].startswith("Payment of ₹3,078.00 received for order SP-1001")
    orders = shop.world.services.orders
    orders.pack(shop.id, order.id)
    orders.ship(shop.id, order.id, courier="Delhivery", tracking_number="DL42")
    shop.world.settle()
    assert "on its way with Delhivery, tracking number DL42" in shop.texts()[-1]
    orders.deliver(shop.id, order.id)
    level = next(iter(shop.product("blue").levels.values()))
    assert (level.on_hand, level.reserved) == (7, 0)
    shop.world.settle()
    assert "SP-1001" in shop.say("mera order kaha hai?")[-1].text
    assert "was delivered" in shop.texts()[-1]


def test_confirm_tapped_twice_is_one_order(any_shop: Shop) -> None:
    shop = any_shop
    for line in TO_CONFIRM:
        shop.say(line)
    shop.say("Confirm", payload="yes", settle=False)
    shop.say("Confirm", payload="yes")
    shop.say("haan")
    orders = shop.world.services.orders.page(shop.id).items
    assert len(orders) == 1
    assert len(shop.world.services.payments.page(shop.id).items) == 1
    assert sum("Pay ₹" in text for text in shop.texts()) == 1


def test_paid_twice_told_books_once(shop: Shop) -> None:
    order = shop.order_two_sarees()
    payment = shop.payment(order)
    for attempt in ("a", "b", "c"):
        shop.world.services.practice.pay(payment, method="card", outcome="paid", attempt=attempt)
        shop.world.settle()
    order = shop.world.services.orders.get(shop.id, order.id)
    assert order.paid_paise == order.total_paise
    assert sum(text.startswith("Payment of") for text in shop.texts()) == 1
    customer = shop.world.services.customers.get(shop.id, order.customer_id)
    assert (customer.orders_count, customer.spent_paise) == (1, order.total_paise)


@pytest.mark.parametrize(
    ("wrong", "asked"),
    [("984501234", "10 digit mobile number"), ("98450 12345 / x?", None)],
)
def test_phone_is_checked(shop: Shop, wrong: str, asked: str | None) -> None:
    for line in ("blue saree kitna hai?", "1", "Riya Sen"):
        shop.say(line)
    answer = shop.say(wrong)[-1].text
    assert (asked in answer) if asked else "pincode" in answer


def test_pincode_is_checked_and_asked_again(shop: Shop) -> None:
    for line in ("blue saree kitna hai?", "1", "Riya Sen", "+91 98450 12345"):
        shop.say(line)
    assert "6 digit pincode" in shop.say("012345")[-1].text
    assert "6 digit pincode" in shop.say("5600")[-1].text
    assert "house, street" in shop.say("560 038")[-1].text


def test_question_in_the_middle_is_answered_and_the_flow_goes_on(shop: Shop) -> None:
    for line in ("blue saree kitna hai?", "2 chahiye"):
        shop.say(line)
    answers = [one.text for one in shop.say("mera order kaha hai?")]
    assert answers[0].startswith("You have no order")
    assert answers[-1] == "What name should be on the parcel?"
    assert "mobile number" in shop.say("Riya Sen")[-1].text


def test_another_product_in_the_middle_replaces_the_choice(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    shop.say("2 chahiye")
    assert "jhumka" in shop.say("jhumka kitne ka hai?")[-1].text.lower()
    assert "Oxidised silver jhumka" in shop.say("3")[0].text


def test_saying_no_orders_nothing(shop: Shop) -> None:
    for line in TO_CONFIRM:
        shop.say(line)
    assert "nothing was ordered" in shop.say("Cancel", payload="no")[-1].text
    assert shop.world.services.orders.page(shop.id).items == []


def test_more_than_there_is_offers_what_is_left(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    assert "9 in stock" in shop.say("20 chahiye")[0].text
    assert "₹4,497.00" in shop.say("3")[0].text


def test_only_own_orders_are_told(shop: Shop) -> None:
    shop.order_two_sarees("riya")
    answer = shop.say("where is my order SP-1001", who="kabir")[-1].text
    assert "cannot find" in answer
    assert "saree" not in answer.lower()


def test_a_new_shop_answers_nobody(world) -> None:
    user, business = world.sign_up()
    shop = Shop(world, user, business)
    assert shop.say("blue saree kitna hai?") == []
    assert shop.phone() == []


def test_unknown_words_twice_ask_a_person(shop: Shop) -> None:
    shop.say("Hi")
    assert "did not get that" in shop.say("qwrt zxcv")[-1].text
    assert "asking the shop" in shop.say("plmk nbvc")[-1].text
    chat = shop.world.services.conversations.page(shop.id, view="waiting").items
    assert len(chat) == 1
    assert shop.say("blue saree kitna hai?") == []


def test_follow_up_is_cancelled_when_the_customer_writes(shop: Shop) -> None:
    shop.say("Hi")
    shop.say("thanks")
    shop.world.clock.advance(5 * 3600)
    shop.world.settle()
    assert not any("Did you find something" in text for text in shop.texts())


def test_follow_up_goes_out_after_silence(shop: Shop) -> None:
    shop.say("Hi")
    shop.world.clock.advance(3 * 3600)
    shop.world.settle()
    assert not any("Did you find something" in text for text in shop.texts())
    shop.world.clock.advance(3601)
    shop.world.settle()
    assert sum("Did you find something" in text for text in shop.texts()) == 1


def test_unpaid_order_expires_and_gives_its_stock_back(any_shop: Shop) -> None:
    shop = any_shop
    order = shop.order_two_sarees()
    shop.world.clock.advance(31 * 60)
    shop.world.services.maintenance.sweep(lambda lane: None)
    shop.world.settle()
    order = shop.world.services.orders.get(shop.id, order.id)
    assert order.state == "expired"
    assert shop.product("blue").available == 9
    assert "was not paid in time" in shop.texts()[-1]


def test_late_money_revives_the_order_when_the_stock_is_there(any_shop: Shop) -> None:
    shop = any_shop
    order = shop.order_two_sarees()
    shop.world.clock.advance(31 * 60)
    shop.world.services.maintenance.sweep(lambda lane: None)
    order = shop.pay(order)
    assert (order.state, order.payment_status, order.needs_attention) == ("confirmed", "paid", False)
    level = next(iter(shop.product("blue").levels.values()))
    assert (level.on_hand, level.reserved) == (9, 2)


def test_late_money_for_gone_stock_becomes_a_refund_task(shop: Shop) -> None:
    order = shop.order_two_sarees()
    shop.world.clock.advance(31 * 60)
    shop.world.services.maintenance.sweep(lambda lane: None)
    detail = shop.product("blue")
    shop.world.services.stockroom.move(shop.id, detail.product.id, sku="SAR-BLUE", delta=-8, reason="sold_elsewhere")
    order = shop.pay(order)
    assert (order.state, order.payment_status, order.needs_attention) == ("expired", "paid", True)
    assert "refund" in shop.texts()[-1]
    order = shop.world.services.refunds.refund(
        shop.id, order.id, amount_paise=order.paid_paise, reason="gone", key="r1"
    )
    again = shop.world.services.refunds.refund(
        shop.id, order.id, amount_paise=order.paid_paise, reason="gone", key="r1"
    )
    assert (again.payment_status, again.refunded_paise) == ("refunded", again.paid_paise)


def test_a_refund_whose_answer_was_lost_is_asked_for_again_with_its_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.pay(shop.order_two_sarees())
    asked: list[tuple[str, int]] = []
    answer = PracticePayments.refund

    def lost_once(self: PracticePayments, request: RefundRequest) -> RefundResult:
        asked.append((request.idempotency_key, request.amount_paise))
        if len(asked) == 1:
            raise OutcomeUnknown(provider="practice", reason="timeout")
        return answer(self, request)

    monkeypatch.setattr(PracticePayments, "refund", lost_once)
    refunds, given = shop.world.services.refunds, {"amount_paise": 50000, "reason": "a stain", "key": "r7"}
    assert refunds.refund(shop.id, order.id, **given).needs_attention
    done = refunds.refund(shop.id, order.id, **given)
    assert refunds.refund(shop.id, order.id, **given).refunded_paise == done.refunded_paise == 50000
    assert asked == [("r7", 50000)] * 2
    assert [one.type for one in shop.world.services.orders.timeline(shop.id, order.id)][-1] == "refund.processed"

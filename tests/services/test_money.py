"""Money on a real road: what is lost, late, double or refused at the provider still ends well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from salespilots.domain.errors import Conflict, InvalidTransition
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import PaymentState, RefundState
from salespilots.ports.errors import OutcomeUnknown, Rejected, Unavailable
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import TO_CONFIRM, World

ROAD = (*TO_CONFIRM, "haan")
TOTAL = 2 * 149900 + 8000


@pytest.fixture
def far(make_world: Callable[..., World], sqlite_url: str) -> FarSide:
    plugin, payments = FakeChannelPlugin(), FakePaymentsPlugin()
    far = FarSide(make_world(sqlite_url, extra=[plugin, payments]).practice_shop(), plugin)
    far.till = Till(far.shop, payments)  # type: ignore[attr-defined]
    return far


@pytest.fixture
def till(far: FarSide) -> Till:
    return far.till  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def order(far: FarSide) -> Order:
    for line in ROAD:
        far.say(line)
    return far.shop.world.services.orders.page(far.shop.id).items[0]


def spent(till: Till, order: Order) -> int:
    return till.services.customers.get(till.shop.id, order.customer_id).spent_paise


# --- the bank said yes, the money comes later ----------------------------------------------------------------


def test_money_that_a_bank_promised_is_waited_for_and_found(till: Till, order: Order) -> None:
    order = till.tell(order, "authorised")
    till.paid_at_bank(order, "authorised")
    for _ in range(4):
        till.later(minutes=15)
    assert till.order(order).state is OrderState.PLACED
    till.paid_at_bank(order)
    till.later(minutes=15)
    paid = till.order(order)
    assert (paid.state, paid.payment_status, paid.paid_paise) == ("confirmed", "paid", TOTAL)


def test_no_second_link_is_made_beside_a_promised_payment(till: Till, order: Order) -> None:
    till.tell(order, "authorised")
    till.services.payments.request_link(till.shop.id, order.id)
    assert len(till.payments(order)) == 1


def test_a_promise_never_kept_ends_with_a_person_looking(till: Till, order: Order) -> None:
    order = till.tell(order, "authorised")
    till.paid_at_bank(order, "authorised")
    for _ in range(4):
        till.later(days=1)
    ended = till.order(order)
    assert ended.state is OrderState.EXPIRED
    assert ended.needs_attention
    assert till.payments(order)[0].next_check_at is None


# --- told twice, paid twice ----------------------------------------------------------------------------------


def test_a_second_payment_is_a_refund_task_however_often_it_is_told(till: Till, order: Order) -> None:
    till.tell(order)
    for event in ("a", "b", "c"):
        order = till.tell(order, paid="pay-2", event=event)
    assert order.attention_reason == "Paid twice: a refund is due."
    assert (order.paid_paise, len(till.payments(order))) == (2 * TOTAL, 2)
    assert spent(till, order) == 2 * TOTAL


def test_money_by_hand_closes_the_link(till: Till, order: Order) -> None:
    till.services.orders.confirm(till.shop.id, order.id, received={"method": "cash", "amount_paise": TOTAL})
    till.later(minutes=1)
    by_provider = {one.provider: one for one in till.payments(order)}
    assert by_provider["cash"].state is PaymentState.CAPTURED
    assert by_provider["bank"].state is PaymentState.CANCELLED
    assert till.bank.links[by_provider["bank"].reference].state == "cancelled"


def test_money_by_hand_can_be_booked_after_the_parcel_left(till: Till, far: FarSide) -> None:
    far.say("Hi")
    orders, lines = till.services.orders, [{"sku": "SAR-BLUE", "quantity": 1}]
    order = orders.create(till.shop.id, customer_id=far.chat().customer_id, lines=lines, payment_method="cod")
    till.later(hours=3)
    assert till.order(order).state is OrderState.PLACED
    orders.confirm(till.shop.id, order.id)
    orders.ship(till.shop.id, order.id, courier="Delhivery", tracking_number="1")
    received = {"method": "cash", "amount_paise": order.total_paise}
    for _ in range(2):
        order = orders.confirm(till.shop.id, order.id, received=received)
    assert (order.state, order.payment_status, order.paid_paise) == ("shipped", "paid", order.total_paise)


# --- the link ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [True, False])
def test_a_link_whose_answer_was_lost_is_found_or_made_by_the_worker(till: Till, far: FarSide, made: bool) -> None:
    far.say("Hi")
    lines = [{"sku": "SAR-BLUE", "quantity": 1}]
    order = till.services.orders.create(till.shop.id, customer_id=far.chat().customer_id, lines=lines)
    unknown = OutcomeUnknown(provider="bank")
    till.bank.script = [lambda: None, unknown] if made else [unknown, unknown]
    if made:
        till.bank.lost = [unknown]
    with pytest.raises(OutcomeUnknown):
        till.services.payments.request_link(till.shop.id, order.id)
    till.later(minutes=16)
    payment = till.payments(order)[0]
    assert payment.url
    assert till.order(order).payment_url == payment.url
    assert list(till.bank.links) == [payment.reference]


def test_a_payment_of_a_provider_that_is_gone_is_given_up(till: Till, order: Order) -> None:
    till.services.connections.disconnect(till.shop.id, "bank")
    for _ in range(30):
        till.later(hours=1)
    payment = till.payments(order)[0]
    assert (payment.state, payment.next_check_at) == (PaymentState.EXPIRED, None)


def test_a_new_connection_is_used_at_once(till: Till) -> None:
    connections = till.services.connections
    assert connections.payments(till.shop.id, "bank").account == "first"
    connections.disconnect(till.shop.id, "bank")
    connections.connect(till.shop.id, "bank", {"account": "second"})
    assert connections.payments(till.shop.id, "bank").account == "second"


def test_a_slow_provider_holds_back_no_sweep(till: Till, order: Order) -> None:
    asked: list[str] = []
    till.shop.world.clock.advance(timedelta(minutes=16))
    till.services.maintenance.sweep(lambda lane: None, lambda key, question: asked.append(key))
    assert [one for one in asked if one.startswith("pay_")] == [till.payments(order)[0].id]
    assert ("fetch", till.payments(order)[0].link_ref) not in till.bank.calls


# --- refunds -------------------------------------------------------------------------------------------------


def give_back(till: Till, order: Order, key: str = "once", **more: object) -> Order:
    values = {"amount_paise": TOTAL, "reason": "", "key": key, **more}
    return till.services.refunds.refund(till.shop.id, order.id, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [Unavailable(provider="bank"), OutcomeUnknown(provider="bank")])
def test_a_refund_that_did_not_get_through_is_asked_for_until_it_does(till: Till, order: Order, error) -> None:
    till.tell(order)
    till.bank.script = [error]
    asked = give_back(till, order)
    assert (asked.payment_status, asked.needs_attention) == ("refunded", True)
    with pytest.raises(Conflict):
        give_back(till, order, key="another")
    till.later(minutes=16)
    refund = till.refunds(order)[0]
    assert (refund.state, refund.provider_ref, refund.next_check_at) == (RefundState.PROCESSED, "refund-1", None)
    assert len(till.bank.refunds) == 1
    assert not till.order(order).needs_attention
    for _ in range(3):
        till.later(minutes=16)
    assert [name for name, _ in till.bank.calls].count("refund") == 2


def test_a_process_that_died_before_asking_asks_later(till: Till, order: Order, monkeypatch) -> None:
    till.tell(order)
    with monkeypatch.context() as dying:
        dying.setattr(type(till.services.refunds), "_ask", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            give_back(till, order)
    till.later(minutes=2)
    assert till.refunds(order)[0].state is RefundState.PROCESSED
    assert len(till.bank.refunds) == 1


def test_a_refused_refund_is_owed_again(till: Till, order: Order) -> None:
    till.tell(order)
    till.bank.script = [Rejected(provider="bank", reason="too old")]
    order = give_back(till, order)
    assert (order.payment_status, order.attention_reason) == ("paid", "A refund did not go through.")
    assert spent(till, order) == TOTAL
    give_back(till, order, key="again")
    assert (till.order(order).payment_status, spent(till, order)) == ("refunded", 0)


@pytest.mark.parametrize("kind", ["refund_processed", "refund_failed"])
def test_a_webhook_quicker_than_the_answer_is_believed(till: Till, order: Order, kind: str) -> None:
    till.tell(order)
    till.bank.script = [lambda: till.tell(order, kind, refund_ref="refund-1", amount_paise=TOTAL) and None]
    give_back(till, order)
    refund = till.refunds(order)[0]
    assert (refund.state, refund.provider_ref) == (kind.removeprefix("refund_"), "refund-1")
    assert till.order(order).refunded_paise == (TOTAL if kind == "refund_processed" else 0)


def test_restock_puts_the_pieces_back_once(till: Till, order: Order) -> None:
    till.tell(order)
    with pytest.raises(InvalidTransition, match="still held"):
        give_back(till, order, restock=True)
    assert till.refunds(order) == []
    till.services.orders.ship(till.shop.id, order.id, courier="Delhivery", tracking_number="1")
    assert till.shop.product("blue").on_hand == 7
    give_back(till, order, restock=True)
    assert till.shop.product("blue").on_hand == 9
    till.services.orders.take_back(till.shop.id, order.id, restock=True)
    assert till.shop.product("blue").on_hand == 9


# --- what workflows hear -------------------------------------------------------------------------------------


def listen(far: FarSide, event: str, text: str) -> None:
    workflows = far.shop.world.services.workflows
    steps = [{"id": "a", "kind": "message.text", "settings": {"text": text}}]
    made = workflows.create(far.shop.id, event, {"trigger": {"kind": event}, "steps": steps})
    workflows.publish(far.shop.id, made.id)


def test_a_paid_order_starts_its_workflow_only_where_it_goes_on(far: FarSide, till: Till, order: Order) -> None:
    listen(far, "order.paid", "We pack it today.")
    till.services.orders.cancel(till.shop.id, order.id)
    till.tell(order)
    assert "We pack it today." not in far.channel.texts()
    for line in ROAD:
        far.say(line, "riya")
    till.tell(till.services.orders.page(till.shop.id, state="placed").items[0], paid="pay-2")
    assert far.channel.texts().count("We pack it today.") == 1


def test_events_about_money_start_workflows(far: FarSide, till: Till, order: Order) -> None:
    for event in ("payment.failed", "payment.captured", "refund.processed"):
        listen(far, event, f"heard {event}")
    till.tell(order, "failed")
    till.tell(order)
    give_back(till, order)
    till.shop.world.settle()
    heard = [text for text in far.channel.texts() if text.startswith("heard")]
    assert heard == ["heard payment.failed", "heard payment.captured", "heard refund.processed"]


def test_a_price_that_moved_is_asked_about_again(far: FarSide, till: Till) -> None:
    for line in ROAD[:-1]:
        far.say(line)
    blue = far.shop.product("blue")
    changed = {"variants": [{"id": blue.variants[0].id, "price_paise": 249900}]}
    till.services.catalog.update(till.shop.id, blue.product.id, changed)
    assert "₹5,078.00 in all. Shall I place the order?" in far.say("haan")[-1]
    assert till.services.orders.page(till.shop.id).items == []
    far.say("haan")
    assert till.services.orders.page(till.shop.id).items[0].total_paise == 2 * 249900 + 8000

"""A customer who will pay at the door is offered once to pay online before the parcel leaves, and saves something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from salespilots.domain.order import Order
from salespilots.domain.payment import PaymentState
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import TO_CONFIRM, World

GOODS = 2 * 149900
WORDS = "online before it leaves, and you save ₹90.00"


@pytest.fixture
def till(make_world: Callable[..., World], sqlite_url: str) -> Till:
    plugin, payments = FakeChannelPlugin(), FakePaymentsPlugin()
    far = FarSide(make_world(sqlite_url, extra=[plugin, payments]).practice_shop(), plugin)
    till = Till(far.shop, payments)
    till.services.shops.update(
        far.shop.id, {"cod": {"offered": True, "fee_paise": 4000}, "prepaid_benefit_paise": 5000}
    )
    for line in (*TO_CONFIRM, "cod", "haan"):
        far.say(line)
    till.far = far  # type: ignore[attr-defined]
    return till


def offers(till: Till) -> list[str]:
    return [text for text in till.far.channel.texts() if WORDS in text]  # type: ignore[attr-defined]


def order(till: Till) -> Order:
    return till.services.orders.page(till.shop.id).items[0]


def test_it_is_offered_once_and_taken_once(till: Till) -> None:
    assert (order(till).state, order(till).total_paise) == ("confirmed", GOODS + 8000 + 4000)
    for _ in range(4):
        till.later(minutes=3)
    assert len(offers(till)) == 1
    (payment,) = till.payments(order(till))
    assert payment.amount_paise == GOODS + 8000 - 5000
    assert payment.url
    assert payment.url in offers(till)[0]
    for event in ("a", "b"):
        paid = till.tell(order(till), event=event)
    assert (paid.total_paise, paid.paid_paise, paid.due_paise) == (GOODS + 3000, GOODS + 3000, 0)
    assert (paid.payment_status, paid.payment_method, paid.cod_fee_paise, paid.discount_paise) == (
        "paid",
        "bank",
        0,
        5000,
    )
    assert paid.tax_paise == 0, "no GSTIN, no tax"


def test_what_was_invoiced_before_is_credited_down_to_what_was_paid(till: Till) -> None:
    documents = till.services.documents
    documents.issue(till.shop.id, order(till).id)
    till.later(minutes=3)
    for event in ("a", "b"):
        paid = till.tell(order(till), event=event)
    assert [one.total_paise for one in documents.of_order(till.shop.id, paid.id)] == [GOODS + 12000, 9000]


def test_after_it_left_the_link_is_closed_and_the_whole_is_due_at_the_door(till: Till) -> None:
    till.later(minutes=3)
    till.services.orders.ship(till.shop.id, order(till).id, courier="DTDC", tracking_number="1")
    till.later(minutes=16)
    (payment,) = till.payments(order(till))
    assert payment.state is PaymentState.CANCELLED
    assert order(till).due_paise == GOODS + 12000
    late = till.tell(order(till))
    assert (late.payment_status, late.due_paise) == ("part_paid", 9000), (
        "money that was on its way counts, without the benefit"
    )


def test_who_has_no_benefit_to_give_offers_nothing(till: Till) -> None:
    till.services.shops.update(till.shop.id, {"prepaid_benefit_paise": 0})
    till.later(minutes=3)
    assert offers(till) == []
    assert order(till).remind_at is None


def test_a_provider_that_is_away_is_asked_again(till: Till) -> None:
    from salespilots.ports.errors import Unavailable

    till.bank.script = [Unavailable(provider="bank")]
    till.later(minutes=3)
    assert offers(till) == []
    till.later(minutes=16)
    assert len(offers(till)) == 1
    assert len(till.payments(order(till))) == 1

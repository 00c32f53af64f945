"""The late-payment court: each odd end of a payment, told by webhook, found by asking, both, again and in any order.

Every road of a case ends in the same state: one outcome, stock never below nothing, and all money that came is applied,
due back or given back.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import PaymentState
from salespilots.plugins.builtin.storage_memory import MemoryStorage
from salespilots.ports.payments import PaymentFact
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import World

PRICE = 149900 + 8000
SKU = "SAR-BLUE"


@dataclass
class Court:
    """One order of one piece with a link, and what the bank knows of it."""

    shop: Any
    far: FarSide
    till: Till
    order: Order

    def ref(self, paid: str) -> str:
        """The bank's id of a payment of this order."""
        return f"{paid}-{self.order.number}"

    def now(self) -> Order:
        return self.till.order(self.order)

    def expire(self) -> None:
        """Its time is over; the link is closed too."""
        self.till.later(minutes=31)
        assert self.now().state is OrderState.EXPIRED
        assert self.link() == "cancelled"

    def link(self) -> str:
        return self.till.bank.links[self.till.asked(self.order).reference].state

    def sell_out(self) -> None:
        """The last pieces go at the counter."""
        blue = self.shop.product("blue")
        self.till.services.stockroom.move(
            self.shop.id, blue.product.id, sku=SKU, delta=-blue.available, reason="sold_elsewhere"
        )

    def cancel(self) -> None:
        """The owner stops it; the link is closed at the bank."""
        self.till.services.orders.cancel(self.shop.id, self.order.id)
        self.till.later(minutes=1)
        assert self.link() == "cancelled"


@dataclass(frozen=True)
class Told:
    """One webhook."""

    kind: str
    paid: str = "pay-1"
    more: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Case:
    """``facts``: what the bank shows when it is asked; ``end``: what must come out."""

    name: str
    told: tuple[Told, ...]
    facts: tuple[PaymentFact, ...]
    end: dict[str, Any]
    before: tuple[str, ...] = ()
    money: dict[str, int] = field(default_factory=dict)


def paid(ref: str = "pay-1", amount: int = PRICE, **more: Any) -> PaymentFact:
    return PaymentFact(payment_ref=ref, state="captured", amount_paise=amount, **more)


CONFIRMED = {"state": "confirmed", "payment_status": "paid", "paid_paise": PRICE, "refund_due_paise": 0}
DUE = {"payment_status": "paid", "paid_paise": PRICE, "refund_due_paise": PRICE, "needs_attention": True}
HELD = {"state": "placed", "payment_status": "unpaid", "paid_paise": 0, "needs_attention": True}

CASES = (
    Case("before expiry", (Told("captured"),), (paid(),), {**CONFIRMED, "needs_attention": False}),
    Case("after expiry", (Told("captured"),), (paid(),), {**CONFIRMED, "needs_attention": False}, before=("expire",)),
    Case(
        "after the stock is gone", (Told("captured"),), (paid(),), {"state": "expired", **DUE},
        before=("expire", "sell_out"),
    ),
    Case(
        "paid twice", (Told("captured"), Told("captured", "pay-2")), (paid(), paid("pay-2")),
        {**CONFIRMED, "paid_paise": 2 * PRICE, "refund_due_paise": PRICE, "needs_attention": True},
    ),
    Case(
        "too little", (Told("captured", more=(("amount_paise", PRICE - 1),)),), (paid(amount=PRICE - 1),),
        {**HELD, "held_paise": PRICE - 1, "refund_due_paise": PRICE - 1},
    ),
    Case(
        "too much", (Told("captured", more=(("amount_paise", PRICE + 1),)),), (paid(amount=PRICE + 1),),
        {**HELD, "held_paise": PRICE + 1, "refund_due_paise": PRICE + 1},
    ),
    Case(
        "another currency", (Told("captured", more=(("currency", "USD"),)),), (paid(currency="USD"),),
        {**HELD, "held_paise": 0, "refund_due_paise": 0},
    ),
    Case(
        "the refund is told first",
        (Told("refund_processed", more=(("refund_ref", "rfnd-1"), ("link_ref", ""), ("reference", ""))), Told("captured")),
        (paid(refunded_paise=PRICE),),
        {"state": "confirmed", "payment_status": "refunded", "paid_paise": PRICE, "refunded_paise": PRICE, "refund_due_paise": 0},
    ),
    Case(
        "a part was given back elsewhere",
        (
            Told("captured"),
            Told("refund_processed", more=(("refund_ref", "rfnd-1"), ("amount_paise", 5000), ("link_ref", ""), ("reference", ""))),
        ),
        (paid(refunded_paise=5000),),
        {"state": "confirmed", "payment_status": "part_refunded", "refunded_paise": 5000, "refund_due_paise": 0},
    ),
    Case(
        "failed, then captured", (Told("failed"), Told("captured")),
        (PaymentFact(payment_ref="pay-0", state="failed", amount_paise=PRICE), paid()),
        {**CONFIRMED, "needs_attention": False},
    ),
    Case(
        "promised, then captured", (Told("authorised"), Told("captured")), (paid(),),
        {**CONFIRMED, "needs_attention": False},
    ),
    Case(
        "a cancelled order is paid", (Told("captured"),), (paid(),), {"state": "cancelled", **DUE}, before=("cancel",)
    ),
    Case(
        "a cancelled order is paid twice", (Told("captured"), Told("captured", "pay-2")), (paid(), paid("pay-2")),
        {"state": "cancelled", **DUE, "paid_paise": 2 * PRICE, "refund_due_paise": 2 * PRICE}, before=("cancel",),
    ),
)  # fmt: skip


@pytest.fixture
def court(make_world: Callable[..., World], sqlite_url: str) -> Callable[[], Court]:
    plugin, payments = FakeChannelPlugin(), FakePaymentsPlugin()
    shop = make_world(sqlite_url, extra=[plugin, payments], storage=MemoryStorage()).practice_shop()
    far = FarSide(shop, plugin)
    till = Till(shop, payments)
    far.say("Hi")

    def hear() -> Court:
        order = till.services.orders.create(
            shop.id, customer_id=far.chat().customer_id, lines=[{"sku": SKU, "quantity": 1}],
            conversation_id=far.chat().id,
        )  # fmt: skip
        till.services.payments.request_link(shop.id, order.id)
        return Court(shop, far, till, till.order(order))

    return hear


def tell(one: Court, told: Told, event: str) -> None:
    mine = {name: f"{value}-{one.order.number}" if name == "refund_ref" else value for name, value in told.more}
    one.till.tell(one.order, told.kind, one.ref(told.paid), event=f"{one.order.number}:{event}", **mine)


def show(one: Court, case: Case) -> None:
    """The bank knows all of it; nobody was told."""
    reference = one.till.asked(one.order).reference
    facts = tuple(dataclasses.replace(each, payment_ref=one.ref(each.payment_ref)) for each in case.facts)
    one.till.bank.change(reference, state="paid", payments=facts)


def by_webhook(one: Court, case: Case) -> None:
    for place, told in enumerate(case.told):
        tell(one, told, f"event-{place}")


def by_asking(one: Court, case: Case) -> None:
    show(one, case)
    one.till.later(minutes=16)


def both(one: Court, case: Case) -> None:
    show(one, case)
    by_webhook(one, case)
    one.till.later(minutes=16)


def asked_first(one: Court, case: Case) -> None:
    by_asking(one, case)
    by_webhook(one, case)


def repeated(one: Court, case: Case) -> None:
    for turn in range(3):
        for place, told in enumerate(case.told):
            tell(one, told, f"event-{place}-{turn}")
        show(one, case)
        one.till.later(minutes=16 if turn == 0 else 1)
        for place, told in enumerate(case.told):
            tell(one, told, f"event-{place}-0")


ROADS = {
    "webhook": by_webhook,
    "asking": by_asking,
    "both": both,
    "asked first": asked_first,
    "again and again": repeated,
}


def permuted(case: Case) -> Iterator[Callable[[Court, Case], None]]:
    for order in itertools.permutations(case.told):

        def road(one: Court, case: Case, order: tuple[Told, ...] = order) -> None:
            for place, told in enumerate(order):
                tell(one, told, f"event-{place}")

        yield road


def judge(one: Court, case: Case) -> None:
    order, payments = one.now(), one.till.payments(one.order)
    seen = {name: getattr(order, name) for name in case.end}
    assert seen == case.end, order.attention_reason
    captured = [one for one in payments if one.state is PaymentState.CAPTURED]
    assert (
        len({one.provider_ref for one in captured}) == len(captured) == sum(x.state == "captured" for x in case.facts)
    )
    came = sum(one.amount_paise for one in captured if one.currency == "INR")
    back = sum(one.refunded_paise for one in captured)
    assert came == order.applied_paise + order.refund_due_paise + back
    assert all(0 <= one.refunded_paise <= one.amount_paise for one in captured)
    assert back == sum(each.amount_paise for each in one.till.refunds(order) if each.state != "failed")
    blue = one.shop.product("blue")
    holds = order.state in (OrderState.PLACED, OrderState.CONFIRMED)
    level = next(iter(blue.levels.values()))
    assert (level.reserved, level.on_hand >= level.reserved) == (int(holds), True)


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
def test_each_case_has_one_end(court: Callable[[], Court], case: Case, road: str) -> None:
    one = court()
    for step in case.before:
        getattr(one, step)()
    ROADS[road](one, case)
    judge(one, case)


@pytest.mark.parametrize("case", [one for one in CASES if len(one.told) > 1], ids=lambda one: one.name)
def test_the_order_of_the_news_does_not_matter(court: Callable[[], Court], case: Case) -> None:
    for road in permuted(case):
        one = court()
        for step in case.before:
            getattr(one, step)()
        road(one, case)
        judge(one, case)
        one.till.services.orders.cancel(one.shop.id, one.order.id)


def test_held_money_is_kept_by_a_person_or_given_back(court: Callable[[], Court]) -> None:
    case = next(one for one in CASES if one.name == "too much")
    one = court()
    by_webhook(one, case)
    held = next(each for each in one.till.payments(one.order) if each.held)
    one.till.services.payments.keep_held(one.shop.id, held.id)
    one.till.services.payments.keep_held(one.shop.id, held.id)
    order = one.now()
    assert (order.state, order.held_paise, order.paid_paise, order.refund_due_paise) == ("confirmed", 0, PRICE + 1, 1)
    other = court()
    by_webhook(other, Case("", (Told("captured", "pay-9", (("amount_paise", 500),)),), (), {}))
    one.till.services.refunds.refund(one.shop.id, other.order.id, amount_paise=500, reason="", key="k")
    order = other.now()
    assert (order.state, order.held_paise, order.refund_due_paise, order.refunded_paise) == ("placed", 0, 0, 0)
    assert order.payment_status == "unpaid"

"""Orders, their money and the ledger together: whatever somebody does, in whatever order, the books agree afterwards."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from salespilots.domain.errors import Conflict, DomainError, InvalidInput
from salespilots.domain.order import Order
from salespilots.domain.order_states import HOLDS_STOCK
from salespilots.domain.payment import PaymentState, RefundState
from salespilots.domain.undoing import UNDOABLE
from salespilots.ports.storage import eq
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import Shop, World

REFUSED = (DomainError, Conflict, InvalidInput)
"""What a person is told; anything else is a fault."""

FACTS = ("captured", "captured", "captured", "authorised", "failed", "refund_processed")
CHANGES = ({}, {}, {"amount_paise": 100}, {"currency": "USD"})


class Orders(RuleBasedStateMachine):
    """A shop with five bags, a bank that tells things, and people who press buttons."""

    def __init__(self, make_world: Callable[..., World], url: Callable[[], str]) -> None:
        super().__init__()
        plugin = FakePaymentsPlugin()
        self.world = make_world(url(), extra=[plugin])
        self.shop = Shop(self.world, *self.world.sign_up())
        self.services, self.till = self.world.services, Till(self.shop, plugin)
        variants = [{"sku": "BAG", "price_paise": 50000, "on_hand": 5}]
        made = self.services.catalog.create(self.shop.id, {"title": "Bag", "variants": variants})
        self.product, self.variant = made.product.id, made.variants[0].id
        self.customer = self.services.customers.add(self.shop.id, name="Riya").id
        self.orders: list[str] = []
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.world.close()

    def order(self, place: int) -> Order:
        return self.services.orders.get(self.shop.id, self.orders[place % len(self.orders)])

    def refused(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except REFUSED:
            return
        finally:
            self.world.settle()

    @rule(count=st.integers(1, 3), method=st.sampled_from(["bank", "cod"]))
    def place(self, count: int, method: str) -> None:
        def act() -> None:
            made = self.services.orders.create(
                self.shop.id, customer_id=self.customer, payment_method=method,
                lines=[{"variant_id": self.variant, "quantity": count}],
            )  # fmt: skip
            self.orders.append(made.id)
            if method == "bank":
                self.services.payments.request_link(self.shop.id, made.id)

        self.refused(act)

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9), kind=st.sampled_from(FACTS), more=st.sampled_from(CHANGES), again=st.booleans())
    def the_bank_tells(self, place: int, kind: str, more: dict[str, Any], again: bool) -> None:
        order = self.order(place)
        if not self.till.payments(order):
            return
        paid = f"pay-{order.id}" if again else f"pay-{next(self.numbers)}"
        for _ in range(2 if again else 1):
            self.till.tell(order, kind, paid=paid, event=f"{kind}:{paid}:{more}", **more)

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9), step=st.sampled_from(["confirm", "pack", "ship", "deliver", "cancel", "place"]))
    def somebody_presses(self, place: int, step: str) -> None:
        orders, order = self.services.orders, self.order(place)
        more = {"ship": {"courier": "DTDC", "tracking_number": f"D{next(self.numbers)}"}}.get(step, {})
        self.refused(lambda: getattr(orders, step)(self.shop.id, order.id, **more))

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9), restock=st.booleans(), pieces=st.integers(1, 2))
    def it_comes_back(self, place: int, restock: bool, pieces: int) -> None:
        order = self.order(place)
        lines = {order.lines[0].id: pieces}
        self.refused(lambda: self.services.orders.take_back(self.shop.id, order.id, restock=restock, lines=lines))

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9))
    def nobody_takes_it_at_the_door(self, place: int) -> None:
        order = self.order(place)
        self.refused(lambda: self.services.orders.take_back(self.shop.id, order.id, restock=True, kind="undelivered"))

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9), step=st.sampled_from(UNDOABLE))
    def somebody_clicked_wrong(self, place: int, step: str) -> None:
        order = self.order(place)
        for _ in range(2):
            self.refused(lambda: self.services.undoing.undo(self.shop.id, order.id, step))

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9), amount=st.sampled_from([100, 25000, 50000, 100000]), twice=st.booleans())
    def money_goes_back(self, place: int, amount: int, twice: bool) -> None:
        order, key = self.order(place), f"refund-{next(self.numbers)}"
        for _ in range(2 if twice else 1):
            self.refused(
                lambda: self.services.refunds.refund(
                    self.shop.id, order.id, amount_paise=amount, reason="A gift", key=key
                )
            )

    @precondition(lambda self: self.orders)
    @rule(place=st.integers(0, 9))
    def cash_comes(self, place: int) -> None:
        order = self.order(place)
        cash = {"method": "cash", "amount_paise": order.due_paise}
        self.refused(lambda: self.services.orders.confirm(self.shop.id, order.id, received=cash))

    @rule(delta=st.sampled_from([-2, -1, 1, 3]))
    def somebody_counts(self, delta: int) -> None:
        reason = "receive" if delta > 0 else "damaged"
        self.refused(
            lambda: self.services.stockroom.move(self.shop.id, self.product, sku="BAG", delta=delta, reason=reason)
        )

    @rule(minutes=st.sampled_from([5, 40, 2000]))
    def time_passes(self, minutes: int) -> None:
        self.till.later(minutes=minutes)

    @invariant()
    def the_shelf_is_what_the_ledger_says(self) -> None:
        with self.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
            level, moves = uow.stock.levels([self.variant])[self.variant], uow.stock.movements(self.variant, 1000)
        assert level.on_hand == sum(one.on_hand_delta for one in moves)
        assert level.reserved == sum(one.reserved_delta for one in moves)
        assert 0 <= level.reserved <= level.on_hand
        orders = [self.services.orders.get(self.shop.id, one) for one in self.orders]
        promised = sum(sum(one.to_ship.values()) for one in orders if one.state in HOLDS_STOCK)
        assert level.reserved == promised, "nothing is stranded"

    @invariant()
    def the_money_of_each_order_is_accounted_for(self) -> None:
        spent = 0
        for id in self.orders:
            order = self.services.orders.get(self.shop.id, id)
            with self.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
                payments = uow.payments.select(eq("order_id", id))
                refunds = [one for one in uow.refunds.select(eq("order_id", id)) if one.state is not RefundState.FAILED]
            came = [one for one in payments if one.state is PaymentState.CAPTURED]
            counted = [one for one in came if not one.held]
            held = [one for one in came if one.held and one.currency == "INR"]
            assert order.paid_paise == sum(one.amount_paise for one in counted)
            assert order.refunded_paise == sum(one.refunded_paise for one in counted)
            assert order.held_paise == sum(one.amount_paise - one.refunded_paise for one in held)
            assert sum(one.refunded_paise for one in came) == sum(one.amount_paise for one in refunds)
            had = order.paid_paise + order.held_paise
            assert had == order.applied_paise + order.refund_due_paise + order.refunded_paise
            assert min(order.applied_paise, order.refund_due_paise, order.refunded_paise, order.held_paise) >= 0
            spent += order.paid_paise - order.refunded_paise
        assert self.services.customers.get(self.shop.id, self.customer).spent_paise == spent


def test_whatever_somebody_does_the_books_agree(
    make_world: Callable[..., World], tmp_path: Path, sqlite_template: Path
) -> None:
    numbers = itertools.count()

    def url() -> str:
        path = tmp_path / f"machine-{next(numbers)}.db"
        shutil.copyfile(sqlite_template, path)
        return f"sqlite:///{path}"

    often = settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Orders(make_world, url), settings=often)

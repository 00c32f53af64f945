"""R-8: five hundred payments, each told up to five times, in any order, by several workers at once, some of which fail in
the middle; then the same with no webhook at all. The shop's books must sum to the bank's."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.order import Order
from salespilots.domain.payment import PaymentState
from salespilots.ports.payments import PaymentEvent, PaymentFact
from salespilots.services.settlement import Settlement
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import World

PAYMENTS, WORKERS, PRICE = 500, 4, 50_000


class Campaign:
    def __init__(self, till: Till, seed: int = 8) -> None:
        self.till, self.chance = till, random.Random(seed)
        self.services, self.shop_id, self.clock = till.services, till.shop.id, till.shop.world.clock
        self.services.catalog.create(
            self.shop_id,
            {"title": "Campaign", "variants": [{"sku": "CAMPAIGN", "price_paise": PRICE, "on_hand": PAYMENTS}]},
        )
        customer = self.services.customers.add(self.shop_id, name="Riya").id
        self.orders: list[Order] = []
        for _ in range(PAYMENTS):
            order = self.services.orders.create(
                self.shop_id, customer_id=customer, lines=[{"sku": "CAMPAIGN", "quantity": 1}], payment_method="bank"
            )
            self.services.payments.request_link(self.shop_id, order.id)
            self.orders.append(order)
        self.connection = self.services.connections.find(self.shop_id, "bank")

    def pay_at_the_bank(self) -> None:
        """Everybody pays; every tenth pays twice."""
        for number, order in enumerate(self.orders):
            link = self.till.asked(order)
            facts = [PaymentFact(payment_ref=f"pay-{number}", state="captured", amount_paise=order.total_paise)]
            if number % 10 == 0:
                facts.append(
                    PaymentFact(payment_ref=f"again-{number}", state="captured", amount_paise=order.total_paise)
                )
            self.till.bank.change(link.reference, state="paid", payments=tuple(facts))

    def news(self) -> list[PaymentEvent]:
        """Each payment one to five times, with what may come before it, in any order."""
        events: list[PaymentEvent] = []
        for order in self.orders:
            link = self.till.bank.links[self.till.asked(order).reference]
            for fact in link.payments:
                for kind in ("authorised", "failed", *["captured"] * self.chance.randint(1, 5)):
                    events.append(
                        PaymentEvent(
                            event_id=f"{fact.payment_ref}:{kind}:{self.chance.randint(1, 3)}", kind=kind,
                            occurred_at=self.clock.now(), reference=link.reference, link_ref=link.link_ref,
                            payment_ref=fact.payment_ref if kind == "captured" else "", amount_paise=fact.amount_paise,
                        )
                    )  # fmt: skip
        self.chance.shuffle(events)
        return events

    def work(self) -> None:
        """Several workers, until nothing waits."""
        world = self.till.shop.world
        for _ in range(40):
            with world.storage.system_unit_of_work(read_only=True) as system:
                lanes = [lane for _shop, lane in system.work.due_lanes(self.clock.now(), 2000)]
            if not lanes:
                return
            with ThreadPoolExecutor(WORKERS) as pool:
                list(pool.map(self.services.lanes.drain, dict.fromkeys(lanes)))

    def judge(self) -> None:
        with self.till.shop.world.storage.unit_of_work(self.shop_id, read_only=True) as uow:
            payments, orders, refunds = uow.payments.select(), uow.orders.select(), uow.refunds.select()
        at_bank = [fact for link in self.till.bank.links.values() for fact in link.payments]
        captured = [one for one in payments if one.state is PaymentState.CAPTURED]
        assert sorted(one.provider_ref or "" for one in captured) == sorted(one.payment_ref for one in at_bank)
        assert sum(one.amount_paise for one in captured) == sum(one.amount_paise for one in at_bank)
        assert [one.state for one in orders] == ["confirmed"] * PAYMENTS
        back = sum(one.amount_paise for one in refunds if one.state != "failed")
        assert back == sum(one.refunded_paise for one in captured)
        came = sum(one.paid_paise for one in orders)
        assert came == sum(one.applied_paise + one.refund_due_paise for one in orders) + back
        assert all(one.refunded_paise <= one.amount_paise for one in captured)
        level = next(iter(self.till.shop.product("Campaign").levels.values()))
        assert (level.on_hand, level.reserved) == (PAYMENTS, PAYMENTS)


@pytest.fixture
def campaign(make_world: Callable[..., World], database_url: str) -> Campaign:
    payments = FakePaymentsPlugin()
    world = make_world(database_url, extra=[payments])
    return Campaign(Till(world.practice_shop(), payments))


@pytest.mark.timeout(240)
def test_what_is_told_often_late_and_in_any_order_is_booked_once(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.pay_at_the_bank()
    failures = iter(range(10**9))
    honest = Settlement._count

    def now_and_then(self: Settlement, *given: Any) -> None:
        honest(self, *given)
        if next(failures) % 9 == 4:
            raise RuntimeError("the process ends here, before the commit")

    monkeypatch.setattr(Settlement, "_count", now_and_then)
    events = campaign.news()
    with ThreadPoolExecutor(WORKERS) as pool:
        keep = campaign.services.inbox.keep_payments
        jobs = [pool.submit(keep, campaign.shop_id, "bank", [one], campaign.connection) for one in events]
        jobs.append(pool.submit(campaign.work))
        for job in jobs:
            job.result()
    for _ in range(8):
        campaign.work()
        campaign.clock.advance(timedelta(seconds=40))  # what failed is tried again
    campaign.judge()
    twice = [one for number, one in enumerate(campaign.orders) if number % 10 == 0]

    def refund(order: Order, key: str) -> None:
        campaign.services.refunds.refund(
            campaign.shop_id, order.id, amount_paise=order.total_paise, reason="twice", key=f"{key}:{order.id}"
        )

    with ThreadPoolExecutor(WORKERS) as pool:  # two people click at the same moment on the same page
        for job in [pool.submit(refund, order, "page") for order in twice for _ in range(2)]:
            job.result()
    assert len(campaign.till.bank.refunds) == len(twice)
    campaign.judge()


@pytest.mark.timeout(240)
def test_without_any_webhook_asking_comes_to_the_same_end_in_a_quarter_of_an_hour(campaign: Campaign) -> None:
    campaign.pay_at_the_bank()
    campaign.clock.advance(timedelta(minutes=15, seconds=1))
    for _ in range(PAYMENTS // 20):
        campaign.services.maintenance.sweep(lambda lanes: None)
    campaign.judge()

"""A payments plugin for tests: a registered plugin like any other, told by the test how to behave."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from marshmallow import fields

from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, Refund
from salespilots.ports.channel import Health
from salespilots.ports.errors import Rejected
from salespilots.ports.markers import hookimpl
from salespilots.ports.payments import (
    PaymentEvent,
    PaymentFact,
    PaymentLink,
    PaymentRequest,
    PaymentsProvider,
    RefundRequest,
    RefundResult,
)
from salespilots.ports.settings import PluginSettings, SettingsSchema
from salespilots.ports.storage import eq
from tests.support.shop import Shop

Step = Exception | Callable[[], None]


class FakeSettings(SettingsSchema):
    """Which account is used."""

    account = fields.Str(load_default="")


class FakeBank:
    """The far side: links and refunds, and what was asked. ``script`` steps happen before, ``lost`` after the deed."""

    def __init__(self) -> None:
        self.links: dict[str, PaymentLink] = {}
        self.refunds: dict[str, RefundResult] = {}
        self.calls: list[tuple[str, str]] = []
        self.script: list[Step] = []
        self.lost: list[Exception] = []

    def go(self, call: str, about: str) -> None:
        """Note a call and do what the script says."""
        self.calls.append((call, about))
        if self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            step()

    def lose(self) -> None:
        """The deed is done, the answer may not come."""
        if self.lost:
            raise self.lost.pop(0)

    def change(self, reference: str, **values: Any) -> None:
        """What became of a link."""
        self.links[reference] = dataclasses.replace(self.links[reference], **values)


class FakePayments:
    """The adapter of one account."""

    def __init__(self, bank: FakeBank, account: str) -> None:
        self.bank, self.account = bank, account

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        self.bank.go("create", request.reference)
        if request.reference not in self.bank.links:
            self.bank.links[request.reference] = PaymentLink(
                link_ref=f"link-{request.reference}", reference=request.reference, amount_paise=request.amount_paise,
                url=f"https://bank.example/{request.reference}",
            )  # fmt: skip
        self.bank.lose()
        return self.bank.links[request.reference]

    def find_link(self, reference: str) -> PaymentLink | None:
        self.bank.go("find", reference)
        return self.bank.links.get(reference)

    def fetch_link(self, link_ref: str) -> PaymentLink:
        self.bank.go("fetch", link_ref)
        return self._link(link_ref)

    def cancel_link(self, link_ref: str) -> PaymentLink:
        self.bank.go("cancel", link_ref)
        self.bank.change(self._link(link_ref).reference, state="cancelled")
        return self._link(link_ref)

    def _link(self, link_ref: str) -> PaymentLink:
        for link in self.bank.links.values():
            if link.link_ref == link_ref:
                return link
        raise Rejected(provider="bank", reason="unknown link")

    def refund(self, request: RefundRequest) -> RefundResult:
        self.bank.go("refund", request.idempotency_key)
        if request.idempotency_key not in self.bank.refunds:
            number = len(self.bank.refunds) + 1
            self.bank.refunds[request.idempotency_key] = RefundResult(refund_ref=f"refund-{number}", state="processed")
        self.bank.lose()
        return self.bank.refunds[request.idempotency_key]

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        self.bank.go("fetch_refund", refund_ref)
        for one in self.bank.refunds.values():
            if one.refund_ref == refund_ref:
                return one
        raise Rejected(provider="bank", reason="unknown refund")

    def check(self) -> Health:
        return Health(ok=True, detail="fine")


class FakePaymentsPlugin:
    """The plugin object to pass as ``extra``."""

    def __init__(self) -> None:
        self.bank = FakeBank()

    def _build(self, settings: PluginSettings) -> FakePayments:
        return FakePayments(self.bank, settings.values["account"])

    @hookimpl
    def salespilots_payments_providers(self) -> list[PaymentsProvider]:
        return [PaymentsProvider(key="bank", label="Bank", settings=FakeSettings, build=self._build)]


class Till:
    """A shop's money at the fake bank."""

    def __init__(self, shop: Shop, plugin: FakePaymentsPlugin) -> None:
        self.shop, self.bank = shop, plugin.bank
        self.services = shop.world.services
        self.services.connections.connect(shop.id, "bank", {"account": "first"})

    def payments(self, order: Order) -> list[Payment]:
        return self.services.orders.payments_of(self.shop.id, order.id)

    def asked(self, order: Order) -> Payment:
        """The payment with the order's first link."""
        found = self.payments(order)
        return next((one for one in found if one.link_ref), found[0])

    def refunds(self, order: Order) -> list[Refund]:
        with self.shop.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
            return uow.refunds.select(eq("order_id", order.id), order="created_at")

    def order(self, order: Order) -> Order:
        """As it is now."""
        return self.services.orders.get(self.shop.id, order.id)

    def tell(self, order: Order, kind: str = "captured", paid: str = "pay-1", event: str = "", **more: Any) -> Order:
        """A webhook about the order's first payment arrives."""
        payment = self.asked(order)
        told = PaymentEvent(
            event_id=event or f"{kind}:{paid}", kind=kind, occurred_at=self.shop.world.clock.now(), payment_ref=paid,
            reference=more.pop("reference", payment.reference), link_ref=more.pop("link_ref", payment.link_ref or ""),
            amount_paise=more.pop("amount_paise", payment.amount_paise), **more,
        )  # fmt: skip
        found = self.services.connections.find(self.shop.id, "bank")
        self.services.inbox.keep_payments(self.shop.id, "bank", [told], found)
        self.services.lanes.drain(payment.lane)  # before the chats
        self.shop.world.settle()
        return self.order(order)

    def paid_at_bank(self, order: Order, state: str = "captured") -> None:
        """The customer paid; no webhook tells."""
        payment = self.asked(order)
        fact = PaymentFact(payment_ref="pay-1", state=state, amount_paise=payment.amount_paise)
        self.bank.change(payment.reference, state="paid" if state == "captured" else "created", payments=(fact,))

    def later(self, **time: float) -> None:
        """Time passes; the sweeper looks, and what it found is done."""
        self.shop.world.clock.advance(dt.timedelta(**time))
        self.services.maintenance.sweep(lambda lane: None)
        self.shop.world.settle()

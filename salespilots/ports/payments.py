"""The payments port: links out, verified events in. Amounts are integer paise; the currency is INR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from salespilots.ports.channel import Health
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import PluginSettings, SettingsSchema
from salespilots.ports.webhook import WebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """Money to collect. ``reference`` (at most 40 characters) is ours and unique at the provider."""

    reference: str
    amount_paise: int
    description: str
    expires_at: datetime
    currency: str = "INR"
    customer_name: str = field(default="", repr=False)
    customer_phone: str = field(default="", repr=False)
    return_url: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFact:
    """One payment the provider knows of. ``state``: created | authorised | captured | failed."""

    payment_ref: str
    state: str
    amount_paise: int
    currency: str = "INR"
    method: str = ""
    occurred_at: datetime | None = None
    refunded_paise: int = 0  # given back of it, whoever asked for that


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """A link as the provider knows it now. ``state``: created | part_paid | paid | cancelled | expired."""

    link_ref: str
    reference: str
    url: str
    amount_paise: int
    state: str = "created"
    currency: str = "INR"
    payments: tuple[PaymentFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """A verified webhook event.

    ``kind``: authorised | captured | failed | link_cancelled | link_expired | refund_created | refund_processed |
    refund_failed | other. One payment may be told by several events: the core books by ``payment_ref``.
    ``reference`` or ``link_ref`` finds our payment; either may be empty.
    """

    event_id: str
    kind: str
    occurred_at: datetime
    reference: str = ""
    link_ref: str = ""
    payment_ref: str = ""
    amount_paise: int = 0
    currency: str = "INR"
    method: str = ""
    account_ref: str = ""
    refund_ref: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Money to give back. ``idempotency_key`` is equal on every attempt."""

    payment_ref: str
    amount_paise: int
    idempotency_key: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    """``state``: pending | processed | failed."""

    refund_ref: str
    state: str


class Payments(Protocol):
    """One shop's account at the provider. Safe to use from several threads; every call within 10 seconds."""

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        """Make a link. Raises a `PortError`; after `OutcomeUnknown` the core asks `find_link` before trying again."""
        ...

    def find_link(self, reference: str) -> PaymentLink | None:
        """The link with our reference, with its payments, or None."""
        ...

    def fetch_link(self, link_ref: str) -> PaymentLink:
        """The link by the provider's id, with its payments."""
        ...

    def cancel_link(self, link_ref: str) -> PaymentLink:
        """Stop a link; returns its true state when it cannot be stopped any more."""
        ...

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back, once per idempotency key."""
        ...

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        """How far a refund is. The core asks when no webhook tells."""
        ...

    def check(self) -> Health:
        """Whether the keys work."""
        ...


class PaymentWebhooks(Protocol):
    """The incoming side: ``verify`` before ``parse``, always, by the core."""

    def verify(self, request: WebhookRequest) -> None:
        """Raise `BadSignature` unless the raw bytes are signed with the shop's webhook secret."""
        ...

    def parse(self, request: WebhookRequest) -> Sequence[PaymentEvent]:
        """The events of the body; unknown ones as ``other``. Raises `ValueError` if it is not the provider's JSON."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsProvider:
    """A payments provider as registered. ``online`` False: money comes another way (cash, direct UPI).

    ``is_test`` tells by a shop's settings (secrets left out) whether they are the provider's test mode, in which links
    work and no money moves: screens say so wherever it matters.
    """

    key: str
    label: str
    settings: type[SettingsSchema]
    build: Callable[[PluginSettings], Payments]
    webhooks: Callable[[PluginSettings], PaymentWebhooks] | None = None
    online: bool = True
    practice: bool = False
    direct: bool = False  # money goes straight to the shop: a link leads to a page that shows where, and nobody tells
    is_test: Callable[[Mapping[str, Any]], bool] | None = None
    instance_settings: type[SettingsSchema] | None = None
    webhook_events: tuple[str, ...] = ()  # what to tick at the provider, shown to the owner
    summary: str = ""
    port_version: int = PORT_VERSION


@hookspec
def salespilots_payments_providers() -> Sequence[PaymentsProvider]:
    """Payments providers this plugin supplies. Called once, at start-up."""

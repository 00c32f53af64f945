"""Payments only ever move forward, whatever order the provider's messages come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from salespilots.domain.transitions import Applied, Ignored, Outcome


class PaymentState(StrEnum):
    """How far the money is."""

    CREATED = "created"  # a link exists, or is being made
    PENDING = "pending"  # the customer started
    FAILED = "failed"  # this attempt failed; a later one may still succeed
    AUTHORISED = "authorised"  # the bank said yes, not collected yet
    CAPTURED = "captured"  # ours
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_RANK = {
    PaymentState.CREATED: 0,
    PaymentState.PENDING: 1,
    PaymentState.FAILED: 2,
    PaymentState.EXPIRED: 3,
    PaymentState.CANCELLED: 3,
    PaymentState.AUTHORISED: 4,
    PaymentState.CAPTURED: 5,
}


ENDED = frozenset({PaymentState.EXPIRED, PaymentState.CANCELLED})
"""States of a link that takes no payment any more."""

CHECK_EVERY = timedelta(minutes=15)
"""How often a provider is asked about money that it has not told of."""

SOON_AFTER, LATE = timedelta(hours=6), timedelta(days=3)
"""How long after a link's end a provider is asked as often as before, and at all: banks confirm that late (Razorpay:
three days)."""


@dataclass(slots=True, kw_only=True)
class Payment:
    """One attempt to collect money for an order. ``reference`` is ours and unique at the provider."""

    id: str
    business_id: str
    order_id: str
    provider: str
    reference: str
    amount_paise: int
    created_at: datetime
    lane: str = ""
    state: PaymentState = PaymentState.CREATED
    link_ref: str | None = None  # the provider's id of the link
    provider_ref: str | None = None  # the provider's id of the payment itself
    url: str | None = None
    method: str | None = None
    refunded_paise: int = 0
    currency: str = "INR"
    held: bool = False  # captured, but it does not fit the order: a person keeps it or gives it back
    captured_at: datetime | None = None
    expires_at: datetime | None = None
    next_check_at: datetime | None = None  # when to ask the provider if no webhook came
    practice: bool = False
    version: int = 0

    @property
    def claimed(self) -> bool:
        """Whether a customer named the reference of a direct payment that nobody has seen yet."""
        return self.provider == "upi" and bool(self.provider_ref) and self.state is not PaymentState.CAPTURED

    @property
    def open(self) -> bool:
        """Whether money may still be expected by the customer's link."""
        return self.state in (PaymentState.CREATED, PaymentState.PENDING, PaymentState.FAILED)

    @property
    def awaited(self) -> bool:
        """Whether the provider still has something to tell: the link is open, or the bank said yes and has not paid."""
        return self.open or self.state is PaymentState.AUTHORISED

    @property
    def watched(self) -> bool:
        """Whether the provider is still asked: money is awaited, or the link ended not long ago."""
        return self.awaited or (self.state in ENDED and self.next_check_at is not None)

    def look_again_after_its_end(self, now: datetime) -> None:
        """When to ask next about a link that ended; not at all after `LATE`."""
        age = now - (self.expires_at or self.created_at)
        pause = CHECK_EVERY if age < SOON_AFTER else max(CHECK_EVERY, age / 4)
        self.next_check_at = now + pause if age < LATE else None

    def settle(
        self, state: PaymentState, *, now: datetime, provider_ref: str | None = None, method: str | None = None
    ) -> Outcome:
        """Take the provider's word that the payment reached ``state``. Going back is ignored, never an error."""
        if _RANK[state] <= _RANK[self.state]:
            return Ignored(f"{state} after {self.state}")
        self.state = state
        self.provider_ref = provider_ref or self.provider_ref
        self.method = method or self.method
        if state is PaymentState.CAPTURED:
            self.captured_at = now
        if state in ENDED and self.link_ref:  # a bank may still say yes to who was paying at that moment
            self.expires_at = min(self.expires_at or now, now)
            self.next_check_at = now + CHECK_EVERY
        elif not self.awaited:
            self.next_check_at = None
        elif state is PaymentState.AUTHORISED and self.next_check_at is None:
            self.next_check_at = now
        return Applied()


@dataclass(slots=True, kw_only=True)
class UnmatchedFact:
    """A provider's word about money for which no payment of the shop is known (yet): kept, never dropped.

    A refund told of before its payment waits here for it; money that no order explains waits for a person.
    """

    id: str
    business_id: str
    provider: str
    kind: str  # as in `salespilots.ports.payments.PaymentEvent`
    payment_ref: str
    created_at: datetime
    refund_ref: str = ""
    reference: str = ""
    amount_paise: int = 0
    currency: str = "INR"
    method: str = ""
    settled_at: datetime | None = None  # its payment came, or a person dealt with it
    version: int = 0


class RefundState(StrEnum):
    """How far the money back is."""

    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money given back: a row of its own, keyed by order and number."""

    id: str
    business_id: str
    order_id: str
    payment_id: str
    amount_paise: int
    reason: str
    created_at: datetime
    state: RefundState = RefundState.PENDING
    provider_ref: str | None = None
    cause_key: str | None = None
    next_check_at: datetime | None = None  # when to ask the provider for it again, while it has not answered
    version: int = 0

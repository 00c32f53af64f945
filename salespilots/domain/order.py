"""Orders: fulfilment is a state machine; what is paid is derived from payments, never stored beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from salespilots.domain.errors import InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.money import MAX_PAISE
from salespilots.domain.transitions import Applied, Ignored, Outcome


class OrderState(StrEnum):
    """Where the goods are."""

    DRAFT = "draft"  # still being built; nothing promised
    PLACED = "placed"  # stock reserved, waiting for money until it expires
    CONFIRMED = "confirmed"  # paid, or cash on delivery accepted; the reservation is firm
    PACKED = "packed"  # in the parcel
    SHIPPED = "shipped"  # left the shop
    DELIVERED = "delivered"  # with the customer
    CANCELLED = "cancelled"  # stopped; stock released
    EXPIRED = "expired"  # not paid in time; stock released
    RETURNED = "returned"  # came back


TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.DRAFT: frozenset({OrderState.PLACED, OrderState.CANCELLED}),
    OrderState.PLACED: frozenset({OrderState.CONFIRMED, OrderState.CANCELLED, OrderState.EXPIRED}),
    OrderState.CONFIRMED: frozenset({OrderState.PACKED, OrderState.CANCELLED}),
    OrderState.PACKED: frozenset({OrderState.SHIPPED, OrderState.CANCELLED}),
    OrderState.SHIPPED: frozenset({OrderState.DELIVERED, OrderState.RETURNED}),
    OrderState.DELIVERED: frozenset({OrderState.RETURNED}),
    OrderState.CANCELLED: frozenset(),
    OrderState.EXPIRED: frozenset({OrderState.CONFIRMED}),  # money came late and the stock was still there
    OrderState.RETURNED: frozenset(),
}
"""The rule: which state may follow which."""

HOLDS_STOCK = frozenset({OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED})
"""States in which the order's pieces are reserved."""

ACCEPTED = frozenset({OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED})
"""States after the shop's yes."""

OPEN_STATES = frozenset({OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED})
"""States a customer may ask about as "my order"."""


UNPAYABLE = frozenset({OrderState.DRAFT, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED})
"""States in which no money is asked for."""


class PaymentStatus(StrEnum):
    """Derived from the money received and given back."""

    UNPAID = "unpaid"
    PART_PAID = "part_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"


@dataclass(slots=True, kw_only=True)
class OrderLine:
    """A line copies title, sku and price: later changes to the catalogue never touch an order."""

    id: str
    variant_id: str
    product_id: str
    sku: str
    title: str
    quantity: int
    unit_paise: int
    gst_rate: int = 0

    @property
    def total_paise(self) -> int:
        """Quantity times unit price."""
        return self.quantity * self.unit_paise


@dataclass(slots=True, kw_only=True)
class Order:
    """One purchase. ``paid_paise`` and ``refunded_paise`` are kept in the same transaction as the payment rows."""

    id: str
    business_id: str
    customer_id: str
    created_at: datetime
    token: str  # the unguessable part of the customer's order page
    state: OrderState = OrderState.DRAFT
    number: str | None = None
    number_value: int | None = None
    conversation_id: str | None = None
    lines: list[OrderLine] = field(default_factory=list)
    discount_paise: int = 0
    shipping_paise: int = 0
    cod_fee_paise: int = 0
    tax_paise: int = 0
    paid_paise: int = 0
    refunded_paise: int = 0
    payment_method: str = "practice"
    payment_url: str | None = None
    discount_code: str | None = None
    advance_paise: int = 0  # of a COD order: to be paid online before it is accepted
    held_paise: int = 0  # captured money that does not fit the order, until a person keeps it or gives it back
    address: dict = field(default_factory=dict)
    tracking: dict = field(default_factory=dict)  # the newest parcel
    shipments: list = field(default_factory=list)  # parcels, see `Order.ship`
    returns: list = field(default_factory=list)  # what comes or came back, see `Order.expect_back`
    terms: dict = field(default_factory=dict)  # what was agreed beyond the lines, for documents: HSN by line id
    note: str = ""
    needs_attention: bool = False
    attention_reason: str | None = None
    cause_key: str | None = None  # what makes creating it twice harmless
    practice: bool = False
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    confirmed_at: datetime | None = None
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None
    expires_at: datetime | None = None
    reminded_at: datetime | None = None  # told that the order will not be held much longer
    nudged_at: datetime | None = None  # a COD customer was offered the benefit of paying now
    version: int = 0

    @property
    def subtotal_paise(self) -> int:
        """The goods."""
        return sum(line.total_paise for line in self.lines)

    @property
    def total_paise(self) -> int:
        """Subtotal − discount + shipping + COD fee."""
        return self.subtotal_paise - self.discount_paise + self.shipping_paise + self.cod_fee_paise

    @property
    def due_paise(self) -> int:
        """What is still to be paid."""
        return max(0, self.total_paise - self.paid_paise)

    @property
    def payable(self) -> bool:
        """Whether money may be asked for now."""
        return self.state not in UNPAYABLE and self.due_paise > 0

    @property
    def payment_status(self) -> PaymentStatus:
        """Derived from money alone."""
        if self.refunded_paise and self.refunded_paise >= self.paid_paise:
            return PaymentStatus.REFUNDED
        if self.refunded_paise:
            return PaymentStatus.PART_REFUNDED
        if self.paid_paise >= self.total_paise and (self.paid_paise or self.state is not OrderState.DRAFT):
            return PaymentStatus.PAID if self.paid_paise else PaymentStatus.UNPAID
        return PaymentStatus.PART_PAID if self.paid_paise else PaymentStatus.UNPAID

    @property
    def items_count(self) -> int:
        """Pieces in all lines."""
        return sum(line.quantity for line in self.lines)

    def ids(self) -> dict[str, str]:
        """The ids an event about this order carries."""
        ids = {"order_id": self.id, "customer_id": self.customer_id}
        if self.conversation_id:
            ids["conversation_id"] = self.conversation_id
        return ids

    def place(self, *, now: datetime, number: str, number_value: int, hold: timedelta | None) -> Outcome:
        """Freeze the lines and promise them until ``now + hold``, or until a person decides where ``hold`` is None.

        The caller reserves in the same unit of work.
        """
        if self.state is OrderState.PLACED or self.state in ACCEPTED:
            return Ignored("already placed")
        if not self.lines:
            raise InvalidTransition("An order needs at least one line.")
        if self.total_paise > MAX_PAISE:
            raise InvalidTransition("The order comes to more than one order can.")
        if self.total_paise < 0:
            raise InvalidTransition("The discount is larger than the order.")
        self._move(OrderState.PLACED)
        self.number, self.number_value = number, number_value
        self.placed_at, self.expires_at = now, now + hold if hold is not None else None
        return self._applied("order.placed", now, total_paise=self.total_paise, number=number)

    def confirm(self, *, now: datetime) -> Outcome:
        """The order will be fulfilled: it is paid, or payment on delivery was accepted."""
        if self.state in ACCEPTED:
            return Ignored("already confirmed")
        self._move(OrderState.CONFIRMED)
        self.confirmed_at, self.expires_at = now, None
        return self._applied("order.confirmed", now, number=self.number)

    def pack(self, *, now: datetime) -> Outcome:
        """The items are in the parcel."""
        if self.state in (OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED):
            return Ignored("already packed")
        self._move(OrderState.PACKED)
        self.packed_at = now
        return self._applied("order.packed", now, number=self.number)

    def ship(self, *, now: datetime, courier: str, tracking_number: str) -> Outcome:
        """The parcel left. A confirmed order may leave without the packed step in between."""
        if self.state in (OrderState.SHIPPED, OrderState.DELIVERED):
            return Ignored("already shipped")
        if self.state is OrderState.CONFIRMED:
            self.pack(now=now)
        self._move(OrderState.SHIPPED)
        self.shipped_at = now
        self.tracking = {"courier": courier, "tracking_number": tracking_number}
        return self._applied("order.shipped", now, number=self.number)

    def deliver(self, *, now: datetime) -> Outcome:
        """The customer has it."""
        if self.state is OrderState.DELIVERED:
            return Ignored("already delivered")
        self._move(OrderState.DELIVERED)
        self.delivered_at = self.closed_at = now
        return self._applied("order.delivered", now, number=self.number)

    def cancel(self, *, now: datetime, reason: str = "") -> Outcome:
        """Stop the order. The caller releases its stock in the same unit of work."""
        if self.state is OrderState.CANCELLED:
            return Ignored("already cancelled")
        self._move(OrderState.CANCELLED)
        self.closed_at, self.expires_at = now, None
        if self.paid_paise > self.refunded_paise:
            self.flag("Paid, then cancelled: a refund is due.")
        return self._applied("order.cancelled", now, number=self.number, reason=reason)

    def expire(self, *, now: datetime) -> Outcome:
        """Not paid in time. The caller releases its stock in the same unit of work."""
        if self.state is not OrderState.PLACED or self.expires_at is None or self.expires_at > now:
            return Ignored("not due")
        self._move(OrderState.EXPIRED)
        self.closed_at, self.expires_at = now, None
        return self._applied("order.expired", now, number=self.number)

    def take_back(self, *, now: datetime) -> Outcome:
        """The goods came back after they had left."""
        if self.state is OrderState.RETURNED:
            return Ignored("already returned")
        self._move(OrderState.RETURNED)
        self.closed_at = now
        return self._applied("order.returned", now, number=self.number)

    def flag(self, reason: str) -> None:
        """Ask a person to look, saying why."""
        self.needs_attention, self.attention_reason = True, reason

    def _move(self, to: OrderState) -> None:
        if to not in TRANSITIONS[self.state]:
            raise InvalidTransition(f"A {self.state} order cannot become {to}.", state=str(self.state), to=str(to))
        self.state = to

    def _applied(self, kind: str, now: datetime, **data: object) -> Applied:
        return Applied((Event(type=kind, at=now, ids=self.ids(), data=data),))

"""Where an order's goods and money can be, and what may follow what."""

from __future__ import annotations

from enum import StrEnum


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

LEFT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED})
"""States in which all of it has left the shop."""

UNPAYABLE = frozenset({OrderState.DRAFT, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED})
"""States in which no money is asked for."""


class PaymentStatus(StrEnum):
    """Derived from the money received and given back."""

    UNPAID = "unpaid"
    PART_PAID = "part_paid"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"

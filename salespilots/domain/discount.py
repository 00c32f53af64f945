"""Discount codes: a rule, a limit that holds under concurrency, and one use for each order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DiscountKind(StrEnum):
    """What a code takes off."""

    PERCENT = "percent"  # of the goods
    AMOUNT = "amount"  # paise off the goods
    FREE_SHIPPING = "free_shipping"


@dataclass(slots=True, kw_only=True)
class Discount:
    """A code. ``code`` is kept in upper case and unique in the shop; limits of None do not bound."""

    id: str
    business_id: str
    code: str
    kind: DiscountKind
    created_at: datetime
    percent: int = 0
    amount_paise: int = 0
    most_paise: int | None = None  # the largest amount a percentage takes off
    min_order_paise: int = 0  # goods must be worth this
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage_limit: int | None = None
    per_customer: int | None = None
    active: bool = True
    version: int = 0


@dataclass(slots=True, kw_only=True)
class DiscountUse:
    """An order used a code; an order that ends without money gives its use back."""

    id: str
    business_id: str
    discount_id: str
    order_id: str
    customer_id: str
    created_at: datetime
    given_back_at: datetime | None = None
    version: int = 0

"""What a step sees of the shop: values to read, never rows to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from salespilots.ports.understanding import Understanding


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """A variant with its true price (paise) and available pieces at this moment."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    price_paise: int
    available: int
    mrp_paise: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """A live product as a customer may see it. ``image_url`` is public and absolute."""

    product_id: str
    title: str
    description: str
    category: str
    image_url: str
    variants: tuple[VariantView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One of this customer's own orders. ``url`` is its public page."""

    order_id: str
    number: str
    state: str
    payment_status: str
    total_paise: int
    due_paise: int
    items: str
    url: str
    payment_url: str | None = None
    asked_paise: int = 0  # of it to be paid online now
    cash: bool = False  # the rest is paid on delivery
    courier: str = ""
    tracking_number: str = ""
    placed_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One line of a quote: what it is called, what one costs, and how many could be promised."""

    variant_id: str
    title: str
    quantity: int
    unit_paise: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """An order that is not placed. No ``lines``: something of it is not on sale. ``code_problem``: why a discount code
    was not taken; ``cash_refusal``: why it could not be paid on delivery, None where it could."""

    lines: tuple[QuoteLine, ...] = ()
    goods_paise: int = 0
    discount_paise: int = 0
    shipping_paise: int = 0
    cod_fee_paise: int = 0
    advance_paise: int = 0
    total_paise: int = 0
    min_order_paise: int = 0
    serves: bool = True
    cash_offered: bool = False
    cash_refusal: str | None = None
    discount_code: str | None = None
    code_problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """The customer this run is about."""

    customer_id: str
    name: str
    phone: str | None
    address: Mapping[str, Any] = field(repr=False)
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)  # the shop's own
    orders_count: int = 0
    spent_paise: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopView:
    """What an action may know of the shop."""

    name: str
    return_policy: str
    reserve_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """Words that are kept for several uses. ``language``: the one that was found, the shop's first where the wanted one
    is missing."""

    name: str
    text: str
    language: str
    quick_replies: tuple[tuple[str, str], ...] = ()  # (title, payload)


class ShopReader(Protocol):
    """Read-only look-ups bound to this shop and this customer; the only way an action reads."""

    def products(self, ids: Sequence[str]) -> list[ProductView]: ...

    def catalogue(self, limit: int = 10) -> list[ProductView]: ...

    def search(self, text: str, limit: int = 5) -> list[ProductView]: ...

    def substitutes(self, product_id: str, limit: int = 3) -> list[ProductView]:
        """What to offer instead, live and in stock: the product's own list, else others of its category."""
        ...

    def orders(self) -> list[OrderView]:
        """This customer's orders, newest first."""
        ...

    def order(self, order_id: str) -> OrderView | None: ...

    def shipping_for(self, subtotal_paise: int) -> int: ...

    def quote(
        self,
        lines: Sequence[tuple[str, int]],
        *,
        pincode: str | None = None,
        payment_method: str | None = None,
        discount_code: str | None = None,
    ) -> QuoteView:
        """What an order of these (variant id, quantity) would cost now, exactly as it would be placed."""
        ...

    def read(self, text: str) -> Understanding:
        """Understand a sentence against this shop's catalogue."""
        ...

    def template(self, name: str, language: str = "en") -> TemplateView | None:
        """A template by its name, in this language where it has it."""
        ...

    def opens_at(self, at: datetime) -> datetime:
        """The first moment from ``at`` on that lies within the shop's business hours (IST)."""
        ...

    def festival(self, at: datetime) -> str:
        """The festival of that day in India, empty on other days."""
        ...

    def turns(self, limit: int = 8) -> list[tuple[str, str]]:
        """The last lines of this chat, oldest first: ("customer" | "shop", text)."""
        ...

"""Understanding a customer's sentence without any network: intent, product, quantity.

Runs inside a storage transaction (it decides which workflow starts), so an implementation must be pure
and quick: a few milliseconds for a shop of some hundred products, no I/O, no network, no model call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

INTENTS = (
    "greeting",
    "product_inquiry",
    "price_inquiry",
    "availability",
    "order_intent",
    "order_status",
    "payment_issue",
    "cancel_order",
    "refund_return",
    "delivery_info",
    "complaint",
    "human_agent",
    "thanks_bye",
    "other",
)
"""The fourteen intents a workflow may listen for."""

SURE = 0.5
"""From this confidence on a meaning is acted on; below it, nothing was understood."""


@dataclass(frozen=True, slots=True)
class VariantEntry:
    """One sellable variant: ``title`` is what tells it apart ("M", "Red / L"), empty for a simple product."""

    variant_id: str
    sku: str
    title: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What the matcher may know of a product. ``keywords`` are the words customers use for it."""

    product_id: str
    title: str
    category: str = ""
    keywords: tuple[str, ...] = ()
    code: str = ""
    variants: tuple[VariantEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductMatch:
    """A product the sentence may mean. ``score`` is 0 to 100; ``variant_ids`` the variants it names, if any."""

    product_id: str
    score: float
    variant_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message most likely means.

    ``products`` is best first. ``sure_of_product`` says that the first is clearly ahead of the second, so it
    may be answered without asking which one. ``quantity`` is a count the customer asked for ("2 chahiye"),
    never a size, a price or an order number. ``answer`` is "yes" or "no" when the whole message is a plain
    yes or no in English, Hinglish or Hindi; ``consent`` is "stop" or "start" when it is nothing but the wish to get no
    more messages, or to get them again. ``asks_bot``: they ask whether a machine answers them.
    ``order_number`` is as written by the customer, upper-cased.
    """

    intent: str
    confidence: float
    products: tuple[ProductMatch, ...] = ()
    sure_of_product: bool = False
    quantity: int | None = None
    answer: str | None = None
    consent: str | None = None
    asks_bot: bool = False
    order_number: str | None = None
    language: str = "en"
    matched_words: tuple[str, ...] = field(default=())


class Understander(Protocol):
    """Turns a customer's words into an `Understanding`. Pure: same input, same answer."""

    def understand(self, text: str, catalogue: Sequence[CatalogueEntry] = ()) -> Understanding:
        """Read ``text`` (any length, any script) against ``catalogue``. Never raises on input."""
        ...

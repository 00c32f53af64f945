"""What the tools of one turn returned, by kind: prices, sums, pieces, orders, links, and the shop's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from salespilots.services.workflows.guard.text import Token, Unreadable, fold, tokens

_AMOUNT = re.compile(r"₹([\d,]+(?:\.\d+)?)")
_LINK = re.compile(r"https?://[^\s\"'<>{}\[\]()]+", re.IGNORECASE)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(slots=True)
class Quote:
    """What ``quantity`` pieces of one variant cost, without and with delivery."""

    quantity: int
    goods: Decimal
    total: Decimal


@dataclass(slots=True, eq=False)
class Variant:
    """One kind of a product as the tools showed it. ``label`` is empty where there is one kind only."""

    sku: str
    label: str = ""
    price: Decimal | None = None
    available: int | None = None
    quotes: list[Quote] = field(default_factory=list)


@dataclass(eq=False)
class Item:
    """One product. ``title`` and ``about`` are the shop's own words."""

    title: str
    about: str = ""
    variants: dict[str, Variant] = field(default_factory=dict)

    @property
    def available(self) -> int:
        """Pieces of all kinds that were shown."""
        return sum(one.available or 0 for one in self.variants.values())

    @cached_property
    def words(self) -> frozenset[str]:
        """All words that the shop uses for it."""
        labels = " ".join(one.label for one in self.variants.values())
        return frozenset(re.findall(r"[^\W\d_][\w\u0900-\u097f]*", fold(f"{self.title} {self.about} {labels}")))


@dataclass(slots=True)
class Order:
    """One of the customer's own orders."""

    number: str
    state: str
    payment: str
    total: Decimal | None
    items: str = ""
    tracking: str = ""


@dataclass
class Facts:
    """The facts of one turn. ``focus``: the product that was looked up last, the best hit of a search.

    ``asked``: the customer's own words, which prove nothing: they only tell what a "we have no …" is about.
    """

    items: list[Item] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    deliveries: set[Decimal] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    focus: Item | None = None
    asked: str = ""
    tools_used: int = 0

    def hear(self, words: str) -> None:
        """What the customer wrote."""
        self.asked = fold(words)

    def learn(self, result: str) -> None:
        """Add a tool's result. What is not of a tool's form teaches nothing, nor does an argument that came back."""
        try:
            value = json.loads(result)
        except (ValueError, RecursionError):
            return
        if not isinstance(value, Mapping) or "error" in value:
            return
        self.tools_used += 1
        products = [one for one in _list(value, "products") if _text(one, "title")]
        for product in products:
            item = self._item(_text(product, "title"))
            item.about = _text(product, "about")
            item.__dict__.pop("words", None)
            for one in _list(product, "variants"):
                self._variant(item, one, _text(one, "variant"))
        if products:
            self.focus = self._item(_text(products[0], "title")) if value.get("matched", True) else None
        if _text(value, "sku"):
            self.focus = self._holder(_text(value, "sku")) or self._item(_text(value, "title"))
            self._quote(self._variant(self.focus, value, _text(value, "variant")), value)
        for one in _list(value, "orders"):
            order = Order(
                _text(one, "number"), _text(one, "state"), _text(one, "payment"), _amount(one.get("total")),
                _text(one, "items"), _text(one, "tracking_number"),
            )  # fmt: skip
            self.orders.append(order)
            self._link(one)
        self._link(value)

    def _item(self, title: str) -> Item:
        for one in self.items:
            if one.title == title:
                return one
        self.items.append(Item(title))
        return self.items[-1]

    def _holder(self, sku: str) -> Item | None:
        return next((one for one in self.items if sku in one.variants), None)

    def _variant(self, item: Item, given: Mapping[str, Any], label: str) -> Variant:
        sku = _text(given, "sku")
        one = item.variants.setdefault(sku, Variant(sku, label))
        item.__dict__.pop("words", None)
        price, available = _amount(given.get("price")), given.get("available")
        one.price = price if price is not None else one.price
        if isinstance(available, int) and not isinstance(available, bool):
            one.available = available
        return one

    def _quote(self, variant: Variant, given: Mapping[str, Any]) -> None:
        quantity, goods = given.get("quantity"), _amount(given.get("goods"))
        total, delivery = _amount(given.get("total")), _amount(given.get("delivery"))
        if isinstance(quantity, int) and goods is not None and total is not None and delivery is not None:
            variant.quotes.append(Quote(quantity, goods, total))
            self.deliveries.add(delivery)

    def _link(self, given: Mapping[str, Any]) -> None:
        if _LINK.fullmatch(_text(given, "page")):
            self.links.add(_text(given, "page"))

    # --- what follows from them ----------------------------------------------------------------------------------

    @property
    def variants(self) -> list[Variant]:
        """All that were shown."""
        return [one for item in self.items for one in item.variants.values()]

    @property
    def free_delivery(self) -> bool:
        """Whether every quote of the turn came without a delivery charge."""
        return self.deliveries == {Decimal(0)}

    def texts(self) -> Iterator[str]:
        """The shop's own words, folded."""
        for item in self.items:
            yield fold(item.title)
            yield fold(item.about)
            yield from (fold(one.label) for one in item.variants.values())
        for order in self.orders:
            yield fold(order.items)

    def percents(self) -> set[Decimal]:
        """Percentages in the shop's own words, as in "100% cotton"."""
        return {Decimal(one) for text in self.texts() for one in _PERCENT.findall(text)}

    def described(self) -> set[tuple[Decimal, str, str]]:
        """Figures in the shop's own words: (value, the word before, the word behind)."""
        found: set[tuple[Decimal, str, str]] = set()
        for text in self.texts():
            try:
                read = [one for one in tokens(text) if one.kind != "sign"]
            except Unreadable:
                continue
            for before, one, behind in zip([_NONE, *read], read, [*read[1:], _NONE], strict=False):
                if one.kind == "number":
                    found.add((one.value, before.text, behind.text))
        return found

    def labels(self) -> set[Decimal]:
        """Sizes and other kinds that are figures, and the figures of the customer's order and tracking numbers."""
        numbers = " ".join(f"{one.number} {one.tracking}" for one in self.orders)
        found = {Decimal(one) for one in re.findall(r"\d+", numbers)}
        return found | self.sizes()

    def sizes(self) -> set[Decimal]:
        """Kinds that are figures."""
        return {Decimal(one.label) for one in self.variants if re.fullmatch(r"\d+(?:\.\d+)?", one.label)}


_NONE = Token("break", "")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _list(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = given.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _amount(value: Any) -> Decimal | None:
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    return Decimal(found.group(1).replace(",", "")) if found else None

"""What the shop sells."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LOW_STOCK = 3
"""At this many available pieces or fewer a variant counts as low, where its product says nothing else."""

MAX_OPTIONS = 3
MAX_VARIANTS = 60
MAX_SUBSTITUTES = 10
MAX_PRICE_PAISE = 10**9
"""One crore rupees: a form takes a higher price of a single piece for a slip of the finger."""


class ProductState(StrEnum):
    """Only a live product is shown to customers; an archived one stays readable on old orders."""

    DRAFT = "draft"
    LIVE = "live"
    ARCHIVED = "archived"


@dataclass(slots=True, kw_only=True)
class Product:
    """A thing with a title and pictures; what is counted and priced are its variants."""

    id: str
    business_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    category: str = ""
    keywords: list[str] = field(default_factory=list)
    code: str = ""
    state: ProductState = ProductState.LIVE
    hsn: str = ""
    gst_rate: int = 0  # whole percent, included in the price
    gst_hundredths: int = 0  # and so many hundredths of a percent
    images: list[str] = field(default_factory=list)  # media names under the data folder, or practice pictures
    image_texts: dict = field(default_factory=dict)  # media name to what it shows, for who cannot see it
    options: list = field(default_factory=list)  # at most three {"name": "Size", "values": ["S", "M"]}
    weight_grams: int = 0  # one piece with its wrapping; 0 is unknown
    low_stock: int | None = None  # this many available pieces or fewer are low; None: LOW_STOCK
    substitutes: list[str] = field(default_factory=list)  # ids of products to offer when this one is sold out
    practice: bool = False
    version: int = 0

    @property
    def gst_basis_points(self) -> int:
        """Its rate of GST in hundredths of a percent."""
        return self.gst_rate * 100 + self.gst_hundredths

    @property
    def low_at(self) -> int:
        """At this many available pieces or fewer a variant of it is low."""
        return LOW_STOCK if self.low_stock is None else self.low_stock


@dataclass(slots=True, kw_only=True)
class Variant:
    """One sellable, countable kind of a product. ``title`` is empty for a simple product."""

    id: str
    business_id: str
    product_id: str
    sku: str
    price_paise: int
    title: str = ""
    choices: list[str] = field(default_factory=list)  # one value for each option of the product
    mrp_paise: int | None = None
    position: int = 0
    archived: bool = False
    version: int = 0


def code_key(code: str) -> str:
    """What two codes are compared by: letters and digits in one case, and without "DM" before them."""
    plain = "".join(one for one in code.casefold() if one.isalnum())
    return plain[2:] if len(plain) > 2 and plain.startswith("dm") else plain


def choices_of(options: Sequence[dict]) -> list[list[str]]:
    """Every combination of the options' values, the last option changing fastest; none without options."""
    return [list(one) for one in itertools.product(*(option["values"] for option in options))] if options else []


def title_of(choices: Sequence[str]) -> str:
    """How a variant with these choices is called: ``M / Red``."""
    return " / ".join(choices)


def options_problem(options: Sequence[dict]) -> str:
    """Why these options cannot be, in a sentence; empty when they can."""
    if len(options) > MAX_OPTIONS:
        return f"At most {MAX_OPTIONS} options."
    names = [option["name"].casefold() for option in options]
    if not all(names) or len(set(names)) < len(names):
        return "Give each option a name of its own."
    for option in options:
        values = [value.casefold() for value in option["values"]]
        if not values or not all(values):
            return f"Write the values of {option['name']}."
        if len(set(values)) < len(values):
            return f"{option['name']} has a value twice."
    return ""


def choices_problem(options: Sequence[dict], variants: Sequence[Sequence[str]]) -> str:
    """Why variants with these choices do not fit the options, in a sentence; empty when they do."""
    for choices in variants:
        if len(choices) != len(options):
            return "Each variant has one choice for each option."
        for option, choice in zip(options, choices, strict=True):
            if choice not in option["values"]:
                return f"{choice} is no value of {option['name']}."
    if options and len({tuple(choices) for choices in variants}) < len(variants):
        return "Two variants have the same choices."
    return ""

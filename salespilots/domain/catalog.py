"""What the shop sells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    gst_rate: int = 0  # percent, included in the price
    images: list[str] = field(default_factory=list)  # media names under the data folder, or practice pictures
    image_texts: dict = field(default_factory=dict)  # media name to what it shows, for who cannot see it
    options: list = field(default_factory=list)  # at most three {"name": "Size", "values": ["S", "M"]}
    weight_grams: int = 0  # one piece with its wrapping; 0 is unknown
    low_stock: int | None = None  # this many available pieces or fewer are low; None: LOW_STOCK
    substitutes: list[str] = field(default_factory=list)  # ids of products to offer when this one is sold out
    practice: bool = False
    version: int = 0


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


LOW_STOCK = 3
"""At this many available pieces or fewer a variant counts as low."""

"""The practice products as a shop's shelf in memory: what is tried with while the shop sells nothing yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from salespilots.demo.catalogue import PRODUCTS
from salespilots.domain.catalog import Product, Variant
from salespilots.domain.stock import StockLevel
from salespilots.services.rehearsal.seed import Base


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products, their variants, and levels by variant id."""

    products: list[Product]
    variants: list[Variant]
    levels: dict[str, StockLevel]


def practice_shelf(business_id: str, now: datetime) -> Shelf:
    """The twelve practice products on sale in this shop. Nothing is written."""
    shelf = Shelf([], [], {})
    for number, one in enumerate(PRODUCTS, 1):
        product = Product(
            id=f"prd_practice{number:02}", business_id=business_id, title=one.title, created_at=now, updated_at=now,
            description=one.description, category=one.category, keywords=list(one.keywords), code=one.code, hsn=one.hsn,
            gst_rate=one.gst_rate, images=[f"practice/{one.picture}"], options=one.options, low_stock=one.low_stock,
            practice=True,
        )  # fmt: skip
        shelf.products.append(product)
        for position, kind in enumerate(one.variants):
            variant = Variant(
                id=f"var_practice{number:02}{position}", business_id=business_id, product_id=product.id, sku=kind.sku,
                title=kind.title, price_paise=kind.price_paise, mrp_paise=kind.mrp_paise, position=position,
                choices=[kind.title] if one.option else [],
            )  # fmt: skip
            shelf.variants.append(variant)
            shelf.levels[variant.id] = StockLevel(variant_id=variant.id, on_hand=kind.on_hand)
    return shelf


def furnished(base: Base, now: datetime) -> Base:
    """The shop with something to sell: the practice products where nothing of its own is in stock."""
    if any(base.levels[one.id].available > 0 for one in base.on_sale):
        return base
    shelf = practice_shelf(base.shop.id, now)
    return replace(base, products=shelf.products, variants=shelf.variants, levels=shelf.levels)

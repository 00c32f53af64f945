"""Sentences of the built-in steps: placeholders are names in an allow-list, filled by look-up."""

from __future__ import annotations

from typing import Any

from salespilots.domain.money import rupees
from salespilots.ports.channel import Button, ProductCard
from salespilots.ports.extensions import ActionContext, ProductView, VariantView
from salespilots.ports.texts import fill_in, say

PLACEHOLDERS = (
    "customer", "shop", "product", "price", "stock", "quantity", "items", "total", "order", "link", "tracking", "address",
)  # fmt: skip


def fill(text: str, context: ActionContext, **more: Any) -> str:
    """``{customer}`` and the like become what they stand for; anything else stays as written."""
    data = context.data
    values: dict[str, Any] = {
        "customer": (context.customer.name or "").split(" ")[0] or say("there"),
        "shop": context.shop.name,
        "product": data.get("product_title", ""),
        "price": rupees(data["unit_paise"]) if isinstance(data.get("unit_paise"), int) else "",
        "quantity": data.get("quantity", ""),
        "items": data.get("items", ""),
        "total": rupees(data["total_paise"]) if isinstance(data.get("total_paise"), int) else "",
        "order": data.get("order_number", ""),
        "link": data.get("payment_url", ""),
        "address": address_words(context),
        **more,
    }
    return fill_in(text, {name: values.get(name, "") for name in PLACEHOLDERS})


def address_words(context: ActionContext) -> str:
    """Where this order goes, in one line."""
    kept = context.customer.address
    parts = [
        context.data.get(asked) or kept.get(name)
        for asked, name in (("name", "name"), ("address", "line1"), ("city", "city"), ("pincode", "pincode"))
    ]
    return ", ".join(str(one) for one in parts if one)


def stock_words(available: int) -> str:
    """What a customer is told about stock: exact when it is little."""
    if available <= 0:
        return say("sold out")
    return say("only {n} left", n=available) if available <= 3 else say("{n} in stock", n=available)


def price_words(product: ProductView) -> str:
    """One price, or from the lowest to the highest."""
    prices = [one.price_paise for one in product.variants]
    low, high = min(prices), max(prices)
    return rupees(low) if low == high else say("{low} to {high}", low=rupees(low), high=rupees(high))


def available_of(product: ProductView) -> int:
    """Pieces of all variants."""
    return sum(one.available for one in product.variants)


def variant_words(variant: VariantView) -> str:
    """``M: ₹1,699.00, 7 in stock``."""
    return f"{variant.title}: {rupees(variant.price_paise)}, {stock_words(variant.available)}"


def card(product: ProductView) -> ProductCard:
    """The product as a card with a button that asks for it."""
    subtitle = f"{price_words(product)} · {stock_words(available_of(product))}"
    button = Button(title=say("See this"), payload=f"product:{product.product_id}")
    return ProductCard(
        title=product.title, subtitle=subtitle, image_url=product.image_url, buttons=(button,),
        product_id=product.product_id,
    )  # fmt: skip

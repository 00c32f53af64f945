"""Sentences of the built-in steps: placeholders are names in an allow-list, filled by look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from salespilots.domain.money import rupees
from salespilots.ports.channel import Button, ProductCard
from salespilots.ports.extensions import ActionContext, OrderView, ProductView, VariantView
from salespilots.ports.settings import placeholders
from salespilots.ports.texts import OWN_FIELD, PLACEHOLDERS, fill_in, say


def fill(text: str, context: ActionContext, **more: Any) -> str:
    """``{customer}`` and the like become what they stand for; anything else stays as written."""
    wanted = placeholders(text)
    return fill_in(text, {name: _stands_for(name, context, more) for name in wanted if _known(name, context, more)})


def _known(name: str, context: ActionContext, more: Mapping[str, Any]) -> bool:
    return (
        name in PLACEHOLDERS
        or name in more
        or name.startswith(OWN_FIELD)
        or _answer(context.data.get(name)) is not None
    )


def _stands_for(name: str, context: ActionContext, more: Mapping[str, Any]) -> Any:
    if name in more:
        return more[name]
    if name.startswith(OWN_FIELD):
        return context.customer.fields.get(name.removeprefix(OWN_FIELD), "")
    looked = _LOOKS.get(name)
    if looked is not None:
        return looked(context)
    return "" if name in PLACEHOLDERS else _answer(context.data.get(name))


def _answer(value: Any) -> str | None:
    """Something that was answered; what the run remembers for itself (ids, lists) is none."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None


def _product(context: ActionContext) -> ProductView | None:
    product_id = context.data.get("product_id") or context.focus.get("product_id") or ""
    return next(iter(context.reader.products([product_id])), None) if product_id else None


def _title(context: ActionContext) -> str:
    known = context.data.get("product_title")
    product = None if known else _product(context)
    return str(known or (product.title if product else ""))


def _price(context: ActionContext) -> str:
    if isinstance(context.data.get("unit_paise"), int):
        return rupees(context.data["unit_paise"])
    product = _product(context)
    return price_words(product) if product else ""


def _stock(context: ActionContext) -> str:
    product = _product(context)
    return stock_words(available_of(product)) if product else ""


def _order(context: ActionContext) -> OrderView | None:
    return context.reader.order(context.order_id) if context.order_id else None


def _of_order(name: str, kept: str) -> Callable[[ActionContext], Any]:
    """What the run was told of its order, else the order itself."""

    def look(context: ActionContext) -> Any:
        if context.data.get(kept):
            return context.data[kept]
        order = _order(context)
        return (getattr(order, name) or "") if order else ""

    return look


def _money(name: str, kept: str) -> Callable[[ActionContext], str]:
    look = _of_order(name, kept)

    def words(context: ActionContext) -> str:
        value = look(context)
        return rupees(value) if isinstance(value, int) else ""

    return words


_LOOKS: dict[str, Callable[[ActionContext], Any]] = {
    "customer": lambda context: (context.customer.name or "").split(" ")[0] or say("there"),
    "shop": lambda context: context.shop.name,
    "product": _title,
    "price": _price,
    "stock": _stock,
    "quantity": lambda context: context.data.get("quantity") or "",
    "items": _of_order("items", "items"),
    "total": _money("total_paise", "total_paise"),
    "due": _money("due_paise", "due_paise"),
    "order": _of_order("number", "order_number"),
    "link": _of_order("payment_url", "payment_url"),
    "tracking": _of_order("tracking_number", "tracking_number"),
    "courier": _of_order("courier", "courier"),
    "address": lambda context: address_words(context),
    "festival": lambda context: context.reader.festival(context.now).replace("_", " ").title(),
}


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

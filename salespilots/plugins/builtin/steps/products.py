"""Steps about products: find what is meant, show it with its true price and stock, show the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.steps.wording import (
    available_of,
    card,
    fill,
    price_words,
    stock_words,
    variant_words,
)
from salespilots.ports.channel import ProductCards, QuickReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    Effect,
    ProductView,
    SendMessage,
    SetData,
    SetFocus,
    WaitFor,
)
from salespilots.ports.settings import NoSettings, SettingsSchema, Words
from salespilots.ports.texts import say


def _remember(product: ProductView, variant_ids: list[str]) -> tuple[Effect, ...]:
    """What later steps need: the product, its variants, and the one meant if that is clear."""
    chosen = [one for one in product.variants if one.variant_id in variant_ids]
    only = product.variants[0] if len(product.variants) == 1 else (chosen[0] if len(chosen) == 1 else None)
    values = {
        "product_id": product.product_id,
        "product_title": product.title,
        "variants": [{"variant_id": one.variant_id, "title": one.title} for one in product.variants],
        "variant_id": only.variant_id if only else None,
    }
    return (
        SetData(values=values),
        SetFocus(product_id=product.product_id, variant_id=only.variant_id if only else None),
    )


def _find(context: ActionContext) -> Advance:
    """Sure: go on with it. Several: ask which. None named: the product last talked about. Else: empty."""
    hits = context.data.get("products") or []
    products = context.reader.products([one["product_id"] for one in hits])
    by_id = {one.product_id: one for one in products}
    if context.data.get("sure") and hits and hits[0]["product_id"] in by_id:
        product = by_id[hits[0]["product_id"]]
        effects = _remember(product, hits[0].get("variant_ids") or [])
        return Advance(effects=effects, reason=f"Found {product.title}")
    if products:
        cards = ProductCards(cards=tuple(card(one) for one in products[:3]))
        effects = (
            SendMessage(content=Text(text=say("Which one do you mean?"))),
            SendMessage(content=cards, product_ids=tuple(one.product_id for one in products[:3])),
        )
        fit = f"{len(products)} products fit" if len(products) > 1 else "One product may fit"
        return Advance(effects=effects, branch="on_many", reason=f"{fit}: asked which one")
    still = context.focus.get("product_id") and not context.data.get("unknown_post")
    if still and context.data.get("intent") != "product_inquiry":
        focused = context.reader.products([context.focus["product_id"]])
        if focused:
            chosen = [context.focus["variant_id"]] if context.focus.get("variant_id") else []
            return Advance(effects=_remember(focused[0], chosen), reason=f"Still about {focused[0].title}")
    return Advance(branch="on_empty", reason="No product was named")


class OfferSettings(SettingsSchema):
    """How a product is offered. ``ai``: let the shop's model write the words; the facts stay the shop's.

    ``ask`` follows the text, with buttons for the first pieces, where it is clear which variant and open how many.
    """

    ai = fields.Bool(load_default=False, metadata={"label": "Let the AI write the reply"})
    text = Words(
        load_default="{product} is {price}, {stock}.", validate=validate.Length(1, 500),
        metadata={"label": "Message", "widget": "message"},
    )  # fmt: skip
    ask = Words(load_default="", validate=validate.Length(max=200), metadata={"label": "Then ask", "widget": "line"})


def _offer(context: ActionContext) -> Advance:
    found = context.reader.products([context.data.get("product_id") or ""])
    if not found:
        return Advance(branch="on_empty", reason="The product is not on sale any more")
    product = found[0]
    variant = next((one for one in product.variants if one.variant_id == context.data.get("variant_id")), None)
    available = variant.available if variant else available_of(product)
    price = price_words(product) if variant is None else price_words(_only(product, variant.variant_id))
    title = f"{product.title}, {variant.title}" if variant and variant.title else product.title
    if available <= 0:
        asked = _wants_to_wait(context, product)
        if asked is not None:
            return asked
    text = fill(context.settings["text"], context, product=title, price=price, stock=stock_words(available))
    clear = variant is not None or len(product.variants) == 1
    asks = bool(context.settings["ask"]) and clear and available > 0 and not context.data.get("asked_quantity")
    if asks:
        text += " " + fill(context.settings["ask"], context)
    if variant is None and len(product.variants) > 1:
        text += "\n" + "\n".join(variant_words(one) for one in product.variants)
    tokens, note = 0, f"{product.title}: {price}, {stock_words(available)}"
    if context.settings["ai"]:
        text, tokens, why = context.ports.ai_reply(
            goal=f"Tell the customer about {product.title} and its price and stock.", fallback=text
        )
        note = f"{note} ({why})"
    shown: tuple[Effect, ...] = (
        SendMessage(content=ProductCards(cards=(card(product),)), product_ids=(product.product_id,)),
    )
    if available > 0:
        replies = _replies(available) if asks else ()
    else:
        others, replies = sold_out(context, product, variant.variant_id if variant else None)
        shown += others
    effects: tuple[Effect, ...] = (
        *shown,
        SendMessage(content=Text(text=text, quick_replies=replies)),
        SetFocus(product_id=product.product_id, variant_id=variant.variant_id if variant else None),
        SetData(values={"quantity_asked": asks}),
    )
    branch = "next" if available > 0 else "on_no"
    return Advance(effects=effects, branch=branch, reason=note, cost_tokens=tokens)


def _wants_to_wait(context: ActionContext, product: ProductView) -> Advance | None:
    """The tap on "Tell me when it is back", where it is still sold out."""
    kind, _, value = context.payload.partition(":")
    variant = next((one for one in product.variants if value == f"{product.product_id}:{one.variant_id}"), None)
    if kind != "wait" or variant is None or variant.available > 0:
        return None
    title = f"{product.title}, {variant.title}" if variant.title else product.title
    replies = (QuickReply(title=say("See other products"), payload="catalogue"),)
    text = say("I will tell you here when {product} is back.", product=title)
    effects = (
        WaitFor(product_id=product.product_id, variant_id=variant.variant_id),
        SendMessage(content=Text(text=text, quick_replies=replies)),
    )
    return Advance(effects=effects, branch="on_no", reason=f"Waits for {title}")


def sold_out(
    context: ActionContext, product: ProductView, variant_id: str | None
) -> tuple[tuple[Effect, ...], tuple[QuickReply, ...]]:
    """What to show instead of a product that is sold out, and the buttons: a place in the waiting list of the variant, or
    of each of the first ones, other products, a person."""
    others = context.reader.substitutes(product.product_id)
    effects: tuple[Effect, ...] = ()
    if others:
        effects = (
            SendMessage(content=Text(text=say("These are like it, and in stock:"))),
            SendMessage(
                content=ProductCards(cards=tuple(map(card, others))),
                product_ids=tuple(one.product_id for one in others),
            ),
        )
    gone = [one for one in product.variants if one.available <= 0 and variant_id in (None, one.variant_id)]
    waits = tuple(
        QuickReply(
            title=(say("Tell me when back") if len(gone) == 1 else say("Tell me: {kind}", kind=one.title))[:20],
            payload=f"wait:{product.product_id}:{one.variant_id}",
        )
        for one in gone[:5]
    )
    more = (
        QuickReply(title=say("See other products"), payload="catalogue"),
        QuickReply(title=say("Talk to a person"), payload="human"),
    )
    return effects, (*waits, *more)


def _only(product: ProductView, variant_id: str) -> ProductView:
    kept = tuple(one for one in product.variants if one.variant_id == variant_id)
    return ProductView(
        product_id=product.product_id, title=product.title, description=product.description,
        category=product.category, image_url=product.image_url, variants=kept,
    )  # fmt: skip


def _replies(available: int) -> tuple[QuickReply, ...]:
    buy = [QuickReply(title=say("Buy {n}", n=1), payload="qty:1")]
    if available >= 2:
        buy.append(QuickReply(title=say("Buy {n}", n=2), payload="qty:2"))
    return (
        *buy,
        QuickReply(title=say("See other products"), payload="catalogue"),
        QuickReply(title=say("Talk to a person"), payload="human"),
    )


class SoldOutSettings(SettingsSchema):
    """The apology above what is there instead."""

    text = Words(
        load_default="Sorry, {product} is sold out.", validate=validate.Length(1, 500),
        metadata={"label": "Message", "widget": "message"},
    )  # fmt: skip


def _sold_out(context: ActionContext) -> Advance:
    found = context.reader.products([context.data.get("product_id") or ""])
    text = fill(context.settings["text"], context)
    if not found:
        return Advance(effects=(SendMessage(content=Text(text=text)),), reason="The product is not on sale any more")
    product = found[0]
    variant_id = context.data.get("variant_id")
    others, replies = sold_out(context, product, variant_id)
    effects = (SendMessage(content=Text(text=text)), *others) if others else ()
    last = say("Shall I tell you when it is back?") if others else text
    return Advance(
        effects=(*effects, SendMessage(content=Text(text=last, quick_replies=replies))),
        reason=f"{product.title} is gone: offered others and a place in the waiting list",
    )


class CatalogueSettings(SettingsSchema):
    """The words above the cards."""

    text = Words(
        load_default="", validate=validate.Length(max=500), metadata={"label": "Message above", "widget": "message"}
    )


def _catalogue(context: ActionContext) -> Advance:
    products = context.reader.catalogue(10)
    text = fill(context.settings["text"], context)
    effects: list[Effect] = []
    if text:
        effects.append(SendMessage(content=Text(text=text)))
    if not products:
        return Advance(effects=tuple(effects), branch="on_empty", reason="There is no product on sale")
    cards = ProductCards(cards=tuple(card(one) for one in products))
    effects.append(SendMessage(content=cards, product_ids=tuple(one.product_id for one in products)))
    return Advance(effects=tuple(effects), reason=f"Showed {len(products)} products")


def _say_offer(settings: Mapping[str, Any]) -> str:
    return "Show the product with its price and stock" + (", in the AI's words" if settings.get("ai") else "")


FOUND = ("product", "price", "stock")
"""What texts may say once a product is found."""


def _keeps_product(settings: Mapping[str, Any]) -> tuple[str, ...]:
    return FOUND


ACTIONS = (
    ActionType(
        key="product.find", label="Find the product", settings=NoSettings, run=_find, tone="find",
        sentence=lambda settings: "Find the product the customer means", exits=("on_many", "on_empty"),
        keeps=_keeps_product, label_hi="सामान खोजना", sentence_hi=lambda settings: "ग्राहक कौन सा सामान चाहता है, खोजें",
        failing="Where several fit, the customer is asked which one.",
    ),
    ActionType(
        key="message.product", label="Product card", settings=OfferSettings, run=_offer, sentence=_say_offer,
        calls_ports=True, only_ai=True, sends=True, exits=("on_no", "on_empty"), label_hi="सामान का कार्ड",
        sentence_hi=lambda settings: "सामान, दाम और स्टॉक दिखाएँ" + (", AI के शब्दों में" if settings.get("ai") else ""),
        failing="The workflow's own words are sent where the model gives none that can be trusted.",
    ),
    ActionType(
        key="message.sold_out", label="Sold out", settings=SoldOutSettings, run=_sold_out, sends=True,
        sentence=lambda settings: "Say that it is sold out, show what is like it, offer to tell when it is back",
        label_hi="ख़त्म", sentence_hi=lambda settings: "बताएँ कि ख़त्म है, मिलता-जुलता दिखाएँ, वापस आने पर बताने को कहें",
    ),
    ActionType(
        key="message.catalogue", label="Catalogue", settings=CatalogueSettings, run=_catalogue, sends=True,
        sentence=lambda settings: "Show the catalogue", exits=("on_empty",), label_hi="कैटलॉग",
        sentence_hi=lambda settings: "कैटलॉग दिखाएँ",
    ),
)  # fmt: skip

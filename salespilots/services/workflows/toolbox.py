"""The tools a shop's model may call, for one customer: they read the shop and change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from salespilots.domain.money import rupees
from salespilots.ports.ai import ToolCall, ToolSpec
from salespilots.ports.extensions import ProductView, ShopReader, VariantView

_QUERY = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "the customer's words for the product"}},
    "required": ["query"],
    "additionalProperties": False,
}
_NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
_CART = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1, "maximum": 99}},
    "required": ["sku", "quantity"],
    "additionalProperties": False,
}
TOOLS = (
    ToolSpec(name="search_products", description="Find products with price and stock by words.", parameters=_QUERY),
    ToolSpec(name="check_stock", description="Pieces available of one SKU.", parameters={
        "type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"], "additionalProperties": False,
    }),
    ToolSpec(
        name="quote", description="What a quantity of one SKU costs with delivery, if so many are there.",
        parameters=_CART,
    ),
    ToolSpec(name="order_status", description="The customer's own orders and their state.", parameters=_NOTHING),
)  # fmt: skip


class Toolbox:
    """Runs tools for one customer; arguments hold words, SKUs and quantities only, never money or other people."""

    def __init__(self, reader: ShopReader) -> None:
        self._reader = reader

    def run(self, call: ToolCall) -> str:
        """The result as JSON; bad calls get an error the model can read."""
        tools: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "search_products": self._search, "check_stock": self._stock, "quote": self._quote,
            "order_status": self._orders,
        }  # fmt: skip
        try:
            arguments = json.loads(call.arguments or "{}")
            if call.name not in tools or not isinstance(arguments, dict):
                raise ValueError("no such tool")
            return json.dumps(tools[call.name](arguments), ensure_ascii=False)
        except (ValueError, KeyError, TypeError, RecursionError):
            return json.dumps({"error": "unknown tool or arguments"})

    def _describe(self, product: ProductView) -> dict[str, Any]:
        return {
            "title": product.title,
            "about": product.description[:200],
            "variants": [
                {"sku": one.sku, "variant": one.title, "price": rupees(one.price_paise), "available": one.available}
                for one in product.variants
            ],
        }

    def _search(self, arguments: Mapping[str, Any]) -> Any:
        found = self._reader.search(str(arguments["query"])[:200], 4)
        shown = found or self._reader.catalogue(4)
        return {"matched": bool(found), "products": [self._describe(one) for one in shown]}

    def _variant(self, sku: str) -> tuple[VariantView, dict[str, Any]]:
        """The variant and what is said of it in every answer."""
        for product in self._reader.catalogue(200):
            for one in product.variants:
                if one.sku.casefold() == sku.casefold():
                    words = {"sku": one.sku, "title": product.title, "variant": one.title}
                    return one, {**words, "price": rupees(one.price_paise), "available": one.available}
        raise KeyError(sku)

    def _stock(self, arguments: Mapping[str, Any]) -> Any:
        return self._variant(str(arguments["sku"]))[1]

    def _quote(self, arguments: Mapping[str, Any]) -> Any:
        quantity = arguments["quantity"]
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= 99:
            raise ValueError("quantity")
        variant, words = self._variant(str(arguments["sku"]))
        if quantity > variant.available:
            return {**words, "enough": False}
        goods = variant.price_paise * quantity
        delivery = self._reader.shipping_for(goods)
        sums = {"goods": rupees(goods), "delivery": rupees(delivery), "total": rupees(goods + delivery)}
        return {**words, "quantity": quantity, **sums}

    def _orders(self, arguments: Mapping[str, Any]) -> Any:
        return {
            "orders": [
                {
                    "number": one.number, "state": one.state, "payment": one.payment_status, "items": one.items,
                    "total": rupees(one.total_paise), "page": one.url, "courier": one.courier,
                    "tracking_number": one.tracking_number,
                }
                for one in self._reader.orders()[:5]
            ]
        }  # fmt: skip

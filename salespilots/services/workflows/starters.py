"""The three starter workflows, as data: an owner's own are built from the same parts."""

from __future__ import annotations

from typing import Any

ORDER_STATUS: dict[str, Any] = {
    "format": 1,
    "trigger": {"kind": "message.intent", "settings": {"intents": ["order_status"]}},
    "steps": [{"id": "status", "kind": "order.status", "settings": {}, "next": "end"}],
}

PRICE_AND_BUY: dict[str, Any] = {
    "format": 1,
    "trigger": {
        "kind": "message.intent",
        "settings": {"intents": ["price_inquiry", "availability", "product_inquiry", "order_intent"]},
    },
    "steps": [
        {
            "id": "find",
            "kind": "product.find",
            "settings": {},
            "next": "offer",
            "on_many": "end",
            "on_empty": "catalogue",
        },
        {
            "id": "offer",
            "kind": "message.product",
            "settings": {"ai": True, "text": "{product} is {price}, {stock}.", "ask": "How many would you like?"},
            "next": "variant",
            "on_no": "end",
            "on_empty": "catalogue",
        },
        {
            "id": "variant",
            "kind": "ask",
            "settings": {"type": "variant", "save_as": "variant_id", "text": "Which one would you like?"},
            "next": "quantity",
            "on_timeout": "end",
        },
        {
            "id": "quantity",
            "kind": "ask",
            "settings": {
                "type": "quantity",
                "text": "How many would you like?",
                "quick_replies": [{"title": str(n), "payload": f"qty:{n}"} for n in (1, 2, 3)],
            },
            "next": "sum",
            "on_timeout": "end",
        },
        {"id": "sum", "kind": "order.quote", "settings": {}, "next": "name", "on_no": "fewer", "on_error": "human"},
        {
            "id": "fewer",
            "kind": "ask",
            "settings": {"type": "quantity", "text": "How many would you like instead?", "skip_if_known": False},
            "next": "sum",
            "on_timeout": "end",
        },
        {
            "id": "name",
            "kind": "ask",
            "settings": {"type": "name", "text": "What name should be on the parcel?"},
            "next": "phone",
            "on_timeout": "end",
        },
        {
            "id": "phone",
            "kind": "ask",
            "settings": {"type": "phone", "text": "Which mobile number can the courier call?"},
            "next": "pincode",
            "on_timeout": "end",
        },
        {
            "id": "pincode",
            "kind": "ask",
            "settings": {"type": "pincode", "text": "What is the 6 digit pincode?"},
            "next": "address",
            "on_timeout": "end",
        },
        {
            "id": "address",
            "kind": "ask",
            "settings": {"type": "address", "text": "And the house, street and area?"},
            "next": "pay",
            "on_timeout": "end",
        },
        {"id": "pay", "kind": "order.pay", "settings": {}, "next": "confirm", "on_no": "end", "on_timeout": "end"},
        {
            "id": "confirm",
            "kind": "ask",
            "settings": {
                "type": "yes_no",
                "save_as": "confirmed",
                "skip_if_known": False,
                "text": "{items}, {total} in all. Shall I place the order?\nIt goes to {address}.",
                "quick_replies": [
                    {"title": "Confirm", "payload": "yes"},
                    {"title": "Change address", "payload": "address:change"},
                    {"title": "Cancel", "payload": "no"},
                ],
            },
            "next": "create",
            "on_change": "name",
            "on_no": "stopped",
            "on_timeout": "end",
        },
        {
            "id": "create",
            "kind": "order.create",
            "settings": {},
            "next": "link",
            "on_change": "sum",
            "on_error": "gone",
        },
        {"id": "link", "kind": "order.payment_link", "settings": {}, "next": "end", "on_error": "human"},
        {
            "id": "stopped",
            "kind": "message.text",
            "settings": {
                "text": "No problem, nothing was ordered. Write to us whenever you like.",
                "quick_replies": [{"title": "See products", "payload": "catalogue"}],
            },
            "next": "end",
        },
        {
            "id": "gone",
            "kind": "message.sold_out",
            "settings": {"text": "Sorry, somebody else just took the last of {product}. Nothing was ordered."},
            "next": "end",
        },
        {
            "id": "catalogue",
            "kind": "message.catalogue",
            "settings": {"text": "Here is what we have. Tap one to see its price and stock."},
            "next": "end",
            "on_empty": "human",
        },
    ],
}

WELCOME: dict[str, Any] = {
    "format": 1,
    "trigger": {"kind": "conversation.started", "settings": {"greetings": True}},
    "steps": [
        {
            "id": "hello",
            "kind": "message.text",
            "settings": {"text": "Hello {customer}! Welcome to {shop}. I answer at once, day and night."},
            "next": "catalogue",
        },
        {
            "id": "catalogue",
            "kind": "message.catalogue",
            "settings": {"text": "Tap a product to see its price and stock, or ask me."},
            "next": "wait",
            "on_empty": "end",
        },
        {
            "id": "wait",
            "kind": "flow.wait",
            "settings": {"for": "PT4H", "or_event": "message.received"},
            "next": "nudge",
            "on_event": "end",
        },
        {
            "id": "nudge",
            "kind": "message.text",
            "settings": {
                "text": "Did you find something you like? I am here if you have a question.",
                "quick_replies": [
                    {"title": "See products", "payload": "catalogue"},
                    {"title": "Talk to a person", "payload": "human"},
                ],
            },
            "next": "end",
        },
    ],
}

STARTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "order_status": ("Order status", ORDER_STATUS),
    "price_and_buy": ("Price and buy", PRICE_AND_BUY),
    "welcome": ("Welcome", WELCOME),
}
"""Key to (name, definition), in the order in which they are matched."""

"""Price and buy: from the question to the payment link."""

from __future__ import annotations

from salespilots.services.workflows.starters.kit import SEE_PRODUCTS, Both, Case, Starter, reply, step

STEPS = (
    step("find", "product.find", {"next": "offer", "on_many": "end", "on_empty": "catalogue"}),
    step(
        "offer", "message.product", {"next": "variant", "on_no": "end", "on_empty": "catalogue"}, ai=True,
        text=Both("{product} is {price}, {stock}.", "{product} का दाम {price} है, {stock}।"),
        ask=Both("How many would you like?", "कितने चाहिए?"),
    ),
    step(
        "variant", "ask", {"next": "quantity", "on_timeout": "end"}, type="variant", save_as="variant_id",
        text=Both("Which one would you like?", "कौन सा चाहिए?"),
    ),
    step(
        "quantity", "ask", {"next": "sum", "on_timeout": "end"}, type="quantity",
        text=Both("How many would you like?", "कितने चाहिए?"),
        quick_replies=[{"title": str(n), "payload": f"qty:{n}"} for n in (1, 2, 3)],
    ),
    step("sum", "order.quote", {"next": "name", "on_no": "fewer", "on_error": "human"}),
    step(
        "fewer", "ask", {"next": "sum", "on_timeout": "end"}, type="quantity", skip_if_known=False,
        text=Both("How many would you like instead?", "तो फिर कितने चाहिए?"),
    ),
    step(
        "name", "ask", {"next": "phone", "on_timeout": "end"}, type="name",
        text=Both("What name should be on the parcel?", "पार्सल पर क्या नाम लिखें?"),
    ),
    step(
        "phone", "ask", {"next": "pincode", "on_timeout": "end"}, type="phone",
        text=Both("Which mobile number can the courier call?", "कूरियर किस मोबाइल नंबर पर कॉल करे?"),
    ),
    step(
        "pincode", "ask", {"next": "address", "on_timeout": "end"}, type="pincode",
        text=Both("What is the 6 digit pincode?", "6 अंकों का पिनकोड क्या है?"),
    ),
    step(
        "address", "ask", {"next": "pay", "on_timeout": "end"}, type="address",
        text=Both("And the house, street and area?", "और मकान, गली और इलाक़ा?"),
    ),
    step("pay", "order.pay", {"next": "confirm", "on_no": "end", "on_timeout": "end"}),
    step(
        "confirm", "ask", {"next": "create", "on_change": "name", "on_no": "stopped", "on_timeout": "end"},
        type="yes_no", save_as="confirmed", skip_if_known=False,
        text=Both(
            "{items}, {total} in all. Shall I place the order?\nIt goes to {address}.",
            "{items}, कुल {total}। क्या ऑर्डर पक्का करूँ?\nपता: {address}।",
        ),
        quick_replies=[
            reply(Both("Confirm", "पक्का करें"), "yes"), reply(Both("Change address", "पता बदलें"), "address:change"),
            reply(Both("Cancel", "रद्द करें"), "no"),
        ],
    ),
    step("create", "order.create", {"next": "link", "on_change": "sum", "on_error": "gone"}),
    step("link", "order.payment_link", {"next": "end", "on_error": "human"}),
    step(
        "stopped", "message.text",
        text=Both(
            "No problem, nothing was ordered. Write to us whenever you like.",
            "कोई बात नहीं, कुछ ऑर्डर नहीं हुआ। जब चाहें लिखें।",
        ),
        quick_replies=[SEE_PRODUCTS],
    ),
    step(
        "gone", "message.sold_out",
        text=Both(
            "Sorry, somebody else just took the last of {product}. Nothing was ordered.",
            "माफ़ कीजिए, {product} का आख़िरी नग अभी किसी और ने ले लिया। कुछ ऑर्डर नहीं हुआ।",
        ),
    ),
    step(
        "catalogue", "message.catalogue", {"on_empty": "human"},
        text=Both(
            "Here is what we have. Tap one to see its price and stock.",
            "हमारे पास यह सब है। दाम और स्टॉक देखने के लिए किसी एक पर टैप करें।",
        ),
    ),
)  # fmt: skip

PRICE_AND_BUY = Starter(
    key="price_and_buy", goal="sell", on_by_default=True, name=Both("Price and buy", "दाम और ख़रीद"),
    about=Both(
        "Says price and stock, asks how many and where to, places the order and sends the payment link.",
        "दाम और स्टॉक बताता है, कितने और कहाँ भेजना है पूछता है, ऑर्डर लेता है और भुगतान का लिंक भेजता है।",
    ),
    made={
        "format": 1,
        "trigger": {
            "kind": "message.intent",
            "settings": {"intents": ["price_inquiry", "availability", "product_inquiry", "order_intent"]},
        },
        "steps": STEPS,
    },
    cases=(
        Case(
            name="Somebody asks for the price",
            script={"inputs": [{"text": "{product} kitna hai?"}], "only_this": True},
            expected={"answers": True, "effects": ["product.shown"], "never_does": ["order.placed"]},
        ),
        Case(
            name="Sold out",
            script={"inputs": [{"text": "{product} price?"}], "sold_out": True, "only_this": True},
            expected={"answers": True, "never_does": ["order.placed"]},
        ),
    ),
)  # fmt: skip

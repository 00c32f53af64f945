"""Starters that sell: comments, what is back in stock, festivals, what is left of it."""

from __future__ import annotations

from salespilots.services.workflows.starters.kit import SEE_PRODUCTS, Both, Case, Starter, step

COMMENT = Starter(
    key="comment_to_message", goal="sell", name=Both("Comment to message", "टिप्पणी से संदेश"),
    about=Both(
        "“Price?” below a post gets a short public word and the price in private, once for each person and post.",
        "पोस्ट के नीचे “दाम?” पर छोटा सा जवाब और निजी संदेश में दाम, हर व्यक्ति को हर पोस्ट पर एक बार।",
    ),
    made={
        "format": 1,
        "trigger": {"kind": "comment.received", "settings": {"keywords": ["price", "rate", "kitna", "pp", "प्राइस"], "again": "post"}},
        "steps": [
            step("public", "comment.reply", {"next": "private"}, texts=[
                Both("Sent you a message 💌", "आपको संदेश भेज दिया 💌"), Both("Please check your inbox!", "कृपया इनबॉक्स देखें!"),
            ]),
            step(
                "private", "comment.private", products=True,
                text=Both("Thank you for your comment!", "आपकी टिप्पणी के लिए धन्यवाद!"),
                ask=Both("Write to me here and I help you order.", "यहाँ लिखिए, मैं ऑर्डर करने में मदद करता हूँ।"),
            ),
        ],
    },
    cases=(
        Case(
            name="Price below a post", script={"inputs": [{"text": "price please", "kind": "comment"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

BACK = Starter(
    key="back_in_stock", goal="sell", name=Both("Back in stock", "फिर से स्टॉक में"),
    about=Both(
        "Who waits for something is told when it is back, with its price and a button to buy.",
        "जो किसी चीज़ का इंतज़ार कर रहा है, उसे वापस आते ही बताता है, दाम और ख़रीदने के बटन के साथ।",
    ),
    made={
        "format": 1, "trigger": {"kind": "stock.back", "settings": {}},
        "steps": [
            step(
                "news", "message.text", {"next": "card"},
                text=Both("Good news, {customer}: {product} is back!", "ख़ुशख़बरी, {customer}: {product} फिर से आ गया!"),
            ),
            step(
                "card", "message.product", {"on_no": "end", "on_empty": "end"},
                text=Both("It is {price}, {stock}. Shall I keep one for you?", "दाम {price}, {stock}। क्या एक आपके लिए रख दूँ?"),
            ),
        ],
    },
    cases=(
        Case(
            name="It is back", script={"inputs": [{"event": "stock.back"}], "only_this": True},
            expected={"answers": True, "effects": ["product.shown"]},
        ),
    ),
)  # fmt: skip

FESTIVAL = Starter(
    key="festival_notice", goal="sell", name=Both("Festival greeting", "त्योहार की बधाई"),
    about=Both(
        "On festivals, at ten, everybody who wrote within a day gets your wishes and when parcels leave again.",
        "त्योहार पर दस बजे, पिछले एक दिन में लिखने वालों को बधाई और पार्सल कब निकलेंगे यह जानकारी।",
    ),
    made={
        "format": 1,
        "trigger": {"kind": "schedule.due", "settings": {"at": "10:00", "festivals": ["raksha_bandhan", "diwali", "eid_al_fitr", "holi"]}},
        "steps": [
            step(
                "wish", "message.text",
                text=Both(
                    "{shop} wishes you a happy {festival}! We rest today; orders of today leave tomorrow.",
                    "{shop} की ओर से {festival} की शुभकामनाएँ! आज हमारी छुट्टी है; आज के ऑर्डर कल निकलेंगे।",
                ),
                quick_replies=[SEE_PRODUCTS],
            ),
        ],
    },
    cases=(
        Case(
            name="On Diwali", script={"inputs": [{"event": "schedule.due"}], "only_this": True, "at": "2026-11-08T04:30:00+00:00"},
            expected={"answers": True, "says": ["Diwali"]},
        ),
    ),
)  # fmt: skip

LOW_STOCK = Starter(
    key="low_stock", goal="after_sale", name=Both("Stock is low", "स्टॉक कम है"),
    about=Both(
        "You are told by e-mail when a product is almost out, once a day for each.",
        "सामान ख़त्म होने को हो तो आपको ई-मेल से बताता है, हर सामान के लिए दिन में एक बार।",
    ),
    made={
        "format": 1, "trigger": {"kind": "stock.low", "settings": {}},
        "steps": [
            step("tell", "owner.notify", text=Both("A product is almost out.", "कोई सामान ख़त्म होने वाला है।"), by_mail=True),
        ],
    },
    cases=(
        Case(
            name="Almost out", script={"inputs": [{"event": "stock.low"}], "only_this": True},
            expected={"answers": True, "effects": ["owner.told"]},
        ),
    ),
)  # fmt: skip

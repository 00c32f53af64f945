"""Starters that answer: welcome, where is my order, delivery, stories, when nobody is there."""

from __future__ import annotations

from salespilots.services.workflows.starters.kit import ORDER, PERSON, SEE_PRODUCTS, Both, Case, Starter, step

ORDER_STATUS = Starter(
    key="order_status", goal="answer", on_by_default=True, name=Both("Order status", "ऑर्डर की स्थिति"),
    about=Both(
        "“Where is my order?” is answered from the customer's own orders, with courier and tracking number.",
        "“मेरा ऑर्डर कहाँ है?” का जवाब ग्राहक के अपने ऑर्डर से, कूरियर और ट्रैकिंग नंबर के साथ।",
    ),
    made={
        "format": 1, "trigger": {"kind": "message.intent", "settings": {"intents": ["order_status"]}},
        "steps": [step("status", "order.status")],
    },
    cases=(
        Case(
            name="Somebody without an order asks", script={"inputs": [{"text": "where is my order?"}], "only_this": True},
            expected={"answers": True, "says": ["no order"]},
        ),
    ),
)  # fmt: skip

WELCOME = Starter(
    key="welcome", goal="answer", on_by_default=True, name=Both("Welcome", "स्वागत"),
    about=Both(
        "Greets who writes for the first time, shows the catalogue, and asks once after four hours of silence.",
        "पहली बार लिखने वाले का स्वागत करता है, कैटलॉग दिखाता है, और चार घंटे की चुप्पी के बाद एक बार पूछता है।",
    ),
    made={
        "format": 1, "trigger": {"kind": "conversation.started", "settings": {"greetings": True}},
        "steps": [
            step(
                "hello", "message.text", {"next": "catalogue"},
                text=Both(
                    "Hello {customer}! Welcome to {shop}. I answer at once, day and night.",
                    "नमस्ते {customer}! {shop} में स्वागत है। मैं दिन-रात तुरंत जवाब देता हूँ।",
                ),
            ),
            step(
                "catalogue", "message.catalogue", {"next": "wait", "on_empty": "end"},
                text=Both(
                    "Tap a product to see its price and stock, or ask me.",
                    "दाम और स्टॉक देखने के लिए सामान पर टैप करें, या मुझसे पूछें।",
                ),
            ),
            step(
                "wait", "flow.wait", {"next": "nudge", "on_event": "end"},
                **{"for": "PT4H", "or_event": "message.received"},
            ),
            step(
                "nudge", "message.text",
                text=Both(
                    "Did you find something you like? I am here if you have a question.",
                    "कुछ पसंद आया? कोई सवाल हो तो मैं यहीं हूँ।",
                ),
                quick_replies=[SEE_PRODUCTS, PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="A first hello", script={"inputs": [{"text": "hello"}], "only_this": True, "name": "Riya"},
            expected={"answers": True, "effects": ["product.shown"]},
        ),
        Case(
            name="Silence afterwards",
            script={"inputs": [{"text": "hello"}], "only_this": True, "silence": True, "at": "2026-11-24T05:30:00+00:00"},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

DELIVERY = Starter(
    key="delivery", goal="answer", name=Both("Delivery questions", "डिलीवरी के सवाल"),
    about=Both(
        "Answers when and where to you deliver, in your own words.", "कब और कहाँ भेजते हैं, इसका जवाब आपके शब्दों में।"
    ),
    made={
        "format": 1, "trigger": {"kind": "message.intent", "settings": {"intents": ["delivery_info"]}},
        "steps": [
            step(
                "answer", "message.text",
                text=Both(
                    "We deliver all over India, usually within 3 to 6 days. You see the charge for your pincode before you"
                    " order.",
                    "हम पूरे भारत में भेजते हैं, आम तौर पर 3 से 6 दिन में। ऑर्डर से पहले आपके पिनकोड का ख़र्च दिख जाता है।",
                ),
                quick_replies=[SEE_PRODUCTS, ORDER],
            ),
        ],
    },
    cases=(
        Case(
            name="Do you deliver here?", script={"inputs": [{"text": "do you deliver to Pune? kitne din lagenge"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

STORY = Starter(
    key="story_reply", goal="answer", name=Both("Answer to a story", "स्टोरी का जवाब"),
    about=Both(
        "Who answers your story gets price and stock of what it shows; a lone emoji gets a friendly word.",
        "आपकी स्टोरी का जवाब देने वाले को उसके सामान का दाम और स्टॉक मिलता है; सिर्फ़ इमोजी पर एक प्यारा सा जवाब।",
    ),
    made={
        "format": 1, "trigger": {"kind": "message.story_reply", "settings": {}},
        "steps": [
            step("find", "product.find", {"next": "offer", "on_many": "end", "on_empty": "thanks"}),
            step(
                "offer", "message.product", {"on_no": "end", "on_empty": "thanks"},
                text=Both("{product} is {price}, {stock}.", "{product} का दाम {price} है, {stock}।"),
            ),
            step(
                "thanks", "message.text",
                text=Both(
                    "Thank you! Tell me what you would like to know: price, size or how to order.",
                    "धन्यवाद! बताइए क्या जानना है: दाम, साइज़ या ऑर्डर कैसे करें।",
                ),
                quick_replies=[SEE_PRODUCTS, PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="An emoji below a story", script={"inputs": [{"text": "😍", "kind": "story_reply"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

OUT_OF_OFFICE = Starter(
    key="out_of_office", goal="answer", name=Both("Nobody is there", "अभी कोई नहीं है"),
    about=Both(
        "A complaint or a question about money outside your hours is taken down, and you are told; within hours it is"
        " yours at once.",
        "दुकान बंद होने पर शिकायत या पैसों का सवाल दर्ज हो जाता है और आपको बताया जाता है; खुले समय में सीधे आपको मिलता है।",
    ),
    made={
        "format": 1,
        "trigger": {"kind": "message.intent", "settings": {"intents": ["complaint", "refund_return", "payment_issue"]}},
        "steps": [
            step(
                "open", "flow.branch", {"then": "human", "else": "closed"},
                all=[{"field": "time.open", "op": "eq", "value": True}],
            ),
            step(
                "closed", "message.text", {"next": "tell"},
                text=Both(
                    "Thank you for telling us. The shop is closed now; somebody answers you here as soon as it opens.",
                    "बताने के लिए धन्यवाद। दुकान अभी बंद है; खुलते ही कोई आपको यहीं जवाब देगा।",
                ),
            ),
            step("tell", "owner.notify", {"next": "human"}, text=Both(
                "Somebody needs you: a question that came while the shop was closed.",
                "किसी को आपकी ज़रूरत है: दुकान बंद होने पर आया सवाल।",
            )),
        ],
    },
    cases=(
        Case(
            name="At night",
            script={"inputs": [{"text": "I got a damaged saree"}], "only_this": True, "at": "2026-11-24T20:00:00+00:00"},
            expected={"answers": True, "effects": ["owner.told"]},
        ),
        Case(
            name="By day",
            script={"inputs": [{"text": "I got a damaged saree"}], "only_this": True, "at": "2026-11-24T06:00:00+00:00"},
            expected={"answers": True, "never_does": ["owner.told"]},
        ),
    ),
)  # fmt: skip

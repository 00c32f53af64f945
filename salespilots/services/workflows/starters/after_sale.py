"""Starters after the sale: cash on delivery, parcels, and how it was."""

from __future__ import annotations

from salespilots.services.workflows.starters.kit import PERSON, Both, Case, Starter, reply, step

COD = Starter(
    key="cod_confirm", goal="after_sale", name=Both("Confirm cash on delivery", "कैश ऑन डिलीवरी की पुष्टि"),
    about=Both(
        "Asks who ordered with cash on delivery for a clear yes; you hear of the yes and of the no.",
        "कैश ऑन डिलीवरी वाले ग्राहक से साफ़ हाँ लेता है; हाँ और ना दोनों की ख़बर आपको मिलती है।",
    ),
    made={
        "format": 1, "trigger": {"kind": "order.placed", "settings": {}},
        "steps": [
            step(
                "cash", "flow.branch", {"then": "ask", "else": "end"},
                all=[
                    {"field": "order.cash", "op": "eq", "value": True}, {"field": "order.state", "op": "eq", "value": "placed"},
                ],
            ),
            step(
                "ask", "ask", {"next": "yes", "on_no": "no", "on_timeout": "no"}, type="yes_no", save_as="cod_yes",
                skip_if_known=False, wait_hours=12,
                text=Both(
                    "Order {order}: {items}, {total} in cash on delivery. Is that right?",
                    "ऑर्डर {order}: {items}, डिलीवरी पर {total} नक़द। क्या यह सही है?",
                ),
                quick_replies=[reply(Both("Yes, send it", "हाँ, भेजिए"), "yes"), reply(Both("No", "नहीं"), "no")],
            ),
            step("yes", "customer.tag", {"next": "thanks"}, tag="COD confirmed"),
            step(
                "thanks", "message.text",
                text=Both("Thank you! Please keep {due} ready for the courier.", "धन्यवाद! कृपया कूरियर के लिए {due} तैयार रखें।"),
            ),
            step(
                "no", "owner.notify", {"next": "human"},
                text=Both("A cash on delivery order was not confirmed.", "कैश ऑन डिलीवरी ऑर्डर की पुष्टि नहीं हुई।"),
            ),
        ],
    },
    cases=(
        Case(
            name="An order that is paid online is left alone", script={"inputs": [{"event": "order.placed"}], "only_this": True},
            expected={"answers": True, "never_does": ["owner.told"]},
        ),
    ),
)  # fmt: skip

ON_ITS_WAY = Starter(
    key="shipped", goal="after_sale", name=Both("On its way", "रास्ते में"),
    about=Both(
        "When a parcel leaves the customer is told how to receive it, and what is to be paid at the door.",
        "पार्सल निकलने पर ग्राहक को बताता है कि कैसे लेना है और दरवाज़े पर कितना देना है।",
    ),
    made={
        "format": 1, "trigger": {"kind": "order.shipped", "settings": {}},
        "steps": [
            step(
                "due", "flow.branch", {"then": "cash", "else": "paid"}, all=[{"field": "order.due", "op": "gt", "value": 0}]
            ),
            step(
                "cash", "message.text",
                text=Both(
                    "{courier} will call you before the parcel comes. Please keep {due} in cash ready.",
                    "पार्सल से पहले {courier} आपको कॉल करेगा। कृपया {due} नक़द तैयार रखें।",
                ),
            ),
            step(
                "paid", "message.text",
                text=Both(
                    "{courier} will call you before the parcel comes. Everything is paid.",
                    "पार्सल से पहले {courier} आपको कॉल करेगा। सब भुगतान हो चुका है।",
                ),
            ),
        ],
    },
    cases=(
        Case(
            name="A parcel leaves", script={"inputs": [{"event": "order.shipped"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

FEEDBACK = Starter(
    key="feedback", goal="after_sale", name=Both("How was it?", "कैसा लगा?"),
    about=Both(
        "Two hours after delivery the customer gives one to five stars; a poor rating goes to you at once.",
        "डिलीवरी के दो घंटे बाद ग्राहक एक से पाँच सितारे देता है; ख़राब रेटिंग तुरंत आपके पास आती है।",
    ),
    made={
        "format": 1, "trigger": {"kind": "order.delivered", "settings": {}},
        "steps": [
            step("wait", "flow.wait", {"next": "window"}, **{"for": "PT2H"}),
            step(
                "window", "flow.branch", {"then": "ask", "else": "end"},
                all=[{"field": "window.open", "op": "eq", "value": True}],
            ),
            step(
                "ask", "ask", {"next": "good", "on_timeout": "end", "on_error": "end"}, type="rating", save_as="rating", tries=2,
                text=Both("How do you like it, {customer}? One to five stars.", "{customer}, कैसा लगा? एक से पाँच सितारे।"),
                quick_replies=[{"title": "⭐" * n, "payload": f"choice:{n}"} for n in (5, 4, 3, 2, 1)],
            ),
            step(
                "good", "flow.branch", {"then": "thanks", "else": "sorry"},
                all=[{"field": "answer.rating", "op": "gt", "value": 3}],
            ),
            step(
                "thanks", "message.text", {"next": "happy"},
                text=Both(
                    "Thank you! We would love to see a photo of it.", "बहुत धन्यवाद! इसकी एक तस्वीर देखना चाहेंगे।"
                ),
            ),
            step("happy", "customer.tag", tag="Happy"),
            step(
                "sorry", "message.text", {"next": "human"},
                text=Both(
                    "We are sorry. Somebody of the shop writes to you here to put it right.",
                    "हमें खेद है। दुकान से कोई आपको यहीं लिखेगा और इसे ठीक करेगा।",
                ),
                quick_replies=[PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="Five stars",
            script={"inputs": [{"event": "order.delivered"}, {"text": "5", "after_seconds": 8000}], "only_this": True,
                    "at": "2026-11-24T05:30:00+00:00"},
            expected={"answers": True, "effects": ["customer.tagged"]},
        ),
        Case(
            name="Two stars",
            script={"inputs": [{"event": "order.delivered"}, {"text": "2", "after_seconds": 8000}], "only_this": True,
                    "at": "2026-11-24T05:30:00+00:00"},
            expected={"answers": True, "effects": ["conversation.waiting"], "never_does": ["customer.tagged"]},
        ),
    ),
)  # fmt: skip

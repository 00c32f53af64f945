"""Starters that follow up: baskets, payments, silence."""

from __future__ import annotations

from salespilots.services.workflows.starters.kit import PERSON, SEE_PRODUCTS, Both, Case, Starter, step

ABANDONED = Starter(
    key="abandoned_draft", goal="follow_up", name=Both("Chosen, not ordered", "चुना पर ऑर्डर नहीं किया"),
    about=Both(
        "Who chose something and stopped is asked once, three hours later, whether it shall be kept.",
        "जिसने सामान चुनकर छोड़ दिया, उससे तीन घंटे बाद एक बार पूछता है कि रखें या नहीं।",
    ),
    made={
        "format": 1, "trigger": {"kind": "order.abandoned", "settings": {"after": "PT3H"}},
        "steps": [
            step(
                "ask", "message.text",
                text=Both(
                    "{customer}, you were looking at {product}. It is {price}, {stock}. Write “buy” and I finish the order"
                    " with you.",
                    "{customer}, आप {product} देख रहे थे। दाम {price}, {stock}। “buy” लिखें, मैं ऑर्डर पूरा कर दूँगा।",
                ),
                quick_replies=[SEE_PRODUCTS, PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="A basket was left", script={"inputs": [{"event": "order.abandoned"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

UNPAID = Starter(
    key="unpaid_nudge", goal="follow_up", name=Both("Payment did not go through", "भुगतान पूरा नहीं हुआ"),
    about=Both(
        "When a payment fails the customer gets the link once more, and help if it is still not paid after ten minutes.",
        "भुगतान विफल होने पर ग्राहक को लिंक फिर से, और दस मिनट बाद भी न हो तो मदद।",
    ),
    made={
        "format": 1, "trigger": {"kind": "payment.failed", "settings": {}},
        "steps": [
            step(
                "again", "message.text", {"next": "wait"},
                text=Both(
                    "The payment for order {order} did not go through. No money is lost; please try again here: {link}",
                    "ऑर्डर {order} का भुगतान पूरा नहीं हुआ। पैसे सुरक्षित हैं; कृपया यहाँ फिर कोशिश करें: {link}",
                ),
            ),
            step("wait", "flow.wait", {"next": "paid", "on_event": "end"}, **{"for": "PT10M", "or_event": "order.paid"}),
            step(
                "paid", "flow.branch", {"then": "help", "else": "end"},
                all=[{"field": "order.state", "op": "eq", "value": "placed"}],
            ),
            step(
                "help", "message.text",
                text=Both(
                    "Shall we help you with the payment? UPI, card and net banking all work.",
                    "क्या भुगतान में मदद करें? UPI, कार्ड और नेट बैंकिंग सब चलता है।",
                ),
                quick_replies=[PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="A payment fails", script={"inputs": [{"event": "payment.failed"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

SILENT = Starter(
    key="gentle_nudge", goal="follow_up", name=Both("A friendly word into silence", "चुप्पी में एक प्यारा शब्द"),
    about=Both(
        "Who got an answer and said nothing for five hours is asked once whether there is a question left.",
        "जवाब पाकर पाँच घंटे चुप रहने वाले से एक बार पूछता है कि कोई सवाल बाक़ी है क्या।",
    ),
    made={
        "format": 1, "trigger": {"kind": "customer.silent", "settings": {"after": "PT5H"}},
        "steps": [
            step(
                "ask", "message.text",
                text=Both("Can I still help you, {customer}?", "{customer}, क्या मैं और मदद कर सकता हूँ?"),
                quick_replies=[SEE_PRODUCTS, PERSON],
            ),
        ],
    },
    cases=(
        Case(
            name="Five hours of silence", script={"inputs": [{"event": "customer.silent"}], "only_this": True},
            expected={"answers": True},
        ),
    ),
)  # fmt: skip

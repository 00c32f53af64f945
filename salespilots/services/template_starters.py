"""Templates that a shop without any is offered: what owners type most often, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTemplate:
    """One that is offered; taken, it is the shop's own."""

    name: str
    title: str
    purpose: str
    en: str
    hi: str

    def values(self) -> dict[str, object]:
        """As `salespilots.services.templates.Templates.save` takes them."""
        return {
            "name": self.name, "title": self.title, "purpose": self.purpose, "texts": {"en": self.en, "hi": self.hi}
        }  # fmt: skip


FIRST = (
    FirstTemplate(
        name="thanks", title="Thank you", purpose="answer",
        en="Thank you for writing to {shop}, {customer}! How can I help you?",
        hi="{shop} को लिखने के लिए धन्यवाद, {customer}! मैं कैसे मदद करूँ?",
    ),
    FirstTemplate(
        name="price", title="Price and stock", purpose="sell",
        en="{product} is {price}, {stock}. Shall I keep one for you?",
        hi="{product} का दाम {price} है, {stock}। क्या एक आपके लिए रख दूँ?",
    ),
    FirstTemplate(
        name="pay", title="How to pay", purpose="order",
        en="You can pay by UPI, card or net banking. I send you the link as soon as the order stands.",
        hi="UPI, कार्ड या नेट बैंकिंग से भुगतान कर सकते हैं। ऑर्डर बनते ही लिंक भेजता हूँ।",
    ),
    FirstTemplate(
        name="sent", title="Parcel is on its way", purpose="order",
        en="Your order {order} has left with {courier}, tracking number {tracking}.",
        hi="आपका ऑर्डर {order} {courier} से निकल चुका है, ट्रैकिंग नंबर {tracking}।",
    ),
    FirstTemplate(
        name="still", title="Still interested?", purpose="follow_up",
        en="Hello {customer}, are you still interested in {product}? I am happy to answer questions.",
        hi="नमस्ते {customer}, क्या {product} में अब भी रुचि है? कोई सवाल हो तो बताइए।",
    ),
    FirstTemplate(
        name="return", title="Returns", purpose="after_sale",
        en="Sorry that it does not fit, {customer}. Please send a photo, and I tell you at once how to send it back.",
        hi="माफ़ कीजिए {customer}, ठीक नहीं बैठा। कृपया एक फ़ोटो भेजें, वापस कैसे भेजें मैं तुरंत बताता हूँ।",
    ),
)  # fmt: skip

BY_NAME = {one.name: one for one in FIRST}

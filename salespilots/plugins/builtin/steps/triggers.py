"""When a workflow starts: the meaning of a message, or the first word of a new customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.ports.extensions import TriggerFact, TriggerType
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.understanding import INTENTS, SURE

ABOUT = {
    "greeting": "hello", "product_inquiry": "products", "price_inquiry": "price", "availability": "stock",
    "order_intent": "buying", "order_status": "their order", "payment_issue": "payment", "cancel_order": "cancelling",
    "refund_return": "refund or return", "delivery_info": "delivery", "complaint": "a complaint", "human_agent": "a person",
    "thanks_bye": "thanks", "other": "anything else",
}  # fmt: skip
"""The meanings in the owner's words."""

ABOUT_HI = {
    "greeting": "नमस्ते", "product_inquiry": "सामान", "price_inquiry": "दाम", "availability": "स्टॉक", "order_intent": "ख़रीदना",
    "order_status": "अपना ऑर्डर", "payment_issue": "भुगतान", "cancel_order": "रद्द करना", "refund_return": "वापसी",
    "delivery_info": "डिलीवरी", "complaint": "शिकायत", "human_agent": "किसी व्यक्ति से बात", "thanks_bye": "धन्यवाद",
    "other": "कुछ और",
}  # fmt: skip


class IntentSettings(SettingsSchema):
    """A message with one of these meanings."""

    intents = fields.List(
        fields.Str(validate=validate.OneOf(INTENTS)),
        required=True,
        validate=validate.Length(1, len(INTENTS)),
        metadata={"label": "They ask about", "choices": ABOUT},
    )


class StartedSettings(SettingsSchema):
    """A new customer; or a greeting from one we know."""

    greetings = fields.Bool(load_default=False, metadata={"label": "Also when somebody says hello again"})


def _intent(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    understood = fact.understanding
    if understood is None or understood.confidence < SURE or understood.intent not in settings.get("intents", ()):
        return None
    return f"asked about {ABOUT[understood.intent]}, {round(understood.confidence * 100)} % sure"


def _started(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    if fact.started:
        return "first message"
    understood = fact.understanding
    if settings.get("greetings") and understood and understood.intent == "greeting" and understood.confidence >= SURE:
        return "said hello"
    return None


def _say_intents(settings: Mapping[str, Any]) -> str:
    return "A customer asks about " + ", ".join(ABOUT.get(one, one) for one in settings.get("intents", ()))


def _say_started(settings: Mapping[str, Any]) -> str:
    return "A new customer writes, or says hello" if settings.get("greetings") else "A new customer writes"


def _say_intents_hi(settings: Mapping[str, Any]) -> str:
    return "ग्राहक पूछता है: " + ", ".join(ABOUT_HI.get(one, one) for one in settings.get("intents", ()))


def _misses_intent(settings: Mapping[str, Any], fact: TriggerFact) -> str:
    understood = fact.understanding
    if understood is None or understood.confidence < SURE:
        return "It is not clear enough what they ask about."
    return f"They ask about {ABOUT[understood.intent]}."


TRIGGERS = (
    TriggerType(
        key="message.intent", label="A question", settings=IntentSettings, event_types=("message.received",),
        matches=_intent, sentence=_say_intents, misses=_misses_intent, label_hi="सवाल", sentence_hi=_say_intents_hi,
    ),
    TriggerType(
        key="conversation.started", label="A new customer", settings=StartedSettings,
        event_types=("message.received",), matches=_started, sentence=_say_started,
        misses=lambda settings, fact: "It is not their first message.", label_hi="नया ग्राहक",
        general=lambda settings: True,
        sentence_hi=lambda settings: "नया ग्राहक लिखता है" + (", या नमस्ते कहता है" if settings.get("greetings") else ""),
    ),
)  # fmt: skip

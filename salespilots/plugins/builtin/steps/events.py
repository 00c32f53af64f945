"""When a workflow starts by itself: what happens to an order and its money, to a customer's tags, to the stock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.ports.settings import NoSettings, SettingsSchema
from salespilots.ports.triggers import TriggerFact, TriggerType

SALES: dict[str, tuple[str, str, str, str]] = {
    "order.placed": ("An order is placed", "ऑर्डर हुआ", "A customer's order is placed", "ग्राहक का ऑर्डर दर्ज होता है"),
    "order.confirmed": ("An order is accepted", "ऑर्डर पक्का", "An order is paid or accepted", "ऑर्डर का भुगतान या पुष्टि होती है"),
    "order.paid": ("An order is paid", "भुगतान हुआ", "An order is fully paid", "ऑर्डर का पूरा भुगतान होता है"),
    "order.expired": ("An order runs out", "ऑर्डर की समय-सीमा", "An order is not paid in time", "ऑर्डर का समय पर भुगतान नहीं होता"),
    "order.packed": ("An order is packed", "ऑर्डर पैक", "An order is packed", "ऑर्डर पैक होता है"),
    "order.shipped": ("An order leaves", "ऑर्डर भेजा", "An order is on its way", "ऑर्डर रवाना होता है"),
    "order.delivered": ("An order arrives", "ऑर्डर पहुँचा", "An order was delivered", "ऑर्डर पहुँच जाता है"),
    "order.returned": ("An order comes back", "ऑर्डर लौटा", "An order comes back", "ऑर्डर वापस आता है"),
    "order.cancelled": ("An order is cancelled", "ऑर्डर रद्द", "An order is cancelled", "ऑर्डर रद्द होता है"),
    "refund.processed": ("A refund goes through", "पैसे लौटाए", "A refund went through", "पैसे वापस हो जाते हैं"),
    "payment.captured": ("Money arrives", "पैसे आए", "Money for an order arrives", "ऑर्डर के पैसे आते हैं"),
    "payment.failed": ("A payment fails", "भुगतान विफल", "A payment attempt fails", "भुगतान की कोशिश विफल होती है"),
}  # fmt: skip
"""Event to (label, the same in Hindi, sentence, the same in Hindi)."""


class TagSettings(SettingsSchema):
    """Any tag, or these."""

    tags = fields.List(
        fields.Str(validate=validate.Length(1, 40)), load_default=list, validate=validate.Length(max=50),
        metadata={"label": "Tags", "help": "Empty: any tag. One on each line."},
    )  # fmt: skip


def _always(reason: str) -> Callable[[Mapping[str, Any], TriggerFact], str | None]:
    return lambda settings, fact: reason


def _said(text: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda settings: text


def _tag(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    wanted, tag = [one.casefold() for one in settings.get("tags") or []], str(fact.data.get("tag") or "")
    if wanted and tag.casefold() not in wanted:
        return None
    return f"tag “{tag}”"


def _tags(any_tag: str, some: str) -> Callable[[Mapping[str, Any]], str]:
    def sentence(settings: Mapping[str, Any]) -> str:
        tags = ", ".join(f"“{one}”" for one in settings.get("tags") or [])
        return some.replace("{tags}", tags) if tags else any_tag

    return sentence


def _low(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    left = fact.data.get("available")
    return f"only {left} left" if isinstance(left, int) and left > 0 else "sold out"


TRIGGERS = (
    *(
        TriggerType(
            key=event, label=label, settings=NoSettings, event_types=(event,), matches=_always(sentence[0].lower() + sentence[1:]),
            sentence=_said(sentence), group="sale", label_hi=label_hi, sentence_hi=_said(sentence_hi),
        )
        for event, (label, label_hi, sentence, sentence_hi) in SALES.items()
    ),
    TriggerType(
        key="customer.tagged", label="A tag is given", settings=TagSettings, event_types=("customer.tagged",),
        matches=_tag, misses=lambda settings, fact: "It was another tag.", group="customer",
        sentence=_tags("A customer gets any tag", "A customer gets the tag {tags}"),
        label_hi="टैग लगा", sentence_hi=_tags("ग्राहक को कोई टैग मिलता है", "ग्राहक को टैग {tags} मिलता है"),
    ),
    TriggerType(
        key="customer.untagged", label="A tag is taken off", settings=TagSettings, event_types=("customer.untagged",),
        matches=_tag, misses=lambda settings, fact: "It was another tag.", group="customer",
        sentence=_tags("A customer loses any tag", "A customer loses the tag {tags}"),
        label_hi="टैग हटा", sentence_hi=_tags("ग्राहक से कोई टैग हटता है", "ग्राहक से टैग {tags} हटता है"),
    ),
    TriggerType(
        key="stock.low", label="Stock is low", settings=NoSettings, event_types=("stock.low",), matches=_low,
        sentence=_said("A product is almost out"), group="sale", label_hi="स्टॉक कम",
        sentence_hi=_said("कोई सामान ख़त्म होने वाला है"),
    ),
    TriggerType(
        key="stock.back", label="Back in stock", settings=NoSettings, event_types=("stock.back",),
        matches=_always("what they wait for is back"), sentence=_said("What a customer waits for is back in stock"),
        group="sale", label_hi="स्टॉक वापस", sentence_hi=_said("ग्राहक जिसका इंतज़ार करता है वह फिर से आ गया"),
    ),
)  # fmt: skip

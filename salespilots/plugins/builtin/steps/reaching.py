"""Steps that reach beyond the chat: a note to the owner, a call to an address of the shop's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from salespilots.plugins.fetching import address_problem
from salespilots.ports.extensions import ActionContext, ActionType, Advance, Effect, RetryPolicy, SetData, TellOwner
from salespilots.ports.settings import SettingsSchema

PROBLEMS = {
    "private_address": "This address lies in a private network. Write a public https address.",
    "bad_address": "Write a full https address, for example https://example.in/hook.",
}

MAX_KEPT = 20
"""Values of an answer that are remembered."""


def _address(text: str) -> None:
    problem = address_problem(text, allow_loopback=True)
    if problem:
        raise ValidationError(PROBLEMS.get(problem, PROBLEMS["bad_address"]))


class TellSettings(SettingsSchema):
    """What the owner is told."""

    text = fields.Str(required=True, validate=validate.Length(1, 300), metadata={"label": "Tell the owner"})
    by_mail = fields.Bool(load_default=False, metadata={"label": "Also by e-mail"})


def _tell(context: ActionContext) -> Advance:
    effect = TellOwner(text=context.settings["text"], by_mail=context.settings["by_mail"])
    return Advance(effects=(effect,), reason="Told the owner")


class WebhookSettings(SettingsSchema):
    """Where the facts of this run are sent, and which of them."""

    url = fields.Str(
        required=True, validate=[validate.Length(1, 2000), _address],
        metadata={"label": "Address", "widget": "address", "help": "https only. It is signed; your secret is in Settings, Automation."},
    )  # fmt: skip
    contact = fields.Bool(
        load_default=False, metadata={"label": "Send name, phone and address of the customer too", "advanced": True}
    )


FACTS = ("intent", "product_id", "product_title", "variant_id", "quantity", "order_number", "items", "total_paise")


def _webhook(context: ActionContext) -> Advance:
    body: dict[str, Any] = {
        "event": "workflow.step", "key": context.idempotency_key, "at": context.now.isoformat(),
        "customer": {"id": context.customer.customer_id, "tags": list(context.customer.tags)},
        "order_id": context.order_id, "facts": {one: context.data[one] for one in FACTS if one in context.data},
    }  # fmt: skip
    if context.settings["contact"]:
        contact = {
            "name": context.customer.name,
            "phone": context.customer.phone,
            "address": dict(context.customer.address),
        }
        body["customer"] |= contact
    status, answer = context.ports.call_webhook(context.settings["url"], body)
    kept = {f"webhook_{name}"[:40]: value for name, value in list(answer.items())[:MAX_KEPT] if _plain(name, value)}
    effects: tuple[Effect, ...] = (SetData(values=kept),) if kept else ()
    return Advance(effects=effects, reason=f"The address answered {status}")


def _plain(name: Any, value: Any) -> bool:
    plain = isinstance(value, (str, int, float, bool)) and len(str(value)) <= 300
    return plain and str(name).replace("_", "").isalnum()


def _host(settings: Mapping[str, Any]) -> str:
    return str(settings.get("url", "")).partition("://")[2].partition("/")[0]


ACTIONS = (
    ActionType(
        key="owner.notify", label="Tell the owner", settings=TellSettings, run=_tell, tone="hand",
        sentence=lambda settings: f"Tell the owner “{settings.get('text', '')}”", label_hi="मालिक को बताना",
        sentence_hi=lambda settings: f"मालिक को बताएँ “{settings.get('text', '')}”",
    ),
    ActionType(
        key="webhook.call", label="Call a webhook", settings=WebhookSettings, run=_webhook, tone="hand",
        calls_ports=True, retry=RetryPolicy(attempts=5), exits=("on_error",),
        sentence=lambda settings: f"Send the facts to {_host(settings)}", label_hi="वेबहुक",
        sentence_hi=lambda settings: f"जानकारी {_host(settings)} को भेजें",
        failing="It is tried five times, longer apart each time; then it takes the way “It does not work”.",
    ),
)  # fmt: skip

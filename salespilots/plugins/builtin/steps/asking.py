"""The step that asks: sends a question, waits for the answer, checks it, keeps it, asks again when it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.steps.talking import QuickReplyField
from salespilots.plugins.builtin.steps.wording import fill
from salespilots.ports.answers import ANSWER_TYPES, parse_answer
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    Effect,
    Outcome,
    SendMessage,
    SetCustomer,
    SetData,
    Stop,
    Wait,
)
from salespilots.ports.settings import SettingsSchema, Words
from salespilots.ports.texts import say
from salespilots.ports.understanding import Understanding

PROFILE = {"name": "name", "phone": "phone", "pincode": "pincode", "address": "line1"}
"""Answer types that are kept on the customer, and under which field."""

MAX_ASKED = 5

TYPES = {
    "text": ("Any words", "कुछ भी"), "quantity": ("How many", "कितने"), "variant": ("Size or colour", "साइज़ या रंग"),
    "name": ("Name", "नाम"), "phone": ("Mobile number", "मोबाइल नंबर"), "pincode": ("Pincode", "पिनकोड"),
    "address": ("Address", "पता"), "yes_no": ("Yes or no", "हाँ या ना"), "choice": ("One of my choices", "मेरे विकल्पों में से"),
    "number": ("A number", "संख्या"), "email": ("E-mail address", "ई-मेल"), "date": ("A date", "तारीख़"),
    "rating": ("A rating from 1 to 5", "1 से 5 तक रेटिंग"),
}  # fmt: skip
"""Kind of answer to what it is called, and in Hindi."""


class AskSettings(SettingsSchema):
    """What is asked, what kind of answer fits, where it is kept."""

    text = Words(
        load_default="", validate=validate.Length(max=1000), metadata={"label": "Question", "widget": "message"}
    )
    type = fields.Str(
        load_default="text", validate=validate.OneOf(ANSWER_TYPES),
        metadata={"label": "Answer", "choices": {key: words[0] for key, words in TYPES.items()}},
    )  # fmt: skip
    save_as = fields.Str(
        load_default=None, allow_none=True,
        validate=validate.Regexp(r"^[a-z0-9_]{1,40}$", error="Small letters, digits and _ only."),
        metadata={"label": "Keep as", "help": "Later steps know the answer by this name.", "advanced": True},
    )  # fmt: skip
    options = fields.List(
        fields.Str(validate=validate.Length(1, 20)), load_default=list, validate=validate.Length(max=13),
        metadata={"label": "Choices", "help": "One on each line, where the answer is a choice."},
    )  # fmt: skip
    quick_replies = fields.List(
        fields.Nested(QuickReplyField), load_default=list, validate=validate.Length(max=13),
        metadata={"label": "Quick replies"},
    )  # fmt: skip
    skip_if_known = fields.Bool(load_default=True, metadata={"label": "Skip when we know it"})
    again = Words(
        load_default="", validate=validate.Length(max=500),
        metadata={"label": "When the answer does not fit, say", "help": "Empty: what fits is explained.", "advanced": True},
    )  # fmt: skip
    tries = fields.Int(
        load_default=MAX_ASKED, validate=validate.Range(1, MAX_ASKED),
        metadata={"label": "Give up after so many tries", "advanced": True},
    )  # fmt: skip
    wait_hours = fields.Int(
        load_default=23, validate=validate.Range(1, 720), metadata={"label": "Wait at most (hours)", "advanced": True}
    )


def _known(context: ActionContext, kind: str, name: str) -> Any:
    """What we have already: an answer of this run, one variant only, or the customer's profile."""
    if kind == "variant":
        variants = context.data.get("variants") or []
        return context.data.get(name) or (variants[0]["variant_id"] if len(variants) == 1 else None)
    if name in context.data and kind not in ("yes_no",):
        return context.data[name]
    if kind in PROFILE and not context.data.get("new_address"):
        return context.customer.address.get(PROFILE[kind])
    return None


def _question(context: ActionContext, kind: str) -> tuple[Effect, ...]:
    text = fill(context.settings["text"], context)
    if not text:
        return ()
    replies = [QuickReply(**one) for one in context.settings["quick_replies"]]
    replies += [QuickReply(title=one[:20], payload=f"choice:{one}") for one in context.settings["options"]]
    if kind == "variant":
        replies += [
            QuickReply(title=one["title"][:20], payload=f"variant:{one['variant_id']}")
            for one in (context.data.get("variants") or [])[:13]
        ]
    return (SendMessage(content=Text(text=text, quick_replies=tuple(replies[:13]))),)


def _ask(context: ActionContext) -> Outcome:
    settings = context.settings
    kind = settings["type"]
    name = settings["save_as"] or kind
    until = context.now + timedelta(hours=settings["wait_hours"])
    if context.woken_by == "timer":
        return Advance(branch="on_timeout", reason="No answer came")
    asked = context.data.get("asked", 0)
    if context.woken_by != "message.received" or not asked:
        known = _known(context, kind, name) if settings["skip_if_known"] and not asked else None
        if known:
            return Advance(effects=(SetData(values={name: known}),), reason=f"The {kind} is known")
        if kind == "quantity" and context.data.get("asked_quantity") and not asked:
            values = {name: context.data["asked_quantity"], "asked_quantity": None}
            return Advance(effects=(SetData(values=values),), reason=f"{values[name]} pieces were asked for already")
        if kind == "quantity" and context.data.get("quantity_asked"):
            done = (SetData(values={"quantity_asked": None}),)
            return Wait(until=until, event="message.received", effects=done, reason="Asked with the offer")
        return Wait(
            until=until, event="message.received", effects=_question(context, kind), reason=f"Asked for the {kind}"
        )
    answer = parse_answer(settings, context.message, context.payload, context.understanding, context.data)
    if not answer.ok:
        if asked >= settings["tries"]:
            return Advance(branch="on_error", reason="No fitting answer after several tries")
        problem = fill(settings["again"], context) or answer.problem
        again: tuple[Effect, ...] = (*_keep(answer.values), SendMessage(content=Text(text=problem)))
        return Wait(until=until, event="message.received", effects=again, reason="The answer did not fit: asked again")
    if answer.declined and kind in ("quantity", "variant") and context.data.get("cart"):
        *rest, last = context.data["cart"]  # this one not, but what was chosen before
        values = {**last, "cart": rest, "asked_quantity": None, "quantity_asked": None}
        return Advance(effects=(SetData(values=values),), reason="Does not want this one, but what was chosen before")
    if answer.declined:
        bye = SendMessage(content=Text(text=say("No problem, nothing was ordered. Write to us whenever you like.")))
        return Stop(effects=(bye,), result="declined", reason="Does not want it now")
    if answer.values.get("change_address"):
        forgotten = {**dict.fromkeys(PROFILE), "new_address": True}
        return Advance(effects=(SetData(values=forgotten),), branch="on_change", reason="Wants another address")
    if kind in PROFILE:
        return Advance(effects=_keep({**answer.values, kind: answer.values[name]}), reason=f"Got the {kind}")
    branch = "on_no" if answer.values.get(name) == "no" else "next"
    return Advance(effects=(SetData(values=answer.values),), branch=branch, reason=f"Got the {kind}")


def _keep(values: Mapping[str, Any]) -> tuple[Effect, ...]:
    """Parts of an address, for this order and for the next."""
    if not values:
        return ()
    profile = {PROFILE.get(name, name): value for name, value in values.items()}
    return SetData(values=dict(values)), SetCustomer(values=profile)


def _say(settings: Mapping[str, Any]) -> str:
    text = settings.get("text") or ""
    kind = str(settings.get("type", "text")).replace("_", " ")
    return f"Ask “{text}”" if text else f"Wait for the {kind}"


def _say_hi(settings: Mapping[str, Any]) -> str:
    text = settings.get("text") or ""
    kind = TYPES.get(str(settings.get("type", "text")), TYPES["text"])[1]
    return f"पूछें “{text}”" if text else f"{kind} का इंतज़ार करें"


def _keeps(settings: Mapping[str, Any]) -> tuple[str, ...]:
    kind = str(settings.get("type") or "text")
    return (str(settings.get("save_as") or kind), kind)


def _answers(
    settings: Mapping[str, Any], text: str, payload: str, understood: Understanding | None, data: Mapping[str, Any]
) -> bool:
    return parse_answer(settings, text, payload, understood, data).ok


ACTIONS = (
    ActionType(
        key="ask",
        label="Ask",
        settings=AskSettings,
        run=_ask,
        sentence=_say,
        tone="ask",
        answers=_answers,
        sends=True,
        waits=True,
        exits=("on_no", "on_change", "on_timeout", "on_error"),
        keeps=_keeps,
        label_hi="पूछना",
        sentence_hi=_say_hi,
        failing="It asks again, saying what fits; after the last try it takes the way “It does not work”.",
    ),
)

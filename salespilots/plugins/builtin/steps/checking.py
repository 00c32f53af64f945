"""The step that checks: facts of the customer, the product, the order and the hour, compared; all of these, any of those."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from salespilots.domain.automation import DAYS, IST
from salespilots.domain.money import rupees
from salespilots.plugins.builtin.steps.timed import DAY_NAMES, FESTIVALS
from salespilots.ports.extensions import ActionContext, ActionType, Advance, OrderView
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.understanding import INTENTS

Look = Callable[[ActionContext], Any]


def _order(name: str) -> Look:
    def look(context: ActionContext) -> Any:
        order = _order_of(context)
        return getattr(order, name) if order else None

    return look


def _order_of(context: ActionContext) -> OrderView | None:
    if context.order_id:
        return context.reader.order(context.order_id)
    return next(iter(context.reader.orders()), None)


def _stock(context: ActionContext) -> int | None:
    """Pieces of the variant that is meant, or of all of the product's."""
    product_id = context.data.get("product_id") or context.focus.get("product_id") or ""
    found = context.reader.products([product_id]) if product_id else []
    if not found:
        return None
    variant_id = context.data.get("variant_id")
    left = [one.available for one in found[0].variants if variant_id in (None, one.variant_id)]
    return sum(left)


def _data(name: str) -> Look:
    return lambda context: context.data.get(name)


FIELDS: dict[str, tuple[str, str, str, Look]] = {
    "product.stock": ("Pieces in stock", "स्टॉक में", "number", _stock),
    "product_id": ("The product", "सामान", "known", _data("product_id")),
    "quantity": ("Pieces asked for", "माँगे गए नग", "number", _data("quantity")),
    "intent": ("What they ask about", "किस बारे में", "intent", _data("intent")),
    "confirmed": ("Their yes or no", "हाँ या ना", "text", _data("confirmed")),
    "customer.tag": ("Tags of the customer", "ग्राहक के टैग", "tag", lambda context: list(context.customer.tags)),
    "customer.orders": ("Orders so far", "अब तक के ऑर्डर", "number", lambda context: context.customer.orders_count),
    "customer.spent": ("Spent so far", "अब तक का ख़र्च", "money", lambda context: context.customer.spent_paise),
    "customer.name": ("The customer's name", "ग्राहक का नाम", "known", lambda context: context.customer.name),
    "customer.phone": ("The customer's phone", "ग्राहक का फ़ोन", "known", lambda context: context.customer.phone),
    "order.state": ("State of the order", "ऑर्डर की स्थिति", "text", _order("state")),
    "order.payment_status": ("Payment of the order", "ऑर्डर का भुगतान", "text", _order("payment_status")),
    "order.total": ("Total of the order", "ऑर्डर का योग", "money", _order("total_paise")),
    "order.due": ("Still to pay", "बाक़ी रक़म", "money", _order("due_paise")),
    "order.cash": ("Cash on delivery", "कैश ऑन डिलीवरी", "yes", _order("cash")),
    "time.hour": ("Hour of the day (IST)", "घंटा", "number", lambda context: context.now.astimezone(IST).hour),
    "time.day": ("Day of the week", "वार", "day", lambda context: DAYS[context.now.astimezone(IST).weekday()]),
    "time.open": (
        "Within business hours", "दुकान खुली है", "yes", lambda context: context.reader.opens_at(context.now) == context.now,
    ),
    "time.festival": ("Festival today", "आज का त्योहार", "festival", lambda context: context.reader.festival(context.now)),
    "window.open": ("The reply window is open", "जवाब देने का समय है", "yes", lambda context: context.window_open),
    "waited.by": (
        "What ended the wait", "इंतज़ार किससे ख़त्म", "text",
        lambda context: context.woken_by or (context.data.get("waited") or {}).get("by"),
    ),
}  # fmt: skip
"""Field to (what it is, in Hindi, kind of value, how it is looked up)."""

ANSWER, OWN = "answer.", "customer.field."
"""Before the name of a remembered answer, and of a field of the shop's own."""

OPERATORS = {
    "eq": ("is", "है"), "ne": ("is not", "नहीं है"), "gt": ("is more than", "से ज़्यादा है"), "lt": ("is less than", "से कम है"),
    "has": ("contains", "में है"), "hasnt": ("does not contain", "में नहीं है"), "known": ("is known", "पता है"),
    "unknown": ("is not known", "पता नहीं है"),
}  # fmt: skip

CHOICES = {
    "intent": {one: one.replace("_", " ") for one in INTENTS},
    "day": {key: names[0] for key, names in DAY_NAMES.items()},
    "festival": {one: one.replace("_", " ").title() for one in FESTIVALS},
}


def _field(name: str) -> None:
    own = name.removeprefix(ANSWER if name.startswith(ANSWER) else OWN)
    if name not in FIELDS and not (own != name and own.replace("_", "").isalnum() and len(own) <= 40):
        raise ValidationError(f"{name[:60]} is no field. Choose one of {', '.join(FIELDS)}, {ANSWER}NAME or {OWN}NAME.")


class Condition(SettingsSchema):
    """One comparison."""

    field = fields.Str(required=True, validate=_field, metadata={"label": "Look at", "widget": "fact"})
    op = fields.Str(
        load_default="eq", validate=validate.OneOf(list(OPERATORS)),
        metadata={"label": "It", "choices": {key: words[0] for key, words in OPERATORS.items()}},
    )  # fmt: skip
    value = fields.Raw(load_default=None, allow_none=True, metadata={"label": "Value", "widget": "fact_value"})

    @validates_schema
    def _fits(self, data: Mapping[str, Any], **_: Any) -> None:
        value = data.get("value")
        if value is not None and not isinstance(value, (str, int, float, bool)):
            raise ValidationError("A value is a text, a number, or true or false.", "value")
        if isinstance(value, str) and len(value) > 200:
            raise ValidationError("At most 200 characters.", "value")
        if isinstance(value, float) and not isfinite(value):
            raise ValidationError("Write a number.", "value")
        if data.get("op") in ("gt", "lt") and _number(value) is None:
            raise ValidationError("Write a number to compare with.", "value")


class CheckSettings(SettingsSchema):
    """All of these, and one of those."""

    all = fields.List(
        fields.Nested(Condition),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"label": "All of these"},
    )
    any = fields.List(
        fields.Nested(Condition), load_default=list, validate=validate.Length(max=10),
        metadata={"label": "And one of these", "advanced": True},
    )  # fmt: skip


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(str(value).replace(",", "").removeprefix("₹")) if value not in (None, "") else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and isfinite(number) else None


def looked_up(context: ActionContext, name: str) -> Any:
    """What a field is now. Money in paise."""
    if name in FIELDS:
        return FIELDS[name][3](context)
    if name.startswith(ANSWER):
        return context.data.get(name.removeprefix(ANSWER))
    return context.customer.fields.get(name.removeprefix(OWN))


def holds(context: ActionContext, condition: Mapping[str, Any]) -> bool:
    """Whether a comparison is true now."""
    name, wanted = condition["field"], condition.get("value")
    value, kind = looked_up(context, name), FIELDS[name][2] if name in FIELDS else "text"
    op = condition.get("op") or "eq"
    match op:
        case "known":
            return value not in (None, "", [], 0, False)
        case "unknown":
            return value in (None, "", [], 0, False)
        case "has" | "hasnt":
            inside = _inside(value, wanted)
            return inside if op == "has" else not inside
        case "gt" | "lt":
            left, right = _number(value), _number(wanted)
            if left is None or right is None:
                return False
            right = right * 100 if kind == "money" else right
            return left > right if op == "gt" else left < right
    same = _same(value, wanted, kind)
    return same if op == "eq" else not same


def _inside(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(str(one).casefold() == str(wanted).casefold() for one in value)
    return isinstance(value, str) and str(wanted).casefold() in value.casefold()


def _same(value: Any, wanted: Any, kind: str) -> bool:
    if kind == "yes" or isinstance(value, bool):
        return bool(value) == (str(wanted).casefold() in ("true", "yes", "1"))
    if kind == "money":
        number = _number(wanted)
        return number is not None and value == round(number * 100)
    left, right = _number(value), _number(wanted)
    if left is not None and right is not None:
        return left == right
    return value == wanted or (value is not None and str(value).casefold() == str(wanted).casefold())


def _check(context: ActionContext) -> Advance:
    every = [(one, holds(context, one)) for one in context.settings["all"]]
    some = [(one, holds(context, one)) for one in context.settings["any"]]
    yes = all(true for _, true in every) and (not some or any(true for _, true in some))
    told = [f"{in_words(one)}: {_shown(context, one)}" for one, true in (*every, *some) if true is not yes or yes][:3]
    return Advance(branch="then" if yes else "else", reason="; ".join([("Yes" if yes else "No"), *told]))


def _shown(context: ActionContext, condition: Mapping[str, Any]) -> str:
    """The value, for the run log; never what somebody wrote, which the log has elsewhere."""
    name = condition["field"]
    if name not in FIELDS or FIELDS[name][2] in ("known",):
        return "known" if looked_up(context, name) else "not known"
    value = looked_up(context, name)
    if FIELDS[name][2] == "money" and isinstance(value, int):
        return rupees(value)
    if isinstance(value, list):
        return ", ".join(map(str, value[:5])) or "none"
    return "not known" if value is None else str(value)


def in_words(condition: Mapping[str, Any], *, hindi: bool = False) -> str:
    """One comparison as a sentence."""
    name, place = str(condition.get("field", "")), 1 if hindi else 0
    known = FIELDS.get(name)
    what = name.rpartition(".")[2].replace("_", " ") if known is None else known[1] if hindi else known[0]
    op = str(condition.get("op", "eq"))
    kind, value = (FIELDS[name][2] if name in FIELDS else "text"), condition.get("value")
    if kind == "yes":
        yes = (str(value).casefold() in ("true", "yes", "1")) == (op != "ne")
        return what if yes else (f"{what}: नहीं" if hindi else f"not: {what[0].lower()}{what[1:]}")
    if op in ("known", "unknown"):
        return f"{what} {OPERATORS[op][place]}"
    shown = f"₹{value}" if kind == "money" else CHOICES.get(kind, {}).get(str(value), f"“{value}”")
    if hindi:
        return f"{what} {shown} {OPERATORS.get(op, ('', ''))[1]}"
    return f"{what} {OPERATORS.get(op, (op, ''))[0]} {shown}"


def _sentence(settings: Mapping[str, Any], *, hindi: bool = False) -> str:
    every = [in_words(one, hindi=hindi) for one in settings.get("all") or []]
    some = [in_words(one, hindi=hindi) for one in settings.get("any") or []]
    joined = (" और " if hindi else " and ").join(every)
    either = (" या " if hindi else " or ").join(some)
    if joined and either:
        return f"{joined}, {'और ' if hindi else 'and '}{either}"
    return joined or either or ("हमेशा हाँ" if hindi else "Always yes")


ACTIONS = (
    ActionType(
        key="flow.branch", label="Check", settings=CheckSettings, run=_check, tone="check", exits=("then", "else"),
        sentence=_sentence, label_hi="जाँच", sentence_hi=lambda settings: _sentence(settings, hindi=True),
        failing="It answers “No” where something cannot be known.",
    ),
)  # fmt: skip

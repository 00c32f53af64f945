"""Steps that steer: wait, branch, go to, hand over, stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from salespilots.domain.windows import moved_in
from salespilots.domain.workflow import parse_duration
from salespilots.ports.extensions import ActionContext, ActionType, Advance, HandToHuman, Outcome, Stop, Wait
from salespilots.ports.settings import NoSettings, SettingsSchema

FIELDS = (
    "waited.by", "intent", "quantity", "customer.tag", "customer.orders", "order.payment_status", "order.state",
    "product_id", "confirmed",
)  # fmt: skip
OPERATORS = ("eq", "ne", "gt", "lt", "has", "known")


def _duration(text: str) -> None:
    try:
        parse_duration(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class WaitSettings(SettingsSchema):
    """How long, and what ends the wait early (branch ``on_event``)."""

    for_ = fields.Str(required=True, data_key="for", validate=_duration, metadata={"label": "Wait"})
    or_event = fields.Str(load_default=None, allow_none=True, metadata={"label": "Or until"})
    window = fields.Str(
        load_default="move", validate=validate.OneOf(["move", "keep"]),
        metadata={
            "label": "If the reply window closes before that",
            "help": "move: go on shortly before it closes. keep: wait on; what is said then may not be allowed.",
        },
    )  # fmt: skip


class Condition(SettingsSchema):
    """One comparison."""

    field = fields.Str(required=True, validate=validate.OneOf(FIELDS))
    op = fields.Str(load_default="eq", validate=validate.OneOf(OPERATORS))
    value = fields.Raw(load_default=None, allow_none=True)


class BranchSettings(SettingsSchema):
    """All of these, or any of those."""

    all = fields.List(fields.Nested(Condition), load_default=list, validate=validate.Length(max=10))
    any = fields.List(fields.Nested(Condition), load_default=list, validate=validate.Length(max=10))


def _wait(context: ActionContext) -> Outcome:
    if context.woken_by == "timer":
        return Advance(reason="The time was over")
    if context.woken_by == context.settings["or_event"] and context.woken_by:
        return Advance(branch="on_event", reason="It happened before the time was over")
    planned = until = context.now + parse_duration(context.settings["for_"])
    if context.settings["window"] == "move":
        until = moved_in(planned, closes=context.window_closes_at, now=context.now)
    moved = ", before the reply window closes" if until != planned else ""
    return Wait(until=until, event=context.settings["or_event"], reason=f"Waits until {until:%d %b %H:%M} UTC{moved}")


def _value(context: ActionContext, name: str) -> Any:
    match name:
        case "waited.by":
            return context.woken_by or (context.data.get("waited") or {}).get("by")
        case "customer.tag":
            return list(context.customer.tags)
        case "customer.orders":
            return len(context.reader.orders())
        case "order.payment_status" | "order.state":
            order = context.reader.order(context.order_id or "")
            return getattr(order, name.partition(".")[2]) if order else None
    return context.data.get(name)


def _holds(context: ActionContext, condition: Mapping[str, Any]) -> bool:
    value, wanted = _value(context, condition["field"]), condition["value"]
    match condition["op"]:
        case "eq":
            return value == wanted
        case "ne":
            return value != wanted
        case "has":
            return wanted in value if isinstance(value, (list, str)) and isinstance(wanted, str) else False
        case "known":
            return value not in (None, "", [], 0)
    numbers = isinstance(value, (int, float)) and isinstance(wanted, (int, float))
    return numbers and (value > wanted if condition["op"] == "gt" else value < wanted)


def _branch(context: ActionContext) -> Advance:
    every = all(_holds(context, one) for one in context.settings["all"])
    some = not context.settings["any"] or any(_holds(context, one) for one in context.settings["any"])
    yes = every and some
    return Advance(branch="then" if yes else "else", reason="Yes" if yes else "No")


class HandOverSettings(SettingsSchema):
    """Why a person is asked."""

    reason = fields.Str(load_default="the workflow asked", validate=validate.Length(1, 200), metadata={"label": "Why"})


def _hand_over(context: ActionContext) -> Stop:
    return Stop(
        effects=(HandToHuman(reason=context.settings["reason"]),), result="handed_over", reason="Asked a person"
    )


ACTIONS = (
    ActionType(
        key="flow.wait", label="Wait", settings=WaitSettings, run=_wait, tone="wait",
        sentence=lambda settings: f"Wait {settings.get('for', '')}"
        + (" or until the customer writes" if settings.get("or_event") == "message.received" else ""),
    ),
    ActionType(
        key="flow.branch", label="Check", settings=BranchSettings, run=_branch, tone="check",
        sentence=lambda settings: "Check " + ", ".join(
            f"{one.get('field')} {one.get('op', 'eq')} {one.get('value')}"
            for one in [*(settings.get("all") or []), *(settings.get("any") or [])]
        ),
    ),
    ActionType(
        key="flow.go_to", label="Go to", settings=NoSettings, run=lambda context: Advance(reason="Went on"), tone="check",
        sentence=lambda settings: "Go to another step",
    ),
    ActionType(
        key="flow.hand_over", label="Hand over", settings=HandOverSettings, run=_hand_over, tone="hand",
        sentence=lambda settings: "Ask a person to answer",
    ),
    ActionType(
        key="flow.stop", label="Stop", settings=NoSettings, run=lambda context: Stop(reason="Stopped here"), tone="check",
        sentence=lambda settings: "Stop here",
    ),
)  # fmt: skip

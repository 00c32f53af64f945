"""Steps that steer: wait, go on elsewhere, ask a person, try several ways, stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from salespilots.domain.windows import moved_in
from salespilots.domain.workflow import parse_duration
from salespilots.plugins.builtin.steps.talking import QuickReplyField
from salespilots.plugins.builtin.steps.timed import duration, in_words
from salespilots.plugins.builtin.steps.wording import fill
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    AssignTo,
    Effect,
    HandToHuman,
    Outcome,
    SendMessage,
    StartWorkflow,
    Stop,
    TakeWay,
    Wait,
)
from salespilots.ports.settings import NoSettings, SettingsSchema, Words

WAKING = {
    "message.received": ("the customer writes", "ग्राहक लिखे"),
    "order.paid": ("the order is paid", "ऑर्डर का भुगतान हो"),
    "order.shipped": ("the order leaves", "ऑर्डर रवाना हो"),
    "order.delivered": ("the order arrives", "ऑर्डर पहुँचे"),
    "order.cancelled": ("the order is cancelled", "ऑर्डर रद्द हो"),
    "order.expired": ("the order runs out", "ऑर्डर का समय निकल जाए"),
    "payment.failed": ("a payment fails", "भुगतान विफल हो"),
    "refund.processed": ("a refund goes through", "पैसे वापस हो जाएँ"),
    "customer.tagged": ("the customer gets a tag", "ग्राहक को टैग मिले"),
}
"""What may end a wait early, in words."""

WINDOW: dict[str, Any] = {
    "load_default": "move",
    "validate": validate.OneOf(["move", "keep"]),
    "metadata": {
        "label": "If the reply window closes before that",
        "help": "Going on shortly before it closes is the safe way: afterwards nothing may be said.",
        "choices": {"move": "Go on shortly before it closes", "keep": "Wait on all the same"},
        "advanced": True,
    },
}  # fmt: skip


class WaitSettings(SettingsSchema):
    """How long, and what ends the wait early (branch ``on_event``)."""

    for_ = fields.Str(
        required=True, data_key="for", validate=duration, metadata={"label": "Wait", "widget": "duration"}
    )
    or_event = fields.Str(
        load_default=None, allow_none=True, validate=validate.OneOf(list(WAKING)),
        metadata={"label": "Or until", "choices": {"": "only the time", **{key: words[0] for key, words in WAKING.items()}}},
    )  # fmt: skip
    hours = fields.Str(
        load_default="any", validate=validate.OneOf(["any", "open"]),
        metadata={
            "label": "Then go on", "choices": {"any": "at once", "open": "when the shop is open"}, "advanced": True,
        },
    )  # fmt: skip
    window = fields.Str(**WINDOW)


def _until(context: ActionContext, length: str, *, window: str, only_open: bool = False) -> tuple[datetime, str]:
    """When a wait of this length ends, and what moved it."""
    until = planned = context.now + parse_duration(length)
    if only_open:
        until = context.reader.opens_at(until)
    if window == "move":
        until = moved_in(until, closes=context.window_closes_at, now=context.now)
    if until == planned:
        return until, ""
    return until, ", before the reply window closes" if until < planned else ", when the shop is open"


def _wait(context: ActionContext) -> Outcome:
    settings = context.settings
    if context.woken_by == "timer":
        return Advance(reason="The time was over")
    if context.woken_by == settings["or_event"] and context.woken_by:
        return Advance(branch="on_event", reason="It happened before the time was over")
    until, moved = _until(context, settings["for_"], window=settings["window"], only_open=settings["hours"] == "open")
    return Wait(until=until, event=settings["or_event"], reason=f"Waits until {until:%d %b %H:%M} UTC{moved}")


def _say_wait(settings: Mapping[str, Any]) -> str:
    event = WAKING.get(settings.get("or_event") or "")
    return f"Wait {in_words(str(settings.get('for', '')))}" + (f", or until {event[0]}" if event else "")


def _say_wait_hi(settings: Mapping[str, Any]) -> str:
    event = WAKING.get(settings.get("or_event") or "")
    return f"{in_words(str(settings.get('for', '')), hindi=True)} इंतज़ार" + (f", या जब तक {event[1]}" if event else "")


class FollowUpSettings(SettingsSchema):
    """A message into the customer's silence: sent after the wait, and not at all when they write before."""

    after = fields.Str(
        load_default="PT4H", validate=duration, metadata={"label": "If they do not write for", "widget": "duration"}
    )
    text = Words(required=True, validate=validate.Length(1, 1000), metadata={"label": "Say", "widget": "message"})
    quick_replies = fields.List(
        fields.Nested(QuickReplyField), load_default=list, validate=validate.Length(max=13),
        metadata={"label": "Quick replies"},
    )  # fmt: skip
    window = fields.Str(**WINDOW)


def _follow_up(context: ActionContext) -> Outcome:
    settings = context.settings
    if context.woken_by == "message.received":
        return Advance(branch="on_event", reason="They wrote before: nothing was sent")
    if context.woken_by == "timer":
        replies = tuple(QuickReply(**one) for one in settings["quick_replies"])
        content = Text(text=fill(settings["text"], context), quick_replies=replies)
        return Advance(effects=(SendMessage(content=content),), reason="They did not write: followed up")
    until, moved = _until(context, settings["after"], window=settings["window"])
    return Wait(until=until, event="message.received", reason=f"Follows up at {until:%d %b %H:%M} UTC{moved}")


class HandOverSettings(SettingsSchema):
    """Why a person is asked."""

    reason = fields.Str(load_default="the workflow asked", validate=validate.Length(1, 200), metadata={"label": "Why"})


def _hand_over(context: ActionContext) -> Stop:
    return Stop(
        effects=(HandToHuman(reason=context.settings["reason"]),), result="handed_over", reason="Asked a person"
    )


class AssignSettings(HandOverSettings):
    """Who answers, and why."""

    user_id = fields.Str(
        required=True, validate=validate.Length(1, 60), metadata={"label": "Give it to", "widget": "member"}
    )


def _assign(context: ActionContext) -> Stop:
    effect = AssignTo(user_id=context.settings["user_id"], reason=context.settings["reason"])
    return Stop(effects=(effect,), result="handed_over", reason="Gave the chat to a member of the team")


class WorkflowSettings(SettingsSchema):
    """Which workflow goes on."""

    workflow_id = fields.Str(
        required=True, validate=validate.Length(1, 60), metadata={"label": "Go on in", "widget": "workflow"}
    )


def _go_on(context: ActionContext) -> Stop:
    effect = StartWorkflow(workflow_id=context.settings["workflow_id"])
    return Stop(effects=(effect,), result="went_on", reason="Another workflow goes on")


class Way(SettingsSchema):
    """One way of a test, and its share."""

    name = fields.Str(
        required=True, validate=validate.Regexp(r"^[A-Za-z0-9 _-]{1,20}$", error="At most 20 letters or digits."),
        metadata={"label": "Name"},
    )  # fmt: skip
    share = fields.Int(load_default=50, validate=validate.Range(1, 99), metadata={"label": "Share (%)"})


class SplitSettings(SettingsSchema):
    """Two ways. The first is taken by its share of customers (branch ``then``), the second by the rest (``else``); a customer
    takes the same way each time."""

    first = fields.Nested(Way, load_default=lambda: {"name": "A", "share": 50}, metadata={"label": "First way"})
    second = fields.Str(
        load_default="B", validate=validate.Regexp(r"^[A-Za-z0-9 _-]{1,20}$", error="At most 20 letters or digits."),
        metadata={"label": "Name of the second way"},
    )  # fmt: skip

    @validates_schema
    def _apart(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["first"]["name"].casefold() == data["second"].casefold():
            raise ValidationError("Give the two ways different names.", "second")


def _split(context: ActionContext) -> Advance:
    first, second = context.settings["first"], context.settings["second"]
    step = context.idempotency_key.split(":")[1]
    chance = int.from_bytes(sha256(f"{context.customer.customer_id}:{step}".encode()).digest()[:4], "big") % 100
    way, branch = (first["name"], "then") if chance < first["share"] else (second, "else")
    effects: tuple[Effect, ...] = (TakeWay(way=way),)
    return Advance(effects=effects, branch=branch, reason=f"Took way {way}")


def _say_split(settings: Mapping[str, Any], words: str) -> str:
    first = settings.get("first") or {}
    share = first.get("share", 50)
    return words.format(
        first=first.get("name", "A"), share=share, second=settings.get("second", "B"), rest=100 - share
    )  # fmt: skip


ACTIONS = (
    ActionType(
        key="flow.wait", label="Wait", settings=WaitSettings, run=_wait, tone="wait", exits=("on_event",), waits=True,
        sentence=_say_wait, label_hi="इंतज़ार", sentence_hi=_say_wait_hi,
    ),
    ActionType(
        key="message.follow_up", label="Follow up", settings=FollowUpSettings, run=_follow_up, exits=("on_event",),
        waits=True, sends=True,
        sentence=lambda settings: f"If they do not write for {in_words(settings.get('after', 'PT4H'))}, "
        f"say “{settings.get('text', '')}”",
        label_hi="याद दिलाना",
        sentence_hi=lambda settings: f"{in_words(settings.get('after', 'PT4H'), hindi=True)} तक जवाब न आए तो लिखें "
        f"“{settings.get('text', '')}”",
    ),
    ActionType(
        key="flow.split", label="Try two ways", settings=SplitSettings, run=_split, tone="check",
        exits=("then", "else"),
        sentence=lambda settings: _say_split(settings, "{share} of 100 customers go way {first}, {rest} go way {second}"),
        label_hi="दो तरीक़े आज़माना",
        sentence_hi=lambda settings: _say_split(settings, "100 में से {share} ग्राहक {first}, {rest} ग्राहक {second}"),
    ),
    ActionType(
        key="flow.go_to", label="Go to", settings=NoSettings, run=lambda context: Advance(reason="Went on"), tone="check",
        sentence=lambda settings: "Go to another step", label_hi="दूसरे चरण पर",
        sentence_hi=lambda settings: "दूसरे चरण पर जाएँ",
    ),
    ActionType(
        key="flow.workflow", label="Go to workflow", settings=WorkflowSettings, run=_go_on, tone="check", ends=True,
        sentence=lambda settings: "Go on in another workflow", label_hi="दूसरे वर्कफ़्लो में",
        sentence_hi=lambda settings: "दूसरे वर्कफ़्लो में आगे बढ़ें",
    ),
    ActionType(
        key="flow.assign", label="Assign", settings=AssignSettings, run=_assign, tone="hand", ends=True,
        sentence=lambda settings: "Give the chat to a member of the team", label_hi="सौंपना",
        sentence_hi=lambda settings: "चैट टीम के किसी सदस्य को दें",
    ),
    ActionType(
        key="flow.hand_over", label="Hand over", settings=HandOverSettings, run=_hand_over, tone="hand", ends=True,
        sentence=lambda settings: "Ask a person to answer", label_hi="व्यक्ति को देना",
        sentence_hi=lambda settings: "किसी व्यक्ति से जवाब दिलवाएँ",
    ),
    ActionType(
        key="flow.stop", label="Stop", settings=NoSettings, run=lambda context: Stop(reason="Stopped here"), tone="check",
        ends=True, sentence=lambda settings: "Stop here", label_hi="रुकना", sentence_hi=lambda settings: "यहीं रुकें",
    ),
)  # fmt: skip

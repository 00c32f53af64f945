"""What is tried: what the customer says or what happens, one after the other, and what is taken for granted meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from salespilots.domain.errors import InvalidInput
from salespilots.domain.events import EVENT_TYPES

MAX_INPUTS = 20
KINDS = ("", "story_reply", "story_mention", "comment")
MAX_TEXT = 2000
MAX_GAP = timedelta(days=30)
MAX_PIECES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The customer writes, or taps on a reply (``payload``), ``after`` so much time since what was before. ``kind``: how it
    comes where that is not plain: story_reply, story_mention, or comment below a post."""

    text: str = ""
    payload: str = ""
    kind: str = ""
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something happens to the customer's newest order, or to one that is made up for it: an event's type."""

    event: str
    after: timedelta = timedelta(0)


Input = Said | Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is pretended.

    ``customer_id``: of a real customer, whose chat begins afresh; None: one who is made up, ``known`` to the shop already
    or not. ``stock``: available pieces by variant id; ``sold_out``: nothing is there, but for those. ``at``: the time it
    begins; None: now. ``window_open``: whether the customer wrote lately; a message of theirs opens the reply window
    anyhow. ``channel``: a channel's key. ``only_this``: no other workflow is live. ``in_order``: the workflow stands where it stands
    in the list; otherwise it is asked first, so that it is what is tried. ``silence``: the customer does not
    answer what is asked in the end, so that its time runs out.
    """

    customer_id: str | None = None
    known: bool = False
    name: str = ""
    stock: Mapping[str, int] = field(default_factory=dict)
    sold_out: bool = False
    at: datetime | None = None
    window_open: bool = True
    channel: str = "practice"
    only_this: bool = False
    in_order: bool = False
    silence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A case to try."""

    inputs: tuple[Input, ...]
    assumptions: Assumptions = field(default_factory=Assumptions)


def say(*texts: str, **assumptions: Any) -> Script:
    """A customer who writes these one after the other."""
    return Script(inputs=tuple(Said(text=one) for one in texts), assumptions=Assumptions(**assumptions))


# --- as JSON ---------------------------------------------------------------------------------------------------------


class _Count(fields.Integer):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Not a whole number.")
        return value


class _Flag(fields.Boolean):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


def _gap() -> _Count:
    return _Count(load_default=0, validate=validate.Range(0, int(MAX_GAP.total_seconds())))


class InputShape(Schema):
    """One input: ``text`` and ``payload``, or ``event``; ``after_seconds`` since the one before."""

    class Meta:
        unknown = RAISE

    text = fields.String(load_default="", validate=validate.Length(max=MAX_TEXT))
    payload = fields.String(load_default="", validate=validate.Length(max=1000))
    kind = fields.String(load_default="", validate=validate.OneOf(KINDS))
    event = fields.String(load_default="", validate=validate.OneOf(["", *EVENT_TYPES]))
    after_seconds = _gap()


class ScriptShape(Schema):
    """A script as JSON: ``text`` (with ``payload``) or ``event`` alone, or ``inputs``; see `Assumptions` for the rest."""

    class Meta:
        unknown = RAISE

    text = fields.String(load_default=None, validate=validate.Length(max=MAX_TEXT))
    payload = fields.String(load_default="", validate=validate.Length(max=1000))
    event = fields.String(load_default=None, validate=validate.OneOf(sorted(EVENT_TYPES)))
    inputs = fields.List(fields.Nested(InputShape), load_default=list, validate=validate.Length(0, MAX_INPUTS))
    customer_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 500))
    known = _Flag(load_default=False)
    name = fields.String(load_default="", validate=validate.Length(max=100))
    stock = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 500)), values=_Count(validate=validate.Range(0, MAX_PIECES)),
        load_default=dict, validate=validate.Length(0, 2000),
    )  # fmt: skip
    sold_out = _Flag(load_default=False)
    at = fields.AwareDateTime(load_default=None, allow_none=True, format="iso", default_timezone=UTC)
    window_open = _Flag(load_default=True)
    channel = fields.String(load_default="practice", validate=validate.Length(1, 60))
    only_this = _Flag(load_default=False)
    in_order = _Flag(load_default=False)
    silence = _Flag(load_default=False)


def read_script(given: Any) -> Script:
    """A script from its JSON. Raises `InvalidInput` by field."""
    try:
        return script_of(ScriptShape().load(given))
    except ValidationError as error:
        raise InvalidInput({name: [str(one)] for name, one in error.normalized_messages().items()}) from None


def script_of(values: Mapping[str, Any]) -> Script:
    """A script of checked values. Raises `InvalidInput` where nothing is said and nothing happens, or at an odd time."""
    inputs: list[Input] = []
    if values["text"] is not None or values["payload"]:
        inputs.append(Said(text=values["text"] or "", payload=values["payload"]))
    elif values["event"]:
        inputs.append(Happening(event=values["event"]))
    for one in values["inputs"]:
        after = timedelta(seconds=one["after_seconds"])
        said = Said(text=one["text"], payload=one["payload"], kind=one["kind"], after=after)
        inputs.append(Happening(event=one["event"], after=after) if one["event"] else said)
    if not inputs or any(isinstance(one, Said) and not (one.text.strip() or one.payload) for one in inputs):
        raise InvalidInput({"text": ["Write a message, or name an event."]})
    at = values["at"]
    if at is not None and not 2000 <= at.year < 2200:
        raise InvalidInput({"at": ["Between the years 2000 and 2199."]})
    names = (
        "customer_id", "known", "name", "stock", "sold_out", "window_open", "channel", "only_this", "in_order", "silence",
    )  # fmt: skip
    return Script(
        inputs=tuple(inputs),
        assumptions=Assumptions(at=at and at.astimezone(UTC), **{name: values[name] for name in names}),
    )


def write_script(script: Script) -> dict[str, Any]:
    """The JSON of a script; what is as usual is left out."""
    given, usual = script.assumptions, Assumptions()
    names = (
        "customer_id", "known", "name", "sold_out", "window_open", "channel", "only_this", "in_order", "silence",
    )  # fmt: skip
    told = {name: getattr(given, name) for name in names if getattr(given, name) != getattr(usual, name)}
    if given.stock:
        told["stock"] = dict(given.stock)
    if given.at is not None:
        told["at"] = given.at.isoformat()
    return {"inputs": [_input(one) for one in script.inputs], **told}


def _input(one: Input) -> dict[str, Any]:
    after = {"after_seconds": int(one.after.total_seconds())} if one.after else {}
    if isinstance(one, Happening):
        return {"event": one.event, **after}
    kind = {"kind": one.kind} if one.kind else {}
    return {"text": one.text, **({"payload": one.payload} if one.payload else {}), **kind, **after}

"""What has to come of a script: compared by its gist, so that a price that moved breaks no test."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from salespilots.domain.errors import InvalidInput
from salespilots.services.rehearsal.report import Rehearsal

LONGEST = 300
"""Characters of a message that are kept as its gist."""

_FIGURES = re.compile(r"\d[\d,.:]*")
_PLACES = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """``answers``: whether this workflow answers the first input that anybody does; None: it does not matter. ``says``:
    words that the shop's messages contain, in this order, and that leave; ``never_says``: that none of them contains.
    ``effects``: kinds of what has to be done; ``never_does``: of what must not be."""

    answers: bool | None = None
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    never_does: tuple[str, ...] = ()


def gist(text: str) -> str:
    """Words without case, figures and addresses."""
    return " ".join(_FIGURES.sub("#", _PLACES.sub("@", text)).casefold().split())


def expect(told: Rehearsal, workflow_id: str) -> Expectation:
    """That it goes as it went."""
    said = [one.text[:LONGEST] for one in told.messages if one.author != "customer" and one.state == "sent"]
    return Expectation(
        answers=told.answer.workflow_id == workflow_id, says=tuple(one for one in said if one.strip())[:40],
        effects=tuple(dict.fromkeys(one.kind for one in told.effects)),
    )  # fmt: skip


def failures(told: Rehearsal, expected: Expectation, workflow_id: str) -> list[str]:
    """What did not come as expected, in sentences; empty when all did."""
    found: list[str] = []
    answer = told.answer
    if told.stopped:
        found.append(told.stopped)
    if expected.answers is not None and (answer.workflow_id == workflow_id) is not expected.answers:
        other = f"“{answer.workflow}” answers" if answer.workflow else f"nobody answers ({answer.reason})"
        found.append(f"This workflow should answer, but {other}." if expected.answers else "This workflow answers.")
    left = [gist(one.text) for one in told.messages if one.author != "customer" and one.state == "sent"]
    found += _unsaid(expected.says, left)
    for words in expected.never_says:
        if any(gist(words) in one for one in left):
            found.append(f"It says “{words}”.")
    kinds = {one.kind for one in told.effects}
    found += [f"This does not happen: {one}." for one in expected.effects if one not in kinds]
    found += [f"This happens: {one}." for one in expected.never_does if one in kinds]
    return found


def _unsaid(says: Sequence[str], left: list[str]) -> list[str]:
    place, found = 0, []
    for words in says:
        at = next((index for index in range(place, len(left)) if gist(words) in left[index]), None)
        if at is None:
            found.append(f"It does not say “{words}”, or not in this order.")
        else:
            place = at
    return found


def _words(most: int) -> fields.List:
    one = fields.String(validate=validate.Length(1, LONGEST))
    return fields.List(one, load_default=list, validate=validate.Length(0, most))


class ExpectationShape(Schema):
    """An expectation as JSON."""

    class Meta:
        unknown = RAISE

    answers = fields.Boolean(load_default=None, allow_none=True)
    says = _words(40)
    never_says = _words(40)
    effects = _words(40)
    never_does = _words(40)


def read_expectation(given: Any) -> Expectation:
    """Raises `InvalidInput`."""
    try:
        values = ExpectationShape().load(given)
    except ValidationError as error:
        raise InvalidInput(
            {"expected": [f"{name}: {one}" for name, one in error.normalized_messages().items()]}
        ) from None
    return expectation_of(values)


def expectation_of(values: Mapping[str, Any]) -> Expectation:
    """Of checked values."""
    return Expectation(
        answers=values["answers"],
        **{name: tuple(values[name]) for name in ("says", "never_says", "effects", "never_does")},
    )


def write_expectation(one: Expectation) -> dict[str, Any]:
    """As JSON."""
    told: dict[str, Any] = {} if one.answers is None else {"answers": one.answers}
    for name in ("says", "never_says", "effects", "never_does"):
        if getattr(one, name):
            told[name] = list(getattr(one, name))
    return told

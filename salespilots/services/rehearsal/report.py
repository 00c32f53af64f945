"""What came of a rehearsal: the chat, the way through the steps, and what would be done. Plain values, safe to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A message of the chat. ``author``: customer, bot, agent, system; ``state``: received, sent, skipped with a
    ``reason``, and so on, as real messages have it."""

    author: str
    kind: str
    text: str
    at: datetime
    state: str
    reason: str = ""
    quick_replies: tuple[Mapping[str, str], ...] = ()
    cards: tuple[Mapping[str, Any], ...] = ()
    workflow_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that would be done besides saying something. ``kind`` is an event's type, or customer.tagged,
    customer.untagged, customer.set; ``summary`` a sentence; ``facts`` its figures."""

    kind: str
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stride:
    """A line of the run log. ``waited``: seconds that were skipped until the step went on; None: it still waits at the
    end, or does not wait. ``until``: when its time is over; ``waits_for``: an event's type, too."""

    workflow_id: str
    run_id: str
    step_id: str
    kind: str
    outcome: str
    branch: str
    reason: str
    at: datetime
    waited: int | None = None
    until: datetime | None = None
    waits_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A branch of a step that was passed, not taken."""

    step_id: str
    branch: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """A live workflow that did not answer, and the reason."""

    workflow_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one input. ``workflow_id`` None: no workflow answers it, for the ``reason`` given."""

    input: str
    workflow_id: str | None
    workflow: str | None
    intent: str
    confidence: float
    reason: str
    others: tuple[WhyNot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All of it. ``stopped``: why it was ended before its end, empty when it was not. Costs: what the assistant would
    have cost; in a rehearsal it writes nothing."""

    answers: tuple[Answer, ...]
    messages: tuple[Line, ...]
    effects: tuple[Effect, ...]
    trace: tuple[Stride, ...]
    visited: tuple[str, ...]
    not_taken: tuple[Way, ...]
    began_at: datetime
    ended_at: datetime
    cost_tokens: int = 0
    cost_paise: int = 0
    stopped: str = ""

    @property
    def answer(self) -> Answer:
        """The first input that a workflow answers, else the first."""
        return next((one for one in self.answers if one.workflow_id), self.answers[0])

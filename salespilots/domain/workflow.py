"""Workflow definitions: data with immutable published versions, checked for meaning before they can go live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class WorkflowState(StrEnum):
    """Only a live workflow is matched; at most one version of it is live."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"


@dataclass(slots=True, kw_only=True)
class Workflow:
    """A name, a draft, and the number of the version that is live."""

    id: str
    business_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    state: WorkflowState = WorkflowState.DRAFT
    draft: dict = field(default_factory=dict)
    live_version_id: str | None = None
    version_number: int = 0
    position: int = 0
    starter: str | None = None
    archived: bool = False  # deleted by the owner: its runs stay in the log
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowVersion:
    """A published definition. It never changes; running runs stay on it."""

    id: str
    business_id: str
    workflow_id: str
    number: int
    definition: dict
    published_at: datetime


BRANCHES = ("next", "then", "else", "on_empty", "on_error", "on_change", "on_many", "on_no", "on_timeout", "on_event")
"""The keys of a step that may name another step."""

END = "end"
HUMAN = "human"
EXITS = frozenset({END, HUMAN})
"""Targets that are not steps: the run ends, or a person is asked."""

MAX_STEPS = 60

TRIGGER_WORDS = {
    "new_message": "message.received",
    "keyword_match": "message.received",
    "order_intent": "message.intent",
}
STEP_WORDS = {"send_ai_response": "message.ai"}
"""Words of the product's first description, taken on input and stored under today's names."""

_DURATION = re.compile(r"P(?:([0-9]{1,12})D)?(?:T(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})S)?)?")

MAX_WAIT = timedelta(days=90)
"""The longest time a definition may name."""


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of days, hours, minutes, seconds (``PT4H``), at most `MAX_WAIT`.

    Raises `ValueError` with a sentence for the author.
    """
    match = _DURATION.fullmatch(text or "")
    if not match or not any(match.groups()):
        raise ValueError("Write a duration like PT30M, PT4H or P1D.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total > MAX_WAIT.total_seconds():
        raise ValueError(f"At most {MAX_WAIT.days} days.")
    return timedelta(seconds=total)


def steps_by_id(definition: dict) -> dict[str, dict]:
    """The steps of a checked definition."""
    return {step["id"]: step for step in definition.get("steps", [])}


def first_step(definition: dict) -> str | None:
    """Where a run begins."""
    steps = definition.get("steps") or []
    return steps[0]["id"] if steps else None


def branches_of(step: dict) -> Iterator[tuple[str, str]]:
    """The (key, target) pairs by which a run may leave ``step``."""
    for key in BRANCHES:
        target = step.get(key)
        if isinstance(target, str):
            yield key, target


def modernised(definition: dict) -> dict:
    """The definition with the first description's words replaced by today's. Its shape is checked after this:
    whatever is not of the right type stays as it is."""
    trigger = dict(definition.get("trigger") or {})
    old = trigger.get("kind")
    if isinstance(old, str) and old in TRIGGER_WORDS:
        trigger["kind"] = TRIGGER_WORDS[old]
        settings = trigger.get("settings") or {}
        if old == "order_intent" and isinstance(settings, dict):
            trigger["settings"] = {"intents": ["order_intent"], **settings}
    steps = [_modern_step(step) for step in definition.get("steps") or []]
    return {**definition, "format": definition.get("format", 1), "trigger": trigger, "steps": steps}


def _modern_step(step: Any) -> Any:
    kind = step.get("kind") if isinstance(step, dict) else None
    return {**step, "kind": STEP_WORDS[kind]} if isinstance(kind, str) and kind in STEP_WORDS else step

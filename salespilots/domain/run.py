"""One walk through a published workflow version, resumable after any crash: position and waits are columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RunState(StrEnum):
    """`READY` and `RUNNING` want a worker; `WAITING` wants an event or a time."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({RunState.READY, RunState.RUNNING, RunState.WAITING})
MAX_DEPTH = 5
"""So often may one workflow hand a chat on to the next before a person is asked: something goes round."""

MAX_VISITS = 200
"""A run that took this many steps is stopped: something loops."""


@dataclass(slots=True, kw_only=True)
class Run:
    """``trigger_key`` is unique per workflow, so one event starts one run. ``visit`` counts steps taken."""

    id: str
    business_id: str
    workflow_id: str
    version_id: str
    lane: str
    trigger_key: str
    created_at: datetime
    cursor: str
    conversation_id: str | None = None
    customer_id: str | None = None
    order_id: str | None = None
    message_id: str | None = None  # the message that started or last woke it
    state: RunState = RunState.READY
    data: dict = field(default_factory=dict)
    visit: int = 0
    attempt: int = 0
    wake_at: datetime | None = None
    waiting_for: str | None = None  # "message.received", an event type, or None while only time wakes it
    result: str | None = None  # one word for the list: done, handed_over, no_answer, error
    finished_at: datetime | None = None
    practice: bool = False
    version: int = 0

    @property
    def active(self) -> bool:
        """Not finished."""
        return self.state in ACTIVE

    @property
    def depth(self) -> int:
        """How many runs led to this one."""
        return int(self.data.get("depth") or 0)

    @property
    def unasked(self) -> bool:
        """Whether it speaks because time passed, not because the customer did."""
        return bool(self.data.get("unasked"))

    def go(self, step_id: str) -> None:
        """Move on to a step."""
        self.cursor = step_id
        self.visit += 1
        self.attempt = 0
        self.state = RunState.READY
        self.wake_at = None
        self.waiting_for = None

    def wait(self, *, until: datetime | None, event: str | None) -> None:
        """Stay on the step until the event or the time."""
        self.state = RunState.WAITING
        self.wake_at = until
        self.waiting_for = event

    def wake(self, by: str, message_id: str | None = None) -> None:
        """Something it waited for happened: ``by`` is ``timer`` or the event's type."""
        self.state = RunState.READY
        self.wake_at = None
        self.waiting_for = None
        self.data = {**self.data, "waited": {"by": by}, "unasked": by == "timer"}
        if message_id:
            self.message_id = message_id

    def finish(self, state: RunState, now: datetime, result: str) -> None:
        """The end, with one word that says how."""
        self.state = state
        self.finished_at = now
        self.result = result
        self.wake_at = None
        self.waiting_for = None


@dataclass(slots=True, kw_only=True)
class StepExecution:
    """One attempt at one step: a line of the owner's run log."""

    id: str
    business_id: str
    run_id: str
    step_id: str
    kind: str
    visit: int
    attempt: int
    started_at: datetime
    outcome: str = "started"  # started | done | waiting | failed | retry | stopped
    branch: str = "next"
    reason: str = ""
    finished_at: datetime | None = None
    ms: int = 0
    saw: dict = field(default_factory=dict)  # {"message_id", "woken_by", "knows": names}: what it went by
    cost_tokens: int = 0
    version: int = 0

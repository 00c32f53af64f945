"""A workflow's walk as a story, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.conversation import Message, MessageState
from salespilots.domain.events import EVENT_TYPES
from salespilots.domain.run import Run, RunState, StepExecution
from salespilots.web.filters import clock
from salespilots.web.presenters import reasons

STATES = {"waiting": "wait", "retry": "wait", "started": "wait", "failed": "fail", "refused": "fail"}
RESULTS: dict[str, Callable[[], str]] = {
    "handed_over": lambda: _("A person was asked to answer"),
    "taken_over": lambda: _("Stopped: a person took over"),
    "taken_back": lambda: _("Stopped: the order’s step was taken back"),
    "started_over": lambda: _("Stopped: a person had workflows begin afresh"),
    "looped": lambda: _("Stopped: workflows started each other too often"),
    "went_on": lambda: _("Another workflow went on"),
    "no_answer": lambda: _("No answer came"),
    "replaced": lambda: _("Stopped: the customer began something new"),
    "error": lambda: _("It stopped because a step did not work"),
}
CONFIRM: dict[str, Callable[[], str]] = {
    "Asked for the yes_no": lambda: _("Asked to confirm"),
    "Got the yes_no": lambda: _("The customer confirmed"),
}

ENDS: dict[MessageState, tuple[str, str, Callable[[], str]]] = {
    MessageState.SENT: ("ok", "check", lambda: _("Sent")),
    MessageState.DELIVERED: ("ok", "check", lambda: _("Sent")),
    MessageState.READ: ("ok", "check2", lambda: _("Seen")),
    MessageState.UNCERTAIN: ("warn", "help", lambda: _("Not confirmed")),
    MessageState.FAILED: ("bad", "alert", lambda: _("Not sent")),
    MessageState.SKIPPED: ("bad", "alert", lambda: _("Not sent")),
    MessageState.CANCELLED: ("", "x", lambda: _("Not sent")),
}
"""How a message ended: tone, glyph and word."""

Label = Callable[[str], str]
_CODE = re.compile(r"^[a-z]+(_[a-z]+)*$")


def trace(
    run: Run, steps: Sequence[StepExecution], label: Label, name: str = "", *, saw: bool = False
) -> list[SimpleNamespace]:  # fmt: skip
    """The lines of one run, oldest first. ``saw``: with what each step knew."""
    lines = []
    if name:
        reason = str(run.data.get("trigger") or "")
        lines.append(SimpleNamespace(state="done", text=_("%(name)s started", name=name), detail=reason, took=""))
    for index, step in enumerate(steps):
        later = any(one.visit > step.visit or one.attempt > step.attempt for one in steps[index + 1 :])
        settled = later or not run.active
        line = _line(step, label, None if settled else run.wake_at, settled=settled)
        if saw:
            line.detail = " · ".join(one for one in (line.detail, *_saw(step)) if one)
        lines.append(line)
    ended = RESULTS.get(run.result or "")
    if ended is not None:
        state = "hand" if run.result in ("handed_over", "taken_over") else "fail" if run.result == "error" else "skip"
        lines.append(SimpleNamespace(state=state, text=ended(), detail="", took=""))
    return lines


def _saw(step: StepExecution) -> list[str]:
    """What a step went by: what woke it, and the names of what was known."""
    told = []
    woken = str(step.saw.get("woken_by") or "")
    if woken:
        told.append(_("the time was over") if woken == "timer" else EVENT_TYPES.get(woken, woken).lower())
    known = dict.fromkeys(str(one).removesuffix("_id").replace("_", " ") for one in step.saw.get("knows") or ())
    if known:
        told.append(_("it knew: %(names)s", names=", ".join(known)))
    return told


def _line(step: StepExecution, label: Label, until: datetime | None, *, settled: bool) -> SimpleNamespace:
    state = STATES.get(step.outcome, "done")
    if state == "wait" and settled:
        state = "done"
    if step.branch == "on_error":
        state = "fail"
    took = _("%(ms)s ms", ms=step.ms) if step.ms else ""
    if step.outcome in ("retry", "failed", "stopped") and _CODE.match(step.reason):
        return SimpleNamespace(state=state, text=label(step.kind), detail=reasons.step_error(step.reason), took=took)
    kind = label(step.kind)
    if step.kind == "flow.wait" and step.outcome == "waiting":
        return SimpleNamespace(
            state=state, text=kind, detail=_("until %(time)s", time=clock(until)) if until else "", took=""
        )
    return SimpleNamespace(
        state=state,
        text=CONFIRM.get(step.reason, lambda: step.reason)() or kind,
        detail=kind if step.reason else "",
        took=took,
    )


def said(messages: Sequence[Message], channel: str) -> list[SimpleNamespace]:
    """Each message that a run planned, with how it ended and why."""
    shown: list[SimpleNamespace] = []
    before: Message | None = None
    for one in messages:
        tone, icon, word = ENDS.get(one.state, ("", "clock", lambda: _("On its way")))
        shown.append(
            SimpleNamespace(
                text=one.text or _("Picture"), tone=tone, icon=icon, word=word(), at=one.sent_at,
                why=reasons.explain(one, channel, before),
            )
        )  # fmt: skip
        before = reasons.holder(before, one)
    return shown


def run_state(run: Run) -> str:
    """The word of the pill."""
    if run.result == "handed_over":
        return "handed_over"
    return str(run.state)


def took(run: Run) -> str:
    """How long a finished run worked or waited."""
    if run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.created_at).total_seconds()
    if seconds < 1:
        return _("%(ms)s ms", ms=max(1, int(seconds * 1000)))
    if seconds < 90:
        return _("%(seconds)s s", seconds=int(seconds))
    return _("%(minutes)s min", minutes=int(seconds // 60))


def run_row(run: Run, customer: Any) -> SimpleNamespace:
    """One line of the run log."""
    return SimpleNamespace(
        id=run.id,
        workflow_id=run.workflow_id,
        customer_name=customer.display_name if customer else "",
        trigger_text=str(run.data.get("trigger") or _("Started")),
        at=run.created_at,
        state=run_state(run),
        took=took(run) if run.state is not RunState.CANCELLED else "",
    )

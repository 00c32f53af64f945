"""Dry runs, runs and saved cases as JSON, in and out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from salespilots.domain.run import Run, RunState, StepExecution
from salespilots.domain.workflow_case import WorkflowCase
from salespilots.services.rehearsal.cases import CaseResult
from salespilots.services.rehearsal.difference import Row
from salespilots.services.rehearsal.expectation import ExpectationShape
from salespilots.services.rehearsal.report import Answer, Effect, Line, Rehearsal, Stride
from salespilots.services.rehearsal.script import ScriptShape
from salespilots.services.rehearsal.time_machine import MAX_DAYS, Replay
from salespilots.web.api.schemas import Base, Int, ListQuery, line
from salespilots.web.api.shapes import moment


class DryRunIn(ScriptShape):
    """What is tried; with ``definition`` that instead of the draft."""

    definition = fields.Dict(keys=fields.String(), load_default=None)


class ReplayIn(Base):
    """The last ``days`` with the draft, or with ``definition`` instead of it."""

    days = Int(load_default=7, validate=validate.Range(1, MAX_DAYS))
    definition = fields.Dict(keys=fields.String(), load_default=None)


class CaseIn(Base):
    """A test to keep; without ``expected`` it has to go from now on as it goes now."""

    name = line(80, 1, required=True)
    script = fields.Nested(ScriptShape, required=True)
    expected = fields.Nested(ExpectationShape, load_default=None, allow_none=True)


class RunQuery(ListQuery):
    """Filters of the list."""

    result = fields.String(load_default="", validate=validate.Length(max=60))


# --- out -----------------------------------------------------------------------------------------------------------------


def _text() -> fields.String:
    return fields.String(required=True)


def _maybe() -> fields.String:
    return fields.String(required=True, allow_none=True)


def _moment(*, maybe: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=maybe, metadata={"format": "date-time"})


class WhyNotAnswer(Schema):
    """A live workflow that did not answer."""

    workflow_id = _text()
    name = _text()
    reason = _text()


class InputAnswer(Schema):
    """What became of one input. ``matched``: whether the workflow that is tried answers it; ``workflow_id`` and ``workflow``:
    the one that does, or null."""

    input = _text()
    matched = fields.Boolean(required=True)
    workflow_id = _maybe()
    workflow = _maybe()
    intent = _text()
    confidence = fields.Float(required=True)
    reason = _text()
    others = fields.List(fields.Nested(WhyNotAnswer), required=True)


class LineAnswer(Schema):
    """A message of the chat."""

    author = _text()
    kind = _text()
    text = _text()
    at = _moment()
    state = _text()
    reason = _text()
    quick_replies = fields.List(fields.Dict(), required=True)
    cards = fields.List(fields.Dict(), required=True)


class EffectAnswer(Schema):
    """Something that would be done."""

    kind = _text()
    summary = _text()
    facts = fields.Dict(keys=fields.String(), required=True)


class StrideAnswer(Schema):
    """A line of the run log; ``waited_seconds``: of time that was skipped."""

    workflow_id = _text()
    step_id = _text()
    kind = _text()
    outcome = _text()
    branch = _text()
    reason = _text()
    at = _moment()
    waited_seconds = fields.Integer(required=True, allow_none=True)
    until = _moment(maybe=True)
    waits_for = _maybe()


class WayAnswer(Schema):
    """A branch that was passed and not taken."""

    step_id = _text()
    branch = _text()
    target = _text()


class DryRunAnswer(InputAnswer):
    """A rehearsal; its first lines are of the first input that a workflow answers."""

    answers = fields.List(fields.Nested(InputAnswer), required=True)
    messages = fields.List(fields.Nested(LineAnswer), required=True)
    effects = fields.List(fields.Nested(EffectAnswer), required=True)
    trace = fields.List(fields.Nested(StrideAnswer), required=True)
    visited = fields.List(_text(), required=True)
    not_taken = fields.List(fields.Nested(WayAnswer), required=True)
    began_at = _moment()
    ended_at = _moment()
    cost_tokens = fields.Integer(required=True)
    cost_paise = fields.Integer(required=True)
    stopped = _text()


class RowAnswer(Schema):
    """One place where it would go another way."""

    conversation_id = _text()
    customer = _text()
    message_id = _text()
    message = _text()
    at = _moment()
    kind = fields.String(required=True, validate=validate.OneOf(["added", "removed", "changed"]))
    then = fields.List(fields.Nested(LineAnswer), required=True)
    now = fields.List(fields.Nested(LineAnswer), required=True)
    done_then = fields.List(_text(), required=True)
    done_now = fields.List(_text(), required=True)
    really = fields.List(fields.Nested(LineAnswer), required=True)


class ViolationAnswer(Schema):
    """Something that would be said and may not leave."""

    conversation_id = _text()
    customer = _text()
    at = _moment()
    text = _text()
    reason = _text()
    new = fields.Boolean(required=True)


class RunsAnswer(Schema):
    """How often a workflow began."""

    workflow_id = _text()
    then = fields.Integer(required=True)
    now = fields.Integer(required=True)


class ReplayAnswer(Schema):
    """What a draft would have changed."""

    days = fields.Integer(required=True)
    since = _moment()
    until = _moment()
    messages = fields.Integer(required=True)
    left_out = fields.Integer(required=True)
    conversations = fields.Integer(required=True)
    customers = fields.Integer(required=True)
    added = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    rows = fields.List(fields.Nested(RowAnswer), required=True)
    violations = fields.List(fields.Nested(ViolationAnswer), required=True)
    runs = fields.List(fields.Nested(RunsAnswer), required=True)
    cost_tokens = fields.Integer(required=True)
    cost_paise = fields.Integer(required=True)


class CaseAnswer(Schema):
    """A test of a workflow."""

    id = _text()
    workflow_id = _text()
    name = _text()
    script = fields.Dict(keys=fields.String(), required=True)
    expected = fields.Dict(keys=fields.String(), required=True)
    created_at = _moment()
    updated_at = _moment()


class CaseResultAnswer(Schema):
    """How a test went; ``reasons``: why it failed."""

    id = _text()
    name = _text()
    passed = fields.Boolean(required=True)
    reasons = fields.List(_text(), required=True)


class CheckAnswer(Schema):
    """How all of them went."""

    passed = fields.Boolean(required=True)
    results = fields.List(fields.Nested(CaseResultAnswer), required=True)


class RunAnswer(Schema):
    """A run of a workflow."""

    id = _text()
    workflow_id = _text()
    version_id = _text()
    conversation_id = _maybe()
    customer_id = _maybe()
    order_id = _maybe()
    state = fields.String(required=True, validate=validate.OneOf(list(RunState)))
    result = _maybe()
    reason = _text()
    created_at = _moment()
    finished_at = _moment(maybe=True)
    wake_at = _moment(maybe=True)
    waits_for = _maybe()


class StepAnswer(Schema):
    """A line of its log."""

    step_id = _text()
    kind = _text()
    outcome = _text()
    branch = _text()
    reason = _text()
    started_at = _moment()
    finished_at = _moment(maybe=True)
    ms = fields.Integer(required=True)
    cost_tokens = fields.Integer(required=True)


class WholeRunAnswer(RunAnswer):
    """A run with its log."""

    version = fields.Integer(required=True)
    steps = fields.List(fields.Nested(StepAnswer), required=True)


def dry_run(told: Rehearsal, workflow_id: str) -> dict[str, Any]:
    """A rehearsal of a workflow."""
    return {
        **_input(told.answer, workflow_id), "answers": [_input(one, workflow_id) for one in told.answers],
        "messages": [_line(one) for one in told.messages], "effects": [effect(one) for one in told.effects],
        "trace": [_stride(one) for one in told.trace], "visited": list(told.visited),
        "not_taken": [{"step_id": one.step_id, "branch": one.branch, "target": one.target} for one in told.not_taken],
        "began_at": moment(told.began_at), "ended_at": moment(told.ended_at), "cost_tokens": told.cost_tokens,
        "cost_paise": told.cost_paise, "stopped": told.stopped,
    }  # fmt: skip


def _input(one: Answer, workflow_id: str) -> dict[str, Any]:
    return {
        "input": one.input, "matched": one.workflow_id == workflow_id, "workflow_id": one.workflow_id,
        "workflow": one.workflow, "intent": one.intent, "confidence": one.confidence, "reason": one.reason,
        "others": [{"workflow_id": each.workflow_id, "name": each.name, "reason": each.reason} for each in one.others],
    }  # fmt: skip


def _line(one: Line) -> dict[str, Any]:
    return {
        "author": one.author, "kind": one.kind, "text": one.text, "at": moment(one.at), "state": one.state,
        "reason": one.reason, "quick_replies": [dict(each) for each in one.quick_replies],
        "cards": [dict(each) for each in one.cards],
    }  # fmt: skip


def effect(one: Effect) -> dict[str, Any]:
    """Something that would be done."""
    return {"kind": one.kind, "summary": one.summary, "facts": dict(one.facts)}


def _stride(one: Stride) -> dict[str, Any]:
    return {
        "workflow_id": one.workflow_id, "step_id": one.step_id, "kind": one.kind, "outcome": one.outcome,
        "branch": one.branch, "reason": one.reason, "at": moment(one.at), "waited_seconds": one.waited,
        "until": moment(one.until), "waits_for": one.waits_for,
    }  # fmt: skip


def replay(told: Replay) -> dict[str, Any]:
    """What a draft would have changed."""
    return {
        "days": told.days, "since": moment(told.since), "until": moment(told.until), "messages": told.messages,
        "left_out": told.left_out, "conversations": told.conversations, "customers": told.customers, **told.counts,
        "rows": [_row(one) for one in told.rows],
        "violations": [
            {
                "conversation_id": one.conversation_id, "customer": one.customer, "at": moment(one.at),
                "text": one.text, "reason": one.reason, "new": one.new,
            } for one in told.violations
        ],
        "runs": [{"workflow_id": id, "then": then, "now": now} for id, (then, now) in told.answers.items()],
        "cost_tokens": told.cost_tokens, "cost_paise": told.cost_paise,
    }  # fmt: skip


def _row(one: Row) -> dict[str, Any]:
    return {
        "conversation_id": one.conversation_id, "customer": one.customer, "message_id": one.message_id,
        "message": one.message, "at": moment(one.at), "kind": one.kind, "then": [_line(each) for each in one.then],
        "now": [_line(each) for each in one.now], "done_then": list(one.done_then), "done_now": list(one.done_now),
        "really": [_line(each) for each in one.really],
    }  # fmt: skip


def case(one: WorkflowCase) -> dict[str, Any]:
    """A test of a workflow."""
    return {
        "id": one.id, "workflow_id": one.workflow_id, "name": one.name, "script": one.script, "expected": one.expected,
        "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
    }  # fmt: skip


def check(results: Sequence[CaseResult]) -> dict[str, Any]:
    """How tests went."""
    told = [
        {"id": one.case.id, "name": one.case.name, "passed": one.passed, "reasons": list(one.reasons)}
        for one in results
    ]
    return {"passed": all(one.passed for one in results), "results": told}


def run(one: Run) -> dict[str, Any]:
    """A run."""
    return {
        "id": one.id, "workflow_id": one.workflow_id, "version_id": one.version_id,
        "conversation_id": one.conversation_id, "customer_id": one.customer_id, "order_id": one.order_id,
        "state": str(one.state), "result": one.result, "reason": str(one.data.get("trigger") or ""),
        "created_at": moment(one.created_at), "finished_at": moment(one.finished_at), "wake_at": moment(one.wake_at),
        "waits_for": one.waiting_for,
    }  # fmt: skip


def step(one: StepExecution) -> dict[str, Any]:
    """A line of a run's log."""
    return {
        "step_id": one.step_id, "kind": one.kind, "outcome": one.outcome, "branch": one.branch, "reason": one.reason,
        "started_at": moment(one.started_at), "finished_at": moment(one.finished_at), "ms": one.ms,
        "cost_tokens": one.cost_tokens,
    }  # fmt: skip

"""Which workflow answers: events and messages are matched to live workflows, in the owner's order, the first that fits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from salespilots.domain.conversation import Conversation
from salespilots.domain.events import Event
from salespilots.domain.run import ACTIVE, Run, RunState
from salespilots.domain.workflow import Workflow, WorkflowVersion, first_step
from salespilots.ports.extensions import TriggerFact
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.core import Core

MAX_RUNS_PER_HOUR = 30
"""More runs than this in one chat within an hour is a loop between two machines: a person is asked."""

Live = Sequence[tuple[Workflow, WorkflowVersion]]
"""Live workflows with the version that is out, first to last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A workflow that did not answer, and why, in a few words."""

    workflow_id: str
    name: str
    why: str


def match(
    core: Core, live: Live, fact: TriggerFact, *, but: Collection[str] = ()
) -> tuple[Workflow, WorkflowVersion, str] | None:
    """The first workflow whose trigger fits, with the reason. ``but``: ids of workflows that may not start now."""
    for workflow, version in live:
        trigger = version.definition.get("trigger") or {}
        kind = core.registry.triggers.find(trigger.get("kind"))
        if kind is None or fact.type not in kind.event_types or workflow.id in but:
            continue
        asked = replace(fact, live_since=version.published_at) if fact.post else fact
        reason = kind.matches(trigger.get("settings") or {}, asked)
        if reason:
            return workflow, version, reason
    return None


def passed_over(core: Core, live: Live, fact: TriggerFact) -> list[Passed]:
    """The live workflows that do not answer this, first to last, each with its reason."""
    first: str | None = None
    passed: list[Passed] = []
    for workflow, version in live:
        trigger = version.definition.get("trigger") or {}
        kind, settings = core.registry.triggers.find(trigger.get("kind")), trigger.get("settings") or {}
        if kind is None or fact.type not in kind.event_types:
            why = "It waits for something else."
        elif not kind.matches(settings, replace(fact, live_since=version.published_at)):
            why = kind.misses(settings, fact) if kind.misses else "Its condition does not hold."
        elif first is None:
            first = workflow.name
            continue
        else:
            why = f"“{first}” comes before it in the list."
        passed.append(Passed(workflow_id=workflow.id, name=workflow.name, why=why))
    return passed


def start_in(
    core: Core,
    uow: UnitOfWork,
    workflow: Workflow,
    version: WorkflowVersion,
    *,
    conversation: Conversation | None,
    trigger_key: str,
    data: dict,
    message_id: str | None = None,
    order_id: str | None = None,
    active: Sequence[Run] | None = None,
    step: str | None = None,
) -> Run | None:
    """Start a run once per trigger key. An older run of the same workflow in this chat gives way. No ``conversation``: it is
    the shop's own affair, about no customer.

    ``active``: the chat's runs, when they are known and not changed since.
    """
    step = step or first_step(version.definition)
    if step is None:
        return None
    now = core.clock.now()
    run = Run(
        id=core.ids.new("run"), business_id=uow.business_id, workflow_id=workflow.id, version_id=version.id,
        lane=conversation.lane if conversation else shop_lane(uow.business_id), trigger_key=trigger_key[:300],
        created_at=now, cursor=step, conversation_id=conversation.id if conversation else None,
        customer_id=conversation.customer_id if conversation else None, order_id=order_id, message_id=message_id,
        data=data, practice=conversation.practice if conversation else False,
    )  # fmt: skip
    if message_id is not None and active is not None:  # of a message that is itself new
        uow.runs.add_new(run)
    elif not uow.runs.add_once(run):
        return None
    before = active if active is not None else active_runs(uow, conversation) if conversation else []
    for older in before:
        if older.workflow_id == workflow.id and older.id != run.id:
            older.finish(RunState.CANCELLED, now, "replaced")
            uow.runs.save(older)
    ids = {"run_id": run.id, "workflow_id": workflow.id, "conversation_id": run.conversation_id or ""}
    uow.record(Event(type="run.started", at=now, ids=ids))
    return run


def shop_lane(business_id: str) -> str:
    """The lane of runs that are about no customer."""
    return f"shop:{business_id}:workflows"


def active_runs(uow: UnitOfWork, conversation: Conversation) -> list[Run]:
    """Runs of this chat that have not ended, newest first."""
    return uow.runs.select(eq("conversation_id", conversation.id), one_of("state", list(ACTIVE)), order="-created_at")


def cancel_runs_in(
    core: Core, uow: UnitOfWork, conversation: Conversation, result: str, *, but: str | None = None
) -> int:
    """End every run of a chat, ``but`` the one whose step asks for it. Returns how many."""
    runs = [one for one in active_runs(uow, conversation) if one.id != but]
    for run in runs:
        run.finish(RunState.CANCELLED, core.clock.now(), result)
        uow.runs.save(run)
    return len(runs)

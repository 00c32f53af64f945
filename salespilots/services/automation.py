"""Which workflow answers: events and messages are matched to live workflows, in the owner's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from salespilots.domain.conversation import Conversation, Mode
from salespilots.domain.events import STARTING, Event
from salespilots.domain.run import ACTIVE, Run, RunState
from salespilots.domain.workflow import Workflow, WorkflowVersion, first_step
from salespilots.ports.extensions import TriggerFact
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.core import Core

MAX_RUNS_PER_HOUR = 30
"""More runs than this in one chat within an hour is a loop between two machines: a person is asked."""

ABOUT = ("refund_id", "payment_id", "order_id")
"""What an event is about, the closest first: its workflow starts once for each."""


def match(
    core: Core, live: Sequence[tuple[Workflow, WorkflowVersion]], fact: TriggerFact
) -> tuple[Workflow, WorkflowVersion, str] | None:
    """The first workflow whose trigger fits, with the reason."""
    for workflow, version in live:
        trigger = version.definition.get("trigger") or {}
        kind = core.registry.triggers.find(trigger.get("kind"))
        if kind is None or fact.type not in kind.event_types:
            continue
        asked = replace(fact, live_since=version.published_at) if fact.post else fact
        reason = kind.matches(trigger.get("settings") or {}, asked)
        if reason:
            return workflow, version, reason
    return None


def start_in(
    core: Core,
    uow: UnitOfWork,
    workflow: Workflow,
    version: WorkflowVersion,
    *,
    conversation: Conversation,
    trigger_key: str,
    data: dict,
    message_id: str | None = None,
    order_id: str | None = None,
    active: Sequence[Run] | None = None,
    step: str | None = None,
) -> Run | None:
    """Start a run once per trigger key. An older run of the same workflow in this chat gives way.

    ``active``: the chat's runs, when they are known and not changed since.
    """
    step = step or first_step(version.definition)
    if step is None:
        return None
    now = core.clock.now()
    run = Run(
        id=core.ids.new("run"), business_id=uow.business_id, workflow_id=workflow.id, version_id=version.id,
        lane=conversation.lane, trigger_key=trigger_key, created_at=now, cursor=step, conversation_id=conversation.id,
        customer_id=conversation.customer_id, order_id=order_id, message_id=message_id, data=data,
        practice=conversation.practice,
    )  # fmt: skip
    if message_id is not None and active is not None:  # of a message that is itself new
        uow.runs.add_new(run)
    elif not uow.runs.add_once(run):
        return None
    for older in active_runs(uow, conversation) if active is None else active:
        if older.workflow_id == workflow.id and older.id != run.id:
            older.finish(RunState.CANCELLED, now, "replaced")
            uow.runs.save(older)
    ids = {"run_id": run.id, "workflow_id": workflow.id, "conversation_id": conversation.id}
    uow.record(Event(type="run.started", at=now, ids=ids))
    return run


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


def react(core: Core, uow: UnitOfWork, events: Sequence[Event], *, order_id: str | None = None) -> None:
    """Start the workflows that wait for these events, and wake runs that wait for them."""
    live: list[tuple[Workflow, WorkflowVersion]] | None = None
    for event in events:
        conversation_id = event.ids.get("conversation_id")
        if not conversation_id or event.type not in STARTING:
            continue
        conversation = uow.conversations.get(conversation_id)
        for run in active_runs(uow, conversation):
            if run.state is RunState.WAITING and run.waiting_for == event.type:
                run.wake(event.type)
                uow.runs.save(run)
        if conversation.mode is Mode.HUMAN:
            continue
        live = core.memory.live(uow) if live is None else live
        found = match(core, live, TriggerFact(type=event.type))
        if found:
            workflow, version, reason = found
            about = next(event.ids[name] for name in ABOUT if event.ids.get(name))
            start_in(
                core, uow, workflow, version, conversation=conversation, trigger_key=f"{event.type}:{about}",
                data={"trigger": reason}, order_id=order_id,
            )  # fmt: skip

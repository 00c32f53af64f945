"""Walking a run: one step at a time, its effects and its place in one transaction.

Steps that only read the shop are done in the transaction that notes them, several in a row. A step that calls a
provider is noted first (T3), called with no transaction open, and applied afterwards (T4). A crash anywhere repeats at
most one call with the same key. The transactions are those of a lane's turn (`salespilots.services.messaging.turns`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from salespilots.domain.conversation import Conversation, Mode
from salespilots.domain.errors import PriceChanged, SalesPilotsError, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.run import MAX_VISITS, Run, RunState, StepExecution
from salespilots.domain.workflow import END, HUMAN, WorkflowVersion, steps_by_id
from salespilots.ports.effects import (
    AddTag,
    Advance,
    Outcome,
    PlaceOrder,
    RemoveTag,
    SetCustomer,
    SetField,
    StartWorkflow,
    Stop,
    Wait,
)
from salespilots.ports.errors import PortError
from salespilots.ports.extensions import ActionContext, ActionType
from salespilots.ports.storage import StorageUnavailable, UnitOfWork
from salespilots.ports.work import LeaseLost, has_come
from salespilots.services.core import Core
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging.answering import hand_over_in
from salespilots.services.messaging.desk import Desk
from salespilots.services.workflows.contexts import Contexts, PortsFactory
from salespilots.services.workflows.effects import apply_effects
from salespilots.services.workflows.seen import Seen

log = structlog.get_logger(__name__)

MAX_CALLS = 20
"""A step whose call was begun this often and never ended is given up: it goes down ``on_error``."""

LONGEST_RETRY = timedelta(hours=1)
"""A provider that asks for more time than this is asked again all the same."""

MAX_ALONE = 6
"""The same of a call that was made while nothing else was done, so that only it can have ended the process."""

ALONE = "alone"
"""In a run's data: how often its step's call was begun alone."""

OF_A_STEP = ("asked", ALONE)
"""What a run's data says of the step it is at."""

CHANGING = (SetCustomer, SetField, AddTag, RemoveTag, PlaceOrder)
"""Effects after which what was read of the customer is read again."""

STARTING = (PlaceOrder, AddTag, RemoveTag, StartWorkflow)
"""Effects that may start or wake other runs of the lane."""

NOT_OURS = (StaleEntity, LeaseLost, StorageUnavailable)
"""What a step cannot help: the whole piece of work is done again, by whoever holds the lane then."""

Place = tuple[str, str, int]
"""A step of a run as it is passed: (run id, step id, visit)."""


@dataclass(slots=True)
class StepCall:
    """A step that calls a provider, noted as started; to be made with no transaction open."""

    runner: Runner
    run_id: str
    step_id: str
    action: ActionType
    context: ActionContext
    execution_id: str

    def make(self) -> Answer:
        """Call."""
        with structlog.contextvars.bound_contextvars(run=self.run_id, step=self.step_id):
            answer = self.runner.call(self.action, self.context)
        crash_point("step.called")
        return answer

    def settle_in(self, uow: UnitOfWork, answer: Answer) -> None:
        """Apply what came of it."""
        self.runner.apply_call_in(uow, self, answer)

    def note_alone_in(self, uow: UnitOfWork) -> None:
        """Count that nothing else is done while this call is made."""
        run = uow.runs.get(self.run_id)
        run.data = {**run.data, ALONE: run.data.get(ALONE, 0) + 1}
        uow.runs.save(run)

    def spoiled(self, answer: Answer, refusal: Exception) -> Answer:
        """What it brought cannot be applied: it goes down the error branch, and never is called again for it."""
        self.runner.report(self.action.key, refusal)
        lost = answer.outcome.cost_tokens if isinstance(answer.outcome, Advance) else 0
        return Answer(error=refusal, lost_tokens=lost)

    def told(self, answer: Answer) -> None:
        """Nothing more to tell: the run log has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a step's call brought: an outcome or an error, and tokens that were paid for nothing."""

    outcome: Outcome | None = None
    error: Exception | None = None
    lost_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a lane's runs came. ``more``: another one may be ready."""

    call: StepCall | None = None
    did: bool = False
    more: bool = False


class Runner:
    """Advances the runs of a lane."""

    def __init__(self, core: Core, ports_for: PortsFactory) -> None:
        self._core = core
        self._contexts = Contexts(core, ports_for)

    def advance_in(self, desk: Desk, lane: str, refused: dict[Place, str]) -> Progress:
        """Take the next run of the lane as far as it goes.

        Raises `Refused` when the domain refuses an effect: to be rolled back and done again with the place noted in
        ``refused``.
        """
        uow = desk.uow
        ready = self.ready(desk.runs(lane), desk.has_answer)
        if not ready:
            return Progress()
        run = ready[0]
        conversation = self._chat(uow, run)
        version = self._core.memory.version(uow, run.version_id)
        seen = Seen(uow, self._core, desk.products)
        call = self._chain(uow, run, version, conversation, refused, seen)
        uow.steps.add_many(seen.log)
        uow.runs.save(run)
        if conversation is not None:
            uow.conversations.save(conversation)
        return Progress(call=call, did=True, more=len(ready) > 1 or seen.ordered)

    def _chat(self, uow: UnitOfWork, run: Run) -> Conversation | None:
        """The chat that a run is in; None for one of the shop's own."""
        return uow.conversations.get(run.conversation_id) if run.conversation_id else None

    def ready(self, active: Sequence[Run], has_answer: Callable[[Run], bool]) -> list[Run]:
        """Runs that can go on now, the newest first; the question that was asked before an aside comes after it. Time does
        not wake one that ``has_answer`` says was answered before."""
        now, ready = self._core.clock.now(), []
        for run in active:
            due = run.wake_at is not None and run.wake_at <= now
            if run.state is RunState.WAITING and due and not has_answer(run):
                run.wake("timer")
                ready.append(run)
            elif run.state is not RunState.WAITING and has_come(run.wake_at, now):
                ready.append(run)
        return sorted(ready, key=lambda one: (one.data.get("waited") or {}).get("by") == "aside")

    def _chain(
        self,
        uow: UnitOfWork,
        run: Run,
        version: WorkflowVersion,
        conversation: Conversation | None,
        refused: dict[Place, str],
        seen: Seen,
    ) -> StepCall | None:
        """Take steps until one waits, ends, or must call a provider (returned, noted as started)."""
        steps = steps_by_id(version.definition)
        while run.state in (RunState.READY, RunState.RUNNING):
            if conversation is not None and conversation.mode is Mode.HUMAN:
                self._finish(uow, run, RunState.CANCELLED, "taken_over")
                return None
            if run.visit >= MAX_VISITS or run.cursor not in steps:
                self._finish(uow, run, RunState.FAILED, "error")
                self._ask_person(uow, run, conversation, "a workflow went in circles")
                return None
            step, at = steps[run.cursor], (run.id, run.cursor, run.visit)
            often = run.attempt >= MAX_CALLS or run.data.get(ALONE, 0) >= MAX_ALONE
            gave_up = run.state is RunState.RUNNING and often
            if gave_up:
                run.attempt += 1  # a line of its own in the log
                seen.log.append(self._entry(run, step, outcome="failed", branch="on_error", reason="worker_died"))
                self._move(uow, run, step, "on_error", conversation)
                continue
            if at in refused:
                seen.log.append(self._entry(run, step, outcome="refused", branch=refused[at]))
                self._move(uow, run, step, refused[at], conversation)
                continue
            try:
                action: ActionType = self._core.registry.actions.get(step["kind"])
                outside = action.calls_ports and not (action.only_ai and not seen.has_model())
                context = self._contexts.of(uow, run, step, action, conversation, seen, outside=outside)
                run.data = {name: value for name, value in run.data.items() if name != "waited"}
                if outside:
                    run.state = RunState.RUNNING
                    run.attempt += 1
                    execution = self._entry(run, step, outcome="started")
                    seen.log.append(execution)
                    return StepCall(self, run.id, run.cursor, action, context, execution.id)
                self._apply(uow, run, step, conversation, action.run(context), seen=seen)
            except NOT_OURS:
                raise
            except Exception as error:  # the domain refused an effect, or the step itself is broken or gone
                self.report(step["kind"], error)
                raise Refused(at, branch_of(error, step)) from error
        return None

    def report(self, kind: str, error: Exception) -> None:
        """Log what is a step's own fault; a refusal of the domain is none."""
        if not isinstance(error, SalesPilotsError):
            log.error("step.broken", kind=kind, error=type(error).__name__, exc_info=error)

    # --- a call outside any transaction ------------------------------------------------------------------------

    def call(self, action: ActionType, context: ActionContext) -> Answer:
        """Run a step that calls a provider."""
        try:
            return Answer(outcome=action.run(context))
        except StorageUnavailable:
            raise
        except Exception as error:  # a broken step of some plugin goes down its error branch, not round and round
            self.report(action.key, error)
            return Answer(error=error)

    def apply_call_in(self, uow: UnitOfWork, call: StepCall, answer: Answer) -> None:
        """Apply what a call brought, unless the run went another way meanwhile."""
        now, action, outcome, error = self._core.clock.now(), call.action, answer.outcome, answer.error
        run = uow.runs.get(call.run_id)
        if run.state is not RunState.RUNNING:
            return
        conversation = self._chat(uow, run)
        step = steps_by_id(self._core.memory.version(uow, run.version_id).definition)[run.cursor]
        execution = uow.steps.get(call.execution_id)
        execution.finished_at = now
        execution.ms = int((now - execution.started_at).total_seconds() * 1000)
        if conversation is not None and conversation.mode is Mode.HUMAN:
            execution.outcome, execution.reason = "stopped", "taken_over"
            self._finish(uow, run, RunState.CANCELLED, "taken_over")
        elif error is None and outcome is not None:
            execution.outcome, execution.reason = "done", outcome.reason
            if isinstance(outcome, Advance):
                execution.branch, execution.cost_tokens = outcome.branch, outcome.cost_tokens
            self._apply(uow, run, step, conversation, outcome)
        elif isinstance(error, PortError) and error.retryable and run.attempt < action.retry.attempts:
            execution.outcome, execution.reason = "retry", error.code
            run.state = RunState.READY
            run.wake_at = now + self._backoff(action, run.attempt, error.retry_after)
        else:
            execution.outcome, execution.reason = "failed", getattr(error, "code", "error")
            execution.branch, execution.cost_tokens = branch_of(error, step), answer.lost_tokens
            self._move(uow, run, step, execution.branch, conversation)
        uow.steps.save(execution)
        uow.runs.save(run)
        if conversation is not None:
            uow.conversations.save(conversation)

    def _backoff(self, action: ActionType, attempt: int, retry_after: float | None) -> timedelta:
        if retry_after is not None:
            return min(timedelta(seconds=retry_after), LONGEST_RETRY)
        wait = min(action.retry.base * action.retry.factor ** (attempt - 1), action.retry.cap, LONGEST_RETRY)
        return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing

    # --- outcomes ------------------------------------------------------------------------------------------------

    def _apply(
        self,
        uow: UnitOfWork,
        run: Run,
        step: Mapping[str, Any],
        conversation: Conversation | None,
        outcome: Outcome,
        seen: Seen | None = None,
    ) -> None:
        """Apply an outcome. ``seen``: of the chain it belongs to, whose log it goes into."""
        apply_effects(self._core, uow, run, conversation, outcome.effects)
        if seen is not None and any(isinstance(one, CHANGING) for one in outcome.effects):
            seen.forget()
            seen.ordered = seen.ordered or any(isinstance(one, STARTING) for one in outcome.effects)
        if isinstance(outcome, Wait):
            if seen is not None:
                seen.log.append(self._entry(run, step, outcome="waiting", reason=outcome.reason))
            run.data = {**run.data, "asked": run.data.get("asked", 0) + 1}
            run.wait(until=outcome.until, event=outcome.event)
            run.attempt += 1
        elif isinstance(outcome, Stop):
            if seen is not None:
                seen.log.append(self._entry(run, step, outcome="stopped", reason=outcome.reason))
            self._finish(uow, run, RunState.SUCCEEDED, outcome.result)
        else:
            if seen is not None:
                seen.log.append(self._entry(run, step, outcome="done", branch=outcome.branch, reason=outcome.reason))
            self._move(uow, run, step, outcome.branch, conversation)

    def _move(
        self, uow: UnitOfWork, run: Run, step: Mapping[str, Any], branch: str, conversation: Conversation | None
    ) -> None:
        """Follow a branch. A failure without a branch of its own goes to a person."""
        target = step.get(branch)
        if target is None and branch == "on_error":
            self._finish(uow, run, RunState.FAILED, "error")
            self._ask_person(uow, run, conversation, "a step did not work")
        elif target is None or target == END:
            self._finish(uow, run, RunState.SUCCEEDED, "done")
        elif target == HUMAN:
            self._finish(uow, run, RunState.SUCCEEDED, "handed_over")
            self._ask_person(uow, run, conversation, "asked by the workflow")
        else:
            run.go(target)
            run.data = {name: value for name, value in run.data.items() if name not in OF_A_STEP}

    def _ask_person(self, uow: UnitOfWork, run: Run, conversation: Conversation | None, reason: str) -> None:
        """The customer's chat goes to a person; where there is none the owner is told."""
        if conversation is not None:
            hand_over_in(self._core, uow, conversation, None, reason, by_run=run.id)
        else:
            told = Event(type="owner.told", at=self._core.clock.now(), ids=ids_of(run), data={"text": reason})
            uow.record(told)

    def _finish(self, uow: UnitOfWork, run: Run, state: RunState, result: str) -> None:
        now = self._core.clock.now()
        run.finish(state, now, result)
        uow.record(Event(type="run.finished", at=now, ids=ids_of(run), data={"result": result}))

    def _entry(
        self, run: Run, step: Mapping[str, Any], *, outcome: str, branch: str = "next", reason: str = ""
    ) -> StepExecution:
        """A line of the run log."""
        now = self._core.clock.now()
        done = outcome != "started"
        return StepExecution(
            id=self._core.ids.new("step"), business_id=run.business_id, run_id=run.id, step_id=step["id"],
            kind=step["kind"], visit=run.visit, attempt=run.attempt, started_at=now, outcome=outcome, branch=branch,
            reason=reason[:300], finished_at=now if done else None, saw=seen_by(run),
        )  # fmt: skip


def ids_of(run: Run) -> dict[str, str]:
    """What a run's events are about."""
    return {"run_id": run.id, "workflow_id": run.workflow_id, "conversation_id": run.conversation_id or ""}


def seen_by(run: Run) -> dict[str, Any]:
    """What a step of the run goes by, for the log: which message, what woke it, and what is known, by name alone."""
    saw: dict[str, Any] = {
        "knows": sorted(name for name, value in run.data.items() if value not in (None, "", [], {}))[:40]
    }
    if run.message_id:
        saw["message_id"] = run.message_id
    woken = (run.data.get("waited") or {}).get("by")
    return {**saw, "woken_by": woken} if woken else saw


def branch_of(error: Exception | None, step: Mapping[str, Any]) -> str:
    """Where a refusal leads: prices that moved go to ``on_change`` where the step has one, all else to ``on_error``."""
    return "on_change" if isinstance(error, PriceChanged) and step.get("on_change") else "on_error"


class Refused(Exception):
    """The domain refused an effect: roll back and send the run down ``branch`` in a fresh transaction."""

    def __init__(self, at: Place, branch: str) -> None:
        super().__init__(branch)
        self.at, self.branch = at, branch

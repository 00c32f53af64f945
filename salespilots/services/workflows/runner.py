"""Walking a run: one step at a time, its effects and its place in one transaction.

Steps that only read the shop are done in the transaction that notes them, several in a row. A step that calls a
provider is noted first (T3), called with no transaction open, and applied afterwards (T4), checked against the
lane's fence. A crash anywhere repeats at most one call with the same key.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from salespilots.domain.conversation import Conversation, Mode
from salespilots.domain.errors import PriceChanged, SalesPilotsError, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.run import MAX_VISITS, Run, RunState, StepExecution
from salespilots.domain.workflow import END, HUMAN, WorkflowVersion, steps_by_id
from salespilots.ports.errors import PortError
from salespilots.ports.extensions import (
    ActionContext,
    ActionPorts,
    ActionType,
    AddTag,
    Advance,
    CustomerView,
    Outcome,
    PlaceOrder,
    SetCustomer,
    ShopView,
    Stop,
    Wait,
)
from salespilots.ports.storage import StorageUnavailable, UnitOfWork, eq, one_of
from salespilots.ports.work import Lease, LeaseLost
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging.answering import hand_over_in
from salespilots.services.workflows.assistant import OWN_WORDS
from salespilots.services.workflows.effects import apply_effects
from salespilots.services.workflows.reading import Reader
from salespilots.services.workflows.seen import Seen

log = structlog.get_logger(__name__)

MAX_CALLS = 6
"""A step whose call ended the process this often is given up: it goes down ``on_error``."""

NOT_OURS = (StaleEntity, LeaseLost, StorageUnavailable)
"""What a step cannot help: the whole piece of work is done again, by whoever holds the lane then."""

Place = tuple[str, str, int]
"""A step of a run as it is passed: (run id, step id, visit)."""

PortsFactory = Callable[[str, ActionContext], ActionPorts]
"""Makes the `ActionPorts` of one step of a shop."""


class Runner:
    """Advances the runs of a lane."""

    def __init__(self, core: Core, ports_for: PortsFactory) -> None:
        self._core = core
        self._ports_for = ports_for

    def advance(self, business_id: str, lane: str, lease: Lease) -> tuple[bool, bool]:
        """Do the next piece of work of one run of the lane: (whether there was some, whether there may be more)."""
        refused: dict[Place, str] = {}
        while True:
            try:
                return retrying(lambda: self._advance(business_id, lane, lease, refused))
            except _Refused as refusal:
                if refusal.at in refused:
                    raise
                refused[refusal.at] = refusal.branch

    # --- one transaction ---------------------------------------------------------------------------------------

    def _advance(self, business_id: str, lane: str, lease: Lease, refused: dict[Place, str]) -> tuple[bool, bool]:
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            ready = self._ready(uow, lane)
            if not ready:
                return False, False
            run = ready[0]
            conversation = uow.conversations.get(run.conversation_id or "")
            version = uow.workflow_versions.get(run.version_id)
            pending = self._chain(uow, run, version, conversation, refused)
            uow.runs.save(run)
            uow.conversations.save(conversation)
            uow.commit()
        if pending is None:
            crash_point("step.applied")
            return True, len(ready) > 1
        action, context, execution_id = pending
        crash_point("step.started")
        with structlog.contextvars.bound_contextvars(run=run.id, step=run.cursor):
            outcome, error = self._call(business_id, action, context)
        crash_point("step.called")
        try:
            retrying(lambda: self._apply_call(business_id, lease, run.id, action, execution_id, outcome, error))
        except NOT_OURS:
            raise
        except Exception as refusal:  # what the call brought cannot be applied: never call again for it
            self._report(action.key, refusal)
            lost = outcome.cost_tokens if isinstance(outcome, Advance) else 0
            why = refusal
            retrying(lambda: self._apply_call(business_id, lease, run.id, action, execution_id, None, why, lost))
        crash_point("step.applied")
        return True, True

    def _ready(self, uow: UnitOfWork, lane: str) -> list[Run]:
        """Runs that can go on now, the newest first; the question that was asked before an aside comes after it."""
        now = self._core.clock.now()
        active = uow.runs.select(
            eq("lane", lane), one_of("state", [RunState.READY, RunState.RUNNING, RunState.WAITING]), order="-created_at"
        )
        ready = []
        for run in active:
            due = run.wake_at is not None and run.wake_at <= now
            if run.state is RunState.WAITING and due:
                run.wake("timer")
                ready.append(run)
            elif run.state is not RunState.WAITING and (due or run.wake_at is None):
                ready.append(run)
        return sorted(ready, key=lambda one: (one.data.get("waited") or {}).get("by") == "aside")

    def _chain(
        self,
        uow: UnitOfWork,
        run: Run,
        version: WorkflowVersion,
        conversation: Conversation,
        refused: dict[Place, str],
    ) -> tuple[ActionType, ActionContext, str] | None:
        """Take steps until one waits, ends, or must call a provider (returned with its context)."""
        steps = steps_by_id(version.definition)
        seen = Seen(uow, self._core)
        while run.state in (RunState.READY, RunState.RUNNING):
            if conversation.mode is Mode.HUMAN:
                self._finish(uow, run, RunState.CANCELLED, "taken_over")
                return None
            if run.visit >= MAX_VISITS or run.cursor not in steps:
                self._finish(uow, run, RunState.FAILED, "error")
                hand_over_in(self._core, uow, conversation, None, "a workflow went in circles", by_run=run.id)
                return None
            step, at = steps[run.cursor], (run.id, run.cursor, run.visit)
            gave_up = run.state is RunState.RUNNING and run.attempt >= MAX_CALLS
            if at in refused or gave_up:
                branch = refused.get(at, "on_error")
                self._log(uow, run, step, outcome="refused", branch=branch)
                self._move(uow, run, step, branch, conversation)
                continue
            try:
                action: ActionType = self._core.registry.actions.get(step["kind"])
                outside = action.calls_ports and not (action.only_ai and not seen.has_model())
                context = self._context(uow, run, step, action, conversation, seen, outside=outside)
                run.data = {name: value for name, value in run.data.items() if name != "waited"}
                if outside:
                    run.state = RunState.RUNNING
                    run.attempt += 1
                    execution = self._log(uow, run, step, outcome="started")
                    return action, context, execution.id
                self._apply(uow, run, step, conversation, action.run(context), seen=seen)
            except NOT_OURS:
                raise
            except Exception as error:  # the domain refused an effect, or the step itself is broken or gone
                self._report(step["kind"], error)
                raise _Refused(at, branch_of(error, step)) from error
        return None

    def _report(self, kind: str, error: Exception) -> None:
        if not isinstance(error, SalesPilotsError):
            log.error("step.broken", kind=kind, error=type(error).__name__, exc_info=error)

    # --- a call outside any transaction ------------------------------------------------------------------------

    def _call(
        self, business_id: str, action: ActionType, context: ActionContext
    ) -> tuple[Outcome | None, Exception | None]:
        try:
            return action.run(context), None
        except StorageUnavailable:
            raise
        except Exception as error:  # a broken step of some plugin goes down its error branch, not round and round
            self._report(action.key, error)
            return None, error

    def _apply_call(
        self,
        business_id: str,
        lease: Lease,
        run_id: str,
        action: ActionType,
        execution_id: str,
        outcome: Outcome | None,
        error: Exception | None,
        lost_tokens: int = 0,
    ) -> None:
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            run = uow.runs.get(run_id)
            if run.state is not RunState.RUNNING:
                return
            conversation = uow.conversations.get(run.conversation_id or "")
            step = steps_by_id(uow.workflow_versions.get(run.version_id).definition)[run.cursor]
            execution = uow.steps.get(execution_id)
            execution.finished_at = now
            execution.ms = int((now - execution.started_at).total_seconds() * 1000)
            if conversation.mode is Mode.HUMAN:
                execution.outcome, execution.reason = "stopped", "taken_over"
                self._finish(uow, run, RunState.CANCELLED, "taken_over")
            elif error is None and outcome is not None:
                execution.outcome, execution.reason = "done", outcome.reason
                if isinstance(outcome, Advance):
                    execution.branch, execution.cost_tokens = outcome.branch, outcome.cost_tokens
                self._apply(uow, run, step, conversation, outcome, log=False)
            elif isinstance(error, PortError) and error.retryable and run.attempt < action.retry.attempts:
                execution.outcome, execution.reason = "retry", error.code
                run.state = RunState.READY
                run.wake_at = now + self._backoff(action, run.attempt, error.retry_after)
            else:
                execution.outcome, execution.reason = "failed", getattr(error, "code", "error")
                execution.branch, execution.cost_tokens = branch_of(error, step), lost_tokens
                self._move(uow, run, step, execution.branch, conversation)
            uow.steps.save(execution)
            uow.runs.save(run)
            uow.conversations.save(conversation)
            uow.commit()

    def _backoff(self, action: ActionType, attempt: int, retry_after: float | None) -> timedelta:
        if retry_after is not None:
            return timedelta(seconds=retry_after)
        wait = min(action.retry.base * action.retry.factor ** (attempt - 1), action.retry.cap)
        return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing

    # --- outcomes ------------------------------------------------------------------------------------------------

    def _apply(
        self,
        uow: UnitOfWork,
        run: Run,
        step: Mapping[str, Any],
        conversation: Conversation,
        outcome: Outcome,
        log: bool = True,
        seen: Seen | None = None,
    ) -> None:
        apply_effects(self._core, uow, run, conversation, outcome.effects)
        if seen is not None and any(isinstance(one, (SetCustomer, AddTag, PlaceOrder)) for one in outcome.effects):
            seen.forget_customer()
        if isinstance(outcome, Wait):
            if log:
                self._log(uow, run, step, outcome="waiting", reason=outcome.reason)
            run.data = {**run.data, "asked": run.data.get("asked", 0) + 1}
            run.wait(until=outcome.until, event=outcome.event)
            run.attempt += 1
        elif isinstance(outcome, Stop):
            if log:
                self._log(uow, run, step, outcome="stopped", reason=outcome.reason)
            self._finish(uow, run, RunState.SUCCEEDED, outcome.result)
        else:
            if log:
                self._log(uow, run, step, outcome="done", branch=outcome.branch, reason=outcome.reason)
            self._move(uow, run, step, outcome.branch, conversation)

    def _move(
        self, uow: UnitOfWork, run: Run, step: Mapping[str, Any], branch: str, conversation: Conversation
    ) -> None:
        """Follow a branch. A failure without a branch of its own goes to a person."""
        target = step.get(branch)
        if target is None and branch == "on_error":
            self._finish(uow, run, RunState.FAILED, "error")
            hand_over_in(self._core, uow, conversation, None, "a step did not work", by_run=run.id)
        elif target is None or target == END:
            self._finish(uow, run, RunState.SUCCEEDED, "done")
        elif target == HUMAN:
            self._finish(uow, run, RunState.SUCCEEDED, "handed_over")
            hand_over_in(self._core, uow, conversation, None, "asked by the workflow", by_run=run.id)
        else:
            run.go(target)
            run.data = {name: value for name, value in run.data.items() if name != "asked"}

    def _finish(self, uow: UnitOfWork, run: Run, state: RunState, result: str) -> None:
        now = self._core.clock.now()
        run.finish(state, now, result)
        ids = {"run_id": run.id, "workflow_id": run.workflow_id, "conversation_id": run.conversation_id or ""}
        uow.record(Event(type="run.finished", at=now, ids=ids, data={"result": result}))

    def _log(
        self,
        uow: UnitOfWork,
        run: Run,
        step: Mapping[str, Any],
        *,
        outcome: str,
        branch: str = "next",
        reason: str = "",
    ) -> StepExecution:
        now = self._core.clock.now()
        done = outcome != "started"
        execution = StepExecution(
            id=self._core.ids.new("step"), business_id=run.business_id, run_id=run.id, step_id=step["id"],
            kind=step["kind"], visit=run.visit, attempt=run.attempt, started_at=now, outcome=outcome, branch=branch,
            reason=reason[:300], finished_at=now if done else None,
        )  # fmt: skip
        uow.steps.add_once(execution)
        return execution

    def _context(
        self,
        uow: UnitOfWork,
        run: Run,
        step: Mapping[str, Any],
        action: ActionType,
        conversation: Conversation,
        seen: Seen,
        *,
        outside: bool,
    ) -> ActionContext:
        shop, customer = seen.shop, seen.customer(conversation.customer_id)
        text, payload = seen.message(run.message_id)
        woken_by = (run.data.get("waited") or {}).get("by")
        wanted = action.reads_message == "always" or (
            action.reads_message == "when_woken" and woken_by == "message.received"
        )
        inside = None if outside else uow
        reader = Reader(self._core, run.business_id, conversation.customer_id, conversation.id, inside)
        context = ActionContext(
            settings=action.settings().load(dict(step.get("settings") or {})),
            data=dict(run.data),
            now=self._core.clock.now(),
            idempotency_key=f"{run.id}:{run.cursor}:{run.visit}",
            shop=ShopView(
                name=shop.name, return_policy=shop.return_policy or "", reserve_minutes=shop.reserve_minutes
            ),
            customer=CustomerView(
                customer_id=customer.id, name=customer.name, phone=customer.phone, address=dict(customer.address),
                tags=tuple(customer.tags),
            ),
            reader=reader,
            ports=None,  # type: ignore[arg-type]
            message=text,
            payload=payload,
            woken_by=woken_by,
            focus=dict(conversation.focus),
            understanding=seen.understanding(run.message_id) if wanted else None,
            order_id=run.order_id,
        )  # fmt: skip
        if outside:
            object.__setattr__(context, "ports", self._ports_for(run.business_id, context))
        elif action.calls_ports:
            object.__setattr__(context, "ports", OWN_WORDS)
        return context


def branch_of(error: Exception | None, step: Mapping[str, Any]) -> str:
    """Where a refusal leads: prices that moved go to ``on_change`` where the step has one, all else to ``on_error``."""
    return "on_change" if isinstance(error, PriceChanged) and step.get("on_change") else "on_error"


class _Refused(Exception):
    """The domain refused an effect: roll back and send the run down ``branch`` in a fresh transaction."""

    def __init__(self, at: Place, branch: str) -> None:
        super().__init__(branch)
        self.at, self.branch = at, branch

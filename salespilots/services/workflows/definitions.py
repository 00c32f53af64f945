"""Workflows as the owner handles them: draft, publish, pause, order, read the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from salespilots.domain.errors import Conflict, DefinitionInvalid
from salespilots.domain.events import Event
from salespilots.domain.run import Run, StepExecution
from salespilots.domain.workflow import Workflow, WorkflowState, WorkflowVersion, check
from salespilots.ports.storage import Page, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying
from salespilots.services.workflows.schemas import load_definition
from salespilots.services.workflows.starters import STARTERS


class Workflows:
    """Owner's and API's use cases on workflows."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(self, business_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Workflow]:
        """In the order in which they are matched."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.page(order="position", cursor=cursor, limit=limit)

    def get(self, business_id: str, workflow_id: str) -> Workflow:
        """One workflow. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.get(workflow_id)

    def create(self, business_id: str, name: str, definition: Any, *, actor: str = "") -> Workflow:
        """A draft."""
        definition = load_definition(definition, self._core.registry)
        with self._core.storage.unit_of_work(business_id) as uow:
            workflow = self._add(uow, name, definition)
            uow.commit()
        return workflow

    def _add(self, uow: UnitOfWork, name: str, definition: dict, starter: str | None = None) -> Workflow:
        now = self._core.clock.now()
        last = uow.workflows.select(order="-position", limit=1)
        workflow = Workflow(
            id=self._core.ids.new("workflow"), business_id=uow.business_id, name=name, created_at=now, updated_at=now,
            draft=definition, position=(last[0].position + 1) if last else 1, starter=starter,
        )  # fmt: skip
        uow.workflows.add(workflow)
        return workflow

    def save_draft(
        self, business_id: str, workflow_id: str, *, name: str | None = None, definition: Any = None
    ) -> Workflow:
        """Change the draft; what is live goes on as it is."""
        loaded = None if definition is None else load_definition(definition, self._core.registry)

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = uow.workflows.get(workflow_id)
                workflow.name = name or workflow.name
                workflow.draft = loaded if loaded is not None else workflow.draft
                workflow.updated_at = self._core.clock.now()
                uow.workflows.save(workflow)
                uow.commit()
            return workflow

        return retrying(use_case)

    def publish(
        self, business_id: str, workflow_id: str, *, actor: str = "", tried: Mapping[str, Any] | None = None
    ) -> Workflow:
        """Make the draft the live version. An unchanged draft goes live as the version it was. ``tried``: only if it is this
        one still. Raises `DefinitionInvalid`, `Conflict`."""

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = uow.workflows.get(workflow_id)
                if tried is not None and workflow.draft != tried:
                    raise Conflict("The draft was changed meanwhile. Try it again.")
                self._publish(uow, workflow, actor)
                uow.commit()
            return workflow

        return retrying(use_case)

    def _publish(self, uow: UnitOfWork, workflow: Workflow, actor: str) -> None:
        core, now = self._core, self._core.clock.now()
        check(workflow.draft, triggers=core.registry.triggers.keys(), actions=core.registry.actions.keys())
        current = (
            uow.workflow_versions.find(id=workflow.live_version_id) if workflow.live_version_id is not None else None
        )
        if current is None or current.definition != workflow.draft:
            workflow.version_number += 1
            version = WorkflowVersion(
                id=core.ids.new("version"), business_id=uow.business_id, workflow_id=workflow.id,
                number=workflow.version_number, definition=workflow.draft, published_at=now,
            )  # fmt: skip
            uow.workflow_versions.add(version)
            workflow.live_version_id = version.id
        elif workflow.state is WorkflowState.LIVE:
            return
        workflow.state, workflow.updated_at = WorkflowState.LIVE, now
        uow.workflows.save(workflow)
        uow.record(Event(type="workflow.published", at=now, ids={"workflow_id": workflow.id}, actor=actor or "system"))

    def pause(self, business_id: str, workflow_id: str, *, actor: str = "") -> Workflow:
        """Stop matching it; runs that began go on."""

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = uow.workflows.get(workflow_id)
                if workflow.state is WorkflowState.DRAFT:
                    raise Conflict("A draft is not live.")
                if workflow.state is WorkflowState.LIVE:
                    workflow.state, workflow.updated_at = WorkflowState.PAUSED, self._core.clock.now()
                    uow.workflows.save(workflow)
                    ids = {"workflow_id": workflow.id}
                    uow.record(Event(type="workflow.paused", at=workflow.updated_at, ids=ids, actor=actor or "system"))
                    uow.commit()
            return workflow

        return retrying(use_case)

    def starters_on(self, business_id: str, *, actor: str = "") -> list[Workflow]:
        """Create what is missing of the three starters and switch them on. Safe to repeat."""

        def use_case() -> list[Workflow]:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflows = self.starters_on_in(uow, actor=actor)
                uow.commit()
            return workflows

        return retrying(use_case)

    def starters_on_in(self, uow: UnitOfWork, *, actor: str = "") -> list[Workflow]:
        """The same within a transaction."""
        present = {one.starter: one for one in uow.workflows.select(Where("starter", "not_null"))}
        workflows = []
        for key, (name, definition) in STARTERS.items():
            workflow = present.get(key)
            if workflow is None:
                workflow = self._add(uow, name, load_definition(definition, self._core.registry), starter=key)
            self._publish(uow, workflow, actor)
            workflows.append(workflow)
        return workflows

    def live_count(self, business_id: str) -> int:
        """How many are live."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.count(eq("state", WorkflowState.LIVE))

    def problems(self, workflow: Workflow) -> list[str]:
        """Why the draft could not go live; empty when it could."""
        registry = self._core.registry
        try:
            check(workflow.draft, triggers=registry.triggers.keys(), actions=registry.actions.keys())
        except DefinitionInvalid as error:
            return error.problems
        return []

    # --- the log -----------------------------------------------------------------------------------------

    def runs(
        self,
        business_id: str,
        workflow_id: str,
        *,
        result: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Run]:
        """A workflow's runs, newest first."""
        where = [eq("workflow_id", workflow_id)]
        if result:
            where.append(eq("result", result))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.workflows.get(workflow_id)
            return uow.runs.page(*where, cursor=cursor, limit=limit)

    def run(self, business_id: str, run_id: str) -> tuple[Run, list[StepExecution], WorkflowVersion]:
        """A run with its steps in order and the version it walks."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            run = uow.runs.get(run_id)
            steps = uow.steps.select(eq("run_id", run.id), order="started_at")
            version = uow.workflow_versions.get(run.version_id)
        return run, sorted(steps, key=lambda one: (one.visit, one.attempt)), version

    def runs_of_chat(
        self, business_id: str, conversation_id: str, limit: int = 5
    ) -> list[tuple[Run, list[StepExecution]]]:
        """The newest runs of a chat with their steps, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            runs = uow.runs.select(eq("conversation_id", conversation_id), order="-created_at", limit=limit)
            return [
                (run, sorted(uow.steps.select(eq("run_id", run.id)), key=lambda one: (one.visit, one.attempt)))
                for run in runs
            ]

    def week(self, business_id: str, workflow_ids: Sequence[str]) -> dict[str, tuple[int, int, Any]]:
        """Per workflow: runs in 7 days, how many of them ended well, time of the newest."""
        since = self._core.clock.now() - timedelta(days=7)
        figures: dict[str, tuple[int, int, Any]] = {}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            for workflow_id in workflow_ids:
                recent = (eq("workflow_id", workflow_id), Where("created_at", "ge", since))
                states = uow.queries.count_by("runs", "state", *recent)
                newest = uow.runs.select(eq("workflow_id", workflow_id), order="-created_at", limit=1)
                good = sum(number for state, number in states.items() if state != "failed")
                figures[workflow_id] = (sum(states.values()), good, newest[0].created_at if newest else None)
        return figures

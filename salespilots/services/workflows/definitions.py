"""Workflows as the owner handles them: draft, publish, pause, order, read the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from salespilots.domain.copies import own_copy
from salespilots.domain.errors import Conflict, NotFound
from salespilots.domain.events import Event
from salespilots.domain.workflow import Workflow, WorkflowState, WorkflowVersion
from salespilots.domain.workflow_problems import Problem, check
from salespilots.ports.storage import Page, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying
from salespilots.services.workflows.judging import problems_in
from salespilots.services.workflows.places import put_before_general_in
from salespilots.services.workflows.schemas import load_definition
from salespilots.services.workflows.starters import ON_BY_DEFAULT
from salespilots.services.workflows.timed import plan_in


class Workflows:
    """Owner's and API's use cases on workflows."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(self, business_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Workflow]:
        """In the order in which they are matched."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.page(eq("archived", False), order="position", cursor=cursor, limit=limit)

    def get(self, business_id: str, workflow_id: str) -> Workflow:
        """One workflow. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.get(workflow_id)

    def create(self, business_id: str, name: str, definition: Any, *, actor: str = "") -> Workflow:
        """A draft."""
        definition = load_definition(definition, self._core)

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = self.create_in(uow, name, definition)
                uow.commit()
            return workflow

        return retrying(use_case)

    def create_in(
        self, uow: UnitOfWork, name: str, definition: dict[str, Any], *, starter: str | None = None
    ) -> Workflow:
        """The same within a transaction, of a definition that is loaded. ``starter``: the key of what it began as."""
        now = self._core.clock.now()
        last = uow.workflows.select(order="-position", limit=1)
        workflow = Workflow(
            id=self._core.ids.new("workflow"), business_id=uow.business_id, name=name, created_at=now, updated_at=now,
            draft=definition, position=(last[0].position + 1) if last else 1, starter=starter,
        )  # fmt: skip
        put_before_general_in(self._core, uow, workflow)
        uow.workflows.add(workflow)
        return workflow

    def save_draft(
        self,
        business_id: str,
        workflow_id: str,
        *,
        name: str | None = None,
        definition: Any = None,
        before: Mapping[str, Any] | None = None,
        based_on: int | None = None,
    ) -> Workflow:
        """Change the draft; what is live goes on as it is. ``before``: what was kept already, of which nothing is refused
        now; the draft itself where it is not said. ``based_on``: the ``version`` of the row that was edited; `Conflict` when
        somebody saved meanwhile."""
        loaded = None
        if definition is not None:
            before = self.get(business_id, workflow_id).draft if before is None else before
            loaded = load_definition(definition, self._core, before=before)

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = uow.workflows.get(workflow_id)
                if based_on is not None and workflow.version != based_on:
                    raise Conflict("It was changed meanwhile, here or by somebody else. Look at it again.")
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
        check(problems_in(core, uow, workflow.draft, itself=workflow.id))
        current = (
            uow.workflow_versions.find(id=workflow.live_version_id) if workflow.live_version_id is not None else None
        )
        if current is None:
            put_before_general_in(core, uow, workflow)
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
        plan_in(core, uow, workflow, workflow.draft)
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

    def starters_on_in(self, uow: UnitOfWork, *, actor: str = "") -> list[Workflow]:
        """Create what is missing of the three starters and switch them on, within a transaction. Safe to repeat."""
        present = {one.starter: one for one in uow.workflows.select(Where("starter", "not_null"))}
        workflows = []
        for one in ON_BY_DEFAULT:
            workflow = present.get(one.key)
            if workflow is None:
                definition = load_definition(one.definition("en"), self._core)
                workflow = self.create_in(uow, one.name.en, definition, starter=one.key)
            self._publish(uow, workflow, actor)
            workflows.append(workflow)
        return workflows

    def live_count(self, business_id: str) -> int:
        """How many are live."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.workflows.count(eq("state", WorkflowState.LIVE))

    def problems(self, business_id: str, workflow: Workflow) -> list[Problem]:
        """What is wrong with the draft, what stops it first; empty when it is fine."""
        return self.problems_of_many(business_id, [workflow])[workflow.id]

    def problems_of_many(self, business_id: str, workflows: Sequence[Workflow]) -> dict[str, list[Problem]]:
        """The same for a list."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {one.id: problems_in(self._core, uow, one.draft, itself=one.id) for one in workflows}

    # --- the list ------------------------------------------------------------------------------------------

    def move(self, business_id: str, workflow_id: str, steps: int, *, actor: str = "") -> None:
        """Asked earlier by -1, later by +1."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                rows = uow.workflows.select(eq("archived", False), order="position")
                at = next((place for place, one in enumerate(rows) if one.id == workflow_id), None)
                if at is None:
                    raise NotFound("There is no such workflow.")
                to = max(0, min(len(rows) - 1, at + steps))
                rows.insert(to, rows.pop(at))
                for position, one in enumerate(rows, start=1):
                    if one.position != position:
                        one.position = position
                        uow.workflows.save(one)
                uow.commit()

        retrying(use_case)

    def duplicate(self, business_id: str, workflow_id: str, name: str, *, actor: str = "") -> Workflow:
        """Its draft once more, as a new draft."""

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                copy = self.create_in(uow, name, own_copy(uow.workflows.get(workflow_id).draft))
                uow.commit()
            return copy

        return retrying(use_case)

    def archive(self, business_id: str, workflow_id: str, *, actor: str = "") -> None:
        """Take it off the list; runs that began go on, and the log stays."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflow = uow.workflows.get(workflow_id)
                live = workflow.state is WorkflowState.LIVE
                workflow.archived, workflow.updated_at = True, self._core.clock.now()
                workflow.state, workflow.starter = WorkflowState.PAUSED, None
                uow.workflows.save(workflow)
                if live:
                    ids = {"workflow_id": workflow.id}
                    uow.record(Event(type="workflow.paused", at=workflow.updated_at, ids=ids, actor=actor or "system"))
                uow.commit()

        retrying(use_case)

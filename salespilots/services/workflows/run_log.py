"""The log of runs: per workflow, per customer, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from salespilots.domain.run import Run, StepExecution
from salespilots.domain.workflow import WorkflowVersion
from salespilots.ports.storage import Page, Where, eq, one_of
from salespilots.services.core import Core


class RunLog:
    """Reads it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def runs(
        self,
        business_id: str,
        workflow_id: str,
        *,
        result: str = "",
        version_id: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Run]:
        """A workflow's runs, newest first."""
        where = [eq("workflow_id", workflow_id)]
        if result:
            where.append(eq("result", result))
        if version_id:
            where.append(eq("version_id", version_id))
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

    def of_customer(self, business_id: str, customer_id: str, limit: int = 8) -> list[tuple[Run, str]]:
        """A customer's newest runs over all their chats, each with its workflow's name. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.customers.get(customer_id)
            chats = [one.id for one in uow.conversations.select(eq("customer_id", customer_id))]
            runs = uow.runs.select(one_of("conversation_id", chats), order="-created_at", limit=limit) if chats else []
            names = {one.id: one.name for one in uow.workflows.select(one_of("id", {run.workflow_id for run in runs}))}
        return [(run, names.get(run.workflow_id, "")) for run in runs]

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

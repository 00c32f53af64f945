"""The list of workflows as cards."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from salespilots.domain.workflow import Workflow, WorkflowState


def card(
    workflow: Workflow, trigger: str, week: tuple[int, int, Any], problems: list[str], *,
    first: bool = False, last: bool = False,
) -> SimpleNamespace:  # fmt: skip
    """One workflow of the list; ``first`` and ``last`` of it cannot be moved further."""
    runs, good, newest = week
    return SimpleNamespace(
        id=workflow.id,
        name=workflow.name,
        trigger=trigger,
        state="error" if problems else str(workflow.state),
        live=workflow.state is WorkflowState.LIVE,
        runs_7d=runs,
        done_percent=round(good * 100 / runs) if runs else None,
        last_run_at=newest,
        problem=problems[0] if problems else None,
        first=first,
        last=last,
    )

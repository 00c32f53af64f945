"""A case kept with a workflow: what is tried, and what has to come of it before a draft goes live."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MAX_CASES = 20
"""Cases of one workflow: all of them are tried whenever it is published."""


@dataclass(slots=True, kw_only=True)
class WorkflowCase:
    """``script`` and ``expected`` are JSON (see `salespilots.services.rehearsal.script` and ``expectation``). ``customer_id``:
    whose words or orders it is about; it goes when they are forgotten. The name is unique in the workflow."""

    id: str
    business_id: str
    workflow_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    script: dict = field(default_factory=dict)
    expected: dict = field(default_factory=dict)
    customer_id: str | None = None
    version: int = 0

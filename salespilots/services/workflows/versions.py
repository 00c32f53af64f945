"""Published versions of a workflow: listed, compared, brought back; and a workflow as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.workflow import BRANCHES, Workflow, WorkflowVersion
from salespilots.ports.storage import eq, storable
from salespilots.services.core import Core
from salespilots.services.workflows.definitions import Workflows

FORMAT = "salespilots.workflow"
MAX_FILE = 400_000
"""Bytes of a workflow's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``kind``: added | removed | changed | moved. ``place``: a step's id, or ``when``. ``before`` and ``after``: the trigger
    or the step, None where it is not there; ``fields``: what changed in it."""

    kind: str
    place: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    fields: tuple[str, ...] = ()


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What is different, in the order of the newer one; steps that are gone come last. Equal definitions give nothing."""
    found: list[Difference] = []
    old, new = before.get("trigger") or {}, after.get("trigger") or {}
    if old != new:
        found.append(Difference(kind="changed", place="when", before=old, after=new, fields=_fields(old, new)))
    old_steps = {one["id"]: one for one in before.get("steps") or []}
    new_steps = {one["id"]: one for one in after.get("steps") or []}
    for id, step in new_steps.items():
        was = old_steps.get(id)
        if was is None:
            found.append(Difference(kind="added", place=id, after=step))
        elif was != step:
            fields = _fields(was, step)
            moved = bool(fields) and set(fields) <= set(BRANCHES)
            found.append(
                Difference(kind="moved" if moved else "changed", place=id, before=was, after=step, fields=fields)
            )
    found += [
        Difference(kind="removed", place=id, before=step) for id, step in old_steps.items() if id not in new_steps
    ]
    if not found and list(old_steps) != list(new_steps):
        found.append(Difference(kind="moved", place=next(iter(new_steps)), before=None, after=None))
    return found


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Names whose values differ; those of settings by their own name."""
    outer = [one for one in (*before, *after) if one != "settings" and before.get(one) != after.get(one)]
    old, new = before.get("settings") or {}, after.get("settings") or {}
    inner = [one for one in (*old, *new) if old.get(one) != new.get(one)]
    return tuple(dict.fromkeys([*outer, *inner]))


class Versions:
    """Owner's use cases."""

    def __init__(self, core: Core, workflows: Workflows) -> None:
        self._core, self._workflows = core, workflows

    def all(self, business_id: str, workflow_id: str) -> list[WorkflowVersion]:
        """Newest first. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.workflows.get(workflow_id)
            return uow.workflow_versions.select(eq("workflow_id", workflow_id), order="-number", limit=100)

    def get(self, business_id: str, workflow_id: str, number: int) -> WorkflowVersion:
        """One of them. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.workflows.get(workflow_id)
            found = uow.workflow_versions.find(workflow_id=workflow_id, number=number)
        if found is None:
            raise NotFound("There is no such version.")
        return found

    def unpublished(self, business_id: str, workflow: Workflow) -> list[Difference]:
        """What the draft changes in what is live, or was last; everything is new before the first."""
        if workflow.live_version_id is None:
            return compare({}, workflow.draft)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            version = self._core.memory.version(uow, workflow.live_version_id)
        return compare(version.definition, workflow.draft)

    def bring_back(self, business_id: str, workflow_id: str, number: int, *, actor: str = "") -> Workflow:
        """Make an earlier version the draft again; publishing it is a step of its own. Runs stay where they are."""
        found = self.get(business_id, workflow_id, number)
        return self._workflows.save_draft(
            business_id, workflow_id, definition=found.definition, before=found.definition
        )

    # --- as a file -------------------------------------------------------------------------------------------

    def export(self, business_id: str, workflow_id: str) -> bytes:
        """The draft as a file: JSON, the same bytes for the same workflow."""
        workflow = self._workflows.get(business_id, workflow_id)
        whole = {"kind": FORMAT, "format": 1, "name": workflow.name, "definition": workflow.draft}
        return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"

    def bring_in(self, business_id: str, data: bytes, *, actor: str = "") -> Workflow:
        """A draft from a file. Raises `InvalidInput` with what is wrong with it."""
        if len(data) > MAX_FILE:
            raise InvalidInput({"file": [f"A workflow's file has at most {MAX_FILE // 1000} kB."]})
        try:
            whole = json.loads(data.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise InvalidInput({"file": ["This is not a workflow's file: it is no JSON."]}) from None
        if not isinstance(whole, dict) or whole.get("kind") != FORMAT or whole.get("format") != 1:
            raise InvalidInput({"file": ["This is not a workflow's file of SalesPilots."]})
        name = " ".join(str(whole.get("name") or "").split())[:80]
        if not storable(name):
            raise InvalidInput({"file": ["The workflow's name has characters that cannot be kept."]})
        if not name:
            raise InvalidInput({"file": ["The workflow in the file has no name."]})
        try:
            return self._workflows.create(business_id, name, whole.get("definition"), actor=actor)
        except InvalidInput as error:
            raise InvalidInput(
                {"file": error.fields.get("definition", ["The workflow in the file is broken."])}
            ) from error

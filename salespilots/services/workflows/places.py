"""Where in the list a new workflow belongs: behind those that are there, but before what answers anything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from salespilots.domain.workflow import Workflow
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.services.core import Core


def put_before_general_in(core: Core, uow: UnitOfWork, workflow: Workflow) -> None:
    """Move a workflow before the general ones right above it, behind which it would hardly ever be asked. The caller adds
    or saves it; the others are saved here."""
    if is_general(core, workflow.draft):
        return
    above = uow.workflows.select(
        eq("archived", False), Where("position", "lt", workflow.position), order="-position"
    )  # fmt: skip
    for one in takewhile(lambda one: is_general(core, one.draft), above):
        one.position, workflow.position = workflow.position, one.position
        uow.workflows.save(one)


def is_general(core: Core, definition: Mapping[str, Any]) -> bool:
    """Whether the trigger takes messages whatever they are about."""
    trigger = definition.get("trigger") or {}
    kind = core.registry.triggers.find(trigger.get("kind"))
    return kind is not None and kind.general is not None and kind.general(trigger.get("settings") or {})

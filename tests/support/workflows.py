"""Workflows of a test: short words for definitions."""

from __future__ import annotations

from typing import Any

from salespilots.domain.run import Run, StepExecution
from salespilots.domain.workflow import Workflow
from tests.support.shop import Shop


def on_words(*words: str) -> dict[str, Any]:
    """Starts at one of these words."""
    return {"kind": "message.received", "settings": {"keywords": list(words)}}


def on(kind: str, **settings: Any) -> dict[str, Any]:
    """Starts at something else."""
    return {"kind": kind, "settings": settings}


def step(id: str, kind: str, branches: dict[str, str] | None = None, **settings: Any) -> dict[str, Any]:
    """A step."""
    return {"id": id, "kind": kind, "settings": settings, **(branches or {})}


def say(text: str, id: str = "say", **branches: str) -> dict[str, Any]:
    """A step that says something."""
    return {"id": id, "kind": "message.text", "settings": {"text": text}, **branches}


def publish(shop: Shop, name: str, trigger: dict, *steps: dict) -> Workflow:
    """A live workflow, first of all where ``shop`` has others."""
    workflows = shop.world.services.workflows
    made = workflows.create(shop.id, name, {"trigger": trigger, "steps": list(steps)})
    return workflows.publish(shop.id, made.id)


def runs_of(shop: Shop, workflow: Workflow) -> list[Run]:
    """Newest first."""
    return shop.world.services.run_log.runs(shop.id, workflow.id).items


def log_of(shop: Shop, workflow: Workflow) -> list[StepExecution]:
    """The steps of its newest run."""
    return shop.world.services.run_log.run(shop.id, runs_of(shop, workflow)[0].id)[1]

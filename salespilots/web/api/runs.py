"""One run of a workflow with its log."""

from __future__ import annotations

from typing import Any

from salespilots.web.api import rehearsal_shapes as shapes
from salespilots.web.api.guard import scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "runs"
blueprint = Resource("api_runs", __name__, description="Runs of workflows")


@blueprint.get("/<run_id>")
@scope("workflows:read")
@blueprint.answers(shapes.WholeRunAnswer)
def get_run(run_id: str) -> Any:
    """A run, and each step it took."""
    run, steps, version = services().run_log.run(shop_id(), run_id)
    return {**shapes.run(run), "version": version.number, "steps": [shapes.step(one) for one in steps]}

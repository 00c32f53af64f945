"""Workflows tried and watched: dry runs, and the runs that were."""

from __future__ import annotations

from typing import Any

from salespilots.services.rehearsal.script import script_of
from salespilots.web.api import rehearsal_shapes as shapes
from salespilots.web.api.guard import keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "workflows"
blueprint = Resource("api_rehearsals", __name__, description="Workflows, tried and watched")
blueprint.after_request(keep_answer)


@blueprint.post("/<workflow_id>/dry-run")
@scope("workflows:read")
@blueprint.arguments(shapes.DryRunIn)
@blueprint.answers(shapes.DryRunAnswer)
def dry_run(values: dict[str, Any], workflow_id: str) -> Any:
    """Play messages or events with the draft in the place of what is live. Writes nothing and calls nobody."""
    script = script_of(values)
    told = services().dry_runs.run(shop_id(), workflow_id, script, definition=values["definition"])
    return shapes.dry_run(told)


@blueprint.get("/<workflow_id>/runs")
@scope("workflows:read")
@blueprint.arguments(shapes.RunQuery, location="query")
@blueprint.answers(shapes.RunAnswer, page=True)
def list_runs(query: dict[str, Any], workflow_id: str) -> Any:
    """A workflow's runs, newest first."""
    page = services().workflows.runs(shop_id(), workflow_id, **query)
    return {"items": [shapes.run(one) for one in page.items], "next": page.next}

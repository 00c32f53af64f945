"""Workflows tried and watched: dry runs, tests that are kept, and the runs that were."""

from __future__ import annotations

from typing import Any

from salespilots.domain.errors import InvalidInput
from salespilots.services.rehearsal.expectation import expectation_of
from salespilots.services.rehearsal.script import script_of
from salespilots.web.api import rehearsal_shapes as shapes
from salespilots.web.api import schemas
from salespilots.web.api.guard import also_reads, keep_answer, may, scope, shop_id
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
    if values["customer_id"] and not may("customers:read"):
        raise InvalidInput({"customer_id": ["This key may not read customers."]})
    script = script_of(values)
    told = services().dry_runs.run(shop_id(), workflow_id, script, definition=values["definition"])
    return shapes.dry_run(told, workflow_id)


@blueprint.post("/<workflow_id>/replay")
@scope("workflows:read")
@also_reads("messages:read")
@blueprint.arguments(shapes.ReplayIn)
@blueprint.answers(shapes.ReplayAnswer)
def replay(values: dict[str, Any], workflow_id: str) -> Any:
    """The last days once more, with the draft in the place of what is live: what it would have changed. Writes nothing."""
    machine = services().time_machine
    told = machine.replay(shop_id(), workflow_id, days=values["days"], definition=values["definition"])
    return shapes.replay(told)


@blueprint.get("/<workflow_id>/runs")
@scope("workflows:read")
@blueprint.arguments(shapes.RunQuery, location="query")
@blueprint.answers(shapes.RunAnswer, page=True)
def list_runs(query: dict[str, Any], workflow_id: str) -> Any:
    """A workflow's runs, newest first."""
    page = services().run_log.runs(shop_id(), workflow_id, **query)
    return {"items": [shapes.run(one) for one in page.items], "next": page.next}


@blueprint.get("/<workflow_id>/cases")
@scope("workflows:read")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.answers(shapes.CaseAnswer, page=True)
def list_cases(query: dict[str, Any], workflow_id: str) -> Any:
    """The tests of a workflow, oldest first: never more than one page."""
    return {"items": [shapes.case(one) for one in services().cases.of(shop_id(), workflow_id)], "next": None}


@blueprint.post("/<workflow_id>/cases")
@scope("workflows:write")
@blueprint.arguments(shapes.CaseIn)
@blueprint.answers(shapes.CaseAnswer, 201)
def keep_case(values: dict[str, Any], workflow_id: str) -> Any:
    """Keep a test; the same name again changes it."""
    expected = values["expected"] and expectation_of(values["expected"])
    kept = services().cases.keep(shop_id(), workflow_id, values["name"], script_of(values["script"]), expected)
    return shapes.case(kept)


@blueprint.post("/<workflow_id>/cases/check")
@scope("workflows:read")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(shapes.CheckAnswer)
def check_cases(_: dict[str, Any], workflow_id: str) -> Any:
    """Try all tests with the draft. Writes nothing."""
    return shapes.check(services().cases.check(shop_id(), workflow_id))


@blueprint.delete("/<workflow_id>/cases/<case_id>")
@scope("workflows:write")
@blueprint.answers(shapes.CaseAnswer)
def remove_case(workflow_id: str, case_id: str) -> Any:
    """Forget a test."""
    return shapes.case(services().cases.remove(shop_id(), workflow_id, case_id))

"""Workflows: list, read, draft, publish, pause."""

from __future__ import annotations

from typing import Any

from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "workflows"
blueprint = Resource("api_workflows", __name__, description="Workflows")
blueprint.after_request(keep_answer)


@blueprint.get("")
@scope("workflows:read")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.answers(answers.Workflow, page=True)
def list_workflows(query: dict[str, Any]) -> Any:
    """In the order in which they are matched."""
    page = services().workflows.page(shop_id(), **query)
    return {"items": [shapes.workflow(one) for one in page.items], "next": page.next}


@blueprint.post("")
@scope("workflows:write")
@blueprint.arguments(schemas.WorkflowIn)
@blueprint.answers(answers.Workflow, 201)
def create_workflow(values: dict[str, Any]) -> Any:
    """A draft."""
    return shapes.workflow(services().workflows.create(shop_id(), values["name"], values["definition"], actor=actor()))


@blueprint.get("/<workflow_id>")
@scope("workflows:read")
@blueprint.answers(answers.Workflow)
def get_workflow(workflow_id: str) -> Any:
    """One workflow."""
    return shapes.workflow(services().workflows.get(shop_id(), workflow_id))


@blueprint.put("/<workflow_id>")
@scope("workflows:write")
@blueprint.arguments(schemas.WorkflowPut)
@blueprint.answers(answers.Workflow)
def save_draft(values: dict[str, Any], workflow_id: str) -> Any:
    """Change the draft; what is live goes on."""
    return shapes.workflow(
        services().workflows.save_draft(
            shop_id(), workflow_id, name=values.get("name"), definition=values.get("definition")
        )
    )


@blueprint.post("/<workflow_id>/publish")
@scope("workflows:write")
@blueprint.arguments(schemas.PublishIn)
@blueprint.answers(answers.Workflow)
def publish(values: dict[str, Any], workflow_id: str) -> Any:
    """Make the draft the live version; 409 with the problems when it cannot run, and with what failed when its tests fail."""
    cases = services().cases
    return shapes.workflow(cases.publish(shop_id(), workflow_id, actor=actor(), force=values["force"]))


@blueprint.post("/<workflow_id>/pause")
@scope("workflows:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Workflow)
def pause(_: dict[str, Any], workflow_id: str) -> Any:
    """Stop matching it."""
    return shapes.workflow(services().workflows.pause(shop_id(), workflow_id, actor=actor()))

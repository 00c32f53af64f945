"""The waiting list: who wants to be told when something is back."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from salespilots.domain.errors import InvalidInput
from salespilots.domain.waiting import WaitingPlace, WaitingState
from salespilots.web.api import schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "waiting"
blueprint = Resource("api_waiting", __name__, description="The waiting list")
blueprint.after_request(keep_answer)


class WaitingQuery(schemas.ListQuery):
    """Filters of the list; without a state all but those who left."""

    product_id = schemas.key(load_default="")
    variant_id = schemas.key(load_default="")
    customer_id = schemas.key(load_default="")
    state = fields.String(load_default="", validate=validate.OneOf(list(WaitingState)))


class WaitingIn(schemas.Base):
    """Who waits for what: ``variant_id`` or ``sku``. Told in this chat, or in the customer's newest."""

    customer_id = schemas.key(required=True)
    variant_id = schemas.key()
    sku = schemas.line(60, 1)
    conversation_id = schemas.key(allow_none=True)


class WaitingAnswer(Schema):
    """One customer's place for one variant; ``since`` is its place in the order."""

    id = fields.String(required=True)
    product_id = fields.String(required=True)
    variant_id = fields.String(required=True)
    customer_id = fields.String(required=True)
    conversation_id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(list(WaitingState)))
    since = fields.String(required=True, metadata={"format": "date-time"})
    told_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    practice = fields.Boolean(required=True)


def _shape(one: WaitingPlace) -> dict[str, Any]:
    return {
        "id": one.id, "product_id": one.product_id, "variant_id": one.variant_id, "customer_id": one.customer_id,
        "conversation_id": one.conversation_id, "state": str(one.state), "since": shapes.moment(one.created_at),
        "told_at": shapes.moment(one.told_at), "practice": one.practice,
    }  # fmt: skip


@blueprint.get("")
@scope("waiting:read")
@blueprint.arguments(WaitingQuery, location="query")
@blueprint.answers(WaitingAnswer, page=True)
def list_waiting(query: dict[str, Any]) -> Any:
    """A page of places, who came first is first."""
    page = services().waiting.page(shop_id(), **query)
    return {"items": [_shape(one) for one in page.items], "next": page.next}


@blueprint.post("")
@scope("waiting:write")
@blueprint.arguments(WaitingIn)
@blueprint.answers(WaitingAnswer, 201)
def join(values: dict[str, Any]) -> Any:
    """Give a customer a place, or the one they have. 409 while there are pieces nobody was told of."""
    if ("variant_id" in values) == ("sku" in values):
        raise InvalidInput({"variant_id": ["Name a variant_id or a sku."]})
    return _shape(services().waiting.join(shop_id(), actor=actor(), **values))


@blueprint.get("/<waiting_id>")
@scope("waiting:read")
@blueprint.answers(WaitingAnswer)
def get_waiting(waiting_id: str) -> Any:
    """One place."""
    return _shape(services().waiting.get(shop_id(), waiting_id))


@blueprint.delete("/<waiting_id>")
@scope("waiting:write")
@blueprint.answers(WaitingAnswer)
def leave(waiting_id: str) -> Any:
    """Off the list. A piece that was kept for them is for the next one."""
    return _shape(services().waiting.leave(shop_id(), waiting_id, actor=actor()))


@blueprint.post("/<waiting_id>/told")
@scope("waiting:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(WaitingAnswer)
def told(_values: dict[str, Any], waiting_id: str) -> Any:
    """The shop told them by another way; no message is sent. 409 for who left."""
    return _shape(services().waiting.told(shop_id(), waiting_id, actor=actor()))

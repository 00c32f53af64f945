"""Orders and their steps; each step repeated answers the same and does nothing."""

from __future__ import annotations

from typing import Any

from flask import request

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.order import Order
from salespilots.ports.errors import OutcomeUnknown, PortError
from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, request_key, scope, shop_id
from salespilots.web.api.quick_orders import REFUSED, SCOPE
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "orders"
blueprint = Resource("api_orders", __name__, description="Orders")
blueprint.after_request(keep_answer)


def _shape(order: Order) -> dict[str, Any]:
    return shapes.order(order, services().orders.timeline(shop_id(), order.id))


def _pieces(order_id: str, given: list[dict[str, Any]] | None) -> dict[str, int] | None:
    """What was sent as pieces by line id. Each names a line in one way."""
    if given is None:
        return None
    order = services().orders.get(shop_id(), order_id)
    pieces: dict[str, int] = {}
    for one in given:
        named = [name for name in ("id", "variant_id", "sku") if name in one]
        if len(named) != 1:
            raise InvalidInput({"lines": ["Each line has an id, a variant_id or a sku."]})
        line = next((each for each in order.lines if getattr(each, named[0]) == one[named[0]]), None)
        if line is None:
            raise NotFound("This order has no such line.")
        pieces[line.id] = pieces.get(line.id, 0) + one["quantity"]
    return pieces


@blueprint.get("")
@scope("orders:read")
@blueprint.arguments(schemas.OrderQuery, location="query")
@blueprint.answers(answers.Order, page=True)
def list_orders(query: dict[str, Any]) -> Any:
    """A page of orders, newest first."""
    page = services().orders.page(shop_id(), **query)
    timelines = services().orders.timelines(shop_id(), [one.id for one in page.items])
    return {"items": [shapes.order(one, timelines[one.id]) for one in page.items], "next": page.next}


@blueprint.post("")
@scope(SCOPE)
@blueprint.arguments(schemas.OrderIn)
@blueprint.answers(answers.Order, 201)
def create_order(values: dict[str, Any]) -> Any:
    """A placed order with its stock held (409 ``out_of_stock`` and nothing kept when short), or a draft."""
    refused = request.environ.get(REFUSED)
    if refused is not None:
        raise refused
    made = services().orders.make(shop_id(), actor=actor(), key=request_key(), **values)
    return shapes.order(made.order, made.timeline)


@blueprint.get("/<order_id>")
@scope("orders:read")
@blueprint.answers(answers.Order)
def get_order(order_id: str) -> Any:
    """One order."""
    return _shape(services().orders.get(shop_id(), order_id))


@blueprint.patch("/<order_id>")
@scope("orders:write")
@blueprint.arguments(schemas.OrderPatch)
@blueprint.answers(answers.Order)
def change_order(values: dict[str, Any], order_id: str) -> Any:
    """Address; charges while it is a draft."""
    return _shape(services().orders.change(shop_id(), order_id, values, actor=actor()))


@blueprint.post("/<order_id>/place")
@scope("orders:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Order)
def place(_: dict[str, Any], order_id: str) -> Any:
    """Place a draft."""
    return _shape(services().orders.place(shop_id(), order_id, actor=actor()))


@blueprint.post("/<order_id>/confirm")
@scope("orders:write")
@blueprint.arguments(schemas.ConfirmIn)
@blueprint.answers(answers.Order)
def confirm(values: dict[str, Any], order_id: str) -> Any:
    """Accept without online money: cash on delivery, or what was received by hand."""
    return _shape(services().orders.confirm(shop_id(), order_id, received=values.get("received"), actor=actor()))


@blueprint.post("/<order_id>/cancel")
@scope("orders:write")
@blueprint.arguments(schemas.CancelIn)
@blueprint.answers(answers.Order)
def cancel(values: dict[str, Any], order_id: str) -> Any:
    """Stop it and release its stock."""
    return _shape(services().orders.cancel(shop_id(), order_id, reason=values["reason"], actor=actor()))


@blueprint.post("/<order_id>/pack")
@scope("orders:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Order)
def pack(_: dict[str, Any], order_id: str) -> Any:
    """The items are in the parcel."""
    return _shape(services().orders.pack(shop_id(), order_id, actor=actor()))


@blueprint.post("/<order_id>/ship")
@scope("orders:write")
@blueprint.arguments(schemas.ShipIn)
@blueprint.answers(answers.Order)
def ship(values: dict[str, Any], order_id: str) -> Any:
    """The parcel left; the customer is told."""
    inside = _pieces(order_id, values.pop("lines", None))
    return _shape(services().orders.ship(shop_id(), order_id, actor=actor(), lines=inside, **values))


@blueprint.post("/<order_id>/deliver")
@scope("orders:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(answers.Order)
def deliver(_: dict[str, Any], order_id: str) -> Any:
    """The customer has it."""
    return _shape(services().orders.deliver(shop_id(), order_id, actor=actor()))


@blueprint.post("/<order_id>/return")
@scope("orders:write")
@blueprint.arguments(schemas.ReturnIn)
@blueprint.answers(answers.Order)
def take_back(values: dict[str, Any], order_id: str) -> Any:
    """The goods came back, all of them or some. The same ``reference`` twice is one return; 409 with other pieces."""
    back = _pieces(order_id, values.pop("lines", None))
    order = services().orders.take_back(shop_id(), order_id, actor=actor(), key=request_key(), lines=back, **values)
    return _shape(order)


@blueprint.post("/<order_id>/undo")
@scope("orders:write")
@blueprint.arguments(schemas.UndoIn)
@blueprint.answers(answers.Order)
def undo(values: dict[str, Any], order_id: str) -> Any:
    """Take back ``packed``, ``delivered`` or an undelivered parcel's ``returned``, while nothing followed from it (409
    else). A message that left is not unsent."""
    return _shape(services().undoing.undo(shop_id(), order_id, values["step"], actor=actor()).order)


@blueprint.post("/<order_id>/refund")
@scope("orders:write")
@blueprint.arguments(schemas.RefundIn)
@blueprint.answers(answers.Order)
def refund(values: dict[str, Any], order_id: str) -> Any:
    """Give money back; the Idempotency-Key header makes a repeat harmless. ``restock`` puts back all that left, or ``lines``."""
    key = f"api:{request_key() or services().core.ids.token()}"
    order = services().refunds.refund(
        shop_id(), order_id, amount_paise=values["amount_paise"], reason=values["reason"], key=key,
        restock=values["restock"], lines=_pieces(order_id, values.get("lines")), actor=actor(),
    )  # fmt: skip
    return _shape(order)


@blueprint.post("/<order_id>/payment-link")
@scope("orders:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.also(answers.Order, 202)
@blueprint.answers(answers.Order)
def payment_link(_: dict[str, Any], order_id: str) -> Any:
    """Make the link or give the open one; 202 with null when the provider does not answer, the worker goes on."""
    order = services().orders.get(shop_id(), order_id)
    try:
        services().payments.request_link(shop_id(), order_id)
    except PortError as error:
        if not error.retryable and not isinstance(error, OutcomeUnknown):
            raise Conflict(error.user_action or error.message, reason=error.reason) from error
        return {**_shape(order), "payment_url": None}, 202
    return _shape(services().orders.get(shop_id(), order_id))

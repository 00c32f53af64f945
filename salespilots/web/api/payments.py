"""Payments."""

from __future__ import annotations

from typing import Any

from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "payments"
blueprint = Resource("api_payments", __name__, description="Payments")
blueprint.after_request(keep_answer)


@blueprint.get("")
@scope("payments:read")
@blueprint.arguments(schemas.PaymentQuery, location="query")
@blueprint.answers(answers.Payment, page=True)
def list_payments(query: dict[str, Any]) -> Any:
    """A page of payments, newest first."""
    page = services().payments.page(shop_id(), **query)
    return {"items": [shapes.payment(one) for one in page.items], "next": page.next}


@blueprint.get("/<payment_id>")
@scope("payments:read")
@blueprint.answers(answers.Payment)
def get_payment(payment_id: str) -> Any:
    """One payment."""
    return shapes.payment(services().payments.get(shop_id(), payment_id))

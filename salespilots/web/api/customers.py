"""Customers."""

from __future__ import annotations

from typing import Any

from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "customers"
blueprint = Resource("api_customers", __name__, description="Customers")
blueprint.after_request(keep_answer)


@blueprint.get("")
@scope("customers:read")
@blueprint.arguments(schemas.CustomerQuery, location="query")
@blueprint.answers(answers.Customer, page=True)
def list_customers(query: dict[str, Any]) -> Any:
    """A page of customers, newest first."""
    page = services().customers.page(shop_id(), **query)
    return {"items": [shapes.customer(one) for one in page.items], "next": page.next}


@blueprint.get("/<customer_id>")
@scope("customers:read")
@blueprint.answers(answers.Customer)
def get_customer(customer_id: str) -> Any:
    """One customer."""
    return shapes.customer(services().customers.get(shop_id(), customer_id))


@blueprint.patch("/<customer_id>")
@scope("customers:write")
@blueprint.arguments(schemas.CustomerPatch)
@blueprint.answers(answers.Customer)
def change_customer(values: dict[str, Any], customer_id: str) -> Any:
    """Change name, phone, address, note or tags."""
    return shapes.customer(services().customers.update(shop_id(), customer_id, values, actor=actor()))

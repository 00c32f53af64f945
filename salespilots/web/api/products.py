"""Products and their stock."""

from __future__ import annotations

from typing import Any

from salespilots.domain.errors import InvalidInput
from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, keep_answer, request_key, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "products"
blueprint = Resource("api_products", __name__, description="Products and stock")
blueprint.after_request(keep_answer)


def _base() -> str:
    return services().core.base_url


@blueprint.get("")
@scope("products:read")
@blueprint.arguments(schemas.ProductQuery, location="query")
@blueprint.answers(answers.Product, page=True)
def list_products(query: dict[str, Any]) -> Any:
    """A page of products, newest first."""
    page = services().catalog.page(shop_id(), **query)
    return {"items": [shapes.product(one, _base()) for one in page.items], "next": page.next}


@blueprint.post("")
@scope("products:write")
@blueprint.arguments(schemas.ProductIn)
@blueprint.answers(answers.Product, 201)
def create_product(values: dict[str, Any]) -> Any:
    """A product with its variants; ``on_hand`` is the first receipt."""
    for variant in values["variants"]:
        variant.pop("id", None)
    return shapes.product(services().catalog.create(shop_id(), values, actor=actor()), _base())


@blueprint.get("/<product_id>")
@scope("products:read")
@blueprint.answers(answers.Product)
def get_product(product_id: str) -> Any:
    """One product."""
    return shapes.product(services().catalog.get(shop_id(), product_id), _base())


@blueprint.patch("/<product_id>")
@scope("products:write")
@blueprint.arguments(schemas.ProductPatch)
@blueprint.answers(answers.Product)
def change_product(values: dict[str, Any], product_id: str) -> Any:
    """Change fields; ``variants`` is the whole list when given. Stock changes only by ``/stock``."""
    stocked = [one for one in values.get("variants", []) if "on_hand" in one]
    if stocked:
        known = {one.sku for one in services().catalog.get(shop_id(), product_id).variants}
        if any("id" in one or one["sku"] in known for one in stocked):
            raise InvalidInput({"variants": ["Stock of a known variant changes by …/stock."]})
    return shapes.product(services().catalog.update(shop_id(), product_id, values, actor=actor()), _base())


@blueprint.delete("/<product_id>")
@scope("products:write")
@blueprint.answers(answers.Product)
def archive_product(product_id: str) -> Any:
    """Archive: off sale, still readable on old orders."""
    return shapes.product(services().catalog.archive(shop_id(), product_id, actor=actor()), _base())


@blueprint.post("/<product_id>/stock")
@scope("products:write")
@blueprint.arguments(schemas.StockIn)
@blueprint.answers(answers.Product)
def move_stock(values: dict[str, Any], product_id: str) -> Any:
    """Book a change of stock; 409 below what is reserved."""
    return shapes.product(
        services().stockroom.move(shop_id(), product_id, actor=actor(), key=request_key(), **values), _base()
    )

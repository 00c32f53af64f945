"""Preview in chat: a product as its form has it now, the way a customer would be shown it. Nothing is saved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.ports.extensions import ProductView, VariantView
from salespilots.services.catalog import ProductDetail, image_url
from salespilots.web.context import here, services
from salespilots.web.permissions import permits, takes_files
from salespilots.web.presenters import chat
from salespilots.web.product_form import Typed, check, typed
from salespilots.web.views.product_pictures import MOST
from salespilots.web.views.products import form_page

blueprint = Blueprint("product_preview", __name__, url_prefix="/app/products")


@blueprint.post("/preview", endpoint="new")
@takes_files(MOST)
@permits(Permission.CATALOGUE)
def preview_new() -> Any:
    """Of a product that is not saved yet."""
    return _preview(None)


@blueprint.post("/<product_id>/preview", endpoint="of")
@takes_files(MOST)
@permits(Permission.CATALOGUE)
def preview_of(product_id: str) -> Any:
    """Of one that is, with what was typed since."""
    return _preview(services().catalog.get(here().shop_id, product_id))


def _preview(found: ProductDetail | None) -> Any:
    sent = typed(request.form)
    check(sent)
    product = _as_typed(found, sent)
    if product is None:
        said = SimpleNamespace(bubbles=[], asked_ai=False, problem=_("Write a name and a price first."))
        return form_page(found, sent, 422, preview=said)
    shown = services().preview.of(here().shop_id, product)
    bubbles = chat.unsent(shown.contents, services().core.clock.now())
    sent.errors = {}
    return form_page(found, sent, preview=SimpleNamespace(bubbles=bubbles, asked_ai=shown.asked_ai, problem=""))


def _as_typed(found: ProductDetail | None, sent: Typed) -> ProductView | None:
    """The product of the form as a customer may see it; None without a name or a price."""
    product_id = found.product.id if found else "new"
    variants = tuple(
        VariantView(
            variant_id=one.get("id") or f"new-{one['row']}", product_id=product_id, sku=one.get("sku") or "",
            title=one.get("title") or "", price_paise=one["price"], mrp_paise=one.get("mrp"),
            available=found.levels[one["id"]].available if found and one.get("id") in found.levels else one.get("stock") or 0,
        )
        for one in sent.variants
        if one.get("price") is not None
    )  # fmt: skip
    title = sent.values.get("title")
    if not title or not variants:
        return None
    core, pictures = services().core, found.product.images if found else []
    return ProductView(
        product_id=product_id, title=title, description=sent.values.get("description") or "",
        category=sent.values.get("category") or "", variants=variants,
        image_url=image_url(core.base_url, here().shop_id, pictures[0]) if pictures else "",
    )  # fmt: skip

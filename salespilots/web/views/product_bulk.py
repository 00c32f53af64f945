"""Many products at once: choose, publish, make drafts, archive, put into a category. Each row says what became of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from marshmallow import validate

from salespilots.domain.business import Permission
from salespilots.domain.catalog import ProductState
from salespilots.services.many import MOST
from salespilots.web.context import here, services
from salespilots.web.fields import Line
from salespilots.web.forms import Form, chosen_ids, query_text, read
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.presenters import products as present

blueprint = Blueprint("product_bulk", __name__, url_prefix="/app/products/several")

STATES = {"publish": ProductState.LIVE, "draft": ProductState.DRAFT, "archive": ProductState.ARCHIVED}


class BulkForm(Form):
    """What is to be done, and the category for who sets one."""

    act = Line(longest=10, required=True, validate=validate.OneOf([*STATES, "category"]))
    category = Line(longest=80, load_default="")


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """Products to choose from."""
    return _choose()


@blueprint.post("")
@permits(Permission.CATALOGUE)
def change() -> Any:
    """Do it to the chosen ones."""
    values, errors = read(BulkForm, request.form)
    if errors:
        return _choose(422, errors)
    if not chosen_ids():
        return _choose(422, {"ids": _("Choose at least one product.")})
    if values["act"] == "category" and not values["category"]:
        return _choose(422, {"category": _("Write a category.")})
    fields = {"category": values["category"]} if values["act"] == "category" else {"state": STATES[values["act"]]}
    rows = services().catalog_bulk.change(here().shop_id, chosen_ids(), fields, actor=here().user.id)
    what = {
        "publish": _("Put on sale"), "draft": _("Made a draft"), "archive": _("Archived"),
        "category": _("Category %(name)s", name=values["category"]),
    }[values["act"]]  # fmt: skip
    return page("products/several_done.html", rows=rows, what=what, good=sum(one.done for one in rows))


def _choose(status: int = 200, errors: dict[str, str] | None = None) -> Any:
    shop_id, q = here().shop_id, query_text(request.values.get("q"))
    state = request.values.get("state", "")
    state = state if state in set(ProductState) else ""
    found = services().catalog.page(shop_id, q=q, state=state, limit=MOST)
    chips = (("", _("All")), ("live", _("On sale")), ("draft", _("Draft")), ("archived", _("Archived")))
    return page(
        "products/several.html",
        status,
        state=state,
        q=q,
        filters=[
            SimpleNamespace(
                label=label, on=key == state, href=url_for("product_bulk.index", state=key or None, q=q or None)
            )
            for key, label in chips
        ],
        products=[present.row(one) for one in found.items],
        more=found.next is not None,
        chosen=set(chosen_ids()),
        categories=services().catalog.categories(shop_id),
        category=request.form.get("category", ""),
        errors=errors or {},
    )

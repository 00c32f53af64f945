"""Products: the list, the form, stock by hand, pictures."""

from __future__ import annotations

import secrets
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.catalog import ProductState
from salespilots.domain.errors import Conflict, DomainError, InvalidInput, NotFound
from salespilots.services.catalog import ProductDetail
from salespilots.web.context import here, services
from salespilots.web.forms import StockForm, first_messages, query_text, read, read_product, variant_rows
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import products as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("products", __name__, url_prefix="/app/products")
blueprint.before_request(remember_position)

STATUSES = {
    "low": {"stock": "low"},
    "sold_out": {"stock": "out"},
    "draft": {"state": "draft"},
    "archived": {"state": "archived"},
}
REASONS = {
    "received": "receive", "sold_elsewhere": "sold_elsewhere", "damaged": "damaged", "counted": "adjust", "returned": "return",
}  # fmt: skip


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """Everything the shop sells."""
    shop_id, q = here().shop_id, query_text(request.args.get("q"))
    status, cursor = request.args.get("status", ""), request.args.get("after")
    status = status if status in STATUSES else ""
    found = services().catalog.page(shop_id, q=q, cursor=cursor, limit=30, **STATUSES.get(status, {}))
    counts = services().catalog.counts(shop_id)
    keep: dict[str, Any] = {"status": status or None, "q": q or None}
    chips = (
        ("", _("All"), None), ("low", _("Low stock"), counts["low"]), ("sold_out", _("Sold out"), counts["out"]),
        ("draft", _("Draft"), counts["draft"]), ("archived", _("Archived"), None),
    )  # fmt: skip
    return page(
        "products/index.html",
        filters=[
            SimpleNamespace(
                label=label,
                on=key == status,
                count=count,
                href=url_for("products.index", status=key or None, q=q or None),
            )
            for key, label, count in chips
        ],
        q=q,
        ever=bool(counts["all"] or status),
        products=[present.row(one) for one in found.items],
        older_href=url_for("products.index", **keep, after=found.next) if found.next else None,
        newer_href=url_for("products.index", **keep) if cursor else None,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def new() -> Any:
    """Add one."""
    if request.method == "GET":
        return _form(None, present.blank(), {})
    return _save(None)


@blueprint.route("/<product_id>", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def detail(product_id: str) -> Any:
    """Change one."""
    found = services().catalog.get(here().shop_id, product_id)
    if request.method == "GET":
        return _form(found, present.filled(found), {})
    return _save(found)


def _form(
    found: ProductDetail | None, values: Any, errors: dict[str, str], status: int = 200, version: str = ""
) -> Any:
    others = services().catalog.page(here().shop_id, limit=200).items
    return page(
        "products/form.html",
        status,
        product=present.header(found) if found else None,
        values=values,
        errors=errors,
        categories=sorted({one.product.category for one in others if one.product.category}),
        version=version or (str(found.product.version) if found else ""),
    )


def _save(found: ProductDetail | None) -> Any:
    form = request.form
    if form.get("add_variant"):
        return _form(
            found, present.typed(form, variant_rows(form), found, one_more=True), {}, version=form.get("version", "")
        )
    values, rows, errors = read_product(form)
    back = lambda problems, status=422: _form(  # noqa: E731
        found, present.typed(form, variant_rows(form), found), problems, status, form.get("version", "")
    )
    if errors:
        return back(errors)
    if found and values["version"] and values["version"] != str(found.product.version):
        return _form(
            found, present.typed(form, variant_rows(form), found),
            {"_": _("Somebody changed this product meanwhile. Look at your lines again, then save once more.")}, 409,
        )  # fmt: skip
    try:
        picture = _picture()
        saved = _store(found, values, rows)
        if picture:
            services().catalog.add_picture(here().shop_id, saved.product.id, picture)
    except InvalidInput as error:
        return back(first_messages(error.fields))
    except Conflict as error:
        return back({_sku_row(rows, error): _(error.message)})
    flash(_("%(title)s saved", title=saved.product.title), "ok")
    return back_to(url_for("products.detail", product_id=saved.product.id) if found else url_for("products.index"))


def _picture() -> str:
    given = request.files.get("picture")
    return services().pictures.save(here().shop_id, given.stream) if given and given.filename else ""


def _sku_row(rows: list[dict[str, Any]], error: Conflict) -> str:
    """The row whose SKU is taken."""
    index = next((row["row"] for row in rows if row.get("sku") and row["sku"] in error.message), 0)
    return f"variants-{index}-sku"


def _store(found: ProductDetail | None, values: dict[str, Any], rows: list[dict[str, Any]]) -> ProductDetail:
    taken = {row["sku"] for row in rows if row["sku"]}
    variants = []
    for row in rows:
        if not row["sku"]:
            row["sku"] = present.make_sku(values["title"], row["title"], taken)
            if found is None or not row["id"]:
                row["sku"] = f"{row['sku']}-{secrets.token_hex(2).upper()}"
            taken.add(row["sku"])
        one = {"sku": row["sku"], "title": row["title"], "price_paise": row["price"], "mrp_paise": row["mrp"]}
        variants.append({**one, "id": row["id"]} if row["id"] else {**one, "on_hand": row["stock"] or 0})
    state = ProductState(values["state"])
    if found and found.product.state is ProductState.ARCHIVED:
        state = ProductState.ARCHIVED
    fields = {
        "title": values["title"], "description": values["description"], "category": values["category"],
        "keywords": [word.strip()[:60] for word in values["words"].replace("\n", ",").split(",") if word.strip()][:40],
        "state": state, "variants": variants,
    }  # fmt: skip
    catalog, actor = services().catalog, here().user.id
    if found is None:
        return catalog.create(here().shop_id, fields, actor=actor)
    return catalog.update(here().shop_id, found.product.id, fields, actor=actor)


@blueprint.post("/<product_id>/stock")
@permits(Permission.CATALOGUE)
def stock(product_id: str) -> Any:
    """Pieces came or went."""
    found = services().catalog.get(here().shop_id, product_id)
    values, errors = read(StockForm, request.form)
    variant = next((one for one in found.variants if one.id == values.get("variant_id")), None)
    if not errors and variant is None:
        errors = {"delta": _("Choose which one.")}
    if not errors and variant is not None:
        try:
            services().catalog.move_stock(
                here().shop_id, product_id, sku=variant.sku, delta=values["delta"],
                reason=REASONS.get(values["reason"], values["reason"]), actor=here().user.id,
            )  # fmt: skip
        except InvalidInput as error:
            errors = first_messages(error.fields)
        except (Conflict, DomainError) as error:
            errors = {"delta": _(error.message)}
    if errors:
        return _form(found, present.filled(found), errors, 422)
    flash(_("Stock of %(title)s changed", title=found.product.title), "ok")
    return back_to(url_for("products.detail", product_id=product_id))


@blueprint.post("/<product_id>/pictures/<int:picture_id>/remove")
@permits(Permission.CATALOGUE)
def remove_picture(product_id: str, picture_id: int) -> Any:
    """Take one picture away."""
    found = services().catalog.get(here().shop_id, product_id)
    if picture_id >= len(found.product.images):
        raise NotFound("There is no such picture.")
    images = [name for index, name in enumerate(found.product.images) if index != picture_id]
    services().catalog.update(here().shop_id, product_id, {"images": images}, actor=here().user.id)
    flash(_("Picture removed"), "ok")
    return back_to(url_for("products.detail", product_id=product_id))


@blueprint.post("/<product_id>/archive")
@permits(Permission.CATALOGUE)
def archive(product_id: str) -> Any:
    """Off sale; old orders keep it."""
    saved = services().catalog.archive(here().shop_id, product_id, actor=here().user.id)
    flash(
        _("%(title)s archived", title=saved.product.title), f"undo:{url_for('products.restore', product_id=product_id)}"
    )
    return back_to(url_for("products.index"))


@blueprint.post("/<product_id>/restore")
@permits(Permission.CATALOGUE)
def restore(product_id: str) -> Any:
    """On sale again."""
    saved = services().catalog.update(here().shop_id, product_id, {"state": ProductState.LIVE}, actor=here().user.id)
    flash(_("%(title)s is on sale again", title=saved.product.title), "ok")
    return back_to(url_for("products.detail", product_id=product_id))

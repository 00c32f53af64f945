"""Products: the list and the form."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.catalog import ProductState
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.gst_rates import rate_fields
from salespilots.services.catalog import ProductDetail, StaleProduct
from salespilots.web.context import here, services
from salespilots.web.forms import first_messages, query_text
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits, takes_files
from salespilots.web.presenters import product_form as fill
from salespilots.web.presenters import products as present
from salespilots.web.presenters.stock import reasons
from salespilots.web.presenters.stock import waiting as waiting_rows
from salespilots.web.product_form import Typed, check, typed
from salespilots.web.shell import remember_position
from salespilots.web.views.product_pictures import MOST, act_on, keep_sent

blueprint = Blueprint("products", __name__, url_prefix="/app/products")
blueprint.before_request(remember_position)

STATUSES = {
    "low": {"stock": "low"},
    "sold_out": {"stock": "out"},
    "draft": {"state": "draft"},
    "archived": {"state": "archived"},
}


SOLD_WITHIN = timedelta(days=30)


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """Everything the shop sells."""
    shop_id, q = here().shop_id, query_text(request.args.get("q"))
    status, cursor = request.args.get("status", ""), request.args.get("after")
    status = status if status in STATUSES else ""
    found = services().catalog.page(shop_id, q=q, cursor=cursor, limit=30, **STATUSES.get(status, {}))
    counts = services().catalog.counts(shop_id)
    sold = services().catalog.sold(shop_id, found.items, services().core.clock.now() - SOLD_WITHIN)
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
        products=[present.row(one, sold.get(one.product.id, 0)) for one in found.items],
        older_href=url_for("products.index", **keep, after=found.next) if found.next else None,
        newer_href=url_for("products.index", **keep) if cursor else None,
        keep={**keep, "after": cursor},
        reasons=reasons(),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@takes_files(MOST)
@permits(Permission.CATALOGUE)
def new() -> Any:
    """Add one."""
    return form_page(None, fill.stored(None)) if request.method == "GET" else _save(None)


@blueprint.route("/<product_id>", methods=["GET", "POST"])
@takes_files(MOST)
@permits(Permission.CATALOGUE)
def detail(product_id: str) -> Any:
    """Change one."""
    found = services().catalog.get(here().shop_id, product_id)
    return form_page(found, fill.stored(found)) if request.method == "GET" else _save(found)


def form_page(
    found: ProductDetail | None,
    sent: Typed,
    status: int = 200,
    *,
    differences: list[SimpleNamespace] | None = None,
    laid_out: bool = False,
    preview: SimpleNamespace | None = None,
) -> Any:
    """The form with what was typed, what is wrong with it, and maybe how it looks in a chat."""
    catalog, shop_id = services().catalog, here().shop_id
    return page(
        "products/form.html",
        status,
        product=present.header(found, request.form) if found else None,
        values=fill.shown(sent, found),
        errors=sent.errors,
        labels=fill.labels(sent),
        waiting=_waiting(found),
        categories=catalog.categories(shop_id),
        rates=fill.rates(sent.fields["gst_rate"]),
        substitutes=catalog.named(shop_id, sent.substitutes[:20]),
        others=[
            one.product
            for one in catalog.page(shop_id, limit=100).items
            if not found or one.product.id != found.product.id
        ],
        version=str(found.product.version) if found and (differences is not None or not sent.version) else sent.version,
        base=fill.base(found) if found and (differences is not None or not sent.base) else fill.kept_base(sent),
        differences=differences or [],
        laid_out=laid_out,
        preview=preview,
    )


def _waiting(found: ProductDetail | None) -> list[SimpleNamespace]:
    if found is None:
        return []
    places = services().waiting.of_product(here().shop_id, found.product.id)
    return waiting_rows(places, many=len(found.variants) > 1)


def _save(found: ProductDetail | None) -> Any:
    form, sent = request.form, typed(request.form)
    if form.get("add_variant"):
        sent.errors = {}
        sent.rows.append({})
        return form_page(found, sent)
    if found and form.get("picture_act"):
        return _pictures_changed(found, sent)
    if form.get("lay_out"):
        sent.errors = {}
        changed = sent.lay_out()
        _suggest_skus(sent)
        return form_page(found, sent, 422 if sent.errors else 200, laid_out=changed)
    changed = sent.lay_out()
    if changed:
        _suggest_skus(sent)
        if len(sent.rows) > 1:
            sent.errors.setdefault("_", _("There is a line for each kind now. Look at them, then save."))
    check(sent)
    _find_substitutes(sent)
    if sent.errors:
        return form_page(found, sent, 422, laid_out=changed)
    if found and sent.version and sent.version != str(found.product.version):
        return _changed_meanwhile(found, sent)
    try:
        saved = _store(found, sent)
    except StaleProduct:
        return _changed_meanwhile(services().catalog.get(here().shop_id, found.product.id if found else ""), sent)
    except InvalidInput as error:
        sent.errors = {_field(name): text for name, text in first_messages(error.fields).items()}
        return form_page(found, sent, 422)
    except Conflict as error:
        sent.errors = {fill.taken_sku_row(sent, error.details.get("sku", "")): _(error.message)}
        return form_page(found, sent, 422)
    problem = keep_sent(saved.product.id)
    if problem:
        flash(_("%(title)s saved, but not every picture: %(why)s", title=saved.product.title, why=problem), "bad")
        return back_to(url_for("products.detail", product_id=saved.product.id))
    flash(_("%(title)s saved", title=saved.product.title), "ok")
    return back_to(url_for("products.detail", product_id=saved.product.id) if found else url_for("products.index"))


def _pictures_changed(found: ProductDetail, sent: Typed) -> Any:
    """A button of the pictures was pressed: what was typed stays, unsaved."""
    version = found.product.version
    problem = act_on(found.product.id, request.form["picture_act"])
    sent.errors = {"pictures": problem} if problem else {}
    now = services().catalog.get(here().shop_id, found.product.id)
    if sent.version == str(version):
        sent.version = str(now.product.version)
    return form_page(now, sent, 422 if problem else 200)


def _changed_meanwhile(found: ProductDetail, sent: Typed) -> Any:
    differences = fill.merge(sent, found)
    sent.errors = {}
    return form_page(found, sent, 409, differences=differences)


def _field(name: str) -> str:
    return {"options": "option-0-values", "variants": "_", "substitutes": "add_substitute"}.get(name, name)


def _suggest_skus(sent: Typed) -> None:
    """Fill in the SKUs that nobody typed."""
    taken = {row.get("sku", "") for row in sent.rows}
    blank = [row for row in sent.rows if not row.get("sku", "").strip()]
    wanted = []
    for row in blank:
        wanted.append(present.make_sku(sent.fields["title"], row.get("title", ""), taken))
        taken.add(wanted[-1])
    for row, sku in zip(blank, services().catalog.free_skus(here().shop_id, wanted), strict=True):
        row["sku"] = sku


def _find_substitutes(sent: Typed) -> None:
    """What was typed in the field for another substitute, as ids."""
    for words in filter(None, (one.strip() for one in sent.add_substitute.split(","))):
        other = services().catalog.find_exactly(here().shop_id, words[:120])
        if other is None:
            sent.errors["add_substitute"] = _(
                "No product is called %(words)s. Write its name, code or SKU.", words=words
            )
            return
        sent.substitutes.append(other.id)
    sent.substitutes = list(dict.fromkeys(sent.substitutes))


def _store(found: ProductDetail | None, sent: Typed) -> ProductDetail:
    values, rows = sent.values, sent.variants
    blank = [row for row in rows if not row["sku"]]
    taken = {row["sku"] for row in rows}
    wanted = []
    for row in blank:
        wanted.append(present.make_sku(values["title"], row["title"], taken))
        taken.add(wanted[-1])
    for row, sku in zip(blank, services().catalog.free_skus(here().shop_id, wanted), strict=True):
        row["sku"] = sku
    variants = []
    for row in rows:
        one = {
            "sku": row["sku"], "title": row["title"], "choices": row["choices"], "price_paise": row["price"],
            "mrp_paise": row["mrp"],
        }  # fmt: skip
        variants.append({**one, "id": row["id"]} if row["id"] else {**one, "on_hand": row["stock"] or 0})
    state = ProductState(values["state"])
    if found and found.product.state is ProductState.ARCHIVED:
        state = ProductState.ARCHIVED
    fields = {
        "title": values["title"], "description": values["description"], "category": values["category"],
        "keywords": [word.strip()[:60] for word in values["words"].replace("\n", ",").split(",") if word.strip()][:40],
        "code": values["code"], "hsn": values["hsn"], **rate_fields(values["gst_rate"]),
        "weight_grams": values["weight"] or 0, "low_stock": values["low_stock"], "options": sent.wanted,
        "substitutes": sent.substitutes, "state": state, "variants": variants,
    }  # fmt: skip
    catalog, actor = services().catalog, here().user.id
    if found is None:
        return catalog.create(here().shop_id, fields, actor=actor)
    texts = {
        name: request.form.get(f"alt-{index}", "").strip()[:200]
        for index, name in enumerate(request.form.getlist("picture_name"))
    }
    version = int(sent.version) if sent.version.isdecimal() else None
    saved = catalog.update(here().shop_id, found.product.id, fields, actor=actor, version=version)
    if texts:
        services().gallery.describe(here().shop_id, found.product.id, texts, actor=actor)
    return saved


@blueprint.post("/<product_id>/archive")
@permits(Permission.CATALOGUE)
def archive(product_id: str) -> Any:
    """Off sale; old orders keep it."""
    before = services().catalog.get(here().shop_id, product_id).product.state
    saved = services().catalog.archive(here().shop_id, product_id, actor=here().user.id)
    undo = url_for("products.restore", product_id=product_id, to="draft" if before is ProductState.DRAFT else None)
    flash(_("%(title)s archived", title=saved.product.title), f"undo:{undo}")
    return back_to(url_for("products.index"))


@blueprint.post("/<product_id>/restore")
@permits(Permission.CATALOGUE)
def restore(product_id: str) -> Any:
    """As it was before it was archived."""
    state = ProductState.DRAFT if request.args.get("to") == "draft" else ProductState.LIVE
    try:
        saved = services().catalog.update(here().shop_id, product_id, {"state": state}, actor=here().user.id)
    except InvalidInput as error:  # its code was given to another product meanwhile
        flash(" ".join(first_messages(error.fields).values()), "bad")
        return back_to(url_for("products.detail", product_id=product_id))
    back = _("%(title)s is on sale again", title=saved.product.title)
    flash(back if state is ProductState.LIVE else _("%(title)s is a draft again", title=saved.product.title), "ok")
    return back_to(url_for("products.detail", product_id=product_id))

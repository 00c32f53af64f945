"""Stock: what came and went of a product, and a list to count by."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.services.stockroom import BelowReserved
from salespilots.web.context import here, services
from salespilots.web.forms import AdjustForm, StockForm, first_messages, query_text, read
from salespilots.web.lookups import user_names
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import stock as present

blueprint = Blueprint("stock", __name__, url_prefix="/app/products")

REASONS = {
    "received": "receive", "sold_elsewhere": "sold_elsewhere", "damaged": "damaged", "counted": "adjust", "returned": "return",
}  # fmt: skip
LISTED = 30


@blueprint.route("/stock", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def count() -> Any:
    """Go along the shelf: a stepper for each kind, saved together."""
    if request.method == "GET":
        return _list({}, {})
    counted = present.read_counts(request.form)
    values, errors = read(StockForm, {**request.form.to_dict(), "delta": "1"})
    errors = {**errors, **counted.errors}
    if errors:
        return _list(counted.typed, errors, status=422)
    changed, refused = services().stockroom.count(
        here().shop_id, counted.values, reason=REASONS.get(values["reason"], "adjust"), note=values["note"],
        actor=here().user.id, key=values["key"],
    )  # fmt: skip
    if refused:
        errors = {f"there-{key}": _(error.message) for key, error in refused.items()}
        held = {key: present.holders(error.orders) for key, error in refused.items()}
        return _list({key: counted.typed[key] for key in refused}, errors, held, status=409)
    if changed:
        flash(ngettext("Stock of one kind changed", "Stock of %(num)d kinds changed", changed), "ok")
    else:
        flash(_("Nothing was different"), "ok")
    return back_to(url_for("stock.count", q=request.form.get("q") or None, after=request.form.get("after") or None))


def _list(typed: dict[str, str], errors: dict[str, str], held: Any = None, status: int = 200) -> Any:
    q, after = query_text(request.values.get("q")), request.values.get("after") or None
    found = services().catalog.page(here().shop_id, q=q, cursor=after, limit=LISTED)
    return page(
        "products/count.html",
        status,
        q=q,
        after=after or "",
        kinds=present.kinds(found.items, typed, held or {}),
        key=secrets.token_urlsafe(12),
        reason=request.form.get("reason", "counted"),
        reasons=present.reasons(),
        note=request.form.get("note", ""),
        errors=errors,
        older_href=url_for("stock.count", q=q or None, after=found.next) if found.next else None,
        newer_href=url_for("stock.count", q=q or None) if after else None,
    )


@blueprint.post("/<product_id>/stock/adjust")
@permits(Permission.CATALOGUE)
def adjust(product_id: str) -> Any:
    """The stepper of a row in the list, and its Undo: the difference to what was shown is booked, once."""
    shop_id, values = here().shop_id, read(AdjustForm, request.values)[0]
    product = services().catalog.get(shop_id, product_id).product
    keep: dict[str, Any] = {name: request.values.get(name) or None for name in ("status", "q", "after")}
    was, there, variant_id = values.get("was"), values.get("there"), values.get("variant_id", "")
    if was is None or there is None:
        flash(_("Write a whole number."), "bad")
        return back_to(url_for("products.index", **keep))
    reason = REASONS.get(values["reason"], "adjust")
    changed, refused = services().stockroom.count(
        shop_id, {variant_id: (was, there)}, reason=reason, note=values["note"], actor=here().user.id,
        key=values["key"], product_id=product_id,
    )  # fmt: skip
    if refused:
        flash(_(refused[variant_id].message), "bad")
    elif changed:
        undo = url_for(
            "stock.adjust", product_id=product_id, variant_id=variant_id, was=there, there=was, note=_("Taken back"),
            key=f"undo-{values['key']}"[:40], **keep,
        )  # fmt: skip
        left = services().catalog.get(shop_id, product_id).levels[variant_id].on_hand
        flash(_("%(title)s: %(count)s on the shelf", title=product.title, count=left), f"undo:{undo}")
    else:
        flash(_("Nothing was different"), "ok")
    return back_to(url_for("products.index", **keep))


@blueprint.route("/<product_id>/stock", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def ledger(product_id: str) -> Any:
    """What came and went, and a change by hand."""
    found = services().catalog.get(here().shop_id, product_id)
    if request.method == "GET":
        return _ledger(product_id, {"delta": "", "note": "", "reason": "received", "variant_id": ""}, {})
    values, errors = read(StockForm, request.form)
    variant = next((one for one in found.variants if one.id == values.get("variant_id")), None)
    if not errors and variant is None:
        errors = {"delta": _("Choose which one.")}
    holders: list[Any] = []
    status = 422
    if not errors and variant is not None:
        try:
            services().stockroom.move(
                here().shop_id, product_id, sku=variant.sku, delta=values["delta"], note=values["note"],
                reason=REASONS.get(values["reason"], values["reason"]), actor=here().user.id, key=values["key"],
            )  # fmt: skip
        except InvalidInput as error:
            errors = first_messages(error.fields)
        except BelowReserved as error:
            errors, holders, status = {"delta": _(error.message)}, present.holders(error.orders), 409
    if errors:
        typed = {name: request.form.get(name, "") for name in ("delta", "note", "reason", "variant_id")}
        return _ledger(product_id, typed, errors, holders, status)
    flash(_("Stock of %(title)s changed", title=found.product.title), "ok")
    return back_to(url_for("stock.ledger", product_id=product_id))


def _ledger(
    product_id: str, values: dict[str, str], errors: dict[str, str], holders: list[Any] | None = None, status: int = 200
) -> Any:
    found = services().catalog.get(here().shop_id, product_id)
    lines = services().stockroom.ledger(here().shop_id, product_id)
    names = user_names(one.movement.actor for one in lines)
    return page(
        "products/stock.html",
        status,
        product=present.header(found),
        key=secrets.token_urlsafe(12),
        values=values,
        errors=errors,
        reasons=present.reasons(),
        holders=holders or [],
        lines=[present.line(one, names, many=len(found.variants) > 1) for one in lines],
    )

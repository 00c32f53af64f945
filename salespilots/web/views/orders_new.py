"""A new order by the shop, and drafts: one form that carries everything, so that it works without scripts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.cod import Refusal
from salespilots.domain.errors import InvalidInput, NotFound, OutOfStock
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.extensions import CASH
from salespilots.services.by_hand import UtrTaken
from salespilots.services.drafts import Offer, Preview
from salespilots.services.ordering import MAX_QUANTITY
from salespilots.web.context import here, services
from salespilots.web.forms import AddressForm, NewCustomerForm, NewOrderForm, first_messages, query_text, read
from salespilots.web.lookups import pictures
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters.orders import money_lines
from salespilots.web.views.orders import REFUSALS

blueprint = Blueprint("orders_new", __name__, url_prefix="/app/orders/new")
FIELDS = ("name", "phone", "line1", "line2", "city", "state", "pincode")
_QUANTITY = re.compile(r"^qty-([A-Za-z0-9_]{1,60})$")
MOST_LINES = 100


@blueprint.get("")
@permits(Permission.ORDERS)
def new() -> Any:
    """Choose a customer, or go on with the form of one.

    ``?draft=`` opens a draft, ``?conversation=`` knows the customer, ``?again=`` begins with what an ended order had.
    """
    shop_id, args = here().shop_id, request.args
    if args.get("draft"):
        order = _draft(args["draft"])
        return _form(order.customer_id, order.conversation_id or "", *_as_ordered(order), order=order)
    if args.get("again"):
        ended = services().orders.get(shop_id, args["again"])
        return _form(ended.customer_id, ended.conversation_id or "", *_as_ordered(ended))
    customer_id, conversation_id = args.get("customer", ""), args.get("conversation", "")
    if conversation_id:
        customer_id = services().conversations.get(shop_id, conversation_id).customer.id
    if not customer_id:
        return _whose(query_text(args.get("q")))
    customer = services().customers.get(shop_id, customer_id)
    known = {"name": customer.name, "phone": customer.phone, **customer.address}
    return _form(customer_id, conversation_id, {}, {name: str(known.get(name) or "") for name in FIELDS})


@blueprint.post("/customer")
@permits(Permission.ORDERS)
def customer() -> Any:
    """Somebody who has not written: their order begins."""
    values, errors = read(NewCustomerForm, request.form)
    if errors:
        return _whose("", request.form, errors, 422)
    made = services().customers.add(here().shop_id, name=values["name"], phone=values["phone"] or None)
    return back_to(url_for("orders_new.new", customer=made.id))


def _whose(
    q: str, values: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None, status: int = 200
) -> Any:
    people = services().customers.page(here().shop_id, q=q, limit=20).items
    return page("orders/new_customer.html", status, q=q, people=people, values=values or {}, errors=errors or {})


@blueprint.post("")
@permits(Permission.ORDERS)
def new_post() -> Any:
    """Add or take away items, save as a draft, or place the order."""
    form = request.form
    customer_id, conversation_id, draft_id = (form.get(one, "") for one in ("customer", "conversation", "draft"))
    order = _draft(draft_id) if draft_id else None
    customer_id = order.customer_id if order else customer_id
    lines, line_errors = _lines()
    values = form.to_dict()
    act = form.get("act", "")
    if act not in ("save", "place"):
        return _form(customer_id, conversation_id, lines, values, line_errors, order=order)
    loaded, errors = read(NewOrderForm, form)
    if not lines:
        errors["q"] = _("Add at least one item.")
    if act == "place" and not loaded.get("counter"):
        errors |= read(AddressForm, form)[1]
    if act == "place" and loaded.get("payment") == "paid" and not loaded.get("paid_by") and "paid_by" not in errors:
        errors["paid_by"] = _("Say how it was paid.")
    if loaded.get("code") and loaded.get("discount"):
        errors["code"] = _("Give either a discount or a code.")
    offers = services().drafts.offers(here().shop_id, list(lines))
    for variant_id, count in lines.items():
        if variant_id not in offers:
            line_errors[variant_id] = _("This is not on sale any more.")
        elif act == "place" and count > offers[variant_id].available:
            line_errors[variant_id] = _(
                "Only %(count)s can be promised now.", count=max(0, offers[variant_id].available)
            )
    if errors or line_errors:
        return _form(customer_id, conversation_id, lines, values, line_errors, errors, order=order, status=422)
    try:
        kept = _keep(order, customer_id, conversation_id, lines, loaded)
    except InvalidInput as error:
        return _form(customer_id, conversation_id, lines, values, {}, _at_fields(error), order=order, status=422)
    except REFUSALS as error:
        flash(_(error.message), "bad")
        return _form(customer_id, conversation_id, lines, values, order=order, status=409)
    if act == "place":
        try:
            _place(kept, loaded)
        except UtrTaken as error:
            taken = {"utr": _(error.message)}
            return _form(customer_id, conversation_id, lines, values, {}, taken, order=kept, status=409)
        except InvalidInput as error:
            return _form(customer_id, conversation_id, lines, values, {}, _at_fields(error), order=kept, status=422)
        except REFUSALS as error:
            flash(_(error.message), "bad")
            if isinstance(error, OutOfStock):
                flash(_("Somebody was quicker. The order is kept as a draft."), "bad")
    return back_to(url_for("orders.detail", order_id=kept.id))


def _keep(
    order: Order | None, customer_id: str, conversation_id: str, lines: dict[str, int], loaded: dict[str, Any]
) -> Order:
    """The draft with what the form says; the same form makes one draft."""
    shop_id, actor, more = here().shop_id, here().user.id, _asked(order, loaded)
    if order is not None:
        return services().drafts.change(shop_id, order.id, lines=list(lines.items()), actor=actor, **more)
    return services().orders.create(
        shop_id, customer_id=customer_id, draft=True, actor=actor, key=f"form:{loaded['key']}" if loaded["key"] else "",
        lines=[{"variant_id": one, "quantity": count} for one, count in lines.items()],
        conversation_id=conversation_id or None, **more,
    )  # fmt: skip


def _asked(order: Order | None, loaded: Mapping[str, Any]) -> dict[str, Any]:
    """Address, charges and payment of a form, as an order takes them."""
    asked: dict[str, Any] = {
        "address": {name: loaded[name] for name in FIELDS if loaded.get(name)},
        "discount_paise": loaded.get("discount") or 0, "discount_code": loaded.get("code") or None,
        "shipping_paise": loaded.get("delivery"),
    }  # fmt: skip
    if loaded.get("payment") == "cod":
        asked["payment_method"] = CASH
    elif order is not None and order.payment_method == CASH:
        asked["payment_method"] = "practice" if order.practice else None
    return asked


def _at_fields(error: InvalidInput) -> dict[str, str]:
    known = {"discount_paise": "discount", "shipping_paise": "delivery", "discount_code": "code", "lines": "q"}
    return {known.get(name, name): text for name, text in first_messages(error.fields).items()}


def _place(order: Order, loaded: Mapping[str, Any]) -> None:
    shop_id, actor, payment = here().shop_id, here().user.id, loaded["payment"]
    way = loaded["paid_by"]
    paid = {"method": way, "utr": loaded["utr"] if way == "upi" else ""} if payment == "paid" else None
    placed = services().orders.place(shop_id, order.id, paid=paid, actor=actor)
    if payment == "cod":
        services().orders.confirm(shop_id, order.id, actor=actor)
        flash(_("%(number)s is to be packed", number=placed.number), "ok")
    elif payment == "paid":
        flash(_("%(number)s is paid and to be packed", number=placed.number), "ok")
    elif placed.due_paise:
        sent = services().payments.send_link(shop_id, order.id)
        flash(_("Payment link sent") if sent else _("Payment link made"), "ok")


def _as_ordered(order: Order) -> tuple[dict[str, int], dict[str, str]]:
    """Quantities by variant, and the form's fields, of an order; prices are today's."""
    values = {name: str(order.address.get(name) or "") for name in FIELDS}
    given = order.terms.get("shipping_paise")
    values |= {"delivery": "" if given is None else _plain(given), "code": order.discount_code or ""}
    values["discount"] = _plain(order.discount_paise) if order.discount_paise and not order.discount_code else ""
    values["payment"] = "cod" if order.payment_method == CASH else "link"
    return {line.variant_id: line.quantity for line in order.lines}, values


def _draft(order_id: str) -> Order:
    order = services().orders.get(here().shop_id, order_id)
    if order.state is not OrderState.DRAFT:
        raise NotFound("This is no draft any more.")
    return order


def _lines() -> tuple[dict[str, int], dict[str, str]]:
    """Quantities by variant as typed, with what was added or taken away by a button; and what cannot be read."""
    lines: dict[str, int] = {}
    errors: dict[str, str] = {}
    for name, value in request.form.items():
        match = _QUANTITY.match(name)
        if not match or len(lines) >= MOST_LINES:
            continue
        text = value.strip()
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
        if not 0 <= count <= MAX_QUANTITY:
            errors[match.group(1)] = _("Between %(least)s and %(most)s.", least=1, most=MAX_QUANTITY)
            count = 1
        if count:
            lines[match.group(1)] = count
    added, removed = request.form.get("add", ""), request.form.get("remove", "")
    if added and _QUANTITY.match(f"qty-{added}"):
        lines[added] = min(MAX_QUANTITY, lines.get(added, 0) + 1)
    lines.pop(removed, None)
    return lines, errors


def _form(
    customer_id: str, conversation_id: str, lines: dict[str, int], values: dict[str, str],
    line_errors: dict[str, str] | None = None, errors: dict[str, str] | None = None, *, order: Order | None = None,
    status: int = 200,
) -> Any:  # fmt: skip
    shop_id = here().shop_id
    customer = services().customers.get(shop_id, customer_id)
    offers = services().drafts.offers(shop_id, list(lines))
    q = query_text(values.get("q"))
    found = services().catalog.page(shop_id, q=q, state="live", limit=8).items
    ids = [one.id for detail in found for one in detail.variants if not one.archived]
    choices = services().drafts.offers(shop_id, ids)
    shown = pictures(shop_id, [one.product_id for one in (*offers.values(), *choices.values())])
    rows = [
        SimpleNamespace(
            id=one, quantity=count, error=(line_errors or {}).get(one, ""), **_offer(offers.get(one), shown, count)
        )
        for one, count in lines.items()
    ]
    errors = errors or {}
    loaded, _problems = read(NewOrderForm, values)
    preview = None
    if lines and lines.keys() <= offers.keys():
        try:
            preview = services().drafts.preview(
                shop_id, customer_id=customer_id, lines=list(lines.items()), **_asked(order, loaded)
            )
        except InvalidInput as error:
            errors = {**_at_fields(error), **errors}
    return page(
        "orders/new.html", status, customer=customer, conversation_id=conversation_id, order=order, rows=rows, q=q,
        choices=[SimpleNamespace(id=one.variant_id, **_offer(one, shown, 1)) for one in choices.values()],
        values={"payment": "link", "key": secrets.token_urlsafe(12), **values}, errors=errors,
        sums=money_lines(preview.order) if preview else [], hints=_hints(preview) if preview else [],
        total_paise=preview.order.total_paise if preview else sum(one.total_paise for one in rows),
    )  # fmt: skip


def _hints(preview: Preview) -> list[str]:
    """Where the order goes beyond what customers may order in the chat: the shop decides."""
    refused = {
        Refusal.TOO_LITTLE: _("By your rules cash on delivery is for larger orders."),
        Refusal.TOO_MUCH: _("By your rules cash on delivery is for smaller orders."),
        Refusal.PINCODE: _("By your rules cash on delivery does not reach this pincode."),
        Refusal.ITEM: _("By your rules these items are not sold for cash on delivery."),
        Refusal.REFUSED_BEFORE: _("This customer did not accept parcels before."),
    }
    least = _("Your smallest order is %(least)s.", least=rupees(preview.least_paise)) if preview.least_paise else ""
    far = "" if preview.serves else _("By your rules you do not deliver to this pincode.")
    return [one for one in (least, far, refused.get(preview.cash_refusal, "") if preview.cash_refusal else "") if one]


def _offer(offer: Offer | None, shown: dict[str, str], count: int) -> dict[str, Any]:
    return {
        "title": offer.title if offer else _("Not on sale any more"), "sku": offer.sku if offer else "",
        "available": max(0, offer.available) if offer else 0, "price_paise": offer.price_paise if offer else 0,
        "total_paise": offer.price_paise * count if offer else 0,
        "picture_url": shown.get(offer.product_id, "") if offer else "",
    }  # fmt: skip


def _plain(paise: int) -> str:
    return f"{paise // 100}.{paise % 100:02d}"

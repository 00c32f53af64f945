"""Orders: the list, one order, and the steps that move it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, DomainError, InvalidInput
from salespilots.domain.order_states import OrderState, PaymentStatus
from salespilots.ports.errors import PluginError, PortError
from salespilots.services.ordering import BY_HAND
from salespilots.web.context import here, services
from salespilots.web.forms import AddressForm, CancelForm, ShipForm, query_text, read
from salespilots.web.lookups import customers, order_rows, pictures, provider_label, sees_money, user_names
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import order_parts as parts
from salespilots.web.presenters import orders as present
from salespilots.web.presenters import papers
from salespilots.web.shell import remember_position

blueprint = Blueprint("orders", __name__, url_prefix="/app/orders")
blueprint.before_request(remember_position)

SHEETS = ("ship", "cancel", "refund", "return", "address")
"""What opens over an order's page."""

REFUSALS = (DomainError, Conflict, PortError, PluginError)


@blueprint.get("")
@permits(Permission.FULFIL)
def index() -> Any:
    """Newest first, by day."""
    shop_id, q = here().shop_id, query_text(request.args.get("q"))
    state = request.args.get("state", "")
    state = state if state in set(OrderState) else ""
    payment = request.args.get("payment_status", "")
    payment = payment if payment in set(PaymentStatus) and sees_money() else ""
    cursor, look = request.args.get("before"), request.args.get("look") == "1"
    found = services().orders.page(
        shop_id, state="placed" if payment == "unpaid" else state, payment_status=payment, attention=look, q=q,
        cursor=cursor, limit=30,
    )  # fmt: skip
    keep: dict[str, Any] = {
        "state": state or None, "payment_status": payment or None, "look": 1 if look else None, "q": q or None,
    }  # fmt: skip
    return page(
        "orders/index.html",
        filters=_filters(services().orders.counts(shop_id), keep),
        q=q,
        days=present.by_day(order_rows(found.items)),
        older_href=url_for("orders.index", **keep, before=found.next) if found.next else None,
        newer_href=url_for("orders.index", **keep) if cursor else None,
        may_create=sees_money(),
        keep={name: value for name, value in keep.items() if value and name != "q"},
        ever=bool(found.items or state or payment or look or cursor),
    )


def _filters(counts: dict[str, int], keep: Mapping[str, Any]) -> list[SimpleNamespace]:
    chips: list[tuple[Any, dict[str, Any], Any]] = [
        (_("All"), {}, None),
        (_("Needs a look"), {"look": 1}, services().dashboard.badges(here().shop_id).get("attention")),
        (_("To pack"), {"state": "confirmed"}, counts.get("confirmed")),
        (_("Unpaid"), {"payment_status": "unpaid"}, counts.get("placed")),
        (_("Packed"), {"state": "packed"}, counts.get("packed")),
        (_("Shipped"), {"state": "shipped"}, counts.get("shipped")),
        (_("Delivered"), {"state": "delivered"}, None),
        (_("Drafts"), {"state": "draft"}, counts.get("draft")),
        (_("Returned"), {"state": "returned"}, None),
        (_("Cancelled"), {"state": "cancelled"}, None),
        (_("Expired"), {"state": "expired"}, None),
    ]
    now = {name: value for name, value in keep.items() if value and name != "q"}
    return [
        SimpleNamespace(
            label=label, href=url_for("orders.index", **query, q=keep.get("q")), on=query == now, count=count
        )
        for label, query, count in chips
        if (sees_money() or "payment_status" not in query) and (count or not ("look" in query and query != now))
    ]


@blueprint.get("/<order_id>")
@permits(Permission.FULFIL)
def detail(order_id: str) -> Any:
    """One order."""
    return detail_page(order_id)


@blueprint.get("/<order_id>/ship")
@blueprint.get("/<order_id>/cancel")
@blueprint.get("/<order_id>/refund")
@blueprint.get("/<order_id>/return")
@blueprint.get("/<order_id>/address")
@permits(Permission.FULFIL)
def opened(order_id: str) -> Any:
    """The same with the sheet of this address open: also where a refused form left the browser."""
    return detail_page(order_id, sheet=request.path.rpartition("/")[2])


def pieces_of(form: Mapping[str, str], prefix: str = "pieces-") -> dict[str, int] | None:
    """Pieces by line id of fields named ``pieces-<line>``; None where the form has none. What is no number is refused
    by the order itself."""
    fields = {name.removeprefix(prefix): text.strip() for name, text in form.items() if name.startswith(prefix)}
    if not fields:
        return None
    numbers = {
        line: int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
        for line, text in fields.items()
        if text
    }
    return {line: count for line, count in numbers.items() if count}


def detail_page(
    order_id: str, status: int = 200, *, sheet: str = "", errors: dict[str, str] | None = None, values: Any = None
) -> Any:
    """An order's page, with a sheet open and what is wrong in it."""
    shop_id = here().shop_id
    order = services().orders.get(shop_id, order_id)
    customer = customers(shop_id, [order.customer_id])[order.customer_id]
    provider = services().core.registry.channels.find(customer.channel)
    sheet = sheet or request.args.get("sheet", "")
    money = sees_money()
    paid = services().orders.payments_of(shop_id, order_id) if money else []
    events = services().orders.timeline(shop_id, order_id)
    shown = present.detail(
        order,
        customer,
        pictures=pictures(shop_id, [one.product_id for one in order.lines]),
        events=events,
        names=user_names(one.actor for one in events),
        channel=_(provider.label) if provider else _("the chat"),
        public_url=f"{services().core.base_url}{url_for('public.order', token=order.token)}",
        money=money,
        orders=here().may(Permission.ORDERS),
        refund=here().may(Permission.REFUND),
    )
    if not here().may(Permission.INBOX):
        shown.conversation_id = None
    rules = here().shop.refund_rules
    return page(
        "orders/detail.html",
        status,
        order=shown,
        parcels=parts.parcels(order),
        returns=parts.returns(order),
        to_send=parts.to_send(order),
        to_return=parts.to_return(order),
        return_kinds=parts.return_kinds(),
        test_mode=services().connections.tests(shop_id).get(order.payment_method, "") if money else "",
        claim=next((one for one in paid if one.claimed), None),
        payments=parts.payments(paid, lambda one: provider_label("payments", one.provider), services().refunds.by_hand),
        refund=parts.refund(order, rules, services().refunds.count(shop_id, order_id))
        if here().may(Permission.REFUND)
        else None,
        cash_due=parts.cash_due(order) if here().may(Permission.ORDERS) else 0,
        may_refund=here().may(Permission.REFUND),
        sheet_errors=errors or {},
        sheet_values=values or {},
        open_sheet=sheet if sheet in SHEETS else None,
        couriers=present.couriers(),
        ship_errors=errors or {},
        ship_values=values or {"courier": "DTDC", "tracking_number": ""},
        may_chat=here().may(Permission.INBOX),
        papers=papers.links(services().documents.of_order(shop_id, order_id), order, money=money),
    )


def _step(order_id: str, act: Callable[..., Any], said: str, *, undo: bool = False, **more: Any) -> Any:
    """One service call, then the order again; a refusal is said, nothing is lost. ``undo``: the toast offers it."""
    try:
        order = act(here().shop_id, order_id, actor=here().user.id, **more)
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(said.replace("{number}", order.number or ""), present.undo_toast(order) if undo else "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/payment-link")
@permits(Permission.ORDERS)
def payment_link(order_id: str) -> Any:
    """Make the link if there is none and send it in the chat."""
    shop_id = here().shop_id
    order = services().orders.get(shop_id, order_id)
    try:
        sent = services().payments.send_link(shop_id, order_id)
    except REFUSALS as error:
        flash(_(getattr(error, "user_action", "") or error.message), "bad")
    else:
        chat = order.conversation_id
        made = _("Payment link made. Copy it below and send it to the customer.")
        said = _("Payment link sent") if sent else _("This link was sent before") if chat else made
        flash(said, "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/remind")
@permits(Permission.ORDERS)
def remind(order_id: str) -> Any:
    """Ask for the payment once more."""
    return _step(order_id, services().reminders.send, _("The customer of {number} was reminded"))


@blueprint.post("/<order_id>/confirm")
@permits(Permission.ORDERS)
def confirm(order_id: str) -> Any:
    """Cash on delivery is fine."""
    return _step(order_id, services().orders.confirm, _("{number} accepted"))


@blueprint.post("/<order_id>/pack")
@permits(Permission.FULFIL)
def pack(order_id: str) -> Any:
    """The items are in the parcel."""
    return _step(order_id, services().orders.pack, _("{number} marked as packed"), undo=True)


@blueprint.post("/<order_id>/ship")
@permits(Permission.FULFIL)
def ship(order_id: str) -> Any:
    """The parcel left; the customer is told."""
    values, errors = read(ShipForm, request.form)
    seen = values.pop("seen", None)
    by_hand = values.get("courier") == BY_HAND
    if not errors and not values["tracking_number"] and not by_hand:
        errors = {"tracking_number": _("Write the number on the slip, or choose “By hand”.")}
    if errors:
        return detail_page(order_id, 422, sheet="ship", errors=errors, values=dict(request.form))
    try:
        order = services().orders.ship(
            here().shop_id, order_id, actor=here().user.id, lines=pieces_of(request.form), seen=seen, **values
        )
    except InvalidInput as error:
        first = {name: texts[0] for name, texts in error.fields.items()}
        return detail_page(order_id, 422, sheet="ship", errors=first, values=dict(request.form))
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        said = _("A parcel of {number} left.") if order.part_shipped else _("{number} marked as shipped.")
        told = _(" The customer is told in the chat.") if order.conversation_id else ""
        flash(said.replace("{number}", order.number or "") + told, "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/deliver")
@permits(Permission.FULFIL)
def deliver(order_id: str) -> Any:
    """The customer has it."""
    return _step(order_id, services().orders.deliver, _("{number} marked as delivered"), undo=True)


@blueprint.post("/<order_id>/address")
@permits(Permission.ORDERS)
def address(order_id: str) -> Any:
    """Where it goes, until it has left."""
    values, errors = read(AddressForm, request.form)
    if errors:
        return detail_page(order_id, 422, sheet="address", errors=errors, values=dict(request.form))
    kept = services().orders.get(here().shop_id, order_id).address
    given = {name: value for name, value in {**kept, **values}.items() if value}
    return _step(order_id, _change_address, _("Address of {number} changed"), address=given)


def _change_address(shop_id: str, order_id: str, *, actor: str, address: dict[str, str]) -> Any:
    return services().orders.change(shop_id, order_id, {"address": address}, actor=actor)


@blueprint.post("/<order_id>/cancel")
@permits(Permission.ORDERS)
def cancel(order_id: str) -> Any:
    """Stop it; its items go back to stock."""
    values, _errors = read(CancelForm, request.form)
    return _step(order_id, services().orders.cancel, _("{number} cancelled"), reason=values.get("reason", "other"))

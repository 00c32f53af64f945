"""Many orders at once: choose, mark as packed or shipped, remind, print. Each row says what became of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.domain.order_states import OrderState
from salespilots.services.many import MOST, Row
from salespilots.services.ordering import BY_HAND
from salespilots.web.context import here, services
from salespilots.web.fields import Line, Text
from salespilots.web.forms import Form, chosen_ids, first_messages, query_text, read
from salespilots.web.lookups import order_rows, sees_money
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.presenters import order_bulk as present
from salespilots.web.presenters.orders import by_day, couriers

blueprint = Blueprint("order_bulk", __name__, url_prefix="/app/orders/bulk")

STATES = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED)


class ShipForm(Form):
    """Courier and a pasted list."""

    courier = Line(longest=40, required=True)
    pasted = Text(longest=10_000, required=True)


@blueprint.get("")
@permits(Permission.FULFIL)
def index() -> Any:
    """Orders to choose from; those to pack by item, too."""
    return _choose()


def _choose(status: int = 200, errors: dict[str, str] | None = None) -> Any:
    state = request.values.get("state", "")
    state = state if state in STATES and (state != OrderState.PLACED or sees_money()) else ""
    q = query_text(request.values.get("q"))
    found = services().orders.page(here().shop_id, state=state, q=q, limit=MOST)
    return page(
        "orders/bulk.html",
        status,
        state=state,
        q=q,
        days=by_day(order_rows(found.items)),
        items=present.by_item(found.items) if state == OrderState.CONFIRMED else [],
        more=found.next is not None,
        chosen=set(chosen_ids()),
        couriers=[one for one in couriers() if one[0] != BY_HAND],
        values=request.form,
        errors=errors or {},
        may_remind=sees_money(),
    )


@blueprint.post("/pack")
@permits(Permission.FULFIL)
def pack() -> Any:
    """Mark the chosen ones as packed."""
    if not chosen_ids():
        return _choose(422, {"ids": _("Choose at least one order.")})
    return _done(services().bulk.pack(here().shop_id, chosen_ids(), actor=here().user.id), _("Packed"))


@blueprint.post("/remind")
@permits(Permission.ORDERS)
def remind() -> Any:
    """Ask the customers of the chosen ones for their payment once more."""
    if not chosen_ids():
        return _choose(422, {"ids": _("Choose at least one order.")})
    return _done(services().bulk.remind(here().shop_id, chosen_ids(), actor=here().user.id), _("Reminders"))


@blueprint.post("/ship")
@permits(Permission.FULFIL)
def ship() -> Any:
    """Mark as shipped what the pasted list names."""
    values, errors = read(ShipForm, request.form)
    if errors:
        return _choose(422, errors)
    try:
        rows = services().bulk.ship(here().shop_id, chosen_ids(), actor=here().user.id, **values)
    except InvalidInput as error:
        return _choose(422, first_messages(error.fields))
    return _done(rows, _("Shipped"))


def _done(rows: list[Row], what: str) -> Any:
    return page("orders/bulk_done.html", rows=rows, what=what, good=sum(one.done for one in rows))

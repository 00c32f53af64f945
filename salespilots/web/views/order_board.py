"""Orders as a board: a column for each step after the shop's yes; a card is moved on by its button or dragged."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.domain.order_states import OrderState
from salespilots.web.context import here, services
from salespilots.web.lookups import order_rows, sees_money
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters.orders import undo_toast
from salespilots.web.shell import remember_position
from salespilots.web.views.orders import REFUSALS

blueprint = Blueprint("order_board", __name__, url_prefix="/app/orders/board")
blueprint.before_request(remember_position)

MOST = 30
"""Cards of a column: the newest; the list has them all."""

COLUMNS = (OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED)


@blueprint.get("")
@permits(Permission.FULFIL)
def index() -> Any:
    """The columns, newest orders on top."""
    shop_id = here().shop_id
    counts = services().orders.counts(shop_id)
    labels = (_("To pack"), _("Packed"), _("Shipped"), _("Delivered"))
    columns = [
        SimpleNamespace(
            state=str(state), label=label, count=counts.get(state, 0), list_href=url_for("orders.index", state=state),
            orders=order_rows(services().orders.page(shop_id, state=state, limit=MOST).items),
        )
        for state, label in zip(COLUMNS, labels, strict=True)
    ]  # fmt: skip
    return page("orders/board.html", columns=columns, most=MOST, may_create=sees_money())


@blueprint.post("/move")
@permits(Permission.FULFIL)
def move() -> Any:
    """One card to the next column; how a parcel leaves is written on the order's own page."""
    order_id, to = request.form.get("order", ""), request.form.get("to", "")
    orders, shop_id, actor = services().orders, here().shop_id, here().user.id
    if to not in (OrderState.PACKED, OrderState.DELIVERED):
        raise NotFound("There is no such column.")
    try:
        order = (orders.pack if to == OrderState.PACKED else orders.deliver)(shop_id, order_id, actor=actor)
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        said = _("{number} marked as packed") if to == OrderState.PACKED else _("{number} marked as delivered")
        flash(said.replace("{number}", order.number or ""), undo_toast(order))
    return back_to(url_for("order_board.index"))

"""Undo on an order: from the toast of a step, and on the order's page while nothing followed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.domain.undoing import UNDOABLE
from salespilots.services.undoing import Undone
from salespilots.web.context import here, services
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits
from salespilots.web.presenters.papers import kind_label
from salespilots.web.views.orders import REFUSALS

blueprint = Blueprint("order_undo", __name__, url_prefix="/app/orders")


@blueprint.post("/<order_id>/undo")
@permits(Permission.FULFIL)
def undo(order_id: str) -> Any:
    """Take back the step named in the address."""
    step = request.values.get("step", "")
    if step not in UNDOABLE:
        raise NotFound("There is no such step.")
    try:
        done = services().undoing.undo(
            here().shop_id, order_id, step, at=_moment(request.values.get("at", "")), actor=here().user.id
        )
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_said(done, step), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _said(done: Undone, step: str) -> str:
    number = done.order.number or ""
    said = [
        {
            "packed": _("%(number)s is to be packed again.", number=number),
            "delivered": _("%(number)s is on its way again.", number=number),
        }.get(step)
        or _("%(number)s is on its way again, its pieces are off the shelf.", number=number)
    ]
    if done.document:
        what = kind_label(done.document.kind)
        said.append(
            _(
                "Its credit note stays, %(what)s %(number)s was made instead.",
                what=what.lower(), number=done.document.number,
            )
        )  # fmt: skip
    if done.told:
        said.append(_("The customer was told already, and that is not unsent: write to them."))
    return " ".join(said)

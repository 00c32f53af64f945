"""What comes back of one order: expected, looked at, put on the shelf or not."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import validate

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.domain.parcels import ReturnKind
from salespilots.web.context import here, services
from salespilots.web.fields import Count, Line
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits
from salespilots.web.presenters.orders import undo_toast
from salespilots.web.views.orders import REFUSALS, detail_page, pieces_of

blueprint = Blueprint("order_returns", __name__, url_prefix="/app/orders")


class ReturnForm(Form):
    """The return sheet: why, and whether the pieces are here already."""

    kind = Line(longest=20, required=True, validate=validate.OneOf(list(ReturnKind)))
    here = Line(longest=1, load_default="")
    note = Line(longest=300, load_default="")
    seen = Count(load_default=None)


@blueprint.post("/<order_id>/return")
@permits(Permission.FULFIL)
def begin(order_id: str) -> Any:
    """Pieces are on their way back, or here."""
    values, errors = read(ReturnForm, request.form)
    try:
        if errors:
            raise InvalidInput({name: [text] for name, text in errors.items()})
        services().orders.expect_back(
            here().shop_id, order_id, kind=values["kind"], lines=pieces_of(request.form), note=values["note"],
            actor=here().user.id, seen=values["seen"],
        )  # fmt: skip
    except InvalidInput as error:
        first = {name: texts[0] for name, texts in error.fields.items()}
        return detail_page(order_id, 422, sheet="return", errors=first, values=dict(request.form))
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("Noted. Look at it when it is here."), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/undelivered")
@permits(Permission.FULFIL)
def undelivered(order_id: str) -> Any:
    """Return to origin, one tap: all of it came back unopened and goes on the shelf."""
    try:
        order = services().orders.take_back(
            here().shop_id, order_id, restock=True, kind=ReturnKind.UNDELIVERED, actor=here().user.id
        )
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("Back on the shelf"), undo_toast(order))
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/returns/<return_id>")
@permits(Permission.FULFIL)
def inspect(order_id: str, return_id: str) -> Any:
    """It is here and was looked at: which pieces can be sold again."""
    try:
        services().orders.inspect(
            here().shop_id, order_id, return_id, restock=pieces_of(request.form) or {}, actor=here().user.id
        )
    except InvalidInput as error:
        flash(_(next(iter(error.fields.values()))[0]), "bad")
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("Looked at"), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))

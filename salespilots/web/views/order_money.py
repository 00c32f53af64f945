"""Money of one order: refunds, money that is held, cash that came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import validate

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.money import rupees
from salespilots.domain.payment import Payment, PaymentState
from salespilots.services.by_hand import WAYS
from salespilots.web.context import here, services
from salespilots.web.fields import Line, Rupees
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits
from salespilots.web.presenters.order_parts import cash_due
from salespilots.web.views.orders import REFUSALS, detail_page, pieces_of

blueprint = Blueprint("order_money", __name__, url_prefix="/app/orders")


class RefundForm(Form):
    """The refund sheet. ``key`` is of the page's state, so that two people who click at once make one refund."""

    amount = Rupees(required=True, least=100)
    reason = Line(longest=200, required=True)
    key = Line(longest=120, required=True)


class ReceivedForm(Form):
    """Money that was taken by hand."""

    method = Line(longest=20, load_default="cash", validate=validate.OneOf(WAYS))
    utr = Line(longest=40, load_default="")


@blueprint.post("/<order_id>/refund")
@permits(Permission.REFUND)
def refund(order_id: str) -> Any:
    """Give money back through the payment it came by."""
    values, errors = read(RefundForm, request.form)
    if errors:
        return detail_page(order_id, 422, sheet="refund", errors=errors, values=dict(request.form))
    before = services().orders.payments_of(here().shop_id, order_id)
    try:
        again = pieces_of(request.form, "again-")
        services().refunds.refund(
            here().shop_id, order_id, amount_paise=values["amount"], reason=values["reason"], key=values["key"],
            restock=bool(again), lines=again, actor=here().user.id,
        )  # fmt: skip
    except InvalidInput as error:
        first = {name: texts[0] for name, texts in error.fields.items()}
        return detail_page(order_id, 422, sheet="refund", errors=first, values=dict(request.form))
    except REFUSALS as error:
        return detail_page(
            order_id, 409, sheet="refund", errors={"amount": _(error.message)}, values=dict(request.form)
        )
    flash(_refund_said(before, services().orders.payments_of(here().shop_id, order_id), values["amount"]), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


def _refund_said(before: Sequence[Payment], after: Sequence[Payment], amount: int) -> str:
    """Who gives the money back: the provider that was asked, or the owner."""
    were = {one.id: one.refunded_paise for one in before}
    taken = [one for one in after if one.state is PaymentState.CAPTURED]
    by_hand = [one for one in taken if services().refunds.by_hand(one)]
    own = sum(one.refunded_paise - were.get(one.id, 0) for one in by_hand)
    if len(by_hand) == len(taken) or own >= amount:
        return _("Refund of %(amount)s noted: give the money back yourself", amount=rupees(amount))
    if own:
        return _(
            "Refund of %(amount)s asked for; %(own)s of it you give back yourself",
            amount=rupees(amount), own=rupees(own),
        )  # fmt: skip
    return _("Refund of %(amount)s asked for", amount=rupees(amount))


@blueprint.post("/<order_id>/payments/<payment_id>/keep")
@permits(Permission.REFUND)
def keep(order_id: str, payment_id: str) -> Any:
    """Money that did not fit is counted for the order after all."""
    try:
        if services().payments.get(here().shop_id, payment_id).order_id != order_id:
            raise NotFound("There is no such payment of this order.")
        services().payments.keep_held(here().shop_id, payment_id)
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("Counted for this order"), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.post("/<order_id>/received")
@permits(Permission.ORDERS)
def received(order_id: str) -> Any:
    """What was due is here: cash of the courier, or a transfer."""
    values, _errors = read(ReceivedForm, request.form)
    shop_id = here().shop_id
    order = services().orders.get(shop_id, order_id)
    due = cash_due(order) or order.due_paise
    try:
        services().orders.confirm(
            shop_id, order_id, actor=here().user.id,
            received={"method": values.get("method", "cash"), "utr": values.get("utr", ""), "amount_paise": due},
        )  # fmt: skip
    except InvalidInput as error:
        flash(_(next(iter(error.fields.values()))[0]), "bad")
    except REFUSALS as error:
        flash(_(error.message), "bad")
    else:
        flash(_("%(amount)s received", amount=rupees(due)), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))

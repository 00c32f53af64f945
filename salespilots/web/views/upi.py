"""The page that shows a customer where to pay by UPI: code, app link, exact amount, and a place for the UTR."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, PaymentState
from salespilots.ports.errors import PluginError
from salespilots.web.context import services
from salespilots.web.pages import back_to
from salespilots.web.permissions import public
from salespilots.web.views.public import public_page, shop_view, unknown_shop

blueprint = Blueprint("upi", __name__)


def code_of(intent: str) -> Markup:
    """The QR code of a UPI address as SVG, black on white whatever the colours of the page."""
    import segno

    made = segno.make(intent, error="m")
    svg = made.svg_inline(scale=5, border=3, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True)
    return Markup(svg)  # noqa: S704 - made here, from a percent-encoded address


@blueprint.get("/upi/<reference>")
@public
def page(reference: str) -> Any:
    """Where to pay, or what became of it."""
    return _shown(reference)


@blueprint.post("/upi/<reference>")
@public
def claim(reference: str) -> Any:
    """The customer says that they paid. Nothing is believed until the bank shows it."""
    typed = request.form.get("utr", "")[:60]
    try:
        payment, _order = services().direct.by_reference(reference)
        services().direct.claim(payment, typed)
    except NotFound:
        return public_page("public/gone.html", 404, shop=unknown_shop())
    except InvalidInput as error:
        return _shown(reference, 422, next(iter(error.fields.values()))[0], typed)
    except Conflict as error:
        return _shown(reference, 409, error.message, typed)
    return back_to(url_for("upi.page", reference=reference, lang=request.args.get("lang")))


def _shown(reference: str, status: int = 200, problem: str = "", typed: str = "") -> Any:
    try:
        payment, order = services().direct.by_reference(reference)
        intent = services().direct.intent(payment, order)
    except (NotFound, PluginError):
        return public_page("public/gone.html", 404, shop=unknown_shop())
    shop = shop_view(services().shops.get(payment.business_id))

    def context() -> dict[str, Any]:
        return {"pay": _view(payment, order, intent), "problem": _(problem) if problem else "", "utr": typed}

    return public_page("public/upi.html", status, context, shop=shop)


def _view(payment: Payment, order: Order, intent: str) -> SimpleNamespace:
    fields = dict(part.split("=", 1) for part in intent.partition("?")[2].split("&"))
    paid = payment.state is PaymentState.CAPTURED
    return SimpleNamespace(
        reference=payment.reference,
        amount_paise=payment.amount_paise,
        order_number=order.number,
        order_href=url_for("public.order", token=order.token, lang=request.args.get("lang")),
        vpa=fields["pa"],
        intent=intent,
        code=code_of(intent),
        paid=paid,
        over=not paid and not order.payable,
        claimed=None if paid else payment.provider_ref,
    )

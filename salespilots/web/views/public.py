"""Pages without sign-in: the landing page, a customer's order, the practice payment."""

from __future__ import annotations

import secrets
import time
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from salespilots.domain.business import Business
from salespilots.domain.errors import Conflict, InvalidTransition, NotFound
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import Payment, PaymentState
from salespilots.web.context import services, signed_in
from salespilots.web.forms import PayForm, read
from salespilots.web.lookups import pictures
from salespilots.web.pages import back_to
from salespilots.web.permissions import public
from salespilots.web.presenters import public as present
from salespilots.web.public_words import LANGUAGES, PublicWords

blueprint = Blueprint("public", __name__)

PATIENCE = 2.0
"""Seconds that the payment page waits for the payment to be booked."""

POSTED_TO = {"public.cancel": "public.order", "public.pay": "public.pay_page", "upi.claim": "upi.page"}
"""Forms of customers' pages, and the page that each stands on: the other language is there."""

ENDED = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED)


@blueprint.get("/")
@public
def landing() -> Any:
    """What this is."""
    return render_template(
        "public/landing.html", signup_open=services().core.signup == "open", signed_in=signed_in() is not None
    )


@blueprint.get("/manifest.webmanifest")
@public
def manifest() -> Any:
    """For the home screen."""
    response = make_response(render_template("public/manifest.webmanifest"))
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/o/<token>")
@public
def order(token: str) -> Any:
    """A customer follows an order by its unguessable link."""
    try:
        found = services().orders.by_token(token)
    except NotFound:
        return public_page("public/gone.html", 404, shop=unknown_shop())
    shown = pictures(found.business_id, [one.product_id for one in found.lines])
    papers = services().documents.of_order(found.business_id, found.id)
    invoice = url_for("papers.public_invoice", token=token) if papers else None
    chat = services().connections.chat_link(found.business_id)
    again = (
        url_for("public.order", token=token, lang=request.args.get("lang"))
        if found.state is OrderState.PLACED
        else None
    )

    def context() -> dict[str, Any]:
        return {"order": present.order_view(found, shown, chat, _claimed(found)), "invoice_href": invoice}

    response = public_page(
        "public/order.html", 200, context, shop=shop_view(services().shops.get(found.business_id)), again_href=again
    )
    if found.shipments and found.state in (OrderState.PACKED, OrderState.SHIPPED):
        response.headers["Refresh"] = "60"
    return response


def _claimed(order_: Order) -> str:
    """The UTR that the customer named for money nobody has seen yet."""
    if order_.state not in (OrderState.PLACED, OrderState.EXPIRED) or not order_.payment_url:
        return ""
    asked = services().orders.payments_of(order_.business_id, order_.id)
    return next((one.provider_ref or "" for one in reversed(asked) if one.claimed), "")


@blueprint.post("/o/<token>/cancel")
@public
def cancel(token: str) -> Any:
    """The customer does not want it any more; too late is said on the page."""
    try:
        services().orders.cancel_by_customer(token)
    except NotFound:
        return public_page("public/gone.html", 404, shop=unknown_shop())
    except (InvalidTransition, Conflict):
        return order(token)
    return back_to(url_for("public.order", token=token, lang=request.args.get("lang")))


@blueprint.get("/pay/<token>")
@public
def pay_page(token: str) -> Any:
    """The practice payment page, or what became of it."""
    found = _payment(token)
    if found is None:
        return public_page("public/gone.html", 404, shop=unknown_shop())
    payment, order_ = found
    asked = request.args.get("result", "")
    if _is_paid(payment, order_):
        return _result(payment, order_, "paid" if asked == "paid" else "already_paid")
    if order_.state in ENDED or not payment.open:
        return _result(payment, order_, "expired")
    if asked == "failed" and payment.state is PaymentState.FAILED:
        return _result(payment, order_, "failed")
    if asked in ("cancelled", "slow"):
        return _result(payment, order_, asked)
    return _form(payment, order_, waiting=asked == "paid")


@blueprint.post("/pay/<token>", endpoint="pay")
@public
def pay(token: str) -> Any:
    """Pretend to pay. The same attempt is booked once."""
    found = _payment(token)
    if found is None:
        return public_page("public/gone.html", 404, shop=unknown_shop())
    payment, order_ = found
    values, errors = read(PayForm, request.form)
    if errors or values["method"] not in ("upi", "card", "netbanking"):
        return _form(payment, order_, status=422, error=_("Choose how to pay."))
    outcome = values["outcome"]
    if outcome != "cancelled" and payment.open and order_.state not in ENDED:
        attempt = values["attempt"] or secrets.token_urlsafe(12)
        services().practice.pay(payment, method=values["method"], outcome=outcome, attempt=attempt)
        if outcome != "slow":
            _wait(payment, outcome)
    return back_to(url_for("public.pay_page", token=token, result=outcome, lang=request.args.get("lang")))


def _wait(payment: Payment, outcome: str) -> None:
    """Until the worker booked it, or not for long."""
    wanted = PaymentState.CAPTURED if outcome == "paid" else PaymentState.FAILED
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if services().payments.practice_payment(payment.reference).state in (wanted, PaymentState.CAPTURED):
            return
        time.sleep(0.05)


def _payment(reference: str) -> tuple[Payment, Order] | None:
    try:
        payment = services().payments.practice_payment(reference)
        if services().core.production and not payment.practice:
            return None
        return payment, services().orders.get(payment.business_id, payment.order_id)
    except NotFound:
        return None


def _is_paid(payment: Payment, order_: Order) -> bool:
    return payment.state is PaymentState.CAPTURED or (order_.due_paise == 0 and order_.paid_paise > 0)


def _form(
    payment: Payment, order_: Order, *, status: int = 200, error: str | None = None, waiting: bool = False
) -> Any:
    def context() -> dict[str, Any]:
        sentence = _("Your payment is being checked. Look again in a moment.") if waiting else error
        return {"pay": present.pay_view(payment, order_, secrets.token_urlsafe(12)), "error": sentence}

    return public_page("public/pay.html", status, context, shop=shop_view(services().shops.get(payment.business_id)))


def _result(payment: Payment, order_: Order, result: str) -> Any:
    retry = url_for("public.pay_page", token=payment.reference) if result in ("failed", "cancelled") else None
    return public_page(
        "public/pay_result.html",
        200,
        shop=shop_view(services().shops.get(payment.business_id)),
        result=result,
        amount_paise=payment.amount_paise,
        order_number=order_.number,
        order_href=url_for("public.order", token=order_.token),
        retry_href=retry,
    )


def shop_view(shop: Business) -> SimpleNamespace:
    """What a customer may know of the shop."""
    return SimpleNamespace(id=shop.id, name=shop.name, phone=shop.phone, handle="", return_policy=shop.return_policy)


def unknown_shop() -> SimpleNamespace:
    """For a link that leads nowhere."""
    return SimpleNamespace(id="", name="SalesPilots", phone=None, handle="", return_policy=None)


def public_page(template: str, status: int, context: Any = None, /, **more: Any) -> Response:
    """A page for a shop's customer: in the language of ``?lang=``, kept out of search engines and of referrers."""
    lang = request.args.get("lang", "")
    lang = lang if lang in LANGUAGES else getattr(get_locale(), "language", "en")
    shown_at = POSTED_TO.get(request.endpoint or "", request.endpoint or "")
    other = url_for(shown_at, **{**(request.view_args or {}), "lang": "en" if lang == "hi" else "hi"})
    PublicWords().as_default()
    with force_locale(lang):
        made = context() if context else {}
        response = make_response(render_template(template, lang=lang, lang_href=other, **made, **more), status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response

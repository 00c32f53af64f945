"""PDFs of orders: documents of sales, packing slips, address labels. They are drawn outside any transaction."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import DomainError, InvalidInput, NotFound
from salespilots.domain.invoice import Invoice
from salespilots.domain.order import Order
from salespilots.papers.documents import document_pdf
from salespilots.papers.parcels import SIZES, ParcelPaper, labels_pdf, slips_pdf
from salespilots.services.documents import sale_document
from salespilots.web.context import here, services
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits, public
from salespilots.web.presenters.papers import kind_label, parcel_paper

blueprint = Blueprint("papers", __name__)

MOST = 100
"""Orders in one file."""


@blueprint.post("/app/orders/<order_id>/invoice")
@permits(Permission.ORDERS)
def issue(order_id: str) -> Any:
    """Issue the order's document, once; the page then links to it."""
    try:
        made = services().documents.issue(here().shop_id, order_id, actor=here().user.id)
    except NotFound:
        raise
    except DomainError as error:
        flash(_(error.message), "bad")
    else:
        flash(_("%(what)s %(number)s issued", what=kind_label(made.kind), number=made.number), "ok")
    return back_to(url_for("orders.detail", order_id=order_id))


@blueprint.get("/app/orders/<order_id>/invoice.pdf")
@permits(Permission.ORDERS)
def invoice(order_id: str) -> Any:
    """The order's document, where it has one."""
    return _document(_issued(services().documents.of_order(here().shop_id, order_id)))


@blueprint.get("/app/orders/<order_id>/credit-notes/<invoice_id>.pdf")
@permits(Permission.ORDERS)
def credit_note(order_id: str, invoice_id: str) -> Any:
    """One of its credit notes, or a document that one of them took back."""
    found = services().documents.get(here().shop_id, order_id, invoice_id)
    if found == sale_document(services().documents.of_order(here().shop_id, order_id)):
        raise NotFound("There is no such credit note.")
    return _document(found)


@blueprint.get("/o/<token>/invoice.pdf")
@public
def public_invoice(token: str) -> Any:
    """For who has the link of the order's page."""
    order = services().orders.by_token(token)
    response = _document(_issued(services().documents.of_order(order.business_id, order.id)))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/app/orders/<order_id>/slip.pdf")
@permits(Permission.FULFIL)
def slip(order_id: str) -> Any:
    """What goes into the parcel; no prices."""
    order = services().orders.get(here().shop_id, order_id)
    return _pdf(slips_pdf([_paper(order)], _size()), f"slip-{order.number}")


@blueprint.get("/app/orders/<order_id>/label.pdf")
@permits(Permission.FULFIL)
def label(order_id: str) -> Any:
    """What goes on the parcel."""
    order = services().orders.get(here().shop_id, order_id)
    return _pdf(labels_pdf([_paper(order)]), f"label-{order.number}")


@blueprint.route("/app/orders/print.pdf", methods=["GET", "POST"])
@permits(Permission.FULFIL)
def several() -> Any:
    """Slips or labels of several orders in one file: ``ids`` with commas or repeated, ``what`` slips or labels. A form
    is posted, so that nothing of it stays in an address."""
    given = [one.strip() for text in request.values.getlist("ids") for one in text.split(",")]
    ids = list(dict.fromkeys(one for one in given if one))
    if not ids:
        flash(_("Choose at least one order."), "bad")
        return back_to(url_for("order_bulk.index"))
    if len(ids) > MOST:
        raise InvalidInput({"ids": [f"{MOST} orders at most."]})
    papers = [_paper(one) for one in services().documents.to_print(here().shop_id, ids)]
    if request.values.get("what") == "labels":
        return _pdf(labels_pdf(papers), "labels")
    return _pdf(slips_pdf(papers, _size()), "slips")


def _size() -> str:
    size = request.values.get("size", "a4")
    return size if size in SIZES else "a4"


def _paper(order: Order) -> ParcelPaper:
    url = f"{services().core.base_url}{url_for('public.order', token=order.token)}"
    return parcel_paper(order, here().shop, url)


def _issued(found: list[Invoice]) -> Invoice:
    document = sale_document(found)
    if document is None:
        raise NotFound("No document has been issued for this order yet.")
    return document


def _document(found: Invoice) -> Response:
    return _pdf(document_pdf(found), found.number.replace("/", "-"))


def _pdf(content: bytes, name: str) -> Response:
    response = make_response(content)
    response.mimetype = "application/pdf"
    plain = "".join(one for one in name if one.isascii() and (one.isalnum() or one in "-_")) or "paper"
    response.headers["Content-Disposition"] = f'inline; filename="{plain}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response

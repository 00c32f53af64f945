"""Papers of orders: what an order's page offers, and what is printed on slips and labels."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.business import Business
from salespilots.domain.invoice import DocumentKind, Invoice
from salespilots.domain.order import Order
from salespilots.papers.parcels import ParcelPaper
from salespilots.ports.extensions import CASH
from salespilots.services.documents import INVOICED, sale_document
from salespilots.web.filters import local
from salespilots.web.presenters.orders import address_lines

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def kind_label(kind: DocumentKind) -> str:
    """What a document is called on screens."""
    return {
        DocumentKind.INVOICE: _("Invoice"), DocumentKind.BILL_OF_SUPPLY: _("Bill of supply"), DocumentKind.BILL: _("Bill"),
        DocumentKind.CREDIT_NOTE: _("Credit note"),
    }[kind]  # fmt: skip


def links(issued: Sequence[Invoice], order: Order, *, money: bool) -> SimpleNamespace:
    """For the papers of an order's page: ``document`` that the sale stands on, and ``notes``: the others (label, number, id);
    ``can_issue``. Somebody who only packs sees slips and labels."""
    now = sale_document(issued)
    shown = [SimpleNamespace(id=one.id, label=kind_label(one.kind), number=one.number) for one in issued]
    document = next((one for one in shown if now and one.id == now.id), None)
    return SimpleNamespace(
        document=document if money else None,
        notes=[one for one in shown if one is not document] if money else [],
        can_issue=money and document is None and order.state in INVOICED,
        order_id=order.id,
        can_print=bool(order.number and order.address),
    )


def parcel_paper(order: Order, shop: Business, page_url: str) -> ParcelPaper:
    """One order as its slip and its label show it."""
    at, address = local(order.placed_at or order.created_at), order.address
    town = [str(address.get(name) or "") for name in ("city", "state")]
    sender = [*(shop.address or "").splitlines(), shop.phone or ""]
    return ParcelPaper(
        number=order.number or "",
        placed_on=f"{at.day} {_MONTHS[at.month - 1]} {at.year}",
        sender=shop.name,
        sender_lines=[one.strip() for one in sender if one.strip()],
        receiver=str(address.get("name") or ""),
        address_lines=[*address_lines({**address, "city": "", "pincode": "", "state": ""}, name=False), ", ".join(filter(None, town))],
        pincode=str(address.get("pincode") or ""),
        phone=str(address.get("phone") or ""),
        collect_paise=order.due_paise if order.payment_method == CASH else 0,
        note=str(address.get("note") or ""),
        practice=order.practice,
        page_url=page_url,
        lines=[(line.quantity, line.title, line.sku) for line in order.lines],
    )  # fmt: skip

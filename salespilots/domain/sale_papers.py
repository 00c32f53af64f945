"""What a document of a sale says: worked out once, when it is issued, from the order and the shop of that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.gst import (
    IST,
    Taxed,
    charges_tax,
    place_of_supply,
    split,
    state_code,
    state_of_shop,
    taxed_order,
)
from salespilots.domain.gst_rates import rate_value, read_rate
from salespilots.domain.invoice import DocumentKind, Invoice
from salespilots.domain.money import allocate
from salespilots.domain.order import Order
from salespilots.domain.refunding import discount_of_lines

CHARGES = {"shipping": "Delivery", "cod_fee": "Cash on delivery fee"}
"""What is charged beside the goods, as it is printed."""

_SUMS = ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise")


def kind_for(shop: Business) -> DocumentKind:
    """A registered seller issues tax invoices, a composition dealer bills of supply, everybody else plain bills."""
    if not shop.gstin:
        return DocumentKind.BILL
    return DocumentKind.BILL_OF_SUPPLY if shop.composition else DocumentKind.INVOICE


def sale_content(order: Order, shop: Business, now: datetime, pincode_state: str) -> dict[str, Any]:
    """Everything that is printed on an order's document. ``pincode_state``: where its pincode is, or an empty text."""
    home = state_of_shop(shop)
    place = place_of_supply(order.address, pincode_state, home)
    within = place == home
    off, hsn = discount_of_lines(order), order.terms.get("hsn") or {}
    lines: list[dict[str, Any]] = []
    parts = {one.key: one for one in taxed_order(order, taxed=charges_tax(shop), within=within)}
    for line in order.lines:
        lines.append(
            {
                "title": line.title, "sku": line.sku, "hsn": str(hsn.get(line.id) or ""), "quantity": line.quantity,
                "unit_paise": line.unit_paise, "discount_paise": off[line.id], **_sums(parts[line.id]),
            }
        )  # fmt: skip
    for key, title in CHARGES.items():
        if key in parts:
            paise = parts[key].gross_paise
            lines.append(
                {
                    "title": title, "sku": "", "hsn": "", "quantity": 1, "unit_paise": paise, "discount_paise": 0,
                    **_sums(parts[key]),
                }
            )  # fmt: skip
    return {
        "date": _day(now),
        "seller": {
            "name": shop.name, "legal_name": shop.legal_name or "", "address": shop.address or "",
            "phone": shop.phone or "", "gstin": shop.gstin or "", "state": home, "state_code": state_code(home) or "",
        },
        "buyer": {
            name: str(order.address.get(name) or "")
            for name in ("name", "line1", "line2", "city", "state", "pincode", "phone")
        },
        "place": {"state": place, "code": state_code(place) or "", "within": within},
        "order": {"number": order.number or "", "date": _day(order.placed_at or order.created_at)},
        "payment_method": order.payment_method,
        "lines": lines,
        "totals": _totals(lines),
    }  # fmt: skip


def credit_content(
    original: Invoice, earlier: Sequence[Invoice], amount_paise: int, reason: str, now: datetime
) -> dict[str, Any]:
    """A credit note of an invoice: the amount in proportion to what is left of each rate. All the notes of an invoice
    together never come to more than it, and to exactly it where all of it is given back."""
    left = _by_rate(original.content["lines"])
    for note in earlier:
        for points, gone in _by_rate(note.content["lines"]).items():
            left[points] = {name: left[points][name] - gone[name] for name in gone}
    open_ = {points: sums for points, sums in left.items() if sums["total_paise"] > 0}
    amount = min(amount_paise, sum(one["total_paise"] for one in open_.values()))
    parts = allocate(amount, [one["total_paise"] for one in open_.values()]) if amount > 0 else []
    within = original.content["place"]["within"]
    taxed = any(sums["taxable_paise"] != sums["total_paise"] for sums in left.values())
    lines: list[dict[str, Any]] = []
    for (points, rest), paise in zip(open_.items(), parts, strict=False):
        if not paise:
            continue
        sums = rest if paise == rest["total_paise"] else _part(rest, paise, points if taxed else 0, within)
        lines.append(
            {
                "title": f"Credit for {original.number}", "sku": "", "hsn": "", "quantity": 1, "unit_paise": paise,
                "discount_paise": 0, "rate": rate_value(points), **sums,
            }
        )  # fmt: skip
    kept = {name: original.content[name] for name in ("seller", "buyer", "place", "order", "payment_method")}
    about = {"number": original.number, "date": original.content["date"], "kind": str(original.kind)}
    return {**kept, "date": _day(now), "original": about, "reason": reason, "lines": lines, "totals": _totals(lines)}


def _part(rest: Mapping[str, int], paise: int, basis_points: int, within: bool) -> dict[str, int]:
    one = split("", paise, basis_points, within=within)
    taxes = {name: min(getattr(one, name), rest[name]) for name in _SUMS[1:]}
    return {**taxes, "taxable_paise": paise - sum(taxes.values()), "total_paise": paise}


def _by_rate(lines: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for line in lines:
        sums = found.setdefault(read_rate(line["rate"]), dict.fromkeys((*_SUMS, "total_paise"), 0))
        for name in sums:
            sums[name] += line[name]
    return found


def _sums(one: Taxed) -> dict[str, int]:
    return {
        "rate": rate_value(one.basis_points),
        **{name: getattr(one, name) for name in _SUMS},
        "total_paise": one.gross_paise,
    }


def _totals(lines: Sequence[Mapping[str, int]]) -> dict[str, int]:
    sums = {name: sum(line[name] for line in lines) for name in (*_SUMS, "total_paise", "discount_paise")}
    return {**sums, "tax_paise": sums["cgst_paise"] + sums["sgst_paise"] + sums["igst_paise"]}


def _day(at: datetime) -> str:
    return at.astimezone(IST).date().isoformat()

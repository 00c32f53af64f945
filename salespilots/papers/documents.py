"""Invoices, bills of supply, bills and credit notes on A4, from what was frozen when they were issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from salespilots.domain.gst_rates import half_text, rate_text, read_rate
from salespilots.domain.invoice import DocumentKind, Invoice
from salespilots.domain.money import rupees
from salespilots.papers.sheet import A4, INK, RULE, SOFT, clean, new_sheet, rule, write
from salespilots.papers.words import rupees_in_words

if TYPE_CHECKING:
    from fpdf import FPDF

TITLES = {
    DocumentKind.INVOICE: "Tax invoice", DocumentKind.BILL_OF_SUPPLY: "Bill of supply", DocumentKind.BILL: "Bill",
    DocumentKind.CREDIT_NOTE: "Credit note",
}  # fmt: skip
COMPOSITION = "Composition taxable person, not eligible to collect tax on supplies."
"""CGST rule 5 (1) (f)."""

_END, _ROW = 72, 6
"""Millimetres that sums, words and signature need below the lines, and those of each row of tax: they stay together."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def document_pdf(invoice: Invoice) -> bytes:
    """The document as PDF. The same row gives the same page, whatever the shop has become."""
    content = invoice.content
    with_tax = any(line["rate"] for line in content["lines"]) and content["totals"]["tax_paise"] > 0
    sheet = new_sheet(A4, 12, f"{TITLES[invoice.kind]} {invoice.number}")
    sheet.set_auto_page_break(True, 16)
    sheet.foot = invoice.number
    sheet.set_creation_date(invoice.issued_at)
    sheet.add_page()
    _head(sheet, invoice)
    _people(sheet, content)
    _lines(sheet, content["lines"], with_tax)
    rates = {line["rate"] for line in content["lines"]} if with_tax else set()
    if sheet.get_y() > sheet.page_break_trigger - _END - _ROW * (len(rates) + bool(rates)):
        sheet.add_page()
    _totals(sheet, content, with_tax)
    if with_tax:
        _by_rate(sheet, content)
    _foot(sheet, invoice)
    return bytes(sheet.output())


def _head(sheet: FPDF, invoice: Invoice) -> None:
    content, top = invoice.content, sheet.get_y()
    seller = content["seller"]
    write(sheet, seller["name"], size=15, bold=True, width=105)
    if seller["legal_name"] and seller["legal_name"] != seller["name"]:
        write(sheet, seller["legal_name"], width=105)
    write(sheet, seller["address"], width=105, soft=True)
    state = f"{seller['state']} ({seller['state_code']})" if seller["state_code"] else seller["state"]
    for label, value in (("GSTIN", seller["gstin"]), ("State", state), ("Phone", seller["phone"])):
        if value:
            write(sheet, f"{label}: {value}", width=105)
    left = sheet.get_y()
    sheet.set_xy(122, top)
    write(sheet, TITLES[invoice.kind], size=17, bold=True, width=76, align="R", height=8)
    if invoice.practice:
        write(sheet, "PRACTICE: not a document of a real sale", size=9, bold=True, width=76, align="R")
    facts = [("Number", invoice.number), ("Date", day(content["date"]))]
    if invoice.kind is DocumentKind.CREDIT_NOTE:
        about = content["original"]
        facts += [
            (f"For {TITLES[DocumentKind(about['kind'])].lower()}", f"{about['number']}, {day(about['date'])}"),
        ]
    facts.append(("Order", f"{content['order']['number']}, {day(content['order']['date'])}"))
    for label, value in facts:
        write(sheet, f"{label}: {value}", width=76, align="R", bold=label == "Number")
    sheet.set_xy(sheet.l_margin, max(left, sheet.get_y()))
    rule(sheet)


def _people(sheet: FPDF, content: Mapping[str, Any]) -> None:
    buyer, top = content["buyer"], sheet.get_y()
    write(sheet, "Billed and delivered to", size=8, soft=True, width=105)
    write(sheet, buyer["name"] or "Customer", size=10.5, bold=True, width=105)
    town = " ".join(filter(None, (buyer["city"], buyer["pincode"])))
    for text in (buyer["line1"], buyer["line2"], ", ".join(filter(None, (town, buyer["state"]))), buyer["phone"]):
        if text:
            write(sheet, text, width=105)
    left, place = sheet.get_y(), content["place"]
    sheet.set_xy(122, top)
    if place["state"]:
        write(sheet, "Place of supply", size=8, soft=True, width=76, align="R")
        code = f" ({place['code']})" if place["code"] else ""
        write(sheet, f"{place['state']}{code}", size=10.5, bold=True, width=76, align="R")
    if content["seller"]["gstin"]:
        write(sheet, "Tax on reverse charge: no", width=76, align="R")
    sheet.set_xy(sheet.l_margin, max(left, sheet.get_y()) + 3)


def _lines(sheet: FPDF, lines: Sequence[Mapping[str, Any]], with_tax: bool) -> None:
    columns = [
        ("#", 7, "L"),
        ("Item", 46, "L"),
        ("HSN", 15, "L"),
        ("Qty", 9, "R"),
        ("Price", 21, "R"),
        ("Discount", 18, "R"),
    ]
    if with_tax:
        columns += [("Taxable", 21, "R"), ("GST", 11, "R"), ("Tax", 17, "R"), ("Amount", 21, "R")]
    else:
        columns[1] = ("Item", 88, "L")
        columns.append(("Amount", 28, "R"))
    rows = [
        [
            str(number), line["title"], line["hsn"], str(line["quantity"]), _plain(line["unit_paise"]),
            _plain(line["discount_paise"]) if line["discount_paise"] else "",
            *([_plain(line["taxable_paise"]), f"{rate_text(read_rate(line['rate']))} %", _plain(_tax(line))] if with_tax else []),
            _plain(line["total_paise"]),
        ]
        for number, line in enumerate(lines, 1)
    ]  # fmt: skip
    _table(sheet, columns, rows)


def _table(sheet: FPDF, columns: Sequence[tuple[str, int, str]], rows: Sequence[Sequence[str]]) -> None:
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    sheet.set_font("Mukta", "", 8.5)
    sheet.set_text_color(*INK)
    sheet.set_draw_color(*RULE)
    width = sum(one[1] for one in columns)
    with sheet.table(
        col_widths=tuple(one[1] for one in columns), text_align=tuple(one[2] for one in columns), width=width,
        align="LEFT", line_height=4.2, padding=(0.8, 1), borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="B", color=SOFT),
    ) as table:  # fmt: skip
        heading = table.row()
        for name, _, _ in columns:
            heading.cell(name)
        for cells in rows:
            row = table.row()
            for text in cells:
                row.cell(clean(text))


def _totals(sheet: FPDF, content: Mapping[str, Any], with_tax: bool) -> None:
    totals = content["totals"]
    sheet.ln(3)
    names = [("Taxable value", "taxable_paise"), ("CGST", "cgst_paise"), ("SGST", "sgst_paise"), ("IGST", "igst_paise")]
    shown = [(label, totals[name]) for label, name in names if with_tax and totals[name]]
    for label, paise in [*shown, ("Total", totals["total_paise"])]:
        sheet.set_x(118)
        total = label == "Total"
        sheet.set_font("Mukta", "B" if total else "", 12 if total else 9)
        sheet.set_text_color(*INK)
        sheet.cell(40, 7 if total else 5, label)
        sheet.cell(40, 7 if total else 5, rupees(paise), align="R")
        sheet.ln()
    sheet.set_x(sheet.l_margin)
    write(sheet, rupees_in_words(totals["total_paise"]), size=9.5, bold=True)
    rule(sheet)


def _by_rate(sheet: FPDF, content: Mapping[str, Any]) -> None:
    found: dict[int, list[Mapping[str, int]]] = {}
    for line in content["lines"]:
        found.setdefault(read_rate(line["rate"]), []).append(line)
    within = content["place"]["within"]
    taxes = ["cgst_paise", "sgst_paise"] if within else ["igst_paise"]
    columns = [("GST", 16, "L"), ("Taxable value", 32, "R")]
    for name in taxes:
        columns += [*([("Rate", 16, "R")] if within else []), (name.removesuffix("_paise").upper(), 28, "R")]
    rows = []
    for points, lines in sorted(found.items()):
        sums = {name: sum(line[name] for line in lines) for name in ("taxable_paise", *taxes)}
        half = [f"{half_text(points)} %"] if within else []
        cells = [text for name in taxes for text in (*half, _plain(sums[name]))]
        rows.append([f"{rate_text(points)} %", _plain(sums["taxable_paise"]), *cells, _plain(sum(map(_tax, lines)))])
    _table(sheet, [*columns, ("Tax", 28, "R")], rows)
    sheet.ln(2)


def _foot(sheet: FPDF, invoice: Invoice) -> None:
    content, seller = invoice.content, invoice.content["seller"]
    sheet.set_x(sheet.l_margin)
    if invoice.kind is DocumentKind.BILL_OF_SUPPLY:
        write(sheet, COMPOSITION, bold=True)
    if invoice.kind is DocumentKind.CREDIT_NOTE and content.get("reason"):
        write(sheet, f"Reason: {content['reason']}")
    if invoice.kind is DocumentKind.INVOICE:
        write(
            sheet,
            "Prices include GST. Delivery and fees are taxed at the rate of the goods they come with.",
            size=8,
            soft=True,
        )
    if content["payment_method"] == "cod" and invoice.kind is not DocumentKind.CREDIT_NOTE:
        write(sheet, "Cash on delivery.", size=8, soft=True)
    sheet.ln(6)
    write(sheet, f"For {seller['legal_name'] or seller['name']}", align="R")
    sheet.ln(8)
    write(sheet, "Authorised signatory", size=8, soft=True, align="R")


def day(text: str) -> str:
    """``2026-11-20`` → ``20 Nov 2026``."""
    at = date.fromisoformat(text)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _tax(line: Mapping[str, int]) -> int:
    return line["cgst_paise"] + line["sgst_paise"] + line["igst_paise"]


def _plain(paise: int) -> str:
    return rupees(paise).replace("₹", "")

"""What goes on and into a parcel: packing slips without prices, address labels of 4 × 6 inches."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from salespilots.domain.money import rupees
from salespilots.papers.sheet import A4, INK, SIX_BY_FOUR, clean, new_sheet, rule, write

if TYPE_CHECKING:
    from fpdf import FPDF

SIZES = {"a4": A4, "4x6": SIX_BY_FOUR}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelPaper:
    """One order as a packer needs it. ``collect_paise``: cash to take at the door. ``lines``: (count, title, code)."""

    number: str
    placed_on: str
    sender: str
    sender_lines: Sequence[str]
    receiver: str
    address_lines: Sequence[str]
    pincode: str
    phone: str
    collect_paise: int = 0
    note: str = ""
    practice: bool = False
    page_url: str = ""
    lines: Sequence[tuple[int, str, str]] = field(default_factory=tuple)


def slips_pdf(papers: Sequence[ParcelPaper], size: str) -> bytes:
    """A packing slip for each order, one after the other; ``size`` is one of `SIZES`."""
    small = size == "4x6"
    sheet = new_sheet(SIZES[size], 5 if small else 15, "Packing slips")
    for paper in papers:
        sheet.add_page()
        _slip(sheet, paper, small)
    return bytes(sheet.output())


def _slip(sheet: FPDF, paper: ParcelPaper, small: bool) -> None:
    text = 8.5 if small else 11
    write(sheet, f"{paper.number}", size=18 if small else 26, bold=True, height=8 if small else 12)
    pieces = sum(count for count, _, _ in paper.lines)
    what = f"{paper.placed_on} · {pieces} {'piece' if pieces == 1 else 'pieces'} · {paper.sender}"
    write(sheet, what, size=text, soft=True)
    _practice(sheet, paper)
    rule(sheet, 1.5)
    write(sheet, paper.receiver, size=text + 2, bold=True)
    write(sheet, " ".join(filter(None, [", ".join(paper.address_lines), paper.pincode])), size=text)
    if paper.phone:
        write(sheet, paper.phone, size=text)
    if paper.note:
        write(sheet, f"Note: {paper.note}", size=text, bold=True)
    _collect(sheet, paper, 16 if small else 24)
    rule(sheet, 1.5)
    for count, title, code in paper.lines:
        if sheet.get_y() > sheet.h - sheet.b_margin - 12:
            sheet.add_page()
        _line(sheet, count, title, code, text)


def _line(sheet: FPDF, count: int, title: str, code: str, text: float) -> None:
    top, box = sheet.get_y(), text * 0.36
    sheet.set_draw_color(*INK)
    sheet.rect(sheet.l_margin, top + 0.6, box, box)
    sheet.set_xy(sheet.l_margin + box + 2, top)
    sheet.set_font("Mukta", "B", text + 1)
    sheet.set_text_color(*INK)
    sheet.cell(text * 1.1, text * 0.5, f"{count} ×")
    write(sheet, title, size=text)
    if code:
        write(sheet, code, size=text - 2, soft=True)
    sheet.set_xy(sheet.l_margin, sheet.get_y() + 1)


def labels_pdf(papers: Sequence[ParcelPaper]) -> bytes:
    """An address label for each order."""
    sheet = new_sheet(SIX_BY_FOUR, 5, "Address labels")
    sheet.set_auto_page_break(False)
    for paper in papers:
        sheet.add_page()
        _label(sheet, paper)
    return bytes(sheet.output())


def _label(sheet: FPDF, paper: ParcelPaper) -> None:
    write(sheet, "To", size=9, soft=True)
    write(sheet, paper.receiver, size=15, bold=True, height=7)
    text, lines = 11.5, [one[:90] for one in paper.address_lines]
    if sum(len(one) for one in lines) > 130:
        text = 9
    for one in lines:
        write(sheet, one, size=text)
    if paper.phone:
        write(sheet, f"Phone {paper.phone}", size=12, bold=True, height=6)
    write(sheet, paper.pincode, size=34, bold=True, height=15)
    _collect(sheet, paper, 17)
    if paper.note:
        write(sheet, paper.note[:120], size=8.5)
    foot = sheet.h - 45
    sheet.set_y(max(foot, sheet.get_y()))
    rule(sheet, 1)
    top = sheet.get_y()
    if paper.page_url:
        sheet.image(_qr(paper.page_url), x=sheet.w - 5 - 30, y=top + 1, w=30, h=30)
    write(sheet, paper.number, size=15, bold=True, width=58, height=7)
    _practice(sheet, paper)
    write(sheet, "If not delivered, return to", size=7.5, soft=True, width=58)
    write(sheet, paper.sender, size=9.5, bold=True, width=58)
    for line in list(paper.sender_lines)[:5]:
        write(sheet, line[:70], size=8, width=58)


def _collect(sheet: FPDF, paper: ParcelPaper, size: float) -> None:
    if not paper.collect_paise:
        return
    from fpdf.enums import XPos, YPos

    sheet.ln(1.5)
    sheet.set_font("Mukta", "B", size)
    sheet.set_fill_color(*INK)
    sheet.set_text_color(255, 255, 255)
    sheet.cell(
        0,
        size * 0.55,
        clean(f"COD  {rupees(paper.collect_paise)}"),
        fill=True,
        align="C",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )
    sheet.ln(1)


def _practice(sheet: FPDF, paper: ParcelPaper) -> None:
    if paper.practice:
        write(sheet, "PRACTICE: send nothing", size=9, bold=True, width=58)


def _qr(text: str) -> io.BytesIO:
    import segno

    kept = io.BytesIO()
    segno.make(text, error="m", micro=False).save(kept, kind="png", scale=8, border=2)
    kept.seek(0)
    return kept

"""A PDF with the one typeface that has Latin, Devanagari and the rupee sign."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fpdf import FPDF

INK, SOFT, RULE = (24, 24, 27), (92, 92, 100), (200, 200, 205)
A4, SIX_BY_FOUR = (210.0, 297.0), (101.6, 152.4)
"""Widths and heights in millimetres; a label is 4 × 6 inches."""


def new_sheet(size: tuple[float, float], margin: float, title: str) -> Any:
    """An empty document without a page; ``foot`` and "Page 1 of 2" are printed below every page. Words are shaped: Devanagari would be wrong without."""
    import fontpkg_mukta
    from fpdf import FPDF

    for name in ("fpdf", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)  # they would log the characters of names they cannot draw

    class Sheet(FPDF):
        foot = ""

        def footer(self) -> None:
            if self.foot:
                self.set_xy(self.l_margin, self.h - 11)
                write(self, f"{self.foot} · Page {self.page_no()} of {{nb}}", size=7.5, soft=True, align="C")

    made = Sheet(unit="mm", format=size)
    folder = Path(fontpkg_mukta.__file__).parent / "files"
    made.add_font("Mukta", "", folder / "Mukta-Regular.ttf")
    made.add_font("Mukta", "B", folder / "Mukta-SemiBold.ttf")
    made.set_text_shaping(True)
    made.set_margin(margin)
    made.set_auto_page_break(True, margin)
    made.set_title(title)
    made.set_creator("SalesPilots")
    return made


def write(sheet: FPDF, text: str, *, size: float = 9, bold: bool = False, soft: bool = False, width: float = 0,
          height: float | None = None, align: str = "L") -> None:  # fmt: skip
    """Lines of text below each other from the left edge of where the pen is; ``width`` 0 to the right margin."""
    from fpdf.enums import XPos, YPos

    sheet.set_font("Mukta", "B" if bold else "", size)
    sheet.set_text_color(*(SOFT if soft else INK))
    sheet.multi_cell(width, height or size * 0.5, clean(text), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)


def clean(text: str) -> str:
    """Without characters that no paper can show."""
    return "".join(one for one in text if one == "\n" or one.isprintable())


def rule(sheet: FPDF, gap: float = 2) -> None:
    """A thin line across."""
    sheet.ln(gap)
    sheet.set_draw_color(*RULE)
    sheet.line(sheet.l_margin, sheet.get_y(), sheet.w - sheet.r_margin, sheet.get_y())
    sheet.ln(gap)

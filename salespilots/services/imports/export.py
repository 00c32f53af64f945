"""The whole catalogue as a file, in the columns that an import reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO

from salespilots.domain.catalog import MAX_OPTIONS, ProductState
from salespilots.domain.gst_rates import rate_text
from salespilots.ports.storage import Where
from salespilots.services.catalog import ProductDetail, details_in
from salespilots.services.core import Core
from salespilots.services.imports.columns import FORMULA, HEADINGS

PAGE = 200
SAMPLE = (
    ("", "Indigo saree", "SAR-1", "", "", "", "", "", "", "1499.00", "1899.00", "10", "Sarees", "Soft mul cotton", "neeli saree, indigo", "K12", "5208", "5", "600", "", "live"),
    ("", "Linen shirt", "LIN-M", "Size", "M", "", "", "", "", "1299.00", "", "4", "Shirts", "", "", "", "6205", "5", "300", "", "live"),
    ("", "Linen shirt", "LIN-L", "Size", "L", "", "", "", "", "1299.00", "", "6", "Shirts", "", "", "", "6205", "5", "300", "", "live"),
)  # fmt: skip
"""What a file looks like: a simple product, and one in two sizes."""


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; an import takes the mark off again."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_lines(rows: Iterator[list[str]]) -> Iterator[str]:
    """Rows as CSV in UTF-8 with its mark, which is how spreadsheets know it."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    for row in rows:
        writer.writerow([safe(one) for one in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


class Export:
    """Writes the catalogue out, page by page."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def rows(self, business_id: str) -> Iterator[list[str]]:
        """Headings, then a row for each variant of every product that is not archived."""
        yield list(HEADINGS.values())
        cursor: str | None = ""
        while cursor is not None:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                live = Where("state", "ne", ProductState.ARCHIVED)
                page = uow.products.page(live, order="created_at", cursor=cursor or None, limit=PAGE)
                details = details_in(uow, page.items)
            for detail in details:
                yield from _rows(detail)
            cursor = page.next

    def sheet(self, business_id: str, file: IO[bytes]) -> None:
        """The same as a spreadsheet."""
        from openpyxl import Workbook  # a large library, needed on this one road only
        from openpyxl.cell import WriteOnlyCell

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Products")
        for row in self.rows(business_id):
            cells = []
            for text in row:
                cell = WriteOnlyCell(sheet, value=safe(text))
                cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
        book.save(file)


def _rows(detail: ProductDetail) -> Iterator[list[str]]:
    product = detail.product
    for one in detail.variants:
        named = [(option["name"], choice) for option, choice in zip(product.options, one.choices, strict=False)]
        values = {
            "handle": product.id, "title": product.title, "sku": one.sku, "price": _rupees(one.price_paise),
            "mrp": _rupees(one.mrp_paise), "stock": str(detail.levels[one.id].on_hand), "category": product.category,
            "description": product.description, "keywords": ", ".join(product.keywords), "code": product.code,
            "hsn": product.hsn, "gst_rate": rate_text(product.gst_basis_points), "weight_grams": str(product.weight_grams),
            "low_stock": "" if product.low_stock is None else str(product.low_stock), "state": str(product.state),
        }  # fmt: skip
        for place, (name, choice) in enumerate([*named, *[("", "")] * (MAX_OPTIONS - len(named))], 1):
            values[f"option{place}_name"], values[f"option{place}"] = name, choice
        yield [values[name] for name in HEADINGS]


def _rupees(paise: int | None) -> str:
    return "" if paise is None else f"{paise // 100}.{paise % 100:02d}"

"""Files of products for tests, and imports at any step."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from salespilots.domain.imports import ImportState, ProductImport, RowOutcome
from tests.support.shop import Shop

HEADINGS = ("Name", "SKU", "Price", "Stock")


def table(
    *rows: Sequence[object], headings: Sequence[str] = HEADINGS, encoding: str = "utf-8", sep: str = ","
) -> bytes:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=sep).writerows([headings, *rows])
    return out.getvalue().encode(encoding)


def upload(shop: Shop, content: bytes, name: str = "list.csv") -> ProductImport:
    """The first page."""
    return shop.world.services.imports.upload(shop.id, name, io.BytesIO(content), actor=shop.user.id)


def finish(shop: Shop, import_id: str) -> ProductImport:
    """Let a worker go on to the end."""
    shop.world.services.imports.work(shop.id, import_id, 120)
    return shop.world.services.imports.get(shop.id, import_id)


def checked(shop: Shop, content: bytes, **more: Any) -> ProductImport:
    """Up to the third page, with the columns as they are guessed."""
    one = upload(shop, content)
    shop.world.services.imports.match(shop.id, one.id, one.columns, **more)
    return finish(shop, one.id)


def imported(shop: Shop, content: bytes, **more: Any) -> ProductImport:
    """The whole way."""
    one = checked(shop, content, **more)
    shop.world.services.imports.start(shop.id, one.id)
    done = finish(shop, one.id)
    assert done.state is ImportState.DONE, done.error
    return done


def with_a_problem(shop: Shop) -> tuple[str, str]:
    """A checked import with a row to mend: the ids of both."""
    one = checked(shop, table(("Shawl", "SHA-1", "", 2)))
    row = shop.world.services.imports.rows(shop.id, one.id, RowOutcome.PROBLEM).items[0]
    return one.id, row.id


def counts(one: Any) -> dict[str, int]:
    """Outcomes that rows had."""
    return {name: number for name, number in one.counts.items() if number}


def problems(shop: Shop, import_id: str) -> dict[int, dict[str, str]]:
    """Line of the file to what is wrong in it."""
    found = shop.world.services.imports.rows(shop.id, import_id, RowOutcome.PROBLEM, limit=100).items
    return {one.position: one.problems for one in found}


def book(*rows: Any) -> bytes:
    """A spreadsheet."""
    out, made = io.BytesIO(), Workbook()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    made.save(out)
    return out.getvalue()

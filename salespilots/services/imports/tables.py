"""Reading a table from a file that a person sent: row by row, within limits, whatever is in it."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from salespilots.domain.errors import InvalidInput
from salespilots.services.imports.packed import check_parts, refused

MAX_FILE = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 80
MAX_CELL = 20_000
SEPARATORS = (",", ";", "\t")
_BLOCK = 1 << 16


def rows_of(file: IO[bytes], filename: str) -> Iterator[list[str]]:
    """Every row with its cells as text, trailing empty cells cut off; an empty row is an empty list.

    Raises `InvalidInput` with a sentence about the file, possibly after some rows.
    """
    file.seek(0, io.SEEK_END)
    if file.tell() > MAX_FILE:
        raise refused("The file is larger than 10 MB. Split it into several.")
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if not start:
        raise refused("The file is empty.")
    if start.startswith(b"PK"):
        source = _sheet(file)
    elif start.startswith(b"\xd0\xcf\x11\xe0") or filename.lower().endswith(".xls"):
        raise refused("This is an old Excel file. Save it as .xlsx or .csv and send that.")
    else:
        source = _text(file)
    for count, row in enumerate(source):
        if count > MAX_ROWS:
            raise refused("The file has more than 20,000 rows. Split it into several.")
        while row and not row[-1]:
            row.pop()
        if len(row) > MAX_COLUMNS:
            raise refused(f"Row {count + 1} has more than {MAX_COLUMNS} columns.")
        yield row


def _clean(text: str) -> str:
    if len(text) > MAX_CELL:
        raise refused("A cell holds more than 20,000 characters.")
    return text.replace("\r\n", "\n").strip()


# --- text ----------------------------------------------------------------------------------------------------------


def _text(file: IO[bytes]) -> Iterator[list[str]]:
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        try:
            first = text.readline(100_000)
            text.seek(0)
            for row in csv.reader(text, delimiter=_separator(first)):
                yield [_clean(cell) for cell in row]
        except (csv.Error, UnicodeError):
            raise refused("This is not a table that can be read. Save it as CSV (UTF-8) or .xlsx.") from None
    finally:
        if not file.closed:
            text.detach()


def _encoding(file: IO[bytes]) -> str:
    """What the bytes are: UTF-16 and UTF-8 by their marks, UTF-8 if they are, else what Windows writes here."""
    start = file.read(4)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder, utf8 = codecs.getincrementaldecoder("utf-8")(), True
    while block := file.read(_BLOCK):
        if b"\x00" in block:
            raise refused("This is not a text file. Save it as CSV (UTF-8) or .xlsx.")
        if utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                utf8 = False
    if utf8:
        try:
            decoder.decode(b"", final=True)
            return "utf-8-sig"
        except UnicodeDecodeError:
            pass
    return "cp1252"


def _separator(first: str) -> str:
    """What stands most often between the headings, outside quotes."""
    outside = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


# --- spreadsheets --------------------------------------------------------------------------------------------------


def _sheet(file: IO[bytes]) -> Iterator[list[str]]:
    check_parts(file)
    from openpyxl import load_workbook  # a large library, needed on this one road only

    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for row in sheet.iter_rows(max_col=MAX_COLUMNS + 1):
            yield [_cell(one.value, one.number_format) for one in row]
    except InvalidInput:
        raise
    except Exception as error:  # a parser meets a broken or hostile file in many ways
        raise refused("This spreadsheet is damaged. Open it and save it once more as .xlsx or .csv.") from error


def _cell(value: Any, shown_as: str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and "%" in (shown_as or ""):
        return f"{value * 100:.12g}%"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return _clean(str(value).replace("_x000D_", ""))

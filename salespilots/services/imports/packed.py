"""The parts that a spreadsheet is packed of, looked at before it is read: what they unpack into, and how many elements a
reader would keep of them at once. A file of some kilobytes can come to gigabytes of memory."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import IO
from xml.parsers import expat

from salespilots.domain.errors import InvalidInput

MAX_PARTS = 2000
MAX_UNPACKED = 150 * 1024 * 1024
"""Bytes of all parts."""

MAX_WHOLE = 20 * 1024 * 1024
"""Bytes of a part that is read whole, as the shared texts and the styles are; only sheets are read row by row."""

MAX_RATIO = 250
"""How many times its packed size such a part may be, beyond `SMALL`; long texts that are nearly alike come to 160."""

SMALL = 1024 * 1024
MAX_KEPT = 1_100_000
"""Elements kept of a part: of a sheet its rows (Excel has 1,048,576), of another part all."""

MAX_IN_ROW = 100_000
"""Elements of one row."""

_MANIFEST = "[Content_Types].xml"
_SHEETS = "xl/worksheets/"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_ROW = "http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"
_ROW_DEPTH = 3
_BLOCK = 1 << 16
_TOO_MUCH = "This spreadsheet unpacks into too much. Save only the sheet with the products."
_DAMAGED = "This spreadsheet is damaged. Open it and save it once more as .xlsx or .csv."


def refused(sentence: str) -> InvalidInput:
    """Why the file cannot be taken."""
    return InvalidInput({"file": [sentence]})


def check_parts(file: IO[bytes]) -> None:
    """Nothing that unpacks into much more than it is, and no XML that defines things. Raises `InvalidInput`."""
    try:
        with zipfile.ZipFile(file) as parts:
            _check(parts)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError):
        raise refused(_DAMAGED) from None
    finally:
        file.seek(0)


def _check(parts: zipfile.ZipFile) -> None:
    members = parts.infolist()
    if len(members) > MAX_PARTS or sum(one.file_size for one in members) > MAX_UNPACKED:
        raise refused(_TOO_MUCH)
    names = {one.filename for one in members}
    if _MANIFEST not in names or not any(one.startswith("xl/") for one in names):
        raise refused("This is no spreadsheet. Send a .csv or .xlsx file.")
    _check_whole(parts.getinfo(_MANIFEST))
    manifest = _Elements(by_row=False)
    with parts.open(_MANIFEST) as part:
        manifest.read(part)
    for one in members:
        by_row = one.filename.startswith(_SHEETS) and one.filename.endswith(".xml")
        by_row = by_row and one.filename not in manifest.no_sheets
        if not by_row:
            _check_whole(one)
        with parts.open(one) as part:
            _Elements(by_row=by_row).read(part)


def _check_whole(part: zipfile.ZipInfo) -> None:
    if part.file_size > MAX_WHOLE or (part.file_size > SMALL and part.file_size > MAX_RATIO * part.compress_size):
        raise refused(_TOO_MUCH)


class _Elements:
    """Counts what a reader keeps of a part: all its elements, or (``by_row``) all but what is in rows that ended."""

    def __init__(self, *, by_row: bool) -> None:
        self._by_row, self._depth, self._kept, self._in_row = by_row, 0, 0, 0
        self.no_sheets: set[str] = set()
        """Of the manifest: the parts it calls something else than a sheet."""

    def read(self, part: IO[bytes]) -> None:
        """Go through a part; what is no XML, a picture say, has no elements. Raises `InvalidInput`."""
        start = part.read(_BLOCK)
        if start.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")[:1] not in (b"<", b""):
            return
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(start, False)
            while block := part.read(_BLOCK):
                parser.Parse(block, False)
        except expat.ExpatError:
            return  # who reads it stops there, too

    def _doctype(self, *_said: object) -> None:
        raise refused(_DAMAGED)

    def _start(self, name: str, said: dict[str, str]) -> None:
        self._depth += 1
        if name.endswith("}Override") and said.get("ContentType") != _SHEET_TYPE:
            self.no_sheets.add(said.get("PartName", "")[1:])
        if self._by_row and self._depth > _ROW_DEPTH:
            self._in_row += 1
            if self._in_row > MAX_IN_ROW:
                raise refused(_TOO_MUCH)
            return
        self._kept += 1
        if self._kept > MAX_KEPT:
            raise refused(_TOO_MUCH)

    def _end(self, name: str) -> None:
        if self._by_row and self._depth == _ROW_DEPTH:
            self._kept += 0 if name == _ROW else self._in_row
            self._in_row = 0
        self._depth -= 1

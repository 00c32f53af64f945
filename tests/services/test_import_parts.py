"""Spreadsheets whose parts come to more than they look: refused before a reader keeps them, in a moment."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from openpyxl import Workbook

from salespilots.domain.errors import InvalidInput
from salespilots.services.imports import packed
from salespilots.services.imports.tables import rows_of

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TEXTS = "xl/sharedStrings.xml"
SHEET = "xl/worksheets/sheet1.xml"
TOO_MUCH = "This spreadsheet unpacks into too much. Save only the sheet with the products."
DAMAGED = "This spreadsheet is damaged. Open it and save it once more as .xlsx or .csv."
COLUMNS = "".join(f'<c r="{place}1" t="s"><v>{n}</v></c>' for n, place in enumerate("ABC"))


def spreadsheet(*, texts_in: str = TEXTS, **parts: bytes | str) -> bytes:
    """A file of a workbook with these parts instead of its own (``sheet``, ``texts``, ``styles``)."""
    out, made = io.BytesIO(), io.BytesIO()
    book = Workbook()
    book.active.append(["Name", "SKU"])  # type: ignore[union-attr]
    book.save(made)
    places = {"sheet": SHEET, "texts": texts_in, "styles": "xl/styles.xml"}
    own = {places[name]: part for name, part in parts.items()}
    with zipfile.ZipFile(made) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed_:
        for name in given.namelist():
            part = given.read(name)
            if name == "[Content_Types].xml" and "texts" in parts:
                kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
                named = f'<Override PartName="/{texts_in}" ContentType="{kind}"/></Types>'
                part = part.replace(b"</Types>", named.encode())
            if name not in own:
                packed_.writestr(name, part)
        for name, content in own.items():
            packed_.writestr(name, content)
    return out.getvalue()


def texts(inner: str) -> str:
    return f"<sst {NS}>{inner}</sst>"


def sheet(rows: str, after: str = "") -> str:
    return f"<worksheet {NS}><sheetData>{rows}</sheetData>{after}</worksheet>"


def read(content: bytes) -> list[list[str]]:
    return list(rows_of(io.BytesIO(content), "list.xlsx"))


def why(content: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        read(content)
    return refused.value.fields["file"][0]


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a small file goes beyond."""
    monkeypatch.setattr(packed, "MAX_KEPT", 400)
    monkeypatch.setattr(packed, "MAX_IN_ROW", 50)


def test_shared_texts_are_read(strict: None) -> None:
    words = "".join(f"<si><t>{one}</t></si>" for one in ("Name", "SKU", "नीली साड़ी"))
    rows = f'<row r="1">{COLUMNS}</row>' + "".join(
        f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, 300)
    )
    found = read(spreadsheet(texts=texts(words), sheet=sheet(rows)))
    assert (found[0], len(found)) == (["Name", "SKU", "नीली साड़ी"], 299)


@pytest.mark.parametrize("part", ["texts", "styles"])
def test_a_part_read_whole_is_not_many_times_its_packed_size(part: str) -> None:
    content = spreadsheet(**{part: texts("<si/>" * 250_000)})
    assert len(content) < 20_000
    assert why(content) == TOO_MUCH


def test_a_part_read_whole_has_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_WHOLE", 100_000)
    words = random.Random(1).randbytes(60_000).hex()
    assert why(spreadsheet(texts=texts(f"<si><t>{words}</t></si>"))) == TOO_MUCH
    rows = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{words[:19_000]}</t></is></c></row>' * 7
    assert len(read(spreadsheet(sheet=sheet(rows)))[0][0]) == 19_000, "a sheet is read row by row"


@pytest.mark.parametrize(
    "parts",
    [
        {"texts": texts("<si/>" * 500)},
        {"texts": texts(" " * 70_000 + "<si/>" * 500)},
        {"texts": " " * 70_000 + texts("<si/>" * 500)},
        {"texts": ('<?xml version="1.0" encoding="utf-16"?>' + texts("<si/>" * 500)).encode("utf-16")},
        {"texts": f"<worksheet {NS}><sheetData>{'<row><si/></row>' * 300}</sheetData></worksheet>"},
        {"sheet": sheet("<row>" + "<c/>" * 60 + "</row>")},
        {"sheet": sheet("<row>" + "<c/>" * 40 + f'<x xmlns="y"><row {NS}/></x>' + "<c/>" * 20 + "</row>")},
        {"sheet": sheet("<row/>" * 500)},
        {"sheet": sheet("<row/>", "<mergeCells>" + "<mergeCell/>" * 500 + "</mergeCells>")},
        {"sheet": sheet(("<other>" + "<c/>" * 40 + "</other>") * 15)},
        {"styles": f"<styleSheet {NS}>{'<x/>' * 500}</styleSheet>"},
    ],
)  # fmt: skip
def test_elements_that_would_be_kept_are_counted(strict: None, parts: dict[str, str]) -> None:
    assert why(spreadsheet(**parts)) == TOO_MUCH


@pytest.mark.parametrize("place", ["xl/worksheets/texts.xml", "xl/texts.bin", SHEET])
def test_shared_texts_under_another_name_are_shared_texts(strict: None, place: str) -> None:
    rows = f"<worksheet {NS}><sheetData>{'<row><si/></row>' * 300}</sheetData></worksheet>"
    assert why(spreadsheet(texts_in=place, texts=rows)) == TOO_MUCH


def test_xml_that_defines_things_is_refused_wherever_it_does() -> None:
    defines = f'<!--{" " * 9000}--><!DOCTYPE sst [<!ENTITY a "b">]>'
    assert why(spreadsheet(texts=defines + texts("<si><t>&a;</t></si>"))) == DAMAGED
    head = '<?xml version="1.0" encoding="utf-16"?>'
    assert why(spreadsheet(texts=(head + defines + texts("<si/>")).encode("utf-16"))) == DAMAGED

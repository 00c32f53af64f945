"""Files that an import reads, whatever their shape, and those it refuses."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salespilots.domain.errors import InvalidInput
from salespilots.services.imports.columns import guess
from salespilots.services.imports.tables import rows_of
from tests.support.imports import book, counts, imported, table, upload
from tests.support.shop import Shop

SAREE = ("नीली साड़ी", "NS-1", "1,499.50", 4)


@pytest.mark.parametrize(
    "content",
    [
        table(SAREE),
        table(SAREE, encoding="utf-8-sig", sep=";"),
        table(SAREE, encoding="utf-16", sep="\t"),
        table(SAREE, headings=("नाम", "एसकेयू", "दाम", "स्टॉक")),
        table(SAREE, headings=("Product Name", "Variant SKU", "Variant Price", "Variant Inventory Qty")),
        book(("Name", "SKU", "Price", "Stock"), ("नीली साड़ी", "NS-1", 1499.5, 4.0)),
    ],
    ids=["utf-8", "bom and semicolon", "utf-16 and tab", "hindi", "shopify", "xlsx"],
)
def test_every_usual_file_is_read(shop: Shop, content: bytes) -> None:
    done = imported(shop, content)
    assert counts(done) == {"new": 1}
    (made,) = shop.world.services.catalog.page(shop.id, q="नीली").items
    variant = made.variants[0]
    assert (variant.sku, variant.price_paise, made.levels[variant.id].on_hand) == ("NS-1", 149950, 4)


def test_what_windows_writes_is_read(shop: Shop) -> None:
    imported(shop, table(("Café “Röst” – 1 kg", "CR-1", "499", 2), encoding="cp1252"))
    assert shop.product("Café").product.title == "Café “Röst” – 1 kg"


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (160 * 1024 * 1024))
    return out.getvalue()


def laughs() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "bbbb">]><workbook>&b;</workbook>')
    return out.getvalue()


def other_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("a.txt", "a")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n\n", "The first row must name the columns"),
        (b"Name\nSaree\n", "The first row must name the columns"),
        (b"Name,SKU\n,\n", "There is no row below the headings."),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "This is not a text file."),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "This is an old Excel file."),
        (b"PK\x03\x04 broken", "This spreadsheet is damaged."),
        (book(("Name", "SKU"), ("a", "b"))[:-300], "This spreadsheet is damaged."),
        (bomb(), "This spreadsheet unpacks into too much."),
        (laughs(), "This spreadsheet is damaged."),
        (other_zip(), "This is no spreadsheet."),
        (b"Name,SKU\n" + b"a,b\n" * 20_001, "The file has more than 20,000 rows."),
        (b"Name,SKU\n" + b"," * 100 + b"x\n", "more than 80 columns"),
        (b'Name,SKU\n"' + b"a" * 200_000 + b'",b\n', "This is not a table"),
        (b"Name,SKU\n" + b"a" * 30_000 + b",b\n", "A cell holds more than"),
        (b"Name,SKU\n" + b"a" * (10 * 1024 * 1024), "larger than 10 MB"),
        (b"\xff\xfeN\x00a", "This is not a table"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why_and_leaves_nothing(shop: Shop, content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        upload(shop, content)
    assert sentence in refused.value.fields["file"][0]
    assert shop.world.services.imports.page(shop.id).items == []
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        assert uow.import_rows.count() == 0


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-16")))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(InvalidInput):
        assert all(isinstance(cell, str) for row in rows_of(io.BytesIO(content), "x.csv") for cell in row)


def test_a_large_file_is_read_in_little_memory(shop: Shop) -> None:
    content = table(*((f"Thing {n}", f"T-{n}", "10", 1) for n in range(20_000)))
    tracemalloc.start()
    upload(shop, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 25 * 1024 * 1024


def test_columns_are_guessed_from_usual_headings() -> None:
    shopify = ["Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value",
               "Variant SKU", "Variant Grams", "Variant Inventory Qty", "Variant Price", "Variant Compare At Price"]  # fmt: skip
    found = {name: shopify[place] for name, place in guess(shopify).items()}
    assert found == {
        "handle": "Handle", "title": "Title", "description": "Body (HTML)", "category": "Type", "keywords": "Tags",
        "state": "Published", "option1_name": "Option1 Name", "option1": "Option1 Value", "sku": "Variant SKU",
        "weight_grams": "Variant Grams", "stock": "Variant Inventory Qty", "price": "Variant Price",
        "mrp": "Variant Compare At Price",
    }  # fmt: skip
    woo = ["Type", "SKU", "Name", "Published", "Short description", "Regular price", "Categories", "Stock", "Parent"]
    assert {name: woo[place] for name, place in guess(woo).items()} == {
        "sku": "SKU", "title": "Name", "state": "Published", "description": "Short description",
        "price": "Regular price", "category": "Categories", "stock": "Stock", "handle": "Parent",
    }  # fmt: skip

"""Importing products: every shape of file, every outcome of a row, repeats, crashes, undo, and the way back out."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from salespilots.domain.errors import Conflict, InvalidInput, SalesPilotsError
from salespilots.domain.imports import ImportState, RowOutcome
from salespilots.services.imports import service, write
from salespilots.services.imports.columns import guess
from salespilots.services.imports.export import csv_lines
from salespilots.services.imports.tables import rows_of
from tests.support.imports import checked, finish, imported, table, upload
from tests.support.shop import Shop

SAREE = ("नीली साड़ी", "NS-1", "1,499.50", 4)


def counts(one: Any) -> dict[str, int]:
    return {name: number for name, number in one.counts.items() if number}


def problems(shop: Shop, import_id: str) -> dict[int, dict[str, str]]:
    found = shop.world.services.imports.rows(shop.id, import_id, RowOutcome.PROBLEM, limit=100).items
    return {one.position: one.problems for one in found}


def book(*rows: Any) -> bytes:
    out, made = io.BytesIO(), Workbook()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    made.save(out)
    return out.getvalue()


# --- files -----------------------------------------------------------------------------------------------------------


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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


# --- rows ------------------------------------------------------------------------------------------------------------


def test_rows_of_one_product_become_its_variants(any_shop: Shop) -> None:
    headings = (
        "Handle",
        "Title",
        "Option1 Name",
        "Option1 Value",
        "Option2 Name",
        "Option2 Value",
        "Variant SKU",
        "Variant Price",
    )
    done = imported(
        any_shop,
        table(
            ("shirt", "Linen shirt", "Size", "S", "Colour", "Red", "L-S-R", "900"),
            ("shirt", "", "", "M", "", "Red", "L-M-R", "950"),
            ("shirt", "", "", "M", "", "Blue", "L-M-B", "950"),
            ("cap", "Cap", "Title", "Default Title", "", "", "CAP", "200"),
            headings=headings,
        ),
    )
    assert counts(done) == {"new": 4}
    shirt = any_shop.product("Linen shirt")
    assert [one.choices for one in shirt.variants] == [["S", "Red"], ["M", "Red"], ["M", "Blue"]]
    assert [one["name"] for one in shirt.product.options] == ["Size", "Colour"]
    assert any_shop.product("Cap").product.options == []
    later = imported(
        any_shop, table(("shirt", "Linen shirt", "Size", "XL", "Colour", "Red", "L-XL-R", "990"), headings=headings)
    )
    assert counts(later) == {"new": 1}
    assert [one.title for one in any_shop.product("Linen shirt").variants][-1] == "XL / Red"


def test_each_problem_stands_at_its_field(shop: Shop) -> None:
    blue = shop.product("blue")
    shop.order_two_sarees()
    one = checked(
        shop,
        table(
            ("A", "A-1", "-5", 1, ""), ("B", "B-1", "ten", 1, ""), ("C", "C-1", "5", "2.5", ""), ("", "D-1", "5", 1, ""),
            ("E", "E-1", "", 1, ""), ("F", "F-1", "2,00,00,000", 1, ""), ("G", "G-1", "5", 1, ""), ("H", "G-1", "5", 1, ""),
            (blue.product.title, "SAR-BLUE", "1499", 1, ""), ("I", "I-1", "5", 1, "BS01"), ("J", "J-1", "5", -3, ""),
            ("K\x0b" * 200, "K-1", "5", 1, ""),
            headings=("Name", "SKU", "Price", "Stock", "Code"),
        ),
    )  # fmt: skip
    assert problems(shop, one.id) == {
        2: {"price": "This amount is too small."},
        3: {"price": "Write an amount like 1,299 or 1,299.50."},
        4: {"stock": "Write a whole number."},
        5: {"title": "Write the name."},
        6: {"price": "Write a price."},
        7: {"price": "That amount is too large."},
        9: {"sku": "Row 8 has this SKU, too."},
        10: {"stock": "2 pieces are promised to orders: not fewer than that."},
        11: {"code": "Another product has this code."},
        12: {"stock": "Write a whole number."},
        13: {"title": "At most 120 characters."},
    }
    assert counts(one) == {"new": 1, "problem": 11}


def test_the_same_file_again_changes_nothing(any_shop: Shop) -> None:
    content = table(*((f"Thing {n}", f"T-{n}" if n % 2 else "", "10.50", n) for n in range(450)))
    assert counts(imported(any_shop, content)) == {"new": 450}
    with any_shop.world.storage.unit_of_work(any_shop.id, read_only=True) as uow:
        before = (uow.products.count(), uow.variants.count())
    assert counts(imported(any_shop, content)) == {"same": 450}
    with any_shop.world.storage.unit_of_work(any_shop.id, read_only=True) as uow:
        assert (uow.products.count(), uow.variants.count()) == before


def test_known_skus_change_only_what_the_file_says(shop: Shop) -> None:
    blue = shop.product("blue")
    shop.world.clock.advance(timedelta(minutes=1))
    done = imported(shop, table(("", "SAR-BLUE", "1599", 11), ("", "SAR-MAROON", "", "")))
    assert counts(done) == {"changed": 1, "same": 1}
    now = shop.product("blue")
    assert (now.product.title, now.variants[0].price_paise, now.on_hand) == (blue.product.title, 159900, 11)
    ledger = shop.world.services.stockroom.ledger(shop.id, now.product.id)
    assert (ledger[0].movement.kind, ledger[0].movement.on_hand_delta, ledger[0].movement.note) == (
        "adjust",
        2,
        "list.csv",
    )
    left = imported(shop, table(("", "SAR-BLUE", "1", 1)), known="skip")
    assert counts(left) == {"skipped": 1}
    assert shop.product("blue").variants[0].price_paise == 159900


def test_all_or_nothing_waits_until_rows_are_mended(shop: Shop) -> None:
    imports = shop.world.services.imports
    one = checked(
        shop, table(("Shawl", "SHA-1", "9o0", 2), ("Cap", "CAP-1", "", 2), ("Bag", "BAG-9", "50", 1)), problems="stop"
    )
    with pytest.raises(Conflict, match="Mend or leave out"):
        imports.start(shop.id, one.id)
    rows = imports.rows(shop.id, one.id, RowOutcome.PROBLEM).items
    assert imports.mend(shop.id, one.id, rows[0].id, {"price": "9,00,00,00,000"}).outcome is RowOutcome.PROBLEM
    assert imports.mend(shop.id, one.id, rows[0].id, {"price": "900"}).outcome is RowOutcome.NEW
    imports.leave_out(shop.id, one.id, rows[1].id)
    imports.start(shop.id, one.id)
    done = finish(shop, one.id)
    assert counts(done) == {"new": 2, "skipped": 1}
    left = list(imports.left_out(shop.id, one.id))
    assert left == [
        ["Name", "SKU", "Price", "Stock", "Row", "What is wrong"],
        ["Cap", "CAP-1", "", "2", "3", "Price: Write a price."],
    ]
    assert shop.product("Shawl").variants[0].price_paise == 90000


# --- crashes, two workers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_worker_that_dies_is_followed_by_another(
    any_shop: Shop, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    monkeypatch.setattr(service, "BATCH", 20)
    imports, world = any_shop.world.services.imports, any_shop.world
    one = checked(
        any_shop,
        table(
            *((f"Thing {n // 3}", f"T-{n}", "10", 2, "SML"[n % 3]) for n in range(70)),
            headings=("Name", "SKU", "Price", "Stock", "Size"),
        ),
    )
    imports.start(any_shop.id, one.id)
    true, calls = service.write_in, []

    class Death(BaseException):
        pass

    def dying(*args: Any) -> None:
        calls.append(1)
        true(*args)
        if len(calls) == dies_at:
            raise Death

    monkeypatch.setattr(service, "write_in", dying)
    with pytest.raises(Death):
        imports.work(any_shop.id, one.id, 60)
    monkeypatch.setattr(service, "write_in", true)
    world.clock.advance(timedelta(minutes=1))
    world.services.maintenance.sweep(lambda lanes: None)
    done = imports.get(any_shop.id, one.id)
    assert (done.state, counts(done), done.rows_done) == (ImportState.DONE, {"new": 70}, 70)
    found = [one for one in world.services.catalog.page(any_shop.id, q="Thing", limit=100).items]
    assert sorted(variant.sku for each in found for variant in each.variants) == sorted(f"T-{n}" for n in range(70))
    assert all(level.on_hand == 2 for each in found for level in each.levels.values())
    assert sum(len(each.variants) == 3 for each in found) == 23


def test_another_worker_leaves_alone_what_is_being_worked_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 5)
    imports = shop.world.services.imports
    one = checked(shop, table(*((f"Thing {n}", f"T-{n}", "10", 2) for n in range(20))))
    imports.start(shop.id, one.id)
    true, seen = service.write_in, []

    def watched(*args: Any) -> None:
        true(*args)
        if len(seen) < 3:
            seen.append(imports.get(shop.id, one.id).rows_done)
            monkeypatch.setattr(service, "write_in", true)

    monkeypatch.setattr(service, "write_in", watched)
    done = finish(shop, one.id)
    assert counts(done) == {"new": 20}
    assert imports.work(shop.id, one.id, 5).state is ImportState.DONE


def test_what_somebody_does_meanwhile_is_seen(
    make_world: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between planning and writing a batch another takes a SKU, renames a product and orders pieces. (SQLite has one
    writer at a time: there nobody comes between.)"""
    shop = make_world(postgres_url).practice_shop()
    services = shop.world.services
    shop.say("hello")
    customer = services.customers.page(shop.id).items[0]
    one = checked(shop, table(("Shawl", "SHA-1", "900", 5), ("Neel", "SAR-BLUE", "1499", 4), ("", "SAR-MAROON", "", 1)))
    true, times = write._save_entities, []

    def late(*args: Any) -> None:
        times.append(1)
        if len(times) == 1:
            maroon = shop.product("Maroon").variants[0].id
            services.catalog.create(shop.id, {"title": "Other", "variants": [{"sku": "SHA-1", "price_paise": 1}]})
            services.catalog.update(shop.id, shop.product("blue").product.id, {"category": "Indigo"})
            services.orders.create(shop.id, customer_id=customer.id, lines=[{"variant_id": maroon, "quantity": 2}])
        true(*args)

    monkeypatch.setattr(write, "_save_entities", late)
    services.imports.start(shop.id, one.id)
    done = finish(shop, one.id)
    assert len(times) > 1
    assert counts(done) == {"changed": 2, "problem": 1}
    assert problems(shop, one.id)[4] == {"stock": "2 pieces are promised to orders: not fewer than that."}
    neel = shop.product("Neel").product
    assert (neel.title, neel.category) == ("Neel", "Indigo")
    assert shop.product("Shawl").variants[0].sku == "SHA-1"


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_brings_back_what_was(any_shop: Shop) -> None:
    shop, imports = any_shop, any_shop.world.services.imports
    before = list(shop.world.services.export.rows(shop.id))
    done = imported(
        shop, table(("Shawl", "SHA-1", "900", 5), ("Neel saree", "SAR-BLUE", "1799", 30), ("", "SAR-MAROON", "", 1))
    )
    assert counts(done) == {"new": 1, "changed": 2}
    imports.undo(shop.id, done.id)
    assert finish(shop, done.id).state is ImportState.UNDONE
    assert list(shop.world.services.export.rows(shop.id)) == before
    again = imported(shop, table(("Shawl", "SHA-1", "900", 5)))
    assert counts(again) == {"changed": 1}
    assert shop.product("Shawl").available == 5


def test_undo_respects_orders_and_later_changes(shop: Shop) -> None:
    services = shop.world.services
    done = imported(shop, table(("Neel saree", "SAR-BLUE", "1499", 30), ("", "SAR-MAROON", "4000", "")))
    services.catalog.update(shop.id, shop.product("Maroon").product.id, {"title": "Rani saree"})
    shop.order_two_sarees()
    blue = shop.product("Neel").product.id
    services.stockroom.move(shop.id, blue, sku="SAR-BLUE", delta=-8, reason="sold_elsewhere")
    services.stockroom.move(shop.id, blue, sku="SAR-BLUE", delta=-12, reason="sold_elsewhere")
    services.imports.undo(shop.id, done.id)
    finish(shop, done.id)
    now = services.catalog.get(shop.id, blue)
    level = next(iter(now.levels.values()))
    assert (now.product.title, level.on_hand, level.reserved) == ("Blue block-print saree", 2, 2)
    maroon = shop.product("Rani")
    assert maroon.variants[0].price_paise == 349900


def test_undo_ends_after_a_day(shop: Shop) -> None:
    done = imported(shop, table(("Shawl", "SHA-1", "900", 5)))
    shop.world.clock.advance(timedelta(hours=24, seconds=1))
    with pytest.raises(Conflict, match="24 hours"):
        shop.world.services.imports.undo(shop.id, done.id)


def test_old_imports_make_room_for_new_ones(shop: Shop) -> None:
    old = imported(shop, table(("Shawl", "SHA-1", "900", 5)))
    shop.world.clock.advance(timedelta(days=31))
    new = upload(shop, table(("Shawl", "SHA-1", "900", 5)))
    assert [one.id for one in shop.world.services.imports.page(shop.id).items] == [new.id]
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        assert {one.import_id for one in uow.import_rows.select()} == {new.id} != {old.id}
    assert shop.product("Shawl").available == 5


# --- export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_written_out_comes_in_as_the_same(any_shop: Shop, kind: str) -> None:
    shop = any_shop
    shop.world.services.catalog.create(
        shop.id,
        {
            "title": "=HYPERLINK(1)", "description": "-first\n@second, \"quoted\"", "keywords": ["+plus", "a b"], "code": "K12",
            "low_stock": 0, "weight_grams": 250, "variants": [{"sku": "@X", "price_paise": 12345, "on_hand": 7}],
        },
    )  # fmt: skip
    if kind == "csv":
        content = "".join(csv_lines(shop.world.services.export.rows(shop.id))).encode()
        assert content.startswith(b"\xef\xbb\xbf")
    else:
        file = io.BytesIO()
        shop.world.services.export.sheet(shop.id, file)
        content = file.getvalue()
    one = upload(shop, content, f"all.{kind}")
    cells = [cell for row in rows_of(io.BytesIO(content), "all") for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    shop.world.services.imports.match(shop.id, one.id, one.columns)
    assert counts(finish(shop, one.id)) == {"same": 19}


def test_another_shops_import_is_not_there(shop: Shop) -> None:
    _, other = shop.world.sign_up("Kabir Shoes", "kabir@example.in")
    one = checked(shop, table(("Shawl", "SHA-1", "900", 5)))
    for act in (shop.world.services.imports.get, shop.world.services.imports.start, shop.world.services.imports.undo):
        with pytest.raises(SalesPilotsError, match="no such"):
            act(other.id, one.id)

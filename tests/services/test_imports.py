"""Importing products: every outcome of a row, repeats, crashes, undo."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.errors import Conflict
from salespilots.domain.imports import ImportState, RowOutcome
from salespilots.services.imports import service, write
from tests.support.imports import checked, counts, finish, imported, problems, table, upload
from tests.support.shop import Shop

SAREE = ("नीली साड़ी", "NS-1", "1,499.50", 4)


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

"""Importing over what the shop has: several rows on one product and back again, and prices beside an MRP that stays."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.imports import ImportState, RowOutcome
from salespilots.services.imports import service
from tests.support.imports import checked, finish, imported, table, upload
from tests.support.shop import Shop

HEADINGS = ("Name", "SKU", "Size", "Price", "Category", "Stock")
ROWS = (
    ("Tee", "T-S", "S", "110", "New", 5),
    ("Tee", "T-M", "M", "100", "Newer", 3),
    ("Tee", "T-L", "L", "100", "", 2),
    ("Tee", "T-XL", "XL", "100", "", 2),
)


@pytest.fixture
def tee(shop: Shop) -> Shop:
    """The shop with a tee in two sizes, one of them with an MRP."""
    shop.world.services.catalog.create(
        shop.id,
        {
            "title": "Tee", "category": "Old", "options": [{"name": "Size", "values": ["S", "M"]}],
            "variants": [
                {"sku": "T-S", "price_paise": 10000, "mrp_paise": 12000, "choices": ["S"], "on_hand": 1},
                {"sku": "T-M", "price_paise": 10000, "choices": ["M"]},
            ],
        },
    )  # fmt: skip
    return shop


def state(shop: Shop) -> Any:
    detail = shop.product("Tee")
    variants = [(one.sku, one.price_paise, one.mrp_paise, detail.levels[one.id].on_hand) for one in detail.variants]
    return detail.product.category, detail.product.options[0]["values"], variants


def problems(shop: Shop, import_id: str) -> list[dict[str, str]]:
    return [one.problems for one in shop.world.services.imports.rows(shop.id, import_id, RowOutcome.PROBLEM).items]


@pytest.mark.parametrize("batch", [200, 2, 1])
def test_undo_brings_back_what_several_rows_changed_one_after_the_other(
    tee: Shop, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(service, "BATCH", batch)
    before = state(tee)
    done = imported(tee, table(*ROWS, headings=HEADINGS))
    assert state(tee)[:2] == ("Newer", ["S", "M", "L", "XL"])
    tee.world.services.imports.undo(tee.id, done.id)
    undone = finish(tee, done.id)
    assert (undone.state, undone.rows_done) == (ImportState.UNDONE, 4)
    assert state(tee) == before


def test_an_undo_that_broke_goes_on_where_it_was(tee: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 1)
    imports, before = tee.world.services.imports, state(tee)
    done = imported(tee, table(*ROWS, headings=HEADINGS))
    imports.undo(tee.id, done.id)
    true, calls = service.undo_in, []

    def breaking(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError
        true(*args)

    monkeypatch.setattr(service, "undo_in", breaking)
    assert finish(tee, done.id).state is ImportState.FAILED
    assert state(tee)[:2] == ("Newer", ["S", "M"])
    imports.undo(tee.id, done.id)
    assert finish(tee, done.id).state is ImportState.UNDONE
    assert state(tee) == before


@pytest.mark.parametrize(
    ("heading", "amount", "sentence"),
    [("Price", "500", "The price is not above the MRP, ₹120.00."), ("MRP", "99.50", "The MRP is not below the price.")],
)
def test_a_price_and_an_mrp_fit_where_the_row_says_only_one(
    tee: Shop, heading: str, amount: str, sentence: str
) -> None:
    before = state(tee)
    done = imported(tee, table(("T-S", amount), ("T-M", amount), headings=("SKU", heading)))
    found = [one for one in problems(tee, done.id) if one]
    assert found[0] == {heading.lower(): sentence}
    assert state(tee)[2][0] == before[2][0]


def test_the_mrp_may_be_mended_with_the_price(tee: Shop) -> None:
    imports = tee.world.services.imports
    one = checked(tee, table(("T-S", "500"), headings=("SKU", "Price")))
    (row,) = imports.rows(tee.id, one.id, RowOutcome.PROBLEM).items
    assert imports.mend(tee.id, one.id, row.id, {"price": "120"}).outcome is RowOutcome.CHANGED
    assert imports.mend(tee.id, one.id, row.id, {"price": "500"}).outcome is RowOutcome.PROBLEM
    assert imports.mend(tee.id, one.id, row.id, {"mrp": "600"}).outcome is RowOutcome.CHANGED
    imports.start(tee.id, one.id)
    finish(tee, one.id)
    assert state(tee)[2][0] == ("T-S", 50000, 60000, 1)


def test_an_mrp_that_falls_between_the_check_and_the_import_is_seen(tee: Shop) -> None:
    imports, catalog = tee.world.services.imports, tee.world.services.catalog
    one = upload(tee, table(("T-S", "115"), headings=("SKU", "Price")))
    imports.match(tee.id, one.id, one.columns)
    assert finish(tee, one.id).counts["changed"] == 1
    detail = tee.product("Tee")
    kinds = [
        {"id": kind.id, "sku": kind.sku, "choices": kind.choices, "price_paise": 10000, "mrp_paise": 11000}
        for kind in detail.variants
    ]
    catalog.update(tee.id, detail.product.id, {"variants": kinds})
    imports.start(tee.id, one.id)
    finish(tee, one.id)
    assert problems(tee, one.id) == [{"price": "The price is not above the MRP, ₹110.00."}]
    assert state(tee)[2][0] == ("T-S", 10000, 11000, 1)


def test_a_row_that_changes_no_price_is_let_through(tee: Shop) -> None:
    with tee.world.storage.unit_of_work(tee.id) as uow:
        small = uow.variants.find(sku="T-S")
        small.price_paise = 50000
        uow.variants.save(small)
        uow.commit()
    done = imported(tee, table(("T-S", "500", "Basics"), headings=("SKU", "Price", "Category")))
    assert done.counts["changed"] == 1

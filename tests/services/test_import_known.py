"""Importing over what the shop has: several rows on one product, and back again."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.imports import ImportState
from salespilots.services.imports import service
from tests.support.imports import finish, imported, table
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

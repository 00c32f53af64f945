"""The catalogue written out, and read again as the same."""

from __future__ import annotations

import io

import pytest

from salespilots.domain.errors import SalesPilotsError
from salespilots.services.imports.export import csv_lines
from salespilots.services.imports.tables import rows_of
from tests.support.imports import checked, counts, finish, table, upload
from tests.support.shop import Shop

SAREE = ("नीली साड़ी", "NS-1", "1,499.50", 4)


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

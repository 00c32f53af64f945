"""The four pages of an import, as an owner without scripts goes through them."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from tests.support.browser import Visitor
from tests.support.imports import table
from tests.support.shop import Shop

FILE = table(
    ("Shawl", "SHA-1", "900", 2, "x"),
    ("Cap", "CAP-1", "9o0", 2, "y"),
    headings=("Name", "SKU", "Price", "Stock", "Shelf"),
)


def send(owner: Visitor, content: bytes, name: str = "list.csv") -> Any:
    data = {"csrf_token": owner.token(), "file": (io.BytesIO(content), name)}
    return owner.client.post(
        "/app/products/import", base_url=owner.address, data=data, content_type="multipart/form-data"
    )


def test_from_the_file_to_undo(owner: Visitor, shop: Shop) -> None:
    sent = send(owner, FILE)
    assert sent.status_code == 303
    path = sent.headers["Location"].removesuffix("/columns")
    columns = owner.get(f"{path}/columns").text
    assert [re.search(rf'id="f-column-{n}".*?value="(\w*)" selected', columns).group(1) for n in range(5)] == [  # type: ignore[union-attr]
        "title", "sku", "price", "stock", "",
    ]  # fmt: skip
    assert "Shawl · Cap" in columns
    twice = owner.post(f"{path}/columns", **{"column-0": "title", "column-1": "title"})
    assert twice.status_code == 422
    assert "Name is chosen twice." in twice.text
    chosen = {"column-0": "title", "column-1": "sku", "column-2": "price", "column-3": "stock", "column-4": ""}
    assert (
        owner.post(f"{path}/columns", **chosen, known="update", problems="stop").headers["Location"].endswith("/check")
    )
    page = owner.get(f"{path}/check").text
    assert "Write an amount like 1,299 or 1,299.50." in page
    assert 'value="9o0"' in page
    stopped = owner.post(f"{path}/check")
    assert stopped.status_code == 409
    assert "Mend or leave out the rows with problems first." in stopped.text
    mend = re.search(r'action="([^"]*/rows/[^"]*)"', page).group(1)  # type: ignore[union-attr]
    owner.post(mend, price="400")
    assert "Row 3 is fine now" in owner.get(f"{path}/check").text
    assert owner.post(f"{path}/check").headers["Location"].endswith(path)
    result = owner.get(path).text
    assert "What came of it" in result
    assert "Undo this import" in result
    assert shop.product("Cap").variants[0].price_paise == 40000
    assert owner.get(f"{path}/check").status_code == 303
    owner.post(f"{path}/undo")
    assert "Taken back" in owner.get(path).text
    assert shop.world.services.catalog.page(shop.id, q="Shawl").items == []


def test_what_was_not_imported_comes_back_as_a_file(owner: Visitor) -> None:
    path = send(owner, FILE).headers["Location"].removesuffix("/columns")
    owner.post(f"{path}/columns", **{"column-0": "title", "column-1": "sku", "column-2": "price"})
    owner.post(f"{path}/check")
    assert "Rows that were not imported" in owner.get(path).text
    answer = owner.get(f"{path}/left-out.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1][:3] == ["Cap", "CAP-1", "9o0"]
    assert rows[1][-1] == "Price: Write an amount like 1,299 or 1,299.50."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01\x02", "This is not a text file."),
        (b"PKxx", "This spreadsheet is damaged."),
        (b"", "The file is empty."),
    ],
)
def test_a_file_that_cannot_be_taken_says_so_at_the_field(owner: Visitor, content: bytes, sentence: str) -> None:
    answer = send(owner, content)
    assert answer.status_code == 422
    assert re.search(rf'id="e-file">.*{sentence}', answer.text)
    assert owner.post("/app/products/import").status_code == 422


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(owner: Visitor) -> None:
    assert send(owner, b"a" * (11 * 1024 * 1024 + 1)).status_code == 413


def test_a_large_file_shows_how_far_it_is_and_goes_on_by_itself(
    owner: Visitor, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from salespilots.web.views import product_import

    monkeypatch.setattr(product_import, "AT_ONCE", 0)
    path = (
        send(owner, table(*((f"Thing {n}", f"T-{n}", "9", 1) for n in range(500))))
        .headers["Location"]
        .removesuffix("/columns")
    )
    owner.post(f"{path}/columns", **{"column-0": "title", "column-1": "sku", "column-2": "price", "column-3": "stock"})
    assert "Checking the rows" in owner.get(f"{path}/check").text
    assert owner.post(f"{path}/check").status_code == 409
    shop.world.services.maintenance.sweep(lambda lanes: None)
    assert "Import 500 rows" in owner.get(f"{path}/check").text
    assert 'form="start"' in owner.get(f"{path}/check", X_Partial="checked").text
    owner.post(f"{path}/check")
    assert "0 of 500" in owner.get(path).text
    shop.world.services.maintenance.sweep(lambda lanes: None)
    assert "What came of it" in owner.get(path, X_Partial="progress").text


def test_the_sample_and_the_export_are_files_that_come_in(owner: Visitor, shop: Shop) -> None:
    for address, new in (("import/sample.csv", 3), ("export.csv", 0), ("export.xlsx", 0)):
        answer = owner.get(f"/app/products/{address}")
        assert "attachment" in answer.headers["Content-Disposition"]
        sent = send(owner, answer.data, address.rpartition("/")[2])
        import_id = sent.headers["Location"].split("/")[-2]
        imports = shop.world.services.imports
        imports.match(shop.id, import_id, imports.get(shop.id, import_id).columns)
        done = imports.work(shop.id, import_id, 60)
        assert done.counts.get("new", 0) == new
        assert not {"problem", "changed"} & {name for name, number in done.counts.items() if number}


def test_a_mended_row_goes_on_to_the_next_one(owner: Visitor, shop: Shop) -> None:
    path = (
        send(owner, table(*((f"Cap {n}", f"CAP-{n}", "9o0", 1) for n in range(3))))
        .headers["Location"]
        .removesuffix("/columns")
    )
    owner.post(f"{path}/columns", **{"column-0": "title", "column-1": "sku", "column-2": "price", "column-3": "stock"})
    shown = owner.get(f"{path}/check").text
    rows = re.findall(r'<li id="row-([^"]+)">', shown)
    first = re.search(rf'action="[^"]*/rows/{rows[0]}".*?name="then" value="([^"]+)"', shown, re.DOTALL)
    assert first
    assert first[1] == rows[1]
    still = owner.post(f"{path}/rows/{rows[0]}", price="x", then=rows[1])
    assert still.headers["Location"].endswith(f"/check#row-{rows[0]}")
    done = owner.post(f"{path}/rows/{rows[0]}", price="90", then=rows[1])
    assert done.headers["Location"].endswith(f"/check#row-{rows[1]}")
    assert f'id="row-{rows[1]}"' in owner.get(f"{path}/check").text
    owner.post(f"{path}/check")
    assert owner.get(path).text.count("btn pri") + owner.get(path).text.count("btn danger") == 1

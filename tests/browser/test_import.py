"""A list of products comes in on a phone, four pages from the file to Undo; and a product with options is made."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.test_first_sale import load_practice_shop, sign_up
from tests.support.browser import PHONE, Watched
from tests.support.imports import table

FILE = table(
    *((f"Kurta {n // 3}", f"K-{n}", "SML"[n % 3], "899", 5) for n in range(240)), ("Cap", "CAP-1", "", "9o0", 2),
    headings=("Name", "SKU", "Size", "Price", "Stock"),
)  # fmt: skip


def test_a_list_comes_in_and_is_taken_back(chrome: Browser, address: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(FILE)
    watched = Watched(chrome, address, **PHONE)
    page = watched.page()
    sign_up(page, "import@example.in")
    page.goto("/app/products")
    page.get_by_role("link", name="Import").first.tap()
    page.wait_for_url("**/import")
    watched.check(page)
    page.get_by_label("CSV or Excel file").set_input_files(tmp_path / "list.csv")
    page.get_by_role("button", name="Upload").tap()
    page.wait_for_url("**/columns")
    watched.check(page)
    expect(page.get_by_label("Size")).to_have_value("option1")
    page.get_by_role("button", name="Check the rows").tap()
    page.wait_for_url("**/check")
    expect(page.get_by_text("Write an amount like 1,299 or 1,299.50.")).to_be_visible(timeout=20_000)
    watched.check(page)
    page.get_by_label("Price").fill("400")
    page.get_by_role("button", name="Save and check").tap()
    expect(page.locator(".toast")).to_contain_text("Row 242 is fine now")
    page.get_by_role("button", name="Import 241 rows").tap()
    expect(page.get_by_role("heading", name="What came of it")).to_be_visible(timeout=20_000)
    watched.check(page)
    page.goto("/app/products?q=Kurta+7")
    expect(page.get_by_text("3 kinds").first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Undo this import").tap()
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible(timeout=20_000)
    watched.check(page)
    watched.close()
    assert watched.problems == []


def test_a_product_with_options_is_made_and_counted(chrome: Browser, address: str) -> None:
    watched = Watched(chrome, address, **PHONE)
    page = watched.page()
    sign_up(page, "options@example.in")
    load_practice_shop(page)
    page.goto("/app/products/new")
    watched.check(page)
    page.get_by_label("Name", exact=True).fill("Linen shirt")
    page.locator("#f-variants-0-price").fill("1299")
    page.locator("#f-option-0-name").fill("Size")
    page.locator("#f-option-0-values").fill("S, M")
    page.get_by_role("button", name="Make the lines").tap()
    expect(page.locator("#f-variants-1-price")).to_have_value("1,299")
    page.locator("#f-variants-1-stock").fill("4")
    watched.check(page)
    page.get_by_role("button", name="Save product").tap()
    page.wait_for_url("**/app/products")
    page.get_by_role("link", name="Linen shirt").tap()
    page.wait_for_url("**/prd_*")
    watched.check(page)
    page.goto("/app/products/stock?q=Linen")
    watched.check(page)
    page.get_by_role("button", name="One more of Linen shirt, M").tap()
    page.get_by_role("button", name="Save the counts").tap()
    expect(page.locator(".toast")).to_contain_text("Stock of one kind changed")
    page.goto("/app/products?q=Linen")
    page.get_by_role("link", name="Linen shirt").tap()
    page.wait_for_url("**/prd_*")
    page.get_by_role("link", name="Change stock").tap()
    expect(page.get_by_text("Counted again, M")).to_be_visible()
    watched.check(page)
    watched.close()
    assert watched.problems == []

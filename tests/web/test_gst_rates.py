"""Rates below one percent on every road: form, program, file, order, document, and the schema that keeps them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from salespilots.domain.sale_papers import sale_content
from salespilots.plugins.builtin.storage_sql.storage import MIGRATIONS, SqlStorage, migrations
from salespilots.services.imports.export import csv_lines
from tests.domain.test_gst import NOW
from tests.services.test_documents import REGISTERED, Desk
from tests.support.browser import Visitor
from tests.support.imports import checked, imported, table
from tests.support.postgres import PostgresServer
from tests.support.program import Program, application, problem
from tests.support.shop import Shop, World
from tests.web.test_papers import pages_of
from tests.web.test_product_form import NEW, add, fields

RATED = ("Name", "SKU", "Price", "Stock", "GST %")


def test_the_form_keeps_a_quarter_percent(owner: Visitor, shop: Shop) -> None:
    for rate in ("0.1", "0.25", "1.5", "3", "40"):
        made = add(owner, shop, title=f"Ring {rate}", gst_rate=rate, **{"variants-0-sku": f"R{rate}"}).product
        page = owner.get(f"/app/products/{made.id}").text
        assert f'<option value="{rate}" selected>{rate}%</option>' in page
        assert fields(page)["gst_rate"] == rate
    shop.world.services.catalog.update(shop.id, made.id, {"gst_rate": 7, "gst_hundredths": 5})
    assert '<option value="7.05" selected>7.05%</option>' in owner.get(f"/app/products/{made.id}").text


@pytest.mark.parametrize("rate", ["-1", "100.01", "0.125", "many"])
def test_the_form_refuses_nonsense_at_the_field(owner: Visitor, rate: str) -> None:
    answer = owner.post("/app/products/new", **{**NEW, "gst_rate": rate})
    assert answer.status_code == 422
    assert re.search(r'id="e-gst_rate"[^>]*>.*?(Write a rate like|A rate is not above)', answer.text, re.DOTALL)


def test_a_program_gives_and_gets_exact_rates(make_world: Callable[..., World], database_url: str) -> None:
    world = make_world(database_url)
    program = Program(application(world), world.practice_shop())
    for number, (sent, got) in enumerate([(3, 3), (0.25, 0.25), ("0.25", 0.25), (1.5, 1.5), ("40", 40), (0.1, 0.1)]):
        made = program.product(sku=f"R-{number}", gst_rate=sent)
        assert made["gst_rate"] == got
        assert program.get(f"/products/{made['id']}")["gst_rate"] == got
    for wrong in (-1, 100.01, 0.125, "x", "", True, None, [5]):
        body = problem(program.call("PATCH", f"/products/{made['id']}", {"gst_rate": wrong}), 422)
        assert list(body["errors"]) == ["gst_rate"]
    assert program.call("PATCH", f"/products/{made['id']}", {"gst_rate": 5}).json["gst_rate"] == 5
    shape = program.get("/openapi.json")["components"]["schemas"]["ProductIn"]["properties"]["gst_rate"]
    assert (shape["type"], shape["maximum"], shape["multipleOf"]) == ("number", 100, 0.01)


def test_a_file_brings_them_in_and_out(shop: Shop) -> None:
    done = imported(
        shop, table(("Solitaire", "R-1", "999", 1, "0.25"), ("Stone", "R-2", "999", 1, "1.5 %"), headings=RATED)
    )
    assert done.counts["new"] == 2
    exported = "".join(csv_lines(shop.world.services.export.rows(shop.id)))
    assert re.search(r"Solitaire,R-1,.*,0\.25,", exported)
    again = checked(shop, exported.encode())
    assert {name for name, count in again.counts.items() if count} == {"same"}
    changed = imported(shop, table(("Solitaire", "R-1", "999", 1, "3"), headings=RATED))
    assert shop.product("Solitaire").product.gst_basis_points == 300
    shop.world.services.imports.undo(shop.id, changed.id)
    shop.world.services.imports.work(shop.id, changed.id, 120)
    assert shop.product("Solitaire").product.gst_basis_points == 25
    wrong = checked(shop, table(("Solitaire", "R-1", "999", 1, "0.125"), headings=RATED))
    (row,) = shop.world.services.imports.rows(shop.id, wrong.id).items
    assert row.problems == {"gst_rate": "Write a rate like 5 or 0.25, with at most two decimals."}


def test_a_spreadsheet_may_show_them_as_percent(shop: Shop) -> None:
    out, made = io.BytesIO(), Workbook()
    sheet: Any = made.active
    for row in (
        RATED,
        ("Solitaire", "R-1", 999, 1, 0.0025),
        ("Stole", "R-2", 999, 1, 0.05),
        ("Gem", "R-3", 999, 1, 1.5),
    ):
        sheet.append(row)
    sheet["E2"].number_format, sheet["E3"].number_format = "0.00%", "0%"
    made.save(out)
    imported(shop, out.getvalue())
    found = [shop.product(one).product.gst_basis_points for one in ("Solitaire", "Stole", "Gem")]
    assert found == [25, 500, 150]


def test_an_order_and_its_papers_are_exact(make_world: Callable[..., World], database_url: str) -> None:
    desk = Desk(make_world(database_url), **REGISTERED, address="12 MG Road")
    saree = desk.services.catalog.page(desk.id).items[0].product
    desk.services.catalog.update(desk.id, saree.id, {"gst_rate": 0, "gst_hundredths": 25})
    order = desk.services.orders.create(
        desk.id, customer_id=desk.customer.id, lines=[{"sku": "S", "quantity": 1}], payment_method="cod",
        address={"name": "Riya", "line1": "14", "city": "Bengaluru", "pincode": "560038", "state": "Karnataka"},
    )  # fmt: skip
    assert order.total_paise == 99900 + 10500
    assert order.tax_paise == 249 + 26, "110400 holds 275.3 paise of tax at 0.25 %, each line rounded by itself"
    owner = Visitor(application(desk.world))
    owner.sign_in("meera@example.in")
    assert "₹2.75" in owner.get(f"/app/orders/{order.id}").text
    desk.services.orders.confirm(desk.id, order.id, received={"method": "cod", "amount_paise": order.due_paise})
    desk.services.documents.issue(desk.id, order.id)
    desk.services.refunds.refund(desk.id, order.id, amount_paise=50000, reason="damaged", key="k")
    invoice, credit = desk.papers(order)
    assert [one["rate"] for one in invoice.content["lines"]] == ["0.25", "0.25"]
    assert (invoice.content["totals"]["cgst_paise"], invoice.content["totals"]["sgst_paise"]) == (138, 137)
    for paper, path in ((invoice, "invoice"), (credit, f"credit-notes/{credit.id}")):
        (page,) = pages_of(owner.get(f"/app/orders/{order.id}/{path}.pdf").data)
        assert paper.number in page
        assert "0.25 %" in page
        assert page.count("0.125 %") == 2
    assert credit.content["totals"]["tax_paise"] == 125


def test_rates_of_before_stay_what_they_were(postgres: PostgresServer, tmp_path: Path) -> None:
    """The schema and the rows of the release before, which knew whole percents only."""
    name = postgres.create()
    for url in (f"sqlite:///{tmp_path / 'before.db'}", postgres.url(name)):
        storage = SqlStorage(url)
        flask_migrate = migrations(storage.app)
        with storage.app.app_context():
            flask_migrate.upgrade(directory=str(MIGRATIONS), revision="0006")
        before = sa.MetaData()
        before.reflect(storage.engine)
        _fill(storage.engine, before)
        storage.migrate()
        with storage.unit_of_work("biz_one00000", read_only=True) as uow:
            product, order = uow.products.get("prd_one00000"), uow.orders.get("ord_one00000")
            assert product.gst_basis_points == order.lines[0].gst_basis_points == 1800
            content = sale_content(order, uow.shop(), NOW, "")
        assert content["lines"][0]["total_paise"] == 100
        _fill(storage.engine, before, "prd_two00000")
        storage.close()
    postgres.drop(name)


def _fill(engine: sa.Engine, schema: sa.MetaData, product: str = "prd_one00000") -> None:
    """What the release before writes, by its own schema."""
    blank = {"TEXT": "", "VARCHAR": "", "BIGINT": 0, "BOOLEAN": False, "JSON": {}, "DATETIME": NOW, "TIMESTAMP": NOW}

    def row(table: str, **given: Any) -> None:
        needed = {
            one.name: blank[str(one.type).partition("(")[0].split()[0]]
            for one in schema.tables[table].columns if not one.nullable and one.server_default is None
        }  # fmt: skip
        connection.execute(sa.insert(schema.tables[table]).values({**needed, **given}))

    shop = {"business_id": "biz_one00000"}
    with engine.begin() as connection:
        if product == "prd_one00000":
            row("businesses", id="biz_one00000", slug="one", name="One")
            row("customers", **shop, id="cus_one00000", tags=[])
            line = {
                "id": "lin_one", "variant_id": "var_one", "product_id": product, "sku": "S", "title": "Solitaire",
                "quantity": 1, "unit_paise": 100, "gst_rate": 18,
            }  # fmt: skip
            row(
                "orders", **shop, id="ord_one00000", customer_id="cus_one00000", state="placed", lines=[line], token="t"
            )
        row("products", **shop, id=product, state="live", gst_rate=18, keywords=[], images=[])

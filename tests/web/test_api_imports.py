"""Products from a file, brought in by a program: the same steps and rules as the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from marshmallow import RAISE

from salespilots.services.imports.tables import MAX_FILE
from salespilots.web.api import answers, import_shapes
from tests.support.imports import table
from tests.support.program import Program, application, problem
from tests.support.shop import World

CSV = "text/csv"
GOOD, BAD = ("Linen stole", "LS-1", "499", 4), ("Shawl", "SHA-1", "", 2)


@pytest.fixture
def program(make_world: Callable[..., World], database_url: str) -> Program:
    world = make_world(database_url)
    return Program(application(world), world.practice_shop())


def upload(program: Program, content: bytes, query: str = "", **headers: str) -> Any:
    return program.call("POST", f"/imports{query}", content, **{"Content_Type": CSV, **headers})


def fits(schema: Any, body: Any) -> None:
    assert schema(unknown=RAISE).validate(body) == {}


def test_the_whole_way_and_back(program: Program) -> None:
    answer = upload(program, table(GOOD, BAD), "?filename=new+stock.csv")
    made = answer.json
    assert answer.status_code == 201
    assert (made["state"], made["filename"], made["rows_count"]) == ("uploaded", "new stock.csv", 2)
    assert made["columns"] == {"title": 0, "sku": 1, "price": 2, "stock": 3}
    path = f"/imports/{made['id']}"
    problem(program.post(f"{path}/start"), 409)
    checked = program.done(f"{path}/match", {"columns": made["columns"]})
    assert (checked["state"], checked["working"], checked["rows_done"]) == ("matched", False, 2)
    assert (checked["counts"]["new"], checked["counts"]["problem"]) == (1, 1)
    page = program.get(f"{path}/rows?outcome=problem")
    (row,) = page["items"]
    assert (row["position"], row["cells"], list(row["problems"])) == (3, ["Shawl", "SHA-1", "", "2"], ["price"])
    assert program.get("/products?q=Linen")["items"] == []
    done = program.done(f"{path}/start")
    assert (done["state"], done["counts"]["new"], done["error"]) == ("done", 1, None)
    assert program.done(f"{path}/start") == done, "started twice is written once"
    (product,) = program.get("/products?q=Linen")["items"]
    assert (product["variants"][0]["sku"], product["variants"][0]["on_hand"]) == ("LS-1", 4)
    fits(import_shapes.ImportAnswer, done)
    fits(answers.page_of(import_shapes.ImportAnswer), program.get("/imports"))
    fits(answers.page_of(import_shapes.ImportRowAnswer), page)
    problem(program.post(f"{path}/match", {}), 409)
    undone = program.done(f"{path}/undo")
    assert (undone["state"], program.done(f"{path}/undo")) == ("undone", undone)
    assert program.get(f"/products/{product['id']}")["state"] == "archived"


def test_what_was_made_can_be_undone_for_a_day(program: Program) -> None:
    path = f"/imports/{upload(program, table(GOOD)).json['id']}"
    program.done(f"{path}/match")
    assert program.done(f"{path}/start")["undo_until"]
    program.shop.world.clock.advance(timedelta(hours=25).total_seconds())
    assert "24 hours" in problem(program.post(f"{path}/undo"), 409)["detail"]


def test_problems_may_stop_it_and_known_ones_be_left(program: Program) -> None:
    path = f"/imports/{upload(program, table(BAD, ('Saree', 'SAR-BLUE', '1', 1))).json['id']}"
    matched = program.done(f"{path}/match", {"problems": "stop", "known": "skip"})
    assert (matched["problems"], matched["counts"]["skipped"]) == ("stop", 1)
    problem(program.post(f"{path}/start"), 409)
    assert program.done(f"{path}/match", {"columns": {"sku": 1}, "problems": "skip"})["columns"] == {"sku": 1}


@pytest.mark.parametrize(
    "body",
    [
        {"columns": {"colour of money": 1}}, {"columns": {"title": 99}}, {"columns": {"title": 0, "sku": 0}},
        {"columns": {"price": 2}}, {"columns": {"title": "0"}}, {"columns": []}, {"known": "replace"}, {"x": 1},
    ],
)  # fmt: skip
def test_columns_that_cannot_be_are_refused(program: Program, body: Any) -> None:
    path = f"/imports/{upload(program, table(GOOD)).json['id']}"
    problem(program.post(f"{path}/match", body), 422)
    assert program.get(path)["state"] == "uploaded"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", CSV, 422), (b"Name\nSaree\n", CSV, 422), (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, CSV, 422),
        (table(GOOD), "application/json", 415), (table(GOOD), "multipart/form-data; boundary=x", 415),
        (b"a,b\n" + b"x" * MAX_FILE, CSV, 413),
    ],
)  # fmt: skip
def test_what_is_no_file_of_products_is_refused(program: Program, content: bytes, kind: str, status: int) -> None:
    problem(upload(program, content, Content_Type=kind), status)
    assert program.get("/imports")["items"] == []


def test_a_file_may_be_larger_than_other_bodies(program: Program) -> None:
    rows = [(f"Thing {n}", f"T-{n}", "10", 1, "x" * 1000) for n in range(1100)]
    content = table(*rows, headings=("Name", "SKU", "Price", "Stock", "Description"))
    assert len(content) > 1024 * 1024
    assert upload(program, content).json["rows_count"] == 1100


def test_the_same_key_uploads_once(program: Program) -> None:
    first = upload(program, table(GOOD), Idempotency_Key="k")
    assert upload(program, table(GOOD), Idempotency_Key="k").json == first.json
    assert len(program.get("/imports")["items"]) == 1
    problem(upload(program, table(BAD), Idempotency_Key="k"), 422, "idempotency_key_reused")


def test_lists_have_pages_and_filters(program: Program) -> None:
    ids = [upload(program, table(GOOD)).json["id"] for _ in range(3)]
    first = program.get("/imports?limit=2")
    rest = program.get(f"/imports?limit=2&cursor={first['next']}")
    assert sorted(one["id"] for one in first["items"] + rest["items"]) == sorted(ids)
    assert rest["next"] is None
    assert program.get("/imports?state=done")["items"] == []
    for wrong in ("/imports?state=never", f"/imports/{ids[0]}/rows?outcome=never", "/imports?filename=x"):
        problem(program.call("GET", wrong), 422)


def test_a_key_needs_the_scope(program: Program) -> None:
    other = Program(program.client.application, program.shop, ("products:write", "imports:read"))
    problem(upload(other, table(GOOD)), 403)
    assert other.get("/imports")["items"] == []
    described = program.get("/openapi.json")["paths"]["/api/v1/imports"]["post"]
    assert CSV in described["requestBody"]["content"]

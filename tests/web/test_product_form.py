"""The product form: options and their lines, fields that refuse, two people at once."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from salespilots.domain.errors import InvalidInput
from tests.support.browser import Visitor
from tests.support.program import Program, application, problem
from tests.support.shop import Shop

NEW = {
    "title": "Linen shirt", "variants-0-price": "1,299", "variants-0-sku": "LIN-1", "variants-0-stock": "4",
    "gst_rate": "5", "state": "live",
}  # fmt: skip


def fields(text: str) -> dict[str, str]:
    """What the page's product form would send."""
    import html

    found: dict[str, str] = {}
    form = text[text.index('id="product"') :]
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if not name or 'type="file"' in tag:
            continue
        if re.search(r'type="(radio|checkbox)"', tag) and " checked" not in tag:
            continue
        found[html.unescape(name.group(1))] = html.unescape(value.group(1)) if value else ""
    for name, inner in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>([^<]*)<', form):
        found[name] = html.unescape(inner)
    for name, inner in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = chosen.group(1) if chosen else ""
    return found


def add(owner: Visitor, shop: Shop, **more: str) -> Any:
    answer = owner.post("/app/products/new", **{**NEW, **more})
    assert answer.status_code == 303, re.findall(r'class="err"[^>]*>.*?</span>|role="alert".*?</div>', answer.text)
    return shop.product(more.get("title", "Linen"))


# --- options -----------------------------------------------------------------------------------------------------


def test_options_become_a_line_for_each_combination(owner: Visitor, shop: Shop) -> None:
    options = {
        "option-0-name": "Size",
        "option-0-values": "S, M",
        "option-1-name": "Colour",
        "option-1-values": "Red,Blue",
    }
    laid = owner.post("/app/products/new", **{**NEW, "variants-0-sku": "", **options}, lay_out="1")
    assert laid.status_code == 200
    sent = fields(laid.text)
    assert [sent[f"variants-{n}-title"] for n in range(4)] == ["S / Red", "S / Blue", "M / Red", "M / Blue"]
    assert sent["variants-3-price"] == "1,299"
    assert len({sent[f"variants-{n}-sku"] for n in range(4)}) == 4
    assert owner.post("/app/products/new", **sent).status_code == 303
    made = shop.product("Linen")
    assert made.product.options == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Colour", "values": ["Red", "Blue"]},
    ]
    assert [one.choices for one in made.variants] == [["S", "Red"], ["S", "Blue"], ["M", "Red"], ["M", "Blue"]]


def test_the_one_line_of_a_simple_product_goes_on_with_its_stock(owner: Visitor, shop: Shop) -> None:
    made = add(owner, shop)
    path = f"/app/products/{made.product.id}"
    sent = {**fields(owner.get(path).text), "option-0-name": "Size", "option-0-values": "M, L"}
    first = owner.post(path, **sent)
    assert first.status_code == 422
    assert "There is a line for each kind now" in first.text
    assert owner.post(path, **fields(first.text)).status_code == 303
    now = shop.product("Linen")
    assert now.variants[0].id == made.variants[0].id
    assert [(one.title, now.levels[one.id].on_hand) for one in now.variants] == [("M", 4), ("L", 0)]
    fewer = {**fields(owner.get(path).text), "option-0-values": "L"}
    laid = owner.post(path, **fewer, lay_out="1")
    assert owner.post(path, **fields(laid.text)).status_code == 303
    assert [one.title for one in shop.product("Linen").variants] == ["L"]


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"variants-0-price": "1,00,00,001"}, "That amount is too large.", "variants-0-price"),
        ({"variants-0-price": "-5"}, "This amount is too small.", "variants-0-price"),
        ({"variants-0-stock": "2.5"}, "Write a whole number.", "variants-0-stock"),
        ({"variants-0-stock": "-1"}, "At least 0.", "variants-0-stock"),
        ({"low_stock": "-1"}, "At least 0.", "low_stock"),
        ({"weight": "1.5"}, "Write a whole number.", "weight"),
        ({"hsn": "52"}, "An HSN code has 4, 6 or 8 digits.", "hsn"),
        ({"code": "KURTA"}, "Use letters and a number, like K12.", "code"),
        ({"code": "dm bs01"}, "Blue block-print saree has the code BS01.", "code"),
        ({"variants-0-sku": "SAR-BLUE"}, "SKU SAR-BLUE is used by another product.", "variants-0-sku"),
        ({"variants-1-sku": "LIN-1", "variants-1-price": "5"}, "Two lines have this SKU.", "variants-1-sku"),
        ({"option-0-name": "Size", "option-0-values": "M, m"}, "Size has a value twice.", "option-0-values"),
        ({"option-0-name": "Size"}, "Write the values of Size.", "option-0-values"),
        (
            {"option-0-name": "Size", "option-0-values": ",".join(map(str, range(61)))},
            "That makes 61 kinds. At most 60.", "option-0-values",
        ),
        ({"add_substitute": "Moon dust"}, "No product is called Moon dust.", "add_substitute"),
    ],
)  # fmt: skip
def test_a_field_says_what_is_wrong_and_keeps_what_was_typed(
    owner: Visitor, shop: Shop, changes: dict[str, str], sentence: str, field: str
) -> None:
    before = shop.world.services.catalog.counts(shop.id)["all"]
    answer = owner.post("/app/products/new", **{**NEW, **changes})
    assert answer.status_code == 422
    assert re.search(rf'id="e-{field}".*?{re.escape(sentence)}', answer.text, re.DOTALL)
    assert re.search(rf'<a href="#f-{field}">(SKU|HSN|[A-Z][a-z])[^:<]*: [^<]+', answer.text), (
        "the summary names the field"
    )
    sent = fields(answer.text)
    for name, value in {**NEW, **changes}.items():
        assert sent[name] == value
    assert shop.world.services.catalog.counts(shop.id)["all"] == before


def test_options_beyond_any_number_are_counted_not_made(owner: Visitor) -> None:
    many = ",".join(map(str, range(2000)))
    sent = {
        f"option-{n}-{part}": f"{part[0]}{n}" if part == "name" else many
        for n in range(3)
        for part in ("name", "values")
    }
    answer = owner.post("/app/products/new", **NEW, **sent, lay_out="1")
    assert answer.status_code == 422
    assert "That makes 8000000000 kinds. At most 60." in answer.text


def test_a_code_is_free_again_when_its_product_is_archived(owner: Visitor, shop: Shop) -> None:
    blue = shop.product("blue")
    owner.post(f"/app/products/{blue.product.id}/archive")
    add(owner, shop, code="BS01")
    back = owner.post(f"/app/products/{blue.product.id}/restore")
    assert back.status_code == 303
    assert shop.world.services.catalog.get(shop.id, blue.product.id).product.state == "archived"


def test_two_with_one_code_at_the_same_moment(any_shop: Shop) -> None:
    catalog, done = any_shop.world.services.catalog, []

    def give(number: int) -> None:
        values = {"title": f"Scarf {number}", "code": "Q7", "variants": [{"sku": f"SCA-{number}", "price_paise": 100}]}
        try:
            catalog.create(any_shop.id, values)
            done.append("made")
        except InvalidInput as error:
            done.append(next(iter(error.fields)))

    threads = [threading.Thread(target=give, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(done) == ["code", "code", "code", "made"]


def test_archive_and_undo_bring_a_draft_back_as_a_draft(owner: Visitor, shop: Shop) -> None:
    made = add(owner, shop, state="draft")
    owner.post(f"/app/products/{made.product.id}/archive")
    undo = re.search(r'action="([^"]*restore[^"]*)"', owner.get("/app/products").text)
    assert undo
    owner.post(undo.group(1))
    assert shop.world.services.catalog.get(shop.id, made.product.id).product.state == "draft"


def test_the_summary_names_the_kind_and_groups_its_numbers(owner: Visitor) -> None:
    two = {
        **NEW,
        "variants-0-title": "M",
        "variants-1-title": "L",
        "variants-1-price": "",
        "variants-1-stock": "20,00,000",
    }
    answer = owner.post("/app/products/new", **{**two, "variants-0-price": "", "low_stock": "2000000"}).text
    assert '<a href="#f-variants-0-price">Price, M: write an amount like 1,299 or 1,299.50.</a>' in answer
    assert '<a href="#f-low_stock">Low stock from: between 0 and 10,00,000.</a>' in answer
    one = owner.post("/app/products/new", **{**NEW, "title": ""}).text
    assert '<a href="#f-title">Name: write this.</a>' in one


def test_price_and_stock_stand_after_the_name_of_a_product_of_one_kind(owner: Visitor, shop: Shop) -> None:
    page = owner.get("/app/products/new").text
    places = [page.index(f'id="f-{name}"') for name in ("title", "variants-0-price", "variants-0-stock", "description")]
    assert places == sorted(places)
    assert ">SKU</label>" in page
    assert "kind 1" not in page
    page = owner.post("/app/products/new", **NEW, add_variant="1").text
    assert page.index('id="f-description"') < page.index('id="f-variants-0-price"')
    assert "SKU of kind 2" in page


# --- two people ---------------------------------------------------------------------------------------------------


def test_the_second_of_two_people_sees_the_differences(owner: Visitor, shop: Shop) -> None:
    path = f"/app/products/{shop.product('blue').product.id}"
    mine, theirs = fields(owner.get(path).text), fields(owner.get(path).text)
    assert owner.post(path, **{**theirs, "title": "Neel saree", "category": "Festive"}).status_code == 303
    late = owner.post(path, **{**mine, "title": "Indigo saree", "description": "Soft."})
    assert late.status_code == 409
    assert "They saved Neel saree." in late.text
    assert "You wrote Indigo saree" in late.text
    again = fields(late.text)
    assert (again["title"], again["description"], again["category"]) == ("Indigo saree", "Soft.", "Festive")
    assert shop.product("saree").product.title  # nothing was written by the late one
    assert owner.post(path, **again).status_code == 303
    saved = shop.world.services.catalog.get(shop.id, path.rpartition("/")[2]).product
    assert (saved.title, saved.description, saved.category) == ("Indigo saree", "Soft.", "Festive")


# --- low stock, substitutes ----------------------------------------------------------------------------------------


def test_a_product_has_its_own_mark_for_low(owner: Visitor, shop: Shop) -> None:
    catalog = shop.world.services.catalog
    made = add(owner, shop, low_stock="")
    assert not made.low
    before = catalog.counts(shop.id)["low"]
    path = f"/app/products/{made.product.id}"
    owner.post(path, **{**fields(owner.get(path).text), "low_stock": "4"})
    assert catalog.counts(shop.id)["low"] == before + 1
    assert made.product.id in [one.product.id for one in catalog.page(shop.id, stock="low").items]
    assert "Low stock" in owner.get("/app/products?q=Linen").text
    events = shop.world.services.live
    del events
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        seq = uow.events.last_seq()
    shop.world.services.stockroom.move(shop.id, made.product.id, sku="LIN-1", delta=-1, reason="damaged")
    owner.post(path, **{**fields(owner.get(path).text), "low_stock": "0"})
    shop.world.services.stockroom.move(shop.id, made.product.id, sku="LIN-1", delta=-1, reason="damaged")
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        told = [one.data["available"] for one in uow.events.after(seq) if one.type == "stock.low"]
    assert told == [3]
    assert not catalog.get(shop.id, made.product.id).low


def test_substitutes_are_found_by_name_code_or_sku(owner: Visitor, shop: Shop) -> None:
    made = add(owner, shop, add_substitute="bs01, SAR-MAROON, White cotton kurta")
    assert [one.title for one in shop.world.services.catalog.named(shop.id, made.product.substitutes)] == [
        "Blue block-print saree", "Maroon silk saree", "White cotton kurta",
    ]  # fmt: skip


def test_the_api_takes_and_gives_what_the_form_does(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    blue = program.get("/products?q=blue")["items"][0]
    body = {
        "title": "Shirt", "options": [{"name": "Size", "values": ["S", "M"]}], "weight_grams": 250, "low_stock": 1,
        "substitutes": [blue["id"]],
        "variants": [{"sku": f"SH-{one}", "price_paise": 100, "choices": [one]} for one in ("S", "M")],
    }  # fmt: skip
    made = program.done("/products", body)
    assert {name: made[name] for name in ("options", "weight_grams", "low_stock", "substitutes")} == {
        name: body[name] for name in ("options", "weight_grams", "low_stock", "substitutes")
    }
    assert [(one["title"], one["choices"]) for one in made["variants"]] == [("S", ["S"]), ("M", ["M"])]
    wrong = [
        {"substitutes": ["prd_nobody"]}, {"substitutes": [made["id"]]}, {"low_stock": -1}, {"weight_grams": 1.5},
        {"options": [{"name": "Size", "values": ["S"]}]}, {"options": [{"name": "", "values": ["S"]}]},
        {"variants": [{"sku": "SH-S", "price_paise": 1, "choices": ["XXL"]}]},
        {"variants": [{"sku": f"SH-{n}", "price_paise": 1, "choices": ["S"]} for n in range(2)]},
    ]  # fmt: skip
    for one in wrong:
        problem(program.call("PATCH", f"/products/{made['id']}", one), 422)
    assert program.get(f"/products/{made['id']}") == made
    assert program.call("PATCH", f"/products/{made['id']}", {"low_stock": None}).json["low_stock"] is None

"""What an owner looks for is found: by number, by phone as people write it, by name; and nothing else with it."""

from __future__ import annotations

import re

import pytest

from tests.support.browser import Visitor
from tests.support.shop import World
from tests.support.stall import HERE, Stall


@pytest.fixture
def stall(world: World) -> Stall:
    return Stall(world)


@pytest.fixture
def desk(stall: Stall, world: World) -> Visitor:
    visitor = Visitor.of(world)
    visitor.sign_in("meera@example.in")
    services = stall.services
    for name, phone in (("Devendra Joshi", "+919845012345"), ("Kavya Rao", "+919812310017")):
        customer = services.customers.add(stall.id, name=name, phone=phone)
        services.orders.create(
            stall.id, customer_id=customer.id, lines=[{"sku": "S", "quantity": 1}], payment_method="cod",
            address={**HERE, "name": "The neighbour", "phone": "+919900011122"},
        )  # fmt: skip
    return visitor


def found(visitor: Visitor, q: str) -> list[str]:
    text = visitor.get(f"/app/orders?q={q}").text
    return sorted(set(re.findall(r"<b>(Devendra Joshi|Kavya Rao)</b>", text)))


@pytest.mark.parametrize(
    ("q", "who"),
    [
        ("devendra", ["Devendra Joshi"]), ("98450%2012345", ["Devendra Joshi"]), ("%2B91%2098450%2012345", ["Devendra Joshi"]),
        ("1001", ["Devendra Joshi"]), ("SP-1002", ["Kavya Rao"]), ("sp-1002", ["Kavya Rao"]),
        ("neighbour", ["Devendra Joshi", "Kavya Rao"]), ("99000%2011122", ["Devendra Joshi", "Kavya Rao"]),
        ("saree", ["Devendra Joshi", "Kavya Rao"]), ("nobody", []),
    ],
)  # fmt: skip
def test_an_order_is_found(desk: Visitor, q: str, who: list[str]) -> None:
    assert found(desk, q) == who


def test_a_product_is_found_by_its_sku(desk: Visitor, stall: Stall) -> None:
    kinds = [
        {"sku": "KUR-WHT-M", "title": "M", "price_paise": 100},
        {"sku": "KUR-WHT-L", "title": "L", "price_paise": 100},
    ]
    stall.services.catalog.create(stall.id, {"title": "Kurta", "variants": kinds})
    assert "Kurta" in desk.get("/app/products?q=kur-wht-m").text
    assert "Saree" not in desk.get("/app/products?q=kur-wht-m").text


def test_orders_that_need_a_look_are_listed_and_marked(desk: Visitor, stall: Stall) -> None:
    assert "Needs a look" not in desk.get("/app/orders").text
    order = stall.services.orders.page(stall.id).items[0]
    stall.services.orders.confirm(stall.id, order.id, received={"method": "cash", "amount_paise": order.total_paise})
    stall.services.orders.cancel(stall.id, order.id)
    listed = desk.get("/app/orders?look=1").text
    assert (str(order.number) in listed, listed.count('data-key="')) == (True, 1)
    assert "Needs a look" in desk.get("/app/orders").text
    assert "/app/orders?look=1" in desk.get("/app").text
    page = desk.get(f"/app/orders/{order.id}").text
    assert "has to be given back" in page
    assert re.search(r'href="\?sheet=refund"[^>]*class="btn pri"|class="btn pri"[^>]*href="\?sheet=refund"', page)

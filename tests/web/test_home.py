"""What Home and the lists around it tell the owner, on the day of a sale and after it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from salespilots.services.accounts import name_from
from salespilots.testing.clocks import FakeClock
from tests.support.browser import Visitor
from tests.support.shop import Shop


def words(shop: Shop, path: str) -> str:
    """What the owner, who signs in for it, reads on a page."""
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    main = owner.get(path).text.partition("<main")[2].partition(">")[2]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def later(shop: Shop, **by: float) -> None:
    clock = shop.world.clock
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(**by))


def test_the_first_sale_is_announced_until_it_came(shop: Shop) -> None:
    assert "Your first sale will show here" in words(shop, "/app")
    shop.pay(shop.order_two_sarees())
    for days in (0, 1, 5):
        later(shop, days=days)
        text = words(shop, "/app")
        assert "Your first sale" not in text
        assert "Revenue today" in text


def test_everything_that_waits_is_listed(shop: Shop) -> None:
    shop.pay(shop.order_two_sarees())
    shop.say("owner se baat karni hai", who="asha")
    needs = words(shop, "/app").partition("Needs you")[2]
    for row in ("1 chat wants a person", "1 order to pack", "sold out", "almost out", "Set up your shop"):
        assert row in needs


def test_an_order_under_its_day_shows_the_hour(shop: Shop) -> None:
    order = shop.pay(shop.order_two_sarees())
    later(shop, days=1)
    row = words(shop, "/app/orders").partition("Yesterday")[2].partition("₹")[0]
    assert re.search(rf"{order.number} · 2 items · \d+:\d\d [ap]m", row)
    assert "Yesterday" not in row
    assert re.search(rf"{order.number} · 2 items · Yesterday, ", words(shop, "/app"))


def test_the_part_of_the_way_that_is_next_says_what_to_do(shop: Shop) -> None:
    order = shop.order_two_sarees()
    assert "Placed , done To pay Packed" in words(shop, f"/app/orders/{order.id}")
    shop.pay(order)
    assert "Paid , done To pack Shipped" in words(shop, f"/app/orders/{order.id}")
    shop.world.services.orders.pack(shop.id, order.id, actor=shop.user.id)
    assert "Paid , done Packed , done To ship Delivered" in words(shop, f"/app/orders/{order.id}")


@pytest.mark.parametrize(
    ("email", "name"),
    [("meera@example.in", "Meera"), ("meera.nair@example.in", "Meera Nair"), ("shop_42-x@example.in", "Shop X"),
     ("42@example.in", "42@example.in")],
)  # fmt: skip
def test_an_account_without_a_name_is_called_by_its_address(email: str, name: str) -> None:
    assert name_from(email) == name

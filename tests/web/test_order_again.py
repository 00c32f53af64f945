"""A payment link that ran out: what was ordered is offered again, at today's price and stock."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.web.app import create_app
from tests.support.browser import Visitor
from tests.support.shop import Shop, World

HERE = {"name": "Riya Sen", "phone": "9845012345", "line1": "14, 3rd Cross", "city": "Bengaluru", "pincode": "560038"}


@pytest.fixture
def ended(shop: Shop, world: World) -> Order:
    """An order of two sarees that nobody paid in time."""
    order = shop.order_two_sarees()
    assert order.expires_at is not None
    world.clock.advance(order.expires_at - world.clock.now() + timedelta(minutes=1))
    world.services.maintenance.sweep(lambda lanes: None)
    world.settle()
    ended = world.services.orders.get(shop.id, order.id)
    assert ended.state is OrderState.EXPIRED
    return ended


@pytest.fixture
def owner(ended: Order, world: World) -> Visitor:
    who = Visitor(create_app(world.application))
    who.sign_in("meera@example.in")
    return who


def test_a_new_link_is_two_taps_from_the_chat(shop: Shop, world: World, ended: Order, owner: Visitor) -> None:
    chat = owner.get(f"/app/inbox/{ended.conversation_id}").text
    (href,) = set(re.findall(r'href="([^"]+)">Send a new link<', chat))
    assert "Copy link" not in chat  # nobody can pay there any more
    form = owner.get(html.unescape(href)).text
    (line,) = ended.lines
    assert re.search(rf'name="qty-{line.variant_id}"[^>]*value="2"', form)
    hidden = dict(re.findall(r'name="(customer|conversation|key)" value="([^"]*)"', form))
    assert len(hidden) == 3
    answer = owner.post(
        "/app/orders/new", **hidden, **HERE, payment="link", act="place", **{f"qty-{line.variant_id}": "2"}
    )
    assert answer.status_code == 303
    world.settle()
    made = next(one for one in world.services.orders.page(shop.id).items if one.id != ended.id)
    assert (made.state, made.conversation_id) == (OrderState.PLACED, ended.conversation_id)
    assert made.payment_url
    assert any(made.payment_url in text for text in shop.texts())
    assert world.services.orders.get(shop.id, ended.id).state is OrderState.EXPIRED


def test_the_order_s_page_offers_it_too(ended: Order, owner: Visitor) -> None:
    assert f"/app/orders/new?again={ended.id}" in owner.get(f"/app/orders/{ended.id}").text


def test_another_shop_knows_nothing_of_it(world: World, ended: Order, owner: Visitor) -> None:
    world.practice_shop("Other", "other@example.in")
    other = Visitor(create_app(world.application))
    other.sign_in("other@example.in")
    assert other.get(f"/app/orders/new?again={ended.id}").status_code == 404

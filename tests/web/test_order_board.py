"""The board: a column for each step, moved on by the button on the card, also without scripts."""

from __future__ import annotations

import re

import pytest

from tests.support.shop import World
from tests.web.test_papers import Office

BOARD = "/app/orders/board"


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def columns(text: str) -> dict[str, tuple[int, list[str]]]:
    """Column to (count in its head, numbers of its cards)."""
    found = {}
    for state, inside in re.findall(r'data-column="(\w+)">(.*?)</section>', text, re.DOTALL):
        count = re.search(r'<b class="count num">(\d+)</b>', inside)
        assert count
        found[state] = (int(count[1]), re.findall(r"<span>([A-Z]+-\d+) ·", inside))
    return found


def test_an_order_goes_from_column_to_column(office: Office) -> None:
    first, second = office.desk.order(), office.desk.order()
    shown = columns(office.packer.get(BOARD).text)
    assert (shown["confirmed"][0], set(shown["confirmed"][1])) == (2, {second.number, first.number})
    assert "₹" not in office.packer.get(BOARD).text
    assert "₹" in office.owner.get(BOARD).text
    for _ in range(2):  # a second tap moves nothing
        office.packer.post(f"{BOARD}/move", order=first.id, to="packed")
    office.packer.post(f"{BOARD}/move", order=second.id, to="delivered")
    assert "cannot become delivered" in office.packer.get(BOARD).text
    page = office.packer.get(BOARD).text
    assert columns(page)["confirmed"] == (1, [second.number])
    assert columns(page)["packed"] == (1, [first.number])
    assert f"/app/orders/{first.id}?sheet=ship" in page
    office.desk.services.orders.ship(office.desk.id, first.id, courier="DTDC", tracking_number="D1")
    office.packer.post(f"{BOARD}/move", order=first.id, to="delivered")
    assert columns(office.packer.get(BOARD).text)["delivered"] == (1, [first.number])


def test_there_is_no_way_to_another_column_or_another_shop(office: Office, world: World) -> None:
    order = office.desk.order()
    theirs = world.practice_shop("Other shop", "other@example.in").order_two_sarees()
    for to in ("shipped", "cancelled", "", "x"):
        assert office.packer.post(f"{BOARD}/move", order=order.id, to=to).status_code == 404
    for to in ("packed", "delivered"):
        assert office.packer.post(f"{BOARD}/move", order=theirs.id, to=to).status_code == 404

"""Many orders at once: every row says what became of it, and doing it again harms nothing."""

from __future__ import annotations

import re

import pytest

from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from tests.support.browser import Visitor
from tests.support.shop import Shop, World
from tests.web.test_papers import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def rows(text: str) -> list[tuple[str, bool, str]]:
    """(label, done, why) of a result page."""
    found = []
    for row in re.findall(r'<li class="item">(.*?)</li>', text, re.DOTALL):
        label = re.sub("<[^>]+>", "", re.findall(r"<b>(.*?)</b>", row, re.DOTALL)[0])
        why = re.findall(r'<p class="sub">(.*?)</p>', row)
        found.append((label, "Not done" not in row, why[0] if why else ""))
    return found


def state(office: Office, order: Order) -> OrderState:
    return office.desk.services.orders.get(office.desk.id, order.id).state


def test_to_pack_is_grouped_by_item_and_packed_together(office: Office) -> None:
    first, second, open_ = office.desk.order(), office.desk.order(), office.desk.order(accepted=False)
    page = office.packer.get("/app/orders/bulk?state=confirmed").text
    assert "4 ×" in page
    assert f"{second.number}, {first.number}" in page or f"{first.number}, {second.number}" in page
    assert str(open_.number) not in page
    assert "₹" not in page
    form = {"ids": [first.id, open_.id, "ord_other", second.id]}
    answer = office.packer.post("/app/orders/bulk/pack", **form).text
    assert rows(answer) == [
        (first.number, True, ""), (open_.number, False, "A placed order cannot become packed."),
        ("ord_other", False, "There is no such order."), (second.number, True, ""),
    ]  # fmt: skip
    assert "2 of 4 done" in answer
    assert rows(office.packer.post("/app/orders/bulk/pack", ids=[first.id]).text) == [
        (first.number, True, "It was done before.")
    ]
    assert state(office, second) is OrderState.PACKED
    assert office.packer.post("/app/orders/bulk/pack").status_code == 422


def test_a_pasted_list_ships_what_it_names(office: Office) -> None:
    orders = [office.desk.order() for _ in range(6)]
    a, b, c, d, e, _rest = orders
    pasted = "\n".join(
        [
            f"{a.number} D1",
            f"D2,{str(b.number).lower()}",
            "SP-9999 D3",
            f"{c.number}",
            f"{d.number};D1",
            f"{a.number} D9",
            "",
        ]
    )
    form = {"ids": [e.id, a.id], "courier": "DTDC", "pasted": pasted}
    expected = [
        (a.number, True, ""), (b.number, True, ""), ("SP-9999 D3", False, "No order of yours has a number in this line."),
        (c.number, False, "There is no tracking number in this line."),
        (d.number, False, "This tracking number is in the list twice."), (a.number, False, "This order is in the list twice."),
        (e.number, False, "The list has no tracking number for it."),
    ]  # fmt: skip
    assert rows(office.packer.post("/app/orders/bulk/ship", **form).text) == expected
    assert [state(office, one) for one in (a, b, c)] == [OrderState.SHIPPED, OrderState.SHIPPED, OrderState.CONFIRMED]
    again = rows(office.packer.post("/app/orders/bulk/ship", **form).text)
    assert again[:2] == [(a.number, True, "It was done before."), (b.number, True, "It was done before.")]
    other = rows(office.packer.post("/app/orders/bulk/ship", courier="DTDC", pasted=f"{a.number} D7").text)
    assert other == [(a.number, False, "It left already with D1.")]
    kept = office.desk.services.orders.get(office.desk.id, a.id)
    assert [one.tracking_number for one in kept.shipments] == ["D1"]
    assert len(office.desk.papers(a)) == 1
    missing = office.packer.post("/app/orders/bulk/ship", courier="", pasted="", ids=[a.id])
    assert missing.status_code == 422
    assert missing.text.count("Write this.") >= 2
    assert f'value="{a.id}" checked' in missing.text


def test_another_shops_orders_are_nobodys(office: Office, world: World) -> None:
    other = world.practice_shop("Kabir Shoes", "kabir@example.in")
    theirs = other.pay(other.order_two_sarees())
    found = rows(office.owner.post("/app/orders/bulk/pack", ids=[theirs.id]).text)
    assert found == [(theirs.id, False, "There is no such order.")]
    assert other.world.services.orders.get(other.id, theirs.id).state is OrderState.CONFIRMED


def test_customers_are_reminded_together_and_not_at_once_again(shop: Shop) -> None:
    waits = shop.order_two_sarees()
    shop.world.clock.advance(1)
    paid = shop.pay(shop.order_two_sarees("asha"))
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    assert str(waits.number) in owner.get("/app/orders/bulk?state=placed").text
    said = rows(owner.post("/app/orders/bulk/remind", ids=[waits.id, paid.id, "ord_other"]).text)
    assert said == [
        (waits.number, True, ""), (paid.number, False, "This order waits for no payment."),
        ("ord_other", False, "There is no such order."),
    ]  # fmt: skip
    shop.world.settle()
    assert sum("is waiting for you" in text for text in shop.texts()) == 1
    again = owner.post("/app/orders/bulk/remind", ids=[waits.id]).text
    assert rows(again) == [(waits.number, False, "The customer was reminded less than three hours ago.")]
    assert "Send a reminder" in owner.get(f"/app/orders/{waits.id}").text
    assert owner.post("/app/orders/bulk/remind").status_code == 422


def test_a_packer_reminds_nobody(office: Office) -> None:
    order = office.desk.order(accepted=False)
    page = office.packer.get("/app/orders/bulk?state=placed").text
    assert "Send reminders" not in page
    assert office.packer.post("/app/orders/bulk/remind", ids=[order.id]).status_code == 403

"""An order written by the shop, without scripts: items in and out, stock caught per line, drafts opened again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.order_states import OrderState
from salespilots.web.app import create_app
from tests.support.browser import Visitor
from tests.support.shop import Shop, World
from tests.support.stall import HERE, Stall
from tests.support.together import together

NEW = "/app/orders/new"


@pytest.fixture
def stall(world: World) -> Stall:
    return Stall(world, shipping_paise=7900)


@pytest.fixture
def owner(stall: Stall, world: World) -> Visitor:
    who = Visitor(create_app(world.application))
    who.sign_in("meera@example.in")
    return who


def variant(stall: Stall, place: int) -> str:
    return stall.products[place].variants[0].id


def given(stall: Stall, **more: Any) -> dict[str, Any]:
    return {"customer": stall.customer.id, "key": "k1", **HERE, "payment": "cod", **more}


def orders(stall: Stall) -> list[Any]:
    return stall.services.orders.page(stall.id).items


def test_from_a_customer_to_a_placed_order(stall: Stall, owner: Visitor) -> None:
    assert f"{NEW}?customer={stall.customer.id}" in owner.get(f"{NEW}?q=riya").text
    assert "Riya Sen" in owner.get(f"{NEW}?customer={stall.customer.id}").text
    saree, bag = variant(stall, 0), variant(stall, 1)
    page = owner.post(NEW, **given(stall, add=saree)).text
    assert f'name="qty-{saree}"' in page
    assert "₹2,179.00" in page  # with delivery
    page = owner.post(NEW, **given(stall, **{f"qty-{saree}": "2", "add": bag, "discount": "100"})).text
    assert "₹4,678.99" in page
    page = owner.post(NEW, **given(stall, **{f"qty-{saree}": "2", f"qty-{bag}": "1", "remove": bag})).text
    assert f'name="qty-{bag}"' not in page
    assert orders(stall) == []
    for _ in range(2):  # a second tap makes no second order
        answer = owner.post(NEW, **given(stall, **{f"qty-{saree}": "2", "discount": "100", "act": "place"}))
        assert answer.status_code == 303
    (order,) = orders(stall)
    assert (order.state, order.total_paise, order.payment_method) == (OrderState.CONFIRMED, 417900, "cod")
    assert order.address["pincode"] == "560038"


def test_stock_is_caught_at_its_line_and_bad_fields_at_theirs(stall: Stall, owner: Visitor) -> None:
    saree = variant(stall, 0)
    stall.services.stockroom.move(stall.id, stall.products[0].product.id, sku="S", delta=-4997, reason="adjust")
    answer = owner.post(NEW, **given(stall, **{f"qty-{saree}": "9", "act": "place"}))
    assert answer.status_code == 422
    assert "Only 3 can be promised now." in answer.text
    for field, value in (("pincode", "12"), ("discount", "x"), ("discount", "99999999"), ("payment", "gold")):
        answer = owner.post(NEW, **given(stall, **{f"qty-{saree}": "1", field: value, "act": "place"}))
        assert answer.status_code == 422, field
        assert 'class="errsum"' in answer.text, field
    for value in ("0", "x", "1001", "9" * 30):
        assert owner.post(NEW, **given(stall, **{f"qty-{saree}": value, "act": "place"})).status_code == 422
    assert orders(stall) == []


def test_a_draft_is_opened_changed_and_placed(stall: Stall, owner: Visitor) -> None:
    saree, bag = variant(stall, 0), variant(stall, 1)
    owner.post(NEW, **given(stall, **{f"qty-{saree}": "1", "act": "save"}))
    (draft,) = orders(stall)
    assert draft.state is OrderState.DRAFT
    assert f'name="draft" value="{draft.id}"' in owner.get(f"/app/orders/{draft.id}").text
    page = html.unescape(owner.get(f"{NEW}?draft={draft.id}").text)
    assert re.search(rf'name="qty-{saree}"[^>]*value="1"', page)
    assert 'value="14, 3rd Cross"' in page
    more = {f"qty-{bag}": "2", "draft": draft.id, "delivery": "0", "payment": "paid", "paid_by": "cash"}
    owner.post(NEW, **given(stall, **more, act="save"))
    kept = stall.services.orders.get(stall.id, draft.id)
    assert [(one.sku, one.quantity) for one in kept.lines] == [("B", 2)]
    assert (kept.state, kept.total_paise) == (OrderState.DRAFT, 99998)
    owner.post(NEW, **given(stall, **more, act="place"))
    placed = stall.services.orders.get(stall.id, draft.id)
    assert (placed.state, placed.due_paise) == (OrderState.CONFIRMED, 0)
    assert owner.get(f"{NEW}?draft={draft.id}").status_code == 404
    assert owner.post(NEW, **given(stall, **more, act="place")).status_code == 404


def cash_today(stall: Stall) -> int:
    day = stall.world.clock.now()
    return stall.services.money_book.cash_up(
        stall.id, day - timedelta(hours=1), day + timedelta(hours=1)
    ).received_paise


@pytest.mark.parametrize(("way", "utr"), [("cash", ""), ("upi", "633412345698"), ("upi", ""), ("bank", "")])
def test_paid_already_is_booked_as_it_was_paid(stall: Stall, owner: Visitor, way: str, utr: str) -> None:
    form = given(stall, **{f"qty-{variant(stall, 0)}": "1", "payment": "paid", "act": "place"})
    unsaid = owner.post(NEW, **form)
    assert (unsaid.status_code, unsaid.text.count("Say how it was paid.")) == (422, 2)
    assert orders(stall) == []
    for _ in range(2):
        assert owner.post(NEW, **form, paid_by=way, utr=utr).status_code == 303
    (order,) = orders(stall)
    (payment,) = stall.services.orders.payments_of(stall.id, order.id)
    assert (order.state, order.due_paise, payment.provider, payment.provider_ref) == ("confirmed", 0, way, utr or None)
    assert cash_today(stall) == (order.total_paise if way == "cash" else 0)
    assert utr in owner.get(f"/app/orders/{order.id}").text
    told = [one.type for one in stall.services.orders.timeline(stall.id, order.id)]
    assert told.index("order.placed") < told.index("order.paid") < told.index("order.confirmed")


def test_a_utr_pays_once_and_an_order_is_not_placed_without_its_money(stall: Stall, owner: Visitor) -> None:
    saree = f"qty-{variant(stall, 0)}"
    paid = {saree: "1", "payment": "paid", "paid_by": "upi", "act": "place"}
    wrong = owner.post(NEW, **given(stall, **paid, utr="12345"))
    assert (wrong.status_code, "Write the 12 digit UTR" in wrong.text) == (422, True)
    owner.post(NEW, **given(stall, **paid, utr="633412345698"))
    (first,) = (one for one in orders(stall) if one.state == "confirmed")
    again = owner.post(NEW, **given(stall, **paid, utr="633412345698") | {"key": "k2"})
    assert (again.status_code, "This UTR was used for another payment already." in again.text) == (409, True)
    (kept,) = (one for one in orders(stall) if one.id != first.id)
    assert (kept.state, kept.number) == ("draft", None)
    level = stall.services.catalog.get(stall.id, stall.products[0].product.id).levels[variant(stall, 0)]
    assert level.reserved == 1

    stall.services.orders.place(stall.id, kept.id)
    page = f"/app/orders/{kept.id}"
    owner.post(f"{page}/received", method="upi", utr="633412345698")
    assert "This UTR was used for another payment already." in owner.get(page).text
    owner.post(f"{page}/received", method="cash", utr="633412345697")
    assert "Only a UPI payment has a UTR." in owner.get(page).text
    assert stall.services.orders.get(stall.id, kept.id).due_paise
    owner.post(f"{page}/received", method="upi", utr="633412345697")
    assert stall.services.orders.payments_of(stall.id, kept.id)[-1].provider_ref == "633412345697"


def test_two_orders_at_once_with_one_utr(make_world: Callable[..., World], database_url: str) -> None:
    stall = Stall(make_world(database_url))
    lines = [{"variant_id": variant(stall, 0), "quantity": 1}]
    drafts = iter([stall.services.orders.create(stall.id, customer_id=stall.customer.id, lines=lines, draft=True) for _ in range(2)])  # fmt: skip
    paid = {"method": "upi", "utr": "633412345698"}
    got = together(lambda: stall.services.orders.place(stall.id, next(drafts).id, paid=paid), 2)
    assert sorted(type(one).__name__ for one in got) == ["Order", "UtrTaken"]
    assert sorted(str(one.state) for one in orders(stall)) == ["confirmed", "draft"]


def test_a_bank_line_of_before_is_that_payments(stall: Stall, owner: Visitor) -> None:
    stall.services.connections.connect(stall.id, "upi", {"vpa": "meera@okbank", "payee_name": "Meera"})
    stall.services.direct.bring_in(stall.id, "27-11-2026   UPI/633412345698/RIYA   2179.00 Cr")
    assert len(stall.services.direct.open_lines(stall.id)) == 1
    form = given(stall, **{f"qty-{variant(stall, 0)}": "1", "payment": "paid", "paid_by": "upi", "act": "place"})
    owner.post(NEW, **form, utr="633412345698")
    assert stall.services.direct.open_lines(stall.id) == []


def test_the_sum_is_that_of_the_order_with_its_code_and_its_fee(stall: Stall, owner: Visitor) -> None:
    services, saree = stall.services, variant(stall, 0)
    services.discounts.create(stall.id, {"code": "DIWALI", "kind": "percent", "percent": 10, "usage_limit": 1})
    services.shops.update(stall.id, {"cod": {"offered": True, "fee_paise": 4000}, "min_order_paise": 500000})
    form = given(stall, **{f"qty-{saree}": "1", "code": "diwali"})
    page = owner.post(NEW, **form).text
    for text in ("−₹210.00", "₹40.00", "₹2,009.00", "Your smallest order is ₹5,000.00."):
        assert text in page, text
    for more, said in (
        ({"code": "NOPE"}, "There is no such code."),
        ({"discount": "5", "act": "save"}, "Give either a discount or a code."),
        ({"code": "NOPE", "act": "place"}, "There is no such code."),
    ):
        refused = owner.post(NEW, **{**form, **more})
        assert said in refused.text
        assert re.search(r'id="f-code"[^>]*aria-invalid="true"', refused.text)
        assert f'value="{({**form, **more})["code"]}"' in refused.text, "what was typed stays"
    assert orders(stall) == []
    owner.post(NEW, **form, act="save")
    (draft,) = orders(stall)
    assert 'value="DIWALI"' in owner.get(f"{NEW}?draft={draft.id}").text
    owner.post(NEW, **form, draft=draft.id, act="place")
    placed = services.orders.get(stall.id, draft.id)
    assert (placed.total_paise, placed.discount_code, placed.state) == (200900, "DIWALI", OrderState.CONFIRMED)
    page = owner.post(NEW, **{**form, "key": "k2", "act": "place"}).text
    assert "This code was used as often as it may be." in page


def test_from_a_chat_with_a_payment_link(shop: Shop) -> None:
    before = shop.order_two_sarees()
    who = Visitor(create_app(shop.world.application))
    who.sign_in("meera@example.in")
    page = html.unescape(who.get(f"{NEW}?conversation={before.conversation_id}").text)
    assert "Riya Sen" in page
    assert 'value="560038"' in page
    chosen = shop.product("blue").variants[0].id
    fields = {
        "customer": before.customer_id,
        "conversation": before.conversation_id,
        "key": "k2",
        "payment": "link",
        **HERE,
    }
    shop.world.clock.advance(5)
    answer = who.post(NEW, **{**fields, f"qty-{chosen}": "1", "act": "place"})
    order = shop.world.services.orders.get(shop.id, answer.headers["Location"].rpartition("/")[2])
    assert (order.state, order.conversation_id) == (OrderState.PLACED, before.conversation_id)
    shop.world.settle()
    assert any(order.payment_url and order.payment_url in text for text in shop.texts())


def test_another_shops_customer_draft_and_items_are_not_there(stall: Stall, owner: Visitor, world: World) -> None:
    other = world.practice_shop("Other shop", "other@example.in")
    theirs = other.order_two_sarees()
    for query in (f"customer={theirs.customer_id}", f"draft={theirs.id}", f"conversation={theirs.conversation_id}"):
        assert owner.get(f"{NEW}?{query}").status_code == 404
    foreign = other.product("blue").variants[0].id
    answer = owner.post(NEW, **given(stall, **{f"qty-{foreign}": "1", "act": "place"}))
    assert answer.status_code == 422
    assert "This is not on sale any more." in answer.text
    assert owner.post(NEW, **{**given(stall), "customer": theirs.customer_id}).status_code == 404


def test_an_order_that_is_placed_says_where_it_goes_or_that_it_is_handed_over(stall: Stall, owner: Visitor) -> None:
    saree = variant(stall, 0)
    form = {"customer": stall.customer.id, "key": "k1", "payment": "cod", f"qty-{saree}": "1", "act": "place"}
    for more in ({}, {**HERE, "phone": "12"}, {**HERE, "line1": ""}, {**HERE, "pincode": ""}):
        refused = owner.post(NEW, **{**form, **more})
        assert refused.status_code == 422, more
    assert "Write a phone number" in owner.post(NEW, **{**form, **HERE, "phone": "12"}).text
    assert orders(stall) == []
    assert owner.post(NEW, **{**form, "act": "save"}).status_code == 303, "a draft may be unfinished"
    owner.post(NEW, **{**form, "key": "k2", "counter": "1"})
    owner.post(NEW, **{**form, **HERE, "key": "k3"})
    phones = {str(one.state): [] for one in orders(stall)}
    for one in orders(stall):
        phones[str(one.state)].append(one.address.get("phone", ""))
    assert {state: sorted(found) for state, found in phones.items()} == {
        "draft": [""],
        "confirmed": ["", "+919845012345"],
    }


def test_the_sum_alone_is_given_to_a_form_that_is_being_filled_in(stall: Stall, owner: Visitor) -> None:
    saree = variant(stall, 0)
    fields = {**given(stall), f"qty-{saree}": "3", "act": "update", "csrf_token": owner.token()}
    part = owner.client.post(NEW, data=fields, headers={"X-Partial": "sum"}).get_data(as_text=True)
    assert "₹6,379.00" in part
    assert "<html" not in part
    assert "Create, pay at the door" in part


def test_an_order_begins_for_somebody_who_never_wrote(stall: Stall, owner: Visitor) -> None:
    for wrong in ({"name": "", "phone": ""}, {"name": "Asha", "phone": "12"}):
        assert owner.post(f"{NEW}/customer", **wrong).status_code == 422
    answer = owner.post(f"{NEW}/customer", name="Asha Rao", phone="098450 54321")
    page = owner.get(answer.headers["Location"]).text
    assert 'value="Asha Rao"' in page
    assert 'value="+919845054321"' in page


def test_the_address_of_an_order_is_changed_until_it_left(stall: Stall, owner: Visitor) -> None:
    owner.post(NEW, **given(stall, **{f"qty-{variant(stall, 0)}": "1", "act": "place"}))
    (order,) = orders(stall)
    path = f"/app/orders/{order.id}/address"
    refused = owner.post(path, **{**HERE, "pincode": "12", "line1": "9, Lake Road"})
    assert refused.status_code == 422
    assert 'value="9, Lake Road"' in refused.text
    stall.services.orders.change(
        stall.id, order.id, {"address": {**order.address, "note": "Ring twice", "line2": "Flat 2"}}
    )
    owner.post(path, **{**HERE, "line1": "9, Lake Road", "line2": ""})
    changed = stall.services.orders.get(stall.id, order.id).address
    assert (changed["line1"], changed["note"], "line2" in changed) == ("9, Lake Road", "Ring twice", False)
    stall.services.orders.ship(stall.id, order.id, courier="DTDC", tracking_number="D1")
    owner.post(path, **{**HERE, "line1": "Elsewhere"})
    assert stall.services.orders.get(stall.id, order.id).address["line1"] == "9, Lake Road"


def test_the_link_of_an_order_without_a_chat_is_there_to_be_copied(shop: Shop) -> None:
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    chosen = shop.product("jute").variants[0].id
    began = owner.post(f"{NEW}/customer", name="Asha Rao", phone="")
    customer = began.headers["Location"].rpartition("customer=")[2]
    form = {"customer": customer, "key": "k9", "payment": "link", f"qty-{chosen}": "1", **HERE, "act": "place"}
    path = owner.post(NEW, **form).headers["Location"]
    order = shop.world.services.orders.get(shop.id, path.rpartition("/")[2])
    page = html.unescape(owner.get(path).text)
    assert order.payment_url
    assert f'class="btn pri" type="button" data-copy="{order.payment_url}"' in page
    assert "there is no chat" in page
    assert "Make a payment link" not in page

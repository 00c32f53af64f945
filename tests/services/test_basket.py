"""Several things in one order, changed on the way, with a code, and paid on delivery where the shop's rules allow."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.order import Order
from tests.support.shop import TO_CONFIRM, Shop

DETAILS = "Riya Sen, Flat 3, Rose Apartments, Baner, Pune 411045, 98450 12345"


def last(shop: Shop) -> str:
    return shop.phone()[-1].text


def order(shop: Shop) -> Order:
    (found,) = shop.world.services.orders.page(shop.id).items
    return found


def lines(shop: Shop) -> list[tuple[int, str]]:
    return sorted((one.quantity, one.title) for one in order(shop).lines)


def rule(shop: Shop, **values: Any) -> None:
    with shop.world.storage.unit_of_work(shop.id) as uow:
        business = uow.shop()
        for name, value in values.items():
            setattr(business, name, value)
        uow.save_shop(business)
        uow.commit()


@pytest.mark.parametrize(
    "text", ["2 blue saree aur 1 juttis size 7 chahiye", "2 blue saree, 1 juttis size 7", "I want 2 blue saree and juttis size 7"]
)  # fmt: skip
def test_several_things_in_one_message(shop: Shop, text: str) -> None:
    said = shop.say(text)
    assert "2 × Blue block-print saree at ₹1,499.00 = ₹2,998.00\n1 × Embroidered leather juttis, 7" in said[0].text
    shop.say(DETAILS)
    assert "2 × Blue block-print saree, 1 × Embroidered leather juttis, 7, " in last(shop)
    shop.say("yes")
    assert lines(shop) == [(1, "Embroidered leather juttis, 7"), (2, "Blue block-print saree")]
    assert f"{order(shop).total_paise // 100:,}" in last(shop)


def test_another_thing_asked_about_on_the_way_joins_the_order(shop: Shop) -> None:
    for line in TO_CONFIRM[:-1]:
        shop.say(line)
    assert "juttis" in shop.say("juttis size 7 kitne ka hai?")[-1].text
    both = shop.say("1")
    assert "2 × Blue block-print saree" in both[0].text
    assert "1 × Embroidered leather juttis, 7" in both[0].text
    shop.say("14, 3rd Cross, Indiranagar")
    shop.say("yes")
    assert lines(shop) == [(1, "Embroidered leather juttis, 7"), (2, "Blue block-print saree")]


def test_who_only_asked_goes_on_with_what_was_chosen(shop: Shop) -> None:
    for line in TO_CONFIRM[:-1]:
        shop.say(line)
    shop.say("juttis size 7 kitne ka hai?")
    assert "2 × Blue block-print saree at" in shop.say("nahi")[0].text
    shop.say("14, 3rd Cross, Indiranagar")
    shop.say("yes")
    assert lines(shop) == [(2, "Blue block-print saree")]


def test_instead_stands_in_its_place(shop: Shop) -> None:
    for line in TO_CONFIRM:
        shop.say(line)
    shop.say("saree ki jagah juttis size 7 chahiye")
    shop.say("1")
    assert "Shall I place the order" in last(shop)
    shop.say("yes")
    assert lines(shop) == [(1, "Embroidered leather juttis, 7")]


def test_a_thing_is_taken_out_again(shop: Shop) -> None:
    shop.say("2 blue saree aur 1 juttis size 7 chahiye")
    shop.say(DETAILS)
    assert "2 × Blue block-print saree, ₹" in shop.say("juttis hata do")[-1].text
    shop.say("yes")
    assert lines(shop) == [(2, "Blue block-print saree")]


def test_the_last_piece_gone_meanwhile_places_nothing_of_it(shop: Shop) -> None:
    shop.say("2 blue saree aur 1 juttis size 7 chahiye")
    shop.say(DETAILS)
    juttis = shop.product("juttis")
    seven = next(one for one in juttis.variants if one.title == "7")
    shop.world.services.stockroom.move(
        shop.id, juttis.product.id, sku=seven.sku, delta=-juttis.levels[seven.id].available, reason="sold_elsewhere"
    )
    shop.say("yes")
    assert shop.world.services.orders.page(shop.id).items == []
    assert all(level.reserved == 0 for level in shop.product("blue").levels.values())


# --- rules of the shop -------------------------------------------------------------------------------------------------


def test_a_code_takes_something_off_once(shop: Shop) -> None:
    made = {"code": "diwali10", "kind": "percent", "percent": 10, "per_customer": 1}
    shop.world.services.discounts.create(shop.id, made)
    for line in TO_CONFIRM:
        shop.say(line)
    summed = shop.say("code DIWALI10")
    assert "DIWALI10: ₹299.80 off" in summed[0].text
    shop.say("yes")
    placed = order(shop)
    assert (placed.discount_paise, placed.discount_code, placed.total_paise) == (29980, "DIWALI10", 269820 + 8000)
    shop.say("juttis size 7 price")
    shop.say("1")
    assert shop.say("DIWALI10")[0].text.startswith("This code was used already.\n1 × ")
    shop.world.services.orders.cancel(shop.id, placed.id)
    assert any("DIWALI10: ₹119.90 off" in one.text for one in shop.say("DIWALI10"))


def test_delivery_costs_what_its_zone_costs(shop: Shop) -> None:
    rule(shop, delivery={"zones": [{"name": "Pune", "pincodes": ["411"], "paise": 3000}], "elsewhere": True})
    shop.say("blue saree kitna hai?")
    assert "Delivery: ₹80.00" in shop.say("1")[0].text
    shop.say(DETAILS)
    assert "₹1,529.00 in all" in last(shop)
    shop.say("yes")
    assert order(shop).shipping_paise == 3000


def test_where_nobody_delivers_nothing_is_ordered(shop: Shop) -> None:
    rule(shop, delivery={"zones": [{"name": "Pune", "pincodes": ["411"], "paise": 3000}], "elsewhere": False})
    for line in TO_CONFIRM:
        shop.say(line)
    assert last(shop) == "Sorry, we do not deliver to 560038 yet."
    assert shop.world.services.orders.page(shop.id).items == []


def test_too_small_an_order_is_told_so(shop: Shop) -> None:
    rule(shop, min_order_paise=200000)
    shop.say("blue saree kitna hai?")
    assert [one.text for one in shop.say("1")] == ["Orders start at ₹2,000.00.", "How many would you like instead?"]
    assert "2 × Blue block-print saree" in shop.say("2")[0].text


def to_pay(shop: Shop) -> str:
    for line in TO_CONFIRM:
        shop.say(line)
    return last(shop)


def test_cash_on_delivery_with_its_fee(shop: Shop) -> None:
    rule(shop, cod={"offered": True, "fee_paise": 4000})
    assert to_pay(shop) == "How would you like to pay: online, or cash on delivery, ₹40.00 more?"
    assert "how would you like to pay" in shop.say("hmm")[-1].text.lower()
    assert "₹3,118.00 in all" in shop.say("COD karo")[-1].text
    said = shop.say("yes")
    placed = order(shop)
    assert (placed.state, placed.payment_method, placed.cod_fee_paise, placed.total_paise) == (
        "confirmed",
        "cod",
        4000,
        311800,
    )
    assert said[-1].text.startswith("Order SP-1001 is confirmed. Please keep ₹3,118.00 ready for the courier.")


def test_a_part_is_paid_now_and_the_rest_at_the_door(shop: Shop) -> None:
    rule(shop, cod={"offered": True, "advance_paise": 10000})
    assert to_pay(shop) == "How would you like to pay: online, or cash on delivery, ₹100.00 of it now?"
    shop.say("Cash on delivery", payload="pay:cash")
    assert "Pay ₹100.00 here" in shop.say("yes")[-1].text
    placed = order(shop)
    assert (placed.state, placed.asked_paise) == ("placed", 10000)
    paid = shop.pay(placed)
    assert (paid.state, paid.payment_status, paid.due_paise, paid.asked_paise) == (
        "confirmed",
        "part_paid",
        297800,
        297800,
    )
    assert "₹100.00 received for order SP-1001" in last(shop)
    assert "keep ₹2,978.00 ready" in last(shop)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"max_paise": 100000}, "Cash on delivery is for smaller orders."),
        ({"not_to": ["56"]}, "Cash on delivery does not reach your pincode."),
        ({"not_categories": ["Sarees"]}, "Cash on delivery is not possible for these items."),
    ],
)
def test_where_the_rules_forbid_cash_it_is_said_and_paid_online(shop: Shop, rules: dict[str, Any], words: str) -> None:
    rule(shop, cod={"offered": True, **rules})
    to_pay(shop)
    assert shop.phone()[-2].text.startswith(words)
    shop.say("yes")
    assert order(shop).payment_method == "practice"


def test_who_refused_parcels_pays_online(shop: Shop) -> None:
    rule(shop, cod={"offered": True, "refused_limit": 1})
    to_pay(shop)
    shop.say("Cash on delivery", payload="pay:cash")
    shop.say("yes")
    orders = shop.world.services.orders
    first = order(shop)
    orders.ship(shop.id, first.id, courier="Delhivery", tracking_number="1")
    orders.take_back(shop.id, first.id, restock=True, kind="refused")
    back = order(shop)
    assert (back.state, back.refund_due_paise, shop.product("blue").on_hand) == ("returned", 0, 9)
    shop.say("juttis size 7 price")
    assert "Shall I place the order" in shop.say("1")[-1].text

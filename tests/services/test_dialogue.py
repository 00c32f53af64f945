"""The ways a chat leaves the straight road: kinds to choose from, counts said early or changed, no, and asides."""

from __future__ import annotations

import pytest

from tests.support.shop import TO_CONFIRM, Shop

ASKED = "How many would you like?"
BYE = "No problem, nothing was ordered. Write to us whenever you like."


def buttons(shop: Shop) -> list[str]:
    return [one["title"] for one in shop.phone()[-1].content.get("quick_replies", [])]


def test_a_product_of_several_kinds_asks_which_then_how_many(shop: Shop) -> None:
    first = shop.say("juttis kitne ka?")
    assert not any(ASKED in one.text for one in first)
    assert (first[-1].text, buttons(shop)) == ("Which one would you like?", ["5", "6", "7"])
    second = shop.say("size 7")
    assert ([one.text for one in second], buttons(shop)) == ([ASKED], ["1", "2", "3"])
    assert "2 × Embroidered leather juttis, 7 at ₹1,199.00 = ₹2,398.00" in shop.say("2", payload="qty:2")[0].text


def test_a_named_kind_is_offered_as_itself(shop: Shop) -> None:
    offer = shop.say("juttis size 6 price")[-1].text
    assert offer == f"Embroidered leather juttis, 6 is ₹1,199.00, 5 in stock. {ASKED}"
    assert "juttis, 6 at" in shop.say("2")[0].text


def test_who_says_how_many_is_not_asked(shop: Shop) -> None:
    said = shop.say("2 blue saree chahiye")
    assert not any(ASKED in one.text for one in said)
    assert "2 × Blue block-print saree" in said[-2].text
    shop.say("2 kurta chahiye", who="asha")
    chosen = shop.say("M", who="asha")
    assert "2 × White cotton kurta, M" in chosen[0].text


@pytest.mark.parametrize("change", ["3 kar do", "actually 3", "make it 3"])
def test_the_count_may_change_until_the_order_stands(shop: Shop, change: str) -> None:
    for line in TO_CONFIRM:
        shop.say(line)
    shop.say(change)
    assert "3 × Blue block-print saree, ₹4,577.00 in all" in shop.phone()[-1].text
    shop.say("yes")
    orders = shop.world.services.orders.page(shop.id).items
    assert [(one.quantity, one.title) for one in orders[0].lines] == [(3, "Blue block-print saree")]
    assert len(orders) == 1


@pytest.mark.parametrize("question", ["blue saree kitna hai?", "juttis kitne ka?"])
def test_no_ends_it_politely(shop: Shop, question: str) -> None:
    shop.say(question)
    assert [one.text for one in shop.say("nahi")] == [BYE]
    assert shop.say("thanks") == []


def test_an_aside_before_the_count_is_answered_and_the_count_asked_again(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    assert [one.text for one in shop.say("mera order kaha hai?")] == ["You have no order with us yet.", ASKED]
    assert "2 × Blue block-print saree" in shop.say("2")[0].text


@pytest.mark.parametrize("aside", ["red saree bhi dikhao", "mera order kaha hai", "aur kurta kitne ka hai"])
def test_a_question_is_not_an_address(shop: Shop, aside: str) -> None:
    for line in TO_CONFIRM[:-1]:
        shop.say(line)
    assert not any("Shall I place the order" in one.text for one in shop.say(aside))


@pytest.mark.parametrize(
    "address",
    ["Saree Bhavan lane, Chandni Chowk", "Flat 3, Silk Apartments, Andheri West", "near bus stand, Order colony"],
)
def test_an_address_may_sound_like_goods(shop: Shop, address: str) -> None:
    for line in TO_CONFIRM[:-1]:
        shop.say(line)
    assert "Shall I place the order" in shop.say(address)[-1].text


@pytest.mark.parametrize("short", ["1", "12", "98", "9999"])
@pytest.mark.parametrize("answers", [[], ["98450 12345"]])
def test_digits_cut_short_are_asked_for_again(shop: Shop, answers: list[str], short: str) -> None:
    for line in (*TO_CONFIRM[:3], *answers):
        shop.say(line)
    again = [one.text for one in shop.say(short)]
    assert len(again) == 1
    assert "pincode" in again[0] if answers else "10 digit mobile number" in again[0]
    for line in TO_CONFIRM[3 + len(answers) :]:
        shop.say(line)
    assert "2 × Blue block-print saree, ₹3,078.00 in all" in shop.phone()[-1].text


def test_an_address_in_one_message_is_taken_apart_and_only_what_is_missing_is_asked(shop: Shop) -> None:
    shop.say("blue saree kitna hai?")
    shop.say("2")
    asked = shop.say("Flat 3, Rose Apartments, Baner, Pune 411045, 98450 12345")
    assert [one.text for one in asked] == ["What name should be on the parcel?"]
    last = shop.say("Riya Sen")[-1].text
    assert "Shall I place the order" in last
    assert "It goes to Riya Sen, Flat 3, Rose Apartments, Baner, Pune, 411045." in last
    shop.say("yes")
    order = shop.world.services.orders.page(shop.id).items[0]
    assert (order.address["phone"], order.address["state"]) == ("+919845012345", "Maharashtra")


def test_the_last_address_is_used_again_or_changed_with_one_tap(shop: Shop) -> None:
    first = shop.order_two_sarees()
    shop.say("juttis size 7 price")
    last = shop.say("1")[-1]
    assert "It goes to Riya Sen, 14, 3rd Cross, Indiranagar" in last.text
    assert buttons(shop) == ["Confirm", "Change address", "Cancel"]
    assert shop.say("Change address", payload="address:change")[-1].text == "What name should be on the parcel?"
    shop.say("Asha Rao, 7, Temple Road, Mysuru 570001, 98860 12345")
    assert "It goes to Asha Rao, 7, Temple Road, Mysuru" in shop.phone()[-1].text
    shop.say("yes")
    again, second = sorted(shop.world.services.orders.page(shop.id).items, key=lambda one: one.number_value)
    assert (second.address["name"], second.address["pincode"]) == ("Asha Rao", "570001")
    assert again.address == first.address


@pytest.mark.parametrize("no", ["nahi chahiye", "cancel", "cancel kar do please", "nahi chahiye mujhe"])
@pytest.mark.parametrize("answers", [0, 1, 2, 3])
def test_no_on_the_way_ends_the_order(shop: Shop, answers: int, no: str) -> None:
    for line in TO_CONFIRM[: 2 + answers]:
        shop.say(line)
    assert [one.text for one in shop.say(no)] == [BYE]
    assert shop.world.services.orders.page(shop.id).items == []

"""The waiting list: in order, once each, never more than pieces, whoever brings them back."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salespilots.domain.waiting import WaitingState
from salespilots.services.waiting import wait_in
from tests.support.browser import Visitor
from tests.support.imports import imported, table
from tests.support.shop import Shop

BACK = "Pearl necklace is back in stock. You asked me to tell you."
ASK = "pearl necklace hai?"


def wait(shop: Shop, who: str) -> list[Any]:
    """A customer asks, and taps the button."""
    shop.say(ASK, who=who)
    necklace = shop.product("Pearl")
    return shop.say("Tell me when back", payload=f"wait:{necklace.product.id}:{necklace.variants[0].id}", who=who)


def bring(shop: Shop, pieces: int) -> None:
    necklace = shop.product("Pearl")
    shop.world.services.stockroom.move(shop.id, necklace.product.id, sku="NEC-PEARL", delta=pieces, reason="receive")
    shop.world.settle()


def told(shop: Shop, *people: str) -> list[str]:
    return [who for who in people for text in shop.texts(who) if text == BACK]


def states(shop: Shop) -> Counter[str]:
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        return Counter(str(one.state) for one in uow.waiting.select())


def test_sold_out_offers_others_and_a_place(any_shop: Shop) -> None:
    services = any_shop.world.services
    jhumka = any_shop.product("jhumka").product.id
    services.catalog.update(any_shop.id, any_shop.product("Pearl").product.id, {"substitutes": [jhumka]})
    phone = any_shop.say(ASK)
    assert "sold out" in phone[-1].text
    replies = [one["payload"].partition(":")[0] for one in phone[-1].content["quick_replies"]]
    assert replies == ["wait", "catalogue", "human"]
    assert any("jhumka" in str(one.content) for one in phone)
    answered = wait(any_shop, "riya")
    assert answered[-1].text == "I will tell you here when Pearl necklace is back."
    assert states(any_shop) == {"waiting": 1}
    wait(any_shop, "riya")
    assert states(any_shop) == {"waiting": 1}


def test_others_of_the_category_stand_in_when_none_are_named(shop: Shop) -> None:
    services = shop.world.services
    pearl, jhumka = shop.product("Pearl").product, shop.product("jhumka").product
    services.catalog.update(shop.id, jhumka.id, {"category": pearl.category})
    assert any("jhumka" in str(one.content) for one in shop.say(ASK))
    services.stockroom.move(shop.id, jhumka.id, sku="JHU-SILVER", delta=-18, reason="damaged")
    assert not any("jhumka" in str(one.content) for one in shop.say(ASK, who="asha"))


def test_first_come_first_served_and_no_more_than_pieces(any_shop: Shop) -> None:
    shop = any_shop
    for who in ("riya", "asha", "kavya"):
        wait(shop, who)
        shop.world.clock.advance(timedelta(minutes=1))
    bring(shop, 1)
    assert told(shop, "riya", "asha", "kavya") == ["riya"]
    bring(shop, 1)
    bring(shop, -1)
    assert told(shop, "riya", "asha", "kavya") == ["riya", "asha"]
    bring(shop, 5)
    assert told(shop, "riya", "asha", "kavya") == ["riya", "asha", "kavya"]
    bring(shop, 5)
    assert told(shop, "riya", "asha", "kavya") == ["riya", "asha", "kavya"]


def test_who_orders_it_waits_no_more_and_an_expired_order_tells_the_next(shop: Shop) -> None:
    services = shop.world.services
    wait(shop, "riya")
    shop.world.clock.advance(timedelta(seconds=1))
    wait(shop, "asha")
    bring(shop, 1)
    assert told(shop, "riya", "asha") == ["riya"]
    necklace = shop.product("Pearl")
    customer = next(one for one in services.customers.page(shop.id).items if one.name == "Riya")
    order = services.orders.create(
        shop.id, customer_id=customer.id, lines=[{"variant_id": necklace.variants[0].id, "quantity": 1}]
    )
    assert states(shop) == {"left": 1, "waiting": 1}
    shop.world.clock.advance(timedelta(hours=1))
    services.orders.expire(shop.id, order.id)
    shop.world.settle()
    assert told(shop, "riya", "asha") == ["riya", "asha"]


def test_a_cancelled_order_and_an_import_bring_pieces_too(shop: Shop) -> None:
    wait(shop, "riya")
    imported(shop, table(("", "NEC-PEARL", "", 2)))
    shop.world.settle()
    assert told(shop, "riya") == ["riya"]


def test_a_draft_tells_nobody_until_it_is_on_sale_again(shop: Shop) -> None:
    wait(shop, "riya")
    catalog, pearl = shop.world.services.catalog, shop.product("Pearl").product.id
    catalog.update(shop.id, pearl, {"state": "draft"})
    bring(shop, 2)
    assert told(shop, "riya") == []
    catalog.update(shop.id, pearl, {"state": "live"})
    shop.world.settle()
    assert told(shop, "riya") == ["riya"]


def test_who_wants_no_messages_is_told_when_they_want_them_again(shop: Shop) -> None:
    wait(shop, "riya")
    shop.say("STOP")
    bring(shop, 1)
    assert (told(shop, "riya"), states(shop)) == ([], {"unreachable": 1})
    shop.say("START")
    assert (told(shop, "riya"), states(shop)) == (["riya"], {"told": 1})


def test_who_is_out_of_reach_is_told_once_when_they_write(any_shop: Shop) -> None:
    shop = any_shop
    wait(shop, "riya")
    wait(shop, "asha")
    shop.world.clock.advance(timedelta(hours=25))
    bring(shop, 2)
    assert (told(shop, "riya", "asha"), states(shop)) == ([], {"unreachable": 2})
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    page = owner.get(f"/app/products/{shop.product('Pearl').product.id}").text
    assert page.count("Reachable only if they write") == 2
    shop.say("hello", who="riya")
    shop.say("hello again", who="riya")
    assert told(shop, "riya") == ["riya"]
    shop.world.services.stockroom.move(
        shop.id, shop.product("Pearl").product.id, sku="NEC-PEARL", delta=-1, reason="sold_elsewhere"
    )
    shop.say("hello", who="asha")
    assert (told(shop, "asha"), states(shop)) == ([], {"told": 1, "waiting": 1})


def test_the_owner_sees_who_waits(shop: Shop) -> None:
    wait(shop, "riya")
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    page = owner.get(f"/app/products/{shop.product('Pearl').product.id}").text
    assert "Waiting for it" in page
    assert "Riya" in page
    bring(shop, 1)
    assert "Told" in owner.get(f"/app/products/{shop.product('Pearl').product.id}").text


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(["riya", "asha", "kavya", "+1", "+2", "-1"]), min_size=3, max_size=10))
def test_never_twice_never_more_than_pieces(
    make_world: Any, tmp_path_factory: Any, sqlite_template: Any, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("w") / "w.db"
    path.write_bytes(sqlite_template.read_bytes())
    shop = make_world(f"sqlite:///{path}").practice_shop()
    pieces, wishes = 0, Counter[str]()
    variant = shop.product("Pearl").variants[0]
    for who in ("riya", "asha", "kavya"):
        shop.say("hello", who=who)
    core = shop.world.services.core
    brought = 0
    for step in steps:
        shop.world.clock.advance(timedelta(seconds=1))
        if step in ("+1", "+2", "-1"):
            if pieces + int(step) >= 0:
                bring(shop, int(step))
                pieces += int(step)
                brought += max(0, int(step))
        else:
            with shop.world.storage.unit_of_work(shop.id) as uow:
                chat = next(one for one in uow.conversations.select() if step in one.customer_ref)
                if shop.product("Pearl").available == 0:
                    wishes[step] += wait_in(core, uow, chat, variant.product_id, variant.id)
                uow.commit()
        counted = Counter(told(shop, "riya", "asha", "kavya"))
        assert all(counted[who] <= wishes[who] for who in counted)
        assert sum(counted.values()) <= brought


def test_many_hands_at_once_tell_each_customer_once(any_shop: Shop) -> None:
    shop, errors = any_shop, []
    people = ("riya", "asha", "kavya", "meena")
    for who in people:
        wait(shop, who)

    def receive() -> None:
        try:
            necklace = shop.product("Pearl")
            shop.world.services.stockroom.move(shop.id, necklace.product.id, sku="NEC-PEARL", delta=1, reason="receive")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=receive) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    shop.world.settle()
    assert errors == []
    assert len(told(shop, *people)) == 3
    assert len(set(told(shop, *people))) == 3
    assert states(shop) == {str(WaitingState.TOLD): 3, str(WaitingState.WAITING): 1}


def test_the_other_one_who_wanted_the_last_pieces_gets_an_apology_and_a_place(any_shop: Shop) -> None:
    shop = any_shop
    lines = (
        "maroon silk saree kitna hai?",
        "2 chahiye",
        "Riya Sen",
        "98450 12345",
        "560038",
        "14, 3rd Cross, Indiranagar",
    )
    for line in lines:
        for who in ("riya", "asha"):
            shop.say(line, who=who)
    shop.say("Confirm", payload="yes", who="riya")
    late = shop.say("Confirm", payload="yes", who="asha")
    assert "somebody else just took the last of Maroon silk saree" in late[0].text
    assert any("Blue block-print saree" in str(one.content) for one in late)
    replies = {one["payload"].partition(":")[0]: one for one in late[-1].content["quick_replies"]}
    assert "wait" in replies
    assert len(shop.world.services.orders.page(shop.id, state="placed").items) == 1
    shop.say(replies["wait"]["title"], payload=replies["wait"]["payload"], who="asha")
    assert states(shop) == {"waiting": 1}
    shop.world.clock.advance(timedelta(hours=1))
    shop.world.services.maintenance.sweep(lambda lanes: None)
    shop.world.settle()
    assert "Maroon silk saree is back in stock. You asked me to tell you." in shop.texts("asha")
    assert states(shop) == {"told": 1}


def test_who_lets_a_day_pass_makes_room_for_the_next(any_shop: Shop) -> None:
    shop = any_shop
    for who in ("riya", "asha"):
        wait(shop, who)
        shop.world.clock.advance(timedelta(minutes=1))
    bring(shop, 1)
    assert told(shop, "riya", "asha") == ["riya"]
    for hours, reached in ((23, ["riya"]), (2, ["riya", "asha"]), (5, ["riya", "asha"])):
        shop.world.clock.advance(timedelta(hours=hours))
        shop.say("hello", who="asha")  # within reach
        shop.world.services.maintenance.sweep(lambda lanes: None)
        shop.world.settle()
        assert told(shop, "riya", "asha") == reached, hours
    assert states(shop) == {"left": 1, "told": 1}

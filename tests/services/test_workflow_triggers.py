"""What starts a workflow: special messages, what happens to orders, tags and stock, and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from salespilots.domain.events import OF_THE_SHOP, STARTING
from salespilots.services.workflows.timed import next_look
from tests.support.shop import Shop
from tests.support.workflows import log_of, on, on_words, publish, runs_of, say, step


def look(shop: Shop, **by: float) -> None:
    """Let time pass, with everything that is due in it."""
    shop.world.clock.advance(timedelta(**by))
    shop.world.services.maintenance.do_jobs()
    shop.world.settle()


def test_every_event_that_may_start_a_workflow_has_its_trigger(bare: Shop) -> None:
    triggers = bare.world.application.registry.triggers
    heard = {event for one in triggers.all() for event in one.event_types}
    assert heard >= STARTING | OF_THE_SHOP | {"stock.back", "customer.silent", "order.abandoned", "schedule.due"}


def test_every_trigger_and_step_speaks_english_and_hindi(bare: Shop) -> None:
    registry = bare.world.application.registry
    for one in [*registry.triggers.all(), *registry.actions.all()]:
        in_english, in_hindi = one.sentence({}), one.sentence_hi({}) if one.sentence_hi else ""
        assert in_english, one.key
        assert any("ऀ" <= letter <= "ॿ" for letter in in_hindi), one.key
        assert any("ऀ" <= letter <= "ॿ" for letter in one.label_hi) or one.key == "message.ai", one.key


def test_a_tapped_button_starts_what_waits_for_it(bare: Shop) -> None:
    made = publish(bare, "Size chart", on("message.tapped", payloads=["size_chart"]), say("S 36, M 38, L 40"))
    assert bare.say("Size chart", payload="size_chart")[-1].text == "S 36, M 38, L 40"
    bare.say("Size chart", payload="other")
    assert len(runs_of(bare, made)) == 1


def test_tags_given_by_the_owner_start_workflows(bare: Shop) -> None:
    publish(bare, "VIP", on("customer.tagged", tags=["VIP"]), say("You are a VIP now"))
    publish(bare, "Gone", on("customer.untagged", tags=["VIP"]), say("Not any more"))
    bare.say("hello")
    [customer] = bare.world.services.customers.page(bare.id).items
    customers = bare.world.services.customers
    customers.add_tag(bare.id, customer.id, "Regular")
    customers.add_tag(bare.id, customer.id, "VIP")
    customers.remove_tag(bare.id, customer.id, "VIP")
    bare.world.settle()
    assert sorted(bare.texts()[1:]) == ["Not any more", "You are a VIP now"]
    assert [one.tag.name for one in bare.world.services.tags.page(bare.id).items] == ["Regular", "VIP"]


@pytest.mark.parametrize("event", ["order.placed", "order.paid", "order.packed", "order.delivered", "payment.captured"])
def test_an_order_on_its_way_starts_workflows(shop: Shop, event: str) -> None:
    publish(shop, event, on(event), say(f"{event} {{order}}"))
    order = shop.pay(shop.order_two_sarees())
    orders = shop.world.services.orders
    orders.pack(shop.id, order.id)
    orders.ship(shop.id, order.id, courier="Delhivery", tracking_number="DL123")
    orders.deliver(shop.id, order.id)
    shop.world.settle()
    assert shop.texts().count(f"{event} {order.number}") == 1


def test_an_order_that_ends_starts_workflows(shop: Shop) -> None:
    publish(shop, "Cancelled", on("order.cancelled"), say("Cancelled {order}"))
    order = shop.order_two_sarees()
    shop.world.services.orders.cancel(shop.id, order.id, reason="other")
    shop.world.settle()
    assert shop.texts()[-1] == f"Cancelled {order.number}"


def sell_all_but(shop: Shop, left: int) -> None:
    saree = shop.product("blue block")
    delta, sku = left - saree.available, saree.variants[0].sku
    shop.world.services.stockroom.move(shop.id, saree.product.id, sku=sku, delta=delta, reason="sold_elsewhere")
    shop.world.settle()


def test_stock_that_runs_low_tells_the_owner_once_a_day(shop: Shop) -> None:
    made = publish(shop, "Low", on("stock.low"), step("tell", "owner.notify", text="Order more"))
    sell_all_but(shop, 2)
    sell_all_but(shop, 1)
    assert [(one.result, one.conversation_id) for one in runs_of(shop, made)] == [("done", None)]
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        assert len(uow.events.latest(["owner.told"], limit=5)) == 1


def test_a_step_for_a_customer_has_nobody_where_there_is_none(shop: Shop) -> None:
    made = publish(
        shop, "Low", on("stock.low"), say("Hello?", on_error="tell"), step("tell", "owner.notify", text="No chat")
    )
    sell_all_but(shop, 1)
    assert [one.result for one in runs_of(shop, made)] == ["done"]
    assert [one.outcome for one in log_of(shop, made)] == ["refused", "done"]


def test_what_is_back_in_stock_is_told_by_the_shops_own_workflow(shop: Shop) -> None:
    publish(shop, "Back", on("stock.back"), say("Good news, {customer}: {product} is here again!"))
    sell_all_but(shop, 0)
    shop.say("blue block print saree hai?")
    asked = [one for one in shop.phone() if "Tell me when back" in str(one.content)]
    payload = next(
        reply["payload"] for reply in asked[-1].content["quick_replies"] if reply["payload"].startswith("wait:")
    )
    shop.say("Tell me when back", payload=payload)
    sell_all_but(shop, 5)
    assert shop.texts()[-1].startswith("Good news, Riya:")
    assert not any("You asked me to tell you" in one for one in shop.texts())


class TestTime:
    def test_silence_is_noticed_once_and_ends_when_they_write(self, bare: Shop) -> None:
        publish(bare, "Hello", on_words("hello"), say("Welcome"))
        made = publish(bare, "Nudge", on("customer.silent", after="PT2H"), say("Still there?"))
        bare.say("hello")
        look(bare, hours=1, minutes=50)
        assert bare.texts() == ["Welcome"]
        look(bare, minutes=11)
        look(bare, minutes=30)
        assert bare.texts() == ["Welcome", "Still there?"]
        bare.say("hello")
        look(bare, hours=1)
        bare.say("hello")
        look(bare, hours=1, minutes=30)
        assert len(runs_of(bare, made)) == 1
        look(bare, hours=1)
        assert len(runs_of(bare, made)) == 2

    def test_a_basket_that_was_left_is_named(self, shop: Shop) -> None:
        publish(shop, "Basket", on("order.abandoned", after="PT1H"), say("{quantity} × {product} waits for you"))
        shop.say("blue saree kitna hai?")
        shop.say("2 chahiye")
        look(shop, minutes=50)
        before = len(shop.texts())
        look(shop, minutes=20)
        assert (
            shop.texts()[before:] == ["2 × Blue block-print saree waits for you"] or "waits for you" in shop.texts()[-1]
        )
        look(shop, hours=3)
        assert sum("waits for you" in one for one in shop.texts()) == 1

    def test_a_day_and_an_hour_for_some_customers(self, bare: Shop) -> None:
        made = publish(bare, "Evening", on("schedule.due", at="18:00", tag="Club"), say("New sarees are here"))
        bare.say("hello", who="in")
        bare.say("hello", who="out")
        member = next(one for one in bare.world.services.customers.page(bare.id).items if one.name == "In")
        bare.world.services.customers.add_tag(bare.id, member.id, "Club")
        look(bare, hours=7)
        assert not runs_of(bare, made)
        look(bare, hours=1, minutes=1)
        assert bare.texts("in")[-1] == "New sarees are here"
        assert "New sarees are here" not in bare.texts("out")
        look(bare, minutes=10)
        assert len(runs_of(bare, made)) == 1

    def test_an_hour_that_was_slept_through_is_left_out(self, bare: Shop) -> None:
        made = publish(bare, "Evening", on("schedule.due", at="18:00"), say("New sarees are here"))
        bare.say("hello")
        look(bare, hours=11)
        assert not runs_of(bare, made)
        with bare.world.storage.unit_of_work(bare.id, read_only=True) as uow:
            [told] = uow.events.latest(["schedule.due"], limit=5)
        assert told.data == {"late": True}

    def test_paused_is_not_looked_at(self, bare: Shop) -> None:
        publish(bare, "Hello", on_words("hello"), say("Welcome"))
        made = publish(bare, "Nudge", on("customer.silent", after="PT1H"), say("Still there?"))
        bare.say("hello")
        bare.world.services.workflows.pause(bare.id, made.id)
        look(bare, hours=2)
        assert bare.texts() == ["Welcome"]
        bare.world.services.workflows.publish(bare.id, made.id)
        look(bare, minutes=6)
        assert bare.texts() == ["Welcome", "Still there?"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"at": "18:00"}, datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        ({"at": "09:00"}, datetime(2026, 11, 23, 3, 30, tzinfo=UTC)),
        ({"at": "18:00", "days": ["fri"]}, datetime(2026, 11, 27, 12, 30, tzinfo=UTC)),
        ({"at": "09:30", "festivals": ["christmas"]}, datetime(2026, 12, 25, 4, 0, tzinfo=UTC)),
    ],
)
def test_when_a_schedule_comes_next(bare: Shop, settings: dict[str, Any], expected: datetime) -> None:
    trigger = {"kind": "schedule.due", "settings": settings}
    assert next_look(bare.world.services.core, trigger, bare.world.clock.now()) == expected

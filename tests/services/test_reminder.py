"""The reminder to pay: once, with the link, before the time is over, and never after the money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from salespilots.domain.conversation import MessageState
from salespilots.domain.errors import Conflict, InvalidTransition, ReplyWindowClosed
from salespilots.domain.order import Order
from salespilots.ports.storage import eq
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.fake_payments import FakePaymentsPlugin, Till
from tests.support.shop import TO_CONFIRM, World

WORDS = "is held only a little longer"


class Scene:
    def __init__(self, far: FarSide, till: Till) -> None:
        self.far, self.till = far, till
        for line in (*TO_CONFIRM, "haan"):
            far.say(line)
        self.order: Order = till.services.orders.page(till.shop.id).items[0]

    def reminders(self) -> list[str]:
        return [text for text in self.far.channel.texts() if WORDS in text]

    def state(self) -> tuple[str, str | None] | None:
        with self.till.shop.world.storage.unit_of_work(self.till.shop.id, read_only=True) as uow:
            found = uow.messages.select(eq("order_id", self.order.id))
        one = next((one for one in found if WORDS in one.text), None)
        return (str(one.state), one.reason) if one else None

    def wait(self, minutes: float, *, settle: bool = True) -> None:
        world = self.till.shop.world
        world.clock.advance(minutes * 60)
        world.services.maintenance.sweep(lambda lane: None)
        if settle:
            world.settle()


@pytest.fixture
def scene(make_world: Callable[..., World], sqlite_url: str) -> Scene:
    plugin, payments = FakeChannelPlugin(), FakePaymentsPlugin()
    far = FarSide(make_world(sqlite_url, extra=[plugin, payments]).practice_shop(), plugin)
    return Scene(far, Till(far.shop, payments))


def test_who_has_not_paid_is_reminded_once_with_the_link(scene: Scene) -> None:
    scene.wait(19)
    assert scene.reminders() == []
    for _ in range(4):
        scene.wait(2)
    (text,) = scene.reminders()
    assert scene.till.asked(scene.order).url in text
    scene.wait(60)
    assert len(scene.reminders()) == 1


def test_who_paid_is_not_reminded(scene: Scene) -> None:
    scene.till.tell(scene.order)
    scene.wait(25)
    assert scene.state() is None


def test_whose_bank_said_yes_is_not_reminded(scene: Scene) -> None:
    scene.till.tell(scene.order, "authorised")
    scene.wait(25)
    assert scene.state() is None


def test_the_reminder_stops_at_the_moment_the_money_comes(scene: Scene) -> None:
    scene.wait(21, settle=False)
    assert scene.state() == (MessageState.QUEUED, None)
    scene.till.tell(scene.order)
    assert scene.state() == (MessageState.CANCELLED, "paid")
    assert scene.reminders() == []


def test_a_reminder_that_is_about_to_leave_looks_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the money were booked by a release that does not know of reminders."""
    monkeypatch.setattr("salespilots.services.settlement.withdraw_reminders_in", lambda *_: None)
    scene.wait(21, settle=False)
    scene.till.tell(scene.order)
    assert (scene.state(), scene.reminders()) == ((MessageState.CANCELLED, "paid"), [])


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_an_order_that_ended_reminds_nobody(scene: Scene, how: str) -> None:
    scene.wait(21, settle=False)
    if how == "cancel":
        scene.till.services.orders.cancel(scene.till.shop.id, scene.order.id)
    else:
        scene.wait(10, settle=False)
    scene.till.shop.world.settle()
    assert (scene.state(), scene.reminders()) == ((MessageState.CANCELLED, "order_over"), [])


def test_a_shop_may_remind_nobody(scene: Scene) -> None:
    scene.till.services.shops.update(scene.till.shop.id, {"remind_minutes": 0})
    for line in ("juttis size 7 price", "1", "haan"):
        scene.far.say(line)
    scene.till.services.orders.cancel(scene.till.shop.id, scene.order.id)
    scene.wait(25)
    assert scene.reminders() == []


AGAIN = "is waiting for you"


def again(scene: Scene) -> list[str]:
    return [text for text in scene.far.channel.texts() if AGAIN in text]


def test_the_shop_reminds_now_and_not_again_for_three_hours(scene: Scene) -> None:
    shop = scene.till.shop
    reminders = scene.till.services.reminders
    reminders.send(shop.id, scene.order.id)
    shop.world.settle()
    (text,) = again(scene)
    assert scene.till.asked(scene.order).url in text
    with pytest.raises(Conflict, match="less than three hours"):
        reminders.send(shop.id, scene.order.id)
    shop.world.clock.advance(29 * 60)
    assert scene.state() is None, "its own reminder is another one"
    with pytest.raises(Conflict):
        reminders.send(shop.id, scene.order.id)
    assert len(again(scene)) == 1
    assert [one.type for one in scene.till.services.orders.timeline(shop.id, scene.order.id)].count(
        "order.reminded"
    ) == 1


def test_a_reminder_by_the_shop_stops_at_the_moment_the_money_comes(scene: Scene) -> None:
    shop = scene.till.shop
    scene.till.services.reminders.send(shop.id, scene.order.id)
    scene.till.tell(scene.order)
    shop.world.settle()
    assert again(scene) == []


@pytest.mark.parametrize("what", ["paid", "authorised", "cancelled", "window"])
def test_nobody_is_reminded_of_what_is_not_owed_or_out_of_reach(scene: Scene, what: str) -> None:
    shop, services = scene.till.shop, scene.till.services
    if what == "paid":
        scene.till.tell(scene.order)
    elif what == "authorised":
        scene.till.tell(scene.order, "authorised")
    elif what == "cancelled":
        services.orders.cancel(shop.id, scene.order.id)
    else:
        services.shops.update(shop.id, {"reserve_minutes": 3 * 24 * 60})
        later = services.orders.create(
            shop.id, customer_id=scene.order.customer_id, conversation_id=scene.order.conversation_id,
            payment_method=scene.order.payment_method,
            lines=[{"sku": scene.order.lines[0].sku, "quantity": 1}],
        )  # fmt: skip
        shop.world.clock.advance(timedelta(hours=25))
        scene.order = later
    with pytest.raises((InvalidTransition, Conflict, ReplyWindowClosed)):
        services.reminders.send(shop.id, scene.order.id)
    shop.world.settle()
    assert again(scene) == []

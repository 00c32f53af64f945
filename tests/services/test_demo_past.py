"""The practice shop's past: a shop that looks alive, told by the rules of the shop."""

from __future__ import annotations

from salespilots.domain.conversation import MessageState, Mode
from salespilots.domain.order_states import OrderState
from salespilots.services.dashboard import IST
from tests.support.shop import Shop, World


def test_a_past_fills_every_screen_and_today_stays_the_owners_own(shop: Shop, world: World) -> None:
    services = world.services
    assert services.demo.load_past(shop.id) == 5
    orders = services.orders.page(shop.id).items
    assert [(one.state, one.number) for one in orders] == [
        (OrderState.CONFIRMED, "SP-1003"), (OrderState.SHIPPED, "SP-1002"), (OrderState.DELIVERED, "SP-1001"),
    ]  # fmt: skip
    today = world.clock.now().astimezone(IST).date()
    for order in orders:
        assert order.practice
        assert order.placed_at is not None
        assert order.placed_at.astimezone(IST).date() < today
        [payment] = services.payments.page(shop.id, order_id=order.id).items
        assert payment.amount_paise == order.total_paise == order.paid_paise
    today_figures, week = services.dashboard.stats(shop.id), services.dashboard.stats(shop.id, "7d")
    assert (today_figures.revenue_paise, today_figures.orders, today_figures.messages_in) == (0, 0, 0)
    assert week.revenue_paise == sum(one.total_paise for one in orders)
    assert week.funnel == {"chats": 5, "shown": 5, "ordered": 3, "paid": 3}
    badges = services.dashboard.badges(shop.id)
    assert (badges["waiting"], badges["to_pack"]) == (1, 1)
    [waiting] = [
        one.conversation for one in services.conversations.page(shop.id).items if one.conversation.waiting_since
    ]
    assert waiting.mode is Mode.HUMAN
    said = [one.text for one in services.conversations.messages(shop.id, waiting.id)]
    assert "Embroidered cushion cover, Teal is ₹399.00 and in stock." in said


def test_the_past_keeps_the_stock_ledger_true(shop: Shop, world: World) -> None:
    services = world.services
    services.demo.load_past(shop.id)
    with world.storage.unit_of_work(shop.id, read_only=True) as uow:
        figures = {}
        for sku in ("BAG-JUTE", "MUG-LEAF", "DIY-TERRA", "CUS-TEAL"):
            variant = uow.variants.find(sku=sku)
            level = uow.stock.levels([variant.id])[variant.id]
            figures[sku] = (level.on_hand, level.reserved)
    assert figures == {"BAG-JUTE": (14, 0), "MUG-LEAF": (12, 0), "DIY-TERRA": (24, 3), "CUS-TEAL": (8, 0)}


def test_nothing_reacts_to_the_past_and_a_second_time_adds_nothing(shop: Shop, world: World) -> None:
    services = world.services
    services.demo.load_past(shop.id)
    before = services.conversations.page(shop.id).items
    assert services.demo.load_past(shop.id) == 0
    world.settle()
    assert services.conversations.page(shop.id).items == before
    with world.storage.unit_of_work(shop.id, read_only=True) as uow:
        assert uow.runs.count() == 0
        assert {one.state for one in uow.messages.select()} == {MessageState.RECEIVED, MessageState.SENT}


def test_who_wants_what_is_not_on_sale_stays_away(shop: Shop, world: World) -> None:
    services = world.services
    bag = services.catalog.page(shop.id, q="Jute tote").items[0]
    services.catalog.archive(shop.id, bag.product.id)
    assert services.demo.load_past(shop.id) == 4
    assert "Meera Nair" not in {one.name for one in services.customers.page(shop.id).items}

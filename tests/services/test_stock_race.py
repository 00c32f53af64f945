"""The last pieces: many buyers at one moment, on both databases. Never oversold, never stranded."""

from __future__ import annotations

import threading
from collections.abc import Callable

from salespilots.domain.errors import OutOfStock
from tests.support.shop import World
from tests.support.together import together

BUYERS, PIECES = 32, 10


def test_many_buyers_and_ten_pieces(make_world: Callable[..., World], database_url: str) -> None:
    world = make_world(database_url)
    _, business = world.sign_up()
    services = world.services
    detail = services.catalog.create(
        business.id,
        {
            "title": "Last pieces",
            "variants": [
                {"sku": "A", "price_paise": 100, "on_hand": PIECES},
                {"sku": "B", "title": "B", "price_paise": 100, "on_hand": PIECES},
            ],
        },
    )
    customers = [services.customers.add(business.id, name=f"Buyer {number}") for number in range(BUYERS)]
    outcomes: list[str] = []
    start = threading.Barrier(BUYERS)

    def buy(number: int) -> None:
        skus = ["A", "B"] if number % 2 else ["B", "A"]
        start.wait()
        try:
            services.orders.create(
                business.id, customer_id=customers[number].id, lines=[{"sku": one, "quantity": 1} for one in skus]
            )
            outcomes.append("placed")
        except OutOfStock:
            outcomes.append("short")

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(BUYERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("placed"), outcomes.count("short")) == (PIECES, BUYERS - PIECES)
    after = services.catalog.get(business.id, detail.product.id)
    assert [(one.on_hand, one.reserved, one.available) for one in after.levels.values()] == [(PIECES, PIECES, 0)] * 2
    orders = services.orders.page(business.id, limit=200).items
    assert sorted(one.number_value or 0 for one in orders) == list(range(1001, 1001 + PIECES))
    for one in orders:
        services.orders.cancel(business.id, one.id)
        services.orders.cancel(business.id, one.id)
    after = services.catalog.get(business.id, detail.product.id)
    assert [(one.on_hand, one.reserved) for one in after.levels.values()] == [(PIECES, 0)] * 2


def test_one_customer_orders_many_times_at_one_moment(make_world: Callable[..., World], database_url: str) -> None:
    """Nobody is told to try again, and the customer is counted and credited for each."""
    world = make_world(database_url)
    _, business = world.sign_up()
    services = world.services
    variants = [{"sku": "A", "price_paise": 100, "on_hand": 100}]
    services.catalog.create(business.id, {"title": "Hot item", "variants": variants})
    customer = services.customers.add(business.id, name="Riya")

    def buy() -> None:
        order = services.orders.create(
            business.id, customer_id=customer.id, lines=[{"sku": "A", "quantity": 1}], payment_method="cod"
        )
        cash = {"amount_paise": order.total_paise, "method": "cash", "reference": order.id}
        services.orders.confirm(business.id, order.id, received=cash)

    told = together(buy, BUYERS)
    kept = services.customers.get(business.id, customer.id)
    order_paise = services.orders.page(business.id, limit=1).items[0].total_paise
    assert (told, kept.orders_count, kept.spent_paise) == ([None] * BUYERS, BUYERS, BUYERS * order_paise)

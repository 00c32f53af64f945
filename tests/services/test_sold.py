"""How many pieces were sold lately: what accepted orders hold or took, and nothing that came to nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.support.browser import Visitor
from tests.support.shop import Shop, World


def sold(shop: Shop, words: str, days: int = 30) -> int:
    services, detail = shop.world.services, shop.product(words)
    since = services.core.clock.now() - timedelta(days=days)
    return services.catalog.sold(shop.id, [detail], since).get(detail.product.id, 0)


def test_pieces_of_accepted_orders_count_as_sold(any_shop: Shop) -> None:
    check(any_shop)


def test_the_memory_counts_the_same(make_world: Callable[..., World]) -> None:
    check(make_world("memory://").practice_shop())


def check(shop: Shop) -> None:
    services, clock = shop.world.services, shop.world.clock
    saree = shop.product("blue").variants[0]
    customer = services.customers.add(shop.id, name="Riya")

    def order(count: int, *, accepted: bool = True) -> str:
        lines = [{"variant_id": saree.id, "quantity": count}]
        made = services.orders.create(shop.id, customer_id=customer.id, lines=lines, payment_method="cod")
        if accepted:
            services.orders.confirm(shop.id, made.id)
        return made.id

    assert sold(shop, "blue") == 0
    kept, dropped = order(2), order(1)
    order(1, accepted=False)
    assert sold(shop, "blue") == 3
    services.orders.cancel(shop.id, dropped)
    services.orders.ship(shop.id, kept, courier="DTDC", tracking_number="D1")
    assert sold(shop, "blue") == 2
    assert sold(shop, "jute") == 0
    owner = Visitor.of(shop.world)
    owner.sign_in("meera@example.in")
    assert "2 sold in 30 days" in owner.get("/app/products").text
    clock.advance(timedelta(days=31))
    assert sold(shop, "blue") == 0
    assert sold(shop, "blue", days=60) == 2

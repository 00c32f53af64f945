"""What workflow steps may read: this shop, this customer, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from salespilots.domain.automation import IST
from salespilots.domain.catalog import ProductState
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.extensions import CASH, OrderView, ProductView, QuoteView, TemplateView
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.ports.understanding import Understanding
from salespilots.services.catalog import details_in, product_view
from salespilots.services.core import Core
from salespilots.services.quotes import quote_in


def order_view(core: Core, order: Order) -> OrderView:
    """An order as its own customer may see it."""
    return OrderView(
        order_id=order.id,
        number=order.number or "",
        state=str(order.state),
        payment_status=str(order.payment_status),
        total_paise=order.total_paise,
        due_paise=order.due_paise,
        items=", ".join(f"{line.quantity} × {line.title}" for line in order.lines),
        url=f"{core.base_url}/o/{order.token}",
        payment_url=order.payment_url,
        asked_paise=order.asked_paise,
        cash=order.payment_method == CASH,
        courier=order.tracking.get("courier", ""),
        tracking_number=order.tracking.get("tracking_number", ""),
        placed_at=order.placed_at,
        expires_at=order.expires_at,
    )


class Reader:
    """See `salespilots.ports.extensions.ShopReader`. Reads in the given unit, or in short units of its own."""

    def __init__(
        self,
        core: Core,
        business_id: str,
        customer_id: str,
        conversation_id: str,
        uow: UnitOfWork | None = None,
        products: dict[tuple[str, ...], list[ProductView]] | None = None,
    ) -> None:
        """``products``: what earlier steps of the same transaction read."""
        self._core = core
        self._business_id = business_id
        self._customer_id = customer_id
        self._conversation_id = conversation_id
        self._given = uow
        self._products = products if products is not None and uow is not None else None

    @contextmanager
    def _unit(self) -> Iterator[UnitOfWork]:
        if self._given is not None:
            yield self._given
            return
        with self._core.storage.unit_of_work(self._business_id, read_only=True) as uow:
            yield uow

    def products(self, ids: Sequence[str]) -> list[ProductView]:
        """Live products by id, in that order; others are left out."""
        if self._products is not None and tuple(ids) in self._products:
            return list(self._products[tuple(ids)])
        with self._unit() as uow:
            found = {
                one.id: one for one in uow.products.select(one_of("id", list(ids)), eq("state", ProductState.LIVE))
            }
            details = details_in(uow, [found[one] for one in ids if one in found])
        views = [product_view(self._core.base_url, one) for one in details if one.variants]
        if self._products is not None:
            self._products |= {(one.product_id,): [one] for one in views} | {tuple(ids): views}
        return list(views)

    def catalogue(self, limit: int = 10) -> list[ProductView]:
        """The first live products, those in stock first."""
        with self._unit() as uow:
            products = uow.products.select(eq("state", ProductState.LIVE), order="created_at", limit=60)
            details = [one for one in details_in(uow, products) if one.variants]
        details.sort(key=lambda one: one.available <= 0)
        return [product_view(self._core.base_url, one) for one in details[:limit]]

    def substitutes(self, product_id: str, limit: int = 3) -> list[ProductView]:
        """What to offer instead, live and in stock: the product's own list, else others of its category."""
        with self._unit() as uow:
            product = uow.products.find(id=product_id)
            if product is None:
                return []
            live = eq("state", ProductState.LIVE)
            own = {one.id: one for one in uow.products.select(one_of("id", product.substitutes), live)}
            chosen = [own[one] for one in product.substitutes if one in own]
            if not product.substitutes and product.category:
                chosen = uow.products.select(eq("category", product.category), live, order="created_at", limit=60)
            details = [one for one in details_in(uow, chosen) if one.available > 0 and one.product.id != product_id]
        return [product_view(self._core.base_url, one) for one in details[:limit]]

    def search(self, text: str, limit: int = 5) -> list[ProductView]:
        """Live products that the words may mean, best first."""
        return self.products([one.product_id for one in self.read(text).products[:limit]])

    def orders(self) -> list[OrderView]:
        """This customer's orders, newest first."""
        with self._unit() as uow:
            orders = uow.orders.select(eq("customer_id", self._customer_id), order="-created_at", limit=10)
        return [order_view(self._core, one) for one in orders if one.state is not OrderState.DRAFT]

    def order(self, order_id: str) -> OrderView | None:
        """One of this customer's orders."""
        with self._unit() as uow:
            found = uow.orders.find(id=order_id, customer_id=self._customer_id)
        return order_view(self._core, found) if found else None

    def shipping_for(self, subtotal_paise: int) -> int:
        """Delivery charge in paise."""
        with self._unit() as uow:
            return uow.shop().shipping_for(subtotal_paise)

    def quote(
        self,
        lines: Sequence[tuple[str, int]],
        *,
        pincode: str | None = None,
        payment_method: str | None = None,
        discount_code: str | None = None,
    ) -> QuoteView:
        """See `ShopReader.quote`."""
        with self._unit() as uow:
            return quote_in(
                self._core, uow, self._customer_id, lines, pincode=pincode, payment_method=payment_method,
                discount_code=discount_code,
            )  # fmt: skip

    def read(self, text: str) -> Understanding:
        """Understand a sentence against this shop's catalogue."""
        with self._unit() as uow:
            return self._core.memory.understand(self._core.understander, uow, text)

    def template(self, name: str, language: str = "en") -> TemplateView | None:
        """See `ShopReader.template`."""
        with self._unit() as uow:
            found = uow.templates.find(name=name)
        if found is None:
            return None
        language, text = found.text(language)
        replies = tuple((str(one.get("title", "")), str(one.get("payload", ""))) for one in found.quick_replies)
        return TemplateView(name=found.name, text=text, language=language, quick_replies=replies)

    def opens_at(self, at: datetime) -> datetime:
        """See `ShopReader.opens_at`."""
        with self._unit() as uow:
            return uow.shop().automation_rules.opens_at(at)

    def festival(self, at: datetime) -> str:
        """See `ShopReader.festival`."""
        return self._core.festival_of(at.astimezone(IST).date())

    def turns(self, limit: int = 8) -> list[tuple[str, str]]:
        """The last lines of this chat, oldest first."""
        with self._unit() as uow:
            last = uow.messages.select(eq("conversation_id", self._conversation_id), order="-seq", limit=limit)
        return [("customer" if one.direction == "in" else "shop", one.text) for one in reversed(last) if one.text]


ReaderFactory = Callable[[str, str, str, UnitOfWork | None], Reader]

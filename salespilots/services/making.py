"""Orders that an owner or a program makes: each for itself, and many at one moment in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.ports.extensions import CASH
from salespilots.ports.storage import StorageUnavailable, UnitOfWork, eq, one_of
from salespilots.services.core import Core, retrying
from salespilots.services.ordering import build_order_in, place_all_in, place_in
from salespilots.services.returns import Returns
from salespilots.services.rush import Rush

TOLD = 200
"""Events of an order's timeline at most, the oldest."""


def timeline_in(uow: UnitOfWork, order_id: str) -> list[Event]:
    """What happened to an order, oldest first."""
    return uow.events.about("order_id", order_id, TOLD, but="stock.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An order as it was asked for. ``cause``: what makes a repeat the same order."""

    customer_id: str
    lines: Sequence[Mapping[str, Any]]
    draft: bool
    actor: str
    cause: str | None
    more: Mapping[str, Any]

    @property
    def about(self) -> tuple[str, ...]:
        """The goods: orders of others neither wait for it nor are served with it."""
        return tuple(sorted({str(line.get("variant_id") or line.get("sku")) for line in self.lines}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An order and what happened to it so far, oldest first."""

    order: Order
    timeline: Sequence[Event]


class Making(Returns):
    """Use cases that begin an order."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._rush = Rush(self._make, self._make_together)

    def create(self, business_id: str, **asked: Any) -> Order:
        """The order of `make`."""
        return self.make(business_id, **asked).order

    def make(
        self,
        business_id: str,
        *,
        customer_id: str,
        lines: Sequence[Mapping[str, Any]],
        draft: bool = False,
        actor: str = "",
        key: str = "",
        **more: Any,
    ) -> Made:
        """An order by hand or API. ``lines``: variant_id or sku, and quantity. Nothing is kept when stock is short.

        The same ``key`` makes one order, however often it is asked for.
        """
        wanted = Wanted(
            customer_id=customer_id, lines=lines, draft=draft, actor=actor or "system",
            cause=f"asked:{key}" if key else None, more=more,
        )  # fmt: skip
        apart = draft or more.get("discount_code")  # uses of a code are counted one after the other
        try:
            made = self._make(business_id, wanted) if apart else self._rush.do(business_id, wanted.about, wanted)
        except Conflict:
            if wanted.cause is None:
                raise
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                found = uow.orders.find(cause_key=wanted.cause)  # somebody with the same key was quicker
                if found is None:
                    raise
                return Made(order=found, timeline=timeline_in(uow, found.id))
        self._ring(made.order)
        return made

    def _make(self, business_id: str, wanted: Wanted) -> Made:
        def use_case() -> Made:
            with self._core.storage.unit_of_work(business_id) as uow:
                found = uow.orders.find(cause_key=wanted.cause) if wanted.cause else None
                if found is not None:
                    return Made(order=found, timeline=timeline_in(uow, found.id))
                order = self._built_in(uow, wanted, {})
                if wanted.draft:
                    drafted = Event(type="order.drafted", at=order.created_at, ids=order.ids(), actor=wanted.actor)
                    uow.record(drafted)
                    timeline: Sequence[Event] = [drafted]
                else:
                    timeline = self._finish(uow, order, place_in(self._core, uow, order), wanted.actor)
                uow.orders.add_new(order)
                uow.commit()
            return Made(order=order, timeline=timeline)

        return retrying(use_case)

    def _make_together(self, business_id: str, all_wanted: Sequence[Wanted]) -> list[Made | Exception | None]:
        """Several at once. Who would find too few pieces is left to `_make`, which says so."""

        def use_case() -> list[Made | Exception | None]:
            results: list[Made | Exception | None] = [None] * len(all_wanted)
            kept = False
            try:
                with self._core.storage.unit_of_work(business_id) as uow:
                    built = self._built_together_in(uow, all_wanted, results)
                    orders = list(built.values())
                    outcomes = place_all_in(self._core, uow, orders, uow.shop()) if orders else []
                    for index, outcome in zip(built, outcomes, strict=True):
                        timeline = self._finish(uow, built[index], outcome, all_wanted[index].actor)
                        uow.orders.add_new(built[index])
                        results[index] = Made(order=built[index], timeline=timeline)
                    try:
                        uow.commit()
                    except StorageUnavailable as error:  # it may have been kept: none of them is tried again
                        for index in built:
                            results[index] = StorageUnavailable(error.message)
                    kept = True
            except Exception:
                if not kept:
                    raise
            return results

        return retrying(use_case)

    def _built_together_in(
        self, uow: UnitOfWork, all_wanted: Sequence[Wanted], results: list[Made | Exception | None]
    ) -> dict[int, Order]:
        """The orders for which there is enough, by their place; what came of others goes to ``results``."""
        skus = sorted({line["sku"] for wanted in all_wanted for line in wanted.lines if line.get("sku")})
        named = uow.variants.select(one_of("sku", skus), eq("archived", False)) if skus else []
        known = {one.sku: one.id for one in named}
        built: dict[int, Order] = {}
        causes: set[str] = set()
        for index, wanted in enumerate(all_wanted):
            if wanted.cause in causes:
                continue  # it is found when its turn comes
            causes |= {wanted.cause} if wanted.cause else set()
            found = uow.orders.find(cause_key=wanted.cause) if wanted.cause else None
            if found is not None:
                results[index] = Made(order=found, timeline=timeline_in(uow, found.id))
                continue
            try:
                built[index] = self._built_in(uow, wanted, known)
            except (InvalidInput, NotFound, Conflict) as error:
                results[index] = error
        left = {
            variant_id: level.available
            for variant_id, level in uow.stock.levels(
                sorted({line.variant_id for order in built.values() for line in order.lines})
            ).items()
        }
        for index, order in list(built.items()):
            if any(left[line.variant_id] < line.quantity for line in order.lines):
                del built[index]
                continue
            for line in order.lines:
                left[line.variant_id] -= line.quantity
        return built

    def _built_in(self, uow: UnitOfWork, wanted: Wanted, known: Mapping[str, str]) -> Order:
        customer, more = uow.customers.get(wanted.customer_id), wanted.more
        if more.get("conversation_id"):
            conversation = uow.conversations.get(more["conversation_id"])
            if conversation.customer_id != customer.id:
                raise NotFound("There is no such conversation with this customer.")
        self._check_method(uow, more.get("payment_method"))
        values = {"payment_method": "practice" if customer.practice else None, **more}
        values |= {"address": more.get("address") or customer.address, "cause_key": wanted.cause}
        return build_order_in(
            self._core, uow, customer_id=customer.id, practice=customer.practice,
            lines=[(self._variant_of(uow, line, known), line["quantity"]) for line in wanted.lines], **values,
        )  # fmt: skip

    def _variant_of(self, uow: UnitOfWork, line: Mapping[str, Any], known: Mapping[str, str]) -> str:
        if line.get("variant_id"):
            return line["variant_id"]
        if line.get("sku") in known:
            return known[line["sku"]]
        variant = uow.variants.find(sku=line.get("sku"), archived=False)
        if variant is None:
            raise NotFound("There is no such variant on sale.")
        return variant.id

    def _check_method(self, uow: UnitOfWork, method: str | None) -> None:
        if method is None:
            return
        if self._core.registry.payments.find(method) is None:
            raise InvalidInput({"payment_method": ["No payments plugin has this key."]})
        if method not in ("practice", CASH) and uow.connections.find(provider=method) is None:
            raise InvalidInput({"payment_method": ["Connect this way to pay first."]})

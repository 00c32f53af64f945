"""The waiting list as the shop and its programs see it, and what they do by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from salespilots.domain.catalog import Variant
from salespilots.domain.customer import Customer
from salespilots.domain.errors import Conflict, NotFound
from salespilots.domain.waiting import WaitingPlace, WaitingState
from salespilots.ports.storage import Page, UnitOfWork, Where, eq, one_of
from salespilots.services.core import Core, retrying
from salespilots.services.waiting import free_in, join_in, on_sale, record, tell_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One place with whom and what it is about."""

    place: WaitingPlace
    customer: Customer
    variant: Variant


class WaitingList:
    """Use cases on places."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def of_product(self, business_id: str, product_id: str, limit: int = 100) -> list[Waiting]:
        """Who waits for a product or was told of it lately, in the order of the list; who left is left out."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            variants = {one.id: one for one in uow.variants.select(eq("product_id", product_id))}
            places = uow.waiting.select(
                one_of("variant_id", sorted(variants)), Where("state", "ne", WaitingState.LEFT), order="created_at",
                limit=limit,
            )  # fmt: skip
            people = {
                one.id: one for one in uow.customers.select(one_of("id", sorted({p.customer_id for p in places})))
            }
        return [
            Waiting(place=one, customer=people[one.customer_id], variant=variants[one.variant_id])
            for one in places
            if one.customer_id in people
        ]

    def page(
        self,
        business_id: str,
        *,
        product_id: str = "",
        variant_id: str = "",
        customer_id: str = "",
        state: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[WaitingPlace]:
        """Places in the order of the list; without a state all but those who left."""
        named = {"product_id": product_id, "variant_id": variant_id, "customer_id": customer_id}
        where = [eq(name, value) for name, value in named.items() if value]
        where.append(eq("state", state) if state else Where("state", "ne", WaitingState.LEFT))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.waiting.page(*where, order="created_at", cursor=cursor, limit=limit)

    def get(self, business_id: str, waiting_id: str) -> WaitingPlace:
        """One place. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.waiting.get(waiting_id)

    def join(
        self,
        business_id: str,
        *,
        customer_id: str,
        variant_id: str = "",
        sku: str = "",
        conversation_id: str | None = None,
        actor: str = "",
    ) -> WaitingPlace:
        """Give a customer a place, or the one where they wait already. They are told in this chat, or in their newest.

        Raises `NotFound`, and `Conflict` for what is not on sale or can be ordered now.
        """

        def use_case() -> WaitingPlace:
            with self._core.storage.unit_of_work(business_id) as uow:
                customer = uow.customers.get(customer_id)
                variant = uow.variants.find(id=variant_id) if variant_id else uow.variants.find(sku=sku)
                if variant is None:
                    raise NotFound("There is no such variant.")
                chat_id = _chat(uow, customer_id, conversation_id)
                mine = {"variant_id": variant.id, "customer_id": customer_id}
                found = uow.waiting.find(**mine)
                if found is not None and found.state is WaitingState.WAITING:
                    return found
                if not on_sale(uow.products.get(variant.product_id), variant):
                    raise Conflict("This is not on sale.")
                if free_in(self._core, uow, variant.id) > 0:
                    raise Conflict("There are pieces left: it can be ordered now.")
                practice = customer.practice
                join_in(self._core, uow, variant, customer_id, chat_id, practice=practice, actor=actor)
                place = uow.waiting.find(**mine)
                if place is None:
                    raise NotFound("There is no such place.")
                uow.commit()
            return place

        return retrying(use_case)

    def leave(self, business_id: str, waiting_id: str, *, actor: str = "") -> WaitingPlace:
        """Take a customer off the list; who was told leaves their piece to the next one. Safe to repeat."""

        def change(uow: UnitOfWork, place: WaitingPlace) -> bool:
            if place.state is WaitingState.LEFT:
                return False
            was, place.state = place.state, WaitingState.LEFT
            uow.waiting.save(place)
            record(self._core, uow, place, "waiting.left", actor)
            if was is WaitingState.TOLD:
                levels = uow.stock.levels([place.variant_id])
                tell_in(self._core, uow, [(place.product_id, place.variant_id)], levels)
            return True

        return self._change(business_id, waiting_id, change)

    def told(self, business_id: str, waiting_id: str, *, actor: str = "") -> WaitingPlace:
        """The shop told them itself. Safe to repeat; raises `Conflict` for who left."""

        def change(uow: UnitOfWork, place: WaitingPlace) -> bool:
            if place.state is WaitingState.LEFT:
                raise Conflict("They do not wait any more.")
            if place.state is WaitingState.TOLD:
                return False
            place.state, place.told_at = WaitingState.TOLD, self._core.clock.now()
            uow.waiting.save(place)
            record(self._core, uow, place, "waiting.told", actor)
            return True

        return self._change(business_id, waiting_id, change)

    def _change(
        self, business_id: str, waiting_id: str, change: Callable[[UnitOfWork, WaitingPlace], bool]
    ) -> WaitingPlace:
        def use_case() -> WaitingPlace:
            with self._core.storage.unit_of_work(business_id) as uow:
                place = uow.waiting.get(waiting_id)
                if change(uow, place):
                    uow.commit()
            return place

        return retrying(use_case)


def _chat(uow: UnitOfWork, customer_id: str, conversation_id: str | None) -> str | None:
    """The chat that is named, or the customer's newest. Raises `NotFound` for another customer's."""
    if conversation_id:
        if uow.conversations.get(conversation_id).customer_id != customer_id:
            raise NotFound("This customer has no such chat.")
        return conversation_id
    newest = uow.conversations.select(eq("customer_id", customer_id), order="-last_message_at", limit=1)
    return newest[0].id if newest else None

"""People: list, profile, tags, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.ports.storage import Page, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying
from salespilots.services.reacting import react
from salespilots.services.tags import known_in

SEGMENTS: dict[str, tuple[Where, ...]] = {
    "buyers": (Where("orders_count", "gt", 0),),
    "repeat": (Where("orders_count", "gt", 1),),
    "new": (eq("orders_count", 0),),
    "practice": (eq("practice", True),),
}
"""Built-in groups; rules of the owner's own come on top later."""


class Customers:
    """Owner's and API's use cases on customers."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(
        self,
        business_id: str,
        *,
        q: str = "",
        tag: str = "",
        segment: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Customer]:
        """A list page, newest first."""
        where = [Where("name|username|phone", "like", q)] if q else []
        if tag:
            where.append(Where("tags", "has", tag))
        if segment:
            where += SEGMENTS.get(segment, (eq("id", ""),))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.customers.page(*where, cursor=cursor, limit=limit)

    def counts(self, business_id: str) -> dict[str, int]:
        """How many are in each built-in group."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {
                "all": uow.customers.count(),
                **{name: uow.customers.count(*rule) for name, rule in SEGMENTS.items()},
            }

    def get(self, business_id: str, customer_id: str) -> Customer:
        """One customer. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.customers.get(customer_id)

    def many(self, business_id: str, ids: list[str]) -> dict[str, Customer]:
        """Customers by id."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {one.id: one for one in uow.customers.select(Where("id", "in", tuple(ids)))}

    def add(self, business_id: str, *, name: str, phone: str | None = None) -> Customer:
        """A customer known by hand, for instance from the counter."""
        core = self._core
        customer = Customer(
            id=core.ids.new("customer"), business_id=business_id, created_at=core.clock.now(), channel="manual", name=name,
            phone=phone,
        )  # fmt: skip
        with core.storage.unit_of_work(business_id) as uow:
            uow.customers.add(customer)
            uow.record(Event(type="customer.changed", at=core.clock.now(), ids={"customer_id": customer.id}))
            uow.commit()
        return customer

    def update(self, business_id: str, customer_id: str, values: Mapping[str, Any], *, actor: str = "") -> Customer:
        """Change name, phone, address, note or tags (the whole list)."""

        def change(customer: Customer) -> None:
            for name, value in values.items():
                if name == "tags":
                    value = list(dict.fromkeys(one.strip()[:40] for one in value if one.strip()))
                setattr(customer, name, value)

        return self._change(business_id, customer_id, change, actor)

    def _change(self, business_id: str, customer_id: str, change: Callable[[Customer], object], actor: str) -> Customer:
        """Change a customer as they are in this transaction, and start what waits for tags that came or went."""

        def use_case() -> tuple[Customer, list[str]]:
            with self._core.storage.unit_of_work(business_id) as uow:
                customer = uow.customers.get(customer_id)
                before = set(customer.tags)
                change(customer)
                uow.customers.save(customer)
                ids = {"customer_id": customer.id}
                uow.record(Event(type="customer.changed", at=self._core.clock.now(), ids=ids, actor=actor or "system"))
                rung = self._tagged_in(uow, customer, before, actor)
                uow.commit()
            return customer, rung

        customer, rung = retrying(use_case)
        self._core.doorbell.ring(*rung)
        return customer

    def _tagged_in(self, uow: UnitOfWork, customer: Customer, before: set[str], actor: str) -> list[str]:
        """Start what waits for tags that came or went, in the customer's newest chat. Returns its lane."""
        moved = [("customer.tagged", one) for one in customer.tags if one not in before]
        moved += [("customer.untagged", one) for one in sorted(before - set(customer.tags))]
        if not moved:
            return []
        chats = uow.conversations.select(eq("customer_id", customer.id), order="-last_message_at", limit=1)
        ids = {"customer_id": customer.id, **({"conversation_id": chats[0].id} if chats else {})}
        now = self._core.clock.now()
        events = [Event(type=kind, at=now, ids=ids, data={"tag": tag}, actor=actor or "system") for kind, tag in moved]
        uow.record(*events)
        known_in(self._core, uow, [tag for kind, tag in moved if kind == "customer.tagged"])
        react(self._core, uow, events)
        return [one.lane for one in chats]

    def add_tag(self, business_id: str, customer_id: str, tag: str, *, actor: str = "") -> Customer:
        """Add one tag."""
        return self._change(business_id, customer_id, lambda customer: customer.tag(tag), actor)

    def remove_tag(self, business_id: str, customer_id: str, tag: str, *, actor: str = "") -> Customer:
        """Take one tag away."""
        return self._change(business_id, customer_id, lambda customer: customer.untag(tag), actor)

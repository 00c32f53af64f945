"""What a closed world begins with: a copy of a shop, read once and in one read-only transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from salespilots.domain.business import Business, Connection, Membership
from salespilots.domain.catalog import Product, ProductState, Variant
from salespilots.domain.comment import Post
from salespilots.domain.conversation import Conversation
from salespilots.domain.copies import own_copy
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.discount import Discount, DiscountUse
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment
from salespilots.domain.stock import MovementKind, StockLevel, StockMovement
from salespilots.domain.template import Template
from salespilots.domain.workflow import Workflow, WorkflowState, WorkflowVersion
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.core import Core

MANY = 500
"""Values of one condition."""

KEPT = Where("given_back_at", "is_null")
"""Uses of a discount that count."""

Live = Sequence[tuple[Workflow, WorkflowVersion]]
"""Workflows that answer, first to last, each with the version that does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What is the same for every customer of a shop. ``last_number``: of the newest order; ``uses``: of each discount."""

    shop: Business
    connections: Sequence[Connection]
    products: Sequence[Product]
    variants: Sequence[Variant]
    levels: Mapping[str, StockLevel]
    live: Live
    discounts: Sequence[Discount]
    uses: Mapping[str, int]
    posts: Sequence[Post]
    last_number: int
    templates: Sequence[Template] = ()
    members: Sequence[Membership] = ()

    @property
    def on_sale(self) -> list[Variant]:
        """What can be bought while there are pieces."""
        live = {one.id for one in self.products}
        return [one for one in self.variants if not one.archived and one.product_id in live]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Customers with what is theirs."""

    customers: Sequence[Customer] = ()
    identities: Sequence[ChannelIdentity] = ()
    conversations: Sequence[Conversation] = ()
    orders: Sequence[Order] = ()
    payments: Sequence[Payment] = ()
    uses: Sequence[DiscountUse] = field(default=())


def read_base_in(core: Core, uow: UnitOfWork) -> Base:
    """Read it. A connection is copied without its secrets."""
    discounts = uow.discounts.select(eq("active", True))
    products = uow.products.select(eq("state", ProductState.LIVE), order="created_at", limit=2000)
    variants = uow.variants.select(order="position")
    newest = uow.orders.select(order="-created_at", limit=20)
    return Base(
        shop=replace(uow.shop(), default_ai="rules"),
        connections=[_bare(one) for one in uow.connections.select()],
        products=products,
        variants=variants,
        levels=_levels_in(uow, [one.id for one in variants]),
        live=core.memory.live(uow),
        discounts=discounts,
        uses={one.id: uow.discount_uses.count(eq("discount_id", one.id), KEPT) for one in discounts},
        posts=uow.posts.select(order="-created_at", limit=1000),
        last_number=max((one.number_value or 0 for one in newest), default=0),
        templates=uow.templates.select(order="name"),
        members=uow.memberships.select(),
    )


def _bare(one: Connection) -> Connection:
    return replace(one, secrets=None, secrets_set=[], endpoint_token=None, renew_at=None, state="working")


def _levels_in(uow: UnitOfWork, variant_ids: Sequence[str]) -> dict[str, StockLevel]:
    found: dict[str, StockLevel] = {}
    for start in range(0, len(variant_ids), MANY):
        found |= uow.stock.levels(variant_ids[start : start + MANY])
    return found


def read_people_in(uow: UnitOfWork, customer_ids: Iterable[str]) -> People:
    """Read these customers; ids of nobody are left out."""
    ids = list(dict.fromkeys(customer_ids))
    parts = [ids[start : start + MANY] for start in range(0, len(ids), MANY)]
    orders = [one for part in parts for one in uow.orders.select(one_of("customer_id", part))]
    theirs = [one.id for one in orders]
    money = [theirs[start : start + MANY] for start in range(0, len(theirs), MANY)]
    return People(
        customers=[one for part in parts for one in uow.customers.select(one_of("id", part))],
        identities=[one for part in parts for one in uow.identities.select(one_of("customer_id", part))],
        conversations=[one for part in parts for one in uow.conversations.select(one_of("customer_id", part))],
        orders=orders,
        payments=[one for part in money for one in uow.payments.select(one_of("order_id", part))],
        uses=[one for part in money for one in uow.discount_uses.select(one_of("order_id", part))],
    )


def with_draft(
    live: Live, workflow: Workflow, definition: Mapping[str, Any], now: datetime, *, only: bool, first: bool = False
) -> Live:
    """The workflows that answer when a draft is published: in its place, or where it would stand. ``only``: it alone;
    ``first``: it before all others."""
    version = WorkflowVersion(
        id="wfv_rehearsal", business_id=workflow.business_id, workflow_id=workflow.id,
        number=workflow.version_number + 1, definition=dict(definition), published_at=now,
    )  # fmt: skip
    same = next((one for known, one in live if known.id == workflow.id), None)
    if same is not None:  # an unchanged draft goes live as what it is, so its age is its own
        version = same if same.definition == version.definition else version
    tried = own_copy(workflow)
    tried.state, tried.live_version_id = WorkflowState.LIVE, version.id
    if only:
        return [(tried, version)]
    others = [one for one in live if one[0].id != workflow.id]
    if first:
        tried.position = min((one[0].position for one in others), default=0) - 1
        return [(tried, version), *others]
    return sorted([*others, (tried, version)], key=lambda one: (one[0].position, one[0].id))


def fill_in(uow: UnitOfWork, base: Base, people: People, live: Live, stock: Mapping[str, int], now: datetime) -> None:
    """Write all of it into an empty world. ``stock``: pieces that are pretended to be available, by variant id."""
    uow.connections.add_many(base.connections)
    uow.products.add_many(base.products)
    uow.variants.add_many(base.variants)
    uow.discounts.add_many(base.discounts)
    uow.posts.add_many(base.posts)
    uow.templates.add_many(base.templates)
    uow.memberships.add_many(base.members)
    uow.workflows.add_many([workflow for workflow, _ in live])
    uow.workflow_versions.add_many([version for _, version in live])
    uow.customers.add_many(people.customers)
    uow.identities.add_many(people.identities)
    uow.conversations.add_many(people.conversations)
    uow.orders.add_many(people.orders)
    uow.payments.add_many(people.payments)
    uow.discount_uses.add_many(people.uses)
    uow.stock.move([_opening(base.shop.id, level, stock, now) for level in base.levels.values()])
    for discount_id, count in base.uses.items():
        uow.next_number(discount_id, count)
    numbers = [base.last_number, *(one.number_value or 0 for one in people.orders)]
    start = uow.next_number("order", 0)
    uow.next_number("order", max(0, max(numbers) - start))


def _opening(business_id: str, level: StockLevel, stock: Mapping[str, int], now: datetime) -> StockMovement:
    on_hand = level.on_hand
    if level.variant_id in stock:
        on_hand = level.reserved + stock[level.variant_id]
    return StockMovement(
        id=f"mov_{level.variant_id[4:]}", business_id=business_id, variant_id=level.variant_id,
        kind=MovementKind.RECEIVE, on_hand_delta=on_hand, reserved_delta=level.reserved,
        cause_key=f"rehearsal:{level.variant_id}", at=now,
    )  # fmt: skip

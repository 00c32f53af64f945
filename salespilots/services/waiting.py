"""The waiting list: who wants to be told when something is back, and telling them, first come first served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from salespilots.domain.catalog import Product, ProductState, Variant
from salespilots.domain.conversation import Author, Conversation, Mode
from salespilots.domain.events import Event
from salespilots.domain.stock import StockLevel
from salespilots.domain.waiting import WaitingPlace, WaitingState
from salespilots.domain.windows import Right
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.ports.texts import say
from salespilots.ports.triggers import TriggerFact
from salespilots.services.automation import match, start_in
from salespilots.services.core import Core, retrying
from salespilots.services.messaging.outgoing import queue_in

KEPT_FOR = timedelta(hours=24)
"""For so long a piece that somebody was told of is not promised to the next one on the list."""

MOST = 200
"""Places that are looked at when pieces come; nobody brings more at once that a list would notice."""


def wait_in(core: Core, uow: UnitOfWork, conversation: Conversation, product_id: str, variant_id: str) -> bool:
    """Give the customer of a chat a place. False where they wait already, or it cannot be waited for."""
    variant = uow.variants.find(id=variant_id)
    if variant is None or variant.product_id != product_id:
        return False
    customer_id, practice = conversation.customer_id, conversation.practice
    return join_in(core, uow, variant, customer_id, conversation.id, practice=practice)


def join_in(
    core: Core,
    uow: UnitOfWork,
    variant: Variant,
    customer_id: str,
    conversation_id: str | None,
    *,
    practice: bool,
    actor: str = "",
) -> bool:
    """Give a customer a place at the end of the list. False where they wait already."""
    now = core.clock.now()
    place = uow.waiting.find(variant_id=variant.id, customer_id=customer_id)
    if place is not None and place.state is WaitingState.WAITING:
        return False
    if place is None:
        place = WaitingPlace(
            id=core.ids.new("waiting"), business_id=uow.business_id, variant_id=variant.id,
            product_id=variant.product_id, customer_id=customer_id, conversation_id=conversation_id, created_at=now,
            practice=practice,
        )  # fmt: skip
        if not uow.waiting.add_once(place):
            return False
    else:
        place.state, place.created_at, place.told_at = WaitingState.WAITING, now, None
        place.conversation_id = conversation_id
        uow.waiting.save(place)
    record(core, uow, place, "waiting.joined", actor)
    return True


def leave_in(core: Core, uow: UnitOfWork, ordered: Iterable[tuple[str, str]]) -> None:
    """Who orders it does not wait for it any more. ``ordered``: (customer id, variant id)."""
    pairs = set(ordered)
    people, variants = ({pair[place] for pair in pairs} for place in (0, 1))
    places = uow.waiting.select(one_of("customer_id", sorted(people)), one_of("variant_id", sorted(variants)))
    for place in places:
        if place.state is not WaitingState.LEFT and (place.customer_id, place.variant_id) in pairs:
            place.state = WaitingState.LEFT
            uow.waiting.save(place)
            record(core, uow, place, "waiting.left")


def tell_in(core: Core, uow: UnitOfWork, moved: Sequence[tuple[str, str]], levels: Mapping[str, StockLevel]) -> None:
    """Pieces of these (product id, variant id) may be there again: tell as many customers as there are pieces that nobody
    was told of, in the order in which they came. Who cannot be written to now is passed over and marked."""
    wanted = sorted({variant_id for _, variant_id in moved if levels[variant_id].available > 0})
    if not wanted:
        return
    waiting = uow.waiting.select(
        one_of("variant_id", wanted), eq("state", WaitingState.WAITING), order="created_at", limit=MOST
    )
    if not waiting:
        return
    free = {one: levels[one].available - _told(core, uow, one) for one in {place.variant_id for place in waiting}}
    products = {one.id: one for one in uow.products.select(one_of("id", sorted({one.product_id for one in waiting})))}
    variants = {one.id: one for one in uow.variants.select(one_of("id", sorted(free)))}
    for place in waiting:
        product, variant = products[place.product_id], variants[place.variant_id]
        if free[place.variant_id] <= 0 or not on_sale(product, variant):
            continue
        if _tell(core, uow, place, product, variant):
            free[place.variant_id] -= 1


def lapse(core: Core, business_id: str, variant_id: str) -> None:
    """Who was told of a variant has had a day to order: the piece is for the next one on the list. Called by the sweeper,
    safe to repeat."""

    def use_case() -> None:
        with core.storage.unit_of_work(business_id) as uow:
            since = core.clock.now() - KEPT_FOR
            told = uow.waiting.select(
                eq("variant_id", variant_id), eq("state", WaitingState.TOLD), Where("told_at", "le", since)
            )
            if not told:
                return
            for place in told:
                place.state = WaitingState.LEFT
                uow.waiting.save(place)
            tell_in(core, uow, [(told[0].product_id, variant_id)], uow.stock.levels([variant_id]))
            uow.commit()

    retrying(use_case)


def tell_late_in(core: Core, uow: UnitOfWork, conversation: Conversation) -> None:
    """A customer who could not be told writes again: tell them now, once, or let them wait on if it is gone."""
    places = uow.waiting.select(eq("customer_id", conversation.customer_id), eq("state", WaitingState.UNREACHABLE))
    for place in places:
        product, variant = uow.products.find(id=place.product_id), uow.variants.find(id=place.variant_id)
        left = free_in(core, uow, place.variant_id)
        if left > 0 and product is not None and variant is not None and on_sale(product, variant):
            _say(core, uow, place, conversation, product, variant)
        else:
            place.state = WaitingState.WAITING
            uow.waiting.save(place)


def on_sale(product: Product, variant: Variant) -> bool:
    """Whether customers can buy it when there are pieces."""
    return product.state is ProductState.LIVE and not variant.archived


def free_in(core: Core, uow: UnitOfWork, variant_id: str) -> int:
    """Pieces that can be promised and that nobody was told of."""
    return uow.stock.levels([variant_id])[variant_id].available - _told(core, uow, variant_id)


def _told(core: Core, uow: UnitOfWork, variant_id: str) -> int:
    """Who was told not long ago and has not ordered yet."""
    since = core.clock.now() - KEPT_FOR
    return uow.waiting.count(
        eq("variant_id", variant_id), eq("state", WaitingState.TOLD), Where("told_at", "gt", since)
    )


def _tell(core: Core, uow: UnitOfWork, place: WaitingPlace, product: Product, variant: Variant) -> bool:
    conversation = uow.conversations.find(id=place.conversation_id or "")
    provider = core.registry.channels.find(conversation.provider) if conversation else None
    customer = uow.customers.find(id=place.customer_id)
    now = core.clock.now()
    if (
        conversation is None or provider is None or customer is None or customer.opted_out
        or conversation.allows(provider.capabilities.windows, now).right is not Right.ANYBODY
    ):  # fmt: skip
        place.state = WaitingState.UNREACHABLE
        uow.waiting.save(place)
        record(core, uow, place, "waiting.unreachable")
        return False
    _say(core, uow, place, conversation, product, variant)
    uow.conversations.save(conversation)
    return True


def _say(
    core: Core, uow: UnitOfWork, place: WaitingPlace, conversation: Conversation, product: Product, variant: Variant
) -> None:
    title = f"{product.title}, {variant.title}" if variant.title else product.title
    key = f"back:{place.id}:{int(place.created_at.timestamp() * 1000)}"
    if not _told_by_workflow(core, uow, conversation, product, variant, title, key):
        _say_it(core, uow, conversation, product, title, key)
    place.state, place.told_at = WaitingState.TOLD, core.clock.now()
    uow.waiting.save(place)
    record(core, uow, place, "waiting.told")


def _told_by_workflow(
    core: Core, uow: UnitOfWork, conversation: Conversation, product: Product, variant: Variant, title: str, key: str
) -> bool:
    """Whether a workflow of the shop's own says it."""
    found = (
        match(core, core.memory.live(uow), TriggerFact(type="stock.back")) if conversation.mode is Mode.BOT else None
    )
    if found is None:
        return False
    workflow, version, reason = found
    data = {
        "trigger": reason, "product_id": product.id, "product_title": title, "variant_id": variant.id, "sure": True,
        "products": [{"product_id": product.id, "score": 100.0, "variant_ids": [variant.id]}],
    }  # fmt: skip
    start_in(core, uow, workflow, version, conversation=conversation, trigger_key=key, data=data)
    return True


def _say_it(core: Core, uow: UnitOfWork, conversation: Conversation, product: Product, title: str, key: str) -> None:
    text = Text(
        text=say("{product} is back in stock. You asked me to tell you.", product=title),
        quick_replies=(QuickReply(title=say("See it"), payload=f"product:{product.id}"),),
    )
    queue_in(core, uow, conversation, text, author=Author.SYSTEM, dedupe_key=key)


def record(core: Core, uow: UnitOfWork, place: WaitingPlace, kind: str, actor: str = "") -> None:
    """Log what became of a place."""
    ids = {"product_id": place.product_id, "variant_id": place.variant_id, "customer_id": place.customer_id}
    if place.conversation_id:
        ids["conversation_id"] = place.conversation_id
    uow.record(Event(type=kind, at=core.clock.now(), ids=ids, actor=actor or "system"))

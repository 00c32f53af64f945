"""Carrying out what a step wants done, within the transaction that notes the step, each effect once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from salespilots.domain.conversation import Author, Conversation
from salespilots.domain.errors import Conflict, InvalidInput, PriceChanged
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.run import Run
from salespilots.domain.transitions import Applied
from salespilots.ports.channel import Buttons, Content, ProductCards, PublicReply, Text
from salespilots.ports.effects import (
    CASH,
    AddTag,
    AssignTo,
    Effect,
    HandToHuman,
    PlaceOrder,
    RemoveTag,
    SendMessage,
    SetCustomer,
    SetData,
    SetField,
    SetFocus,
    StartWorkflow,
    TakeWay,
    TellOwner,
    WaitFor,
)
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.messaging.answering import hand_over_in
from salespilots.services.messaging.outgoing import queue_in
from salespilots.services.ordering import build_order_in, place_in
from salespilots.services.reacting import react
from salespilots.services.waiting import wait_in
from salespilots.services.workflows import on_customers
from salespilots.services.workflows.leading_on import assign_in, go_on_in, tell_owner_in
from salespilots.services.workflows.splits import take_in

NUDGE_AFTER = timedelta(minutes=2)
"""When who will pay at the door is offered to pay online: after what the chat says by itself."""


def apply_effects(
    core: Core, uow: UnitOfWork, run: Run, conversation: Conversation | None, effects: Sequence[Effect]
) -> None:
    """Apply in order. Keys are ``run:step:visit:n``. Raises the domain's refusal (`OutOfStock`, `PriceChanged`), and
    `Conflict` for what needs a customer in a run that is about none."""
    for number, effect in enumerate(effects):
        key = f"{run.id}:{run.cursor}:{run.visit}:{run.data.get('asked', 0)}:{number}"
        match effect:
            case SetData():
                run.data = {**run.data, **effect.values}
            case TellOwner():
                tell_owner_in(core, uow, run, effect, key)
            case _ if conversation is None:
                raise Conflict("This run is about no customer, so this step has nobody to do it for.")
            case SendMessage():
                _send(core, uow, run, conversation, effect, key)
            case AddTag() | RemoveTag():
                on_customers.tag_in(core, uow, run, conversation, effect)
            case SetField():
                on_customers.field_in(core, uow, conversation, effect)
            case SetCustomer():
                on_customers.profile_in(core, uow, conversation, effect)
            case SetFocus():
                conversation.focus = {"product_id": effect.product_id, "variant_id": effect.variant_id}
            case PlaceOrder():
                order = _place(core, uow, run, conversation, effect, key)
                run.order_id = order.id
                run.data = {**run.data, "order_id": order.id, "order_number": order.number}
            case WaitFor():
                wait_in(core, uow, conversation, effect.product_id, effect.variant_id)
            case AssignTo():
                assign_in(core, uow, run, conversation, effect)
            case StartWorkflow():
                go_on_in(core, uow, run, conversation, effect)
            case TakeWay():
                take_in(core, uow, run, effect.way)
            case HandToHuman():
                hand_over_in(core, uow, conversation, None, effect.reason, by_run=run.id)


def _send(core: Core, uow: UnitOfWork, run: Run, conversation: Conversation, effect: SendMessage, key: str) -> None:
    content = effect.content
    provider = core.registry.channels.find(conversation.provider)
    if isinstance(content, ProductCards) and provider and "product_cards" not in provider.capabilities.content:
        content = in_words(content)
    ref = run.data.get("comment_ref")
    comment_ref = ref if isinstance(content, PublicReply) else None if run.data.get("comment_answered") else ref
    if comment_ref and not isinstance(content, PublicReply):
        run.data = {**run.data, "comment_answered": True}  # a comment is answered in private once
        content = in_words(content)
    queue_in(
        core, uow, conversation, content, author=Author(effect.author), dedupe_key=key, actor_id=run.workflow_id,
        run_id=run.id, order_id=effect.order_id, follow_up=run.unasked, fresh=run.id in uow.runs.added, comment_ref=comment_ref,
    )  # fmt: skip
    for product_id in effect.product_ids:
        ids = {"conversation_id": conversation.id, "product_id": product_id}
        uow.record(Event(type="product.shown", at=core.clock.now(), ids=ids))


def in_words(content: Content) -> Content:
    """What carries more than words, as words alone: for channels without cards, and for the private answer to a comment, of
    which nobody says that it may be more."""
    if isinstance(content, ProductCards):
        return Text(text="\n".join(f"{card.title}: {card.subtitle}" for card in content.cards))
    if isinstance(content, Buttons):
        links = [f"{one.title}: {one.url}" for one in content.buttons if one.url]
        return Text(text="\n".join([content.text, *links]))
    return Text(text=content.text) if isinstance(content, Text) else content


def _place(core: Core, uow: UnitOfWork, run: Run, conversation: Conversation, effect: PlaceOrder, key: str) -> Order:
    found = uow.orders.find(cause_key=key)
    if found is not None:
        return found
    try:
        order = build_order_in(
            core, uow, customer_id=conversation.customer_id, lines=list(effect.lines), address=effect.address,
            conversation_id=conversation.id, cause_key=key, practice=conversation.practice,
            payment_method=effect.payment_method or ("practice" if conversation.practice else None),
            discount_code=effect.discount_code,
        )  # fmt: skip
    except InvalidInput as error:
        if "discount_code" not in error.fields:
            raise
        raise PriceChanged("The code cannot be used any more.") from error
    if effect.total_paise is not None and order.total_paise != effect.total_paise:
        raise PriceChanged("The price changed meanwhile.", total_paise=order.total_paise)
    try:
        outcome = place_in(core, uow, order)
    except Conflict as error:  # somebody else had the last use of the code
        if error.details.get("field") != "discount_code":
            raise
        raise PriceChanged("The code cannot be used any more.") from error
    if isinstance(outcome, Applied) and order.payment_method == CASH and not order.advance_paise:
        confirmed = order.confirm(now=core.clock.now())  # the customer has said yes to all of it
        outcome = Applied((*outcome.events, *getattr(confirmed, "events", ())))
        if uow.shop().prepaid_benefit_paise:
            order.remind_at = core.clock.now() + NUDGE_AFTER
    uow.orders.add(order)
    if isinstance(outcome, Applied):
        events = [
            Event(type=one.type, at=one.at, ids=one.ids, data=one.data, actor=f"workflow:{run.workflow_id}")
            for one in outcome.events
        ]
        uow.record(*events)
        react(core, uow, events, order_id=order.id, by=run, chat=conversation)
    return order

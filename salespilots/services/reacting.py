"""What happens to an order, a payment, a customer or the stock starts workflows, and wakes runs that wait for it.

An event carries the chain of workflows that led to it: none of them is started by what it did itself, and a chain that
grows too long, or a chat in which too much starts within an hour, is given to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from salespilots.domain.conversation import Conversation, Mode
from salespilots.domain.events import OF_THE_SHOP, STARTING, Event
from salespilots.domain.run import MAX_DEPTH, Run, RunState
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.ports.triggers import TriggerFact
from salespilots.services.automation import MAX_RUNS_PER_HOUR, active_runs, cancel_runs_in, match, start_in
from salespilots.services.core import Core
from salespilots.services.workflows.splits import credit_in

ABOUT = ("refund_id", "payment_id", "order_id", "variant_id", "customer_id")
"""What an event is about, the closest first: its workflow starts once for each."""

HOUR = timedelta(hours=1)


def react(
    core: Core, uow: UnitOfWork, events: Sequence[Event], *, order_id: str | None = None, by: Run | None = None,
    chat: Conversation | None = None,
) -> None:  # fmt: skip
    """Start the workflows that wait for these events, and wake runs that wait for them. ``by``: the run that did it, in
    ``chat``, which the caller saves."""
    for event in events:
        if event.type == "order.paid" and order_id is not None:
            credit_in(core, uow, uow.orders.get(order_id))
        if event.type in OF_THE_SHOP:
            _in_the_shop(core, uow, event)
            continue
        conversation_id = event.ids.get("conversation_id")
        if not conversation_id or event.type not in STARTING:
            continue
        known = chat is not None and chat.id == conversation_id
        conversation = chat if known and chat is not None else uow.conversations.get(conversation_id)
        for run in active_runs(uow, conversation):
            if by is not None and run.id == by.id:
                continue  # what a run does itself is no news to it, and its row is in the caller's hands
            if run.state is RunState.WAITING and run.waiting_for == event.type:
                run.wake(event.type)
                uow.runs.save(run)
        if (
            conversation.mode is not Mode.HUMAN
            and not _start(core, uow, event, conversation, order_id, by)
            and not known
        ):
            uow.conversations.save(conversation)


def _start(
    core: Core, uow: UnitOfWork, event: Event, conversation: Conversation, order_id: str | None, by: Run | None
) -> bool:
    """Start what waits for the event. False when the chat was given to a person instead."""
    chain = chain_of(by)
    found = match(core, core.memory.live(uow), TriggerFact(type=event.type, data=event.data), but=chain)
    if found is None:
        return True
    workflow, version, reason = found
    if len(chain) > MAX_DEPTH or too_many_in(core, uow, conversation):
        stop_loop_in(core, uow, conversation, workflow.id, by)
        return False
    data: dict[str, Any] = {"trigger": reason, **handed_on(by)}
    start_in(
        core, uow, workflow, version, conversation=conversation, trigger_key=f"{event.type}:{_about(event)}", data=data,
        order_id=order_id,
    )  # fmt: skip
    return True


def _in_the_shop(core: Core, uow: UnitOfWork, event: Event) -> None:
    """About the shop and no customer: once a day for each thing."""
    found = match(core, core.memory.live(uow), TriggerFact(type=event.type, data=event.data))
    if found is None:
        return
    workflow, version, reason = found
    about = event.ids.get("variant_id") or event.ids.get("product_id") or ""
    data = {
        "trigger": reason, "variant_id": event.ids.get("variant_id"), "product_id": event.ids.get("product_id"),
        **{name: value for name, value in event.data.items() if name in ("product_title", "available")},
    }  # fmt: skip
    key = f"{event.type}:{about}:{event.at:%Y-%m-%d}"
    start_in(core, uow, workflow, version, conversation=None, trigger_key=key, data=data)


def _about(event: Event) -> str:
    about = next((event.ids[name] for name in ABOUT if event.ids.get(name)), event.ids.get("conversation_id", ""))
    tag = event.data.get("tag")
    return f"{about}:{tag}:{event.at.timestamp():.3f}" if tag else about


def chain_of(run: Run | None) -> tuple[str, ...]:
    """The workflows that led to what a run does now, itself last."""
    return (*run.data.get("chain", ()), run.workflow_id) if run is not None else ()


def handed_on(run: Run | None) -> dict[str, Any]:
    """What a run that another one started is told of how it came about."""
    chain = chain_of(run)
    return {"chain": list(chain), "depth": len(chain)} if chain else {}


def too_many_in(core: Core, uow: UnitOfWork, conversation: Conversation) -> bool:
    """Whether so much started in this chat within an hour that it is two machines talking."""
    since = Where("created_at", "ge", core.clock.now() - HOUR)
    return uow.runs.count(eq("conversation_id", conversation.id), since) >= MAX_RUNS_PER_HOUR


def stop_loop_in(core: Core, uow: UnitOfWork, conversation: Conversation, workflow_id: str, by: Run | None) -> None:
    """Workflows go round in this chat: all others of them stop, and the owner is told. The caller saves the chat."""
    now, ids = core.clock.now(), {"conversation_id": conversation.id, "workflow_id": workflow_id}
    cancel_runs_in(core, uow, conversation, "looped", but=by.id if by else None)
    uow.record(Event(type="workflow.looped", at=now, ids=ids))
    if conversation.ask_for_person(now):
        data = {"reason": "workflows started each other too often"}
        uow.record(Event(type="conversation.waiting", at=now, ids=ids, data=data))

"""Reading a closed world: what was said and done in it, and which workflow answered why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from salespilots.domain.conversation import Direction, Message
from salespilots.domain.customer import Customer
from salespilots.domain.events import EVENT_TYPES, Event
from salespilots.domain.money import rupees
from salespilots.domain.run import StepExecution
from salespilots.domain.workflow import BRANCHES, Workflow, branches_of, steps_by_id
from salespilots.ports.extensions import TriggerFact
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.automation import match
from salespilots.services.rehearsal.report import Effect, Line, Stride, Way, WhyNot
from salespilots.services.rehearsal.world import World

QUIET = (
    "message.", "run.", "workflow.", "conversation.started", "product.shown", "stock.changed", "connection.",
    "customer.changed", "post.",
)  # fmt: skip
"""What is told as messages or steps, or is no news."""

FIELDS = ("name", "phone", "note")


def line_of(one: Message) -> Line:
    """A message as the chat shows it."""
    return Line(
        author=str(one.author), kind=one.kind, text=one.text, at=one.created_at, state=str(one.state),
        reason=one.reason or "", quick_replies=tuple(one.content.get("quick_replies") or ()),
        cards=tuple(one.content.get("cards") or ()),
        workflow_id=one.actor_id if one.direction is Direction.OUT else None,
    )  # fmt: skip


def strides_in(uow: UnitOfWork) -> list[Stride]:
    """The run log of all runs, in order, with the time that each step waited."""
    steps: list[StepExecution] = uow.steps.select(order="id")
    runs = {one.id: one for one in uow.runs.select()}
    told: list[Stride] = []
    for place, one in enumerate(steps):
        run = runs[one.run_id]
        stride = Stride(
            workflow_id=run.workflow_id, run_id=run.id, step_id=one.step_id, kind=one.kind, outcome=one.outcome,
            branch=one.branch if one.outcome not in ("waiting", "stopped") else "", reason=one.reason,
            at=one.started_at,
        )  # fmt: skip
        if one.outcome == "waiting":
            same = (each for each in steps[place + 1 :] if (each.run_id, each.visit) == (one.run_id, one.visit))
            after = next(same, None)
            if after is not None:
                stride = replace(stride, waited=int((after.started_at - one.started_at).total_seconds()))
            elif run.active and run.visit == one.visit:
                stride = replace(stride, until=run.wake_at, waits_for=run.waiting_for)
        told.append(stride)
    return told


def not_taken(strides: Sequence[Stride], definition: Mapping[str, Any], workflow_id: str) -> list[Way]:
    """Branches of the steps that were passed which nobody took."""
    steps, ways = steps_by_id(dict(definition)), []
    taken = {(one.step_id, one.branch) for one in strides if one.workflow_id == workflow_id}
    passed = dict.fromkeys(one.step_id for one in strides if one.workflow_id == workflow_id)
    for step_id in passed:
        for branch, target in branches_of(steps.get(step_id) or {}):
            if (step_id, branch) not in taken and branch in BRANCHES:
                ways.append(Way(step_id=step_id, branch=branch, target=target))
    return ways


def why_not(world: World, fact: TriggerFact | None, answered: str | None, reason: str, place: int) -> list[WhyNot]:
    """Every live workflow but the one that answered, with the reason: it is not meant, or another stands before it.
    ``place``: where the one that is tried stands in the shop's list."""
    told: list[WhyNot] = []
    before = True
    for workflow, version in world.live:
        if workflow.id == answered:
            before = False
            continue
        trigger = version.definition.get("trigger") or {}
        kind = world.core.registry.triggers.find(trigger.get("kind", ""))
        sentence = kind.sentence(trigger.get("settings") or {}) if kind else "a trigger that is not installed"
        if fact is None:
            words = reason
        elif match(world.core, [(workflow, version)], fact) is None:
            told_why = kind.misses(trigger.get("settings") or {}, fact) if kind and kind.misses else ""
            words = told_why if fact.type in (kind.event_types if kind else ()) and told_why else ""
            words = words or f"It starts when this happens: {sentence}."
        elif answered is not None and workflow.position < place:
            words = "It stands before this one in your list, and would answer there: one workflow answers a message."
        elif answered is not None and not before:
            words = "It would answer, but another workflow stands before it and one answers a message."
        else:
            words = reason
        told.append(WhyNot(workflow_id=workflow.id, name=workflow.name, reason=words))
    return told


# --- effects -------------------------------------------------------------------------------------------------------------


def effects_in(uow: UnitOfWork, events: Sequence[Event], before: Mapping[str, Customer]) -> list[Effect]:
    """What was done, in order. ``before``: the customers as the world began."""
    told: list[Effect] = []
    people: set[str] = set()
    for one in events:
        if one.type == "customer.changed" and one.ids.get("customer_id") not in people:
            people.add(one.ids.get("customer_id", ""))
            told += _customer(uow, one.ids.get("customer_id", ""), before)
        if one.type.startswith(QUIET) or one.data.get("made_up"):
            continue
        maker = MAKERS.get(one.type)
        told.append(maker(uow, one) if maker else Effect(kind=one.type, summary=_sentence(one), facts=_facts(one)))
    return told


def _facts(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.data.items() if isinstance(value, (str, int, bool, float))}


def _sentence(event: Event) -> str:
    reason = event.data.get("reason")
    words = EVENT_TYPES.get(event.type, event.type)
    return f"{words}: {reason}" if isinstance(reason, str) and reason else words


def _customer(uow: UnitOfWork, customer_id: str, before: Mapping[str, Customer]) -> list[Effect]:
    """What is different of a customer in the end."""
    now = uow.customers.find(id=customer_id)
    if now is None:
        return []
    was = before.get(customer_id)
    old_tags, old_address = (was.tags, was.address) if was else ([], {})
    told = [
        Effect(kind="customer.tagged", summary=f"Tag “{tag}” is added", facts={"tag": tag})
        for tag in now.tags if tag not in old_tags
    ]  # fmt: skip
    told += [
        Effect(kind="customer.untagged", summary=f"Tag “{tag}” is taken off", facts={"tag": tag})
        for tag in old_tags if tag not in now.tags
    ]  # fmt: skip
    values = {name: getattr(now, name) for name in FIELDS if getattr(now, name) != (getattr(was, name) if was else "")}
    values |= {name: value for name, value in now.address.items() if value != old_address.get(name)}
    told += [
        Effect(kind="customer.set", summary=f"{name}: {value}", facts={"field": name, "value": value})
        for name, value in values.items() if value
    ]  # fmt: skip
    if was is not None and was.opted_out != now.opted_out:
        words = "gets no more automatic messages" if now.opted_out else "gets automatic messages again"
        told.append(Effect(kind="customer.set", summary=f"The customer {words}", facts={"opted_out": now.opted_out}))
    return told


def _placed(uow: UnitOfWork, event: Event) -> Effect:
    order = uow.orders.get(event.ids["order_id"])
    lines = [
        {"variant_id": one.variant_id, "title": one.title, "quantity": one.quantity, "total_paise": one.total_paise}
        for one in order.lines
    ]
    goods = ", ".join(f"{one.quantity} × {one.title}" for one in order.lines)
    facts = {"lines": lines, "total_paise": order.total_paise, "payment_method": order.payment_method}
    return Effect(kind=event.type, summary=f"An order is placed: {goods}, {rupees(order.total_paise)}", facts=facts)


def _link(uow: UnitOfWork, event: Event) -> Effect:
    amount = int(event.data.get("amount_paise", 0))
    return Effect(
        kind=event.type, summary=f"A payment link of {rupees(amount)} is made", facts={"amount_paise": amount}
    )


def _waiting(uow: UnitOfWork, event: Event) -> Effect:
    product = uow.products.find(id=event.ids.get("product_id", ""))
    facts: dict[str, Any] = {name: event.ids[name] for name in ("product_id", "variant_id") if name in event.ids}
    name = product.title if product else "a product"
    return Effect(kind=event.type, summary=f"The customer waits for {name}", facts=facts)


def _handed(uow: UnitOfWork, event: Event) -> Effect:
    reason = str(event.data.get("reason") or "")
    return Effect(
        kind=event.type, summary=f"A person is asked to answer{f': {reason}' if reason else ''}",
        facts={"reason": reason},
    )  # fmt: skip


MAKERS: dict[str, Callable[[UnitOfWork, Event], Effect]] = {
    "order.placed": _placed, "payment.link_made": _link, "waiting.joined": _waiting, "conversation.waiting": _handed,
}  # fmt: skip
"""Event types of which more is told than their name."""


def names_of(live: Sequence[tuple[Workflow, Any]]) -> dict[str, str]:
    """Workflow id to name."""
    return {one.id: one.name for one, _ in live}


def chat_in(uow: UnitOfWork, conversation_id: str, since: int) -> list[Message]:
    """The chat from a place on, in order."""
    messages = uow.messages.select(eq("conversation_id", conversation_id), order="seq")
    return [one for one in messages if one.seq >= since]

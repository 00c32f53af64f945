"""What a step changes on the customer: tags, fields of the shop's own, the profile."""

from __future__ import annotations

from salespilots.domain.conversation import Conversation
from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.run import Run
from salespilots.ports.effects import AddTag, RemoveTag, SetCustomer, SetField
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.reacting import react
from salespilots.services.tags import known_in

ADDRESS_FIELDS = ("name", "phone", "line1", "line2", "city", "state", "pincode")
MAX_FIELDS = 40
"""Fields of the shop's own on one customer."""

LONGEST_FIELD = 300


def tag_in(
    core: Core, uow: UnitOfWork, run: Run | None, conversation: Conversation, effect: AddTag | RemoveTag
) -> None:
    """Give a tag or take it off, and start what waits for that; what is so already is no news."""
    customer = uow.customers.get(conversation.customer_id)
    added = isinstance(effect, AddTag)
    if not (customer.tag(effect.tag) if added else customer.untag(effect.tag)):
        return
    uow.customers.save(customer)
    known_in(core, uow, [effect.tag] if added else [])
    _changed(core, uow, conversation)
    ids = {"customer_id": customer.id, "conversation_id": conversation.id}
    kind = "customer.tagged" if added else "customer.untagged"
    event = Event(
        type=kind, at=core.clock.now(), ids=ids, data={"tag": effect.tag},
        actor=f"workflow:{run.workflow_id}" if run else "system",
    )  # fmt: skip
    uow.record(event)
    react(core, uow, [event], by=run, chat=conversation)


def field_in(core: Core, uow: UnitOfWork, conversation: Conversation, effect: SetField) -> None:
    """Write a field of the shop's own, or take it off. Raises `Conflict` when there are too many."""
    customer = uow.customers.get(conversation.customer_id)
    fields = {name: value for name, value in customer.fields.items() if name != effect.name}
    if effect.value:
        if len(fields) >= MAX_FIELDS:
            raise Conflict(f"A customer has at most {MAX_FIELDS} fields.")
        fields[effect.name] = effect.value[:LONGEST_FIELD]
    if fields != customer.fields:
        customer.fields = fields
        uow.customers.save(customer)
        _changed(core, uow, conversation)


def profile_in(core: Core, uow: UnitOfWork, conversation: Conversation, effect: SetCustomer) -> None:
    """Write name, phone and address."""
    customer = uow.customers.get(conversation.customer_id)
    address = dict(customer.address)
    for name, value in effect.values.items():
        if name in ADDRESS_FIELDS:
            address[name] = value
        if name == "name":
            customer.name = str(value)
        if name == "phone":
            customer.phone = str(value)
    customer.address = address
    uow.customers.save(customer)
    _changed(core, uow, conversation)


def _changed(core: Core, uow: UnitOfWork, conversation: Conversation) -> None:
    ids = {"customer_id": conversation.customer_id, "conversation_id": conversation.id}
    uow.record(Event(type="customer.changed", at=core.clock.now(), ids=ids))

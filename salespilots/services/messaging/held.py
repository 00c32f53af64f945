"""Who owns a chat on the channel, where several apps share an account, and how its customer came."""

from __future__ import annotations

from salespilots.domain.conversation import Conversation
from salespilots.domain.events import Event
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork
from salespilots.services.automation import cancel_runs_in
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import cancel_pending_in
from salespilots.services.reacting import react

HELD = "held_by"
REFERRAL = "referral"


def note_in(core: Core, uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> bool:
    """Keep what an event tells about the chat itself. The caller saves the conversation; True when it changed.

    Another app that owns the chat ends what automation had begun: it could not be sent. A message that we may answer
    says that the chat is ours again.
    """
    changed = _owner_in(core, uow, conversation, inbound)
    return _came_in(core, uow, conversation, inbound) or changed


def _owner_in(core: Core, uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> bool:
    now, ids = core.clock.now(), {"conversation_id": conversation.id}
    if inbound.facts.get("asked_by"):
        uow.record(
            Event(type="conversation.wanted", at=now, ids=ids, data={"app": str(inbound.facts["asked_by"])[:60]})
        )
    told = "owner" in inbound.facts
    if not told and (not inbound.automation or inbound.kind in ("handover", "referral")):
        return False
    owner, before = str(inbound.facts.get("owner", ""))[:60], str(conversation.facts.get(HELD, ""))
    if bool(owner) == bool(before):
        return False
    facts = {name: value for name, value in conversation.facts.items() if name != HELD}
    conversation.facts = {**facts, HELD: owner} if owner else facts
    data = {"app": owner} if owner else {}
    uow.record(Event(type="conversation.held" if owner else "conversation.freed", at=now, ids=ids, data=data))
    if owner:
        cancel_pending_in(core, uow, conversation, "other_app")
        cancel_runs_in(core, uow, conversation, "other_app")
    return True


def _came_in(core: Core, uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> bool:
    referral = inbound.facts.get(REFERRAL)
    if not isinstance(referral, dict) or not referral:
        return False
    at = inbound.sent_at.isoformat()
    before = conversation.facts.get(REFERRAL) or {}
    if str(before.get("at") or "") > at:
        return False
    conversation.facts = {**conversation.facts, REFERRAL: {**referral, "at": at}}
    data = {name: referral[name] for name in ("source", "title", "ref") if referral.get(name)}
    ids = {"conversation_id": conversation.id}
    event = Event(type="conversation.referred", at=core.clock.now(), ids=ids, data=data)
    uow.record(event)
    react(core, uow, [event], chat=conversation)
    return True

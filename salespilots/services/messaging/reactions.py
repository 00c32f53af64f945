"""Hearts and other signs on a message, of the customer or of the shop: the newest of each stands, whatever comes later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from salespilots.domain.conversation import Message
from salespilots.domain.events import Event
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork


def apply_in(uow: UnitOfWork, message: Message, inbound: Inbound, now: datetime) -> bool:
    """Note a reaction, or that it was taken back. False when it is known, older than what stands, or of a message that was
    unsent. One that was taken back leaves its time behind, so that the reaction itself may come later."""
    by = "shop" if inbound.facts.get("by") == "shop" else "customer"
    at = inbound.sent_at.isoformat()
    before = next((one for one in message.reactions if one.get("by") == by), None)
    if message.reason == "deleted" or (before is not None and str(before.get("at") or "") >= at):
        return False
    made: dict[str, Any] = {"by": by, "emoji": "" if inbound.removed else inbound.emoji[:16], "at": at}
    if not inbound.removed and not made["emoji"]:
        made["emoji"] = "\u2764\ufe0f"
    message.reactions = [*(one for one in message.reactions if one.get("by") != by), made]
    uow.messages.save(message)
    ids = {"conversation_id": message.conversation_id, "message_id": message.id}
    uow.record(Event(type="message.reacted", at=now, ids=ids, data={"by": by, "removed": inbound.removed}))
    return True


def shown(message: Message) -> list[dict[str, Any]]:
    """The reactions that stand, the customer's first."""
    return sorted((one for one in message.reactions if one.get("emoji")), key=lambda one: str(one.get("by")))

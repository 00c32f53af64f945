"""Reactions and edits that come before their message: they stay in the inbox and are looked up when it comes.

A chat remembers the references that were touched; where there is no chat yet, the event log does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Conversation, Message
from salespilots.domain.events import Event
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import GiveUp, Jobs, enqueue_in
from salespilots.services.messaging import edits, reactions
from salespilots.services.messaging.inbox import load_inbound

TOUCHING = frozenset({"reaction", "edited"})
EVENT = "message.touched_early"
KIND = "message.touched"
"""The job that looks again for a message of ours, whose reference comes with the answer to its send."""

KEPT_FOR = timedelta(hours=40)
"""A provider repeats for 36 hours what was not taken: so late a message may still come."""

LOOKS = (
    timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6),
    timedelta(days=1), KEPT_FOR,
)  # fmt: skip
"""How long after the event it is looked for; then it is given up."""

MANY = 50
"""References that a chat remembers, the newest."""


def apply_in(
    core: Core, uow: UnitOfWork, conversation: Conversation | None, message: Message, inbound: Inbound
) -> bool:
    """One reaction or edit of a message that is there."""
    now = core.clock.now()
    if inbound.kind == "reaction":
        return reactions.apply_in(uow, message, inbound, now)
    return edits.apply_in(uow, conversation, message, inbound, now)


def remember_in(core: Core, uow: UnitOfWork, lane: str, conversation: Conversation | None, inbound: Inbound) -> None:
    """The message is not there: what happened to it is looked up again when it comes."""
    ref = inbound.message_ref
    if not ref or (inbound.kind == "edited" and not inbound.text):
        return
    now = core.clock.now()
    if conversation is None:
        uow.record(Event(type=EVENT, at=now, data={"ref": ref}))
        return
    early = [one for one in conversation.facts.get("early", ()) if one != ref]
    conversation.facts = {**conversation.facts, "early": [*early, ref][-MANY:]}
    uow.conversations.save(conversation)
    payload = {"lane": lane, "ref": ref, "until": (now + KEPT_FOR).isoformat()}
    enqueue_in(core, uow, KIND, f"{lane}:{ref}", payload, at=now + LOOKS[0])


def came_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message, noted: Iterable[str]) -> None:
    """A message came: do to it what was done before. ``noted``: references that the event log remembers."""
    remembered, ref = list(conversation.facts.get("early", ())), message.provider_ref or ""
    if ref not in remembered and ref not in noted:
        return
    _apply_kept_in(core, uow, conversation, message)
    if remembered:
        conversation.facts = {**conversation.facts, "early": [one for one in remembered if one != ref]}


def _apply_kept_in(core: Core, uow: UnitOfWork, conversation: Conversation, message: Message) -> None:
    since = core.clock.now() - KEPT_FOR
    rows = [row for row in uow.inbox.kept(conversation.lane, since) if row.kind in TOUCHING]
    for row in sorted(rows, key=lambda one: (one.sent_at, one.position)):
        if row.payload.get("message_ref") == message.provider_ref:
            apply_in(core, uow, conversation, message, load_inbound(row.payload))


class Touched:
    """Looks again for the message."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        jobs.handle(KIND, self._look)

    def _look(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            conversation, message = self._find(uow, payload)
        if conversation is None:
            return None
        if message is None:
            return self._later(payload)

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                conversation, message = self._find(uow, payload)
                if conversation is not None and message is not None:
                    _apply_kept_in(self._core, uow, conversation, message)
                    uow.commit()

        retrying(use_case)
        return None

    def _find(self, uow: UnitOfWork, payload: Mapping[str, Any]) -> tuple[Conversation | None, Message | None]:
        conversation = uow.conversations.find(lane=payload["lane"])
        if conversation is None:
            return None, None
        return conversation, uow.messages.find(conversation_id=conversation.id, provider_ref=payload["ref"])

    def _later(self, payload: Mapping[str, Any]) -> datetime:
        """When to look again: ever more seldom."""
        began, now = datetime.fromisoformat(payload["until"]) - KEPT_FOR, self._core.clock.now()
        for after in LOOKS:
            if began + after > now:
                return began + after
        raise GiveUp("never_came")

"""What a shop shows besides messages: that it types, that it has seen a chat, a reaction. Best effort, never twice.

None of them waits for anything or is waited for: a channel in trouble costs a customer nothing but the dots.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from salespilots.domain.conversation import Conversation, Direction, Message
from salespilots.domain.errors import Conflict, SalesPilotsError
from salespilots.domain.events import Event
from salespilots.ports.errors import PluginError, PortError
from salespilots.ports.storage import UnitOfWork
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import Jobs, enqueue_in

log = structlog.get_logger(__name__)

MANY = 50
"""Acts that wait in one process; more are left out."""

HEART = "\u2764\ufe0f"
EMOJI = (HEART, "\U0001f44d", "\U0001f602", "\U0001f62e", "\U0001f622", "\U0001f64f")
"""What a person can react with here."""


class Acts:
    """Of all shops of this process."""

    def __init__(self, core: Core, connections: Connections, jobs: Jobs) -> None:
        self._core, self._connections = core, connections
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue(MANY)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        jobs.handle("seen", self._show_seen)

    # --- typing --------------------------------------------------------------------------------------------

    def typing(self, conversation: Conversation) -> None:
        """Show that an answer is being written; at once, on a thread of its own."""
        if not self._can(conversation.provider, "typing"):
            return
        try:
            self._waiting.put_nowait(lambda: self._act(conversation, "typing"))
        except queue.Full:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="acts", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            self._waiting.get()()

    # --- seen ----------------------------------------------------------------------------------------------

    def _show_seen(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            conversation = uow.conversations.find(id=payload["conversation_id"])
        if conversation is not None and self._can(conversation.provider, "seen"):
            self._act(conversation, "seen")
        return None

    # --- reactions -----------------------------------------------------------------------------------------

    def react(self, business_id: str, message_id: str, emoji: str, *, actor: str) -> Message:
        """React to a customer's message as the shop; an empty ``emoji`` takes the reaction back.

        Calls the channel first and keeps what it took. Raises `Conflict` where the channel has no reactions or the message
        is none of a customer, `PortError`, `NotFound`.
        """
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            message = uow.messages.get(message_id)
            conversation = uow.conversations.get(message.conversation_id)
        if message.direction is not Direction.IN or not message.provider_ref or message.reason == "deleted":
            raise Conflict("Only a customer's message can be reacted to.")
        if not self._can(conversation.provider, "react") or (emoji and emoji not in EMOJI):
            raise Conflict("That reaction is not possible here.")
        channel = self._connections.channel(business_id, conversation.provider)
        channel.act(conversation.customer_ref, "react", message_ref=message.provider_ref, emoji=emoji)

        def use_case() -> Message:
            with self._core.storage.unit_of_work(business_id) as uow:
                now = uow.messages.get(message_id)
                others = [one for one in now.reactions if one.get("by") != "shop"]
                at = self._core.clock.now().isoformat()
                now.reactions = [*others, {"by": "shop", "emoji": emoji, "at": at}]
                uow.messages.save(now)
                ids = {"conversation_id": now.conversation_id, "message_id": now.id}
                uow.record(Event(type="message.reacted", at=self._core.clock.now(), ids=ids, actor=actor))
                uow.commit()
            return now

        return retrying(use_case)

    def emoji(self, provider_key: str) -> tuple[str, ...]:
        """What a person can react with on a channel; nothing where it has no reactions."""
        return EMOJI if self._can(provider_key, "react") else ()

    # --- the channel ---------------------------------------------------------------------------------------

    def _can(self, provider_key: str, act: str) -> bool:
        provider = self._core.registry.channels.find(provider_key)
        return provider is not None and act in provider.capabilities.acts

    def _act(self, conversation: Conversation, act: str) -> None:
        try:
            channel = self._connections.channel(conversation.business_id, conversation.provider)
            channel.act(conversation.customer_ref, act)
        except (PortError, PluginError, SalesPilotsError) as error:
            log.info("act.not_shown", provider=conversation.provider, act=act, code=getattr(error, "code", "error"))
        except Exception as error:
            log.error("act.broken", provider=conversation.provider, error=type(error).__name__, exc_info=error)


def seen_in(core: Core, uow: UnitOfWork, conversation: Conversation) -> None:
    """Somebody of the shop looked at a chat: the customer may know."""
    provider = core.registry.channels.find(conversation.provider)
    if provider is not None and "seen" in provider.capabilities.acts:
        key = f"{conversation.id}:{conversation.next_seq}"
        enqueue_in(core, uow, "seen", key, {"conversation_id": conversation.id})

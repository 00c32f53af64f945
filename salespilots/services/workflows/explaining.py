"""Why a message was answered as it was, and why other workflows did not answer it."""

from __future__ import annotations

from dataclasses import dataclass

from salespilots.domain.conversation import Message
from salespilots.domain.run import Run
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.ports.triggers import TriggerFact
from salespilots.services.automation import Passed, passed_over
from salespilots.services.core import Core
from salespilots.services.messaging.answering import read_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """``runs``: what it started or woke, the newest first. ``passed``: the live workflows of today that do not answer such
    a message, each with its reason. ``intent`` and ``confidence``: how it is understood today."""

    message: Message
    runs: list[Run]
    passed: list[Passed]
    intent: str
    confidence: float


class Explaining:
    """Explains messages."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def message(self, business_id: str, message_id: str) -> Explanation:
        """One incoming message. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            message = uow.messages.get(message_id)
            runs = uow.runs.select(eq("message_id", message.id), order="-created_at", limit=10)
            fact = self._fact(uow, message)
            passed = passed_over(self._core, self._core.memory.live(uow), fact)
        understood = fact.understanding
        return Explanation(
            message=message, runs=runs, passed=passed, intent=understood.intent if understood else "other",
            confidence=understood.confidence if understood else 0.0,
        )  # fmt: skip

    def _fact(self, uow: UnitOfWork, message: Message) -> TriggerFact:
        payload = str(message.content.get("payload") or "")
        first = uow.messages.count(eq("conversation_id", message.conversation_id), eq("direction", "in")) == 1
        return TriggerFact(
            type="message.received", kind=message.kind, text=message.text, payload=payload, started=first,
            understanding=read_message(self._core, uow, message.text, payload),
        )  # fmt: skip

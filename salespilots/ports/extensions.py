"""Extension hooks: new ways to start a workflow, and new steps. All that a plugin needs for them is here by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from salespilots.ports.effects import (
    CASH,
    AddTag,
    Advance,
    AssignTo,
    Effect,
    HandToHuman,
    Outcome,
    PlaceOrder,
    RemoveTag,
    SendMessage,
    SetCustomer,
    SetData,
    SetField,
    SetFocus,
    StartWorkflow,
    Stop,
    TakeWay,
    TellOwner,
    Wait,
    WaitFor,
)
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.triggers import PostFact, TriggerFact, TriggerType
from salespilots.ports.understanding import Understanding
from salespilots.ports.views import (
    CustomerView,
    OrderView,
    ProductView,
    QuoteLine,
    QuoteView,
    ShopReader,
    ShopView,
    TemplateView,
    VariantView,
)

__all__ = [
    "CASH",
    "ActionContext",
    "ActionPorts",
    "ActionType",
    "AddTag",
    "Advance",
    "AssignTo",
    "CustomerView",
    "Effect",
    "HandToHuman",
    "OrderView",
    "Outcome",
    "PlaceOrder",
    "PostFact",
    "ProductView",
    "QuoteLine",
    "QuoteView",
    "RemoveTag",
    "RetryPolicy",
    "SendMessage",
    "SetCustomer",
    "SetData",
    "SetField",
    "SetFocus",
    "ShopReader",
    "ShopView",
    "StartWorkflow",
    "Stop",
    "TakeWay",
    "TellOwner",
    "TemplateView",
    "TriggerFact",
    "TriggerType",
    "VariantView",
    "Wait",
    "WaitFor",
    "salespilots_workflow_actions",
    "salespilots_workflow_triggers",
]


class ActionPorts(Protocol):
    """Calls that leave the process; only an action with ``calls_ports`` may use them."""

    def ai_reply(self, *, goal: str, fallback: str) -> tuple[str, int, str]:
        """A reply by the shop's model, checked against this turn's facts: (text, tokens, note).

        Never raises: ``fallback`` comes back when there is no model or its answer cannot be trusted.
        """
        ...

    def payment_link(self, order_id: str) -> str:
        """The open payment link of the order, made if there is none. Raises a `PortError`."""
        ...

    def call_webhook(self, url: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """POST JSON to a public address, signed with the shop's own secret: (status, what it answered where that is a
        JSON object). Raises a `PortError`; private addresses are refused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionContext:
    """Everything an action gets. ``message``: the customer's text that started or woke the run."""

    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    now: datetime
    idempotency_key: str
    shop: ShopView
    customer: CustomerView
    reader: ShopReader
    ports: ActionPorts
    message: str = field(default="", repr=False)
    payload: str = ""
    woken_by: str | None = None  # None on the first visit, "timer", or an event type
    focus: Mapping[str, Any] = field(default_factory=dict)
    window_closes_at: datetime | None = None  # when automation may not write any more; None: no end, or over already
    window_open: bool = True  # whether automation may write now
    language: str = "en"  # the customer's: en, hinglish, hi
    understanding: Understanding | None = None
    order_id: str | None = None


FAILING = "It takes the way “It does not work”; without one a person is asked."
"""What happens when a step fails, unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a port call may be repeated: waits ``base * factor**n``, at most ``cap``."""

    attempts: int = 4
    base: timedelta = timedelta(seconds=30)
    factor: int = 2
    cap: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionType:
    """A kind of step. ``tone`` and ``sentence`` tell the workflow page how to show it.

    ``run`` must be repeatable: it writes nothing, returns effects, and may call ports only if ``calls_ports``. Without
    ``calls_ports`` it runs inside the transaction that writes its effects, and on SQLite everybody who writes waits for
    it: it computes from its context, quickly, with no network, no files and no waiting.
    ``only_ai``: the one call it makes is ``ai_reply``, so that it runs at once where the shop has no model.
    ``reads_message``: when ``context.understanding`` is worked out: ``when_woken`` by a message, ``always`` or ``never``.
    ``answers``: of a step that asks the customer and waits: whether a message (settings, text, payload, understanding,
    run data) is an answer to it. What is none may be answered as a question of its own, and then it is asked again.
    ``exits``: the branches by which it may leave beside ``next``. ``sends``: it writes to the customer. ``waits``: it stays
    until something happens. ``ends``: nothing comes after it. ``keeps``: the names of what it remembers, by its settings.
    ``failing``: what happens when it fails, in a sentence. ``label_hi``, ``sentence_hi``: the same in Hindi.
    ``settings``: read once for each published version and then remembered, so a default must not depend on the moment.
    """

    key: str
    label: str
    settings: type[SettingsSchema]
    run: Callable[[ActionContext], Outcome]
    sentence: Callable[[Mapping[str, Any]], str]
    tone: str = "send"  # find | check | send | ask | wait | tag | order | hand
    calls_ports: bool = False
    only_ai: bool = False
    reads_message: str = "when_woken"
    retry: RetryPolicy = RetryPolicy()
    answers: Callable[[Mapping[str, Any], str, str, Understanding | None, Mapping[str, Any]], bool] | None = None
    exits: tuple[str, ...] = ()
    sends: bool = False
    waits: bool = False
    ends: bool = False
    keeps: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    failing: str = FAILING
    label_hi: str = ""
    sentence_hi: Callable[[Mapping[str, Any]], str] | None = None
    port_version: int = PORT_VERSION


@hookspec
def salespilots_workflow_triggers() -> Sequence[TriggerType]:
    """Triggers this plugin supplies. Called once, at start-up."""


@hookspec
def salespilots_workflow_actions() -> Sequence[ActionType]:
    """Steps this plugin supplies. Called once, at start-up."""

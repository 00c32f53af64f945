"""Extension hooks: new ways to start a workflow, new steps, pages, and listeners to the event log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from salespilots.ports.channel import Content
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.understanding import Understanding

# --- effects: what an action wants done; the core does it in one transaction, each once -----------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Queue a message to the run's customer."""

    content: Content
    kind: str = "text"
    author: str = "bot"
    product_ids: tuple[str, ...] = ()
    order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetData:
    """Remember values for later steps of this run."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTag:
    """Tag the customer."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCustomer:
    """Write fields of the customer's profile: name, phone, address parts."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFocus:
    """Remember which product the chat is about."""

    product_id: str
    variant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place an order and hold its stock. Refused with `OutOfStock`: the run goes down ``on_error``.

    ``total_paise``: what the customer agreed to. When the order would cost something else nothing is placed and the run
    goes down ``on_change``, or ``on_error`` where the step has none. None: whatever it costs now.
    """

    lines: tuple[tuple[str, int], ...]  # (variant id, quantity)
    address: Mapping[str, Any]
    total_paise: int | None = None
    payment_method: str | None = None  # a payments plugin's key; None: the shop's default
    discount_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandToHuman:
    """Stop automating this chat and ask the owner to answer."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor:
    """Give the customer a place in the waiting list of a variant: they are told once when it is back."""

    product_id: str
    variant_id: str


Effect = SendMessage | SetData | AddTag | SetCustomer | SetFocus | PlaceOrder | WaitFor | HandToHuman


CASH = "cod"
"""The payment method of cash on delivery: such an order waits for no online money, or for its advance only."""


# --- outcomes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """Go to the step named under ``branch`` (``next`` by default); no such key ends the run."""

    effects: tuple[Effect, ...] = ()
    branch: str = "next"
    reason: str = ""
    cost_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Stay on this step until ``event`` (an event type) or ``until``. The action runs again when woken."""

    until: datetime | None = None
    event: str | None = None
    effects: tuple[Effect, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End the run here. ``result`` is one word: done, handed_over, no_answer, error."""

    effects: tuple[Effect, ...] = ()
    result: str = "done"
    reason: str = ""


Outcome = Advance | Wait | Stop


# --- what an action sees ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """A variant with its true price (paise) and available pieces at this moment."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    price_paise: int
    available: int
    mrp_paise: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """A live product as a customer may see it. ``image_url`` is public and absolute."""

    product_id: str
    title: str
    description: str
    category: str
    image_url: str
    variants: tuple[VariantView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One of this customer's own orders. ``url`` is its public page."""

    order_id: str
    number: str
    state: str
    payment_status: str
    total_paise: int
    due_paise: int
    items: str
    url: str
    payment_url: str | None = None
    asked_paise: int = 0  # of it to be paid online now
    cash: bool = False  # the rest is paid on delivery
    courier: str = ""
    tracking_number: str = ""
    placed_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One line of a quote: what it is called, what one costs, and how many could be promised."""

    variant_id: str
    title: str
    quantity: int
    unit_paise: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """An order that is not placed. No ``lines``: something of it is not on sale. ``code_problem``: why a discount code
    was not taken; ``cash_refusal``: why it could not be paid on delivery, None where it could."""

    lines: tuple[QuoteLine, ...] = ()
    goods_paise: int = 0
    discount_paise: int = 0
    shipping_paise: int = 0
    cod_fee_paise: int = 0
    advance_paise: int = 0
    total_paise: int = 0
    min_order_paise: int = 0
    serves: bool = True
    cash_offered: bool = False
    cash_refusal: str | None = None
    discount_code: str | None = None
    code_problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """The customer this run is about."""

    customer_id: str
    name: str
    phone: str | None
    address: Mapping[str, Any] = field(repr=False)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopView:
    """What an action may know of the shop."""

    name: str
    return_policy: str
    reserve_minutes: int


class ShopReader(Protocol):
    """Read-only look-ups bound to this shop and this customer; the only way an action reads."""

    def products(self, ids: Sequence[str]) -> list[ProductView]: ...

    def catalogue(self, limit: int = 10) -> list[ProductView]: ...

    def search(self, text: str, limit: int = 5) -> list[ProductView]: ...

    def substitutes(self, product_id: str, limit: int = 3) -> list[ProductView]:
        """What to offer instead, live and in stock: the product's own list, else others of its category."""
        ...

    def orders(self) -> list[OrderView]:
        """This customer's orders, newest first."""
        ...

    def order(self, order_id: str) -> OrderView | None: ...

    def shipping_for(self, subtotal_paise: int) -> int: ...

    def quote(
        self,
        lines: Sequence[tuple[str, int]],
        *,
        pincode: str | None = None,
        payment_method: str | None = None,
        discount_code: str | None = None,
    ) -> QuoteView:
        """What an order of these (variant id, quantity) would cost now, exactly as it would be placed."""
        ...

    def read(self, text: str) -> Understanding:
        """Understand a sentence against this shop's catalogue."""
        ...

    def turns(self, limit: int = 8) -> list[tuple[str, str]]:
        """The last lines of this chat, oldest first: ("customer" | "shop", text)."""
        ...


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
    understanding: Understanding | None = None
    order_id: str | None = None


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
    port_version: int = PORT_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFact:
    """The post a comment stands below. ``kind``: post | reel | story | live | ad; ``posted_at`` None: not known."""

    ref: str
    kind: str = "post"
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerFact:
    """What happened, as a trigger sees it."""

    type: str
    text: str = field(default="", repr=False)
    payload: str = ""
    understanding: Understanding | None = None
    started: bool = False
    post: PostFact | None = None
    live_since: datetime | None = None  # when the workflow that is asked went live


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerType:
    """A way to start a workflow: ``matches`` is pure and says why, or None."""

    key: str
    label: str
    settings: type[SettingsSchema]
    event_types: tuple[str, ...]
    matches: Callable[[Mapping[str, Any], TriggerFact], str | None]
    sentence: Callable[[Mapping[str, Any]], str]
    port_version: int = PORT_VERSION


@hookspec
def salespilots_workflow_triggers() -> Sequence[TriggerType]:
    """Triggers this plugin supplies. Called once, at start-up."""


@hookspec
def salespilots_workflow_actions() -> Sequence[ActionType]:
    """Steps this plugin supplies. Called once, at start-up."""

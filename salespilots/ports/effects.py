"""What a step wants done and where its run goes: effects and outcomes. The core does them in one transaction, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from salespilots.ports.channel import Content


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
class RemoveTag:
    """Take a tag off the customer."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """Write a field of the shop's own on the customer; an empty value takes it off."""

    name: str
    value: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTo:
    """Give the chat to a member of the team, who answers it from here on: automation stops. ``user_id`` is theirs."""

    user_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwner:
    """Tell the shop's owner: a line among what wants a look, and a letter where mail is set up. The owner's own words,
    nothing of the customer's."""

    text: str
    by_mail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWorkflow:
    """End this run and go on in another workflow of the shop, in the same chat. Refused when workflows have handed this
    chat on too often (`salespilots.domain.run.MAX_DEPTH`)."""

    workflow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeWay:
    """Note which way of a test between several this run took, so that the orders it led to can be counted."""

    way: str


Effect = (
    SendMessage | SetData | AddTag | RemoveTag | SetField | SetCustomer | SetFocus | PlaceOrder | WaitFor | AssignTo
    | TellOwner | StartWorkflow | TakeWay | HandToHuman
)  # fmt: skip


CASH = "cod"
"""The payment method of cash on delivery: such an order waits for no online money, or for its advance only."""


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

"""What a step is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from salespilots.domain.conversation import Conversation
from salespilots.domain.copies import own_copy
from salespilots.domain.customer import Customer
from salespilots.domain.run import Run
from salespilots.domain.windows import Right, Windows
from salespilots.ports.extensions import ActionContext, ActionPorts, ActionType, CustomerView, ShopView
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.workflows.assistant import OWN_WORDS
from salespilots.services.workflows.reading import Reader
from salespilots.services.workflows.seen import Seen

PortsFactory = Callable[[str, Conversation | None, ActionContext], ActionPorts]
"""Makes the `ActionPorts` of one step of a shop (its id), in a chat or in none."""

MAX_SETTINGS = 5000
"""Steps whose settings are remembered, of all shops together."""


NOBODY = CustomerView(customer_id="", name="", phone=None, address={})
"""Whom a run of the shop's own is about."""


def customer_view(customer: Customer | None) -> CustomerView:
    """What a step may know of a customer."""
    if customer is None:
        return NOBODY
    return CustomerView(
        customer_id=customer.id, name=customer.name, phone=customer.phone, address=dict(customer.address),
        tags=tuple(customer.tags), fields=dict(customer.fields), orders_count=customer.orders_count,
        spent_paise=customer.spent_paise,
    )  # fmt: skip


def settings_of(schema: type[SettingsSchema], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a step reads them. What was published under other rules stays as it was stored: a rule that came later
    changes nothing for customers of a workflow that is live, and is said when it is published again."""
    try:
        loaded: dict[str, Any] = schema().load(dict(stored))
    except ValidationError as error:
        loaded = dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
        for name, one in schema().fields.items():
            given = one.data_key or name
            if given in error.normalized_messages() and given in stored:
                loaded[one.attribute or name] = stored[given]
    return loaded


class Contexts:
    """Makes contexts."""

    def __init__(self, core: Core, ports_for: PortsFactory) -> None:
        self._core = core
        self._ports_for = ports_for
        self._settings: dict[tuple[str, str, str], dict[str, Any]] = {}

    def of(
        self,
        uow: UnitOfWork,
        run: Run,
        step: Mapping[str, Any],
        action: ActionType,
        conversation: Conversation | None,
        seen: Seen,
        *,
        outside: bool,
    ) -> ActionContext:
        """What the step that the run is at may see and ask. ``outside``: with no transaction open."""
        shop = seen.shop
        customer = seen.customer(conversation.customer_id) if conversation else None
        text, payload = seen.message(run.message_id)
        woken_by = (run.data.get("waited") or {}).get("by")
        wanted = action.reads_message == "always" or (
            action.reads_message == "when_woken" and woken_by == "message.received"
        )
        inside = None if outside else uow
        about = (conversation.customer_id, conversation.id) if conversation else ("", "")
        reader = Reader(self._core, run.business_id, *about, inside, seen.products)
        closes, is_open = self._window(conversation)
        context = ActionContext(
            settings=self._settings_of(run, step, action),
            data=dict(run.data),
            now=self._core.clock.now(),
            idempotency_key=f"{run.id}:{run.cursor}:{run.visit}",
            shop=ShopView(
                name=shop.name, return_policy=shop.return_policy or "", reserve_minutes=shop.reserve_minutes
            ),
            customer=customer_view(customer),
            reader=reader,
            ports=None,  # type: ignore[arg-type]
            message=text,
            payload=payload,
            woken_by=woken_by,
            focus=dict(conversation.focus) if conversation else {},
            window_closes_at=closes,
            window_open=is_open,
            language=str(run.data.get("language") or "en"),
            understanding=seen.understanding(run.message_id) if wanted else None,
            order_id=run.order_id,
        )  # fmt: skip
        if outside:
            object.__setattr__(context, "ports", self._ports_for(run.business_id, conversation, context))
        elif action.calls_ports:
            object.__setattr__(context, "ports", OWN_WORDS)
        return context

    def _window(self, conversation: Conversation | None) -> tuple[datetime | None, bool]:
        """(when automation may not write any more, whether it may now)."""
        if conversation is None:
            return None, False
        provider = self._core.registry.channels.find(conversation.provider)
        windows = provider.capabilities.windows if provider else Windows(reply=None)
        allowed = conversation.allows(windows, self._core.clock.now())
        is_open = allowed.right is Right.ANYBODY
        return (allowed.until if is_open else None), is_open

    def _settings_of(self, run: Run, step: Mapping[str, Any], action: ActionType) -> dict[str, Any]:
        """A step's settings as its schema reads them: once, as a published version never changes. A step has a copy."""
        key = (run.business_id, run.version_id, step["id"])
        found = self._settings.get(key)
        if found is None:
            if len(self._settings) >= MAX_SETTINGS:
                self._settings.clear()
            found = self._settings[key] = settings_of(action.settings, step.get("settings") or {})
        return own_copy(found)

"""Taking webhooks in: verify the raw bytes, parse, keep every event in one transaction, then answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.business import Connection
from salespilots.domain.errors import NotFound
from salespilots.domain.inbox import InboxRow, InboxState, lane_of
from salespilots.ports.channel import Attachment, Inbound, Subject
from salespilots.ports.errors import BadSignature
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.settings import PluginSettings
from salespilots.ports.storage import SystemUnitOfWork
from salespilots.ports.webhook import WebhookRequest
from salespilots.services.connections import Connections
from salespilots.services.core import Core
from salespilots.services.messaging.adoption import adopt
from salespilots.services.messaging.content import dump_value
from salespilots.services.messaging.intake import Bell, Intake, Known

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a webhook body; a larger one is refused unread. A thousand events, the most that Meta puts into one POST, are
about 0.4 MB as people write, and 6.2 MB when each is a thousand letters of Devanagari, of which each comes as six bytes."""


def load_inbound(payload: dict[str, Any]) -> Inbound:
    """The port value of an inbox row."""
    values = dict(payload)
    values["sent_at"] = datetime.fromisoformat(values["sent_at"])
    values["attachments"] = tuple(Attachment(**one) for one in values.get("attachments", ()))
    values["subject"] = Subject(**values["subject"]) if values.get("subject") else None
    return Inbound(**values)


def load_payment_event(payload: dict[str, Any]) -> PaymentEvent:
    """The port value of an inbox row."""
    values = dict(payload)
    values["occurred_at"] = datetime.fromisoformat(values["occurred_at"])
    return PaymentEvent(**values)


class InboxService:
    """The way in, for webhooks and for the practice parts."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core = core
        self._connections = connections
        self._instance: dict[str, Any] = {}
        self._intake, self._bell = Intake(core.storage), Bell(core.doorbell)

    # --- webhooks ----------------------------------------------------------------------------------------

    def handshake(self, provider_key: str, request: WebhookRequest, endpoint_token: str | None = None) -> str | None:
        """A channel's subscription request: the text to echo, or None to refuse."""
        webhooks, _ = self._channel_webhooks(provider_key, endpoint_token)
        return webhooks.handshake(request)

    def accept_channel(self, provider_key: str, request: WebhookRequest, endpoint_token: str | None = None) -> int:
        """Verify, parse and keep a channel's events. Returns how many were new.

        Without a token the installation's own settings verify, and the account in each event names the shop; with a
        token the shop's settings do, and every event must be of its account. Raises `BadSignature` (nothing read,
        nothing kept), `ValueError` for a body that is not the provider's, `NotFound` for an unknown address.
        """
        webhooks, owner = self._channel_webhooks(provider_key, endpoint_token)
        webhooks.verify(request)
        events = webhooks.parse(request)
        if owner is None:
            return self.keep_channel(provider_key, events)
        known = owner.account_ref
        return self.keep_channel(
            provider_key,
            [one for one in events if known is None or one.account_ref == known],
            owner.business_id,
            endpoint=f"channel:{provider_key}:{owner.id}",
        )

    def keep_channel(
        self, provider_key: str, events: Sequence[Inbound], business_id: str | None = None, *, endpoint: str = ""
    ) -> int:
        """Keep parsed events: each goes to the shop that connected its account, in one insert."""
        now = self._core.clock.now()
        if not events:
            return 0
        provider = self._core.registry.channels.find(provider_key)
        settling = provider.capabilities.settling if provider else timedelta(0)
        made = [
            InboxRow(
                endpoint=endpoint or f"channel:{provider_key}", event_id=one.event_id[:500], port="channel",
                provider=provider_key, lane=lane_of(provider_key, one.account_ref, one.customer_ref), kind=one.kind,
                payload=dump_value(one), sent_at=one.sent_at, received_at=now,
                next_at=now + settling if settling else None,
            )
            for one in events
        ]  # fmt: skip

        def rows(system: SystemUnitOfWork, known: Known) -> list[InboxRow]:
            owners = {
                account: business_id or self._owner(system, known, provider_key, account)
                for account in {one.account_ref for one in events}
            }
            for row, one in zip(made, events, strict=True):
                row.business_id = owners[one.account_ref]
                row.state = InboxState.NEW if row.business_id else InboxState.UNROUTED
            return made

        new = self._intake.keep(rows)
        self._ring(new, settling)
        if any(row.state is InboxState.UNROUTED for row in new):
            self._connected_meanwhile(provider_key, {one.account_ref for one in events if one.account_ref})
        return len(new)

    def _connected_meanwhile(self, provider_key: str, accounts: set[str]) -> None:
        """A shop that connected an account while its first events were stored has them, too."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            owners = {account: self._owner(system, {}, provider_key, account) for account in accounts}
        for account, owner in owners.items():
            if owner:
                adopt(self._core, owner, provider_key, account)

    def accept_payments(self, provider_key: str, endpoint_token: str, request: WebhookRequest) -> int:
        """The same for a shop's payment webhooks, found by the token in the address. Raises `NotFound`."""
        provider = self._core.registry.payments.find(provider_key)
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.connections.find(endpoint_token=endpoint_token)
        if provider is None or provider.webhooks is None or found is None or found.provider != provider_key:
            raise NotFound("There is no such webhook address.")
        webhooks = provider.webhooks(self._connections.settings_for(found.business_id, provider))
        webhooks.verify(request)
        return self.keep_payments(found.business_id, provider_key, webhooks.parse(request), found)

    def keep_payments(
        self,
        business_id: str,
        provider_key: str,
        events: Sequence[PaymentEvent],
        connection: Connection | None = None,
        *,
        later: timedelta = timedelta(0),
    ) -> int:
        """Keep verified payment events of one shop; they are handled at once, or ``later`` from now."""
        now = self._core.clock.now()
        endpoint = f"payments:{provider_key}:{connection.id if connection else business_id}"
        rows = [
            InboxRow(
                endpoint=endpoint, event_id=one.event_id[:500], port="payments", provider=provider_key,
                lane=f"payments:{provider_key}:{one.reference or one.link_ref or one.payment_ref}"[:500], kind=one.kind,
                payload=dump_value(one), sent_at=one.occurred_at, received_at=now, business_id=business_id,
                next_at=now + later if later else None,
            )
            for one in events
        ]  # fmt: skip
        if not rows:
            return 0
        new = self._intake.keep(lambda system, known: rows)
        self._ring(new, later)
        return len(new)

    def _owner(self, system: SystemUnitOfWork, known: Known, provider_key: str, account_ref: str) -> str | None:
        key = (provider_key, account_ref)
        if key not in known:
            found = system.connections.find(provider=provider_key, account_ref=account_ref) if account_ref else None
            known[key] = found.business_id if found and found.enabled else None
        return known[key]

    def _channel_webhooks(self, provider_key: str, endpoint_token: str | None) -> tuple[Any, Connection | None]:
        provider = self._core.registry.channels.find(provider_key)
        if provider is None or provider.webhooks is None:
            raise NotFound("There is no such webhook address.")
        if endpoint_token is not None:
            with self._core.storage.system_unit_of_work(read_only=True) as system:
                found = system.connections.find(endpoint_token=endpoint_token)
            if found is None or found.provider != provider_key or not found.enabled:
                raise NotFound("There is no such webhook address.")
            return provider.webhooks(self._connections.settings_for(found.business_id, provider)), found
        if provider.instance_settings is None:
            raise NotFound("There is no such webhook address.")
        if provider.key not in self._instance:  # the environment does not change while we run
            settings = PluginSettings(
                provider=provider.key,
                business_id="",
                instance=self._connections.instance_settings(provider),
                base_url=self._core.base_url,
            )
            self._instance[provider.key] = provider.webhooks(settings)
        return self._instance[provider.key], None

    def _ring(self, rows: Sequence[InboxRow], later: timedelta = timedelta(0)) -> None:
        self._bell.ring(list(dict.fromkeys(row.lane for row in rows if row.state is InboxState.NEW)), later)


__all__ = ["BadSignature", "InboxService", "load_inbound", "load_payment_event"]

"""Between the port and the client: our values in, the service's words out, and back."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from salespilots.ports.channel import (
    ChannelCapabilities,
    CustomerProfile,
    Health,
    Inbound,
    Outbound,
    Receipt,
    SentMessage,
    Text,
)
from salespilots.ports.errors import BadSignature, OutcomeUnknown, PortError, Unsupported
from salespilots.ports.settings import PluginSettings
from salespilots.ports.webhook import WebhookRequest
from salespilots_channel_echo.client import PROVIDER, EchoClient

CAPABILITIES = ChannelCapabilities(
    reply_window=None, max_text_bytes=2000, content=frozenset({"text"}), echoes_own_messages=False
)


class EchoChannel:
    """One shop's account at the echo service."""

    def __init__(self, client: EchoClient) -> None:
        self._client = client

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> EchoChannel:
        """Built from what the shop filled in."""
        return cls(EchoClient(settings["base_url"], settings["account"], settings["secret"]))

    def send(self, message: Outbound) -> Receipt:
        """Send once; `OutcomeUnknown` when it may have been taken."""
        if not isinstance(message.content, Text):
            raise Unsupported(provider=PROVIDER, reason="text_only")
        words = {"to": message.recipient_ref, "text": message.content.text}
        answer = self._client.call("POST", "/messages", words, message.begin)
        if not isinstance(answer.get("id"), str):
            raise OutcomeUnknown(provider=PROVIDER, reason="strange_answer")
        return Receipt(provider_ref=answer["id"])

    def profile(self, customer_ref: str) -> CustomerProfile:
        """The echo service knows nobody."""
        raise Unsupported(provider=PROVIDER, reason="no_profiles")

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        """The echo service keeps nothing."""
        raise Unsupported(provider=PROVIDER, reason="no_history")

    def check(self) -> Health:
        """Whether the service takes the secret."""
        try:
            self._client.call("GET", "/account")
        except PortError as error:
            return Health(ok=False, detail=error.user_action or "The echo service does not answer.")
        return Health(ok=True, detail="The echo service answers.")


class EchoWebhooks:
    """What the echo service posts to us: ``X-Echo-Signature`` is the hex HMAC-SHA256 of the raw body."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> EchoWebhooks:
        """Built from the shop's settings: each shop has its own webhook address and secret."""
        return cls(settings.get("secret", ""))

    def handshake(self, request: WebhookRequest) -> str | None:
        """The echo service does not ask before it posts."""
        return None

    def verify(self, request: WebhookRequest) -> None:
        """Raise `BadSignature` unless the raw bytes are signed. An empty secret signs nothing."""
        expected = hmac.new(self._secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.header("X-Echo-Signature").encode("utf-8", "replace")
        if not self._secret or not hmac.compare_digest(expected.encode(), given):
            raise BadSignature(provider=PROVIDER)

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Every event of the body."""
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("events"), list):
            raise ValueError("not an echo webhook")
        account = str(body.get("account", ""))
        return [_inbound(account, one) for one in body["events"] if isinstance(one, dict)]


def _inbound(account: str, event: dict[str, Any]) -> Inbound:
    ref = str(event.get("id", ""))
    return Inbound(
        event_id=f"{ref}:{event.get('type')}",  # equal whenever the service tells us again
        account_ref=account,
        kind="message" if event.get("type") == "message" else "other",
        sent_at=datetime.fromtimestamp(event["at"] if isinstance(event.get("at"), int) else 0, UTC),
        customer_ref=str(event.get("from", "")),
        message_ref=ref,
        text=event["text"] if isinstance(event.get("text"), str) else "",
        raw=event,
    )

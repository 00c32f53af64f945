"""The incoming side: who may post, and what the body says.

Source of a protocol fact: Meta, "Set up Webhooks Subscriptions".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from salespilots.ports.channel import Inbound
from salespilots.ports.errors import BadSignature
from salespilots.ports.settings import PluginSettings
from salespilots.ports.webhook import WebhookRequest
from salespilots_channel_instagram.parsing import parse_body
from salespilots_channel_instagram.problems import PROVIDER

PREFIX = "sha256="


class InstagramWebhooks:
    """One Meta app for all shops: the secret is the installation's. ``repr`` shows none of them."""

    def __init__(self, secrets: Sequence[str], verify_token: str, app_id: str = "") -> None:
        self._secrets = tuple(one.encode() for one in secrets)
        self._verify_token, self._app_id = verify_token, app_id

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> InstagramWebhooks:
        """Built from the installation's settings; several secrets stand with commas between them."""
        given = settings.instance.get("app_secret") or ""
        secrets = [one.strip() for one in given.split(",") if one.strip()]
        return cls(secrets, settings.instance.get("verify_token") or "", settings.instance.get("app_id") or "")

    def handshake(self, request: WebhookRequest) -> str | None:
        """The challenge exactly as received, for a subscription with our verify token; else None."""
        given = request.query.get("hub.verify_token", "").encode("utf-8", "replace")
        fits = hmac.compare_digest(given, self._verify_token.encode("utf-8", "replace"))
        if not self._verify_token or not fits or request.query.get("hub.mode") != "subscribe":
            return None
        return request.query.get("hub.challenge") or None

    def verify(self, request: WebhookRequest) -> None:
        """Raise `BadSignature` unless one of the secrets signed the raw bytes. No secret refuses everything."""
        given = request.header("X-Hub-Signature-256")
        digest = given.removeprefix(PREFIX).encode("utf-8", "replace") if given.startswith(PREFIX) else b""
        fits = False
        for secret in self._secrets:
            expected = hmac.new(secret, request.body, hashlib.sha256).hexdigest().encode()
            fits |= hmac.compare_digest(expected, digest)
        if not fits:
            raise BadSignature(provider=PROVIDER, reason="bad_signature" if self._secrets else "no_app_secret")

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Every event of the body. Raises `ValueError` if it is not Meta's JSON."""
        return parse_body(request.json(), self._app_id)

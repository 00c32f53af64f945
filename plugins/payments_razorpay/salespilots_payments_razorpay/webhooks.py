"""What Razorpay posts: signed with the shop's webhook secret, at least once, in any order.

One payment on a link is told by several events (authorized, captured, order.paid, payment_link.paid): each becomes an
event here, all with the same ``payment_ref``, by which the core books it once. Source of a protocol fact: Razorpay,
"Webhooks: Validate and Test" and "Webhooks: Payloads".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from salespilots.ports.errors import BadSignature
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.settings import PluginSettings
from salespilots.ports.webhook import WebhookRequest
from salespilots_payments_razorpay.figures import PROVIDER, whole

KINDS = {
    "payment.authorized": "authorised",
    "payment.captured": "captured",
    "payment.failed": "failed",
    "order.paid": "captured",
    "payment_link.paid": "captured",
    "payment_link.partially_paid": "captured",
    "payment_link.cancelled": "link_cancelled",
    "payment_link.expired": "link_expired",
    "refund.created": "refund_created",
    "refund.processed": "refund_processed",
    "refund.failed": "refund_failed",
}
EVENTS = tuple(KINDS)
"""What to tick in Razorpay's webhook form."""


class RazorpayWebhooks:
    """The incoming side of one shop. ``repr`` shows no secret."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(one.encode() for one in secrets if one)

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> RazorpayWebhooks:
        """Built from the shop's settings: repeats after a change of the secret still carry the previous one."""
        return cls([settings.get("webhook_secret", ""), settings.get("webhook_secret_previous", "")])

    def verify(self, request: WebhookRequest) -> None:
        """Raise `BadSignature` unless the raw bytes are signed. No secret refuses everything."""
        given = request.header("X-Razorpay-Signature").encode("utf-8", "replace")
        fits = False
        for secret in self._secrets:
            expected = hmac.new(secret, request.body, hashlib.sha256).hexdigest().encode()
            fits |= hmac.compare_digest(expected, given)
        if not fits:
            raise BadSignature(provider=PROVIDER)

    def parse(self, request: WebhookRequest) -> Sequence[PaymentEvent]:
        """The event of the body. Raises `ValueError` if it is not Razorpay's JSON."""
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("event"), str):
            raise ValueError("not a webhook of Razorpay")
        if not isinstance(body.get("payload"), dict):
            raise ValueError("a webhook of Razorpay without payload")
        return [_event(body, _event_id(request))]


def _event_id(request: WebhookRequest) -> str:
    """Razorpay's own id, equal on repeats; without it the body's hash."""
    given = request.header("x-razorpay-event-id")
    if given and len(given) <= 100 and given.isascii() and given.isprintable():
        return given
    return hashlib.sha256(request.body).hexdigest()


def _event(body: dict[str, Any], event_id: str) -> PaymentEvent:
    payment, link, order, refund = (_entity(body, name) for name in ("payment", "payment_link", "order", "refund"))
    kind = KINDS.get(body["event"], "other")
    money = refund if kind.startswith("refund_") else link if kind.startswith("link_") else payment
    amount = money.get("amount")
    payment_ref = _text(payment.get("id")) or _text(refund.get("payment_id"))
    needed = _text(refund.get("id")) if kind.startswith("refund_") else payment_ref
    if kind != "other" and not kind.startswith("link_") and not (needed and whole(amount)):
        kind = "other"  # nothing that could be booked
    return PaymentEvent(
        event_id=event_id,
        kind=kind,
        occurred_at=_moment(body.get("created_at"))
        or _moment(money.get("created_at"))
        or datetime(1970, 1, 1, tzinfo=UTC),
        reference=_text(link.get("reference_id")) or _note(payment) or _note(order) or _note(refund),
        link_ref=_text(link.get("id")),
        payment_ref=payment_ref,
        amount_paise=amount if whole(amount) else 0,
        currency=_text(money.get("currency")) or "INR",
        method=_text(payment.get("method")),
        account_ref=_text(body.get("account_id")),
        refund_ref=_text(refund.get("id")),
        raw=body,
    )


def _entity(body: dict[str, Any], name: str) -> dict[str, Any]:
    outer = body["payload"].get(name)
    inner = outer.get("entity") if isinstance(outer, dict) else None
    return inner if isinstance(inner, dict) else {}


def _note(entity: dict[str, Any]) -> str:
    """Our reference from the notes, which are an object, a list or null."""
    notes = entity.get("notes")
    return _text(notes.get("reference")) if isinstance(notes, dict) else ""


def _moment(value: Any) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if whole(value) and value > 0 else None


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""

"""One shop's Razorpay account: the payments port in Razorpay's words.

Source of a protocol fact: Razorpay, "Payment Links" and "Refunds". Amounts are integers in paise on both sides. There
is no idempotency key for a link: our unique reference is the key.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from salespilots.ports.channel import Health
from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, Rejected, Unavailable
from salespilots.ports.payments import PaymentFact, PaymentLink, PaymentRequest, RefundRequest, RefundResult
from salespilots.ports.settings import PluginSettings
from salespilots_payments_razorpay.client import RazorpayClient
from salespilots_payments_razorpay.figures import PROVIDER, whole
from salespilots_payments_razorpay.settings import is_test_key

SHORTEST = 16 * 60
"""Seconds a link lives at least: Razorpay wants fifteen minutes, and clocks differ."""
LONGEST = 180 * 24 * 3600

_STATES = {"partially_paid": "part_paid", "paid": "paid", "cancelled": "cancelled", "expired": "expired"}
_FACTS = {"captured": "captured", "authorized": "authorised", "failed": "failed", "refunded": "captured"}
_PHONE = re.compile(r"^\+?[0-9]{8,14}$")
_NAME = re.compile(r"^[A-Za-z][A-Za-z .'-]{2,49}$")
_ID = re.compile(r"^[A-Za-z0-9_]{1,60}$")


class RazorpayPayments:
    """Links and refunds of one account. Holds no state: safe on several threads."""

    def __init__(self, client: RazorpayClient, key_id: str, now: Callable[[], float] = time.time) -> None:
        self._client, self._key_id, self._now = client, key_id, now

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> RazorpayPayments:
        """Built from the shop's keys and the installation's address of Razorpay."""
        url = settings.instance.get("url") or "https://api.razorpay.com"
        return cls(RazorpayClient(url, settings["key_id"], settings["key_secret"]), settings["key_id"])

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        """Make a link, or give the one that has our reference already."""
        try:
            made = self._client.create_link(self._link_body(request))
        except Rejected as error:
            found = self.find_link(request.reference)  # a reference that was used before is refused
            if found is None:
                raise
            if (found.amount_paise, found.currency) != (request.amount_paise, request.currency):
                raise Rejected(provider=PROVIDER, reason="reference_taken") from error
            return found
        return _link(made, writes=True)

    def _link_body(self, request: PaymentRequest) -> dict[str, Any]:
        now = int(self._now())
        expires = min(max(int(request.expires_at.timestamp()), now + SHORTEST), now + LONGEST)
        body: dict[str, Any] = {
            "amount": request.amount_paise, "currency": request.currency, "accept_partial": False,
            "description": " ".join(request.description.split())[:255], "reference_id": request.reference,
            "expire_by": expires, "reminder_enable": False, "notify": {"sms": False, "email": False},
            # Events about the payment carry the notes, not the reference.
            "notes": {"reference": request.reference, "order": request.order_number},
        }  # fmt: skip
        customer = {}
        if _NAME.match(request.customer_name):
            customer["name"] = request.customer_name
        if _PHONE.match(request.customer_phone):
            customer["contact"] = request.customer_phone
        if customer:
            body["customer"] = customer
        if _public(request.return_url):
            body |= {"callback_url": request.return_url, "callback_method": "get"}
        return body

    def find_link(self, reference: str) -> PaymentLink | None:
        """The link with our reference, with its payments, or None."""
        rows = [one for one in self._client.list_links(reference_id=reference) if one.get("reference_id") == reference]
        if not rows:
            return None
        row = next((one for one in rows if one.get("status") in ("paid", "partially_paid")), rows[0])
        if row.get("status") in ("paid", "partially_paid") and not row.get("payments"):
            return self.fetch_link(str(row.get("id")))  # a list may leave the payments out
        return _link(row, writes=False)

    def fetch_link(self, link_ref: str) -> PaymentLink:
        """The link by Razorpay's id, with its payments."""
        if not _ID.match(link_ref):
            raise Rejected(provider=PROVIDER, reason="not_found")
        link = _link(self._client.fetch_link(link_ref), writes=False)
        return dataclasses.replace(link, payments=tuple(self._with_refunds(one) for one in link.payments))

    def _with_refunds(self, fact: PaymentFact) -> PaymentFact:
        """A link lists its payments without what was given back of them."""
        if fact.state != "captured" or not _ID.match(fact.payment_ref):
            return fact
        back = self._client.fetch_payment(fact.payment_ref).get("amount_refunded")
        return dataclasses.replace(fact, refunded_paise=back) if whole(back) else fact

    def cancel_link(self, link_ref: str) -> PaymentLink:
        """Stop a link; its true state when it was paid, expired or cancelled before."""
        if not _ID.match(link_ref):
            raise Rejected(provider=PROVIDER, reason="not_found")
        try:
            return _link(self._client.cancel_link(link_ref), writes=True)
        except Rejected:
            return self.fetch_link(link_ref)

    def refund(self, request: RefundRequest) -> RefundResult:
        """Give money back, once per idempotency key."""
        if not _ID.match(request.payment_ref):
            raise Rejected(provider=PROVIDER, reason="not_found")
        key = f"sp-{hashlib.sha256(request.idempotency_key.encode()).hexdigest()[:40]}"
        body: dict[str, Any] = {"amount": request.amount_paise, "speed": "normal"}
        if request.reason:
            body["notes"] = {"reason": request.reason[:200]}
        made = self._client.refund(request.payment_ref, body, key)
        return _refund(made, OutcomeUnknown)

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        """How far a refund is."""
        if not _ID.match(refund_ref):
            raise Rejected(provider=PROVIDER, reason="not_found")
        return _refund(self._client.fetch_refund(refund_ref), Unavailable)

    def check(self) -> Health:
        """A cheap call that needs the keys."""
        mode = "test" if is_test_key(self._key_id) else "live"
        try:
            self._client.list_links(count=1)
        except PortError as error:
            if isinstance(error, AuthFailed):
                return Health(ok=False, detail="Razorpay does not take this key id and secret. Check both.")
            said = "Razorpay cannot be reached at the moment; try again in a minute."
            return Health(ok=False, detail=said if error.retryable else f"Razorpay refused: {error.reason}.")
        detail = "The keys work." if mode == "live" else "The keys work. They are test keys: no real money moves."
        return Health(ok=True, detail=detail, facts={"mode": mode})


def _refund(row: dict[str, Any], unclear: type[PortError]) -> RefundResult:
    if not isinstance(row.get("id"), str) or not row["id"]:
        raise unclear(provider=PROVIDER, reason="strange_answer")
    state = row.get("status")
    return RefundResult(refund_ref=row["id"], state=state if state in ("processed", "failed") else "pending")


def _link(row: dict[str, Any], *, writes: bool) -> PaymentLink:
    """Razorpay's link as ours; an answer without the needed parts is no clear answer."""
    ref, url, amount = row.get("id"), row.get("short_url"), row.get("amount")
    if not (
        isinstance(ref, str)
        and ref
        and isinstance(url, str)
        and url.startswith(("https://", "http://"))
        and whole(amount)
    ):
        raise (OutcomeUnknown if writes else Unavailable)(provider=PROVIDER, reason="strange_answer")
    payments = row.get("payments")
    payments = [payments] if isinstance(payments, dict) else payments if isinstance(payments, list) else []
    return PaymentLink(
        link_ref=ref,
        reference=str(row.get("reference_id") or ""),
        url=url,
        amount_paise=amount,
        state=_STATES.get(str(row.get("status")), "created"),
        currency=str(row.get("currency") or "INR"),
        payments=tuple(_fact(one, row) for one in payments if isinstance(one, dict) and one.get("payment_id")),
    )


def _fact(one: dict[str, Any], link: dict[str, Any]) -> PaymentFact:
    amount = one.get("amount")
    return PaymentFact(
        payment_ref=str(one["payment_id"]),
        state=_FACTS.get(str(one.get("status")), "created") if whole(amount) else "created",
        amount_paise=amount if whole(amount) else 0,
        currency=str(one.get("currency") or link.get("currency") or "INR"),
        method=str(one.get("method") or ""),
        occurred_at=datetime.fromtimestamp(one["created_at"], UTC) if whole(one.get("created_at")) else None,
    )


def _public(url: str) -> bool:
    """Whether a customer's phone could open it: Razorpay refuses addresses of a machine of our own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost", ".test"))

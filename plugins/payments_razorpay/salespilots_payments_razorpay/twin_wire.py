"""Razorpay's words: its errors, its signed webhooks, what it refuses, and the page behind a link."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from typing import Any

from salespilots.testing.twin import Reply

OFF = {
    "429": (429, "BAD_REQUEST_ERROR", "rate_limited", "Too many requests"),
    "500": (500, "SERVER_ERROR", "server_error", "We are facing some trouble"),
    "token_expired": (401, "BAD_REQUEST_ERROR", "NA", "Authentication failed"),
    "400": (400, "BAD_REQUEST_ERROR", "input_validation_failed", "The field is invalid"),
}


def refused(status: int, code: str, reason: str, words: str) -> Reply:
    """An error as Razorpay sends it."""
    error = {"code": code, "description": words, "source": "business", "step": "NA", "reason": reason, "metadata": {}}
    return Reply(status, {"error": error})


def bad(reason: str, words: str) -> Reply:
    """A 400."""
    return refused(400, "BAD_REQUEST_ERROR", reason, words)


def signed_event(secret: str, event: dict[str, Any], event_id: str) -> tuple[bytes, dict[str, str]]:
    """(bytes, headers) of one webhook."""
    body = json.dumps(event, separators=(",", ":")).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}


def wrong_with(data: dict[str, Any], now: int) -> str:
    """What Razorpay would complain about in a new link, or nothing."""
    amount, notes = data.get("amount"), data.get("notes") or {}
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 100:
        return "amount must be an integer of at least 100"
    if len(data.get("reference_id") or "") > 40:
        return "reference_id may not be longer than 40 characters"
    if "expire_by" in data and data["expire_by"] < now + 15 * 60:
        return "expire_by should be at least 15 minutes ahead"
    if bool(data.get("callback_url")) != bool(data.get("callback_method")):
        return "callback_url and callback_method go together"
    if len(notes) > 15 or any(len(str(one)) > 255 for one in notes.values()):
        return "notes are too long"
    return ""


def page_of(link: dict[str, Any]) -> str:
    """The hosted page, with a button while the link is open."""
    rupees = f"{link['amount'] // 100}.{link['amount'] % 100:02d}"
    pay = '<form method="post"><button>Pay</button></form>' if link["status"] == "created" else ""
    return (
        '<!doctype html><meta name="viewport" content="width=device-width"><title>Pay</title>'
        f"<h1>{html.escape(link['description'])}</h1><p>Rs {rupees}, {link['status']}</p>{pay}"
    )

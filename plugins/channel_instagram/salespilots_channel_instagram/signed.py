"""Meta's signed requests: somebody took the app off their account, or wants what came from it deleted.

Source of a protocol fact: Meta, "Data Deletion Request Callback": ``base64url(signature).base64url(json)`` without padding,
the signature is the HMAC-SHA256 of the encoded second part with the app secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from salespilots.ports.channel_account import SignedNotice
from salespilots.ports.errors import BadSignature
from salespilots_channel_instagram.problems import PROVIDER

LONGEST = 8192
AHEAD = timedelta(days=1)
"""So far may Meta's clock be ahead of ours."""


def read_signed(signed: str, secrets: Sequence[bytes], now: datetime) -> SignedNotice:
    """The notice, when one of the secrets signed it. Raises `BadSignature`, or `ValueError` for what Meta never sends."""
    if not signed or len(signed) > LONGEST or not signed.isascii() or signed.count(".") != 1:
        raise ValueError("not a signed request")
    given, payload = signed.split(".")
    signature = _bytes_of(given)
    fits = False
    for secret in secrets:
        expected = hmac.new(secret, payload.encode(), hashlib.sha256).digest()
        fits |= hmac.compare_digest(expected, signature)
    if not fits:
        raise BadSignature(provider=PROVIDER, reason="bad_signature" if secrets else "no_app_secret")
    try:
        value = json.loads(_bytes_of(payload).decode())
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(value, dict) or value.get("algorithm") not in ("HMAC-SHA256", "hmac-sha256"):
        raise ValueError("another algorithm")
    return SignedNotice(login_ref=_user(value.get("user_id")), issued_at=_issued(value.get("issued_at"), now))


def _bytes_of(text: str) -> bytes:
    """Strictly: characters of another alphabet would be skipped otherwise."""
    text = text.rstrip("=")
    if not text or not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError("not base64url")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None


def _user(value: Any) -> str:
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 40):
        raise ValueError("no user")
    return text


def _issued(value: Any, now: datetime) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise ValueError("no time")
    at = datetime.fromtimestamp(value, UTC)
    if at > now + AHEAD:
        raise ValueError("issued in the future")
    return at

"""Meta's error codes as the errors of the port. Decided on code and subcode, never on the words.

Source of a protocol fact: Meta, "Error Codes" of the Messenger Platform and of the Instagram Platform, and
"Rate Limits" of the Graph API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, RateLimited, Rejected, Unavailable

PROVIDER = "instagram"

RECONNECT = "Generate a new access token for this account in Meta's dashboard and connect Instagram again."
ALLOW_ACCESS = (
    "In the Instagram app open Settings, Messages, Connected tools, and switch on Allow access to messages; then test "
    "the connection."
)
OTHER_APP = "Another app owns this chat in Meta's conversation routing; make this app the default one, or answer there."
RESTRICTED = "Instagram has restricted this account; open Account status in the Instagram app to see why."
IN_REVIEW = (
    "Meta's app is not Live or not approved for this account yet; finish App Review or add the account as tester."
)
PERMISSION = "The token lacks a permission; allow messages for this app when you generate the token."

# (code, subcode) or (code, None): (class, reason, what the owner can do)
_KNOWN: dict[tuple[int, int | None], tuple[type[PortError], str, str | None]] = {
    (190, None): (AuthFailed, "token_expired", RECONNECT),
    (102, None): (AuthFailed, "token_expired", RECONNECT),
    (200, 2534041): (AuthFailed, "message_access_off", ALLOW_ACCESS),
    (10, 2534022): (Rejected, "reply_window_closed", None),
    (10, 2018278): (Rejected, "reply_window_closed", None),
    (10, 2018065): (Rejected, "reply_window_closed", None),
    (10, 2018300): (Rejected, "other_app_owns_thread", OTHER_APP),
    (100, 2534037): (Rejected, "other_app_owns_thread", OTHER_APP),
    (10, 1893063): (Rejected, "account_restricted", RESTRICTED),
    (368, None): (Rejected, "account_restricted", RESTRICTED),
    (100, 2534029): (Rejected, "account_restricted", RESTRICTED),
    (10, 2018108): (Rejected, "recipient_unavailable", None),
    (551, None): (Rejected, "recipient_unavailable", None),
    (200, 1545041): (Rejected, "recipient_unavailable", None),
    (200, 2018028): (Rejected, "app_not_approved", IN_REVIEW),
    (200, 2018027): (Rejected, "app_not_approved", IN_REVIEW),
    (100, 2534014): (Rejected, "recipient_unknown", None),
    (100, 2018001): (Rejected, "recipient_unknown", None),
    (100, 2534001): (Rejected, "thread_gone", None),
    (100, 2534025): (Rejected, "already_replied", None),
    (10900, None): (Rejected, "already_replied", None),
    (10903, None): (Rejected, "cannot_reply", None),
    (230, None): (Rejected, "no_consent", None),
    (9000001, None): (Rejected, "message_gone", None),
    (36103, None): (Rejected, "account_not_eligible", "Switch the account to a professional account in the Instagram app."),
    (613, 2018338): (Rejected, "bothers_customer", None),
    (10, None): (Rejected, "permission_missing", PERMISSION),
    (3, None): (Rejected, "permission_missing", PERMISSION),
    (200, None): (Rejected, "permission_missing", PERMISSION),
    (2500, None): (Rejected, "bad_request", None),
    (100, None): (Rejected, "bad_request", None),
}  # fmt: skip
_BAD_CONTENT = frozenset({2534015, 2018008, 2018047, 2018109, 2018294, 2018074})
_RATE = frozenset({4, 17, 32, 613, *range(80001, 80015)})
_SENT_ALTHOUGH = (1, 1357046)


def unclear(sending: bool, reason: str, **details: Any) -> PortError:
    """No usable answer: a send may have been taken, a read can simply be repeated."""
    return (OutcomeUnknown if sending else Unavailable)(provider=PROVIDER, reason=reason, **details)


def answer_of(status: int, headers: Mapping[str, str], body: bytes, *, sending: bool) -> dict[str, Any]:
    """The JSON of a good answer. Raises the `PortError` that anything else means."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    error = value.get("error") if isinstance(value, dict) else None
    if error is not None:
        raise _of_error(status, headers, error if isinstance(error, dict) else {}, sending=sending)
    if status == 429:
        raise RateLimited(provider=PROVIDER, retry_after=wait_of(headers))
    if status >= 500 or status == 408:
        raise unclear(sending, f"http_{status}")
    if status == 401:
        raise AuthFailed(provider=PROVIDER, user_action=RECONNECT)
    if status >= 300:
        raise Rejected(provider=PROVIDER, reason=f"http_{status}")
    if not isinstance(value, dict):
        raise unclear(sending, "strange_answer")
    return value


def _of_error(status: int, headers: Mapping[str, str], error: dict[str, Any], *, sending: bool) -> PortError:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    details = {"graph_code": code, "subcode": subcode, "trace": str(error.get("fbtrace_id", ""))[:60]}
    if (code, subcode) == _SENT_ALTHOUGH:
        return unclear(sending, "sent_with_error", **details)
    if status == 429 or (code in _RATE and subcode != 2018338):
        return RateLimited(provider=PROVIDER, retry_after=wait_of(headers), **details)
    if code == 100 and subcode in _BAD_CONTENT:
        return Rejected(provider=PROVIDER, reason="bad_content", **details)
    known = _KNOWN.get((code, subcode)) or _KNOWN.get((code, None))
    if code in (1, 2) or error.get("is_transient") is True or (known is None and status >= 500):
        return unclear(sending, "provider_trouble", **details)
    if known is not None:
        kind, reason, action = known
        return kind(provider=PROVIDER, reason=reason, user_action=action, **details)
    if status == 401:
        return AuthFailed(provider=PROVIDER, user_action=RECONNECT, **details)
    return Rejected(provider=PROVIDER, reason=f"code_{code}" if code else f"http_{status}", **details)


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, when the answer says so: ``Retry-After``, or Meta's usage header in minutes."""
    given = headers.get("retry-after", "")
    if given.isascii() and given.isdigit():
        return min(float(given), 86_400.0)
    try:
        usage = json.loads(headers.get("x-business-use-case-usage", "") or "{}")
        minutes = [one["estimated_time_to_regain_access"] for rows in usage.values() for one in rows]
        longest = max((one for one in minutes if isinstance(one, (int, float))), default=0)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return min(longest * 60.0, 86_400.0) if longest > 0 else None

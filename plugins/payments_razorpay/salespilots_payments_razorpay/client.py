"""Razorpay's SDK, with what it leaves out: time limits, and the status and reason of an error.

The SDK keeps only an error's words and prints to stdout when a connection fails. Our session tells the port's errors
apart before the SDK sees them, and the SDK lets them through. Source of a protocol fact: Razorpay, "API Reference:
Errors" and "Payment Links".
"""

from __future__ import annotations

import http.cookiejar
import ipaddress
import os
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import razorpay
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, RateLimited, Rejected, Unavailable
from salespilots_payments_razorpay.figures import PROVIDER

CONNECT_TIMEOUT = 2.5
ANSWER_TIMEOUT = 6.5
"""Seconds for the answer to a call; with connecting it stays under the ten that the port allows."""
MAX_ANSWER = 2 * 1024 * 1024
RECONNECT = "Razorpay does not take these keys any more. Generate a new key in its dashboard and enter it here."

_NEVER_LEFT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
_pools: dict[tuple[int, str], HTTPAdapter] = {}
_lock = threading.Lock()
_here = threading.local()


def _pool(base_url: str) -> HTTPAdapter:
    """The process's one connection pool to a host; it is thread-safe, which a session is not promised to be."""
    key = (os.getpid(), base_url)
    with _lock:
        if key not in _pools:
            _pools[key] = HTTPAdapter(pool_connections=4, pool_maxsize=64, max_retries=0)
        return _pools[key]


def _session(base_url: str) -> CarefulSession:
    """This thread's session on the shared pool."""
    sessions: dict[tuple[int, str], CarefulSession] = _here.__dict__.setdefault("sessions", {})
    key = (os.getpid(), base_url)
    if key not in sessions:
        sessions[key] = CarefulSession(base_url)
    return sessions[key]


def is_loopback(url: str) -> bool:
    """Whether an address means this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class CarefulSession(requests.Session):
    """Time limits on every call, no cookies, no redirects, and the port's errors instead of the SDK's."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.trust_env = not is_loopback(base_url)
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self.mount("https://", _pool(base_url))
        self.mount("http://", _pool(base_url))

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """One request; anything but a good JSON object raises a `PortError`."""
        writes = method.upper() != "GET"
        limits = (min(CONNECT_TIMEOUT, ANSWER_TIMEOUT), ANSWER_TIMEOUT)
        options |= {"timeout": limits, "allow_redirects": False, "stream": True}
        deadline = time.monotonic() + sum(limits)
        try:
            with super().request(method, url, **options) as answer:
                body = bytearray()
                for chunk in answer.iter_content(65_536):
                    body += chunk
                    if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                        raise unclear(writes, "endless_answer")
                answer._content = bytes(body)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            # The chain is cut: the error carries the request, and with it the key.
            raise _on_the_way(error, writes) from None
        _check(answer, writes)
        return answer


def unclear(writes: bool, reason: str, **details: Any) -> PortError:
    """No usable answer: a change may have been made, a read can simply be repeated."""
    return (OutcomeUnknown if writes else Unavailable)(provider=PROVIDER, reason=reason, **details)


def _on_the_way(error: Exception, writes: bool) -> PortError:
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError)):
        return Unavailable(provider=PROVIDER, reason="no_connection")
    cause: Any = error.args[0] if error.args else None
    cause = getattr(cause, "reason", cause)
    if isinstance(cause, _NEVER_LEFT) or isinstance(
        error, (requests.exceptions.InvalidURL, requests.exceptions.ProxyError)
    ):
        return Unavailable(provider=PROVIDER, reason="no_connection")
    return unclear(writes, "no_answer", phase=type(error).__name__)


def _check(answer: requests.Response, writes: bool) -> None:
    """Raise what a refusal or a strange answer means; decided on status and reason, never on the words."""
    status = answer.status_code
    try:
        value = answer.json()
    except (ValueError, RecursionError):
        value = None
    if 200 <= status < 300 and isinstance(value, dict) and "error" not in value:
        return
    error = value.get("error") if isinstance(value, dict) else None
    error = error if isinstance(error, dict) else {}
    details = {"status": status, "field": str(error.get("field") or "")[:60]}
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        seconds = min(float(wait), 86_400.0) if wait.isascii() and wait.isdigit() else None
        raise RateLimited(provider=PROVIDER, retry_after=seconds, **details)
    if status == 401:
        raise AuthFailed(provider=PROVIDER, user_action=RECONNECT, **details)
    if status >= 500 or status == 408 or status < 300:
        raise unclear(writes, "strange_answer" if status < 300 else f"http_{status}", **details)
    if status == 409:  # the first call with this idempotency key still runs
        raise RateLimited(provider=PROVIDER, reason="in_progress", retry_after=5, **details)
    reason = error.get("reason")
    if not isinstance(reason, str) or not reason or reason == "NA":
        reason = "not_found" if status == 404 else f"http_{status}"
    raise Rejected(provider=PROVIDER, reason=reason[:60], **details)


class RazorpayClient:
    """Calls with one account's keys. ``repr`` shows none of them."""

    def __init__(self, url: str, key_id: str, key_secret: str) -> None:
        self._url, self._auth = url.rstrip("/"), (key_id, key_secret)

    def _sdk(self) -> razorpay.Client:
        """A client for this thread: the SDK's own object is light, the connections are shared."""
        return razorpay.Client(session=_session(self._url), auth=self._auth, base_url=self._url)

    def create_link(self, data: dict[str, Any]) -> dict[str, Any]:
        """POST /v1/payment_links."""
        return self._sdk().payment_link.create(data)

    def fetch_link(self, link_ref: str) -> dict[str, Any]:
        """GET /v1/payment_links/{id}."""
        return self._sdk().payment_link.fetch(link_ref, {})

    def list_links(self, **params: Any) -> list[dict[str, Any]]:
        """GET /v1/payment_links."""
        rows = self._sdk().payment_link.all(params).get("payment_links")
        if not isinstance(rows, list):
            raise Unavailable(provider=PROVIDER, reason="strange_answer")
        return [one for one in rows if isinstance(one, dict)]

    def cancel_link(self, link_ref: str) -> dict[str, Any]:
        """POST /v1/payment_links/{id}/cancel."""
        return self._sdk().payment_link.cancel(link_ref)

    def fetch_payment(self, payment_ref: str) -> dict[str, Any]:
        """GET /v1/payments/{id}."""
        return self._sdk().payment.fetch(payment_ref, {})

    def fetch_refund(self, refund_ref: str) -> dict[str, Any]:
        """GET /v1/refunds/{id}."""
        return self._sdk().refund.fetch(refund_ref, {})

    def refund(self, payment_ref: str, data: dict[str, Any], key: str) -> dict[str, Any]:
        """POST /v1/payments/{id}/refund, once per key."""
        return self._sdk().payment.refund(payment_ref, data, headers={"X-Refund-Idempotency": key})

"""HTTP to the echo service, and nothing else: one call, one answer or one `PortError`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import httpx

from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, RateLimited, Rejected, Unavailable

PROVIDER = "echo"
TIMEOUT = 8.0
"""Seconds to wait for an answer; with connecting it stays under the ten that the port allows."""

_clients: dict[tuple[int, str], httpx.Client] = {}
_lock = threading.Lock()


def http(base_url: str) -> httpx.Client:
    """The process's one connection pool to a host."""
    key = (os.getpid(), base_url)
    with _lock:
        if key not in _clients:
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=20)
            _clients[key] = httpx.Client(base_url=base_url, limits=limits, trust_env=False)
        return _clients[key]


def _right_before(begin: Callable[[], None]) -> Callable[[str, Any], None]:
    """Calls it when a connection is there and the request's first byte is next (httpcore, "Extensions": trace)."""

    def trace(event: str, info: Any) -> None:
        if event == "http11.send_request_headers.started":
            begin()

    return trace


class EchoClient:
    """Calls for one account."""

    def __init__(self, base_url: str, account: str, secret: str) -> None:
        self._base_url, self._account, self._secret = base_url, account, secret

    def call(
        self, method: str, path: str, json: dict[str, Any] | None = None, begin: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """One request. What went wrong is told apart by when: before it left, after, or in the answer. ``begin`` is called
        right before the first byte leaves."""
        try:
            answer = http(self._base_url).request(
                method,
                path,
                json=json,
                headers={"Authorization": f"Bearer {self._secret}", "X-Echo-Account": self._account},
                extensions={"trace": _right_before(begin)},
                timeout=httpx.Timeout(TIMEOUT, connect=min(TIMEOUT, 2.0), pool=min(TIMEOUT, 2.0)),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(provider=PROVIDER, reason="no_connection") from error  # nothing left this machine
        except httpx.TransportError as error:
            raise OutcomeUnknown(provider=PROVIDER, reason="no_answer") from error  # it left: it may have been taken
        return _read(answer)


def _read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON of a good answer; everything else as the error it means."""
    status = answer.status_code
    if status == 429:
        wait = answer.headers.get("retry-after", "")
        raise RateLimited(provider=PROVIDER, retry_after=float(wait) if wait.isdigit() else None)
    if status == 401:
        raise AuthFailed(provider=PROVIDER, user_action="Enter the secret of your echo account again.")
    if status >= 500:
        raise OutcomeUnknown(provider=PROVIDER, reason=f"http_{status}")
    try:
        body = answer.json()
    except ValueError:
        body = None
    if status >= 400:
        raise _refusal(status, body)
    if not isinstance(body, dict):
        raise OutcomeUnknown(provider=PROVIDER, reason="strange_answer")
    return body


def _refusal(status: int, body: Any) -> PortError:
    reason = body.get("reason") if isinstance(body, dict) else None
    return Rejected(provider=PROVIDER, reason=reason if isinstance(reason, str) else f"http_{status}")

"""HTTP to Meta for what concerns the account itself: tokens, subscriptions, menus. Everything here can be repeated.

Source of a protocol fact: Meta, "Business Login for Instagram", "Access Token" and "Refresh Access Token". These take the
app secret and the token in the address, so addresses are kept out of logs, and errors carry none.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import quote

import httpx

from salespilots.ports.errors import Rejected, Unavailable
from salespilots_channel_instagram.client import GRAPH_VERSION, OWN_HEADERS, GraphClient, _times, exchange
from salespilots_channel_instagram.problems import PROVIDER, answer_of


class BareAddresses(logging.Filter):
    """httpx writes the address of every call into its log: here without what stands behind the question mark."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        if isinstance(record.args, tuple):
            record.args = tuple(one.copy_with(query=None) if isinstance(one, httpx.URL) else one for one in record.args)
        return True


logging.getLogger("httpx").addFilter(BareAddresses())


class AccountClient(GraphClient):
    """Changes of an account's own things, with its token."""

    def until(self, ends: float) -> AccountClient:
        """The same, given up at a time."""
        return AccountClient(self._base_url, self._token, ends)

    def put(self, *path: str, json: dict[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """Set something to what it shall be. Raises a `PortError`."""
        return self._change("POST", path, json, params)

    def delete(self, *path: str, json: dict[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """Take something away. Raises a `PortError`."""
        return self._change("DELETE", path, json, params)

    def _change(
        self, method: str, path: tuple[str, ...], body: dict[str, Any] | None, params: dict[str, str]
    ) -> dict[str, Any]:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Unavailable(provider=PROVIDER, reason="no_answer")
        address = "/".join((self._base_url, GRAPH_VERSION, *(quote(one, safe="") for one in path)))
        more = {"json": body} if body is not None else {}
        request = httpx.Request(
            method, address, params=params, headers=self._headers(), extensions=_times(left), **more
        )
        answer = self._call(request)
        if answer.get("success") is False or answer.get("result") not in (None, "success"):
            raise Rejected(provider=PROVIDER, reason="not_done")
        return answer


def token_call(method: str, base_url: str, path: str, *, ends: float, **values: str) -> dict[str, Any]:
    """A call of the token endpoints: a form for POST, a query for GET. Raises a `PortError`.

    ``oauth/access_token`` has an error envelope of its own, ``{"error_type", "code", "error_message"}``: it is
    `Rejected` with reason ``code_refused``. What it says is not repeated: it may quote the code.
    """
    base_url, left = base_url.rstrip("/"), ends - time.monotonic()
    if left <= 0:
        raise Unavailable(provider=PROVIDER, reason="no_answer")
    given: dict[str, Any] = {"data": values} if method == "POST" else {"params": values}
    request = httpx.Request(method, f"{base_url}/{path}", headers=OWN_HEADERS, extensions=_times(left), **given)
    status, headers, body = exchange(base_url, request, ends=ends)
    if status < 500 and _own_error(body):
        raise Rejected(provider=PROVIDER, reason="code_refused")
    return answer_of(status, headers, body, sending=False)


def _own_error(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and ("error_type" in value or "error_message" in value) and "error" not in value

"""HTTP to Meta's Graph API, and nothing else.

Source of a protocol fact: Meta, "Send Messages with Instagram Login" and "Get Conversations". The token travels in the
``Authorization`` header, never in an address.
"""

from __future__ import annotations

import ipaddress
import math
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from salespilots.ports.errors import Rejected, Unavailable
from salespilots_channel_instagram.problems import PROVIDER, answer_of, unclear

GRAPH_VERSION = "v26.0"
CONNECT_TIMEOUT = 2.5
ANSWER_TIMEOUT = 6.5
"""Seconds for the answer to a call; with connecting a send stays under the ten that the port allows."""
OWN_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "SalesPilots"}
MAX_ANSWER = 2 * 1024 * 1024

REST_SECONDS = 20.0
"""For which a connection that nobody uses stays open."""

_READ = httpx.ByteStream(b"")

_resting: dict[tuple[int, str], deque[tuple[httpx.Client, float]]] = {}
_lock, _trusting = threading.Lock(), threading.Lock()


@contextmanager
def line(base_url: str) -> Iterator[httpx.Client]:
    """A client with a connection of its own, the one that was used last, of those that this process keeps to a host.

    A client with many connections looks at each of them before and after every call: with forty that costs more than
    the call.
    """
    key = (os.getpid(), base_url)
    with _lock:
        clients = _resting.setdefault(key, deque())
        client = clients.pop()[0] if clients else None
    client = client or _connect(base_url)
    try:
        yield client
    except BaseException:  # whatever state it is in, the next call has a new one
        client.close()
        raise
    _rest(clients, client)


def _connect(base_url: str) -> httpx.Client:
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=REST_SECONDS)
    with _trusting:
        trusted = _trusted()
    return httpx.Client(limits=limits, verify=trusted, trust_env=not _loopback(base_url))


@cache
def _trusted() -> ssl.SSLContext:
    """Reading the authorities takes long, so it is done once."""
    return httpx.create_ssl_context()


def _rest(clients: deque[tuple[httpx.Client, float]], client: httpx.Client) -> None:
    now, old = time.monotonic(), None
    with _lock:
        clients.append((client, now))
        if now - clients[0][1] > REST_SECONDS:
            old = clients.popleft()[0]
    if old is not None:
        old.close()


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=2000)
def _address(base_url: str, path: tuple[str, ...]) -> httpx.URL:
    """Read once: taking an address apart costs a tenth of a call."""
    if not all(one.strip(".") for one in path):
        raise Rejected(provider=PROVIDER, reason="bad_request")  # an empty or dotted id would be another path
    return httpx.URL("/".join((base_url, GRAPH_VERSION, *(quote(one, safe="") for one in path))))


def _times(left: float = math.inf) -> dict[str, Any]:
    """How long each part of a call may take (httpx, "Request extensions": timeout), with so many seconds left."""
    answer = min(ANSWER_TIMEOUT, left)
    first = min(CONNECT_TIMEOUT, answer)
    return {"timeout": {"connect": first, "read": answer, "write": answer, "pool": first}}


def _right_before(begin: Callable[[], None]) -> Callable[[str, Any], None]:
    """Calls it when a connection is there and the request's first byte is next (httpcore, "Extensions": trace)."""

    def trace(event: str, info: Any) -> None:
        if event == "http11.send_request_headers.started":
            begin()

    return trace


class GraphClient:
    """Calls with one account's token. ``repr`` shows no token. ``ends``: when its reads are given up, in monotonic time."""

    def __init__(self, graph_url: str, token: str, ends: float = math.inf) -> None:
        self._base_url, self._token, self._ends = graph_url.rstrip("/"), token, ends

    def until(self, ends: float) -> GraphClient:
        """The same for several reads that have a time in common: `Unavailable` from then on."""
        return GraphClient(self._base_url, self._token, ends)

    def get(self, *path: str, **params: str) -> dict[str, Any]:
        """Read. Whatever goes wrong on the way is `Unavailable`: it can be repeated."""
        address, left = _address(self._base_url, path), self._ends - time.monotonic()
        if left <= 0:
            raise Unavailable(provider=PROVIDER, reason="no_answer")
        request = httpx.Request("GET", address, params=params, headers=self._headers(), extensions=_times(left))
        return self._call(request)

    def post(self, *path: str, json: dict[str, Any], begin: Callable[[], None]) -> dict[str, Any]:
        """Send. `Unavailable` only when nothing left this machine; no clear answer is `OutcomeUnknown`. ``begin`` is called
        right before the first byte leaves; what it raises is passed on."""
        address, extensions = _address(self._base_url, path), {**_times(), "trace": _right_before(begin)}
        request = httpx.Request("POST", address, json=json, headers=self._headers(), extensions=extensions)
        return self._call(request, sending=True)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", **OWN_HEADERS}

    def _call(self, request: httpx.Request, *, sending: bool = False) -> dict[str, Any]:
        status, headers, body = exchange(self._base_url, request, ends=self._ends, sending=sending)
        return answer_of(status, headers, body, sending=sending)


def exchange(
    base_url: str, request: httpx.Request, *, ends: float = math.inf, sending: bool = False
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of an answer; redirects are answers, too. Raises a `PortError` without one.

    The request goes out as it is: merging it with a client's own settings costs a third of a call.
    """
    deadline, body = min(time.monotonic() + ANSWER_TIMEOUT + CONNECT_TIMEOUT, ends), bytearray()
    try:
        with line(base_url) as http, closing(http.send(request, stream=True)) as answer:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                    raise unclear(sending, "endless_answer")
            answer.stream = _READ  # the old one knows the answer, so both would stay until garbage is looked for
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
        # The chain is cut: httpx's errors carry the request, and with it the token.
        raise Unavailable(provider=PROVIDER, reason="no_connection") from None
    except httpx.HTTPError as error:
        raise unclear(sending, "no_answer", phase=type(error).__name__) from None
    return answer.status_code, answer.headers, bytes(body)

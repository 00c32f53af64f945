"""One time limit for a whole call and one size limit for its answer, under the SDK's own HTTP client.

The library's limits are for each read: a server that sends a byte now and then keeps a call open for as long as it
likes. Here connecting, the handshake, sending and reading draw on the same seconds. Only the system's look-up of a name
is not bounded: it cannot be interrupted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

MAX_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer, unpacked; a completion of 400 tokens is a few thousand."""

_call = threading.local()


class EndlessAnswer(Exception):
    """The answer is larger than any completion."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Calls of this thread in the block end within so many seconds, with a time-out of the HTTP library's."""
    _call.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        del _call.ends


def _left(given: float | None, error: type[Exception]) -> float | None:
    """What one operation may take: its own limit or the rest of the call's, whichever is shorter."""
    ends: float | None = getattr(_call, "ends", None)
    if ends is None:
        return given
    left = ends - time.monotonic()
    if left <= 0:
        raise error("the time of this call is over")
    return left if given is None else min(given, left)


def read_whole(response: Any) -> None:
    """An event hook: read the body, unpacked, up to `MAX_ANSWER`."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise EndlessAnswer
    response._content = bytes(body)


def limited(client: Any, addresses: Callable[[str, int], list[str]]) -> Any:
    """The same HTTP client, keeping to `within` and connecting only to what ``addresses`` gives for a host.

    ``addresses(host, port)`` may raise `OSError` (no such host) or an exception of its own, which comes through.
    """
    import httpcore2

    class Stream(httpcore2.NetworkStream):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._inner.write(buffer, _left(timeout, httpcore2.WriteTimeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(self, ssl_context: Any, server_hostname: Any = None, timeout: float | None = None) -> Any:
            limit = _left(timeout, httpcore2.ConnectTimeout)
            return Stream(self._inner.start_tls(ssl_context, server_hostname, limit))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore2.NetworkBackend):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any, **options: Any) -> Any:
            try:
                found = addresses(host, port)
            except OSError as error:
                raise httpcore2.ConnectError(str(error)) from error
            problem: Exception = httpcore2.ConnectError("the host has no address")
            for address in found:
                limit = _left(timeout, httpcore2.ConnectTimeout)
                try:
                    return Stream(self._inner.connect_tcp(address, port, limit, *rest, **options))
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    problem = error
            raise problem

        def connect_unix_socket(self, path: str, *rest: Any, **options: Any) -> Any:
            raise httpcore2.ConnectError("no sockets of this machine")

        def sleep(self, seconds: float) -> None:
            self._inner.sleep(seconds)

    # No public way in; a change of the library fails here, before any call.
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            pool = transport._pool
            pool._network_backend = Backend(pool._network_backend)
    return client

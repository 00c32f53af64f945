"""Fetching what lies at an address that a stranger wrote, without ever reaching this network.

The name is resolved once, every address it has is looked at, and the connection goes to an address that was looked at:
a name that answers differently the next time gains nothing. A redirect is an address like the first and is looked at in
the same way. Nothing that identifies anybody is sent, and no proxy is asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from urllib.parse import SplitResult, urljoin, urlsplit

from salespilots.ports.errors import Rejected, Unavailable
from salespilots.ports.fetching import Answered, Fetched

PROVIDER = "address"
MAX_ADDRESS = 4096
MAX_REDIRECTS = 3
CONNECT_SECONDS = 5.0
CHUNK = 64 * 1024
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "SalesPilots", "Connection": "close"}

_NAME = re.compile(r"^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]")
_WITHIN = (
    (ipaddress.ip_network("64:ff9b::/96"), 0), (ipaddress.ip_network("64:ff9b:1::/48"), 0),
    (ipaddress.ip_network("2002::/16"), 80), (ipaddress.ip_network("::/96"), 0),
)  # fmt: skip
"""Ranges of IPv6 that lead to an IPv4 address, and how many bits stand behind it."""

Resolver = Callable[[str, int], Sequence[str]]
Connector = Callable[[tuple[str, int], float], socket.socket]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises `OSError` when there are none."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def connect(address: tuple[str, int], timeout: float) -> socket.socket:
    """A connection to an address of numbers; no name is looked up."""
    return socket.create_connection(address, timeout)


def is_public(text: str) -> bool:
    """Whether an address lies on the public internet, whatever form it hides in."""
    one = _ip(text)
    if one is None or not _global(one):
        return False
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or (one.teredo[1] if one.teredo else None)
        for network, behind in _WITHIN:
            if one in network:
                inner = ipaddress.IPv4Address((int(one) >> behind) & 0xFFFFFFFF)
        return inner is None or _global(inner)
    return True


def _global(one: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(one, "ipv4_mapped", None) or one
    odd = mapped.is_multicast or mapped.is_reserved or getattr(mapped, "is_site_local", False)
    return mapped.is_global and not odd


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _loopback(text: str) -> bool:
    one = _ip(text)
    return one is not None and (getattr(one, "ipv4_mapped", None) or one).is_loopback


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class HttpFetcher:
    """Over HTTPS on port 443. ``allow_loopback``: also plain HTTP and any port, to this machine alone, for rehearsals."""

    def __init__(
        self, *, allow_loopback: bool = False, resolver: Resolver = resolve, connector: Connector = connect
    ) -> None:
        self._allow_loopback, self._resolve, self._connect = allow_loopback, resolver, connector

    def fetch(self, url: str, *, limit: int, seconds: float = 20.0) -> Fetched:
        """See `salespilots.ports.fetching.Fetcher`."""
        ends = time.monotonic() + seconds
        for _ in range(MAX_REDIRECTS + 1):
            try:
                found = self._once(url, limit, ends)
            except (OSError, http.client.HTTPException) as error:
                # The chain is cut: some of these errors carry the address, which may be a signed one.
                raise Unavailable(provider=PROVIDER, reason="no_answer", phase=type(error).__name__) from None
            if isinstance(found, Fetched):
                return found
            url = found
        raise _no("redirects")

    def refuses(self, url: str) -> bool:
        """See `salespilots.ports.fetching.Fetcher`."""
        return bool(address_problem(url, allow_loopback=self._allow_loopback))

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, limit: int, seconds: float = 8.0) -> Answered:
        """See `salespilots.ports.fetching.Fetcher`."""
        ends = time.monotonic() + seconds
        try:
            with self._line(url, ends) as (asking, path, netloc):
                asking.request("POST", path, body=body, headers={**HEADERS, **headers, "Host": netloc})
                answer = asking.getresponse()
                if 300 <= answer.status < 400:
                    raise _no("redirects")
                if answer.status in (408, 429) or answer.status >= 500:
                    raise Unavailable(provider=PROVIDER, reason="no_answer", status=answer.status)
                if not 200 <= answer.status < 300:
                    raise _no("refused")
                return Answered(status=answer.status, body=_body(answer, limit, ends))
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(provider=PROVIDER, reason="no_answer", phase=type(error).__name__) from None

    def _once(self, url: str, limit: int, ends: float) -> Fetched | str:
        """What is there, or the address it leads on to."""
        with self._line(url, ends) as (asking, path, netloc):
            asking.request("GET", path, headers={"Host": netloc, **HEADERS})
            answer = asking.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                return urljoin(url, answer.getheader("Location") or "")
            _look_at_status(answer.status)
            return Fetched(body=_body(answer, limit, ends), kind=answer.getheader("Content-Type") or "")

    @contextmanager
    def _line(self, url: str, ends: float) -> Iterator[tuple[http.client.HTTPConnection, str, str]]:
        """A line to an address that was looked at, what to ask it for, and the host as it was written."""
        parts, host, port = _taken_apart(url)
        addresses = self._looked_at(host, port, parts)
        line = self._connect((addresses[0], port), min(CONNECT_SECONDS, _left(ends)))
        line.settimeout(_left(ends))
        if parts.scheme == "https":
            line = _trusted().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        guard = threading.Timer(
            _left(ends), _hang_up, (line,)
        )  # a far side that drips is cut off in the midst of a word
        guard.daemon = True
        guard.start()
        try:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            asking = http.client.HTTPConnection(host, port)
            asking.sock = line
            yield asking, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), parts.netloc
        finally:
            guard.cancel()
            line.close()

    def _looked_at(self, host: str, port: int, parts: SplitResult) -> Sequence[str]:
        """The addresses behind the host, every one of them allowed."""
        literal = _ip(host)
        addresses = [str(literal)] if literal is not None else list(self._resolve(host, port))
        if not addresses:
            raise OSError("no address")
        if parts.scheme == "https" and port == 443 and all(is_public(one) for one in addresses):
            return addresses
        if self._allow_loopback and all(_loopback(one) for one in addresses):
            return addresses
        fits = all(is_public(one) for one in addresses)
        raise _no("bad_address" if fits else "private_address")


def address_problem(url: str, *, allow_loopback: bool = False) -> str:
    """Why an address can be called by nobody: ``bad_address`` or ``private_address`` by how it is written alone; empty when
    only its name's addresses could tell."""
    try:
        parts, host, port = _taken_apart(url)
    except Rejected as error:
        return error.reason
    literal = host if _ip(host) is not None else "127.0.0.1" if host == "localhost" else ""
    if allow_loopback and literal and _loopback(literal):
        return ""
    if literal and not is_public(literal):
        return "private_address"
    return "" if parts.scheme == "https" and port == 443 else "bad_address"


def _taken_apart(url: str) -> tuple[SplitResult, str, int]:
    """Scheme and path, host, port of an address that is written plainly. Anything clever is refused."""
    if len(url) > MAX_ADDRESS or _FORBIDDEN.search(url) or not url.isascii():
        raise _no("bad_address")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _no("bad_address") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "%" in parts.netloc:
        raise _no("bad_address")
    if _ip(host) is None and host != "localhost" and not _NAME.match(host):
        raise _no("bad_address")  # numbers in other forms (decimal, octal, hex) end here, and names of one word
    return parts, host, (443 if parts.scheme == "https" else 80) if port is None else port


def _look_at_status(status: int) -> None:
    if status == 429 or status >= 500 or status == 408:
        raise Unavailable(provider=PROVIDER, reason="no_answer", status=status)
    if status != 200:
        raise _no("gone")


def _body(answer: http.client.HTTPResponse, limit: int, ends: float) -> bytes:
    told = answer.getheader("Content-Length") or ""
    if told.isascii() and told.isdigit() and int(told[:19]) > limit:
        raise _no("too_large")
    body = bytearray()
    while chunk := answer.read1(CHUNK):
        body += chunk
        if len(body) > limit:
            raise _no("too_large")
    _left(ends)  # one that was hung up on looks like one that ended
    if answer.length:  # the line was cut before all of it came
        raise http.client.IncompleteRead(bytes(body[:0]), answer.length)
    return bytes(body)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _no(reason: str) -> Rejected:
    return Rejected(provider=PROVIDER, reason=reason)

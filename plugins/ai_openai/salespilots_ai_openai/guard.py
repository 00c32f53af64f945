"""Where a shop's base URL may lead: the public internet, unless the operator allows more.

The host name is resolved once for each connection, every address is looked at, and the connection goes to the address
that was looked at: a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit


class PrivateAddress(Exception):
    """The host is, or resolves to, an address that is not public."""


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, all public. Raises `PrivateAddress`, or `OSError` when there are none."""
    found = list(dict.fromkeys(row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    for address in found:
        one = ipaddress.ip_address(str(address).partition("%")[0])
        mapped = getattr(one, "ipv4_mapped", None)
        if not (mapped or one).is_global or one.is_multicast:
            raise PrivateAddress(host)
    return [str(address) for address in found]


def looks_private(url: str) -> bool:
    """Whether an address can be refused without asking anybody: literal, or a name of this machine."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def guarded(client: Any) -> Any:
    """The same HTTP client, opening connections to public addresses only."""
    import httpcore2

    class PublicOnly(httpcore2.NetworkBackend):
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def connect_tcp(self, host: str, port: int, *rest: Any, **options: Any) -> Any:
            try:
                address = public_addresses(host, port)[0]
            except OSError as error:
                raise httpcore2.ConnectError(str(error)) from error
            return self._inner.connect_tcp(address, port, *rest, **options)

        def connect_unix_socket(self, path: str, *rest: Any, **options: Any) -> Any:
            raise PrivateAddress(path)

        def sleep(self, seconds: float) -> None:
            self._inner.sleep(seconds)

    pool = client._transport._pool  # no public way in; a change of the library fails here, before any call
    pool._network_backend = PublicOnly(pool._network_backend)
    return client

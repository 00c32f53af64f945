"""Where a shop's base URL may lead: the public internet, unless the operator allows more.

The host name is resolved once for each connection, every address is looked at, and the connection goes to the address
that was looked at: a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


class PrivateAddress(Exception):
    """The host is, or resolves to, an address that is not public."""


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises `OSError` when there are none."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, all public. Raises `PrivateAddress`, or `OSError` when there are none."""
    found = addresses(host, port)
    for address in found:
        one = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(one, "ipv4_mapped", None)
        if not (mapped or one).is_global or one.is_multicast:
            raise PrivateAddress(host)
    return found


def looks_private(url: str) -> bool:
    """Whether an address can be refused without asking anybody: literal, or a name of this machine."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host

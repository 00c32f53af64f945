"""Meta's content network on loopback: files behind signed addresses that die, and everything that can be wrong with them.

``POST /__media {"kind", "seconds", "slow", "to"}`` answers ``{"url"}``. Kinds: ``png``, ``gif``, ``webp``, ``mp4``,
``voice`` (sound in a video's box, as Meta sends it), ``m4a``, ``pdf``, and what should not be taken: ``html`` (a page in
place of a reel), ``svg``, ``script``, ``huge`` (without end, as far as anybody reads), ``long`` (says more than comes),
``empty``, ``torn`` (a picture cut short), ``bomb`` (few bytes, very many pixels), ``mislabelled`` (a page that calls itself
a picture), ``redirect`` (to ``to``), ``loop``, ``missing`` and ``error``. ``seconds``: after these the address answers 403,
as a signed one does; ``slow``: seconds until the answer.
"""

from __future__ import annotations

import secrets
import struct
import threading
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from salespilots.testing.twin import Call, Reply

HUGE = 60 * 1024 * 1024
_BOX = b"\x00\x00\x00\x18ftyp%sisomiso2"


@lru_cache(maxsize=32)
def png(width: int = 320, height: int = 400, shade: int = 1) -> bytes:
    """A picture: a slope of colours, another one for each ``shade``."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(
                ((40 + shade * 53 + x // 3) % 256, (90 + shade * 29 + y // 3) % 256, (150 + shade * 71) % 256)
            )
    return _png(width, height, zlib.compress(bytes(rows), 6))


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _gif() -> bytes:
    return b"GIF89a\x02\x00\x02\x00\x80\x00\x00\xff\x80\x00\xff\xff\xff,\x00\x00\x00\x00\x02\x00\x02\x00\x00\x02\x03\x8c\x03\x05\x00;"


def wav(seconds: float = 0.4) -> bytes:
    """A tone that every browser plays."""
    rate = 8000
    data = bytes(128 + (24 if (one // 12) % 2 else -24) for one in range(int(rate * seconds)))
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8, b"data", len(data)
    )
    return head + data


_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png": ("image/png", png), "gif": ("image/gif", _gif), "wav": ("audio/wav", wav),
    "mp4": ("video/mp4", lambda: _BOX % b"mp42" + b"\x00" * 4000), "voice": ("video/mp4", lambda: _BOX % b"isom" + b"\x01" * 900),
    "m4a": ("audio/mp4", lambda: _BOX % b"M4A " + b"\x01" * 900), "pdf": ("application/pdf", lambda: b"%PDF-1.4\n%%EOF\n"),
    "html": ("text/html", lambda: b"<!doctype html><title>Reel</title><script>alert(1)</script>"),
    "svg": ("image/svg+xml", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "script": ("text/javascript", lambda: b"alert(1)"), "mislabelled": ("image/jpeg", lambda: b"<html>no picture</html>"),
    "empty": ("image/png", lambda: b""), "torn": ("image/png", lambda: png()[:900]),
    "bomb": ("image/png", lambda: _png(30_000, 30_000, zlib.compress(b"\x00" * 90_001, 9))),
    "huge": ("video/mp4", lambda: _BOX % b"mp42" + b"\x00" * HUGE),
}  # fmt: skip


class Shelf:
    """What lies at the addresses."""

    def __init__(self, address: Callable[[], str], wait: Callable[[float], object], wall: Callable[[], float]) -> None:
        self._address, self._wait, self._wall, self._lock = address, wait, wall, threading.Lock()
        self._rows: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Kinds in the order in which they were asked for."""

    def put(self, body: Any) -> dict[str, str]:
        """A new address."""
        name = secrets.token_hex(8)
        with self._lock:
            self._rows[name] = {
                "kind": "png",
                "seconds": 0,
                "slow": 0,
                "to": "",
                "at": self._wall(),
                **(body or {}),
            }
        return {"url": f"{self._address()}/ig_messaging_cdn/{name}?signature=AYc{secrets.token_hex(4)}"}

    def get(self, call: Call) -> Reply:
        """The file, or what is wrong with it."""
        with self._lock:
            row = self._rows.get(call.found[0])
            self.asked.append(str(row["kind"]) if row else "nothing")
        if row is None or not call.query.get("signature"):
            return Reply(404, "not here", {"Content-Type": "text/plain"})
        if row["seconds"] and self._wall() - row["at"] > row["seconds"]:
            return Reply(403, "URL signature expired", {"Content-Type": "text/plain"})
        if row["slow"]:
            self._wait(row["slow"])
        kind = str(row["kind"])
        if kind in ("redirect", "loop"):
            to = row["to"] if kind == "redirect" else f"{self._address()}{call.path}?signature=again"
            return Reply(302, "", {"Location": to})
        if kind in ("missing", "error"):
            return Reply(410 if kind == "missing" else 503, "", {"Content-Type": "text/plain"})
        if kind == "shade":
            return Reply(200, png(shade=int(row.get("shade", 1))), {"Content-Type": "image/png"})
        type_, make = _FILES[kind]
        return Reply(200, make(), {"Content-Type": type_})

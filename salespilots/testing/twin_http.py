"""The HTTP half of a stand-in: a threaded server with keep-alive that hands each request to a provider."""

from __future__ import annotations

import json
import socket
import struct
import sys
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the stand-in. ``found``: the groups of the route's pattern."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: ``body`` is sent as JSON unless it is text or bytes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """What the server needs of a stand-in."""

    def control(self, path: str, body: Any) -> Any:
        """The answer of a control path, or None."""

    def answer(self, call: Call) -> Reply | None:
        """The answer of a provider call; None cuts the connection."""


class Server(ThreadingHTTPServer):
    """The listening server; its threads end with it."""

    daemon_threads = True
    request_queue_size = 512
    block_on_close = False
    twin: Provider

    def __init__(self, *args: Any, **options: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close what is still open, so that a stopped stand-in is gone for pooled connections too."""
        for one in list(self._open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the game; anything else is a bug of the stand-in."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, ValueError)):
            super().handle_error(request, client_address)


class HttpHandler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    server_version = "twin"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        twin = self.server.twin
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        try:
            value = json.loads(body) if body else None
        except ValueError:
            value = None
        if parts.path.startswith("/__"):
            answer = twin.control(parts.path, value)
            self._write(Reply(404 if answer is None else 200, answer))
            return
        call = Call(
            self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): text for name, text in self.headers.items()}, body, value,
        )  # fmt: skip
        reply = twin.answer(call)
        if reply is None:
            self._cut()
        else:
            self._write(reply)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve

    def _write(self, reply: Reply) -> None:
        headers = {"Content-Type": "application/json", **reply.headers}
        if isinstance(reply.body, bytes):
            data = reply.body
        else:
            data = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
        self.send_response(reply.status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self) -> None:
        """Close with a reset, the answer unsent."""
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

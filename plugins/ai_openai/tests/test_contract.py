"""OpenAI against the public contract of models: real SDK, stand-in server, loopback HTTP."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from salespilots.testing.contracts.ai import AiContract, AiHarness
from salespilots.testing.twin import TwinServer
from salespilots_ai_openai.hooks import PROVIDER
from salespilots_ai_openai.twin import OpenAiTwin

KEY = "sk-contract-key"
LIMIT = 8.0
"""Seconds; the first call of a process imports the SDK."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
BODY = json.dumps(
    {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}]}
)


class Dripping(socketserver.ThreadingTCPServer):
    """A server in the stand-in's place whose good answer takes twice the limit, a byte of padding at a time."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, *, from_the_head: bool) -> None:
        self.from_the_head = from_the_head
        self.stopping = threading.Event()
        super().__init__(("127.0.0.1", port), Drops)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening; open answers end."""
        self.stopping.set()
        self.shutdown()
        self.server_close()


class Drops(BaseHTTPRequestHandler):
    """One call to it."""

    server: Dripping

    def do_POST(self) -> None:
        """Read the question, then drip."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.from_the_head:
            self.wfile.write(HEAD + b"X-Padding: ")
            self._drip()
            self.wfile.write(b"\r\n\r\n" + BODY.encode())
        else:
            self.wfile.write(HEAD + b"\r\n")
            self._drip()
            self.wfile.write(BODY.encode())

    def _drip(self) -> None:
        for _ in range(int(2 * LIMIT / 0.2)):
            if self.server.stopping.wait(0.2):
                return
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return


@pytest.fixture
def server() -> Iterator[TwinServer]:
    with TwinServer(OpenAiTwin(key=KEY)) as server:
        yield server


class TestOpenAi(AiContract):
    @pytest.fixture
    def harness(self, server: TwinServer) -> Iterator[AiHarness]:
        slow: list[Dripping] = []

        def break_with(kind: str, **options: Any) -> None:
            if kind in ("refuse_connection", "drip", "drip_head"):
                server.stop()
            else:
                server.fail_next(kind, **options)
            if kind in ("drip", "drip_head"):
                port = int(server.url.rpartition(":")[2])
                slow.append(Dripping(port, from_the_head=kind == "drip_head"))

        yield AiHarness(
            provider=PROVIDER,
            settings={"api_key": KEY, "model": "twin-model", "base_url": f"{server.url}/v1"},
            script=lambda *replies: server.call("/__script", {"replies": list(replies)}),
            calls=lambda: server.requests("/chat/completions"),
            break_with=break_with,
            can=frozenset(
                [
                    "refuse_connection",
                    "timeout",
                    "drip",
                    "drip_head",
                    "drop_before",
                    "500",
                    "502_html",
                    "200_rubbish",
                    "choices_none",
                    "choices_empty",
                    "429",
                    "quota",
                    "400",
                    "token_expired",
                ]
            ),
            limit=LIMIT,
        )
        for one in slow:
            one.stop()

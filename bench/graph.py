"""The send call of Meta's Graph API on loopback, as lean as it goes: ``python -m bench.graph``, a process of its own.

Any POST is a send: when it arrived is noted, and it is answered after the latency that is set. Control, on the same port:
``GET /__since?n=N`` lists ``[seconds of CLOCK_MONOTONIC, path, recipient, words]`` of the POSTs from number N on, ``GET
/__set?latency_ms=150&hang=0`` sets how it answers; ``hang=1`` accepts every call and never answers. No echoes are posted.
It ends when the process that started it does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

READY = "listening on "
EMPTY = b"{}"


class State:
    """``sends``: when each POST arrived, its path and its body."""

    def __init__(self) -> None:
        self.sends: list[tuple[float, bytes, bytes]] = []
        self.latency = 0.0
        self.hang = False

    def since(self, number: int) -> bytes:
        """The sends from this number on, as JSON."""
        rows = []
        for at, path, body in self.sends[number:]:
            sent = json.loads(body) if path.endswith(b"/messages") else {}
            who = (sent.get("recipient") or {}).get("id", "")
            rows.append([at, path.decode(), who, words(sent.get("message") or {})])
        return json.dumps(rows).encode()


def words(message: dict[str, Any]) -> str:
    """The text of a message, or the title of its card behind the word "card"."""
    cards = ((message.get("attachment") or {}).get("payload") or {}).get("elements") or [{}]
    return message.get("text") or f"card {cards[0].get('title', '')}"


class Line(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, state: State) -> None:
        self._state, self._buffer = state, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end]
            found = head.lower().find(b"\r\ncontent-length:")
            length = int(head[found + 17 :].split(b"\r\n", 1)[0]) if found >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        now, state = time.monotonic(), self._state
        method, path = head.split(b" ", 2)[:2]
        if path.startswith(b"/__"):
            self._answer(self._control(path.decode()))
            return
        if method == b"POST":
            state.sends.append((now, path, body))
        if state.hang:
            return
        answer = b'{"recipient_id":"1","message_id":"aWdfZAG1faXRlbToxOm%015d"}' % len(state.sends)
        if method != b"POST":
            answer = EMPTY
        if state.latency:
            asyncio.get_running_loop().call_later(state.latency, self._answer, answer)
        else:
            self._answer(answer)

    def _control(self, address: str) -> bytes:
        parts = urlsplit(address)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/__since":
            return self._state.since(int(asked["n"]))
        if "latency_ms" in asked:
            self._state.latency = float(asked["latency_ms"]) / 1000
        if "hang" in asked:
            self._state.hang = asked["hang"] == "1"
        return EMPTY

    def _answer(self, body: bytes) -> None:
        if not self._transport.is_closing():  # type: ignore[attr-defined]
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head + body)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until the parent is gone."""
    state, parent = State(), os.getppid()
    server = await asyncio.get_running_loop().create_server(lambda: Line(state), "127.0.0.1", 0, backlog=1024)
    print(f"{READY}{server.sockets[0].getsockname()[1]}", flush=True)
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    gc.disable()
    asyncio.run(main())

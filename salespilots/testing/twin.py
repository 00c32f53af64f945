"""The base of the stand-ins: a small threaded HTTP server that plays a provider on loopback, faults included.

A stand-in subclasses `Twin`, lists its routes, and says how its provider words each fault. It runs as a process of
its own (`python -m package.twin --port 0`, ready when it prints "listening on http://127.0.0.1:PORT") or in a thread
(`TwinServer`). Control, never recorded: ``POST /__fail``, ``POST /__latency {"ms"}``, ``GET /__requests``,
``GET /__state``, ``POST /__reset``, and what the stand-in adds.

``POST /__fail {"kind", "times": 1, "match": "", "method": "", "skip": 0, "retry_after": 3, "seconds": 30}``. A kind is
what the provider answers (``429``, ``500``, ``502_html``, ``200_rubbish``, ``200_empty``, ``token_expired``, …)
or how it fails to (``timeout``, ``drop``); ``_after_accept`` behind it means that the call took effect first, ``_before``
that it did not. ``200_rubbish`` alone takes effect, everything else alone does not. ``none`` ends every fault.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from salespilots.testing.twin_client import READY, TwinHandle, TwinProcess, wait_until
from salespilots.testing.twin_http import Call, HttpHandler, Reply, Server

__all__ = ["Call", "Fault", "Reply", "Twin", "TwinHandle", "TwinProcess", "TwinServer", "run_twin", "wait_until"]

KEPT = 50_000
"""How many requests are remembered."""

_HIDDEN = frozenset({"authorization", "cookie", "x-api-key"})
_HIDDEN_QUERY = frozenset({"access_token", "client_secret", "code"})


@dataclass(slots=True)
class Fault:
    """A scripted fault."""

    kind: str
    times: int = 1
    match: str = ""
    method: str = ""
    skip: int = 0
    seconds: float = 30
    retry_after: float | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def parts(self) -> tuple[str, bool]:
        """(what is answered, whether the call takes effect first)."""
        for ending, accepted in (("_after_accept", True), ("_before", False)):
            if self.kind.endswith(ending):
                return self.kind.removesuffix(ending), accepted
        return self.kind, self.kind == "200_rubbish"


Handler = Callable[[Call], Reply]


class Twin:
    """State and behaviour of a stand-in. Handlers run on many threads: change state under ``self.lock``."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.url = ""
        self.stopping = threading.Event()
        self._latency = 0.0
        self._faults: list[Fault] = []
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler) for method, pattern, handler in self.routes()
        ]
        self._controls: dict[str, Callable[[Any], Any]] = {
            "/__fail": self._fail,
            "/__latency": self._set_latency,
            "/__requests": lambda body: {"items": list(self._requests)},
            "/__state": lambda body: self.state(),
            "/__reset": self._reset,
            **self.controls(),
        }

    # --- what a stand-in says -----------------------------------------------------------------------------

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """(method, pattern of the whole path, handler), first match wins."""
        return ()

    def controls(self) -> dict[str, Callable[[Any], Any]]:
        """More control paths; each gets the JSON body (None for GET) and returns JSON."""
        return {}

    def state(self) -> dict[str, Any]:
        """What tests may look at, as JSON."""
        return {}

    def reset(self) -> None:
        """Forget the provider's state."""

    def fault_reply(self, kind: str, fault: Fault) -> Reply:
        """How this provider words a fault; the base knows the common ones."""
        after = {"Retry-After": f"{fault.retry_after:g}"} if fault.retry_after is not None else {}
        if kind == "200_rubbish":
            return Reply(200, "<html>all is well</html>", {"Content-Type": "text/html"})
        if kind == "200_empty":
            return Reply(200, {})
        if kind.endswith("_html"):
            page = "<html><body><h1>Bad Gateway</h1></body></html>"
            return Reply(int(kind[:3]), page, {"Content-Type": "text/html"})
        number = int(kind[:3]) if kind[:3].isdigit() else {"token_expired": 401, "outside_window": 403}.get(kind, 400)
        return Reply(number, {"error": {"message": f"scripted {kind}"}}, after)

    def unknown(self, call: Call) -> Reply:
        """No such route."""
        return Reply(404, {"error": {"message": f"no route {call.method} {call.path}"}})

    # --- control ------------------------------------------------------------------------------------------

    def _fail(self, body: Any) -> Any:
        known = {"kind", "times", "match", "method", "skip", "seconds", "retry_after"}
        fault = Fault(
            **{name: value for name, value in body.items() if name in known},
            options={name: value for name, value in body.items() if name not in known},
        )
        with self.lock:
            self._faults = [] if fault.kind == "none" else [*self._faults, fault]
            return {"faults": len(self._faults)}

    def _set_latency(self, body: Any) -> Any:
        self._latency = float(body["ms"]) / 1000
        return {"ms": body["ms"]}

    def _reset(self, body: Any) -> Any:
        with self.lock:
            self._faults.clear()
            self._requests.clear()
            self._latency = 0.0
            self.reset()
        return {}

    def control(self, path: str, body: Any) -> Any:
        """The answer of a control path, or None when there is none."""
        handler = self._controls.get(path)
        return None if handler is None else handler(body)

    # --- a provider call ----------------------------------------------------------------------------------

    def record(self, call: Call) -> None:
        """Remember a request, its secrets left out."""
        self._requests.append(
            {
                "method": call.method, "path": call.path,
                "query": {name: value for name, value in call.query.items() if name not in _HIDDEN_QUERY},
                "headers": {
                    name: value.split(" ")[0] if name in _HIDDEN else value for name, value in call.headers.items()
                },
                "json": call.json, "at": time.monotonic(),
            }
        )  # fmt: skip

    def take_fault(self, call: Call) -> Fault | None:
        """The scripted fault that hits this call, if any."""
        with self.lock:
            for fault in self._faults:
                if fault.match not in call.path or (fault.method and fault.method != call.method):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def answer(self, call: Call) -> Reply | None:
        """Play the provider; None cuts the connection."""
        self.record(call)
        if self._latency:
            self.stopping.wait(self._latency)
        fault = self.take_fault(call)
        if fault is None:
            return self.handle(call)
        kind, accepted = fault.parts()
        if accepted:
            self.handle(call)
        if kind == "timeout":
            self.stopping.wait(fault.seconds)
            return None
        return None if kind == "drop" else self.fault_reply(kind, fault)

    def handle(self, call: Call) -> Reply:
        """Find the route and run it."""
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(call.path) if method == call.method else None
            if found:
                groups = tuple(found.groups(default=""))
                return handler(Call(call.method, call.path, call.query, call.headers, call.body, call.json, groups))
        return self.unknown(call)


class TwinServer(TwinHandle):
    """A stand-in in a thread of this process: ``with TwinServer(MyTwin()) as twin: twin.url``."""

    def __init__(self, twin: Twin, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.twin = twin
        self._server = Server((host, port), HttpHandler)
        self._server.twin = twin
        self.url = twin.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening: from now on connections are refused. Safe to repeat."""
        self.twin.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()
        self._server.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def run_twin(
    build: Callable[[argparse.Namespace], Twin],
    *,
    description: str,
    options: Sequence[tuple[str, dict[str, Any]]] = (),
    argv: Sequence[str] | None = None,
) -> None:
    """The ``main`` of a stand-in: read the options, serve until told to stop."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--with-parent", action="store_true", help="end when the starting process ends")
    for name, details in options:
        parser.add_argument(name, **details)
    given = parser.parse_args(argv)
    parent = os.getppid()
    told = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, told)  # for all threads: this one waits for them
    with TwinServer(build(given), host=given.host, port=given.port) as server:
        sys.stdout.write(f"{READY}{server.url}\n")
        sys.stdout.flush()
        while signal.sigtimedwait(told, 0.5) is None:
            if given.with_parent and os.getppid() != parent:
                break

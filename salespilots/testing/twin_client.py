"""Talking to a stand-in from a test, whether it runs in a thread or as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Self

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
READY = "listening on "
"""What a stand-in prints, followed by its address, when it can be called."""


class TwinHandle:
    """The control side of a stand-in at ``url``."""

    url: str = ""

    def call(self, path: str, body: Any = None, *, timeout: float = 60) -> Any:
        """GET a control path, or POST JSON to it; returns the JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data=data, headers={"Content-Type": "application/json"} if data is not None else {}
        )
        try:
            with _OPENER.open(request, timeout=timeout) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} answered {error.code}: {error.read()[:300]!r}") from None

    def fail_next(self, kind: str, **options: Any) -> None:
        """Script a fault: see `salespilots.testing.twin` for the kinds. ``times``, ``match``, ``retry_after`` …"""
        self.call("/__fail", {"kind": kind, **options})

    def latency(self, ms: float) -> None:
        """Make every provider answer take this long."""
        self.call("/__latency", {"ms": ms})

    def requests(self, match: str = "") -> list[dict[str, Any]]:
        """The provider calls received so far, oldest first; ``match`` is a part of the path."""
        return [one for one in self.call("/__requests")["items"] if match in one["path"]]

    def state(self) -> dict[str, Any]:
        """What the stand-in keeps."""
        return self.call("/__state")

    def reset(self) -> None:
        """Forget everything, faults too."""
        self.call("/__reset", {})


class TwinProcess(TwinHandle):
    """A stand-in as a process: ``with TwinProcess("package.twin", "--app-secret", "s") as twin: twin.url``.

    It ends with the block, and by itself when the process that started it dies.
    """

    def __init__(self, module: str, *options: str, port: int = 0, wait: float = 30) -> None:
        self._command: Sequence[str] = (
            sys.executable, "-m", module, "--port", str(port), "--with-parent", *options,
        )  # fmt: skip
        self._wait = wait
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait for its ready line."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        guard = threading.Timer(self._wait, self._process.kill)
        guard.start()
        try:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if line.startswith(READY):
                    self.url = line.removeprefix(READY).strip()
                    break
        finally:
            guard.cancel()
        if not self.url:
            self.stop()
            raise RuntimeError(f"{self._command[2]} did not become ready")
        return self

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def wait_until(check: Any, *, seconds: float = 30, every: float = 0.01) -> Any:
    """Poll ``check()`` until it is true and return its value; fails the test after ``seconds``, which are for what never
    comes: a busy machine is slow."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not so after {seconds} s: {value!r}")
        time.sleep(every)

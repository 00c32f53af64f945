"""Web and worker together: start both, restart what dies, pass the signal on, wait for the drain.

Runs as a process of its own with little of the standard library, so that watching costs next to no memory:
``python -m salespilots.supervisor '{"web": [...], "work": [...], "workers": 1, "local": "http://..."}'``. The web
server migrates before it answers; workers start once it does.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

STOP_SECONDS = 30


def web_command(host: str, port: int) -> list[str]:
    """The web server's command line."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        sys.executable, "-m", "gunicorn", "--config", "python:salespilots.web.gunicorn_settings", "--bind", bind,
        "--no-control-socket", "salespilots.web.app:wsgi()",
    ]  # fmt: skip


def work_command() -> list[str]:
    """A worker's command line."""
    return [sys.executable, "-m", "salespilots", "work"]


def _answers(url: str) -> bool:
    """Whether our own web server is well. Written out: the library's client takes eight megabytes for as long as we run."""
    at = urlsplit(url)
    try:
        with socket.create_connection((at.hostname or "", at.port or 80), timeout=2) as line:
            line.sendall(f"GET /healthz HTTP/1.0\r\nHost: {at.netloc}\r\n\r\n".encode())
            with line.makefile("rb") as answer:
                return answer.readline(100).split()[1:2] == [b"200"]
    except OSError:
        return False


class Supervisor:
    """Keeps a set of child processes running."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._commands: list[list[str]] = []
        self._children: list[subprocess.Popen[bytes]] = []
        self._told: SimpleQueue[int] = (
            SimpleQueue()
        )  # an event's lock may be ours when the signal comes: it would wait for ever
        self._stopping = False

    def _start(self, command: list[str]) -> None:
        self._commands.append(command)
        self._children.append(subprocess.Popen(command))

    def run(self) -> int:
        """Until a signal comes. Returns the exit code: 0 after a clean stop, 1 when the web server cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda signum, frame: self._told.put(signum))
        self._start(self._plan["web"])
        answered = self._wait_for_web()
        if answered:
            for _ in range(self._plan["workers"]):
                self._start(self._plan["work"])
            for line in self._plan["lines"]:
                print(line, flush=True)  # noqa: T201 - what a person waits for
            self._watch()
        self._stop()
        return 0 if answered or self._stopping else 1

    def _wait_for_web(self) -> bool:
        while not self._told_within(0.05) and self._children[0].poll() is None:
            if _answers(self._plan["local"]):
                return self._children[0].poll() is None
        return False

    def _told_within(self, seconds: float) -> bool:
        """Whether a signal has said stop."""
        try:
            self._told.get(timeout=seconds)
        except Empty:
            return self._stopping
        self._stopping = True
        return True

    def _watch(self) -> None:
        while not self._told_within(0.5):
            for index, child in enumerate(self._children):
                if child.poll() is not None:
                    self._children[index] = subprocess.Popen(self._commands[index])

    def _stop(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def become(plan: dict[str, Any], environ: dict[str, str]) -> None:
    """Replace this process by the supervisor."""
    command = [sys.executable, "-m", "salespilots.supervisor", json.dumps(plan)]
    os.execve(command[0], command, environ)  # noqa: S606 - so that signals reach it


if __name__ == "__main__":
    sys.exit(Supervisor(json.loads(sys.argv[1])).run())

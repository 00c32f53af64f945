"""Quick births for `--quick`: a process that has read the product's code forks the web servers and workers.

``python -m bench.nursery`` reads a line of JSON for each: ``{"command", "environ", "log"}``, the command being
``[python, "-m", module, argument …]``, and answers with its number. They are what the command would start; only the reading
of the code was done before, which is most of a start. It ends with its standard input.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_the_code() -> None:
    """Import what web servers and workers import, also what they import late."""
    for name in (
        "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "huey.consumer", "psycopg", "httpx",
        "salespilots.commands.server", "salespilots.tasks.worker", "salespilots_channel_instagram.adapter",
    ):  # fmt: skip
        importlib.import_module(name)
    from salespilots.bootstrap import assemble
    from salespilots.config import load_config
    from salespilots.web.app import create_app

    with tempfile.TemporaryDirectory(prefix="sp-nursery-") as home:
        application = assemble(load_config({"SALESPILOTS_HOME": home}))
        create_app(application)
        application.storage.close()


def serve() -> None:
    """Until nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(asked)
        print(child, flush=True)


def _become(asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log, nothing = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(asked["environ"])
    sys.argv = asked["command"][2:]  # without the interpreter and its -m
    code = 0
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        code = 1
    sys.stdout.flush()
    os._exit(code)


class Child:
    """A forked process, as far as `subprocess.Popen` is used here. Its exit code is not known: 0 stands for any."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None while it lives."""
        return None if os.path.exists(f"/proc/{self.pid}") else 0

    def wait(self, timeout: float = 60) -> int:
        """Until it ended."""
        ends = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.01)
        return 0

    def terminate(self) -> None:
        """SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return


class Nursery:
    """The asking side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ready = False

    def start(self, command: list[str], environ: Mapping[str, str], log: Path) -> Child:
        """What the command would start."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self._ready:
            self._ready = self._process.stdout.readline() == "ready\n"
        self._process.stdin.write(json.dumps({"command": command, "environ": dict(environ), "log": str(log)}) + "\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))

    def stop(self) -> None:
        """No more births."""
        self._process.communicate(timeout=20)


if __name__ == "__main__":
    read_the_code()
    serve()

"""The product's processes under test: started, waited for, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self

from bench.proc import cpu_seconds, tree
from salespilots.presence import present
from salespilots.supervisor import web_command, work_command
from tests.support.product import Product

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Process(Protocol):
    """What is used of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Start = Callable[[list[str], Mapping[str, str], Path], Process]
"""Starts a command with an environment and a log."""


def start(command: list[str], environ: Mapping[str, str], log: Path) -> Process:
    """As the command line does."""
    with log.open("ab") as file:
        return subprocess.Popen(command, env=dict(environ), stdout=file, stderr=file)


def wait_for_page(url: str, process: Process, log: Path, seconds: float = 90) -> None:
    """Until a page comes with 200."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise SystemExit(f"ended before it answered at {url}: {log.read_text(errors='replace')[-2000:]}")
        try:
            with _OPENER.open(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise SystemExit(f"no answer at {url}")


def stop(*processes: Process) -> None:
    """SIGTERM to all, then wait; what does not end is killed and said."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise SystemExit("a process did not end on SIGTERM") from None


class Site:
    """A web server and workers over one product, each started here: ``with Site(product, workers=2) as site``.

    ``change``: what `bench.worker` takes away from the workers; without it they are what `salespilots work` starts.
    """

    def __init__(self, product: Product, *, workers: int = 1, change: str = "", start: Start = start) -> None:
        self.product, self.port = product, product.port
        self._change, self._start, self._log = change, start, product.home / "site.log"
        self.web = self._begin(web_command("127.0.0.1", self.port))
        self.workers: list[Process] = []
        wait_for_page(f"{product.url}/healthz", self.web, self._log)
        self.staff(workers)

    def _begin(self, command: list[str]) -> Process:
        return self._start(command, {**self.product.environment(), "MALLOC_ARENA_MAX": "2"}, self._log)

    def staff(self, workers: int) -> None:
        """Let so many be at work: the others end in peace, missing ones are started and waited for."""
        surplus = self.workers[workers:]
        stop(*surplus)
        del self.workers[workers:]
        missing = workers - len(self.workers)
        if missing <= 0:
            return
        command = [sys.executable, "-m", "bench.worker", self._change] if self._change else work_command()
        self.workers += [self._begin(command) for _ in range(missing)]
        ends = time.monotonic() + 60
        while len(present(self.product.home)) < workers:
            if time.monotonic() > ends or any(one.poll() is not None for one in self.workers):
                raise SystemExit(f"a worker did not start: {self.log()[-1000:]}")
            time.sleep(0.05)
        time.sleep(0.5)

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU used so far, by role."""
        return {"web": cpu_seconds(self.web.pid), "workers": sum(cpu_seconds(one.pid) for one in self.workers)}

    def log(self) -> str:
        """What they said."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """End it at once, whatever is under way: what it kept is not looked at any more."""
        for process in (self.web, *self.workers):
            for one in tree(process.pid):
                os.kill(int(str(one["pid"])), 9)
            process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        alive = [one for one in (self.web, *self.workers) if one.poll() is None]
        stop(*alive)

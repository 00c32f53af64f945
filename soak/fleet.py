"""The product's processes under test: one web server and workers on one or two "machines", to be killed and frozen."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from typing import IO

from salespilots.testing.twin_client import wait_until
from soak import sabotage
from tests.support.product import Product

FREEZE = ".freeze"


class Fleet:
    """``machines``: as many folders of their own, each with its workers; they share the database."""

    def __init__(
        self, product: Product, *, workers: int = 3, machines: int = 1, changes: tuple[str, ...] = ("quick",)
    ) -> None:
        self.product = product
        self.deaths: Counter[str] = Counter()
        """How processes ended: "worker KILL" and the like."""
        self._workers, self._machines = workers, machines
        self.orders = product.home / "orders"
        self._processes: list[subprocess.Popen[str]] = []
        self._alive: set[int] = set()
        self._lock = threading.Lock()
        self._logs: list[IO[bytes]] = []
        self.environ = {
            **product.environment(), "SALESPILOTS_CRASH_DIR": str(self.orders), sabotage.VARIABLE: ",".join(changes),
            "MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    # --- life --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        self.orders.mkdir(parents=True, exist_ok=True)
        self._start_web()
        for machine in range(self._machines):
            self._start_workers(machine)
        wait_until(self.product.answers, seconds=60, every=0.05)
        wait_until(lambda: len(self.alive()) == self._workers, seconds=60, every=0.05)

    def _start_web(self) -> None:
        command = [
            sys.executable, "-m", "gunicorn", "--config", "python:soak.web_settings",
            "--bind", f"127.0.0.1:{self.product.port}", "--no-control-socket", "salespilots.web.app:wsgi()",
        ]  # fmt: skip
        log = self._log("web")
        self.web = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)

    def _start_workers(self, machine: int) -> None:
        home = self.product.home if machine == 0 else self.product.home.with_name(f"machine{machine}")
        home.mkdir(parents=True, exist_ok=True)
        count = self._workers // self._machines + (machine < self._workers % self._machines)
        process = subprocess.Popen(
            [sys.executable, "-m", "soak.nursery", str(count)], env={**self.environ, "SALESPILOTS_HOME": str(home)},
            stdout=subprocess.PIPE, stderr=self._log(f"workers{machine}"), text=True,
        )  # fmt: skip
        self._processes.append(process)
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()

    def _log(self, name: str) -> IO[bytes]:
        self._logs.append((self.product.home / f"{name}.log").open("ab"))
        return self._logs[-1]

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            what, number, *rest = [*line.split(), ""]
            if what not in ("born", "died"):
                continue
            with self._lock:
                if what == "born":
                    self._alive.add(int(number))
                else:
                    self._alive.discard(int(number))
                    ended = int(rest[0])
                    name = signal.Signals(ended).name.removeprefix("SIG") if ended > 0 else f"exit {-ended}"
                    self.deaths[f"worker {name}"] += 1

    def stop(self, seconds: float = 40) -> list[int]:
        """SIGTERM to all; returns the exit codes of web and nurseries."""
        for process in [self.web, *self._processes]:
            process.terminate()
        codes = []
        for process in [self.web, *self._processes]:
            try:
                codes.append(process.wait(seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append(process.wait())
        for log in self._logs:
            log.close()
        return codes

    def complaints(self) -> list[str]:
        """What the processes logged as errors, without repeats."""
        found: dict[str, None] = {}
        for path in sorted(self.product.home.glob("*.log")):
            for line in path.read_text(errors="replace").splitlines():
                if "[error" in line or "Traceback" in line or "Error:" in line:
                    found[f"{path.stem}: {line[28:200]}"] = None
        return list(found)

    # --- trouble -----------------------------------------------------------------------------------------------

    def alive(self) -> list[int]:
        """The workers' process numbers."""
        with self._lock:
            return sorted(self._alive)

    def order(self, point: str) -> None:
        """Let whoever comes to this point first die there."""
        (self.orders / point).touch()

    def order_freeze(self, point: str) -> None:
        """Let whoever comes to this point first stop there, until `thaw`."""
        (self.orders / f"{point}{FREEZE}").touch()

    def frozen(self) -> dict[str, int]:
        """Points at which a process stands still, with its number."""
        found = {}
        for path in self.orders.glob("*.frozen"):
            text = path.read_text()
            if text:
                found[path.stem] = int(text)
        return found

    def thaw(self, point: str, process: int) -> None:
        """Let it go on."""
        (self.orders / f"{point}.frozen").unlink(missing_ok=True)
        try:
            os.kill(process, signal.SIGCONT)
        except ProcessLookupError:
            return

    def waits(self, order: str) -> bool:
        """Whether nobody came by yet."""
        return (self.orders / order).exists()

    def withdraw(self) -> None:
        """No more deaths, and everybody goes on."""
        for path in self.orders.iterdir():
            if path.suffix != ".frozen":
                path.unlink(missing_ok=True)
        for point, process in self.frozen().items():
            self.thaw(point, process)

    def kill_one(self, chance: random.Random) -> None:
        """kill -9 of a worker, wherever it is."""
        alive = self.alive()
        if alive:
            try:
                os.kill(chance.choice(alive), signal.SIGKILL)
            except ProcessLookupError:
                return

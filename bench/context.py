"""What the parts of a run share: stages, the send stand-in, the bare limit, the table, and how long to look."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.judge import BLUE, Heard, ask
from bench.nursery import Nursery
from bench.postgres import DurablePostgres
from bench.processes import Process, Site, Start, start, stop, wait_for_page
from bench.shots import Graph, opened
from bench.stage import SHOPS, Stage, accounts_for
from bench.table import Table
from bench.wire import Stream
from salespilots.supervisor import web_command
from tests.support.postgres import free_port
from tests.support.product import APP_SECRET


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Rounds, and seconds of the windows."""

    rounds: int = 3
    intake: float = 3.0
    warm: float = 1.5
    window: float = 6.0
    idle: float = 20.0
    hanging: float = 20.0
    jobs: int = 10_000
    quiet_shops: int = 20
    rows: int = 10_000


QUICK = Lengths(rounds=1, intake=0.3, warm=0.2, window=0.5, idle=0.5, hanging=1.0, jobs=100, quiet_shops=3, rows=600)  # fmt: skip


class Bare:
    """The bare limit over one database, under the product's own gunicorn settings."""

    def __init__(self, address: str, log: Path, start: Start = start) -> None:
        self.port = free_port()
        command = [*web_command("127.0.0.1", self.port)[:-1], "bench.bare:app"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SALESPILOTS_")}
        environ = {**kept, "BENCH_DB": address, "BENCH_SECRET": APP_SECRET, "MALLOC_ARENA_MAX": "2"}
        self.process = start(command, environ, log)
        wait_for_page(f"http://127.0.0.1:{self.port}/", self.process, log)


class Bench:
    """One run. Everything is made when it is first asked for and ends with the block."""

    def __init__(self, *, quick: bool) -> None:
        self.quick, self.table = quick, Table()
        self.lengths = QUICK if quick else Lengths()
        self.folder = Path(tempfile.mkdtemp(prefix="sp-bench-"))
        self.graph = Graph()
        self.server: DurablePostgres | None = None
        self._stages: dict[str, Stage] = {}
        self._sites: dict[str, Site] = {}
        self._bare: dict[str, Bare] = {}
        self._waits: dict[tuple[str, float], list[float]] = {}
        self._runs = itertools.count(5001)
        self._preparing = threading.RLock()
        self._nursery = Nursery() if quick else None
        if quick:  # nobody looks at how quick anything is: prepare what takes longest meanwhile
            threading.Thread(target=self.stage, args=("PostgreSQL",), daemon=True).start()

    def start(self, command: list[str], environ: Mapping[str, str], log: Path) -> Process:
        """Start a command as the command line does; quicker when only asked whether it all runs."""
        return self._nursery.start(command, environ, log) if self._nursery else start(command, environ, log)

    def run(self) -> str:
        """Digits that no other stream's customers have."""
        return str(next(self._runs))

    # --- stages ------------------------------------------------------------------------------------------------

    def postgres(self) -> DurablePostgres:
        """The server of this run."""
        with self._preparing:
            if self.server is None:
                self.server = DurablePostgres()
                self.server.start()
            return self.server

    def stage(self, kind: str) -> Stage:
        """Shops on "SQLite" or "PostgreSQL"; on SQLite quiet ones, too."""
        embedded = kind == "SQLite"
        with nullcontext() if embedded else self._preparing:
            if kind not in self._stages:
                folder = self.folder / kind
                folder.mkdir()
                shops = SHOPS + (self.lengths.quiet_shops + 1 if embedded else 0)
                self._stages[kind] = Stage(folder, shops=shops, server=None if embedded else self.postgres())
            return self._stages[kind]

    def site(self, kind: str, *, workers: int = 1, change: str = "") -> Site:
        """A fresh copy, running."""
        return Site(self.stage(kind).copy(self.graph.url), workers=workers, change=change, start=self.start)

    def shared(self, kind: str, workers: int = 1) -> Site:
        """The same for all parts that leave nothing behind, with so many workers."""
        if kind not in self._sites:
            self._sites[kind] = self.site(kind, workers=workers)
        self._sites[kind].staff(workers)
        return self._sites[kind]

    def bare(self, kind: str) -> Bare:
        """The bare limit of that database."""
        if kind not in self._bare:
            server = None if kind == "SQLite" else self.postgres()
            address = server.dsn(server.create()) if server else str(self.folder / "bare.db")
            self._bare[kind] = Bare(address, self.folder / "bare.log", self.start)
        return self._bare[kind]

    def bare_waits(self, kind: str, rate: float) -> list[float]:
        """Seconds from due to answered of webhooks to the bare limit at this rate."""
        if (kind, rate) not in self._waits:
            seconds = self.lengths.warm + min(3.0, self.lengths.window)
            stream = self.stream(rate, seconds, path="/webhook")
            took = opened(self.bare(kind).port, stream)[0].took
            self._waits[kind, rate] = took[int(rate * self.lengths.warm) :]
        return self._waits[kind, rate]

    # --- streams -----------------------------------------------------------------------------------------------

    def stream(
        self, rate: float, seconds: float, *, name: str = "crowd", cast: int = 400, texts: Sequence[str] = (BLUE,),
        accounts: Sequence[str] = (), path: str = "/webhooks/channel/instagram", start: float = 0.0,
    ) -> Stream:  # fmt: skip
        """Customers of their own who ask at a steady rate for so long."""
        return Stream(
            name=name, run=self.run(), texts=list(texts), count=max(1, round(rate * seconds)), rate=rate, cast=cast,
            accounts=list(accounts) or accounts_for(rate), path=path, start=start,
        )  # fmt: skip

    def ask(self, site: Site, *streams: Stream, beside: Sequence[Stream] = ()) -> list[Heard]:
        """Let them ask, and wait for their answers; a lost, doubled or disordered one is a failure of the run."""
        heard = ask(site.port, self.graph, *streams, beside=beside)
        for one in heard:
            self.table.must(one.faultless, f"{one.opened.stream.name} at {one.opened.stream.rate:g}/s: {one.say()}")
        return heard

    # --- life --------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        sites = [process for one in self._sites.values() for process in (one.web, *one.workers)]
        stop(*sites, *(one.process for one in self._bare.values()))
        self.graph.__exit__()
        if self._nursery:
            self._nursery.stop()
        with self._preparing:
            if self.server is not None:
                self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

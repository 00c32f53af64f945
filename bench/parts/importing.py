"""Rows of a file that become products, in a process of their own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from bench.context import Bench
from bench.table import Goal

GOAL = Goal(gate=170, least=True)
"""10,000 rows in a minute."""


def measure(bench: Bench) -> None:
    """On SQLite: upload, check and write, beside bare inserts of as many rows."""
    rows = bench.lengths.rows
    rounds: list[dict[str, Any]] = []
    for _ in range(bench.lengths.rounds):
        done = subprocess.run(
            [sys.executable, "-m", "bench.importer", str(rows)], check=True, stdout=subprocess.PIPE, text=True
        )
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
        bench.table.must(rounds[-1]["written"] == rows, f"of {rows} rows {rounds[-1]['written']} were imported")
    middle = {
        name: round(statistics.median(one[name] for one in rounds), 1)
        for name in ("rate", "floor", "seconds", "memory")
    }
    note = f"{rows} rows in {middle['seconds']} s, the process took {middle['memory']} MB at most; the bare limit inserts and checks nothing"
    bench.table.add("import rows a second, SQLite", middle["rate"], "/s", floor=middle["floor"], goal=GOAL, note=note)

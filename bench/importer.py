"""An import in a process of its own: ``python -m bench.importer ROWS`` prints rows a second, and the memory it took."""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from salespilots.bootstrap import migrate
from salespilots.domain.imports import ImportState
from tests.support.imports import table
from tests.support.shop import World

BATCH = 200
"""Rows of one commit of the bare limit: as many as ours."""


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare(home: Path, rows: int) -> float:
    """Rows a second where a row is a product, a variant, a level and a movement, and nothing is asked or checked."""
    database = sqlite3.connect(home / "bare.db")
    database.execute("PRAGMA journal_mode=WAL")
    for name in ("products", "variants", "levels", "movements"):
        database.execute(f"CREATE TABLE {name} (id TEXT PRIMARY KEY, words TEXT)")
    began = time.perf_counter()
    for first in range(0, rows, BATCH):
        for name in ("products", "variants", "levels", "movements"):
            some = [(f"{name}{n}", "Cotton kurta, block printed") for n in range(first, min(first + BATCH, rows))]
            database.executemany(f"INSERT INTO {name} VALUES (?, ?)", some)
        database.commit()
    took = time.perf_counter() - began
    database.close()
    return rows / took


def measure(rows: int) -> dict[str, Any]:
    """Upload, check and write a file of new products in three sizes each."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        floor = bare(home, rows)
        world = World(home, f"sqlite:///{home / 'import.db'}")
        migrate(world.application)
        _, shop = world.sign_up()
        content = table(
            *((f"Kurta {n // 3}", f"K-{n}", "SML"[n % 3], f"{500 + n % 900}.50", 5, "Kurtas") for n in range(rows)),
            headings=("Name", "SKU", "Size", "Price", "Stock", "Category"),
        )  # fmt: skip
        began = time.perf_counter()
        imports = world.services.imports
        one = imports.upload(shop.id, "bench.csv", io.BytesIO(content))
        imports.match(shop.id, one.id, one.columns)
        imports.work(shop.id, one.id, 600)
        imports.start(shop.id, one.id)
        done = imports.work(shop.id, one.id, 600)
        took, peak = time.perf_counter() - began, _peak()
        written = done.counts.get("new", 0) if done.state is ImportState.DONE else 0
        world.close()
    return {"written": written, "rate": rows / took, "seconds": took, "floor": floor, "memory": peak}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

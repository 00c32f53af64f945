"""``python -m bench [--quick] [--only NAME …] [--out FILE]``: one table, and the same as JSON in ``bench/latest.json``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench import machine
from bench.context import Bench
from bench.parts import PARTS

LATEST = Path(__file__).parent / "latest.json"


def measure(bench: Bench, names: list[str]) -> list[dict[str, Any]]:
    """Each part, with how busy the machine was before it while nothing of ours ran."""
    told = []
    for name in names:
        before = machine.rest(0.2 if bench.quick else 1.5)
        bench.table.quiet = before.quiet
        ticks, started = machine.ticks(), time.monotonic()
        PARTS[name](bench)
        during, seconds = machine.reading(ticks), time.monotonic() - started
        sys.stderr.write(f"{name}: {seconds:.0f} s; before it {before.say()}; during it {during.say()}\n")
        told.append(
            {
                "part": name, "seconds": round(seconds, 1), "idle_before": round(before.idle, 1),
                "steal_before": round(before.steal, 1), "steal_during": round(during.steal, 1), "quiet": before.quiet,
            }
        )  # fmt: skip
    return told


def main() -> int:
    """Measure, print, write. The exit code is 1 when a message was lost, doubled or out of order; speed is for reading."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure on this machine.")
    parser.add_argument("--quick", action="store_true", help="windows of a second: does it run, not how fast")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="NAME", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=LATEST, help="where the figures go as JSON")
    given = parser.parse_args()
    started, load = time.monotonic(), os.getloadavg()
    with Bench(quick=given.quick) as bench:
        parts = measure(bench, given.only or list(PARTS))
    table = bench.table
    about = {
        **machine.about(), "load_before": [round(one, 2) for one in load], "quick": given.quick, "parts": parts,
        "seconds": round(time.monotonic() - started, 1),
        "bare": "Flask, HMAC and one committed row (SQLite synchronous=FULL, PostgreSQL synchronous_commit=on), waiting "
        "requests sharing a commit, under the product's gunicorn settings; load generator and send stand-in run in "
        "processes of their own on the same cores",
    }  # fmt: skip
    given.out.write_text(
        json.dumps({"about": about, "failures": table.failures, "figures": table.json()}, indent=1) + "\n"
    )
    print(table.text())
    print(f"\nBare limit: {about['bare']}.")
    print(f"{about['seconds']} s on {about['cores']} cores. The machine before each part, while nothing of ours ran:")
    for one in parts:
        print(
            f"  {one['part']:10} idle {one['idle_before']:3.0f} %, steal {one['steal_before']:2.0f} %; during it steal "
            f"{one['steal_during']:2.0f} %{'' if one['quiet'] else '; too busy: figures in seconds are not judged'}"
        )
    print("Trust the ratios, not the rates.")
    for words in table.failures:
        print(f"FAILED: {words}")
    return 1 if table.failures else 0


if __name__ == "__main__":
    sys.exit(main())

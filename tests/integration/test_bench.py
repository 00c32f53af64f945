"""The bench runs and measures what it says; how fast is for `make bench` to tell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_bench_prints_its_table_and_every_figure_beside_its_limit(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "webhooks accepted" in done.stdout
    figures = json.loads(out.read_text())["figures"]
    for name in ("webhooks accepted", "webhook to reply at 20/s, p50", "orders on one product", "start to first page"):
        assert figures[name]["value"] > 0
        assert figures[name]["ratio_to_bare"] > 0
    assert figures["webhook to reply at 20/s, p95"]["note"].startswith("40 of 40 answered, 80 sends")
    assert {one["process"] for one in figures["memory at rest"]["processes"]} >= {"web", "worker"}

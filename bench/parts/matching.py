"""How rightly meanings are found, and what a message costs in a shop with many workflows."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.context import Bench
from bench.table import Goal
from salespilots.plugins.builtin.understanding import RulesUnderstander
from salespilots.ports.understanding import INTENTS, SURE
from tests.support.lines import CATALOGUE, Line, building, by_contains, held_out, score, yardstick

WORKFLOWS = 200
RIGHT = Goal(gate={"precision": 0.95, "recall": 0.9}, least=True, always=True)
QUICK_ENOUGH = Goal(gate={"p95": 5.0})
"""Milliseconds."""
SPLITS = {"building": building, "held-out": held_out}


def measure(bench: Bench) -> None:
    """The labelled lines, the foreign ones where there are any, and one message against two hundred workflows."""
    for name, lines in SPLITS.items():
        _figures(bench, name, lines())
    if yardstick():
        _figures(bench, "foreign", yardstick(), goal=None, each=False)
    done = subprocess.run(
        [sys.executable, "-m", "bench.matcher", str(WORKFLOWS), "1" if bench.quick else "3"], check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    bench.table.add(
        f"one message against {WORKFLOWS} workflows: p95 / p50", {"p95": told["p95"], "p50": told["p50"]}, "ms",
        goal=QUICK_ENOUGH, note=f"processor time p95 {told['busy']} ms; "
        f"{told['messages']} sentences, {told['answered']} answered by one; reading what a sentence "
        f"means is {told['reading']} ms of it (p50)",
    )  # fmt: skip


def _acts_on(text: str) -> str | None:
    understood = RulesUnderstander().understand(text, CATALOGUE)
    return understood.intent if understood.confidence >= SURE else None


def _figures(bench: Bench, name: str, lines: tuple[Line, ...], *, goal: Goal | None = RIGHT, each: bool = True) -> None:
    ours, plain = score(lines, _acts_on), score(lines, by_contains)
    for way, (precision, recall) in (("over all", ours.micro), ("mean of intents", ours.macro)):
        bench.table.add(
            f"meanings, {name} lines, {way}: precision / recall", _pair(precision, recall), "", goal=goal,
            note=f"{len(lines)} lines; acted on from {SURE} confidence",
        )  # fmt: skip
    bench.table.add(f"meanings, {name} lines, by contains: precision / recall", _pair(*plain.micro), "")
    for intent in INTENTS if each else ():
        bench.table.add(
            f"  {intent}, {name}: precision / recall", _pair(ours.precision(intent), ours.recall(intent)), "",
            note=f"of {ours.meant[intent]}; by contains {plain.precision(intent):.3f} / {plain.recall(intent):.3f}",
        )  # fmt: skip


def _pair(precision: float, recall: float) -> dict[str, float]:
    return {"precision": round(precision, 3), "recall": round(recall, 3)}

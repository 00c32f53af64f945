"""The bench runs and measures what it says; how fast is for `make bench` to tell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.judge import BLUE, QUESTIONS, Ear
from bench.shots import Opened
from bench.table import Figure, Goal, Table
from bench.wire import Stream

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {
    "start to first page, SQLite", "start to first answer of a message, SQLite", "idle instance, processor, SQLite",
    "memory at rest, SQLite: web, worker and all", "memory after a load, SQLite: web, worker and all",
    "webhooks accepted, SQLite", "webhooks accepted, SQLite, beside a commit for each", "webhooks accepted, PostgreSQL",
    "webhooks accepted, PostgreSQL, beside a commit for each",
    "webhook answered at that rate, p50 / p99, SQLite", "webhook answered at that rate, p50 / p99, PostgreSQL",
    "send stand-in alone, with our generator", "webhook to send, 20/s, provider 150 ms, SQLite, 1 worker: p50 / p95 / p99",
    "webhook to send, 20/s, provider 150 ms, PostgreSQL, 1 worker: p50 / p95 / p99",
    "20 conversations, 60/s, provider 150 ms, SQLite, 1 worker: lost / twice / out of order",
    "20 conversations, 60/s, provider 150 ms, PostgreSQL, 1 worker: lost / twice / out of order",
    "highest rate with p95 <= 500 ms, SQLite", "highest rate with p95 <= 500 ms, PostgreSQL",
    "highest rate with p95 <= 500 ms, PostgreSQL, 1 worker",
    "PostgreSQL, 1 worker, all slots, provider 150 ms: answers a second / x of one worker",
    "PostgreSQL, 2 workers, all slots, provider 150 ms: answers a second / x of one worker",
    "one conversation while others ask 20/s, SQLite: p50 / p95", "lag added to one conversation by 20/s, SQLite: p50 / p95",
    "others' p95 at 20/s beside poison events, SQLite", "quiet shops' p95 beside a shop with 100 queued jobs, SQLite",
    "delay the flood adds to others, p95, SQLite",
    "webhook answered at 50/s while every provider hangs, SQLite: p99 / p99.9",
    "orders on one hot product, 16 buyers, SQLite", "order placed, p50 / p95, SQLite",
    "the same beside bare orders that commit each, SQLite", "the same beside bare orders that commit each, PostgreSQL",
    "orders on one hot product, 16 buyers, PostgreSQL", "order placed, p50 / p95, PostgreSQL",
    "one message against 200 workflows: p95 / p50", "import rows a second, SQLite", "invoice time, 3 lines",
    "messages replayed", "run of 10 steps with 2 messages, own cost: p50 / p95", "dry run of a purchase, 7 messages",
    "1000 messages in one webhook kept, p50, SQLite", "1000 messages in one webhook kept, p50, PostgreSQL",
    "messages kept in batches of 1000, SQLite", "messages kept in batches of 1000, PostgreSQL",
}  # fmt: skip
PARTS = [
    "rest",
    "intake",
    "batches",
    "rates",
    "reach",
    "scaling",
    "lane",
    "poison",
    "flood",
    "hanging",
    "orders",
    "importing",
    "papers",
    "matching",
    "running",
    "replay",
]


def test_the_bench_prints_its_table_and_every_figure_beside_its_limit(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, (done.stdout[-1500:], done.stderr[-2000:])
    told = json.loads(out.read_text())
    figures: dict[str, Any] = told["figures"]
    named = {name for name in figures if not name.startswith(("meanings, ", "  "))}
    assert named == FIGURES | {"memory at rest, SQLite", "memory after a load, SQLite"}
    _meanings_are_found(figures)
    assert told["failures"] == []
    assert [one["part"] for one in told["about"]["parts"]] == PARTS
    for name in FIGURES:
        assert name in done.stdout
    _every_question_is_answered_once_and_in_order(figures)
    _what_was_accepted_is_kept(figures)
    assert {one["process"] for one in figures["memory at rest, SQLite"]["processes"]} >= {"web", "worker", "supervisor"}
    hung = figures["webhook answered at 50/s while every provider hangs, SQLite: p99 / p99.9"]["note"]
    assert hung.startswith("50 of 50 accepted")
    assert all(path in hung for path in ("messages", "completions", "payment_links"))


def _meanings_are_found(figures: dict[str, Any]) -> None:
    for split in ("building", "held-out"):
        found = figures[f"meanings, {split} lines, over all: precision / recall"]
        assert found["gate_met"] == "yes"
        plain = figures[f"meanings, {split} lines, by contains: precision / recall"]["value"]
        assert all(found["value"][name] > plain[name] for name in ("precision", "recall"))
        assert sum(name.startswith("  ") and f", {split}:" in name for name in figures) == 14


def _every_question_is_answered_once_and_in_order(figures: dict[str, Any]) -> None:
    for kind in ("SQLite", "PostgreSQL"):
        many = figures[f"webhook to send, 20/s, provider 150 ms, {kind}, 1 worker: p50 / p95 / p99"]
        assert many["note"].startswith("14 of 14 answered, 28 sends, 0 lost, 0 twice, 0 out of order;")
        assert many["value"]["p50"] > 0 < many["ratio_to_bare"]
        few = figures[f"20 conversations, 60/s, provider 150 ms, {kind}, 1 worker: lost / twice / out of order"]
        assert few["note"].startswith("60 of 60 answered, 120 sends, 0 lost, 0 twice, 0 out of order;")
        assert few["gate_met"] == "yes"


def _what_was_accepted_is_kept(figures: dict[str, Any]) -> None:
    for kind in ("SQLite", "PostgreSQL"):
        taken = figures[f"webhooks accepted, {kind}"]
        assert taken["value"] > 0 < taken["ratio_to_bare"]
        assert taken["gate_met"] in ("yes", "no")
        kept, _, accepted = taken["note"].partition("rows kept ")[2].partition(" = accepted ")
        assert int(kept) == int(accepted) > 0


@pytest.mark.parametrize(
    ("sends", "faults"),
    [
        (["card A", "A", "card B", "B"], (0, 0, 0, 0)),
        (["card A", "A", "card B"], (1, 0, 0, 0)),
        (["card A", "A", "A", "card B", "B"], (0, 1, 0, 0)),
        (["card B", "B", "card A", "A"], (0, 0, 4, 0)),
        (["card A", "A", "I am asking the shop to answer you here.", "card B", "B"], (0, 0, 0, 1)),
        ([], (4, 0, 0, 0)),
    ],
)
def test_the_judge_finds_what_is_lost_doubled_and_out_of_order(
    sends: list[str], faults: tuple[int, int, int, int]
) -> None:
    questions = list(QUESTIONS)[:2]
    stream = Stream(name="s", run="1", texts=questions, count=2, accounts=["a"], rate=1, cast=1)
    ear = Ear(None)  # type: ignore[arg-type]
    names = {"A": QUESTIONS[questions[0]], "B": QUESTIONS[questions[1]]}
    ear.got["1000000"] = [
        (float(place), "card " * ("card " in words) + names.get(words.removeprefix("card "), words))
        for place, words in enumerate(sends)
    ]
    heard = ear.judge(Opened(stream, [0.0, 1.0], [0.1, 1.1], [200, 200]))
    assert (heard.lost, heard.twice, heard.disorder, heard.strange) == faults
    assert heard.faultless == (not any(faults))


def test_a_busy_machine_is_not_judged_but_ratios_always_are() -> None:
    waits = {"name": "waits", "value": {"p50": 20.0, "p95": 90.0}, "unit": "ms"}
    goal = Goal(gate={"p50": 25, "p95": 80}, stretch={"p50": 10})
    assert Figure(**waits, goal=goal).judged() == ("no", "no")
    assert Figure(**waits, goal=goal, quiet=False).judged() == ("not judged", "not judged")
    share = Goal(gate=0.7, stretch=0.85, least=True, ratio=True, always=True)
    table = Table(quiet=False)
    table.add("taken", 800.0, "/s", floor=1000.0, goal=share)
    assert table.figures[0].judged() == ("yes", "no")
    line = table.text().splitlines()[1].split()
    assert line == ["taken", "800", "/s", "1000", "0.80", ">=", "0.7", "yes", ">=", "0.85", "no"]


def test_customers_write_in_turn_and_each_says_the_questions_one_after_the_other() -> None:
    stream = Stream(name="s", run="7", texts=[BLUE, "x"], count=9, accounts=["a", "b"], rate=2, cast=3, start=1.0)
    assert [stream.customer(index)[-1] for index in range(4)] == ["0", "1", "2", "0"]
    assert [stream.text(index) for index in (0, 2, 3, 6)] == [BLUE, BLUE, "x", BLUE]
    assert [stream.account(index) for index in (0, 1, 2, 3)] == ["a", "b", "a", "a"]
    assert [stream.due(index) for index in (0, 1)] == [1.0, 1.5]

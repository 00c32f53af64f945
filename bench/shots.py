"""Starting the load generator and the send stand-in, each a process of its own, and reading what they saw."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from bench.graph import READY
from bench.wire import Stream
from tests.support.product import APP_SECRET

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
OPEN_CONNECTIONS = 64


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed; not a number of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else float("nan")


@dataclass(frozen=True, slots=True)
class Closed:
    """``took``: seconds of each good answer in the window of ``seconds``; ``good``: all good ones, warming up included."""

    took: list[float]
    seconds: float
    good: int

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.took) / self.seconds


@dataclass(frozen=True, slots=True)
class Opened:
    """For each POST of a stream, in order: when it was due and when it was answered, seconds of CLOCK_MONOTONIC."""

    stream: Stream
    due: list[float]
    at: list[float]
    status: list[int]

    @property
    def took(self) -> list[float]:
        """Seconds from due to answered."""
        return [at - due for due, at, status in zip(self.due, self.at, self.status, strict=True) if status == 200]

    def refused(self) -> dict[int, int]:
        """Statuses that are not 200 (0: no answer in time), with their counts."""
        return {one: self.status.count(one) for one in set(self.status) - {200}}


class _Shooter:
    """The load generator, started with the first plan. It ends when this process does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def shoot(self, plan: dict[str, Any]) -> dict[str, Any]:
        """What came back."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.shooter"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"secret": APP_SECRET, **plan}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the load generator failed")
        return json.loads(line)


_SHOOTER = _Shooter()


def closed(port: int, made: Stream | str, *, connections: int, seconds: float, warm: float = 0.5) -> Closed:
    """Post as fast as it is answered: webhooks, or the same request on the wire again and again. All must succeed."""
    what = {"request": made} if isinstance(made, str) else {"stream": asdict(made)}
    plan = {"mode": "closed", "port": port, "connections": connections, "seconds": seconds, "warm": warm, **what}
    came = _SHOOTER.shoot(plan)
    bad = {status: count for status, count in came["statuses"].items() if not 200 <= int(status) < 300}
    if bad:
        raise SystemExit(f"not all were accepted: {came['statuses']}")
    return Closed(came["took"], seconds, sum(came["statuses"].values()))


def opened(port: int, *streams: Stream, patience: float = 60, connections: int = OPEN_CONNECTIONS) -> list[Opened]:
    """Post each message when it is due, whatever the server does; ``patience``: seconds for the last answers."""
    plan = {
        "mode": "open", "port": port, "connections": connections, "patience": patience,
        "streams": [asdict(one) for one in streams],
    }  # fmt: skip
    came = _SHOOTER.shoot(plan)
    return [
        Opened(stream, one["due"], one["at"], [int(status) for status in one["status"]])
        for stream, one in zip(streams, came["streams"], strict=True)
    ]


class Graph:
    """The send stand-in: ``with Graph() as graph: graph.url``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "bench.graph"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(READY):
            raise SystemExit("the send stand-in did not start")
        self.port = int(line.removeprefix(READY))
        self.url = f"http://127.0.0.1:{self.port}"
        self.taken = 0
        """How many calls were read."""
        self.calls = Counter[str]()
        """Of each kind, by the last part of the path."""

    def _get(self, path: str) -> Any:
        with _OPENER.open(f"{self.url}{path}", timeout=60) as answer:
            return json.loads(answer.read())

    def set(self, *, latency_ms: float = 0, hang: bool = False) -> None:
        """How it answers from now on."""
        self._get(f"/__set?latency_ms={latency_ms}&hang={int(hang)}")

    def new(self) -> list[tuple[float, str, str]]:
        """Sends since the last call: (seconds of CLOCK_MONOTONIC, recipient, words)."""
        rows = self._get(f"/__since?n={self.taken}")
        self.taken += len(rows)
        self.calls.update(path.rpartition("/")[2] for _, path, _, _ in rows)
        return [(at, who, words) for at, path, who, words in rows if path.endswith("/messages")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

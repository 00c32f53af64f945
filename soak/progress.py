"""What a soak has done so far, kept in a file after each sitting, so that it can be ended and gone on with at any time."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("salespilots", "plugins", "soak")


def fingerprint() -> str:
    """Of the code under test and of the soak: figures of two different ones are not added up."""
    found = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


@dataclass
class Outcome:
    """Of one sitting. ``done``: of the part's unit. ``figures`` are added up, of ``most`` the largest is kept."""

    done: int
    failures: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)


@dataclass
class Standing:
    """Of one part, all its sittings together."""

    done: int = 0
    sittings: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Another sitting."""
        self.done, self.sittings = self.done + outcome.done, self.sittings + 1
        self.seconds = round(self.seconds + seconds, 1)
        self.failures += outcome.failures
        self.figures = dict(Counter(self.figures) + Counter(outcome.figures))
        for name, value in outcome.most.items():
            self.most[name] = max(value, self.most.get(name, value))


class Progress:
    """The file, and what stands in it."""

    def __init__(self, path: Path, *, again: bool = False) -> None:
        self._path, self.code = path, fingerprint()
        self.parts: dict[str, Standing] = {}
        self.of_other_code = False
        if path.exists() and not again:
            told = json.loads(path.read_text())
            self.of_other_code = told["code"] != self.code
            if not self.of_other_code:
                self.parts = {name: Standing(**one) for name, one in told["parts"].items()}

    def of(self, part: str) -> Standing:
        """What this part has done."""
        return self.parts.setdefault(part, Standing())

    def save(self) -> None:
        """Whole, or not at all."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self.json(), indent=1) + "\n")
        fresh.replace(self._path)

    def json(self) -> dict[str, Any]:
        """For programs."""
        return {"code": self.code, "parts": {name: asdict(one) for name, one in self.parts.items()}}

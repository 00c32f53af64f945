"""The judge: what customers got against what they should have got, from a history that outlives the product."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CHANGING = (
    (re.compile(r"https?://\S+"), "LINK"),
    (re.compile(r"\bSP-\d+\b"), "ORDER"),
    (re.compile(r"\bonly \d+ left\b|\b\d+ in stock\b"), "STOCK"),
    (re.compile(r"\b\d{1,2}:\d{2}\s*(?:am|pm)?\b", re.IGNORECASE), "TIME"),
)


def plain(text: str) -> str:
    """A text without what rightly differs between two runs: links, order numbers, pieces left, times."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text


@dataclass(slots=True)
class Verdict:
    """What went wrong, each with the customer and the text. All empty: every answer came once and in order."""

    lost: list[tuple[str, str]] = field(default_factory=list)
    twice: list[tuple[str, str]] = field(default_factory=list)
    disorder: list[tuple[str, str]] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """Nothing lost, nothing twice, nothing out of order."""
        return not (self.lost or self.twice or self.disorder)

    @property
    def who(self) -> set[str]:
        """The customers for whom something went wrong."""
        return {who for who, _ in (*self.lost, *self.twice, *self.disorder)}

    def __str__(self) -> str:
        def some(rows: list[tuple[str, str]]) -> str:
            return "; ".join(f"{who}: {text[:60]!r}" for who, text in rows[:5])

        return (
            f"{len(self.lost)} lost [{some(self.lost)}], {len(self.twice)} twice [{some(self.twice)}], "
            f"{len(self.disorder)} out of order [{some(self.disorder)}]"
        )


def judge(expected: Mapping[str, Sequence[str]], got: Mapping[str, Sequence[str]]) -> Verdict:
    """Compare, customer by customer, the texts that should have come with those that came, in their order."""
    verdict = Verdict()
    for who in sorted({*expected, *got}):
        wanted = [plain(one) for one in expected.get(who, ())]
        came = [plain(one) for one in got.get(who, ())]
        more, less = Counter(came) - Counter(wanted), Counter(wanted) - Counter(came)
        verdict.lost += [(who, text) for text in less.elements()]
        verdict.twice += [(who, text) for text in more.elements()]
        verdict.disorder += [(who, text) for text in _moved(_without(wanted, less), _without(came, more))]
    return verdict


def _without(texts: Sequence[str], left_out: Counter[str]) -> list[str]:
    """The texts less these; of equal ones the later go first."""
    out = Counter(left_out)
    kept: list[str] = []
    for text in reversed(texts):
        if out[text] > 0:
            out[text] -= 1
        else:
            kept.append(text)
    return kept[::-1]


def _moved(wanted: Sequence[str], came: Sequence[str]) -> Iterator[str]:
    """Of two arrangements of the same texts: those that are not where they belong."""
    return (text for should, text in zip(wanted, came, strict=True) if should != text)


class History:
    """What happened outside of the product, line by line in a file: kept when the product, or we, are killed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")

    def note(self, kind: str, **facts: Any) -> None:
        """Write a line, at once."""
        self._file.write(json.dumps({"kind": kind, **facts}, ensure_ascii=False) + "\n")
        self._file.flush()

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """The lines of a kind, in order."""
        with self.path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return [one for one in rows if one["kind"] == kind]

    def close(self) -> None:
        """No more lines."""
        self._file.close()

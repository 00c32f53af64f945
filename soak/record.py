"""The history as it grows: read on from where it was read to before."""

from __future__ import annotations

import json
import threading
from pathlib import Path


class Record:
    """``taken``: what each customer got, in order. ``acknowledged``: the messages of each that were answered with 2xx."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, 0
        self._lock = threading.Lock()
        self.taken: dict[str, list[str]] = {}
        self.acknowledged: dict[str, int] = {}
        self.events = 0

    def read(self) -> int:
        """Read what was added; returns how many messages and replies there are by now."""
        with self._lock, self._path.open("rb") as file:
            file.seek(self._at)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._at += len(line)
                self._note(json.loads(line))
            return self.events

    def _note(self, row: dict[str, str]) -> None:
        if row["kind"] == "taken":
            self.taken.setdefault(row["who"], []).append(row["text"])
        elif row["kind"] == "acknowledged":
            self.acknowledged[row["who"]] = self.acknowledged.get(row["who"], 0) + 1
        else:
            return
        self.events += 1

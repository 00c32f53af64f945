"""How busy the machine is with other things: the readings of ``vmstat``, taken from /proc/stat while we do nothing."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_STEAL, MIN_IDLE = 10.0, 70.0
"""Percent of the machine's time; beyond them figures in seconds are shown and not judged."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Percent of the machine's time between two looks."""

    idle: float
    steal: float

    @property
    def quiet(self) -> bool:
        """Whether it is fit for measuring."""
        return self.steal <= MAX_STEAL and self.idle >= MIN_IDLE

    def say(self) -> str:
        """In words."""
        return f"idle {self.idle:.0f} %, steal {self.steal:.0f} %"


def ticks() -> list[int]:
    """The machine's time so far: user, nice, system, idle, iowait, irq, softirq, steal."""
    return [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def reading(before: list[int]) -> Reading:
    """Since then."""
    spent = [now - then for now, then in zip(ticks(), before, strict=True)]
    whole = sum(spent) or 1
    return Reading(idle=100 * (spent[3] + spent[4]) / whole, steal=100 * spent[7] / whole)


def rest(seconds: float) -> Reading:
    """How busy it is while we wait."""
    before = ticks()
    time.sleep(seconds)
    return reading(before)


def about() -> dict[str, Any]:
    """What it is."""
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "machine": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count(),
        "processor": model[0].partition(":")[2].strip() if model else "",
    }  # fmt: skip

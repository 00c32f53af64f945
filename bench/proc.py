"""What /proc says of a process and all below it: memory and CPU time."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for one in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in one.read_text().split()]
    return found


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\x00")
    text = " ".join(words)
    if "supervisor" in text:
        return "supervisor"
    if "gunicorn" in text:
        return "web"
    return "worker" if words[-2:-1] == ["work"] else words[0].rpartition("/")[2]


def tree(pid: int) -> list[dict[str, object]]:
    """``{"process", "pid", "rss_mib", "pss_mib"}`` of a process and all below it."""
    rows: list[dict[str, object]] = []
    todo = [pid]
    while todo:
        one = todo.pop(0)
        try:
            figures = dict(
                line.split(":", 1)
                for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:]
                if ":" in line
            )
            rss, pss = (round(int(figures[name].split()[0]) / 1024, 1) for name in ("Rss", "Pss"))
            rows.append({"process": _name(one), "pid": one, "rss_mib": rss, "pss_mib": pss})
            todo += _children(one)
        except OSError:
            continue
    return rows


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all below it that are alive, in the kernel and outside."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK + sum(cpu_seconds(one) for one in _children(pid))
    except OSError:
        return 0.0

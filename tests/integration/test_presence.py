"""Signs of life: a worker that starts is not taken for dead, and one that ended is, whatever the others do meanwhile."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from salespilots.presence import Presence, present

HOLD = """
import sys, time
from pathlib import Path
from salespilots.presence import Presence
here = Presence(Path(sys.argv[1]), sys.argv[2])
print("here", flush=True)
time.sleep(60)
"""


def bury(worker: Presence) -> list[str]:
    """What a sweep does."""
    dead = worker.dead()
    for one in dead:
        worker.forget(one)
    return dead


@pytest.mark.parametrize("right_before", ["its lock", "its name"])
def test_a_worker_that_is_just_starting_is_not_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right_before: str
) -> None:
    other, buried = Presence(tmp_path, "here:1:a"), []
    flock, rename = fcntl.flock, Path.rename

    def meanwhile(real: Any, *given: Any) -> Any:
        monkeypatch.undo()
        buried.extend(bury(other))
        return real(*given)

    if right_before == "its lock":
        monkeypatch.setattr(fcntl, "flock", lambda *given: meanwhile(flock, *given))
    else:
        monkeypatch.setattr(Path, "rename", lambda *given: meanwhile(rename, *given))
    new = Presence(tmp_path, "here:2:b")
    assert bury(other) == buried == []
    assert sorted(present(tmp_path)) == ["here:1:a", "here:2:b"]
    new.leave()
    assert present(tmp_path) == ["here:1:a"]


def test_a_worker_starts_while_another_looks_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks holds a lock for a moment."""
    flock, looking = fcntl.flock, []

    def looked_at(file: Any, how: int) -> None:
        for path in (tmp_path / "workers").glob("*.lock"):
            looking.append(path.open("r+"))
            flock(looking[-1], fcntl.LOCK_SH | fcntl.LOCK_NB)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", looked_at)
    worker = Presence(tmp_path, "here:1:a")
    assert (looking, present(tmp_path)) == ([], ["here:1:a"])
    worker.leave()


def test_what_somebody_holds_is_not_forgotten(tmp_path: Path) -> None:
    one, other = Presence(tmp_path, "here:1:a"), Presence(tmp_path, "here:2:b")
    one.forget("here:2:b")
    one.forget("here:3:c")
    assert sorted(present(tmp_path)) == ["here:1:a", "here:2:b"]
    other.leave()
    assert bury(one) == []


def test_of_a_killed_worker_every_other_knows_at_once(tmp_path: Path) -> None:
    one, other = Presence(tmp_path, "here:1:a"), Presence(tmp_path, "here:2:b")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path), "here:3:c"], stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "here\n"
        assert (one.dead(), other.dead()) == ([], [])
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    with (tmp_path / "workers" / "here:3:c.lock").open("r+") as looked_at:  # by a third one, at this moment
        fcntl.flock(looked_at, fcntl.LOCK_SH | fcntl.LOCK_NB)
        assert (one.dead(), bury(other)) == (["here:3:c"], ["here:3:c"])
    assert one.dead() == []
    assert sorted(present(tmp_path)) == ["here:1:a", "here:2:b"]

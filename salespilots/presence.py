"""Which workers of this machine are alive: each holds a lock on a file of its own, which ends with its process.

However a worker ends, kill -9 included, the kernel lets its lock go; whoever finds the file unlocked knows for certain
that its worker is dead and frees its lanes at once, without waiting for its leases to run out.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

FOLDER = "workers"
SUFFIX = ".lock"


class Presence:
    """This worker's own sign of life, and a look at those of the others in the same data folder."""

    def __init__(self, home: Path, worker_id: str) -> None:
        self._folder = home / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._path = self._folder / f"{worker_id}{SUFFIX}"
        self._file: IO[str] | None = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def dead(self) -> list[str]:
        """Ids of workers that ended without saying so."""
        return [path.name.removesuffix(SUFFIX) for path in sorted(self._folder.glob(f"*{SUFFIX}")) if self._over(path)]

    def _over(self, path: Path) -> bool:
        if path == self._path:
            return False
        try:
            with path.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return os.fstat(file.fileno()).st_nlink > 0
        except OSError:  # locked, or gone meanwhile
            return False

    def forget(self, worker_id: str) -> None:
        """A dead worker's lanes are free: its file may go."""
        (self._folder / f"{worker_id}{SUFFIX}").unlink(missing_ok=True)

    def leave(self) -> None:
        """This worker ends."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


def present(home: Path) -> list[str]:
    """Ids of workers that have a file here, dead or alive."""
    return [path.name.removesuffix(SUFFIX) for path in (home / FOLDER).glob(f"*{SUFFIX}")]

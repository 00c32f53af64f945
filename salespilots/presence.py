"""Which workers of this machine are alive: each holds a lock on a file of its own, which ends with its process.

However a worker ends, kill -9 included, the kernel lets its lock go; whoever finds the file unlocked knows for certain
that its worker is dead and frees its lanes at once, without waiting for its leases to run out.

A file is locked before it has the name under which the others find it, and whoever looks shares the lock with others who
look: an unlocked file is never that of a worker that is about to start.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

FOLDER = "workers"
SUFFIX = ".lock"
UNNAMED = ".new"
"""Of a file that is not locked yet."""


class Presence:
    """This worker's own sign of life, and a look at those of the others in the same data folder."""

    def __init__(self, home: Path, worker_id: str) -> None:
        self._folder = home / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._path = self._folder / f"{worker_id}{SUFFIX}"
        unnamed = self._path.with_name(f"{worker_id}{UNNAMED}")
        self._file: IO[str] | None = unnamed.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(self._path)

    def dead(self) -> list[str]:
        """Ids of workers that ended without saying so."""
        return [path.name.removesuffix(SUFFIX) for path in sorted(self._folder.glob(f"*{SUFFIX}")) if self._over(path)]

    def _over(self, path: Path) -> bool:
        if path == self._path:
            return False
        with _unheld(path) as file:
            return file is not None and os.fstat(file.fileno()).st_nlink > 0

    def forget(self, worker_id: str) -> None:
        """A dead worker's lanes are free: its file may go. One that somebody holds stays."""
        path = self._folder / f"{worker_id}{SUFFIX}"
        with _unheld(path) as file:
            if file is not None:
                path.unlink(missing_ok=True)

    def leave(self) -> None:
        """This worker ends."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


@contextmanager
def _unheld(path: Path) -> Iterator[IO[str] | None]:
    """A file that no worker holds; None when one does, or when it is gone."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("r+"))
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            yield None
        else:
            yield file


def present(home: Path) -> list[str]:
    """Ids of workers that have a file here, dead or alive."""
    return [path.name.removesuffix(SUFFIX) for path in (home / FOLDER).glob(f"*{SUFFIX}")]

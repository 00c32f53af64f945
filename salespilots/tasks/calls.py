"""Which call of a worker begins when: a call that may have ended a process is made alone, for a while."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from salespilots.services.messaging.pieces import Piece

ALONE_SECONDS = 5.0


class Calls:
    """When each call may begin: at once, unless the last holders of its lane died with it. Then it is made while nothing
    else is done: if it is what ends the process, it takes nobody with it. It has `ALONE_SECONDS` for that, and waits as
    long for the others to end; then all goes on beside it. The crew's lock guards it."""

    def __init__(self, begin: Callable[[Piece, bool], None]) -> None:
        """``begin`` is given a call, and whether it is made alone."""
        self._begin = begin
        self._plain: deque[Piece] = deque()
        self._suspect: deque[Piece] = deque()
        self._under_way = 0
        self._alone: Piece | None = None
        self._suspect_next = False
        self._since = 0.0

    @property
    def alone(self) -> bool:
        """Whether a suspect has the process for itself at the moment."""
        return self._alone is not None

    @property
    def suspects(self) -> bool:
        """Whether a suspect is at it, or waits to be."""
        return self._alone is not None or bool(self._suspect)

    def put(self, piece: Piece) -> None:
        """Begin it as soon as it may."""
        (self._suspect if piece.suspect else self._plain).append(piece)
        self._go_on()

    def over(self, piece: Piece) -> None:
        """It was made."""
        self._under_way -= 1
        if self._alone is piece:
            self._alone = None
        self._go_on()

    def go_on_beside(self) -> bool:
        """Let the others go on when a suspect has been alone, or waited to be, for long enough. Returns whether."""
        if time.monotonic() - self._since < ALONE_SECONDS:
            return False
        if self._alone is not None:
            self._alone = None
        elif self._suspect and self._under_way and (self._suspect_next or not self._plain):
            self._suspect_next = False
            self._start(self._suspect.popleft())
        else:
            return False
        self._go_on()
        return True

    def _go_on(self) -> None:
        """Suspects have their turn one by one, all the others in between."""
        if self._alone is not None:
            return
        if self._suspect and (self._suspect_next or not self._plain):
            if not self._under_way:
                self._alone, self._suspect_next, self._since = self._suspect.popleft(), False, time.monotonic()
                self._start(self._alone)
            return
        self._suspect_next, self._since = True, time.monotonic()
        while self._plain:
            self._start(self._plain.popleft())

    def _start(self, piece: Piece) -> None:
        self._under_way += 1
        self._begin(piece, piece is self._alone)

    def withdraw(self) -> list[Piece]:
        """Those that have not begun: they will not."""
        waiting = [*self._suspect, *self._plain]
        self._suspect.clear()
        self._plain.clear()
        return waiting

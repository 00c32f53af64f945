"""Draining a lane here and now, calls included: what a worker does with many threads, done by one."""

from __future__ import annotations

from salespilots.services.core import Core
from salespilots.services.messaging.pieces import Piece
from salespilots.services.messaging.turns import Turns

MAX_TURNS = 500
"""Turns of one drain; what is left is found by the next."""


class Lanes:
    """Works on lanes."""

    def __init__(self, core: Core, turns: Turns) -> None:
        self._core = core
        self._turns = turns

    def drain(self, lane: str) -> int:
        """Do everything that is due on a lane. Returns pieces done; 0 also when somebody else holds it."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            due = system.work.due_of([lane], self._core.clock.now())
        return sum(self._drain(business_id, lane) for business_id, _ in due)

    def _drain(self, business_id: str, lane: str) -> int:
        piece = Piece(business_id, lane)
        for _ in range(MAX_TURNS):
            self._turns.take([piece])
            if piece.call is not None:
                self._make(piece)
            elif not piece.more:
                break
        return piece.done

    def _make(self, piece: Piece) -> None:
        try:
            piece.make(self._core.clock.steady)
        except Exception:
            if piece.lease is not None:
                self._turns.let_go([piece.lease])
            raise

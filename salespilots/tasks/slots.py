"""How many calls a worker makes at once, and how shops share them."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from salespilots.services.messaging.pieces import Piece

SEND_SLOTS = 128
"""Sends under way at once."""

SEND_SHARE = 3.0
"""How many times the slots that are free a shop may have: 96 while it is alone, and there is always one for another
shop though many channels hang (dynamic thresholds: Choudhury and Hahne, 1998)."""

STEP_SLOTS = 48
"""Steps that ask a model or a bank, under way at once."""

STEP_SHARE = 0.5
"""The same for them: 16 while a shop is alone."""

SHOP_LANES = 96
"""A shop's lanes that have a call under way or waiting for a slot."""


@dataclass(slots=True, eq=False)
class ShopLanes:
    """One shop's lanes on their way. ``resting``: with nothing more to send, and when they are to be noted at last.
    ``calls``: under way or waiting for a slot; ``sends`` and ``steps``: under way."""

    waiting: deque[Piece] = field(default_factory=deque)
    answered: deque[Piece] = field(default_factory=deque)
    resting: deque[tuple[float, Piece]] = field(default_factory=deque)
    calls: int = 0
    sends: int = 0
    steps: int = 0
    steps_to_come: deque[tuple[Piece, bool]] = field(default_factory=deque)

    def send_is_over(self) -> None:
        """Its slot is free."""
        self.sends -= 1


def share_of(free: int, has: int, share: float) -> int:
    """How many more a shop may have that has so many, each for as long as it has fewer than ``share`` of those free."""
    return max(0, min(free, math.ceil((share * free - has) / (1 + share))))

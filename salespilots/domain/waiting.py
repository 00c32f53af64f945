"""The waiting list: who wants to be told when something is back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WaitingState(StrEnum):
    """What became of the wish."""

    WAITING = "waiting"
    TOLD = "told"  # a message went out
    UNREACHABLE = "unreachable"  # it is back, but the reply window is closed: the owner sees it
    LEFT = "left"  # bought it, was told and let a day pass, or does not want it any more


@dataclass(slots=True, kw_only=True)
class WaitingPlace:
    """One customer's wish for one variant. Unique by both; asking again after being told waits again, at the end."""

    id: str
    business_id: str
    variant_id: str
    product_id: str
    customer_id: str
    created_at: datetime  # since when it waits: the place in the list
    conversation_id: str | None = None
    state: WaitingState = WaitingState.WAITING
    told_at: datetime | None = None
    practice: bool = False
    version: int = 0

"""What left in which parcel, and what comes back: parts of an order that are counted by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from salespilots.domain.errors import InvalidInput


@dataclass(slots=True, kw_only=True)
class Parcel:
    """One parcel: pieces by line id. Times are RFC 3339 in UTC."""

    id: str
    courier: str
    tracking_number: str
    left_at: str
    lines: dict = field(default_factory=dict)
    tracking_url: str = ""
    arrived_at: str | None = None


class ReturnKind(StrEnum):
    """Why goods come back."""

    RETURN = "return"  # the customer sends them
    REFUSED = "refused"  # not accepted at the door
    UNDELIVERED = "undelivered"  # return to origin: nobody there, wrong address


class ReturnState(StrEnum):
    """How far it is."""

    EXPECTED = "expected"
    INSPECTED = "inspected"


NOT_ACCEPTED = (ReturnKind.REFUSED, ReturnKind.UNDELIVERED)
"""Kinds of which the customer never had the goods."""


@dataclass(slots=True, kw_only=True)
class Return:
    """Pieces by line id; ``restocked`` those of them that went back on the shelf when they were looked at.
    ``reference``: what whoever noted it calls it, once in an order."""

    id: str
    kind: str
    state: str
    at: str
    lines: dict = field(default_factory=dict)
    restocked: dict = field(default_factory=dict)
    note: str = ""
    reference: str = ""
    inspected_at: str | None = None
    released_paise: int | None = None  # of the order's total: what the shop does not keep because of it


def pick(available: Mapping[str, int], wanted: Mapping[str, int] | None, what: str) -> dict[str, int]:
    """The pieces of each line that a step is about: all that are ``available`` unless some are named.

    Raises `InvalidInput` at ``lines`` for a line that is not the order's, for none, and for more than there are.
    """
    if wanted is None:
        return {line: count for line, count in available.items() if count > 0}
    for line, count in wanted.items():
        if line not in available:
            raise InvalidInput({"lines": ["This order has no such line."]})
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise InvalidInput({"lines": ["At least one piece of each line."]})
        if count > available[line]:
            raise InvalidInput({"lines": [f"Only {max(0, available[line])} {what}."]})
    if not wanted:
        raise InvalidInput({"lines": ["Name at least one line."]})
    return dict(wanted)


def add_up(parts: list[dict]) -> dict[str, int]:
    """Pieces by line of several parts together."""
    whole: dict[str, int] = {}
    for part in parts:
        for line, count in part.items():
            whole[line] = whole.get(line, 0) + count
    return whole

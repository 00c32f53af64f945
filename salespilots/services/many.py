"""The same act on many things: what became of each, and why where nothing did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from salespilots.domain.errors import Conflict, DomainError, InvalidInput, StaleEntity
from salespilots.ports.errors import PortError

MOST = 100
"""Things at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one. ``id`` is empty where there is none; ``why`` is empty where it is done."""

    label: str
    id: str = ""
    done: bool = False
    before: bool = False  # it was so already
    why: str = ""


def why_not(act: Callable[[], object]) -> str:
    """Do it; what stood in its way, as a person is told, or nothing."""
    try:
        act()
    except InvalidInput as error:
        return next(iter(error.fields.values()))[0]
    except (DomainError, Conflict, StaleEntity, PortError) as error:
        return error.message
    return ""

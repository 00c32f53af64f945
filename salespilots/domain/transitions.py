"""What applying a fact to a state machine gives: something happened, or it is known already."""

from __future__ import annotations

from dataclasses import dataclass

from salespilots.domain.events import Event


@dataclass(frozen=True, slots=True)
class Applied:
    """The state moved; ``events`` tell what happened."""

    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """A duplicate or late fact: nothing changed, and that is not an error."""

    reason: str


Outcome = Applied | Ignored

"""The registry of a closed world: the real triggers and steps, channels and payments that lead nowhere, no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from salespilots.ports.errors import NotConnected
from salespilots.ports.extensions import TriggerFact, TriggerType
from salespilots.services.core import Providers
from salespilots.services.rehearsal.surroundings import StageChannel, StagePayments

COMMENTS = timedelta(days=7)
"""For so long a comment can be answered on a channel that has none of its own, so that its answer can be tried."""

RULES = "rules"
"""The assistant that calls nobody."""

Asked = Callable[[TriggerFact], None]
"""Is told of each fact that a trigger is asked about."""


class ClosedShelf:
    """Providers of one kind by key."""

    def __init__(self, kind: str, items: Sequence[Any]) -> None:
        self.kind = kind
        self._items = {one.key: one for one in items}

    def get(self, key: str) -> Any:
        """The provider; raises `NotConnected` when there is none."""
        if key not in self._items:
            raise NotConnected(f"There is no {self.kind} {key!r}.", key=key)
        return self._items[key]

    def find(self, key: str) -> Any:
        """The provider or None."""
        return self._items.get(key)

    def all(self) -> list[Any]:
        """In order of registration."""
        return list(self._items.values())

    def keys(self) -> set[str]:
        """The keys taken."""
        return set(self._items)


class ClosedRegistry:
    """A view of the real registry through which nothing can be reached."""

    def __init__(self, real: Providers, asked: Asked) -> None:
        self.channels = ClosedShelf("channel", [_stage_channel(one) for one in real.channels.all()])
        self.ais = ClosedShelf("ai", [one for one in real.ais.all() if one.key == RULES])
        self.payments = ClosedShelf("payments", [_stage_payments(one) for one in real.payments.all()])
        self.shipping = ClosedShelf("shipping", [])
        self.triggers = ClosedShelf("trigger", [_listened_to(one, asked) for one in real.triggers.all()])
        self.actions = real.actions
        self.problems: dict[str, str] = {}

    def shelf_of(self, provider_key: str) -> tuple[str, Any] | None:
        """(kind, provider) of a provider key."""
        found = ((kind, shelf.find(provider_key)) for kind, shelf in self.connectable())
        return next(((kind, one) for kind, one in found if one is not None), None)

    def connectable(self) -> list[tuple[str, Any]]:
        """The kinds of which a shop has settings."""
        return [("channel", self.channels), ("payments", self.payments), ("ai", self.ais), ("shipping", self.shipping)]


def _stage_channel(real: Any) -> Any:
    """The same abilities and windows; sends at any pace, and does nothing besides."""
    abilities = replace(
        real.capabilities, sends_per_second=0.0, private_replies_per_second=0.0, acts=frozenset(), lists_posts=False,
        reads_history=False, reads_recent=False, account=frozenset(), menu=None,
        comment_window=real.capabilities.comment_window or COMMENTS,
    )  # fmt: skip
    return replace(
        real, capabilities=abilities, build=lambda settings: StageChannel(), webhooks=None, login=None,
        instance_settings=None,
    )  # fmt: skip


def _stage_payments(real: Any) -> Any:
    return replace(
        real, build=lambda settings: StagePayments(settings.base_url), webhooks=None, instance_settings=None,
    )  # fmt: skip


def _listened_to(real: TriggerType, asked: Asked) -> TriggerType:
    def matches(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
        asked(fact)
        return real.matches(settings, fact)

    return replace(real, matches=matches)

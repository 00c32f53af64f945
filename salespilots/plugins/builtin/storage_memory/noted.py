"""Dictionaries whose changes can be taken back, and rows that are found without looking at all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.ports.storage import Where, unique_keys

Journal = list[tuple[Callable[..., None], Any, Any]]
"""What takes each change back: (function, key, what was there), in the order of the changes."""

ABSENT: Any = object()


class Noted(dict):
    """Every change goes into the journal. Values are replaced, never changed in place."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def __setitem__(self, key: Any, value: Any) -> None:
        before = self.get(key, ABSENT)
        self._journal.append((self._put, key, before))
        self._put(key, value)

    def __delitem__(self, key: Any) -> None:
        self._journal.append((self._put, key, self[key]))
        self._put(key, ABSENT)

    def _put(self, key: Any, value: Any) -> None:
        if value is ABSENT:
            super().__delitem__(key)
        else:
            super().__setitem__(key, value)


INDEXED: dict[str, tuple[str, ...]] = {
    "variants": ("product_id",),
    "identities": ("customer_id",),
    "conversations": ("lane", "customer_id"),
    "messages": ("conversation_id", "lane", "customer_id"),
    "splits": ("customer_id", "workflow_id"),
    "orders": ("customer_id", "conversation_id"),
    "payments": ("order_id",),
    "runs": ("conversation_id", "lane", "workflow_id"),
    "steps": ("run_id",),
    "waiting": ("variant_id", "customer_id"),
    "import_rows": ("import_id",),
    "workflow_versions": ("workflow_id",),
    "cases": ("workflow_id", "customer_id"),
    "discount_uses": ("order_id", "discount_id"),
}
"""Fields by which rows of a collection are found at once."""


class Rows(Noted):
    """Rows of a collection by id, with indexes and unique keys."""

    def __init__(self, name: str, journal: Journal, touched: set[str]) -> None:
        """``touched``: is told the name when a row changes."""
        super().__init__(journal)
        self._name, self._touched = name, touched
        self._names = unique_keys().get(name, ())
        self._keys = [_reader(names) for names in self._names]
        self._unique: list[dict[tuple[Any, ...], str]] = [{} for _ in self._names]
        self._places: dict[str, dict[Any, dict[str, None]]] = {one: {} for one in INDEXED.get(name, ())}

    def _put(self, key: str, value: Any) -> None:
        before = self.get(key)
        super()._put(key, value)
        self._touched.add(self._name)
        value = None if value is ABSENT else value
        for read, taken in zip(self._keys, self._unique, strict=True):
            was = read(before) if before is not None else None
            now = read(value) if value is not None else None
            if was != now:
                if was is not None and taken.get(was) == key:
                    del taken[was]
                if now is not None and None not in now:
                    taken[now] = key
        for name, places in self._places.items():
            old = getattr(before, name) if before is not None else ABSENT
            new = getattr(value, name) if value is not None else ABSENT
            if old != new:
                if old is not ABSENT:
                    del places[old][key]
                if new is not ABSENT:
                    places.setdefault(new, {})[key] = None

    def clashes(self, entity: Any) -> bool:
        """Whether another row has one of its unique values."""
        for read, taken in zip(self._keys, self._unique, strict=True):
            if taken.get(read(entity), entity.id) != entity.id:
                return True
        return False

    def candidates(self, where: Iterable[Where]) -> Iterable[Any]:
        """Rows of which those that fit are some: by id or an index where a condition allows it, else all."""
        for one in where:
            if one.op not in ("eq", "in"):
                continue
            wanted = (one.value,) if one.op == "eq" else dict.fromkeys(one.value)
            if one.field == "id":
                return [self[key] for key in wanted if key in self]
            places = self._places.get(one.field)
            if places is not None:
                return [self[key] for value in wanted for key in places.get(value, ())]
        return self.values()

    def by_unique(self, equal: dict[str, Any]) -> tuple[bool, Any]:
        """(whether these fields contain a unique key, its row or None)."""
        if "id" in equal:
            return True, self.get(equal["id"])
        for names, taken in zip(self._names, self._unique, strict=True):
            if all(name in equal for name in names):
                key = tuple(equal[name] for name in names)
                if None not in key:
                    return True, self.get(taken.get(key))
        return False, None


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads these fields of a row."""
    if len(names) > 1:
        return attrgetter(*names)
    one = attrgetter(names[0])
    return lambda row: (one(row),)


class InboxRows(Noted):
    """Events by position, and those of each lane that wait."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self.known: dict[tuple[str, str], int] = {}
        self._new: dict[str, dict[int, None]] = {}

    def _put(self, key: int, value: Any) -> None:
        before: InboxRow | None = self.get(key)
        super()._put(key, value)
        if before is not None:
            self.known.pop((before.endpoint, before.event_id), None)
            if before.state is InboxState.NEW:
                del self._new[before.lane][key]
        if value is not ABSENT:
            self.known[(value.endpoint, value.event_id)] = key
            if value.state is InboxState.NEW:
                self._new.setdefault(value.lane, {})[key] = None

    def new(self, lane: str) -> list[InboxRow]:
        """Those of a lane that wait."""
        return [self[key] for key in self._new.get(lane, ())]

    def all_new(self) -> Iterator[InboxRow]:
        """Those that wait."""
        return (self[key] for keys in self._new.values() for key in keys)

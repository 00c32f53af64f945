"""One generic collection over a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from salespilots.domain.copies import own_copy
from salespilots.domain.errors import Conflict, InvalidInput, NotFound, StaleEntity
from salespilots.plugins.builtin.storage_memory.tables import Tables, holds
from salespilots.ports.storage import COUNTED, Page, Where


class MemoryCollection:
    """See `salespilots.ports.storage.Collection`."""

    def __init__(self, tables: Tables, name: str, business_id: str | None) -> None:
        self._rows = tables.rows[name]
        self._business_id = business_id
        self._name = name
        self._counted = COUNTED.get(name, ())
        self.added: list[str] = []

    def _mine(self, *where: Where) -> list[Any]:
        rows: Iterable[Any] = self._rows.candidates(where)
        if self._business_id is not None:
            mine = self._business_id
            rows = [row for row in rows if row.business_id == mine]
        for one in where:
            field, value = one.field, one.value
            if not rows:
                rows = []
            elif one.op == "eq":
                rows = [row for row in rows if getattr(row, field) == value]
            elif one.op == "in":
                rows = [row for row in rows if getattr(row, field) in value]
            else:
                rows = [row for row in rows if holds(row, one)]
        return rows if isinstance(rows, list) else list(rows)

    def get(self, id: str) -> Any:
        found = self._rows.get(id)
        if found is None or (self._business_id is not None and found.business_id != self._business_id):
            raise NotFound(f"There is no such row in {self._name}.")
        return own_copy(found)

    def find(self, **equal: Any) -> Any:
        scope = self._business_id
        known, found = self._rows.by_unique(equal if scope is None else {"business_id": scope, **equal})
        if known:
            mine = found is not None and (scope is None or found.business_id == scope)
            fits = mine and all(getattr(found, name) == value for name, value in equal.items())
            return own_copy(found) if fits else None
        rows = self._mine(*(Where(name, "eq", value) for name, value in equal.items()))
        return own_copy(rows[0]) if rows else None

    def add(self, entity: Any) -> None:
        if not self.add_once(entity):
            raise Conflict(f"This row of {self._name} exists already.")

    def add_once(self, entity: Any) -> bool:
        self._own(entity)
        if entity.id in self._rows or self._rows.clashes(entity):
            return False
        self._rows[entity.id] = own_copy(entity)
        self.added.append(entity.id)
        return True

    def add_new(self, entity: Any) -> None:
        self.add(entity)

    def add_many(self, entities: Sequence[Any]) -> None:
        for one in entities:
            self.add_once(one)

    def save(self, entity: Any) -> None:
        self._own(entity)
        present = self._rows.get(entity.id)
        if present is None or present.version != entity.version:
            raise StaleEntity("The row was changed meanwhile.")
        if self._rows.clashes(entity):
            raise Conflict(f"This row of {self._name} exists already.")
        entity.version += 1
        kept = own_copy(entity)
        for name in self._counted:
            setattr(kept, name, getattr(present, name))
        self._rows[entity.id] = kept

    def increase(self, id: str, **amounts: int) -> None:
        if not amounts.keys() <= set(self._counted):
            raise ValueError(f"not counted: {', '.join(amounts)}")
        found = self.find(id=id)
        if found is not None:  # rows are replaced, not changed: a unit that rolls back has the old ones
            for name, amount in amounts.items():
                setattr(found, name, getattr(found, name) + amount)
            self._rows[id] = found

    def remove(self, entity: Any) -> None:
        if self.find(id=entity.id) is not None:
            del self._rows[entity.id]

    def _sorted(self, where: Sequence[Where], order: str) -> list[Any]:
        rows = self._mine(*where)
        if len(rows) < 2:
            return rows
        name = order.lstrip("-")

        def place(row: Any) -> tuple[bool, Any, str]:
            value = getattr(row, name)
            return (value is not None, "" if value is None else value, row.id)

        return sorted(rows, key=place, reverse=order.startswith("-"))

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[Any]:
        return [own_copy(one) for one in self._sorted(where, order)[:limit]]

    def page(self, *where: Where, order: str = "-created_at", cursor: str | None = None, limit: int = 50) -> Page[Any]:
        rows = self._sorted(where, order)
        start = 0
        if cursor:
            ids = [row.id for row in rows]
            if not cursor.startswith("m-"):
                raise InvalidInput({"cursor": ["This cursor is not from this list."]})
            start = ids.index(cursor[2:]) + 1 if cursor[2:] in ids else len(ids)
        items = rows[start : start + limit]
        more = len(rows) > start + limit
        return Page([own_copy(one) for one in items], f"m-{items[-1].id}" if more else None)

    def count(self, *where: Where) -> int:
        return len(self._mine(*where))

    def _own(self, entity: Any) -> None:
        if self._business_id is not None and entity.business_id != self._business_id:
            raise NotFound("That belongs to another shop.")

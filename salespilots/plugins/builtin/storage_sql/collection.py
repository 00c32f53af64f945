"""One generic collection: dataclass rows of one table, always within a scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from salespilots.domain.errors import Conflict, NotFound, StaleEntity
from salespilots.plugins.builtin.storage_sql.bulk import insert_rows, update_rows
from salespilots.plugins.builtin.storage_sql.conditions import (
    bound,
    condition,
    insert_once,
    of_shop,
    ordered,
    parameters,
    shape,
    upsert,
)
from salespilots.plugins.builtin.storage_sql.cursors import read_cursor, write_cursor
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.wire import Ask, Change, Prepared, Wire
from salespilots.ports.storage import COUNTED, Page, Where, storable

T = TypeVar("T")
_ID = re.compile(r"^[a-z]{3}_[A-Za-z0-9]{1,44}\Z")
"""What an id looks like: anything else is absent without asking the database."""


@dataclass(slots=True)
class _Kept:
    """A row as this unit knows it: ``values`` as they were read, or saved since. ``version`` is that of the row,
    ``stored`` the one in the database, older when a change still has to be written."""

    version: int
    stored: int
    values: list[Any]
    changed: set[str] | None = None


def _over() -> None:
    raise RuntimeError("the unit of work is over")


class SqlCollection(Generic[T]):
    """See `salespilots.ports.storage.Collection`.

    A unit asks the database for a row by its id once, and writes a row that is saved several times once: before
    anything else is read from the table, and at the latest with the commit.
    """

    def __init__(self, wire: Wire, name: str, business_id: str | None, flush: Callable[[], None]) -> None:
        self._wire = wire
        self._flush = flush
        self._name = name
        self._table = TABLES[name]
        self._codec = CODECS[name]
        self._business_id = business_id
        self._kept: dict[str, _Kept] = {}
        self._new: list[str] = []
        self._many: list[dict[str, Any]] = []
        self._changed: set[str] = set()
        self._numbers = COUNTED.get(name, ())
        self._increased: dict[str, dict[str, int]] = {}
        self.added: list[str] = []
        self._absent: set[str] = set()
        self._is_whole = False
        self._kind = self._codec.entity.__name__.lower()
        self.touched = False

    def let_go(self) -> None:
        """The unit is over, and this one with it."""
        self._flush = _over

    def _scoped(self, *conditions: sa.ColumnElement) -> list[sa.ColumnElement]:
        if self._business_id is None:
            return list(conditions)
        return [self._table.c.business_id == self._business_id, *conditions]

    def get(self, id: str) -> T:
        kept = self._kept.get(id) if isinstance(id, str) else None
        if kept is not None:
            return self._codec.entity_of(kept.values)
        found = self.find(id=id) if isinstance(id, str) and _ID.match(id) else None
        if found is None:
            raise NotFound(f"There is no such {self._kind}.")
        return found

    def find(self, **equal: Any) -> T | None:
        if not all(map(storable, equal.values())):
            return None
        id = equal["id"] if len(equal) == 1 and "id" in equal else None
        if id is not None and id in self._kept:
            return self._codec.entity_of(self._kept[id].values)
        if id is not None and (self._is_whole or id in self._absent):
            return None
        found = self._read([Where(name, "eq", value) for name, value in equal.items()], "", 1)
        if id is not None and not found:
            self._absent.add(id)
        return found[0] if found else None

    def ask(
        self,
        where: Sequence[Where],
        order: str,
        limit: int | None,
        take: Callable[[Prepared, Sequence[Sequence[Any]]], Any] | None = None,
    ) -> Ask:
        """The query for rows that fit, to be asked with others; its statement is compiled once for each shape. ``take``:
        what becomes of the rows, entities unless said otherwise."""

        def build() -> Any:
            conditions = bound(self._table, where)
            if self._business_id is not None:
                conditions.insert(0, of_shop(self._wire, self._table, where))
            query = sa.select(self._table).where(*conditions)
            if order:
                query = query.order_by(*ordered(self._wire, self._table, where, order, limit))
            return query if limit is None else query.limit(sa.bindparam("most", type_=sa.Integer))

        values: dict[str, Any] = {**parameters(where), "shop": self._business_id, "most": limit}
        key = ("select", self._name, self._business_id is None, shape(where), order, limit is None)
        return Ask(key, build, values, take or self.take)

    def take(self, statement: Prepared, rows: Sequence[Sequence[Any]]) -> list[T]:
        """Rows of the table as entities, known to the unit from now on."""
        return [self._known(statement.row(row)) for row in rows]

    def note(self, statement: Prepared, rows: Sequence[Sequence[Any]]) -> list[tuple[str, str]]:
        """Rows of the table, known to the unit from now on. Returns lane and id of each."""
        places, noted = self._codec.places, list[tuple[str, str]]()
        for row in rows:
            values = self._codec.decoded(statement.row(row))
            id, version = values[places["id"]], values[places["version"]]
            self._kept[id] = _Kept(version, version, values)
            noted.append((values[places["lane"]] if "lane" in places else "", id))
        return noted

    def note_all(self, statement: Prepared, rows: Sequence[Sequence[Any]]) -> None:
        """The same of all the rows there are: others are absent without asking."""
        self._is_whole = True
        self.note(statement, rows)

    def _read(self, where: Sequence[Where], order: str, limit: int | None) -> list[T]:
        if self.waits:
            self._flush()
        ask = self.ask(where, order, limit)
        if shape(where) is not None:
            return self.take(*self._wire.raw(ask.key, ask.build, ask.values))
        given = {name: value for name, value in ask.values.items() if value is not None}
        rows = self._wire.execute(ask.build(), given).mappings().all()
        return [self._known(self._codec.row_of(row)) for row in rows]

    def _known(self, row: Sequence[Any]) -> T:
        """Remember a row that was read, so that each who asks gets an entity of its own."""
        values = self._codec.decoded(row)
        entity = self._codec.entity_of(values)
        self._keep(entity, values)
        return entity

    def _keep(self, entity: Any, values: list[Any]) -> None:
        version = getattr(entity, "version", 0)
        self._kept[entity.id] = _Kept(version, version, values)

    def add(self, entity: T) -> None:
        if not self.add_once(entity):
            raise Conflict(f"This {self._kind} exists already.")

    def add_once(self, entity: Any) -> bool:
        self._own(entity)
        self._flush()
        if not insert_once(self._wire, self._table, self._codec.values(entity)):
            return False
        self._keep(entity, self._codec.snapshot(entity))
        self.added.append(entity.id)
        self.touched = True
        return True

    def add_many(self, entities: Sequence[Any]) -> None:
        for entity in entities:
            self._own(entity)
            self._many.append(self._codec.values(entity))
        self.touched = self.touched or bool(entities)

    def add_new(self, entity: Any) -> None:
        self._own(entity)
        self._keep(entity, self._codec.snapshot(entity))
        self._new.append(entity.id)
        self.added.append(entity.id)
        self.touched = True

    def save(self, entity: Any) -> None:
        """Noted, to be written with the unit's other changes; what changes nothing is not written at all."""
        self._own(entity)
        kept = self._kept.get(entity.id)
        if kept is not None and kept.version != entity.version:
            raise StaleEntity(f"The {self._kind} was changed meanwhile.")
        stored, changed = entity.version, None
        if kept is not None:
            stored = kept.stored
            changed = self._codec.differences(kept.values, entity).difference(self._numbers)
            if not changed:
                return
            if kept.version != kept.stored:  # a change is still to be written: this one goes with it
                changed = None if kept.changed is None else changed | kept.changed
        entity.version += 1
        self.touched = True
        values = self._codec.snapshot(entity)
        if kept is not None:
            for place in map(self._codec.places.__getitem__, self._numbers):
                values[place] = kept.values[place]
        if entity.id in self._new:  # not written yet: it is written as it is now
            self._kept[entity.id] = _Kept(entity.version, entity.version, values)
            return
        self._kept[entity.id] = _Kept(entity.version, stored, values, changed)
        self._changed.add(entity.id)

    def increase(self, id: str, **amounts: int) -> None:
        """Noted like what is saved; what this unit knows of the row has it already."""
        if not amounts.keys() <= set(self._numbers):
            raise ValueError(f"not counted: {', '.join(amounts)}")
        kept = self._kept.get(id)
        if kept is not None:
            for name, amount in amounts.items():
                kept.values[self._codec.places[name]] += amount
        self.touched = True
        if id in self._new:
            return
        waiting = self._increased.setdefault(id, {})
        for name, amount in amounts.items():
            waiting[name] = waiting.get(name, 0) + amount

    @property
    def waits(self) -> bool:
        """Whether something is still to be written."""
        return bool(self._new or self._many or self._changed or self._increased)

    def new_rows(self) -> list[Change]:
        """What writes the rows that are new."""
        table, changes = self._table, list[Change]()

        def build() -> Any:
            named = {name: sa.bindparam(name, type_=table.c[name].type) for name in self._codec.names}
            return sa.insert(table).values(named)

        def build_once() -> Any:
            named = {name: sa.bindparam(name, type_=table.c[name].type) for name in self._codec.names}
            return upsert(self._wire.dialect, table).values(named).on_conflict_do_nothing()

        if self._new:
            rows = [self._codec.named(self._kept[id].values) for id in self._new]
            many = partial(insert_rows, table, self._codec.names)
            changes.append(Change(("insert new", self._name), build, rows, build_many=many))
        if self._many:
            many = partial(insert_rows, table, self._codec.names, once=True)
            changes.append(Change(("insert many", self._name), build_once, self._many, build_many=many))
        self._new, self._many = [], []
        return changes

    def changed_rows(self) -> list[Change]:
        """What writes the rows that were saved, those with the same fields changed together, and what was counted."""
        groups: dict[tuple[str, ...], list[str]] = {}
        saved = [name for name in self._codec.names if name not in self._numbers]
        for id in sorted(self._changed):
            changed = self._kept[id].changed
            written = [name for name in saved if changed is None or name in changed or name == "version"]
            groups.setdefault(tuple(written), []).append(id)
        self._changed.clear()
        changes = [self._update(names, ids) for names, ids in groups.items()]
        changes += [self._increase(id, self._increased[id]) for id in sorted(self._increased)]
        self._increased.clear()
        return changes

    def _increase(self, id: str, amounts: dict[str, int]) -> Change:
        table, scoped, names = self._table, self._business_id is not None, sorted(amounts)

        def build() -> Any:
            conditions = [table.c.id == sa.bindparam("at_id", type_=table.c.id.type)]
            if scoped:
                conditions.append(table.c.business_id == sa.bindparam("shop", type_=sa.Text))
            more = {name: table.c[name] + sa.bindparam(f"more_{name}", type_=sa.BigInteger) for name in names}
            return sa.update(table).where(*conditions).values(more)

        given = {**{f"more_{name}": amounts[name] for name in names}, "at_id": id, "shop": self._business_id}
        return Change(("increase", self._name, scoped, *names), build, [given])

    def _update(self, names: Sequence[str], ids: Sequence[str]) -> Change:
        table, scoped = self._table, self._business_id is not None

        def build() -> Any:
            conditions = [
                table.c.id == sa.bindparam("at_id", type_=table.c.id.type),
                table.c.version == sa.bindparam("at_version", type_=table.c.version.type),
            ]
            if scoped:
                conditions.append(table.c.business_id == sa.bindparam("shop", type_=sa.Text))
            values = {name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
            return sa.update(table).where(*conditions).values(values)

        rows, written = [], [(f"v_{name}", self._codec.places[name]) for name in names]
        for id in ids:
            kept = self._kept[id]
            values = {name: kept.values[place] for name, place in written}
            rows.append({**values, "at_id": id, "at_version": kept.stored, "shop": self._business_id})
            kept.stored, kept.changed = kept.version, None
        missing = StaleEntity(f"The {self._kind} was changed meanwhile.")
        at = {"id": "at_id", "version": "at_version"} | ({"business_id": "shop"} if scoped else {})
        many = partial(update_rows, table, at, {name: f"v_{name}" for name in names})
        return Change(("update", self._name, scoped, *names), build, rows, missing, many)

    def remove(self, entity: Any) -> None:
        self._flush()
        self._kept.pop(entity.id, None)
        self.touched = True
        self._wire.execute(sa.delete(self._table).where(*self._scoped(self._table.c.id == entity.id)))

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[T]:
        if len(where) == 1 and (where[0].field, where[0].op, order, limit) == ("id", "in", "id", None):
            wanted = set(where[0].value)
            if wanted <= self._kept.keys():  # all were read before
                return [self._codec.entity_of(self._kept[id].values) for id in sorted(wanted)]
        return self._read(where, order, limit)

    def page(self, *where: Where, order: str = "-created_at", cursor: str | None = None, limit: int = 50) -> Page[T]:
        if self.waits:
            self._flush()
        name = order.lstrip("-")
        column, tie = self._table.c[name], self._table.c.id
        conditions = self._scoped(*(condition(self._table, one) for one in where))
        descending = order.startswith("-")
        if cursor:
            value, last = read_cursor(cursor, column)
            pair, edge = sa.tuple_(column, tie), sa.tuple_(sa.literal(value, column.type), sa.literal(last))
            conditions.append(pair < edge if descending else pair > edge)
        direction = sa.desc if descending else sa.asc
        query = sa.select(self._table).where(*conditions).order_by(direction(column), direction(tie)).limit(limit + 1)
        rows = self._wire.execute(query).mappings().all()
        items: list[T] = [self._known(self._codec.row_of(row)) for row in rows]
        more = len(items) > limit
        items = items[:limit]
        final: Any = items[-1] if more else None
        return Page(items, write_cursor(getattr(final, name), final.id) if more else None)

    def count(self, *where: Where) -> int:
        if self.waits:
            self._flush()
        fixed = shape(where)
        if fixed is None:
            conditions = self._scoped(*(condition(self._table, one) for one in where))
            return self._wire.execute(self._counted(conditions)).scalar_one()

        def build() -> Any:
            conditions = bound(self._table, where)
            if self._business_id is not None:
                conditions.append(of_shop(self._wire, self._table, where))
            return self._counted(conditions)

        key = ("count", self._name, self._business_id is None, fixed)
        found = self._wire.first(key, build, {**parameters(where), "shop": self._business_id})
        return int(found[0]) if found else 0

    def _counted(self, conditions: Sequence[sa.ColumnElement]) -> sa.Select:
        return sa.select(sa.func.count()).select_from(self._table).where(*conditions)

    def _own(self, entity: Any) -> None:
        if self._business_id is not None and entity.business_id != self._business_id:
            raise NotFound("That belongs to another shop.")


def ask_customers(customers: SqlCollection[Any], chats: Sequence[Where], business_id: str, wire: Wire) -> Ask:
    """The query for the customers of some chats, without knowing them yet.

    PostgreSQL is told to find the chats first: while it knows little of the tables it would try every customer.
    """
    table, conversations = TABLES["customers"], TABLES["conversations"]

    def build() -> Any:
        whose = sa.select(conversations.c.customer_id).where(
            of_shop(wire, conversations, chats), *bound(conversations, chats)
        )
        theirs = table.c.id == sa.any_(sa.func.array(whose.scalar_subquery())) if wire.far else table.c.id.in_(whose)
        return sa.select(table).where(of_shop(wire, table), theirs)

    return Ask(("chats' customers", shape(chats)), build, {**parameters(chats), "shop": business_id}, customers.note)

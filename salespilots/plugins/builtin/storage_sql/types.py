"""Column types that mean the same on SQLite and PostgreSQL, and how dataclass fields become columns."""

from __future__ import annotations

import dataclasses
import json
import operator
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from salespilots.domain.copies import names_of, own_copy


class UTCDateTime(sa.types.TypeDecorator):
    """An aware UTC time; SQLite keeps it as sortable text."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times must be aware")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def time_as_text(value: datetime | None) -> str | None:
    """What SQLite keeps of a time: the same as `UTCDateTime` makes of it, in a fraction of the time."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("times must be aware")
    ours = value if value.tzinfo is UTC else value.astimezone(UTC)
    return ours.isoformat(" ", "microseconds")[:-6]


def text_as_time(text: str | None) -> datetime | None:
    """And back."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def dump_json(value: Any) -> str:
    """Compact JSON that stays readable for search; text no database can hold is escaped."""
    if not value and type(value) in _EMPTY:
        return _EMPTY[type(value)]
    text = _ENCODER.encode(value)
    if "\\u0000" in text or "\x00" in text:
        text = _NUL.sub("\\1\ufffd", text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _plain(value: Any) -> Any:
    names = names_of(type(value))
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("times must be aware")
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)(?:\\u0000|\x00)")
"""NUL as JSON writes it, not the six characters that look like it: before those stands another backslash."""
_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}
_NOTHING: dict[str | bytes, type] = {"{}": dict, "[]": list, b"{}": dict, b"[]": list}


def load_json(text: Any) -> Any:
    """And back; what is empty, as most is, costs nothing."""
    if not isinstance(text, (str, bytes)):
        return text  # nothing, or a number that SQLite keeps as one
    empty = _NOTHING.get(text) if len(text) == 2 else None
    return json.loads(text) if empty is None else empty()


def _inner(hint: Any) -> tuple[Any, bool]:
    """A field's type without ``| None``, and whether None is allowed."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(hint) if one is not type(None)]
        return (rest[0] if len(rest) == 1 else str), type(None) in typing.get_args(hint)
    return hint, False


def _kind(hint: Any) -> Any:
    kind, _ = _inner(hint)
    return typing.get_origin(kind) or kind


def column_for(name: str, hint: Any) -> sa.Column:
    """The column of one dataclass field."""
    kind, optional = _inner(hint)
    origin = _kind(hint)
    if origin in (dict, list, tuple):
        type_: Any = sa.JSON()
    elif kind is bool:
        type_ = sa.Boolean()
    elif kind is int:
        type_ = sa.BigInteger()
    elif kind is float:
        type_ = sa.Float()
    elif kind is datetime:
        type_ = UTCDateTime()
    elif isinstance(kind, type) and issubclass(kind, StrEnum):
        type_ = sa.String(24)
    elif name == "id" or (name.endswith("_id") and name != "event_id"):
        type_ = sa.String(48)
    else:
        type_ = sa.Text()
    return sa.Column(name, type_, nullable=optional)


class Codec:
    """Entity to row values and back, worked out once from the dataclass's own type hints."""

    def __init__(self, entity: Any) -> None:
        self.entity = entity
        hints = typing.get_type_hints(entity)
        self.names = [one.name for one in dataclasses.fields(entity)]
        self.hints = {name: hints[name] for name in self.names}
        self.places = {name: place for place, name in enumerate(self.names)}
        self._values = operator.attrgetter(*self.names)
        nested = () if entity.__dataclass_params__.frozen else (dict, list, tuple)
        self._nested = [place for place, name in enumerate(self.names) if _kind(self.hints[name]) in nested]
        found = [(place, _decoder(self.hints[name])) for place, name in enumerate(self.names)]
        self._decoders = [(place, decode) for place, decode in found if decode]
        self._fill = None if entity.__dataclass_params__.frozen else _filler(self.names)

    def columns(self) -> list[sa.Column]:
        """Fresh columns for a table."""
        return [column_for(name, hint) for name, hint in self.hints.items()]

    def values(self, entity: Any) -> dict[str, Any]:
        """What to write."""
        return self.named(self._values(entity))

    def snapshot(self, entity: Any) -> list[Any]:
        """Its values in the order of the fields, sharing nothing that may be changed."""
        return self._apart(list(self._values(entity)))

    def _apart(self, values: list[Any]) -> list[Any]:
        for place in self._nested:
            values[place] = own_copy(values[place])
        return values

    def differences(self, before: Sequence[Any], after: Any) -> set[str]:
        """The fields that changed since that snapshot."""
        pairs = zip(self.names, before, self._values(after), strict=True)
        return {name for name, old, new in pairs if old is not new and old != new}

    def entity_of(self, snapshot: Sequence[Any]) -> Any:
        """An entity of its own from a snapshot."""
        return self._entity(self._apart(list(snapshot)))

    def _entity(self, values: Sequence[Any]) -> Any:
        if self._fill is None:
            return self.entity(**self.named(values))
        made = object.__new__(self.entity)
        self._fill(made, values)
        return made

    def decoded(self, row: Sequence[Any]) -> list[Any]:
        """A row's values, in the order of the fields, as an entity has them."""
        values = list(row)
        for place, decode in self._decoders:
            if values[place] is not None:
                values[place] = decode(values[place])
        return values

    def named(self, snapshot: Sequence[Any]) -> dict[str, Any]:
        """A snapshot by the names of the fields."""
        return dict(zip(self.names, snapshot, strict=True))

    def row_of(self, row: Mapping[str, Any]) -> list[Any]:
        """The values of a row that names its columns, in the order of the fields."""
        return [row[name] for name in self.names]

    def load(self, row: Mapping[str, Any]) -> Any:
        """A fresh entity of such a row."""
        return self.make(self.row_of(row))

    def make(self, row: Sequence[Any]) -> Any:
        """The same of a row's values in the order of the fields."""
        return self._entity(self.decoded(row))


def _filler(names: Sequence[str]) -> Callable[[Any, Sequence[Any]], None]:
    """What sets all the fields of an entity at once, written out as dataclasses write their constructors: passing
    thirty of them by name costs more than the rest of reading a row."""
    made: dict[str, Any] = {}
    exec(f"def fill(made, values):\n    {', '.join(f'made.{name}' for name in names)}, = values", made)  # noqa: S102 - our own names
    fill: Callable[[Any, Sequence[Any]], None] = made["fill"]
    return fill


def _decoder(hint: Any) -> Callable[[Any], Any] | None:
    kind, _ = _inner(hint)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {str(one): one for one in kind}.__getitem__
    args = typing.get_args(kind)
    if typing.get_origin(kind) is list and args and dataclasses.is_dataclass(args[0]):
        item: Any = args[0]
        known = {one.name for one in dataclasses.fields(item)}
        return lambda rows: [item(**{name: row[name] for name in row.keys() & known}) for row in rows]
    return None

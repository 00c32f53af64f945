"""Column types that mean the same on SQLite and PostgreSQL, and how dataclass fields become columns."""

from __future__ import annotations

import copy
import dataclasses
import json
import operator
import types
import typing
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


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
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def text_as_time(text: str | None) -> datetime | None:
    """And back."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def dump_json(value: Any) -> str:
    """Compact JSON that stays readable for search; text no database can hold is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    if "\x00" in text or "\\u0000" in text:
        text = text.replace("\\u0000", "�").replace("\x00", "�")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def _inner(hint: Any) -> tuple[Any, bool]:
    """A field's type without ``| None``, and whether None is allowed."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(hint) if one is not type(None)]
        return (rest[0] if len(rest) == 1 else str), type(None) in typing.get_args(hint)
    return hint, False


def _kind(hint: Any) -> Any:
    kind, _ = _inner(hint)
    return typing.get_origin(kind) or kind


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_copied(one) for one in value])
    if value is None or isinstance(value, (str, int, float)):
        return value
    return copy.copy(value)


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
        self._values = operator.attrgetter(*self.names)
        self._frozen = entity.__dataclass_params__.frozen
        self._nested = [name for name in self.names if _kind(self.hints[name]) in (dict, list, tuple)]
        self._decoders = {name: decode for name in self.names if (decode := _decoder(self.hints[name]))}

    def columns(self) -> list[sa.Column]:
        """Fresh columns for a table."""
        return [column_for(name, hint) for name, hint in self.hints.items()]

    def values(self, entity: Any) -> dict[str, Any]:
        """What to write."""
        return dict(zip(self.names, self._values(entity), strict=True))

    def differences(self, before: Any, after: Any) -> set[str]:
        """The fields that changed."""
        pairs = zip(self.names, self._values(before), self._values(after), strict=True)
        return {name for name, old, new in pairs if old is not new and old != new}

    def copy(self, entity: Any) -> Any:
        """Another of the same, sharing nothing that may be changed."""
        if self._frozen:
            return entity
        values = dict(zip(self.names, self._values(entity), strict=True))
        for name in self._nested:
            values[name] = _copied(values[name])
        return self.entity(**values)

    def load(self, row: Any) -> Any:
        """A fresh entity of a row (a mapping of column names)."""
        return self.make([row[name] for name in self.names])

    def make(self, row: Sequence[Any]) -> Any:
        """The same of a row's values in the order of the fields."""
        values = dict(zip(self.names, row, strict=True))
        for name, decode in self._decoders.items():
            if values[name] is not None:
                values[name] = decode(values[name])
        return self.entity(**values)


def _decoder(hint: Any) -> typing.Callable[[Any], Any] | None:
    kind, _ = _inner(hint)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    args = typing.get_args(kind)
    if typing.get_origin(kind) is list and args and dataclasses.is_dataclass(args[0]):
        item: Any = args[0]
        return lambda rows: [item(**row) for row in rows]
    return None

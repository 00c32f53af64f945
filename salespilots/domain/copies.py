"""Copies of what JSON can hold, many times cheaper than those of the standard library."""

from __future__ import annotations

import copy
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any

_NAMES: dict[type, tuple[str, ...] | None] = {}
_COPIERS: dict[type, Callable[[Any], Any] | None] = {}
_SHARED = frozenset({str, int, float, bool, type(None), datetime, date, timedelta})


def own_copy(value: Any) -> Any:
    """The same value in lists, dicts and dataclasses of its own; what is none of these, nor text or a number, is
    copied deeply."""
    kind = type(value)
    if kind in _SHARED:
        return value
    if kind is dict:
        return {name: one if type(one) in _SHARED else own_copy(one) for name, one in value.items()} if value else {}
    if kind is list:
        return [one if type(one) in _SHARED else own_copy(one) for one in value] if value else []
    if kind is tuple:
        return tuple(map(own_copy, value))
    if isinstance(value, str):
        return value
    copier = _COPIERS[kind] if kind in _COPIERS else _COPIERS.setdefault(kind, _copier(kind))
    return copy.deepcopy(value) if copier is None else copier(value)


def names_of(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for what is none."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else None
    return _NAMES[kind]


def _copier(kind: type) -> Callable[[Any], Any] | None:
    """A function that copies this dataclass, field after field, written out as the standard library writes ``__init__``: a
    loop over thirty fields costs ten times as much."""
    names = names_of(kind)
    if names is None:
        return None
    shared, frozen = _shared_fields(kind), kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    lines = ["def copier(value):", " made = new(kind)"]
    for name in names:
        read = f"value.{name}"
        if name not in shared:
            lines.append(f" x = value.{name}")
            read = "own_copy(x) if x else [] if type(x) is list else {} if type(x) is dict else own_copy(x)"
        lines.append(f" put(made, {name!r}, {read})" if frozen else f" made.{name} = {read}")
    space: dict[str, Any] = {"new": object.__new__, "put": object.__setattr__, "kind": kind, "own_copy": own_copy}
    exec("\n".join([*lines, " return made"]), space)  # noqa: S102 - of field names alone
    made: Callable[[Any], Any] = space["copier"]
    return made


def _shared_fields(kind: type) -> set[str]:
    """Fields whose values never change, by their types."""
    try:
        hints = typing.get_type_hints(kind)
    except NameError:
        return set()
    return {name for name, hint in hints.items() if all(map(_is_shared, _parts(hint)))}


def _parts(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, UnionType) else (hint,)


def _is_shared(hint: Any) -> bool:
    return hint in _SHARED or (isinstance(hint, type) and issubclass(hint, Enum))

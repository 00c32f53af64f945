"""Copies of what JSON can hold, many times cheaper than those of the standard library."""

from __future__ import annotations

import copy
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

_NAMES: dict[type, tuple[str, ...] | None] = {}
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
    names = names_of(kind)
    if names is None:
        return copy.deepcopy(value)
    made = object.__new__(kind)
    put = object.__setattr__
    for name in names:
        one = getattr(value, name)
        put(made, name, one if type(one) in _SHARED else own_copy(one))
    return made


def names_of(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for what is none."""
    if kind not in _NAMES:
        _NAMES[kind] = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else None
    return _NAMES[kind]

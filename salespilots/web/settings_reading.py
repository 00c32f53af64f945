"""What a form made from a settings schema sends: read into plain values, and judged in sentences by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields
from werkzeug.datastructures import MultiDict

from salespilots.domain.workflow import parse_duration

PREFIX = "s-"
"""Before the names of a form's fields, so that they never meet those of the page."""

MOST_ROWS = 30
UNITS = {"M": 60, "H": 3600, "D": 86_400}
_BETWEEN = re.compile(r"Length must be between (\d+) and (\d+)\.")
_LONGER = re.compile(r"Longer than maximum length (\d+)\.")
_RANGE = re.compile(r"Must be greater than or equal to (-?\d+) and less than or equal to (-?\d+)\.")

Given = MultiDict[str, str]


def key_of(name: str, one: fields.Field) -> str:
    """What a field is called in stored settings."""
    return one.data_key or name


def is_rows(one: fields.Field) -> bool:
    """Whether it holds several things of several parts."""
    return isinstance(one, fields.List) and isinstance(one.inner, fields.Nested)


def read_settings(schema: type[Schema], given: Given, prefix: str = PREFIX) -> dict[str, Any]:
    """Plain values as they are stored. What is blank and may be left out is left out; what makes no sense stays as it was
    typed, for `problems_of_settings` to name."""
    values: dict[str, Any] = {}
    for name, one in schema().fields.items():
        key = key_of(name, one)
        value = _read(one, given, f"{prefix}{key}")
        if value is not None:
            values[key] = value
    return values


def _read(one: fields.Field, given: Given, name: str) -> Any:
    if isinstance(one, fields.Boolean):
        return name in given
    if is_rows(one):
        return [row for _, row in _rows(one, given, name)] or None
    if isinstance(one, fields.Nested):
        part = read_settings(type(one.schema), given, f"{name}-")
        return part if one.required or any(value not in ("", False) for value in part.values()) else None
    if isinstance(one, fields.List):
        many = [part for text in given.getlist(name) for part in text.splitlines()]
        return list(dict.fromkeys(part.strip() for part in many if part.strip())) or None
    if name not in given:
        return None
    text = given[name].replace("\r\n", "\n").replace("\x00", "").strip()
    if one.metadata.get("widget") == "duration":
        return _duration(text, given.get(f"{name}-unit", "H")) if text else _blank(one)
    if not text:
        return _blank(one)
    if isinstance(one, fields.Integer):
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text
    return text


def _blank(one: fields.Field) -> str | None:
    """A text that may be empty and would not be by itself is kept as empty."""
    usual, chosen = one.load_default, one.metadata.get("choices")
    if not isinstance(one, fields.String) or one.required or chosen or not isinstance(usual, str):
        return None
    return "" if usual else None


def _duration(text: str, unit: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        return text
    return f"P{int(text)}D" if unit == "D" else f"PT{int(text)}{unit if unit in UNITS else 'H'}"


def shown_duration(value: Any) -> tuple[str, str]:
    """(number, unit) of a stored duration; what is none stays as it is."""
    try:
        seconds = int(parse_duration(str(value)).total_seconds())
    except ValueError:
        return str(value or ""), "H"
    unit = next(one for one in ("D", "H", "M") if seconds % UNITS[one] == 0 or one == "M")
    return str(max(1, seconds // UNITS[unit]) if seconds else 0), unit


def _rows(one: Any, given: Given, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    inner = type(one.inner.schema)
    must = [key_of(*pair) for pair in inner().fields.items() if pair[1].required]
    found = (re.match(rf"{re.escape(name)}-(\d{{1,3}})-", key) for key in given)
    for number in sorted({int(match[1]) for match in found if match})[:MOST_ROWS]:
        row = read_settings(inner, given, f"{name}-{number}-")
        if row.get("title") and "payload" in must and not row.get("payload"):
            row["payload"] = row["title"]
        if any(row.get(key) for key in must or row):
            yield number, row


def problems_of_settings(schema: type[Schema], values: Mapping[str, Any], prefix: str = PREFIX) -> dict[str, str]:
    """Name of a form's field to what is to be mended in it."""
    found: dict[str, str] = {}
    _collect(schema().validate(dict(values)), schema, dict(values), prefix, found)
    return found


def _collect(
    errors: Mapping[Any, Any], schema: type[Schema], values: Any, prefix: str, found: dict[str, str]
) -> None:  # fmt: skip
    by_key = {key_of(name, one): one for name, one in schema().fields.items()}
    for key, texts in errors.items():
        one, name = by_key.get(str(key)), f"{prefix}{key}"
        value = values.get(key) if isinstance(values, Mapping) else None
        inner: Any = one.inner if isinstance(one, fields.List) else one
        if isinstance(inner, fields.Nested) and isinstance(texts, Mapping):
            below = type(inner.schema)
            if isinstance(one, fields.List):
                for number, part in texts.items():
                    row = value[number] if isinstance(value, list) and isinstance(number, int) else {}
                    if isinstance(part, Mapping):
                        _collect(part, below, row, f"{name}-{number}-", found)
                    else:
                        found[name] = _sentence(part, one, value)
            else:
                _collect(texts, below, value, f"{name}-", found)
        else:
            found["_" if key == "_schema" else name] = _sentence(texts, one, value)


def _sentence(texts: Any, one: fields.Field | None, value: Any) -> str:
    """One sentence of the field, in our words."""
    while isinstance(texts, Mapping):
        texts = next(iter(texts.values()), "")
    text = str(texts[0] if isinstance(texts, list) and texts else texts)
    several = isinstance(one, fields.List)
    between, longer, within = _BETWEEN.match(text), _LONGER.match(text), _RANGE.match(text)
    if value in (None, "", []) and (between or text.startswith(("Missing data", "Shorter than", "Field may not"))):
        chosen = one is not None and (one.metadata.get("choices") or one.metadata.get("widget") in CHOSEN)
        return _("Choose one.") if chosen else _("Write at least one.") if several else _("Write this.")
    most = int(between[2]) if between else int(longer[1]) if longer else 0
    if most:
        return _("At most %(count)s.", count=most) if several else _("At most %(count)s characters.", count=most)
    if within:
        return _("Between %(least)s and %(most)s.", least=within[1], most=within[2])
    if text.startswith("Not a valid integer"):
        return _("Write a whole number.")
    if text.startswith("Not a valid URL"):
        return _("Write an address that begins with https://.")
    if one is not None and one.metadata.get("widget") == "duration" and text.startswith("Write a duration"):
        return _("Write a whole number.")
    return _("Choose one of the list.") if text.startswith("Must be one of") else _(text)


CHOSEN = frozenset({"template", "workflow", "member", "fact"})
"""Widgets in which one of the shop's things is chosen."""

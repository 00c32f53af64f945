"""A form from the settings schema of a step or a trigger: whoever brings the schema gets its fields drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.utils import missing

from salespilots.ports.settings import Words
from salespilots.web.settings_reading import PREFIX, is_rows, key_of, shown_duration

Pairs = Sequence[tuple[str, str]]

PROPOSED = frozenset({"tag", "fact_value"})
"""Widgets that propose what there is and take other words, too."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One field as the template draws it. ``widget``: line, area, message, number, check, checks, select, duration, time,
    url, proposed, rows, group. ``rows``: of rows, the controls of each; of a group, its controls as the only row."""

    name: str
    label: str
    widget: str
    value: Any = ""
    help: str = ""
    error: str = ""
    choices: Pairs = ()
    advanced: bool = False
    required: bool = False
    longest: int | None = None
    unit: str = ""
    words: bool = False
    rows: tuple[tuple[Control, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What the shop has to choose from, by widget (``tag``, ``template``, ``workflow``, ``member``, ``fact``, ``fact_value``); asked for
    only when a form needs it."""

    of: Mapping[str, Callable[[], Pairs]] = field(default_factory=dict)

    def pairs(self, widget: str) -> Pairs:
        """(value, label) pairs."""
        return self.of[widget]() if widget in self.of else ()


def controls(
    schema: type[Schema],
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    offered: Offered,
    *,
    prefix: str = PREFIX,
    blanks: int = 1,
) -> list[Control]:
    """The schema's fields in order with these values. ``blanks``: empty rows that lists of several parts end with."""
    made = []
    for name, one in schema().fields.items():
        key = key_of(name, one)
        value = values[key] if key in values else _usual(one)
        made.append(_control(one, key, value, errors, offered, prefix, blanks))
    return made


def _usual(one: fields.Field) -> Any:
    usual = one.load_default
    return None if usual is missing else usual() if callable(usual) else usual


def _control(
    one: fields.Field, key: str, value: Any, errors: Mapping[str, str], offered: Offered, prefix: str, blanks: int
) -> Control:  # fmt: skip
    told, name = one.metadata, f"{prefix}{key}"
    base: dict[str, Any] = {
        "name": name, "label": _(str(told.get("label") or key.replace("_", " ").capitalize())),
        "help": _(str(told["help"])) if told.get("help") else "", "error": errors.get(name, ""),
        "advanced": bool(told.get("advanced")), "required": one.required, "longest": _longest(one),
    }  # fmt: skip
    if is_rows(one):
        inner: Any = one
        rows = [dict(part) for part in value or [] if isinstance(part, Mapping)]
        below = type(inner.inner.schema)
        drawn = tuple(
            tuple(controls(below, row, errors, offered, prefix=f"{name}-{number}-"))
            for number, row in enumerate([*rows, *({} for _ in range(blanks))])
        )
        return Control(**base, widget="rows", value=len(rows), rows=drawn)
    if isinstance(one, fields.Nested):
        part = dict(value) if isinstance(value, Mapping) else {}
        group = tuple(controls(type(one.schema), part, errors, offered, prefix=f"{name}-"))
        return Control(**base, widget="group", rows=(group,))
    return _plain(one, value, base, offered)


def _plain(one: fields.Field, value: Any, base: dict[str, Any], offered: Offered) -> Control:
    told = one.metadata
    widget = str(told.get("widget") or "")
    choices = [(str(key), _(str(label))) for key, label in (told.get("choices") or {}).items()]
    words = isinstance(one, Words) or (isinstance(one, fields.List) and isinstance(one.inner, Words))
    if isinstance(one, fields.Boolean):
        return Control(**base, widget="check", value=bool(value))
    if isinstance(one, fields.List):
        many = [str(part) for part in value] if isinstance(value, list) else []
        if choices:
            return Control(**base, widget="checks", value=many, choices=choices)
        base["longest"] = None
        base["help"] = base["help"] or _("One on each line.")
        return Control(**base, widget="area", value="\n".join(many), words=words)
    text = "" if value is None else str(value)
    if choices or (widget in offered.of and widget not in PROPOSED):
        pairs = choices or list(offered.pairs(widget))
        if text not in {key for key, _label in pairs}:
            pairs.insert(0, (text, text or _("Choose")))
        return Control(**base, widget="select", value=text, choices=pairs)
    if widget == "duration":
        number, unit = shown_duration(text)
        return Control(**base, widget="duration", value=number, unit=unit)
    if isinstance(one, fields.Integer):
        return Control(**base, widget="number", value=text)
    if widget in PROPOSED:
        return Control(**base, widget="proposed", value=text, choices=offered.pairs(widget))
    if widget == "time":
        return Control(**base, widget="time", value=text)
    if widget == "address" or isinstance(one, fields.Url):
        return Control(**base, widget="url", value=text)
    long = widget == "message" or (not widget and words)
    return Control(**base, widget="message" if long else "line", value=text, words=words)


def _longest(one: fields.Field) -> int | None:
    limits = (getattr(check, "max", None) for check in one.validators)
    return next((most for most in limits if isinstance(most, int)), None)

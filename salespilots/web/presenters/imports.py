"""Imports as their four pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from flask import url_for
from flask_babel import gettext as _

from salespilots.domain.imports import ImportRow, ImportState, ProductImport, RowOutcome
from salespilots.services.imports.columns import HEADINGS
from salespilots.web.filters import now

SHOWN = ("title", "sku", "option1", "option2", "option3", "price", "mrp", "stock")
"""What a row is recognised by."""


def label(name: str) -> str:
    """A field in the reader's words."""
    return _(HEADINGS[name])


def brief(one: ProductImport) -> SimpleNamespace:
    """An import in the list, and over its pages."""
    words = {
        ImportState.UPLOADED: _("Columns to match"), ImportState.MATCHED: _("Checked, not imported"),
        ImportState.RUNNING: _("Importing"), ImportState.DONE: _("Imported"), ImportState.UNDOING: _("Being undone"),
        ImportState.UNDONE: _("Undone"), ImportState.FAILED: _("Stopped"),
    }  # fmt: skip
    tones = {
        ImportState.DONE: ("ok", "check"),
        ImportState.FAILED: ("bad", "alert"),
        ImportState.RUNNING: ("info", "play"),
    }
    tone, icon = tones.get(one.state, ("", "clock"))
    can_undo = (
        one.state in (ImportState.DONE, ImportState.FAILED) and one.undo_until is not None and now() <= one.undo_until
    )
    return SimpleNamespace(
        id=one.id, filename=one.filename, at=one.created_at, state=str(one.state), word=words[one.state], tone=tone,
        icon=icon, rows=one.rows_count, done=one.rows_done, error=one.error or "", working=one.next_at is not None,
        percent=min(100, one.rows_done * 100 // max(1, one.rows_count)), undo_until=one.undo_until if can_undo else None,
    )  # fmt: skip


def counts(one: ProductImport) -> SimpleNamespace:
    """Rows by what they mean or what became of them."""
    return SimpleNamespace(**{str(outcome): one.counts.get(str(outcome), 0) for outcome in RowOutcome})


def fields() -> list[tuple[str, str]]:
    """What a column may be."""
    return [("", _("Leave out")), *((name, label(name)) for name in HEADINGS)]


def columns(one: ProductImport, chosen: Mapping[str, int], samples: Sequence[Sequence[str]]) -> list[SimpleNamespace]:
    """Every column with its heading, its first values, and what it seems to be."""
    by_place = {place: name for name, place in chosen.items()}
    return [
        SimpleNamespace(
            place=place,
            heading=heading or _("Column %(number)s", number=place + 1),
            samples=[row[place][:60] for row in samples if place < len(row) and row[place]],
            field=by_place.get(place, ""),
        )
        for place, heading in enumerate(one.headings)
    ]


def read_columns(form: Mapping[str, str], many: int) -> tuple[dict[str, int], dict[str, str]]:
    """The chosen meaning of each column, and what is wrong with the choice."""
    found: dict[str, int] = {}
    errors: dict[str, str] = {}
    for place in range(many):
        name = form.get(f"column-{place}", "")
        if name not in HEADINGS:
            continue
        if name in found:
            errors[f"column-{place}"] = _("%(field)s is chosen twice.", field=label(name))
        found.setdefault(name, place)
    return found, errors


def filters(one: ProductImport, outcome: RowOutcome) -> list[SimpleNamespace]:
    """Which rows to look at."""
    words = {
        RowOutcome.PROBLEM: _("With problems"), RowOutcome.NEW: _("New"), RowOutcome.CHANGED: _("Changed"),
        RowOutcome.SAME: _("Same"), RowOutcome.SKIPPED: _("Left out"),
    }  # fmt: skip
    return [
        SimpleNamespace(
            label=word, count=one.counts.get(str(each), 0), on=each is outcome,
            href=url_for("imports.check", import_id=one.id, show=str(each)),
        )
        for each, word in words.items()
    ]  # fmt: skip


def row(one: ImportRow, imported: ProductImport) -> SimpleNamespace:
    """A row: what it is, and a field for each thing to mend."""

    def cell(name: str) -> str:
        place = imported.columns.get(name)
        return one.cells[place] if place is not None and place < len(one.cells) else ""

    return SimpleNamespace(
        id=one.id,
        position=one.position,
        title=cell("title") or one.sku or _("No name"),
        meta=" · ".join(filter(None, (cell(name) for name in SHOWN[1:]))),
        problems=[
            SimpleNamespace(name=name, label=label(name) if name in HEADINGS else name, value=cell(name), why=_(text))
            for name, text in one.problems.items()
        ],
    )

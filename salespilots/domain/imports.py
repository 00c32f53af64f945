"""A list of products brought in from a file: uploaded, matched, checked, imported, undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    """How far an import is."""

    UPLOADED = "uploaded"  # rows are kept, nothing is matched
    MATCHED = "matched"  # columns have a meaning, rows are checked
    RUNNING = "running"  # a worker writes products
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"  # the file could not be read to its end


@dataclass(slots=True, kw_only=True)
class ProductImport:
    """One file. ``columns``: field to place of its column; ``counts``: outcome to number of rows."""

    id: str
    business_id: str
    created_at: datetime
    filename: str
    headings: list[str] = field(default_factory=list)
    columns: dict = field(default_factory=dict)
    choices: dict = field(default_factory=dict)
    counts: dict = field(default_factory=dict)
    state: ImportState = ImportState.UPLOADED
    rows_count: int = 0
    rows_done: int = 0
    actor: str = ""
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    undo_until: datetime | None = None
    next_at: datetime | None = None  # when a worker goes on with it
    version: int = 0


class RowOutcome(StrEnum):
    """What a row means, and later what became of it."""

    UNCHECKED = "unchecked"
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(slots=True, kw_only=True)
class ImportRow:
    """One row. ``cells`` as they were in the file; ``before`` is what undoing brings back."""

    id: str
    business_id: str
    import_id: str
    position: int  # line of the file, the headings are line 1
    cells: list[str] = field(default_factory=list)
    problems: dict = field(default_factory=dict)  # field to sentence
    outcome: RowOutcome = RowOutcome.UNCHECKED
    sku: str = ""
    product_id: str | None = None
    variant_id: str | None = None
    before: dict = field(default_factory=dict)
    written: bool = False
    version: int = 0

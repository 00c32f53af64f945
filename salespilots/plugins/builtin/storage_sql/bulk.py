"""Many rows in one statement for a server far away, handed over as one JSON parameter ``:rows``.

The driver takes a row of thirty values apart in Python; JSON is written and read in C on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()
_QUOTED = _DIALECT.identifier_preparer.quote


def records(columns: Mapping[str, sa.types.TypeEngine], name: str) -> str:
    """``:rows`` as a table of these columns."""
    fields = ", ".join(f"{_QUOTED(field)} {kind.compile(dialect=_DIALECT)}" for field, kind in columns.items())
    return f"json_to_recordset(CAST(:rows AS json)) AS {name}({fields})"


def insert_rows(table: sa.Table, names: Sequence[str], *, once: bool) -> sa.TextClause:
    """Insert rows that name these columns. ``once``: those that exist already are left alone."""
    columns = ", ".join(map(_QUOTED, names))
    source = records({name: table.c[name].type for name in names}, "one")
    unless = " ON CONFLICT DO NOTHING" if once else ""
    return sa.text(f"INSERT INTO {_QUOTED(table.name)} ({columns}) SELECT {columns} FROM {source}{unless}")  # noqa: S608 - names of ours


def update_rows(table: sa.Table, at: Mapping[str, str], written: Mapping[str, str]) -> sa.TextClause:
    """Update the rows whose columns have the values of these fields. ``at``, ``written``: column to field."""
    fields = {field: table.c[column].type for column, field in [*at.items(), *written.items()]}
    values = ", ".join(f"{_QUOTED(column)} = one.{_QUOTED(field)}" for column, field in written.items())
    found = " AND ".join(
        f"{_QUOTED(table.name)}.{_QUOTED(column)} = one.{_QUOTED(field)}" for column, field in at.items()
    )
    return sa.text(f"UPDATE {_QUOTED(table.name)} SET {values} FROM {records(fields, 'one')} WHERE {found}")  # noqa: S608 - names of ours

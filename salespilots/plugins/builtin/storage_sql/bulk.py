"""Many rows in one statement for PostgreSQL, handed over as one JSON parameter ``:rows``.

Its driver takes a row of thirty values apart in Python; JSON is written and read in C on both sides. (SQLite takes longer
to read it than to be given the rows one by one.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()


def _name(text: str) -> str:
    return f'"{text}"'


def _records(columns: Mapping[str, sa.types.TypeEngine], most: int) -> str:
    """``:rows`` as a table ``one`` of these columns. PostgreSQL is told how many there are at most: it would take a list for
    a hundred rows, and read a whole table rather than look five of them up."""
    fields = ", ".join(f"{_name(field)} {kind.compile(dialect=_DIALECT)}" for field, kind in columns.items())
    return f"(SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS given({fields}) LIMIT {most}) AS one"  # noqa: S608 - names of ours


def insert_rows(
    table: sa.Table, names: Sequence[str], most: int, *, once: bool = False, returning: str = ""
) -> sa.TextClause:
    """Insert rows that name these columns. ``once``: those that exist already are left alone. ``most``: how many at most.
    ``returning``: the column that is answered of those that were written."""
    columns = ", ".join(map(_name, names))
    source = _records({name: table.c[name].type for name in names}, most)
    unless = " ON CONFLICT DO NOTHING" if once else ""
    back = f" RETURNING {_name(returning)}" if returning else ""
    return sa.text(f"INSERT INTO {_name(table.name)} ({columns}) SELECT {columns} FROM {source}{unless}{back}")  # noqa: S608 - names of ours


def update_rows(
    table: sa.Table, at: Mapping[str, str], written: Mapping[str, str], most: int, *, always: str = ""
) -> sa.TextClause:
    """Update the rows whose columns have the values of these fields, one after the other. ``at``, ``written``: column to
    field. ``always``: what is written to all of them."""
    source = _records({field: table.c[column].type for column, field in [*at.items(), *written.items()]}, most)
    values = ", ".join(f"{_name(column)} = one.{_name(field)}" for column, field in written.items())
    found = " AND ".join(f"{_name(table.name)}.{_name(column)} = one.{_name(field)}" for column, field in at.items())
    return sa.text(f"UPDATE {_name(table.name)} SET {always}{values} FROM {source} WHERE {found}")  # noqa: S608 - names of ours

"""Registration of the SQL storage."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.markers import hookimpl
from salespilots.ports.storage import Storage, StorageProvider


def build(url: str) -> Storage:
    """Open the database behind ``url``."""
    from salespilots.plugins.builtin.storage_sql.storage import SqlStorage

    return SqlStorage(url)  # type: ignore[return-value]


@hookimpl
def salespilots_storage_providers() -> Sequence[StorageProvider]:
    """SQLite and PostgreSQL."""
    return [StorageProvider(key="sql", label="SQL database", schemes=("sqlite", "postgresql", "postgres"), build=build)]

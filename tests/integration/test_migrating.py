"""Alembic keeps what it works on in its module: two databases of one process must not meet there."""

from __future__ import annotations

import itertools
from pathlib import Path

from salespilots.plugins.builtin.storage_sql.storage import SqlStorage
from tests.support.together import together


def test_databases_of_one_process_are_migrated_at_one_moment(tmp_path: Path) -> None:
    numbers = itertools.count()

    def migrated() -> str:
        storage = SqlStorage(f"sqlite:///{tmp_path / str(next(numbers))}.db")
        try:
            storage.migrate()
            return storage.check()
        finally:
            storage.close()

    checks = together(migrated, many=4)
    assert len(set(checks)) == 1, checks
    assert checks[0].startswith("sqlite, schema ")

"""Connections of a process to PostgreSQL: those that rest for one purpose leave room for the other."""

from __future__ import annotations

from salespilots.plugins.builtin.storage_sql.storage import SqlStorage
from salespilots.plugins.builtin.storage_sql.transactions import KEPT, MOST_OPEN


def test_readers_and_writers_leave_each_other_room(postgres_url: str) -> None:
    storage = SqlStorage(postgres_url)
    try:
        lines, rests = storage._lines, []
        for count, read_only in ((KEPT + 4, True), (KEPT + 4, False), (3, True), (MOST_OPEN, False), (MOST_OPEN, True)):
            taken = [lines.take(read_only) for _ in range(count)]
            for one in taken:
                lines.give_back(one, read_only)
            rests.append({mine: len(resting) for mine, resting in lines._resting.items()})
            assert sum(rests[-1].values()) == KEPT
        assert rests[1] == rests[2] == {True: KEPT // 2, False: KEPT // 2}
    finally:
        storage.close()

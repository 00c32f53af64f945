"""Connections of a process to PostgreSQL: those that rest for one purpose leave room for the other, and none keeps a plan
for long."""

from __future__ import annotations

import pytest

from salespilots.plugins.builtin.storage_sql import transactions
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


@pytest.mark.parametrize("read_only", [True, False])
def test_a_plan_that_was_made_long_ago_is_made_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    storage = SqlStorage(postgres_url)
    storage.migrate()
    plans = list[str]()

    def use(*statements: str) -> None:
        connection = storage._lines.take(read_only)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        cursor = driver.cursor()
        for one in statements:
            cursor.execute(one)
        cursor.execute("EXPLAIN EXECUTE looked_up('biz_x', 1)")
        plans.append(str(cursor.fetchone()))
        driver.commit()
        storage._lines.give_back(connection, read_only)

    query = "SELECT * FROM event_log WHERE business_id = $1 AND seq = $2"
    try:
        use("SET plan_cache_mode = force_generic_plan", f"PREPARE looked_up (text, bigint) AS {query}")
        use("SET enable_indexscan = off", "SET enable_bitmapscan = off")
        monkeypatch.setattr(transactions, "PLAN_SECONDS", 0.0)
        use()
        assert ["Index Scan" in one for one in plans] == [True, True, False], plans
    finally:
        storage.close()

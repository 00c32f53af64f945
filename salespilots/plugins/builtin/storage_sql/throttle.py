"""Counted tries per key."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql.conditions import upsert
from salespilots.plugins.builtin.storage_sql.tables import TABLES
from salespilots.plugins.builtin.storage_sql.wire import Wire


class SqlThrottle:
    """See `salespilots.ports.work.Throttle`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._table = TABLES["throttle"]

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        table = self._table
        fresh = table.c.window_start <= sa.bindparam(None, now - window, table.c.window_start.type)
        statement = (
            upsert(self._wire.dialect, table)
            .values(key=key[:160], window_start=now, hits=1)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "hits": sa.case((fresh, 1), else_=table.c.hits + 1),
                    "window_start": sa.case(
                        (fresh, sa.bindparam(None, now, table.c.window_start.type)), else_=table.c.window_start
                    ),
                },
            )
            .returning(table.c.hits)
        )
        return self._wire.execute(statement).scalar_one()

    def clear(self, key: str) -> None:
        self._wire.execute(sa.delete(self._table).where(self._table.c.key == key[:160]))

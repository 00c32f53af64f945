"""SQL storage under siege: sessions that stand still, lanes taken crosswise, and looks that stay cheap."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from salespilots.domain.events import Event
from salespilots.plugins.builtin.storage_sql import storage as sql_storage
from salespilots.plugins.builtin.storage_sql.storage import STUCK, SqlStorage
from salespilots.plugins.builtin.storage_sql.wire import Ask, Wire, refusal
from salespilots.ports.storage import Storage, StorageUnavailable
from salespilots.testing.clocks import START
from tests.support.shop import World

TTL = timedelta(seconds=30)
LIMIT = 20


def event() -> Event:
    return Event(type="message.sent", at=START, ids={"conversation_id": "cnv_1", "message_id": "msg_1"})


# --- a session that stands still ----------------------------------------------------------------------------------------


def test_the_server_is_asked_to_end_sessions_that_stand_still(postgres_url: str) -> None:
    storage = SqlStorage(postgres_url)
    try:
        with storage.engine.connect() as connection:
            asked = {name: connection.execute(sa.text(f"SHOW {name}")).scalar_one() for name in STUCK}
        assert asked == {"idle_in_transaction_session_timeout": "20s", "lock_timeout": "10s"}
    finally:
        storage.close()


@pytest.fixture
def impatient(
    request: pytest.FixtureRequest, postgres_world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqlStorage]:
    """Sessions with the same database, for which PostgreSQL waits for less long. All else goes at its own pace."""
    monkeypatch.setattr(sql_storage, "STUCK", request.param)
    storage = SqlStorage(postgres_url)
    yield storage
    storage.close()


@pytest.fixture
def postgres_world(make_world: Callable[..., World], postgres_url: str) -> World:
    return make_world(postgres_url)


class Still:
    """Somebody who holds a lane and the shop's event counter within a transaction, and stands still until told to go on."""

    def __init__(self, storage: Storage, shop_id: str) -> None:
        self._storage, self._shop_id = storage, shop_id
        self.holds, self.go_on, self.ended = threading.Event(), threading.Event(), None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.holds.wait(60)

    def _run(self) -> None:
        try:
            with self._storage.unit_of_work(self._shop_id) as uow:
                uow.look([], ["x:1:held"], "still", TTL, LIMIT)
                uow._wire.write(uow.events.append([event()]))
                self.holds.set()
                self.go_on.wait(60)
                uow.commit()
        except Exception as error:
            self.ended = error

    def wake(self) -> Exception | None:
        """What comes of its transaction."""
        self.go_on.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.ended


def take_lane(storage: Storage, shop_id: str, lane: str) -> dict[str, Any]:
    """As another worker does; returns the lanes it has."""
    with storage.unit_of_work(shop_id) as uow:
        leases = uow.look([], [lane], "quick", TTL, LIMIT).leases
        uow.record(event())
        uow.commit()
    return leases


@pytest.mark.parametrize("lane", ["x:1:held", "x:1:other"], ids=["the same lane", "the event counter"])
@pytest.mark.parametrize(
    "impatient", [{"idle_in_transaction_session_timeout": "1s", "lock_timeout": "20s"}], indirect=True, ids=["idle"]
)
def test_a_session_that_stands_still_is_ended_and_the_others_go_on(
    postgres_world: World, impatient: SqlStorage, lane: str
) -> None:
    shop, others = postgres_world.practice_shop(), postgres_world.storage
    still = Still(impatient, shop.id)
    try:
        assert list(take_lane(others, shop.id, lane)) == [lane], "nothing of what stood still was kept"
    finally:
        ended = still.wake()
    assert isinstance(ended, StorageUnavailable), ended
    assert list(take_lane(impatient, shop.id, "x:1:more")) == ["x:1:more"], "its connection is not used again"


@pytest.mark.parametrize(
    "impatient", [{"idle_in_transaction_session_timeout": "60s", "lock_timeout": "200ms"}], indirect=True, ids=["lock"]
)
def test_nobody_waits_for_ever_for_what_it_holds(postgres_world: World, impatient: SqlStorage) -> None:
    shop = postgres_world.practice_shop()
    still = Still(postgres_world.storage, shop.id)
    try:
        for lane in ("x:1:held", "x:1:other"):
            with pytest.raises(StorageUnavailable):
                take_lane(impatient, shop.id, lane)
    finally:
        ended = still.wake()
    assert ended is None


@pytest.mark.parametrize("code", [psycopg.errors.LockNotAvailable, psycopg.errors.IdleInTransactionSessionTimeout])
def test_what_the_server_says_then_means_that_it_does_not_answer(code: type[psycopg.Error]) -> None:
    assert code.sqlstate in ("55P03", "25P03")
    assert isinstance(refusal(code("ended")), StorageUnavailable)


# --- lanes that two workers hold and want crosswise ---------------------------------------------------------------------

ROUNDS = 30


def test_lanes_held_and_wanted_crosswise_never_block_each_other(
    make_world: Callable[..., World], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two workers looks at the lane that it holds and asks for the other's at the same moment."""
    world = make_world(postgres_url)
    shop = world.practice_shop()
    between, together = threading.Barrier(2), Wire.together

    def haltingly(wire: Wire, asks: Sequence[Ask]) -> list[Any]:
        """With a moment after the first of them: until the other worker is there too, if it can be."""
        if len(asks) < 3:
            return together(wire, asks)
        first = together(wire, asks[:1])
        with contextlib.suppress(threading.BrokenBarrierError):
            between.wait(0.05)
        return first + together(wire, asks[1:])

    with world.storage.system_unit_of_work() as system:
        leases = {name: system.lanes.claim([lane], name, TTL)[lane] for name, lane in (("one", "b"), ("two", "a"))}
        system.commit()
    ends: list[Any] = []

    def look(name: str, wanted: str, start: threading.Barrier) -> None:
        start.wait(60)
        try:
            with world.storage.unit_of_work(shop.id) as uow:
                found = uow.look([leases[name]], [wanted], name, TTL, LIMIT)
                uow.commit()
            ends.append(sorted(found.leases) == [leases[name].lane])
        except Exception as error:
            ends.append(error)

    monkeypatch.setattr(Wire, "together", haltingly)
    for _ in range(ROUNDS):
        between.reset()
        start = threading.Barrier(2)
        threads = [
            threading.Thread(target=look, args=(name, wanted, start)) for name, wanted in (("one", "a"), ("two", "b"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert ends == [True] * 2 * ROUNDS


# --- thousands of events of one lane that are tried again later ----------------------------------------------------------


def test_events_put_off_are_found_by_lane_and_time(sqlite_url: str) -> None:
    """Whether a lane's event waits behind one that is put off is looked up, not searched for among all of its events."""
    storage = SqlStorage(sqlite_url)
    asked: list[str] = []

    @sa.event.listens_for(storage.engine, "connect")
    def trace(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(asked.append)

    try:
        with storage.system_unit_of_work(read_only=True) as system:
            asked.clear()
            assert system.work.due_lanes(START) == []
            (query,) = [one for one in asked if "FROM inbox" in one]
        with storage.engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}".replace("%", "%%"))]
    finally:
        storage.close()
    (put_off,) = [one for one in plan if "ix_inbox_put_off" in one]
    assert "(lane=? AND next_at>? AND next_at<?)" in put_off, plan

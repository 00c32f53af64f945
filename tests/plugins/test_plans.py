"""What is asked for every message costs the same in a shop with a hundred thousand of them: by the database's own plans."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql import wire
from salespilots.services.messaging.pieces import Piece
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.program import Program, application
from tests.support.shop import World

GROWING = (
    "messages|runs|steps|conversations|customers|identities|orders|payments|refunds|event_log|inbox|stock_movements"
)
COARSE = r"business_id|provider|state|kind|channel"
WHOLE_SHOP = re.compile(rf"SEARCH ({GROWING})(_\d+)? .*\(({COARSE})=\?\)$")
WAITING = r"ix_(inbox_new|messages_to_send|runs_active)\b"
WHOLE_TABLE = re.compile(rf"SCAN ({GROWING})(_\d+)?($| USING (?!(COVERING )?INDEX {WAITING}))")
"""The work indexes hold what waits and nothing else."""

LINES = ("blue saree kitna hai?", "2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross", "yes", "thanks")


def take_together(world: World, shop_id: str) -> None:
    """Turns of all the chats at once, with their calls."""
    pieces = [Piece(shop_id, f"fake:acc:c{who}") for who in range(5)]
    while pieces:
        world.services.turns.take(pieces)
        pieces = [one for one in pieces if one.call is not None]
        for one in pieces:
            one.make(world.clock.steady)


class Listener:
    """Every statement that SQLite is asked, with its plan."""

    def __init__(self, world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._compiled: dict[tuple[object, ...], wire.Prepared] = {}
        monkeypatch.setattr(wire, "_STATEMENTS", self._compiled)
        self._path, self._asked = url.removeprefix("sqlite:///"), set[str]()

        @sa.event.listens_for(world.storage.engine, "before_cursor_execute")  # type: ignore[attr-defined]
        def _note(connection: object, cursor: object, sql: str, *more: object) -> None:
            self._asked.add(sql)

    @property
    def asked(self) -> set[str]:
        """What was asked since `begin`."""
        return self._asked | {one.sql for one in self._compiled.values()}

    def begin(self) -> None:
        """Forget what was asked."""
        self._compiled.clear()
        self._asked.clear()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database has, asked unnoticed."""
        with contextlib.closing(sqlite3.connect(self._path)) as database:
            return database.execute(sql, [None] * sql.count("?")).fetchall()

    def whole(self) -> list[tuple[str, str]]:
        """Statements that read all of a shop or a table, with the line of the plan that says so."""
        found = []
        for sql in sorted(self.asked):
            if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                plan = self.rows(f"EXPLAIN QUERY PLAN {sql}")
                found += [(line, sql) for *_, line in plan if WHOLE_SHOP.search(line) or WHOLE_TABLE.search(line)]
        return found


def test_no_message_makes_sqlite_read_all_of_a_shop(
    make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = FakeChannelPlugin()
    world = make_world(sqlite_url, extra=[plugin])
    far = FarSide(world.practice_shop(), plugin)
    listener = Listener(world, sqlite_url, monkeypatch)
    for step, line in enumerate(LINES):
        for who in range(5):  # several chats in a turn, and at first several events of a chat
            for text in ("thanks", line) if step == 0 else (line,):
                ref = f"{step} {who} {text}"
                far.deliver(far.event("message", text, f"c{who}", message_ref=ref, event_id=ref), settle=False)
        take_together(world, far.shop.id)
        world.settle()
    shop, services = far.shop, world.services
    [order_id] = listener.rows("SELECT id FROM orders LIMIT 1")[0]
    shop.pay(services.orders.get(shop.id, order_id))
    services.refunds.refund(shop.id, order_id, amount_paise=100, reason="A gift", key="gift")
    asked = listener.asked
    assert any("FROM refunds" in sql for sql in asked), "nothing was given back"
    assert any("FROM messages" in sql and "lane IN (?, ?, ?, ?, ?, ?, ?, ?)" in sql for sql in asked), "not together"
    assert not listener.whole()


def test_no_step_of_an_order_makes_sqlite_read_all_of_a_shop(
    make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(sqlite_url)
    shop = world.practice_shop()
    first = shop.order_two_sarees()
    program = Program(application(world), shop)
    listener = Listener(world, sqlite_url, monkeypatch)
    listener.begin()
    line = {"sku": first.lines[0].sku, "quantity": 1}
    order = {"customer_id": first.customer_id, "lines": [line], "payment_method": "cod"}
    made = program.done("/orders", order)
    parcel = {"courier": "Delhivery", "tracking_number": "D1"}
    for step, given in (("confirm", {}), ("pack", {}), ("ship", parcel), ("deliver", {})):
        program.done(f"/orders/{made['id']}/{step}", given)
    assert len(program.get(f"/orders?customer_id={first.customer_id}")["items"]) == 2
    assert program.get(f"/orders/{made['id']}")["state"] == "delivered"
    assert any("FROM event_log" in sql for sql in listener.asked), "no timeline was read"
    assert not listener.whole()

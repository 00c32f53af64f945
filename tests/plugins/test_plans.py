"""What is asked for every message costs the same in a shop with a hundred thousand of them: by the database's own plans."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql import wire
from salespilots.services.messaging.pieces import Piece
from tests.support.fake_channel import FakeChannelPlugin, FarSide
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


def test_no_message_makes_sqlite_read_all_of_a_shop(
    make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: dict[tuple[object, ...], wire.Prepared] = {}
    monkeypatch.setattr(wire, "_STATEMENTS", compiled)
    plugin = FakeChannelPlugin()
    world = make_world(sqlite_url, extra=[plugin])
    far = FarSide(world.practice_shop(), plugin)
    compiled.clear()
    asked: set[str] = set()

    @sa.event.listens_for(world.storage.engine, "before_cursor_execute")  # type: ignore[attr-defined]
    def _note(connection: object, cursor: object, sql: str, *more: object) -> None:
        asked.add(sql)

    for step, line in enumerate(LINES):
        for who in range(5):  # several chats in a turn, and at first several events of a chat
            for text in ("thanks", line) if step == 0 else (line,):
                ref = f"{step} {who} {text}"
                far.deliver(far.event("message", text, f"c{who}", message_ref=ref, event_id=ref), settle=False)
        take_together(world, far.shop.id)
        world.settle()
    shop, services = far.shop, world.services
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        [order_id] = database.execute("SELECT id FROM orders").fetchone()
    shop.pay(services.orders.get(shop.id, order_id))
    services.refunds.refund(shop.id, order_id, amount_paise=100, reason="A gift", key="gift")
    asked |= {one.sql for one in compiled.values()}
    sa.event.remove(world.storage.engine, "before_cursor_execute", _note)  # type: ignore[attr-defined]
    assert any("FROM refunds" in sql for sql in asked), "nothing was given back"
    assert any("FROM messages" in sql and "lane IN (?, ?, ?, ?, ?, ?, ?, ?)" in sql for sql in asked), "not together"
    found = []
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        for sql in asked:
            if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                plan = database.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")).fetchall()
                found += [(line, sql) for *_, line in plan if WHOLE_SHOP.search(line) or WHOLE_TABLE.search(line)]
    assert not found

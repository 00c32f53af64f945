"""R-2: what was acknowledged is on disk. The plug is pulled two hundred times, in the middle of whatever is written."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from salespilots.ports.storage import StorageUnavailable
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.power import Driver, Power
from tests.support.shop import Shop, World

CUTS, SEED = (int(os.environ.get(f"SOAK_POWER_{name}", usual)) for name, usual in (("CUTS", 200), ("SEED", 2)))
"""More of them in `make soak`."""
LINES = ("blue saree kitna hai?", "2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross", "yes", "thanks")


class Machine:
    """One SalesPilots whose plug is pulled again and again; the database stays."""

    def __init__(self, folder: Path, url: str, driver: Driver, power: Power) -> None:
        self._folder, self._url, self._driver, self.power = folder, url, driver, power
        self._number = 0
        self.acknowledged: list[str] = []
        self.plugin = FakeChannelPlugin()
        self._start()

    def _start(self) -> None:
        self.world = World(self._folder, self._url, extra=[self.plugin])
        services = self.world.services
        if not services.shops.all():
            user, business = self.world.sign_up()
            services.demo.load(business.id)
        business = services.shops.all()[0]
        (user,) = services.accounts.owners_of(business.id)
        self.far = FarSide(Shop(self.world, user, business), self.plugin)

    def work(self, chance: random.Random) -> None:
        """Customers write and are answered, until the power is gone."""
        while True:
            self._number += 1
            number = self._number
            text, who = LINES[number // 5 % len(LINES)], f"c{number % 5}"
            event = self.far.event("message", text, who, message_ref=f"m{number}", event_id=f"m{number}")
            if self.far.deliver(event, settle=False):
                self.acknowledged.append(event.event_id)
            if chance.random() < 0.5:
                self.world.settle()

    def pull_the_plug(self, chance: random.Random) -> None:
        """After a number of writes that nobody knows before."""
        self.power.left = chance.randrange(1, 80)
        with pytest.raises((StorageUnavailable, sqlite3.Error)):
            self.work(chance)
        self.power.cut()
        with contextlib.suppress(StorageUnavailable, sqlite3.Error):
            self.world.close()

    def start_again(self) -> None:
        """With the files as they are on disk; whoever held lanes is gone, and every worker sees that when it starts."""
        gone = self.world.services.turns.owner
        self.power.on(self._folder)
        self._start()
        self.world.services.workforce.leave(gone)

    def lost(self) -> set[str]:
        """Acknowledged events that are not there any more, as another program sees the files."""
        with contextlib.closing(sqlite3.connect(self._url.removeprefix("sqlite:///"))) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = {row[0] for row in database.execute("SELECT event_id FROM inbox")}
        return set(self.acknowledged) - kept


@pytest.fixture
def machine(
    request: pytest.FixtureRequest, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    """In memory where there is a place for it: what is on disk is the model's business here."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sp-power-", dir=memory if memory.is_dir() else None))
    shutil.copyfile(sqlite_template, folder / "salespilots.db")
    power = Power()
    driver = Driver(power, weaker=request.param)
    monkeypatch.setattr(SQLiteDialect_pysqlite, "import_dbapi", classmethod(lambda cls: driver))
    yield Machine(folder, f"sqlite:///{folder}/salespilots.db", driver, power)
    shutil.rmtree(folder)


@pytest.mark.parametrize("machine", [False], indirect=True, ids=["as it is"])
def test_power_cuts_lose_nothing_acknowledged(machine: Machine) -> None:
    chance = random.Random(SEED)
    for _ in range(CUTS):
        machine.pull_the_plug(chance)
        assert machine.lost() == set()
        machine.start_again()
    assert machine.power.cuts == CUTS
    assert len(machine.acknowledged) > CUTS
    machine.world.settle()
    services, shop = machine.world.services, machine.far.shop
    assert services.maintenance.backlog()["inbox_new"] == 0
    for detail in services.catalog.page(shop.id, limit=200).items:
        for variant in detail.variants:
            level = detail.levels[variant.id]
            with machine.world.storage.unit_of_work(shop.id, read_only=True) as uow:
                moves = uow.stock.movements(variant.id, limit=10_000)
            assert level.on_hand == sum(one.on_hand_delta for one in moves), variant.sku
            assert level.reserved == sum(one.reserved_delta for one in moves), variant.sku
    machine.world.close()


@pytest.mark.parametrize("machine", [True], indirect=True, ids=["synchronous=NORMAL"])
def test_with_a_weaker_setting_the_same_cuts_lose_much(machine: Machine) -> None:
    """So the model does cut, and full synchronisation is what saves."""
    chance = random.Random(2)
    lost: set[str] = set()
    for _ in range(20):
        machine.pull_the_plug(chance)
        lost |= machine.lost()
        machine.start_again()
    assert len(lost) > 20
    machine.world.close()

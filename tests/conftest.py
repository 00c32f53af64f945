"""Fixtures: real databases, made once and copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.support.postgres import PostgresServer
from tests.support.shop import Shop, World
from tests.support.valkey import ValkeyServer

for name in [one for one in os.environ if one.startswith("SALESPILOTS_") and one != "SALESPILOTS_DELIVERY_SEEDS"]:
    del os.environ[name]

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
"""How long one example takes says how busy the machine is."""

BUSY = {"test_kills", "test_controls", "test_database_trouble", "test_bench", "test_first_sale"}
"""Files that keep the machine busy by themselves: of these no two run at the same time."""

LONG = {"test_second_road", "test_fake_channel", "test_contract"}
"""Files that take minutes."""


def _file(node_id: str) -> str:
    return Path(node_id.split("::")[0]).stem


class ByFile(LoadScopeScheduling):
    """With several processes: a file's tests share one, and the busy files share one, too. (xdist 3.8 does not see its own
    group marks under pytest 9.)"""

    def _split_scope(self, nodeid: str) -> str:
        return "busy" if _file(nodeid) in BUSY else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """See `ByFile`; another way of sharing out that was asked for is left alone."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: (_file(item.nodeid) not in BUSY, _file(item.nodeid) not in LONG))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the run."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """One Valkey server for the run."""
    server = ValkeyServer()
    server.start()
    yield server
    server.stop()


def _migrate(url: str) -> None:
    from salespilots.plugins.builtin.storage_sql.storage import SqlStorage

    storage = SqlStorage(url)
    storage.migrate()
    storage.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """A migrated, empty PostgreSQL database."""
    name = postgres.create()
    _migrate(postgres.url(name))
    return name


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "salespilots.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test on both databases."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Assemble products; all are closed at the end."""
    worlds: list[World] = []

    def make(database_url: str, **more: Any) -> World:
        worlds.append(World(tmp_path, database_url, **more))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World], sqlite_url: str) -> World:
    """A product on SQLite."""
    return make_world(sqlite_url)


@pytest.fixture
def shop(world: World) -> Shop:
    """A practice shop on SQLite."""
    return world.practice_shop()


@pytest.fixture
def any_shop(make_world: Callable[..., World], database_url: str) -> Shop:
    """A practice shop on each database."""
    return make_world(database_url).practice_shop()


@pytest.fixture(autouse=True)
def _chats_are_read_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meta's pace is kept by the plugin's own tests; here only the injected clock says how long something takes."""
    from salespilots_channel_instagram import reading

    monkeypatch.setattr(reading, "SECONDS_BETWEEN", 0.0)

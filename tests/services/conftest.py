"""Shops on the fake channel, and crews."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from salespilots.tasks import crew as crews
from tests.support.crew import Seconds, Shift
from tests.support.desk import Desk
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import Shop, World


@pytest.fixture
def far(make_world: Callable[..., World], sqlite_url: str) -> FarSide:
    """Its customers."""
    plugin = FakeChannelPlugin()
    return FarSide(make_world(sqlite_url, extra=[plugin]).practice_shop(), plugin)


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Desk:
    """Its owner, whose sends may bring no clear answers."""
    plugin = FakeChannelPlugin()
    return Desk(make_world(sqlite_url, extra=[plugin]), plugin)


@pytest.fixture
def bare(world: World) -> Shop:
    """A shop without workflows."""
    return Shop(world, *world.sign_up())


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr(crews, "time", made)
    return made


@pytest.fixture
def shift() -> Iterator[Shift]:
    made = Shift()
    yield made
    made.answer_all()
    made.crew.stop(10)
    assert not any(desk.is_alive() for desk in made.crew._desks)

"""Shops on the fake channel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.desk import Desk
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


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

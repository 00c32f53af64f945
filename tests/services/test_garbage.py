"""What a message leaves behind goes at once: looking for garbage stops all threads of a worker, for as long as there is much."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


@pytest.fixture
def left_behind() -> Iterator[list[object]]:
    """What only the collector would find, from now on."""
    for _ in range(3):  # what an earlier test left lets go of more only when it goes itself
        gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def test_a_question_leaves_no_garbage(
    make_world: Callable[..., World], sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    plugin = FakeChannelPlugin()
    far = FarSide(make_world(sqlite_url, extra=[plugin]).practice_shop(), plugin)
    far.say("blue saree kitna hai?")
    garbage = request.getfixturevalue("left_behind")
    assert len(far.say("maroon silk saree price?")) == 2
    gc.collect()
    ours = {type(one).__name__ for one in garbage if type(one).__module__.startswith("salespilots")}
    assert ours == set()

"""The doorbell on each queue: what is rung is heard, only lane names travel, and a dead queue stops nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from salespilots.config import Config, load_config
from salespilots.queueing import check_queue, make_doorbell, make_huey, make_wake
from tests.support.postgres import PostgresServer, free_port
from tests.support.shop import World
from tests.support.valkey import ValkeyServer

LANE = "instagram:17841:नमस्ते'\""


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """The same shop on each kind of queue."""
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    if request.param == "redis":
        valkey: ValkeyServer = request.getfixturevalue("valkey")
        url = valkey.url
    elif request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.url(postgres.create())
    return load_config({"SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_QUEUE_URL": url})


def test_a_ring_is_heard_once_and_carries_a_lane_only(config: Config) -> None:
    heard: list[str] = []
    listener = make_huey(config)
    make_wake(listener, heard.append)
    bell = make_doorbell(config)
    bell.ring(LANE)
    bell.ring("payments:razorpay:SP-1")
    assert "2 wake-ups wait" in check_queue(config)
    raw = listener.storage.dequeue()
    assert set(json.loads(raw)) == {"id", "task", "lane"}
    assert json.loads(raw)["lane"] == LANE
    task = listener.dequeue()
    assert task is not None
    listener.execute(task)
    assert heard == ["payments:razorpay:SP-1"]
    assert listener.dequeue() is None


def test_a_wiped_queue_costs_only_a_sweep(config: Config, make_world: Callable[..., World], sqlite_url: str) -> None:
    world = make_world(sqlite_url)
    shop = world.practice_shop()
    bell = make_doorbell(config)
    shop.say("Hi", settle=False)
    bell.ring(f"practice:{shop.id}:sim-riya")
    make_huey(config).storage.flush_all()
    swept: list[tuple[str, str]] = []
    world.services.maintenance.sweep(swept.extend)
    assert swept == [(shop.id, f"practice:{shop.id}:sim-riya")]
    world.services.lanes.drain(swept[0][1])
    assert shop.texts()[0].startswith("Hello Riya")


@pytest.mark.parametrize("kind", ["redis", "postgresql"])
def test_a_queue_that_is_down_is_no_error(kind: str, tmp_path: Path) -> None:
    scheme = {
        "redis": "redis://127.0.0.1:{}/0",
        "postgresql": "postgresql://postgres@127.0.0.1:{}/none?connect_timeout=1",
    }
    url = scheme[kind].format(free_port())
    config = load_config({"SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_QUEUE_URL": url})
    bell = make_doorbell(config)
    bell.ring("x:1:2")
    bell.ring("x:1:2")
    with pytest.raises(Exception, match=r"[Cc]onnect"):
        check_queue(config)

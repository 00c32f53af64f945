"""The doorbell on each queue: what is rung is heard, only lane names travel, and a dead queue stops nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from salespilots.bells import BellReceiver
from salespilots.config import Config, load_config
from salespilots.presence import Presence
from salespilots.queueing import HueyDoorbell, check_queue, make_doorbell, make_huey, make_wake
from salespilots.testing.twin_client import wait_until
from tests.support.postgres import PostgresServer, free_port
from tests.support.shop import World
from tests.support.valkey import ValkeyServer

WORKER = f"here:1:{uuid4().hex}"
"""Its bell has a name on this machine, which another run must not have."""

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


def queue_bell(config: Config) -> HueyDoorbell:
    """The bell that rings by the queue."""
    return HueyDoorbell(lambda: make_wake(make_huey(config), lambda lane: None))


def test_a_ring_is_heard_once_and_carries_a_lane_only(config: Config) -> None:
    heard: list[str] = []
    listener = make_huey(config)
    make_wake(listener, heard.append)
    bell = queue_bell(config)
    bell.ring(LANE, "payments:razorpay:SP-1")
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
    bell = queue_bell(config)
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
    bell = queue_bell(config)
    bell.ring("x:1:2")
    bell.ring("x:1:2")
    with pytest.raises(Exception, match=r"[Cc]onnect"):
        check_queue(config)


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[tuple[Config, list[str]]]:
    """A worker of this machine that notes what it hears."""
    config = load_config({"SALESPILOTS_HOME": str(tmp_path)})
    lanes: list[str] = []
    presence = Presence(config.home, WORKER)
    receiver = BellReceiver(WORKER, lambda *some: lanes.extend(some))
    assert receiver.hears
    yield config, lanes
    receiver.stop()
    presence.leave()


def test_a_worker_on_this_machine_hears_the_bell_without_the_queue(heard: tuple[Config, list[str]]) -> None:
    config, lanes = heard
    make_doorbell(config).ring(LANE, *(f"x:1:{number}" for number in range(120)))
    wait_until(lambda: len(lanes) == 121)
    assert lanes[0] == LANE
    assert "0 wake-ups wait" in check_queue(config)


def test_a_name_is_free_as_soon_as_who_heard_it_stopped() -> None:
    for _ in range(200):
        receiver = BellReceiver(f"{WORKER}:again", lambda *some: None)
        assert receiver.hears
        receiver.stop()


def test_what_no_worker_here_hears_is_rung_at_the_queue(heard: tuple[Config, list[str]]) -> None:
    config, lanes = heard
    (config.home / "workers" / f"{WORKER}.lock").rename(config.home / "workers" / "elsewhere:2:def.lock")
    make_doorbell(config).ring(LANE)
    assert "1 wake-ups wait" in check_queue(config)
    assert lanes == []


def test_without_any_worker_nobody_is_rung(tmp_path: Path) -> None:
    config = load_config({"SALESPILOTS_HOME": str(tmp_path)})
    make_doorbell(config).ring(LANE)
    assert "0 wake-ups wait" in check_queue(config)

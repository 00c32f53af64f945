"""R-14, R-15: told to stop, all ends cleanly within 30 s and nothing is lost; a deleted queue costs one sweep."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from salespilots.ports.channel import Inbound
from salespilots.services.maintenance import SWEEP_SECONDS
from salespilots.testing.twin_client import wait_until
from soak.stage import ACCOUNT, Stage, stage
from tests.support.postgres import free_port
from tests.support.product import Chats
from tests.support.valkey import ValkeyServer

STOP_SECONDS = 30
BUSY = 15
"""What a machine may take beside, in seconds, that has other things to do."""
PEOPLE = [f"30000000000{number:04}" for number in range(20)]
WORDS = "blue saree kitna hai?"
PRICE = "Blue block-print saree is ₹1,499.00"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, drop_echoes=0.0) as made:
        yield made


def write(stage: Stage, people: list[str]) -> None:
    """Each says the same; the provider goes on until it is acknowledged."""
    Chats(stage.graph, ACCOUNT).deliver(*({"from": who, "text": WORDS, "mid": f"mid.{who}"} for who in people))


def priced(stage: Stage) -> dict[str, int]:
    """How often each customer was told the price."""
    told = [one["recipient_id"] for one in stage.graph.state()["sent"] if one["text"].startswith(PRICE)]
    return {who: told.count(who) for who in told}


@pytest.mark.timeout(150)
def test_stopped_under_load_it_drains_and_loses_nothing(shop: Stage) -> None:
    product, graph = shop.product, shop.graph
    product.start("--workers", "2")
    graph.latency(800)
    write(shop, PEOPLE[:14])
    wait_until(lambda: product.count("messages", state="sending") >= 3, seconds=20, every=0.02)
    started = time.monotonic()
    assert product.process is not None
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(STOP_SECONDS) == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert product.count("messages", state="sending") == 0, "what was in flight is not noted"
    assert product.count("messages", state="uncertain") == 0
    assert product.application().services.maintenance.backlog()["lanes_held"] == 0
    assert product.application().services.workforce.all() == []
    assert len(priced(shop)) < 14, "nothing was left to do: the stop came too late"
    graph.latency(0)
    product.start("--workers", "2")
    write(shop, PEOPLE[14:])
    wait_until(lambda: set(priced(shop)) == set(PEOPLE), seconds=30, every=0.1)
    sent = [(one["recipient_id"], one["text"]) for one in graph.state()["sent"]]
    assert len(sent) == len(set(sent)) == 2 * len(PEOPLE)
    assert product.stop() == 0
    assert "Traceback" not in product.log.read_text()


def test_a_worker_without_its_queue_is_stopped_at_once(shop: Stage) -> None:
    """It cannot even connect."""
    product = shop.product
    nowhere = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    worker = Worker(shop, nowhere)
    wait_until(lambda: "queue.down" in worker.said(), seconds=20, every=0.05)
    write_directly(shop, "3001")
    wait_until(lambda: priced(shop) == {"3001": 1}, seconds=SWEEP_SECONDS + BUSY, every=0.05)
    assert worker.stop(signal.SIGINT) == 0
    assert product.count("workers") == 0


def test_a_worker_whose_valkey_is_gone_is_stopped_at_once(shop: Stage) -> None:
    valkey = ValkeyServer()
    valkey.start()
    try:
        worker = Worker(shop, valkey.url)
        wait_until(lambda: shop.product.count("workers") == 1, seconds=20, every=0.05)
        valkey.crash()
        write_directly(shop, "3001")
        wait_until(lambda: priced(shop) == {"3001": 1}, seconds=SWEEP_SECONDS + BUSY, every=0.05)
        assert worker.stop(signal.SIGTERM) == 0
    finally:
        valkey.stop()


def write_directly(stage: Stage, who: str) -> None:
    """A message that is stored and rung nowhere."""
    services = stage.product.application().services
    now = services.core.clock.now()
    one = Inbound(event_id=f"e{who}", account_ref=ACCOUNT, customer_ref=who, kind="message", sent_at=now,
                  message_ref=f"m{who}", text=WORDS)  # fmt: skip
    services.inbox.keep_channel("instagram", [one])


class Worker:
    """`salespilots work` with a queue address of its own."""

    def __init__(self, stage: Stage, queue_url: str) -> None:
        self._log = stage.product.home / "work.log"
        environ = {**stage.product.environment(), "SALESPILOTS_QUEUE_URL": queue_url}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "salespilots", "work"], env=environ, stdout=log, stderr=log
            )

    def said(self) -> str:
        return self._log.read_text()

    def stop(self, number: signal.Signals) -> int:
        """Returns the exit code; fails the test when it takes long although nothing is under way."""
        self._process.send_signal(number)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


@pytest.mark.timeout(120)
def test_the_queue_file_is_deleted_while_it_runs(shop: Stage) -> None:
    """No restart, and nobody waits for longer than a sweep."""
    product = shop.product
    product.start()
    try:
        for path in (product.home / "workers").glob("*.lock"):  # the bell rings nobody: it is up to the queue
            path.rename(path.with_name("elsewhere:2:def.lock"))
        for who in PEOPLE[:3]:
            for path in product.home.glob("queue.db*"):
                path.unlink()
            write(shop, [who])
            wait_until(lambda who=who: priced(shop).get(who), seconds=SWEEP_SECONDS + BUSY, every=0.05)
        assert priced(shop) == dict.fromkeys(PEOPLE[:3], 1)
    finally:
        assert product.stop() == 0
    assert "Traceback" not in product.log.read_text()

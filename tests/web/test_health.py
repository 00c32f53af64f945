"""What machines are told of the installation's health: ready or not and why, and the same figures for a monitor."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from salespilots.doctor import diagnose
from salespilots.ports.work import Worker
from salespilots.web.app import create_app
from salespilots.web.metrics import PrometheusMetrics
from tests.support.browser import Visitor
from tests.support.shop import Shop, World

SETTLED = {
    "inbox_new",
    "inbox_dead",
    "outbox_queued",
    "outbox_uncertain",
    "outbox_undecided",
    "oldest_seconds",
    "due_seconds",
    "outbox_due_seconds",
}


class Probe:
    """The web application of a shop, and its workers as the database has them."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.world = shop, shop.world
        self.visitor = Visitor(create_app(shop.world.application))

    def ready(self) -> tuple[int, dict[str, Any]]:
        answer = self.visitor.get("/readyz")
        assert (answer.headers.get("Retry-After") is not None) is (answer.status_code == 503)
        return answer.status_code, answer.get_json()

    def gauges(self) -> dict[str, float]:
        lines = self.visitor.get("/metrics").text.splitlines()
        pairs = [one.split(" ") for one in lines if one.startswith("salespilots_") and "{" not in one]
        return {name.removeprefix("salespilots_"): float(value) for name, value in pairs}

    def old(self, seconds: float = 3600) -> None:
        """As if this process ran for so long."""
        self.visitor.app.extensions["salespilots.started"] = time.monotonic() - seconds

    def work(self, name: str = "h:1", *, silent: float = 0.0) -> None:
        """A worker sweeps, or did so seconds ago."""
        self.world.services.workforce.tell(Worker(id=name, host="h", pid=1, version="1"))
        with self.world.storage.engine.begin() as connection:  # type: ignore[attr-defined]
            given = {"by": silent, "id": name}
            connection.execute(
                sa.text("UPDATE workers SET last_seen = last_seen - :by, last_swept = last_swept - :by WHERE id = :id"),
                given,
            )


@pytest.fixture
def probe(any_shop: Shop) -> Probe:
    return Probe(any_shop)


def test_a_young_process_waits_a_minute_for_the_first_worker(probe: Probe) -> None:
    status, facts = probe.ready()
    assert (status, facts["status"], facts["workers_alive"], facts["last_sweep_seconds"]) == (200, "ok", 0, None)
    probe.old(61)
    status, facts = probe.ready()
    assert (status, facts["status"]) == (503, "no_worker")
    probe.work()
    assert probe.ready()[0] == 200


def test_a_worker_that_fell_silent_makes_it_unready(probe: Probe) -> None:
    probe.work(silent=55)
    status, facts = probe.ready()
    assert (status, facts["workers_alive"]) == (200, 0)
    probe.work("h:2", silent=70)
    assert probe.ready()[0] == 200  # any that swept is enough
    probe.work(silent=61)
    status, facts = probe.ready()
    assert (status, facts["status"]) == (503, "no_worker")
    assert 60 < facts["last_sweep_seconds"] < 70
    assert facts["storage"].startswith(("sqlite", "postgresql"))
    probe.work("h:3")
    status, facts = probe.ready()
    assert (status, facts["workers_alive"]) == (200, 1)


def test_an_event_that_could_be_handled_and_is_not_makes_it_unready(probe: Probe) -> None:
    probe.work()
    probe.shop.say("Hi", settle=False)
    probe.world.clock.advance(timedelta(seconds=299))
    assert probe.ready()[0] == 200
    probe.world.clock.advance(timedelta(seconds=2))
    status, facts = probe.ready()
    assert (status, facts["status"]) == (503, "waiting")
    assert facts["backlog"]["due_seconds"] == 301
    probe.world.settle()
    assert probe.ready()[0] == 200


def test_an_event_that_waits_for_its_next_try_is_nobodys_fault(probe: Probe) -> None:
    probe.work()
    probe.shop.say("Hi", settle=False)
    probe.shop.say("Are you there?", settle=False)
    clock = probe.world.clock
    with probe.world.storage.unit_of_work(probe.shop.id) as uow:
        lane = f"practice:{probe.shop.id}:sim-riya"
        row = uow.inbox.waiting([lane])[lane][0]
        uow.inbox.retry(row, next_at=clock.now() + timedelta(minutes=30), error="RuntimeError")
        uow.commit()
    clock.advance(timedelta(minutes=20))
    status, facts = probe.ready()
    assert (status, facts["backlog"]["oldest_seconds"], facts["backlog"]["due_seconds"]) == (200, 1200, 0)
    clock.advance(timedelta(minutes=16))
    assert probe.ready()[0] == 503


def unsent(probe: Probe) -> None:
    """A reply of the owner that nobody sends."""
    probe.shop.say("Hi")
    chat = probe.world.services.practice.conversation(probe.shop.id, "sim-riya")
    assert chat is not None
    probe.world.services.conversations.reply(probe.shop.id, chat.id, "Namaste", user_id=probe.shop.user.id)


def test_a_message_that_could_leave_and_does_not_makes_it_unready(probe: Probe) -> None:
    probe.work()
    unsent(probe)
    probe.world.clock.advance(timedelta(seconds=299))
    assert probe.ready()[0] == 200
    probe.world.clock.advance(timedelta(seconds=2))
    status, facts = probe.ready()
    assert (status, facts["status"]) == (503, "waiting")
    assert facts["detail"] == "A message that could leave waits for 301 seconds."
    assert (facts["backlog"]["outbox_due_seconds"], facts["backlog"]["due_seconds"]) == (301, 0)
    assert probe.gauges()["outbox_due_seconds"] == 301
    waiting = next(one for one in diagnose(probe.world.application) if one.name == "Waiting")
    assert not waiting.ok
    assert "a message could have left 5 minutes ago; the workers do not keep up" in waiting.detail
    probe.visitor.sign_in("meera@example.in")
    assert "A message could have left 5 min ago" in probe.visitor.get("/app/settings/about").text
    probe.world.settle()
    assert probe.ready()[0] == 200
    assert probe.gauges()["outbox_due_seconds"] == 0


def test_a_monitor_is_told_nothing_that_this_process_cannot_know(probe: Probe) -> None:
    """Workers send and handle, in processes of their own: each family of figures has a sample."""
    PrometheusMetrics().observe("request_seconds", 0.01, route="/healthz", status="200")
    lines = probe.visitor.get("/metrics").text.splitlines()
    families = {one.split(" ")[2] for one in lines if one.startswith("# TYPE")}
    sampled = {one.partition("{")[0].partition(" ")[0] for one in lines if not one.startswith("#")}
    assert {one for one in families if not any(name.startswith(one) for name in sampled)} == set()


def test_a_monitor_reads_the_same_figures(probe: Probe) -> None:
    figures = probe.gauges()
    assert figures["last_sweep_seconds"] == float("inf")
    probe.work()
    probe.work("h:2", silent=30)
    probe.shop.say("Hi", settle=False)
    probe.shop.given_up("kitna?", who="asha")
    with probe.world.storage.system_unit_of_work() as system:
        system.lanes.claim(["some lane"], "h:1", timedelta(seconds=30))
        system.commit()
    probe.world.clock.advance(timedelta(seconds=40))
    figures = probe.gauges()
    assert {*SETTLED, "lanes_held", "workers_alive", "last_sweep_seconds"} <= set(figures)
    assert (figures["inbox_new"], figures["inbox_dead"], figures["oldest_seconds"]) == (1, 1, 40)
    assert (figures["workers_alive"], figures["lanes_held"]) == (1, 1)
    assert figures["last_sweep_seconds"] < 30
    assert probe.ready()[1]["backlog"]["inbox_dead"] == 1


def test_the_doctor_says_it_in_words_and_what_to_do(probe: Probe) -> None:
    def told() -> dict[str, tuple[bool, str]]:
        return {one.name: (one.ok, one.detail) for one in diagnose(probe.world.application)}

    ok, text = told()["Workers"]
    assert ok  # none was asked for yet
    assert "salespilots work" in text
    probe.shop.say("Hi", settle=False)
    probe.shop.given_up("kitna?", who="asha")
    probe.world.clock.advance(timedelta(minutes=2))
    assert told()["Workers"][0] is False
    ok, text = told()["Waiting"]
    assert not ok
    assert "the oldest event for 2 minutes" in text
    ok, text = told()["Given-up events"]
    assert not ok
    assert "salespilots queue" in text
    probe.world.settle()
    probe.work(silent=200)
    ok, text = told()["Workers"]
    assert (ok, "for 3 minutes: start `salespilots work`" in text) == (False, True)
    probe.work("h:2")
    ok, text = told()["Workers"]
    assert (ok, text.startswith("1 alive")) == (True, True)
    assert told()["Waiting"][0] is True


def test_a_schema_of_a_newer_version_is_left_alone(make_world: Callable[..., World], database_url: str) -> None:
    """Old and new run side by side while a release is rolled out: the old one goes on, and takes nothing back."""
    world = make_world(database_url)
    with world.storage.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9042'"))
    world.storage.migrate()
    assert "9042" in world.storage.check()
    assert Visitor(create_app(world.application)).get("/readyz").status_code == 200
    world.storage.migrate()
    with world.storage.engine.begin() as connection:  # type: ignore[attr-defined]
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9042"


def test_a_schema_of_an_older_version_is_not_ready(make_world: Callable[..., World], database_url: str) -> None:
    world = make_world(database_url)
    with world.storage.engine.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    answer = Visitor(create_app(world.application)).get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "salespilots init" in answer.get_json()["detail"]

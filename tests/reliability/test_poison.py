"""R-10, R-11: what cannot be handled, or kills who handles it, stops its own chat only; a flood stops no other shop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from salespilots.bootstrap import assemble
from salespilots.config import load_config
from salespilots.domain.inbox import BACKOFF, MAX_ATTEMPTS, MAX_ORPHANED
from salespilots.ports.channel import Inbound
from salespilots.ports.extensions import ActionContext, ActionType, Advance
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings
from salespilots.services.messaging.desk import CAREFUL_AFTER
from salespilots.services.messaging.inbox import load_inbound
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.pieces import Piece
from salespilots.services.workflows.runner import MAX_ALONE
from salespilots.tasks.crew import BATCH, Crew
from salespilots.testing.clocks import FakeClock
from salespilots.testing.twin_client import wait_until
from salespilots.web.app import create_app
from soak.stage import ACCOUNT, Stage, stage
from tests.support.browser import Visitor
from tests.support.fake_channel import SECRET, FakeChannelPlugin, FarSide, signed
from tests.support.product import Chats
from tests.support.shop import World

PRICE = "Blue block-print saree is ₹1,499.00"
WORDS = "blue saree kitna hai?"
DEADLY = "deadly words"
OTHER_ACCOUNT = "17841400000000043"


# --- an event whose handling raises -------------------------------------------------------------------------------


class Poison:
    """While it is ``potent``, handling the event with these words fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries: dict[tuple[int, int], None] = {}
        self.lives, self.potent = 0, True
        honest = Interpreter.interpret_in

        def interpret(interpreter: Interpreter, desk: Any, row: Any) -> list[str]:
            if row.port == "channel" and load_inbound(row.payload).text == DEADLY:
                self.tries[row.position, self.lives * MAX_ATTEMPTS + row.attempts] = None
                if self.potent:
                    raise RuntimeError
            return honest(interpreter, desk, row)

        monkeypatch.setattr(Interpreter, "interpret_in", interpret)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Iterator[Poison]:
    with capture_logs():  # each failure's traceback, drawn at length, takes half a second
        yield Poison(monkeypatch)


class Door:
    """A shop reached as its customers and its owner reach it: webhooks, pages, and commands on the same database."""

    def __init__(self, world: World, plugin: FakeChannelPlugin, url: str, home: Path) -> None:
        self.world, self.far = world, FarSide(world.practice_shop(), plugin)
        made = world.services.connections.connect(self.far.shop.id, "fake", {"secret": SECRET})
        self._path = urlsplit(world.services.connections.webhook_url(made) or "").path
        self.owner = Visitor(create_app(world.application))
        self.owner.sign_in("meera@example.in")
        self._client = create_app(world.application).test_client()
        self._environ = {**os.environ, "SALESPILOTS_HOME": str(home), "SALESPILOTS_DATABASE_URL": url}
        self._number = 0

    def write(self, who: str, text: str) -> None:
        self._number += 1
        at = self.world.clock.now().isoformat()
        request = signed([{"ref": f"m{self._number}", "kind": "message", "who": who, "text": text, "at": at}])
        answer = self._client.post(self._path, data=request.body, headers=request.headers)
        assert answer.status_code == 200
        self.world.settle()

    def told(self, who: str) -> list[str]:
        return [getattr(one.content, "text", "") for one in self.far.channel.sent if one.recipient_ref == who]

    def queue(self, *words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "salespilots", "queue", *words, "--json"], env=self._environ, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def all_tries(self) -> None:
        """Time for each; customers who write meanwhile are answered at once."""
        for number, seconds in enumerate(BACKOFF[: MAX_ATTEMPTS - 1]):
            self.world.clock.advance(seconds + 1)
            self.world.settle()
            who = f"other {self._number} {number}"
            self.write(who, WORDS)
            assert any(PRICE in one for one in self.told(who))


def test_a_poison_event_blocks_its_own_chat_ends_dead_and_is_decided(
    make_world: Callable[..., World], sqlite_url: str, tmp_path: Path, poison: Poison
) -> None:
    plugin = FakeChannelPlugin()
    world = make_world(sqlite_url, extra=[plugin], clock=FakeClock(datetime.now(UTC)))
    door = Door(world, plugin, sqlite_url, tmp_path)
    door.write("unlucky", DEADLY)
    door.write("unlucky", WORDS)
    assert len(poison.tries) == 1
    assert door.told("unlucky") == []
    door.all_tries()
    assert len(poison.tries) == MAX_ATTEMPTS
    assert any(PRICE in one for one in door.told("unlucky")), "the chat goes on without it"
    world.clock.advance(timedelta(hours=1))
    world.settle()
    assert len(poison.tries) == MAX_ATTEMPTS

    (dead,) = door.queue("status")["dead"]
    assert (dead["tries"], dead["error"], dead["channel"]) == (MAX_ATTEMPTS, "RuntimeError", "fake")
    about = door.owner.get("/app/settings/about").text
    assert DEADLY in about
    assert f"It could not be handled in {MAX_ATTEMPTS} tries (RuntimeError)." in about
    assert "1 thing was not handled" in door.owner.get("/app").text

    poison.lives = 1
    assert door.owner.post(f"/app/settings/about/{dead['id']}/retry").status_code == 303
    world.settle()
    assert len(poison.tries) == MAX_ATTEMPTS + 1, "it has all its tries again"
    poison.potent, before = False, len(door.told("unlucky"))
    world.clock.advance(BACKOFF[0] + 1)
    world.settle()
    assert len(door.told("unlucky")) > before

    poison.potent = True
    door.write("another", DEADLY)
    door.all_tries()
    (dead,) = door.queue("status")["dead"]
    assert door.queue("discard", dead["id"]) == {"id": dead["id"], "discarded": 1}
    tries = len(poison.tries)
    world.clock.advance(timedelta(hours=1))
    world.settle()
    assert len(poison.tries) == tries
    assert "Nothing waits for your decision" in door.owner.get("/app/settings/about").text


# --- what kills the worker that handles it ------------------------------------------------------------------------


class Killer:
    """A plugin whose step ends its process."""

    def kill(self, context: ActionContext) -> Advance:
        os.kill(os.getpid(), signal.SIGKILL)
        return Advance()

    @hookimpl
    def salespilots_workflow_actions(self) -> list[ActionType]:
        return [
            ActionType(
                key="x.kill", label="Kill", settings=NoSettings, run=self.kill, sentence=lambda _: "", calls_ports=True
            )
        ]


def nursery() -> None:
    """In a process of its own: two workers with that plugin, to whom some words are deadly too. The dead are replaced."""
    from salespilots.plugins.builtin.storage_sql import lanes
    from salespilots.tasks import worker
    from soak import sabotage
    from soak.nursery import Nursery, read_the_code

    sabotage.quick()
    lanes.RESTS = (0, 0, 0, 0.001)  # type: ignore[assignment]
    worker.assemble = partial(assemble, extra=[Killer()])
    honest = Interpreter.interpret_in

    def interpret(interpreter: Interpreter, desk: Any, row: Any) -> list[str]:
        if row.port == "channel" and load_inbound(row.payload).text == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(interpreter, desk, row)

    Interpreter.interpret_in = interpret  # type: ignore[method-assign]
    read_the_code()
    Nursery(2).run()


class Workers:
    """That nursery, and how its workers ended."""

    def __init__(self, stage: Stage) -> None:
        self.log = stage.product.home / "nursery.log"
        command = [sys.executable, "-c", "from tests.reliability.test_poison import nursery; nursery()"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=stage.product.environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.ends: list[int] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            what, _, *rest = line.split()
            if what == "died":
                self.ends.append(int(rest[0]))

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(40)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, drop_echoes=0.0) as made:
        yield made


@pytest.mark.timeout(180)
def test_what_kills_its_worker_is_given_up_and_takes_nobody_with_it(shop: Stage) -> None:
    product = shop.product
    application = assemble(load_config(product.environ), extra=[Killer()])
    services = application.services
    _, other = services.accounts.add_owner(shop_name="Other", name="O", email="o@example.in", password="lotus river 42")
    services.demo.load(other.id)
    services.connections.connect(other.id, "instagram", {"account_id": OTHER_ACCOUNT, "access_token": "IGAA-other"})
    shop.graph.call("/__account", {"token": "IGAA-other", "account_id": OTHER_ACCOUNT, "username": "other"})
    trigger = {"kind": "message.received", "settings": {"keywords": ["club"]}}
    steps = [{"id": "a", "kind": "x.kill", "settings": {}}]
    deadly = services.workflows.create(shop.shop_id, "Club", {"trigger": trigger, "steps": steps})
    services.workflows.publish(shop.shop_id, deadly.id)
    write, write_other = (Chats(shop.graph, account).write for account in (ACCOUNT, OTHER_ACCOUNT))

    def answered(*people: str) -> bool:
        told = {one["recipient_id"] for one in shop.graph.state()["sent"] if one["text"].startswith(PRICE)}
        return {*people, *(f"9{who}" for who in people)} <= told

    command = [sys.executable, "-m", "salespilots", "web", "--port", str(product.port)]
    with product.log.open("wb") as log_file:
        product.process = subprocess.Popen(command, env=product.environment(), stdout=log_file, stderr=log_file)
    workers = Workers(shop)
    try:
        wait_until(product.answers, seconds=60, every=0.05)
        write("club", "Hi")
        wait_until(lambda: len(shop.graph.state()["sent"]) == 3, seconds=30, every=0.1)
        write("dead", DEADLY)
        write("club", "club")
        for wave in range(2):
            people = [f"3{wave}{number}" for number in range(5)]
            for who in people:
                write(who, WORDS)
                write_other(f"9{who}", WORDS)
            wait_until(lambda people=people: answered(*people), seconds=40, every=0.1)

        def given_up() -> bool:
            runs = services.run_log.runs(shop.shop_id, deadly.id).items
            return bool(services.stuck.given_up(shop.shop_id)) and [str(one.state) for one in runs] == ["failed"]

        wait_until(given_up, seconds=90, every=0.2)
        died = len(workers.ends)
        (event,) = services.stuck.given_up(shop.shop_id)
        assert event.row.error == "worker_died"
        run = services.run_log.runs(shop.shop_id, deadly.id).items[0]
        _, log, _ = services.run_log.run(shop.shop_id, run.id)
        assert (log[-1].outcome, log[-1].reason) == ("failed", "worker_died")
        assert died <= (MAX_ORPHANED + 1) + (CAREFUL_AFTER + MAX_ALONE + 1), workers.ends
        write("dead", WORDS)
        write("8000", WORDS)
        write_other("98000", WORDS)
        wait_until(lambda: answered("8000"), seconds=30, every=0.1)
        wait_until(
            lambda: any(one["recipient_id"] == "dead" for one in shop.graph.state()["sent"]), seconds=30, every=0.1
        )
        assert len(workers.ends) == died, "they go on dying"
        assert services.stuck.given_up(other.id) == []
        with application.storage.unit_of_work(shop.shop_id, read_only=True) as uow:
            assert [one.workflow_id for one in uow.runs.select() if str(one.state) == "failed"] == [deadly.id]
        sent = [(one["recipient_id"], one["text"]) for one in shop.graph.state()["sent"]]
        assert len(sent) == len(set(sent)), "something was sent twice"
        assert set(workers.ends) == {signal.SIGKILL}
    finally:
        codes = [workers.stop(), product.stop()]
        application.storage.close()
    assert codes == [0, 0], workers.log.read_text()[-2000:]


# --- one shop has ten thousand chats waiting ----------------------------------------------------------------------

FLOOD, QUIET = 10_000, 20


@pytest.fixture
def flooded(make_world: Callable[..., World], database_url: str) -> tuple[World, str, list[str]]:
    """(product, the flooded shop, the quiet ones): each quiet one has one chat with one message, the newest of all."""
    world = make_world(database_url)
    busy, *quiet = (world.sign_up(f"Shop {n}", f"o{n}@example.in")[1].id for n in range(QUIET + 1))
    keep_events(world, busy, FLOOD)
    world.clock.advance(60)
    for shop in quiet:
        keep_events(world, shop, 1)
    return world, busy, quiet


def keep_events(world: World, shop: str, count: int) -> None:
    now = world.clock.now()
    events = [
        Inbound(
            event_id=f"{shop}:{n}", account_ref=shop, customer_ref=f"c{n}", kind="other", sent_at=now, message_ref=f"{n}",
        )
        for n in range(count)
    ]  # fmt: skip
    world.services.inbox.keep_channel("practice", events, shop)


def test_every_quiet_shop_is_in_the_first_picks(flooded: tuple[World, str, list[str]]) -> None:
    world, busy, quiet = flooded
    lanes: list[tuple[str, str]] = []
    assert world.services.maintenance.sweep(lanes.extend).full
    assert {shop for shop, _ in lanes[: QUIET + 1]} == {busy, *quiet}


class Noted:
    """Turns that only note whose they are, the first of them when it may."""

    def __init__(self) -> None:
        self.shops: list[str] = []
        self.go_on, self.began = threading.Event(), threading.Event()

    def __call__(self, pieces: list[Piece]) -> None:
        assert len({one.business_id for one in pieces}) == 1
        assert len(pieces) <= BATCH
        self.shops.append(pieces[0].business_id)
        self.began.set()
        assert self.go_on.wait(30)


@pytest.mark.parametrize("how", ["swept", "rung"])
def test_every_quiet_shop_has_its_turn_in_the_first_round(flooded: tuple[World, str, list[str]], how: str) -> None:
    """While the flood is being worked on: those the sweeper brings with it, and those who ring into it."""
    world, busy, quiet = flooded
    services, noted = world.services, Noted()
    services.turns.take = noted  # type: ignore[method-assign]
    crew = Crew(services)
    try:
        lanes: list[tuple[str, str]] = []
        services.maintenance.sweep(lanes.extend)
        crew.offer([one for one in lanes if how == "swept" or one[0] == busy])
        assert noted.began.wait(30)
        if how == "rung":
            crew.ring(*(f"practice:{shop}:c0" for shop in quiet))
        noted.go_on.set()
        wait_until(lambda: set(noted.shops) == {busy, *quiet}, seconds=30)
        rounds = 2 * (QUIET + 1)
        assert set(noted.shops[:rounds]) == {busy, *quiet}
        assert {shop: noted.shops[:rounds].count(shop) for shop in quiet} == dict.fromkeys(quiet, 1)
    finally:
        noted.go_on.set()
        crew.stop(5)

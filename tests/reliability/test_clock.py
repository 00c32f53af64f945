"""R-12: a clock is set an hour, a day or ten years wrong, and back: nothing is lost, sent twice, ended or stuck."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from salespilots.plugins.runtime import BELIEVED_AFTER, HARMLESS_SECONDS, SystemClock
from salespilots.ports.errors import OutcomeUnknown, RateLimited, Unavailable
from salespilots.ports.storage import eq
from salespilots.ports.work import BLOCK_TIME
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.uncertain import GIVE_UP
from salespilots.testing.clocks import START, FakeClock
from salespilots.testing.twin_client import wait_until
from soak.driver import pay
from soak.stage import ACCOUNT, Stage, stage
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.product import Chats, Product
from tests.support.shop import TO_CONFIRM, World

HOUR, DAY, YEARS = timedelta(hours=1), timedelta(days=1), timedelta(days=3652)
JUMPS = [HOUR, -HOUR, DAY, -DAY, YEARS]
SWEEP = 5.0
WOULD_ASK = [{"id": "a", "kind": "flow.wait", "settings": {"for": "PT1H"}, "next": "b"},
             {"id": "b", "kind": "message.text", "settings": {"text": "Still interested?"}}]  # fmt: skip
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")

jumps = pytest.mark.parametrize("jump", JUMPS, ids=lambda one: f"{one.total_seconds() / 3600:+.0f}h")


class Machine:
    """A machine's two clocks: one can be set."""

    def __init__(self) -> None:
        self.passed, self.set_by = 1000.0, timedelta(0)

    def wall(self) -> float:
        return START.timestamp() + self.passed + self.set_by.total_seconds()

    def clock(self) -> SystemClock:
        return SystemClock(self.wall, lambda: self.passed)

    def true(self) -> datetime:
        return datetime.fromtimestamp(START.timestamp() + self.passed, UTC)


# --- the clock ----------------------------------------------------------------------------------------------------


@jumps
def test_a_clock_set_wrong_and_set_back_is_not_followed(jump: timedelta) -> None:
    machine = Machine()
    clock, last = machine.clock(), START
    for second in range(1200):
        machine.passed += 1
        machine.set_by = jump if 100 <= second < 100 + BELIEVED_AFTER - 1 else timedelta(0)
        now = clock.now()
        assert now > last
        assert abs(now - machine.true()) < timedelta(milliseconds=1)
        last = now


@jumps
def test_a_clock_that_stays_set_is_followed(jump: timedelta) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.set_by = jump
    readings = []
    for _ in range(int(BELIEVED_AFTER)):
        readings.append(clock.now())
        machine.passed += 1
    assert readings == sorted(readings)
    assert clock.now() - machine.true() == jump


def test_small_corrections_are_followed_at_once_and_a_clock_that_is_never_still_is_not() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.set_by = timedelta(seconds=HARMLESS_SECONDS - 1)
    assert clock.now() - machine.true() == machine.set_by
    for number in range(40):
        machine.set_by, machine.passed = (number + 1) * HOUR, machine.passed + 60
        clock.now()
    assert clock.now() - machine.true() == timedelta(seconds=HARMLESS_SECONDS - 1)


class Interrupted(SystemClock):
    """A clock that another thread reads after each thing that a reading of it notes."""

    seen: list[datetime] | None = None

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in ("_set_since", "_set_to") and self.seen is not None:
            seen, self.seen = self.seen, None
            seen.append(self.now())
            self.seen = seen


@pytest.mark.parametrize("before", [None, -DAY], ids=["set once", "set otherwise before"])
def test_readings_at_the_same_moment_do_not_follow_a_clock_at_once(before: timedelta | None) -> None:
    machine = Machine()
    clock = Interrupted(machine.wall, lambda: machine.passed)
    if before is not None:
        machine.set_by = before
        clock.now()
    machine.passed += BELIEVED_AFTER - 1
    clock.now()
    machine.set_by, machine.passed = HOUR, machine.passed + 2
    clock.seen = seen = []
    assert clock.now() - machine.true() == timedelta(0)
    assert len(seen) == 2
    assert {one - machine.true() for one in seen} == {timedelta(0)}
    clock.seen, machine.passed = None, machine.passed + BELIEVED_AFTER - 1
    assert clock.now() - machine.true() == timedelta(0)


# --- the product, while the machine's clock is wrong for minutes --------------------------------------------------


class Day:
    """A shop with everything under way: an unpaid order with its link, a follow-up that waits, a send in doubt, a send
    and an event that are tried again, and customers who go on writing."""

    def __init__(self, world: World, plugin: FakeChannelPlugin) -> None:
        self.world, self.services = world, world.services
        self.far = FarSide(world.practice_shop(), plugin)
        self.shop, self.channel = self.far.shop, plugin.channel
        self.follow_up("later")

    def follow_up(self, word: str) -> None:
        trigger = {"kind": "message.received", "settings": {"keywords": [word]}}
        made = self.services.workflows.create(self.shop.id, word, {"trigger": trigger, "steps": WOULD_ASK})
        self.services.workflows.publish(self.shop.id, made.id)

    def begin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for line in TO_CONFIRM:
            self.far.say(line, "buyer")
        self.far.say("Confirm", "buyer", payload="yes")
        for word in ("Hi", "later"):
            self.far.say(word, "waiting")
        self.channel.script = [OutcomeUnknown(provider="fake")]
        self.channel.accepted_then_failed = True
        self.far.say("Hi", "doubted")
        assert len(self.told("doubted")) == 1
        self.channel.accepted_then_failed, self.channel.shown = False, None
        honest, self.broken = Interpreter.interpret_in, True

        def interpret(interpreter: Interpreter, desk: Any, row: Any) -> list[str]:
            if self.broken and row.lane.endswith(":unlucky"):
                raise RuntimeError
            return honest(interpreter, desk, row)

        monkeypatch.setattr(Interpreter, "interpret_in", interpret)
        self.far.say("thanks", "unlucky")
        self.channel.script = [Unavailable(provider="fake")]
        self.far.say("Hi", "tried again")
        self.broken = False

    def sweep(self) -> None:
        """What a worker does every five seconds."""
        lanes: list[tuple[str, str]] = []
        self.services.maintenance.sweep(lanes.extend)
        for _, lane in lanes:
            self.services.lanes.drain(lane)
        self.world.settle()

    def told(self, who: str) -> list[str]:
        return [getattr(one.content, "text", "[cards]") for one in self.channel.sent if one.recipient_ref == who]

    def nothing_ended(self) -> None:
        (order,) = self.services.orders.page(self.shop.id).items
        (payment,) = self.services.payments.page(self.shop.id).items
        assert (str(order.state), str(payment.state)) == ("placed", "created")
        level = next(iter(self.shop.product("blue").levels.values()))
        assert (level.on_hand, level.reserved) == (9, 2)

    def all_sent_once(self) -> None:
        keys = [one.idempotency_key for one in self.channel.sent]
        assert len(keys) == len(set(keys)), "something was sent twice"
        backlog = self.services.maintenance.backlog()
        assert (backlog["inbox_new"], backlog["inbox_dead"], backlog["outbox_queued"]) == (0, 0, 0)


@jumps
def test_minutes_with_a_wrong_clock_change_nothing(
    jump: timedelta, make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, plugin = Machine(), FakeChannelPlugin()
    day = Day(make_world(sqlite_url, extra=[plugin], clock=machine.clock()), plugin)
    day.begin(monkeypatch)
    for number in range(int((BELIEVED_AFTER - SWEEP) / (4 * SWEEP))):
        machine.set_by, machine.passed = jump, machine.passed + 4 * SWEEP
        day.sweep()
        if number % 10 == 0:
            assert day.far.say("blue saree kitna hai?", f"during {number}")
    assert day.told("unlucky")
    assert day.told("tried again")
    machine.set_by = timedelta(0)
    for _ in range(8):
        machine.passed += 4 * SWEEP
        day.sweep()
    assert day.far.say("blue saree kitna hai?", "after")
    assert "Still interested?" not in day.channel.texts()
    day.nothing_ended()
    day.all_sent_once()
    machine.passed += HOUR.total_seconds()
    day.sweep()
    assert day.told("waiting").count("Still interested?") == 1


# --- the product, when a wrong time was believed: the machine started with it -------------------------------------


@pytest.mark.parametrize("wrong", [DAY, YEARS], ids=["a day", "ten years"])
def test_what_was_put_off_under_a_wrong_time_is_done_within_a_sweep_of_the_right_one(
    wrong: timedelta, make_world: Callable[..., World], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, clock = FakeChannelPlugin(), FakeClock(START + wrong)
    day = Day(make_world(database_url, extra=[plugin], clock=clock), plugin)
    day.begin(monkeypatch)
    day.channel.script = [RateLimited(provider="fake", retry_after=86_400)]
    clock.advance(40)
    day.world.settle()
    day.far.say("Hi", "put off too")
    assert not day.told("put off too")
    engine = day.world.storage.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:  # and a worker died whose database had that time
        ahead = sa.text("UPDATE lanes SET owner = 'dead', leased_until = leased_until + :by")
        connection.execute(ahead, {"by": wrong.total_seconds()})
    asked: list[str] = []
    monkeypatch.setattr(day.services.payments, "reconcile", lambda shop, payment: asked.append(payment))
    clock.jump(-wrong)
    clock.advance(SWEEP)
    day.sweep()
    assert [bool(day.told(who)) for who in ("unlucky", "tried again", "put off too")] == [True, True, True]
    assert len(asked) == 1, "a payment is not asked about"
    assert day.far.say("blue saree kitna hai?", "after")
    assert "Still interested?" not in day.channel.texts()
    day.nothing_ended()
    for _ in range(2):
        clock.advance(BLOCK_TIME)
        day.sweep()
    assert len(day.told("doubted")) == 3, "what waits behind a send in doubt"
    day.all_sent_once()
    clock.advance(GIVE_UP)
    day.sweep()
    assert [one.reason for one in day.far.messages("doubted") if one.state == "uncertain"] == ["needs_decision"]


def test_an_hour_ahead_puts_nothing_off_for_much_longer_than_that_hour(
    make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, clock = FakeChannelPlugin(), FakeClock(START + HOUR)
    day = Day(make_world(sqlite_url, extra=[plugin], clock=clock), plugin)
    day.begin(monkeypatch)
    clock.jump(-HOUR)
    for _ in range(13):
        clock.advance(300)
        day.sweep()
    assert [bool(day.told(who)) for who in ("unlucky", "tried again")] == [True, True]
    day.all_sent_once()


@pytest.mark.parametrize("ahead", [HOUR, DAY, YEARS], ids=["an hour", "a day", "ten years"])
def test_a_time_far_ahead_that_is_believed_asks_each_customer_once_at_most(
    ahead: timedelta, make_world: Callable[..., World], sqlite_url: str
) -> None:
    plugin, clock = FakeChannelPlugin(), FakeClock()
    day = Day(make_world(sqlite_url, extra=[plugin], clock=clock), plugin)
    for number in range(8):
        for word in ("Hi", "later"):
            day.far.say(word, f"c{number}")
    for _ in range(2):
        clock.jump(ahead)
        for _ in range(10):
            clock.advance(SWEEP)
            day.sweep()
        clock.jump(-ahead)
        for _ in range(10):
            clock.advance(SWEEP)
            day.sweep()
    clock.advance(2 * HOUR)
    day.sweep()
    assert {day.told(f"c{number}").count("Still interested?") for number in range(8)} <= {0, 1}
    with day.world.storage.unit_of_work(day.shop.id, read_only=True) as uow:
        ends = [(str(one.state), one.reason) for one in uow.messages.select(eq("text", "Still interested?"))]
    assert len(ends) == 8
    assert set(ends) <= {("sent", None), ("skipped", "reply_window_closed")}
    assert day.far.say("blue saree kitna hai?", "after")
    day.all_sent_once()


# --- a worker process whose machine's clock is set ----------------------------------------------------------------

WORK = (  # libfaketime cannot sleep until a moment of the steady clock, it can wait
    "import threading, time; time.sleep = lambda seconds: threading.Event().wait(seconds); "
    "import sys; sys.argv = ['salespilots', 'work']; from salespilots.cli import main; main()"
)


class FakedWorker:
    """A worker under libfaketime; the rest of the world has the right time."""

    def __init__(self, product: Product, folder: Path) -> None:
        self._product, self._given = product, folder / "clock"
        self.log = folder / "worker.log"

    def set_clock(self, by: str) -> None:
        written = self._given.with_suffix(".new")
        written.write_text(by + "\n")
        written.replace(self._given)

    def start(self) -> None:
        self.set_clock("+0")
        environ = {
            "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self._given), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1", "NO_FAKE_STAT": "1",
        }  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORK], env={**self._product.environment(), **environ}, stdout=log, stderr=log
            )

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(40)


@pytest.fixture
def road(tmp_path: Path) -> Iterator[tuple[Stage, FakedWorker]]:
    """A connected shop with a web server and such a worker."""
    if not FAKETIME.exists():
        pytest.skip("libfaketime is not installed (apt-get install libfaketime)")
    with stage(tmp_path, drop_echoes=0.0) as made:
        product, worker = made.product, FakedWorker(made.product, tmp_path)
        command = [sys.executable, "-m", "salespilots", "web", "--port", str(product.port)]
        with product.log.open("wb") as log:
            product.process = subprocess.Popen(command, env=product.environment(), stdout=log, stderr=log)
        worker.start()
        try:
            wait_until(product.answers, seconds=60, every=0.05)
            yield made, worker
        finally:
            codes = [worker.stop(), product.stop()]
        assert codes == [0, 0], worker.log.read_text()[-2000:]
        assert "Traceback" not in worker.log.read_text()


def last_sweep(product: Product) -> float | None:
    """When the worker swept last, as it says itself."""
    with contextlib.closing(sqlite3.connect(product.home / "salespilots.db")) as database:
        return database.execute("SELECT max(last_swept) FROM workers").fetchone()[0]


@pytest.mark.timeout(120)
def test_a_running_worker_whose_clock_is_set(road: tuple[Stage, FakedWorker]) -> None:
    stage, worker = road
    services, chats = stage.product.application().services, Chats(stage.graph, ACCOUNT)

    def order() -> tuple[str, str]:
        (found,) = [one for one in services.orders.page(stage.shop_id).items if one.payment_method == "razorpay"]
        return str(found.state), str(found.payment_status)

    answers = ("₹1,499.00", "name should be", "mobile number", "pincode", "house, street", "place the order")
    for line, answer, by in zip(TO_CONFIRM, answers, ("+0", "+1d", "-1d", "+3652d", "+1h", "-1h"), strict=True):
        worker.set_clock(by)
        chats.write("3001", line)
        chats.hears("3001", answer)
    chats.write("3001", "Confirm", payload="yes")
    chats.hears("3001", "Pay ₹3,078.00")
    for by in ("+3652d", "-1d"):
        worker.set_clock(by)
        before = last_sweep(stage.product)
        wait_until(lambda before=before: last_sweep(stage.product) != before, every=0.05)
        chats.write(f"400{len(by)}", "blue saree kitna hai?")
        chats.hears(f"400{len(by)}", "₹1,499.00")
        assert order() == ("placed", "unpaid")
    pay(stage.razorpay, lambda link: True)
    chats.hears("3001", "Payment of ₹3,078.00 received")
    assert order() == ("confirmed", "paid")
    words = [(one["recipient_id"], one["text"]) for one in stage.graph.state()["sent"] if one["text"]]
    assert len(words) == len(set(words))
    names = ("inbox_new", "outbox_queued", "outbox_uncertain")

    def nothing_waits() -> bool:
        backlog = services.maintenance.backlog()
        return not any(backlog[name] for name in names)

    wait_until(nothing_waits, every=0.1)

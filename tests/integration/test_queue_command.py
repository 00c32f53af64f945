"""``salespilots queue``: what the operator sees and decides from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from salespilots.plugins.runtime import SystemClock
from salespilots.ports.errors import OutcomeUnknown
from salespilots.testing.clocks import FakeClock
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import Shop, World

SECRET = "blue saree for my secret wedding"


@pytest.fixture
def shop(make_world: Callable[..., World], database_url: str) -> Shop:
    return make_world(database_url, clock=SystemClock()).practice_shop()


@pytest.fixture
def queue(shop: Shop, database_url: str, tmp_path: Path) -> Any:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environ = {"SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_DATABASE_URL": database_url}
        return subprocess.run(
            [sys.executable, "-m", "salespilots", "queue", *words], capture_output=True, text=True, timeout=120,
            env={**os.environ, **environ},
        )  # fmt: skip

    return call


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def doubted(shop: Shop) -> str:
    """A send of a practice chat of which nobody knows."""
    shop.say("Hi")
    with shop.world.storage.unit_of_work(shop.id) as uow:
        message = uow.messages.get(shop.phone()[-1].id)
        message.state, message.reason, message.provider_ref = type(message.state)("uncertain"), "needs_decision", None
        message.sending_since = message.created_at
        uow.messages.save(message)
        uow.commit()
    return message.id


def test_what_is_stuck_is_listed_and_decided(shop: Shop, queue: Any) -> None:
    send, event, other = doubted(shop), shop.given_up(SECRET, who="asha"), shop.given_up(SECRET, who="bina")
    facts = told(queue("status", "--json"))
    assert set(facts) == {"backlog", "workers", "dead", "uncertain"}
    assert (facts["backlog"]["inbox_dead"], facts["backlog"]["outbox_undecided"]) == (2, 1)
    assert facts["workers"] == []
    assert [one["id"] for one in facts["dead"]] == [other, event]
    assert {key: facts["dead"][0][key] for key in ("shop", "channel", "kind", "tries", "error")} == {
        "shop": shop.business.slug, "channel": "practice", "kind": "message", "tries": 1, "error": "RuntimeError",
    }  # fmt: skip
    assert facts["uncertain"][0] | {"age_seconds": 0} == {
        "id": send, "shop": shop.business.slug, "channel": "practice", "kind": "product_cards", "age_seconds": 0, "tries": 1,
        "error": "needs_decision", "needs_decision": True,
    }  # fmt: skip
    text = queue("status").stdout
    for word in (send, event, other, shop.business.slug, "Given up: 2 events", "Uncertain: 1 sends", "0 alive"):
        assert word in text
    assert "secret" not in text + json.dumps(facts)

    assert told(queue("retry", event, "--json")) == {"id": event, "retried": 1}
    again = queue("discard", event)
    assert (again.returncode, again.stdout) == (0, f"{event} was decided before; nothing changed.\n")
    assert told(queue("retry", "--json")) == {"retried": 1}  # never a send: those are decided one by one
    left = shop.given_up(SECRET, who="chitra")
    assert told(queue("discard", "--all", "--json")) == {"discarded": 1}
    assert told(queue("retry", left, "--json")) == {"id": left, "retried": 0}
    facts = told(queue("status", "--json"))
    assert ([one["id"] for one in facts["uncertain"]], facts["dead"]) == ([send], [])
    assert told(queue("discard", send, "--json")) == {"id": send, "discarded": 1}
    assert told(queue("retry", send, "--json")) == {"id": send, "retried": 0}
    shop.world.settle()
    assert [bool(shop.phone(who)) for who in ("asha", "bina", "chitra")] == [True, True, False]
    assert [one.state for one in shop.phone() if one.id == send] == ["sent"]


def test_a_message_that_could_leave_is_told(shop: Shop, queue: Any) -> None:
    shop.say("Hi")
    chat = shop.world.services.practice.conversation(shop.id, "sim-riya")
    assert chat is not None
    made = shop.world.services.conversations.reply(shop.id, chat.id, SECRET, user_id=shop.user.id)
    with shop.world.storage.unit_of_work(shop.id) as uow:
        message = uow.messages.get(made.id)
        message.created_at -= timedelta(minutes=10)
        uow.messages.save(message)
        uow.commit()
    assert 600 <= told(queue("status", "--json"))["backlog"]["outbox_due_seconds"] < 700
    assert "Waiting: 0 events, 1 messages, one could have left 10 minutes ago\n" in queue("status").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["retry", "evt_4711"], 1, "There is no event evt_4711."),
        (["discard", "msg_none0000000000"], 1, "There is no message msg_none0000000000."),
        (["retry", "ord_none0000000000"], 1, "neither an event"),
        (["discard"], 2, "--all"),
        (["discard", "evt_1", "--all"], 2, "--all"),
    ],
)
def test_refusals_are_one_clear_line(sqlite_url: str, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "salespilots", "queue", *words], capture_output=True, text=True, timeout=120,
        env={**os.environ, "SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_DATABASE_URL": sqlite_url},
    )  # fmt: skip
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if code == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_a_channels_send_is_sent_again_from_the_command_line(make_world: Any, sqlite_url: str, tmp_path: Path) -> None:
    plugin = FakeChannelPlugin()
    clock = FakeClock(datetime.now(UTC))
    far = FarSide(make_world(sqlite_url, extra=[plugin], clock=clock).practice_shop(), plugin)
    far.say("thanks")
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    message = next(one for one in far.messages() if one.state == "uncertain")
    environ = {"SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_DATABASE_URL": sqlite_url}

    def retry() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "salespilots", "queue", "retry", message.id], capture_output=True, text=True,
            timeout=120, env={**os.environ, **environ},
        )  # fmt: skip

    done = retry()
    assert (done.returncode, done.stdout) == (1, "")
    assert "It is still being looked for; you can decide in 15 minutes." in done.stderr
    far.channel.shown = None
    for _ in range(17):
        clock.advance(60)
        far.shop.world.settle()
    done = retry()
    assert (done.returncode, done.stdout) == (0, f"{message.id} is sent again.\n")
    before = len(far.channel.sent)
    far.shop.world.settle()
    assert len(far.channel.sent) == before + 1

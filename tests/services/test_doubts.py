"""Uncertain sends: what comes behind them goes on, late echoes count, nothing is said or told twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.conversation import Message
from salespilots.ports.channel import ChannelProvider, SentMessage
from salespilots.ports.errors import Unavailable
from salespilots.ports.markers import hookimpl
from salespilots.services.messaging.doubts import ECHO_TIME
from salespilots.services.messaging.outbox import SendCall
from salespilots.services.messaging.pieces import Piece
from salespilots.services.messaging.uncertain import ASKED_BY, GIVE_UP, MAX_TRIES, LookCall
from tests.support.desk import UNCLEAR, Desk
from tests.support.fake_channel import FakeChannelPlugin
from tests.support.shop import World

SECOND = timedelta(seconds=1)
AWAY = Unavailable(provider="fake")
GOES_ON_WITHIN = timedelta(minutes=10)
"""Two looks at a chat that nobody can read, and the spread after each."""


class UnreadablePlugin(FakeChannelPlugin):
    """A channel whose chats cannot be read back at all."""

    @hookimpl
    def salespilots_channel_providers(self) -> list[ChannelProvider]:
        (made,) = super().salespilots_channel_providers()
        return [dataclasses.replace(made, capabilities=dataclasses.replace(made.capabilities, reads_history=False))]


@pytest.fixture(params=[UnreadablePlugin, FakeChannelPlugin], ids=["cannot be read", "reading always fails"])
def blind(request: pytest.FixtureRequest, make_world: Callable[..., World], sqlite_url: str) -> Desk:
    """The same with a chat that nobody can read back."""
    plugin = request.param()
    made = Desk(make_world(sqlite_url, extra=[plugin]), plugin)
    plugin.channel.shown = None
    made.quiet("asha")
    return made


# --- behind an uncertain send that nobody can find out about -----------------------------------------------------------


def behind_it(desk: Desk) -> tuple[Message, Message]:
    """An uncertain send, and one behind it that met the channel's trouble when it tried."""
    doubtful = desk.in_doubt()
    desk.pass_by(2 * ECHO_TIME + 5 * SECOND)
    desk.channel.script = [AWAY]
    behind = desk.reply("Behind it")
    assert (desk.is_now(behind).state, desk.channel.script) == ("queued", [])
    assert desk.gate().open_at is not None
    return doubtful, behind


def test_what_is_behind_it_goes_on_after_trouble_though_nobody_decides(blind: Desk) -> None:
    doubtful, behind = behind_it(blind)
    blind.pass_by(GOES_ON_WITHIN)
    assert blind.is_now(doubtful).state == "uncertain"
    assert blind.is_now(behind).state == "sent"
    assert blind.channel.texts() == ["Behind it"]
    assert blind.gate().open_at is None


def test_so_it_does_when_the_trouble_comes_after_a_person_was_asked(blind: Desk) -> None:
    doubtful = blind.in_doubt()
    blind.pass_by(GIVE_UP + 2 * ECHO_TIME, step=timedelta(seconds=30))
    assert blind.is_now(doubtful).reason == "needs_decision"
    blind.channel.script = [AWAY]
    behind = blind.reply("Behind it")
    assert blind.is_now(behind).state == "queued"
    blind.pass_by(GOES_ON_WITHIN)
    assert (blind.is_now(doubtful).state, blind.is_now(behind).state) == ("uncertain", "sent")


def test_what_is_behind_it_is_skipped_when_its_window_closes(blind: Desk) -> None:
    doubtful, behind = behind_it(blind)
    blind.channel.script = [AWAY] * 10_000
    blind.pass_by(timedelta(hours=25), step=timedelta(minutes=30))
    assert blind.is_now(doubtful).state == "uncertain"
    ended = blind.is_now(behind)
    assert (ended.state, ended.reason, ended.next_at) == ("skipped", "reply_window_closed", None)
    assert blind.channel.sent == []


def test_waiting_for_the_next_look_costs_no_writes(desk: Desk) -> None:
    """A person was asked, so that looks are far apart, and the channel's time has come long before the next one."""
    desk.quiet("asha")
    doubtful = desk.in_doubt()
    desk.pass_by(GIVE_UP + 2 * ECHO_TIME)
    looks_at = desk.is_now(doubtful).next_at
    assert looks_at is not None
    desk.channel.script = [AWAY]
    behind = desk.reply("Behind it")
    before, rounds = desk.is_now(behind).version, 0
    while desk.now() < looks_at - timedelta(seconds=5):
        desk.later(timedelta(seconds=5))
        rounds += 1
    assert rounds > 20
    assert desk.gate().is_open(desk.now())
    waits = desk.is_now(behind)
    assert (waits.state, waits.attempts) == ("queued", 1)
    assert waits.version - before <= 2
    desk.pass_by(timedelta(seconds=45))
    assert desk.is_now(behind).state == "sent"


def test_trying_a_channel_that_stays_away_costs_few_writes(blind: Desk) -> None:
    _, behind = behind_it(blind)
    blind.channel.script = [AWAY] * 1000
    before = blind.is_now(behind)
    blind.pass_by(timedelta(minutes=30))
    after = blind.is_now(behind)
    tries = after.attempts - before.attempts
    assert 0 < tries <= 30
    assert after.version - before.version <= 4 * (tries + 1)


# --- late echoes ------------------------------------------------------------------------------------------------------


def put_back(desk: Desk) -> Message:
    """An uncertain answer that the chat seemed to lack; it is to be sent again, and the channel is away."""
    desk.far.say("Hi")
    desk.channel.script, desk.channel.accepted_then_failed = [UNCLEAR], True
    desk.far.say("asdf qwer")
    desk.channel.shown, desk.channel.accepted_then_failed = [], False
    desk.channel.script = [Unavailable(provider="fake", retry_after=120)]
    desk.later(ECHO_TIME + SECOND)
    message = desk.last()
    assert (message.state, message.provider_ref) == ("queued", None)
    assert message.attempts > 0
    assert not desk.gate().is_open(desk.now())
    return message


def test_a_late_echo_settles_what_was_to_be_sent_again(desk: Desk) -> None:
    message, lines = put_back(desk), len(desk.far.messages())
    desk.far.deliver(desk.far.event("echo", message.text, message_ref="far-77"))
    settled = desk.is_now(message)
    assert (settled.state, settled.provider_ref, settled.next_at) == ("sent", "far-77", None)
    desk.pass_by(timedelta(minutes=5), step=timedelta(seconds=30))
    assert desk.channel.texts().count(message.text) == 1
    assert (len(desk.far.messages()), desk.far.chat().mode) == (lines, "bot")


def test_an_echo_is_not_taken_for_what_was_never_tried(desk: Desk) -> None:
    """A person wrote the same in the app while it waits: theirs is another message."""
    desk.quiet("asha", "bina")
    desk.channel.script = [Unavailable(provider="fake", retry_after=120)]
    desk.reply("On our side", "bina")
    waits = desk.reply("We are open")
    assert (desk.is_now(waits).state, desk.is_now(waits).attempts) == ("queued", 0)
    desk.far.deliver(desk.far.event("echo", "We are open", message_ref="app-1"))
    assert desk.is_now(waits).state == "queued"
    assert [one.provider_ref for one in desk.far.messages() if one.text == "We are open"] == [None, "app-1"]


def test_an_echo_after_a_person_said_that_it_arrived_is_no_second_line(desk: Desk) -> None:
    desk.far.say("Hi")
    desk.channel.script = [UNCLEAR]
    desk.far.say("asdf qwer")
    message, lines = desk.last(), len(desk.far.messages())
    desk.services.outbox.uncertain.decide(desk.shop_id, message.id, arrived=True, actor="x")
    for _ in range(2):
        desk.far.deliver(desk.far.event("echo", message.text, message_ref="far-77"))
    settled = desk.is_now(message)
    assert (settled.state, settled.provider_ref) == ("sent", "far-77")
    assert (len(desk.far.messages()), desk.far.chat().mode) == (lines, "bot")


# --- a gate that opens ------------------------------------------------------------------------------------------------


def test_an_opened_gate_leaves_a_fresh_doubt_its_echo_time(desk: Desk) -> None:
    desk.quiet("asha", "bina")
    desk.channel.shown = []
    desk.channel.script = [AWAY]
    message = desk.reply("In doubt")
    desk.channel.script = [UNCLEAR]
    desk.later(timedelta(seconds=3))
    since = desk.now()
    assert desk.is_now(message).state == "uncertain"
    desk.world.clock.advance(timedelta(seconds=6))
    desk.reply("It works", "bina")
    assert desk.gate().open_at is None, "the gate opened"
    assert desk.is_now(message).reason == "no_answer", "what was in doubt was let go on too"
    while desk.now() < since + ECHO_TIME - SECOND:
        desk.later(SECOND)
        assert desk.is_now(message).state == "uncertain"
    assert "In doubt" not in desk.channel.texts()
    desk.later(SECOND)
    assert desk.channel.texts().count("In doubt") == 1


def test_a_person_is_asked_once_however_often_the_channel_comes_and_goes(desk: Desk) -> None:
    desk.quiet("bina")
    desk.far.say("Hi")
    desk.channel.script = [UNCLEAR]
    desk.far.say("asdf qwer")
    message = desk.last()
    desk.pass_by(GIVE_UP + 2 * ECHO_TIME, step=ECHO_TIME)
    assert (desk.is_now(message).reason, desk.told("message.undecided")) == ("needs_decision", 1)
    for number in range(4):
        desk.channel.script = [AWAY]
        desk.reply(f"Try {number}", "bina")
        desk.later(timedelta(seconds=40))
        assert desk.gate().open_at is None, "the channel came back"
        desk.later(ECHO_TIME)
        assert desk.is_now(message).reason == "needs_decision"
    assert desk.told("message.undecided") == 1


# --- said into a silence that ended -----------------------------------------------------------------------------------


def test_a_follow_up_that_never_left_is_dropped_when_the_customer_wrote_meanwhile(desk: Desk) -> None:
    desk.far.say("Hi")
    desk.channel.script = [UNCLEAR]
    desk.later(timedelta(hours=4, seconds=1))
    follow_up = desk.last()
    assert (follow_up.follow_up, follow_up.state) == (True, "uncertain")
    desk.channel.shown = []
    desk.later(SECOND)
    assert desk.far.say("blue saree kitna hai?") == [], "the answers wait behind it"
    desk.pass_by(2 * ECHO_TIME)
    ended = desk.is_now(follow_up)
    assert (ended.state, ended.reason) == ("cancelled", "customer_wrote")
    assert follow_up.text not in desk.channel.texts()
    assert desk.last().text == desk.channel.texts()[-1] != ""


def test_one_that_is_found_in_the_chat_stays_said(desk: Desk) -> None:
    desk.far.say("Hi")
    desk.channel.script = [UNCLEAR]
    desk.later(timedelta(hours=4, seconds=1))
    follow_up = desk.last()
    shown = SentMessage(provider_ref="far-88", text=follow_up.text, sent_at=desk.now(), from_shop=True)
    desk.later(SECOND)
    desk.channel.shown = [shown]
    desk.far.say("blue saree kitna hai?")
    desk.pass_by(2 * ECHO_TIME)
    assert (desk.is_now(follow_up).state, desk.is_now(follow_up).provider_ref) == ("sent", "far-88")


# --- looks that never come back ----------------------------------------------------------------------------------------


def look_and_die(desk: Desk) -> None:
    """A worker that ends while it reads the chat back."""
    piece = Piece(desk.shop_id, desk.far.chat().lane)
    desk.services.turns.take([piece])
    assert isinstance(piece.call, LookCall)
    with desk.world.storage.system_unit_of_work() as system:
        assert system.lanes.free(desk.services.turns.owner) == 1
        system.commit()


def test_a_look_that_never_comes_back_puts_off_neither_the_owner_nor_what_is_behind(desk: Desk) -> None:
    desk.quiet("asha")
    doubtful = desk.in_doubt()
    behind = desk.reply("Behind it")
    desk.world.clock.advance(ASKED_BY - SECOND)
    look_and_die(desk)
    assert (desk.is_now(doubtful).reason, desk.told("message.undecided")) == ("outcome_unknown", 0)
    desk.world.clock.advance(2 * SECOND)
    look_and_die(desk)
    assert (desk.is_now(doubtful).reason, desk.told("message.undecided")) == ("needs_decision", 1)
    desk.world.settle()
    assert (desk.is_now(doubtful).state, desk.is_now(behind).state) == ("uncertain", "sent")
    assert desk.channel.texts() == ["Behind it"]
    desk.world.clock.advance(timedelta(minutes=6))
    look_and_die(desk)
    after = desk.reply("After it", settle=False)
    piece = Piece(desk.shop_id, desk.far.chat().lane)
    desk.services.turns.take([piece])
    assert isinstance(piece.call, SendCall), "another look at once"
    assert piece.call.message.id == after.id
    assert desk.told("message.undecided") == 1


def test_after_a_long_pause_the_chat_is_read_back_before_anything_else_leaves(desk: Desk) -> None:
    """Nobody worked: the owner is asked, and evidence comes sooner than their answer."""
    desk.quiet("asha")
    doubtful = desk.in_doubt()
    behind = desk.reply("Behind it")
    desk.channel.shown = []
    desk.later(timedelta(hours=1))
    assert [desk.is_now(one).state for one in (doubtful, behind)] == ["sent", "sent"]
    assert desk.channel.texts() == ["In doubt", "Behind it"]


# --- what never arrives -----------------------------------------------------------------------------------------------


def test_what_never_arrives_is_not_sent_for_ever(desk: Desk) -> None:
    desk.quiet("asha")
    desk.channel.shown = []
    tries: list[str] = []

    def swallow(sent: Any) -> None:
        tries.append(sent.content.text)
        raise UNCLEAR

    desk.channel.script = [swallow] * MAX_TRIES
    message = desk.reply("Too strange for the channel")
    behind = desk.reply("Something else")
    for _ in range(MAX_TRIES * 6):
        desk.later(timedelta(seconds=15))
    ended = desk.is_now(message)
    assert (ended.state, ended.reason, ended.attempts) == ("failed", "never_arrived", MAX_TRIES)
    assert tries == ["Too strange for the channel"] * MAX_TRIES
    assert desk.is_now(behind).state == "sent"
    assert desk.channel.texts() == ["Something else"]
    assert desk.gate().open_at is None
    assert desk.told("message.failed") == 1


def test_one_that_arrives_at_the_last_try_is_sent(desk: Desk) -> None:
    desk.quiet("asha")
    desk.channel.shown = []
    desk.channel.script = [UNCLEAR] * (MAX_TRIES - 1)
    message = desk.reply("Hard to send")
    for _ in range(MAX_TRIES * 6):
        desk.later(timedelta(seconds=15))
    assert (desk.is_now(message).state, desk.is_now(message).attempts) == ("sent", MAX_TRIES)


# --- what is said after the outcome was noted -------------------------------------------------------------------------


def test_trouble_in_telling_of_a_send_loses_no_other_lanes_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lane of a turn has its answer noted and its next message marked as being sent: all of these are sent."""
    desk.quiet("asha", "bina")
    for text in ("One", "Two"):
        for who in ("asha", "bina"):
            desk.reply(text, who, settle=False)
    turns = desk.services.turns
    pieces = [Piece(desk.shop_id, desk.far.chat(who).lane) for who in ("asha", "bina")]
    turns.take(pieces)
    for piece in pieces:
        piece.make(desk.world.clock.steady)

    def refuse(*args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(desk.services.connections, "note_ok", refuse)
        turns.take(pieces)
    assert [getattr(piece.call, "message", None) and piece.call.message.text for piece in pieces] == ["Two", "Two"]
    assert not any(piece.made for piece in pieces)
    for piece in pieces:
        piece.make(desk.world.clock.steady)
    turns.take(pieces)
    assert [(piece.call, piece.lease) for piece in pieces] == [(None, None), (None, None)]
    for who in ("asha", "bina"):
        out = [one for one in desk.far.messages(who) if one.direction == "out"]
        assert [(one.text, one.state, one.attempts) for one in out] == [("One", "sent", 1), ("Two", "sent", 1)]

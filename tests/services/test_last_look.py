"""At the moment of sending: who may still be told, and whether it is still true that nothing was sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.conversation import Message
from salespilots.ports.channel import Outbound, SentMessage
from salespilots.ports.errors import OutcomeUnknown, Unavailable
from salespilots.services.messaging.pieces import BEGIN_WITHIN, Piece
from tests.support.fake_channel import FarSide

NUDGE = "Did you find something you like? I am here if you have a question."


def later(far: FarSide, **duration: float) -> None:
    far.shop.world.clock.advance(timedelta(**duration))
    far.shop.world.settle()


def outgoing(far: FarSide) -> list[Message]:
    return [one for one in far.messages() if one.direction == "out"]


def ends(far: FarSide, text: str) -> list[tuple[str, str | None]]:
    """How the messages with these words ended."""
    return [(str(one.state), one.reason) for one in outgoing(far) if one.text == text]


# --- follow-ups ------------------------------------------------------------------------------------------------------


def test_a_follow_up_that_waits_for_the_channel_is_cancelled_when_the_customer_writes_first(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script = [Unavailable(provider="fake", retry_after=1800)]
    later(far, hours=4, seconds=1)
    assert ends(far, NUDGE) == [("queued", "channel_down")]
    far.deliver(far.event("message", "blue saree kitna hai?"))
    assert ends(far, NUDGE) == [("cancelled", "customer_wrote")]
    later(far, hours=1)
    assert NUDGE not in far.channel.texts()
    assert any("₹1,499.00" in text for text in far.channel.texts())


def test_a_follow_up_leaves_into_a_silence(far: FarSide) -> None:
    far.say("Hi")
    later(far, hours=4, seconds=1)
    assert far.channel.texts()[-1] == NUDGE
    assert [one.follow_up for one in outgoing(far)][-1]
    assert not any(one.follow_up for one in outgoing(far)[:-1])


def test_an_answer_is_no_follow_up(far: FarSide) -> None:
    far.channel.script = [Unavailable(provider="fake", retry_after=1800)]
    far.say("blue saree kitna hai?")
    far.deliver(far.event("message", "hello?"))
    later(far, hours=1)
    assert any("₹1,499.00" in text for text in far.channel.texts())
    assert not [one for one in outgoing(far) if one.reason == "customer_wrote"]


# --- stop and start --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", "stop please", "mat bhejo", "message band karo", "बंद करो"])
def test_stop_stops_what_waits_at_once(far: FarSide, word: str) -> None:
    far.channel.script = [Unavailable(provider="fake", retry_after=60)]
    far.say("blue saree kitna hai?")
    waiting = len(outgoing(far))
    far.deliver(far.event("message", word))
    later(far, minutes=5)
    assert far.channel.texts() == [
        "You will get no more automatic messages from us. Write START if you want them again."
    ]
    assert {(str(one.state), one.reason) for one in outgoing(far)[:waiting]} == {("cancelled", "opted_out")}
    assert far.say("blue saree kitna hai?") == []
    far.say("START")
    assert any("₹1,499.00" in text for text in far.say("blue saree kitna hai?"))


def test_whoever_waits_for_a_parcel_and_says_not_to_send_it_means_the_parcel(far: FarSide) -> None:
    for line in ("blue saree kitna hai?", "2 chahiye", "Asha Rao", "98450 12345", "560038", "14, 3rd Cross", "yes"):
        far.say(line)
    far.say("mat bhejo")
    assert not far.shop.world.services.customers.get(far.shop.id, far.chat().customer_id).opted_out
    assert far.chat().waiting_since is not None


def test_opting_out_is_looked_at_when_a_message_is_to_leave(far: FarSide) -> None:
    far.channel.script = [Unavailable(provider="fake", retry_after=60)]
    far.say("blue saree kitna hai?")
    with far.shop.world.storage.unit_of_work(far.shop.id) as uow:  # from elsewhere, past what cancels messages
        customer = uow.customers.get(far.chat().customer_id)
        customer.opted_out = True
        uow.customers.save(customer)
        uow.commit()
    later(far, minutes=5)
    assert far.channel.sent == []
    assert {(str(one.state), one.reason) for one in outgoing(far)} == {("skipped", "opted_out")}


# --- a person takes over ---------------------------------------------------------------------------------------------


def test_a_reply_that_is_being_worked_out_when_a_person_takes_over_does_not_leave(far: FarSide) -> None:
    """The customer's question is answered by two messages; a person steps in while the first is on the wire."""
    shop = far.shop

    def step_in(_: Outbound) -> None:
        shop.world.services.conversations.take_over(shop.id, far.chat().id, user_id=shop.user.id)

    far.channel.script = [step_in]
    far.say("blue saree kitna hai?")
    assert far.channel.texts() == ["[cards]"]
    assert [(str(one.state), one.reason) for one in outgoing(far)] == [("sent", None), ("cancelled", "taken_over")]


# --- the lane may be another's ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("connected", [False, True], ids=["before its call", "with a connection open"])
def test_a_worker_that_was_frozen_does_not_send(far: FarSide, connected: bool) -> None:
    """Between the note that a message is being sent and the first byte lies a minute in which somebody else sent it."""
    world, lane = far.shop.world, "fake:acc:asha"
    far.deliver(far.event("message", "Hi"), settle=False)
    frozen = Piece(far.shop.id, lane)
    world.services.turns.take([frozen])
    assert frozen.call is not None
    stand_still = timedelta(seconds=BEGIN_WITHIN + 1)
    if connected:
        far.channel.script = [lambda message: world.clock.advance(stand_still)]
    else:
        world.clock.advance(stand_still)
    frozen.make(world.clock.steady)
    assert far.channel.sent == []
    world.services.turns.take([frozen])
    assert frozen.call is not None, "the lane is ours still, so the message is begun again"
    frozen.make(world.clock.steady)
    assert len(far.channel.sent) == 1
    world.services.turns.take([frozen])
    first = outgoing(far)[0]
    assert (first.state, first.attempts) == ("sent", 1)


def test_a_frozen_worker_does_not_take_the_lane_for_its_own_because_it_asked_to_keep_it(far: FarSide) -> None:
    world, lane = far.shop.world, "fake:acc:asha"
    far.deliver(far.event("message", "Hi"), settle=False)
    frozen = Piece(far.shop.id, lane)
    world.services.turns.take([frozen])
    assert frozen.lease is not None
    with world.storage.system_unit_of_work() as system:
        system.lanes.free(world.services.turns.owner)
        system.lanes.claim([lane], "other", timedelta(seconds=30))
        system.commit()
    assert world.services.turns.keep([frozen.lease]) == set()


def test_a_clock_set_ahead_does_not_end_the_wait_for_a_send_that_may_be_under_way(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    far.channel.shown = []  # it is under way still: the channel does not show it yet
    before = len(far.channel.sent)
    far.shop.world.clock.jump(timedelta(hours=1))
    far.shop.world.settle()
    assert len(far.channel.sent) == before
    now = far.shop.world.clock.now()
    text = outgoing(far)[-1].text
    far.channel.shown = [SentMessage(provider_ref="far-88", text=text, sent_at=now, from_shop=True)]
    later(far, seconds=61)
    assert ends(far, text) == [("sent", None)]
    assert len(far.channel.sent) == before


# --- a send that waited for its turn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1, 17])
def test_a_reply_that_was_taken_over_while_it_waited_for_its_turn_does_not_leave(far: FarSide, seconds: int) -> None:
    world = far.shop.world
    far.deliver(far.event("message", "Hi"), settle=False)
    piece = Piece(far.shop.id, "fake:acc:asha")
    world.services.turns.take([piece])
    assert piece.call is not None
    world.clock.advance(timedelta(seconds=seconds))
    world.services.conversations.take_over(far.shop.id, far.chat().id, user_id=far.shop.user.id)
    piece.make(world.clock.steady)
    world.services.turns.take([piece])
    assert far.channel.sent == []
    assert {(str(one.state), one.reason) for one in outgoing(far)} == {("cancelled", "taken_over")}


def test_one_that_is_taken_over_while_its_connection_is_made_does_not_leave(far: FarSide) -> None:
    world = far.shop.world

    def connect(message: Outbound) -> None:
        world.clock.advance(timedelta(seconds=2))
        world.services.conversations.take_over(far.shop.id, far.chat().id, user_id=far.shop.user.id)

    far.channel.script = [connect]
    assert far.say("Hi") == []
    assert {(str(one.state), one.reason) for one in outgoing(far)} == {("cancelled", "taken_over")}


def test_a_send_that_waited_and_is_still_meant_leaves(far: FarSide) -> None:
    far.channel.script = [lambda message: far.shop.world.clock.advance(timedelta(seconds=2))]
    assert far.say("Hi") != []


# --- words that are not understood yet -------------------------------------------------------------------------------


@pytest.fixture
def stumbling(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> FarSide:
    """An event with certain words cannot be handled."""
    interpreter = far.shop.world.services.turns._interpreter
    honest = interpreter.interpret_in

    def interpret_in(desk: Any, row: Any) -> Any:
        if row.payload.get("text") == "POISON":
            raise ZeroDivisionError
        return honest(desk, row)

    monkeypatch.setattr(interpreter, "interpret_in", interpret_in)
    return far


def test_a_follow_up_does_not_leave_while_the_customers_words_wait_behind_trouble(stumbling: FarSide) -> None:
    far = stumbling
    far.say("Hi")
    later(far, hours=3, minutes=58)
    far.deliver(far.event("message", "POISON"))
    for seconds in (2, 8, 30):
        later(far, seconds=seconds)
    far.deliver(far.event("message", "hello?"))
    for _ in range(11):
        later(far, seconds=10)
    assert NUDGE not in far.channel.texts()
    later(far, hours=2)
    assert NUDGE not in far.channel.texts()


def test_no_automatic_word_leaves_while_a_stop_waits_behind_trouble(stumbling: FarSide) -> None:
    far = stumbling
    far.channel.script = [Unavailable(provider="fake", retry_after=30)]
    assert far.say("blue saree kitna hai?") == []
    far.deliver(far.event("message", "POISON"), far.event("message", "STOP"))
    for _ in range(9):
        later(far, seconds=10)
    assert far.channel.texts() == []
    later(far, hours=2)
    later(far, hours=2)
    assert far.channel.texts() == [
        "You will get no more automatic messages from us. Write START if you want them again."
    ]


def test_an_answer_leaves_though_other_words_wait_behind_trouble(stumbling: FarSide) -> None:
    far = stumbling
    far.channel.script = [Unavailable(provider="fake", retry_after=30)]
    far.say("blue saree kitna hai?")
    far.deliver(far.event("message", "POISON"), far.event("message", "red?"))
    for _ in range(9):
        later(far, seconds=10)
    assert any("₹1,499.00" in text for text in far.channel.texts())


def test_a_word_that_no_machine_answers_ends_the_silence_too(far: FarSide) -> None:
    far.say("Hi")
    later(far, hours=1)
    far.deliver(far.event("message", unsupported=True, automation=False))
    later(far, hours=3, seconds=5)
    assert NUDGE not in far.channel.texts()


def test_an_answer_that_came_in_time_is_no_silence_though_nobody_worked_then(far: FarSide) -> None:
    far.say("blue saree kitna hai?")
    far.say("2 chahiye")
    world = far.shop.world
    with world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        ends_at = next(one.wake_at for one in uow.runs.select(order="created_at") if one.wake_at)
    world.clock.advance(ends_at - world.clock.now() - timedelta(seconds=3))
    far.deliver(far.event("message", "Asha Rao"), settle=False)
    world.clock.advance(timedelta(seconds=5))
    before = len(far.channel.sent)
    world.settle()
    assert far.channel.texts()[before:] == ["Which mobile number can the courier call?"]

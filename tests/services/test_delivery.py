"""Sending: once, in order, with every way a channel can answer; and events in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from salespilots.ports.channel import Attachment, SentMessage
from salespilots.ports.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from salespilots.services.messaging.pieces import Piece
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


def later(far: FarSide, **duration: float) -> None:
    far.shop.world.clock.advance(timedelta(**duration))
    far.shop.world.services.maintenance.sweep(lambda lane: None)
    far.shop.world.settle()


def test_the_same_event_three_times_is_one_answer(far: FarSide) -> None:
    event = far.event("message", "blue saree kitna hai?")
    assert [far.deliver(event, event), far.deliver(event), far.deliver(event)] == [1, 0, 0]
    assert sum("₹1,499.00" in text for text in far.channel.texts()) == 1


def test_events_of_a_batch_are_taken_in_the_providers_order(far: FarSide) -> None:
    now = far.shop.world.clock.now()
    far.deliver(
        far.event("message", "third", sent_at=now + timedelta(seconds=3)),
        far.event("message", "first", sent_at=now + timedelta(seconds=1)),
        far.event("message", "second", sent_at=now + timedelta(seconds=2)),
    )
    assert [one.text for one in far.messages() if one.direction == "in"] == ["first", "second", "third"]


def test_words_that_look_like_an_escape_are_words(far: FarSide) -> None:
    assert len(far.say("\\u0000 blue saree kitna hai?")) == 2
    assert far.messages()[0].text == "\\u0000 blue saree kitna hai?"


def test_unavailable_is_tried_again_and_order_is_kept(far: FarSide) -> None:
    far.channel.script = [Unavailable(provider="fake"), Unavailable(provider="fake")]
    assert far.say("blue saree kitna hai?") == []
    for _ in range(4):
        later(far, seconds=15)
    assert far.channel.texts()[0] == "[cards]"
    assert far.channel.texts()[1].startswith("Blue block-print saree is ₹1,499.00")
    assert len(far.channel.sent) == 2


def test_rate_limit_waits_as_long_as_asked(far: FarSide) -> None:
    far.channel.script = [RateLimited(provider="fake", retry_after=120)]
    far.say("blue saree kitna hai?")
    later(far, seconds=100)
    assert far.channel.sent == []
    later(far, seconds=30)
    assert len(far.channel.sent) == 2


def test_refused_message_fails_with_its_reason_and_the_next_goes_on(far: FarSide) -> None:
    far.channel.script = [Rejected(provider="fake", reason="blocked")]
    assert len(far.say("blue saree kitna hai?")) == 1
    first = next(one for one in far.messages() if one.direction == "out")
    assert (first.state, first.reason) == ("failed", "blocked")


def test_dead_token_holds_messages_and_tells_the_owner(far: FarSide) -> None:
    far.channel.script = [AuthFailed(provider="fake", user_action="Connect Fake again.")]
    far.say("blue saree kitna hai?")
    connection = far.shop.world.services.connections.find(far.shop.id, "fake")
    assert (connection.state, connection.last_error) == ("attention", "Connect Fake again.")
    later(far, minutes=11)
    assert len(far.channel.sent) == 2
    assert far.shop.world.services.connections.find(far.shop.id, "fake").state == "working"


def test_unknown_outcome_is_never_sent_again_by_itself(far: FarSide) -> None:
    far.channel.accepted_then_failed = True
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("blue saree kitna hai?")
    uncertain = next(one for one in far.messages() if one.direction == "out")
    assert uncertain.state == "uncertain"
    for _ in range(20):
        later(far, minutes=1)
    cards = [text for text in far.channel.texts() if text == "[cards]"]
    assert len(cards) == 1
    assert next(one for one in far.messages() if one.id == uncertain.id).reason == "needs_decision"


def test_echo_settles_an_unknown_outcome(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    uncertain = far.messages()[-1]
    assert uncertain.state == "uncertain"
    far.deliver(far.event("echo", uncertain.text, message_ref="far-77"))
    settled = far.messages()[-1]
    assert (settled.id, settled.state, settled.provider_ref) == (uncertain.id, "sent", "far-77")
    assert far.chat().mode == "bot"


def test_reading_back_settles_it_both_ways(far: FarSide) -> None:
    now = far.shop.world.clock.now()
    far.say("Hi")
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    text = far.messages()[-1].text
    far.channel.shown = [SentMessage(provider_ref="far-88", text=text, sent_at=now, from_shop=True)]
    later(far, seconds=61)
    assert far.messages()[-1].provider_ref == "far-88"
    before = len(far.channel.sent)
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("blue saree kitna hai?")
    far.channel.shown = []
    assert sum(one.state == "uncertain" for one in far.messages()) == 1
    uncertain = next(one for one in far.messages() if one.state == "uncertain")
    if uncertain.text:
        later(far, seconds=61)
        assert len(far.channel.sent) == before + 2


def test_a_send_cut_off_by_a_crash_gives_its_echo_time_before_anybody_looks(far: FarSide) -> None:
    far.say("Hi")
    far.shop.world.services.conversations.reply(far.shop.id, far.chat().id, "By hand", user_id=None)
    message = far.messages()[-1]
    with far.shop.world.storage.unit_of_work(far.shop.id) as uow:  # as a worker leaves it that dies while sending
        message.state, message.attempts = "sending", 1
        message.sending_since = far.shop.world.clock.now()
        uow.messages.save(message)
        uow.commit()
    before = len(far.channel.sent)
    far.channel.shown = []
    far.shop.world.settle()
    assert far.messages()[-1].state == "uncertain"
    later(far, seconds=50)
    assert len(far.channel.sent) == before
    later(far, seconds=11)
    assert len(far.channel.sent) == before + 1


def test_cards_are_found_again_without_their_words(far: FarSide) -> None:
    far.channel.accepted_then_failed = True
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("blue saree kitna hai?")
    now = far.shop.world.clock.now()
    far.channel.shown = [SentMessage(provider_ref="far-card", text="", sent_at=now, from_shop=True)]
    later(far, seconds=61)
    cards = next(one for one in far.messages() if one.kind == "product_cards")
    assert (cards.state, cards.provider_ref) == ("sent", "far-card")
    assert far.channel.texts().count("[cards]") == 1


def test_a_person_decides_in_the_end(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    uncertain = far.messages()[-1]
    for _ in range(17):
        later(far, minutes=1)
    before = len(far.channel.sent)
    uncertain_sends = far.shop.world.services.outbox.uncertain
    assert uncertain_sends.decide(far.shop.id, uncertain.id, arrived=False, actor="usr_meera")
    far.shop.world.settle()
    assert len(far.channel.sent) == before + 1
    assert far.messages()[-1].state == "sent"


def test_nothing_leaves_after_the_reply_window(far: FarSide) -> None:
    far.channel.script = [Unavailable(provider="fake", retry_after=25 * 3600)]
    far.say("blue saree kitna hai?")
    later(far, hours=25, minutes=1)
    states = {(one.state, one.reason) for one in far.messages() if one.direction == "out"}
    assert states == {("skipped", "reply_window_closed")}
    assert far.channel.sent == []


def test_a_reply_by_hand_pauses_automation_and_stops_what_waits(far: FarSide) -> None:
    far.channel.script = [Unavailable(provider="fake", retry_after=60)]
    far.say("blue saree kitna hai?")
    services = far.shop.world.services
    services.conversations.reply(far.shop.id, far.chat().id, "Namaste, I am Meera", user_id=far.shop.user.id)
    later(far, minutes=2)
    assert far.channel.texts() == ["Namaste, I am Meera"]
    cancelled = [one for one in far.messages() if one.state == "cancelled"]
    assert {one.reason for one in cancelled} == {"taken_over"}
    assert far.say("2 chahiye") == []
    services.conversations.hand_back(far.shop.id, far.chat().id)
    assert any("₹1,499.00" in text for text in far.say("blue saree price?"))


def test_an_unknown_echo_is_a_person_in_the_app(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(far.event("echo", "I am answering from my phone", message_ref="app-1"))
    assert far.chat().mode == "human"
    last = far.messages()[-1]
    assert (last.author, last.direction, last.text) == ("agent", "out", "I am answering from my phone")
    assert far.say("blue saree kitna hai?") == []


def test_own_echo_changes_nothing(far: FarSide) -> None:
    far.say("Hi")
    count = len(far.messages())
    for number, sent in enumerate(far.channel.texts(), start=1):
        far.deliver(far.event("echo", sent, message_ref=f"far-{number}"))
    assert len(far.messages()) == count
    assert far.chat().mode == "bot"


def test_unsent_words_are_forgotten(far: FarSide) -> None:
    event = far.event("message", "my secret words")
    far.deliver(event)
    far.deliver(far.event("deleted", message_ref=event.message_ref))
    assert not any("secret" in one.text for one in far.messages())
    assert far.chat().preview == far.messages()[-1].text[:140] != ""


def test_unsent_words_are_nowhere_any_more(far: FarSide) -> None:
    first = far.event("message", "how much is delivery")
    far.deliver(first)
    far.shop.world.services.conversations.take_over(far.shop.id, far.chat().id, user_id=far.shop.user.id)
    picture = Attachment(kind="image", url="https://cdn.example.com/secret.jpg")
    more = {"attachments": (picture,), "payload": "secret", "raw": {"text": "my secret words"}, "customer_name": "Asha"}
    event = far.event("message", "my secret words", **more)
    far.deliver(event, far.event("edited", "my secret word", message_ref=event.message_ref))
    assert far.chat().preview == "my secret word"
    far.deliver(far.event("deleted", message_ref=event.message_ref))
    spoken = next(one for one in reversed(far.messages()) if one.text)
    assert (far.chat().preview, far.chat().preview_author) == (spoken.text[:140], spoken.author)
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        rows = uow.inbox.kept(far.chat().lane, first.sent_at)
    assert [one.kind for one in rows] == ["message", "message", "edited", "deleted"]
    assert "secret" not in str(rows)
    assert "how much is delivery" in str(rows)
    assert far.deliver(event) == 0


def test_a_chat_of_unsent_words_only_says_so(far: FarSide) -> None:
    event = far.event("message", "my secret words", automation=False)
    far.deliver(event)
    far.deliver(far.event("deleted", message_ref=event.message_ref))
    assert (far.chat().preview, far.chat().preview_author) == ("Message unsent", "customer")


def test_words_unsent_later_leave_the_line_of_the_list_alone(far: FarSide) -> None:
    first = far.event("message", "my secret words", automation=False)
    far.deliver(first)
    far.deliver(far.event("message", "Thanks!", automation=False))
    far.deliver(far.event("deleted", message_ref=first.message_ref))
    assert far.chat().preview == "Thanks!"


@pytest.mark.parametrize("kind", ["reaction", "read", "edited", "referral", "comment", "handover", "other", "deleted"])
def test_other_kinds_start_nothing(far: FarSide, kind: str) -> None:
    far.deliver(far.event(kind, "blue saree kitna hai?"))
    assert far.channel.sent == []


def test_old_redelivery_is_kept_and_not_answered(far: FarSide) -> None:
    long_ago = far.shop.world.clock.now() - timedelta(hours=30)
    assert far.say("blue saree kitna hai?", sent_at=long_ago) == []
    assert far.messages()[0].text == "blue saree kitna hai?"


def test_a_poison_event_blocks_only_its_own_chat(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    from salespilots.services.messaging import interpret

    real = interpret.Interpreter._spoken

    def poisoned(self, uow, row, inbound):  # type: ignore[no-untyped-def]
        if "poison" in inbound.text:
            raise RuntimeError("cannot")
        return real(self, uow, row, inbound)

    monkeypatch.setattr(interpret.Interpreter, "_spoken", poisoned)
    far.deliver(far.event("message", "poison", who="asha"), far.event("message", "Hi", who="asha"), settle=False)
    assert any("Hello" in text for text in far.say("Hi", who="bina"))
    assert far.shop.world.services.maintenance.backlog()["inbox_dead"] == 0
    for _ in range(8):
        later(far, minutes=40)
    assert far.shop.world.services.maintenance.backlog()["inbox_dead"] == 1
    assert [one.text for one in far.messages("asha") if one.direction == "in"] == ["Hi"]


def test_a_stale_holder_is_stopped_by_the_fence(far: FarSide) -> None:
    world = far.shop.world
    lane = "fake:acc:asha"
    far.deliver(far.event("message", "Hi"), settle=False)
    with world.storage.system_unit_of_work() as system:
        stale = system.lanes.claim([lane], "slow", timedelta(0))[lane]
        newer = system.lanes.claim([lane], "quick", timedelta(seconds=30))[lane]
        system.commit()
    piece = Piece(far.shop.id, lane, lease=stale)
    world.services.turns.take([piece])
    assert (piece.lease, piece.call, piece.done) == (None, None, 0)
    assert world.services.lanes.drain(lane) == 0
    assert far.channel.sent == []
    with world.storage.system_unit_of_work() as system:
        system.lanes.release([newer])
        system.commit()
    assert world.services.lanes.drain(lane) > 0


def test_long_hindi_replies_are_cut_between_letters(far: FarSide) -> None:
    far.say("Hi")
    text = "नमस्ते जी, आपका ऑर्डर तैयार है। " * 40
    far.shop.world.services.conversations.reply(far.shop.id, far.chat().id, text, user_id=None)
    before = len(far.channel.sent)
    far.shop.world.settle()
    parts = far.channel.texts()[before:]
    assert len(parts) > 1
    assert all(len(part.encode()) <= 1000 for part in parts)
    assert " ".join(parts) == text.strip()


def test_a_broken_channel_plugin_makes_an_uncertain_send(far: FarSide) -> None:
    far.channel.script = [RuntimeError("bug")]  # type: ignore[list-item]
    far.say("blue saree kitna hai?")
    assert next(one.state for one in far.messages() if one.direction == "out") == "uncertain"


def test_a_real_customer_never_gets_the_practice_page_in_production(
    make_world: Callable[..., World], sqlite_url: str
) -> None:
    plugin = FakeChannelPlugin()
    environ = {"SALESPILOTS_ENV": "production", "SALESPILOTS_BASE_URL": "https://shop.example"}
    far = FarSide(make_world(sqlite_url, extra=[plugin], environ=environ).practice_shop(), plugin)
    for line in (
        "blue saree kitna hai?",
        "2 chahiye",
        "Asha Rao",
        "98450 12345",
        "560038",
        "14, 3rd Cross, Indiranagar",
    ):
        far.say(line)
    far.deliver(far.event("quick_reply", "Confirm", payload="yes"))
    assert not any("/pay/" in text for text in far.channel.texts())
    assert far.chat().waiting_since is not None
    [order] = far.shop.world.services.orders.page(far.shop.id).items
    assert order.state == "placed"


def test_history_is_read_from_a_time_that_the_channels_own_clock_covers(far: FarSide) -> None:
    behind = timedelta(minutes=7)
    asked: list[object] = []
    far.channel.history = lambda ref, *, since: asked.append(since) or []  # type: ignore[method-assign, assignment]
    far.channel.script = [OutcomeUnknown(provider="fake")]
    wrote = far.shop.world.clock.now() - behind
    far.deliver(far.event("message", "blue saree kitna hai?", sent_at=wrote))
    later(far, minutes=2)
    far.shop.world.settle()
    assert asked == [wrote]

"""What happens to messages after they were said: reactions, edits, unsends, owners of the chat, whatever comes first."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.conversation import Message
from salespilots.ports.channel import Inbound
from salespilots.services.jobs import GiveUp, Jobs
from salespilots.services.messaging.early import KEPT_FOR, KIND, Touched
from salespilots.services.messaging.reactions import shown
from tests.support.fake_channel import FarSide


def of(far: FarSide, ref: str) -> Message:
    return next(one for one in far.messages() if one.provider_ref == ref)


def told(far: FarSide, kind: str) -> int:
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        return [one.type for one in uow.events.about("conversation_id", far.chat().id, limit=300)].count(kind)


def event(far: FarSide, kind: str, ref: str = "m-1", seconds: float = 0, **more: Any) -> Inbound:
    at = far.shop.world.clock.now() + timedelta(seconds=seconds)
    name = f"{ref}:{kind}:{seconds}:{more.get('emoji', '')}{more.get('removed', '')}"
    return far.event(kind, more.pop("text", ""), message_ref=ref, event_id=name, sent_at=at, **more)


# --- reactions --------------------------------------------------------------------------------------------------


def emojis(far: FarSide, ref: str = "m-1") -> list[tuple[str, str]]:
    return [(one["by"], one["emoji"]) for one in shown(of(far, ref))]


def test_reactions_of_both_sides_and_taken_back(far: FarSide) -> None:
    far.deliver(event(far, "message", text="thanks"))
    sent = len(far.channel.sent)
    far.deliver(event(far, "reaction", seconds=1, emoji="❤️"))
    far.deliver(event(far, "reaction", seconds=1, emoji="👍", facts={"by": "shop"}))
    assert emojis(far) == [("customer", "❤️"), ("shop", "👍")]
    far.deliver(event(far, "reaction", seconds=2, emoji="🔥"))
    assert emojis(far) == [("customer", "🔥"), ("shop", "👍")]
    far.deliver(event(far, "reaction", seconds=3, removed=True))
    assert emojis(far) == [("shop", "👍")]
    assert len(far.channel.sent) == sent
    assert told(far, "message.reacted") == 4


def test_a_reaction_to_a_reply_of_the_shop(far: FarSide) -> None:
    far.say("Hi")
    ours = next(one for one in far.messages() if one.direction == "out")
    far.deliver(event(far, "reaction", ref=str(ours.provider_ref), emoji="😂"))
    assert emojis(far, str(ours.provider_ref)) == [("customer", "😂")]


STEPS = ("message", "react", "fire", "unreact")


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS)), ids="-".join)
@pytest.mark.parametrize("chat", [True, False], ids=["in a chat", "the first of its chat"])
def test_in_whatever_order_they_come_the_newest_stands(far: FarSide, order: tuple[str, ...], chat: bool) -> None:
    events = {
        "message": event(far, "message", text="thanks"), "react": event(far, "reaction", seconds=1, emoji="❤️"),
        "fire": event(far, "reaction", seconds=3, emoji="🔥"), "unreact": event(far, "reaction", seconds=2, removed=True),
    }  # fmt: skip
    if chat:
        far.say("Hi")
    for name in order:
        far.deliver(events[name])
        far.deliver(events[name])  # a redelivery
    assert emojis(far) == [("customer", "🔥")]
    assert [one.text for one in far.messages() if one.provider_ref == "m-1"] == ["thanks"]


def test_a_reaction_that_is_faster_than_the_answer_to_its_send(far: FarSide) -> None:
    """The reference of a message of ours is known only when its send was answered."""
    far.say("Hi")
    world, ref = far.shop.world, f"far-{len(far.channel.sent) + 1}"
    far.deliver(event(far, "reaction", ref=ref, emoji="❤️"))
    world.services.conversations.reply(far.shop.id, far.chat().id, "Here you are", user_id=far.shop.user.id)
    world.settle()
    world.clock.advance(timedelta(seconds=11))
    world.services.maintenance.do_jobs()
    assert emojis(far, ref) == [("customer", "❤️")]


def test_a_reaction_to_nothing_is_kept_and_given_up_quietly(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(event(far, "reaction", ref="nobody-knows", emoji="❤️"))
    world = far.shop.world
    for _ in range(4):
        world.clock.advance(timedelta(hours=14))
        world.services.maintenance.do_jobs()
    with world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        (job,) = [one for one in uow.jobs.select() if one.kind == "message.touched"]
    assert (job.next_at, job.error) == (None, "never_came")


def test_it_is_looked_for_ever_more_seldom_and_nothing_is_written(
    far: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.say("Hi")
    world, handlers = far.shop.world, dict[str, Any]()
    monkeypatch.setattr(Jobs, "handle", lambda self, kind, handler, gave_up=None: handlers.update({kind: handler}))
    Touched(world.services.core, Jobs(world.services.core))
    began, unit_of_work = world.clock.now(), world.storage.unit_of_work
    reading: list[bool] = []

    def watched(business_id: str, *, read_only: bool = False) -> Any:
        reading.append(read_only)
        return unit_of_work(business_id, read_only=read_only)

    monkeypatch.setattr(world.storage, "unit_of_work", watched)
    payload = {"lane": far.chat().lane, "ref": "nobody-knows", "until": (began + KEPT_FOR).isoformat()}
    reading.clear()
    world.clock.advance(timedelta(seconds=10))
    looks: list[timedelta] = []
    while world.clock.now() < began + KEPT_FOR:
        again = handlers[KIND](far.shop.id, payload)
        looks.append(again - world.clock.now())
        world.clock.advance(looks[-1])
    with pytest.raises(GiveUp, match="never_came"):
        handlers[KIND](far.shop.id, payload)
    assert world.clock.now() == began + KEPT_FOR
    assert looks[:5] == sorted(looks[:5])
    assert len(looks) < 10
    assert reading == [True] * (len(looks) + 1)


# --- edits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chat", [True, False], ids=["in a chat", "the first of its chat"])
@pytest.mark.parametrize("order", list(itertools.permutations(("message", "first", "second"))), ids="-".join)
def test_the_newest_words_stand_and_the_old_ones_are_kept(far: FarSide, order: tuple[str, ...], chat: bool) -> None:
    events = {
        "message": event(far, "message", text="tanks"), "first": event(far, "edited", seconds=1, text="thank"),
        "second": event(far, "edited", seconds=2, text="thanks"),
    }  # fmt: skip
    if chat:
        far.say("Hi")
    for name in order:
        far.deliver(events[name])
    message = of(far, "m-1")
    assert message.text == "thanks"
    assert message.edited_at == events["second"].sent_at
    assert "tanks" in message.content["earlier"]


def test_the_line_in_the_list_says_the_new_words(far: FarSide) -> None:
    far.deliver(event(far, "message", text="thanks", automation=False))
    far.deliver(event(far, "edited", seconds=1, text="thank you"))
    assert far.chat().preview == "thank you"
    assert told(far, "message.edited") == 1


def test_an_edit_without_words_blanks_nothing(far: FarSide) -> None:
    far.deliver(event(far, "message", text="blue saree kitna hai?"))
    sent = len(far.channel.sent)
    far.deliver(event(far, "edited", seconds=1), event(far, "edited", ref="other", seconds=1))
    nobodys = far.event(
        "edited", "", "", message_ref="m-1", event_id="m-1:nobody"
    )  # as most deliveries are: no sender at all
    far.deliver(nobodys)
    message = of(far, "m-1")
    assert (message.text, message.edited_at, len(far.channel.sent)) == ("blue saree kitna hai?", None, sent)


def test_automation_answers_the_words_as_they_stand(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(event(far, "edited", ref="m-9", seconds=1, text="blue saree kitna hai?"))
    sent = len(far.channel.sent)
    far.deliver(event(far, "message", ref="m-9", text="blu"))
    assert any("saree" in str(one.content).lower() for one in far.channel.sent[sent:])


# --- unsends ----------------------------------------------------------------------------------------------------


def test_unsending_takes_words_old_words_and_reactions(far: FarSide) -> None:
    far.deliver(event(far, "message", text="my secret"))
    far.deliver(event(far, "edited", seconds=1, text="my other secret"), event(far, "reaction", seconds=2, emoji="❤️"))
    far.deliver(event(far, "deleted", seconds=3))
    far.deliver(event(far, "edited", seconds=4, text="secret again"), event(far, "reaction", seconds=5, emoji="🔥"))
    message = of(far, "m-1")
    assert (message.reason, message.text, message.content, message.reactions) == ("deleted", "", {}, [])
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        rows = uow.inbox.kept(far.chat().lane, far.shop.world.clock.now() - timedelta(days=1))
    assert "secret" not in str([row.payload for row in rows if row.kind == "message"])


def test_the_shop_unsends_in_the_app(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(event(far, "echo", ref="app-1", text="typed too fast"))
    far.deliver(event(far, "deleted", ref="app-1", seconds=1, facts={"by": "shop"}))
    far.deliver(event(far, "deleted", ref="never-seen", seconds=1, facts={"by": "shop"}))
    assert (of(far, "app-1").reason, of(far, "app-1").text) == ("deleted", "")
    assert not [one for one in far.messages() if one.provider_ref == "never-seen"]


# --- seen -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", ["", "a message of before we were here"])
def test_seen_without_a_message_that_we_know_is_seen_up_to_then(far: FarSide, ref: str) -> None:
    far.say("Hi")
    far.deliver(event(far, "read", ref=ref, seconds=60))
    assert {one.state for one in far.messages() if one.direction == "out"} == {"read"}
    assert told(far, "message.read") == 1


# --- whose chat it is -------------------------------------------------------------------------------------------


def test_another_app_owns_the_chat_until_a_message_is_ours_again(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(event(far, "handover", ref="", facts={"owner": "987"}))
    assert far.chat().facts["held_by"] == "987"
    sent = len(far.channel.sent)
    far.deliver(event(far, "message", text="blue saree kitna hai?", automation=False, facts={"owner": "another app"}))
    assert far.chat().facts["held_by"] == "987"
    assert len(far.channel.sent) == sent
    far.deliver(event(far, "message", ref="m-2", seconds=1, text="blue saree kitna hai?"))
    assert "held_by" not in far.chat().facts
    assert len(far.channel.sent) > sent
    assert (told(far, "conversation.held"), told(far, "conversation.freed")) == (1, 1)


def test_what_was_begun_is_not_said_in_a_chat_of_another_app(far: FarSide) -> None:
    from salespilots.ports.errors import RateLimited

    far.channel.script = [RateLimited(provider="fake", retry_after=60)]
    far.say("blue saree kitna hai?")
    far.deliver(event(far, "handover", ref="", facts={"owner": "987"}))
    waiting = [one for one in far.messages() if one.direction == "out"]
    assert {(one.state, one.reason) for one in waiting if one.author == "bot"} == {("cancelled", "other_app")}


def test_another_app_asks_for_the_chat(far: FarSide) -> None:
    far.say("Hi")
    far.deliver(event(far, "handover", ref="", facts={"asked_by": "987"}))
    assert "held_by" not in far.chat().facts
    assert told(far, "conversation.wanted") == 1


# --- how they came, and what nobody knows -----------------------------------------------------------------------


def test_a_referral_in_the_first_message_and_alone(far: FarSide) -> None:
    advert = {"source": "ADS", "title": "Festive sarees", "ad_id": "1202"}
    far.deliver(event(far, "message", text="Hi", facts={"referral": advert}))
    assert far.chat().facts["referral"]["title"] == "Festive sarees"
    far.deliver(event(far, "referral", ref="", seconds=5, facts={"referral": {"source": "IGME", "ref": "diwali"}}))
    assert far.chat().facts["referral"]["ref"] == "diwali"
    late = event(far, "referral", ref="", seconds=-50, facts={"referral": {"source": "ADS", "title": "Old"}})
    far.deliver(late)
    assert far.chat().facts["referral"]["ref"] == "diwali"
    assert told(far, "conversation.referred") == 2


def test_a_referral_alone_opens_a_chat_and_starts_nothing(far: FarSide) -> None:
    far.deliver(event(far, "referral", ref="", facts={"referral": {"source": "IGME", "ref": "diwali"}}))
    assert far.chat().facts["referral"]["ref"] == "diwali"
    assert (far.messages(), far.channel.sent, far.chat().last_inbound_at) == ([], [], None)


def test_an_unknown_kind_is_shown_as_such_and_starts_nothing(far: FarSide) -> None:
    far.say("Hi")
    messages, sent = len(far.messages()), len(far.channel.sent)
    far.deliver(event(far, "other", ref="", unsupported=True, facts={"what": "story_poll_response"}))
    far.deliver(event(far, "other", ref="", seconds=1))
    assert told(far, "message.unknown") == 1
    assert (len(far.messages()), len(far.channel.sent)) == (messages, sent)

"""What a channel shows of a chat proves so much and no more: a part of it, or words that nobody can explain."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.conversation import Message
from salespilots.ports.channel import SentMessage
from salespilots.services.messaging.doubts import ECHO_TIME
from salespilots.services.messaging.uncertain import GIVE_UP
from tests.support.desk import Desk

SECOND = timedelta(seconds=1)


def line_there(message: Message, ref: str, at: datetime) -> SentMessage:
    return SentMessage(provider_ref=ref, text=message.text, sent_at=at, from_shop=True)


def test_what_is_found_in_a_part_of_the_chat_arrived(desk: Desk) -> None:
    desk.quiet("asha")
    message = desk.in_doubt()
    desk.channel.shows_all = False
    desk.channel.shown = [line_there(message, "far-88", desk.now())]
    desk.later(ECHO_TIME + SECOND)
    assert (desk.is_now(message).state, desk.is_now(message).provider_ref) == ("sent", "far-88")
    assert desk.channel.sent == []


def test_what_a_part_of_the_chat_lacks_may_have_arrived(desk: Desk) -> None:
    desk.quiet("asha")
    message = desk.in_doubt()
    desk.channel.shows_all, desk.channel.shown = False, []
    desk.pass_by(GIVE_UP + 2 * ECHO_TIME, step=timedelta(seconds=30))
    assert (desk.is_now(message).state, desk.is_now(message).reason) == ("uncertain", "needs_decision")
    assert desk.channel.sent == []


def test_of_two_with_equal_words_a_part_of_the_chat_settles_none(desk: Desk) -> None:
    """What is shown is the second of them, and the first is hidden: taken for the first, the second would go out again."""
    desk.quiet("asha")
    first = desk.in_doubt("Yes")
    desk.pass_by(2 * ECHO_TIME + 5 * SECOND)
    second = desk.in_doubt("Yes")
    desk.channel.shows_all = False
    desk.channel.shown = [line_there(second, "far-88", desk.now())]
    desk.pass_by(GIVE_UP + 2 * ECHO_TIME, step=timedelta(seconds=30))
    assert [desk.is_now(one).state for one in (first, second)] == ["uncertain", "uncertain"]
    assert desk.channel.sent == []
    desk.channel.shows_all = True
    desk.channel.shown = [line_there(first, "far-87", first.created_at), *desk.channel.shown]
    desk.pass_by(timedelta(minutes=12), step=timedelta(seconds=30))
    settled = [desk.is_now(one) for one in (first, second)]
    assert [(one.state, one.provider_ref) for one in settled] == [("sent", "far-87"), ("sent", "far-88")]
    assert desk.channel.sent == []


def test_words_of_the_shop_that_nobody_can_explain_prove_nothing(desk: Desk) -> None:
    """The channel may tell the message in other words: whether it is that one is for the owner to say."""
    desk.quiet("asha")
    message = desk.in_doubt("Your parcel has left")
    other = SentMessage(provider_ref="far-77", text="Your parcel has left 📦", sent_at=desk.now(), from_shop=True)
    desk.channel.shown = [other]
    desk.pass_by(GIVE_UP + 2 * ECHO_TIME, step=timedelta(seconds=30))
    assert (desk.is_now(message).state, desk.is_now(message).reason) == ("uncertain", "needs_decision")
    assert desk.channel.sent == []


def test_words_of_the_shop_from_before_the_send_do_not_matter(desk: Desk) -> None:
    desk.quiet("asha")
    earlier = SentMessage(provider_ref="far-7", text="Namaste", sent_at=desk.now(), from_shop=True)
    desk.later(timedelta(minutes=2))
    message = desk.in_doubt("Your parcel has left")
    desk.channel.shown = [earlier]
    desk.later(ECHO_TIME + SECOND)
    assert (desk.is_now(message).state, desk.is_now(message).attempts) == ("sent", 2)

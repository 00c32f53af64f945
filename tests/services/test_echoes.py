"""What an echo may be, and what was unsent before it came."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salespilots.ports.channel import Attachment, Inbound
from salespilots.ports.errors import OutcomeUnknown, RateLimited
from tests.support.fake_channel import FarSide


def later(far: FarSide, **duration: float) -> None:
    far.shop.world.clock.advance(timedelta(**duration))
    far.shop.world.settle()


# --- what an echo may be --------------------------------------------------------------------------------------------


def photo(far: FarSide) -> Inbound:
    """A person sends a photo in the app."""
    picture = Attachment(kind="image", url="https://cdn.example.com/photo.jpg")
    return far.event("echo", message_ref="app-photo", attachments=(picture,))


def test_a_photo_sent_in_the_app_is_no_card_that_waits_for_the_channel(far: FarSide) -> None:
    far.channel.script = [RateLimited(provider="fake", retry_after=120)]
    far.say("blue saree kitna hai?")
    card = next(one for one in far.messages() if one.kind == "product_cards")
    assert (card.state, card.attempts) == ("queued", 1)
    far.deliver(photo(far))
    ended = next(one for one in far.messages() if one.id == card.id)
    assert (ended.state, ended.reason, far.chat().mode) == ("cancelled", "taken_over", "human")
    assert [one.provider_ref for one in far.messages()][-1] == "app-photo"


def test_a_photo_sent_in_the_app_is_no_second_arrival_of_a_card(far: FarSide) -> None:
    far.channel.script = [RateLimited(provider="fake", retry_after=60)]
    far.say("blue saree kitna hai?")
    later(far, minutes=5)
    far.deliver(photo(far))
    assert [one.provider_ref for one in far.messages()][-1] == "app-photo"
    assert far.chat().mode == "human"


def test_a_photo_sent_in_the_app_is_no_card_in_doubt(far: FarSide) -> None:
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("blue saree kitna hai?")
    card = next(one for one in far.messages() if one.kind == "product_cards")
    assert card.state == "uncertain"
    far.deliver(photo(far))
    assert next(one for one in far.messages() if one.id == card.id).provider_ref is None
    assert far.chat().mode == "human"
    template = Attachment(kind="template", url="")
    far.deliver(far.event("echo", message_ref="far-card", attachments=(template,)))
    settled = next(one for one in far.messages() if one.id == card.id)
    assert (settled.state, settled.provider_ref) == ("sent", "far-card")


def test_an_echo_with_other_blanks_is_the_same_message(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script, far.channel.accepted_then_failed = [OutcomeUnknown(provider="fake")], True
    conversations = far.shop.world.services.conversations
    conversations.reply(far.shop.id, far.chat().id, "Line one\r\n Line  two, Ame\u0301lie", user_id=far.shop.user.id)
    far.shop.world.settle()
    sent, lines = len(far.channel.sent), len(far.messages())
    far.deliver(far.event("echo", "Line one\nLine two, Am\u00e9lie", message_ref="real-1"))
    assert (far.messages()[-1].state, far.messages()[-1].provider_ref) == ("sent", "real-1")
    later(far, minutes=3)
    assert (len(far.channel.sent), len(far.messages())) == (sent, lines)


# --- unsent before it came ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False], ids=["the first of its chat", "in a chat"])
def test_a_message_that_was_unsent_before_it_came_is_not_kept(far: FarSide, first: bool) -> None:
    if not first:
        far.say("Hi")
    sent = len(far.channel.sent)
    far.deliver(far.event("deleted", message_ref="m-1", event_id="m-1:deleted"))
    far.deliver(far.event("message", "blue saree kitna hai? my secret", message_ref="m-1", event_id="m-1:message"))
    assert not any("secret" in one.text for one in far.messages())
    assert [one.reason for one in far.messages() if one.provider_ref == "m-1"] == ["deleted"]
    assert len(far.channel.sent) == sent
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        rows = uow.inbox.kept(far.chat().lane, far.shop.world.clock.now() - timedelta(days=1))
    assert "secret" not in str(rows)

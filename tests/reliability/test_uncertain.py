"""R-6: a send whose outcome is not known is settled by evidence or by a person, and never sent again blindly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram import client
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.instagram import ACCOUNT, InstagramShop
from tests.support.shop import World

TAKEN = ("timeout_after_accept", "drop_after_accept", "500_after_accept", "502_html_after_accept", "200_rubbish", "sent_with_error_after_accept")  # fmt: skip
"""The channel took it and did not say so."""

NOT_TAKEN = ("timeout", "drop", "500", "200_error")
"""It did not, and did not say that either."""


@pytest.fixture
def far(make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstagramShop]:
    monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.4)
    with TwinServer(InstagramTwin(account_id=ACCOUNT)) as server:
        shop = InstagramShop(make_world, sqlite_url, server)
        shop.say("Hi")
        shop.sent.clear()
        yield shop


def unreadable(far: InstagramShop) -> None:
    """From now on the conversation cannot be read back."""
    far.server.fail_next("500", times=10_000, method="GET")


@pytest.mark.parametrize("fault", TAKEN)
def test_the_echo_settles_it(far: InstagramShop, fault: str) -> None:
    far.server.fail_next(fault, match="messages", method="POST")
    message = far.reply("We pack it today")
    assert (message.state, len(far.sent)) == ("uncertain", 1)
    far.later(seconds=20)
    far.echo(far.sent[0])
    assert (far.now(message).state, far.now(message).provider_ref) == ("sent", far.sent[0]["mid"])
    far.later(minutes=30)
    assert far.texts() == ["We pack it today"]


@pytest.mark.parametrize("fault", TAKEN)
def test_without_an_echo_reading_back_settles_it(far: InstagramShop, fault: str) -> None:
    far.server.fail_next(fault, match="messages", method="POST")
    message = far.reply("We pack it today")
    far.later(seconds=59)
    assert far.now(message).state == "uncertain"
    far.later(seconds=2)
    assert (far.now(message).state, far.now(message).provider_ref) == ("sent", far.sent[0]["mid"])
    far.echo(far.sent[0])  # late, and known already
    far.later(minutes=30)
    assert far.texts() == ["We pack it today"]
    assert far.chat().mode == "human", "by the reply, not by a stranger's echo"
    assert [one.text for one in far.outgoing() if one.author == "agent"] == ["We pack it today"]


@pytest.mark.parametrize("fault", NOT_TAKEN)
def test_what_the_chat_proves_never_arrived_is_sent_again(far: InstagramShop, fault: str) -> None:
    far.server.fail_next(fault, match="messages", method="POST")
    message = far.reply("We pack it today")
    assert (message.state, far.texts()) == ("uncertain", [])
    far.later(seconds=61)
    assert (far.now(message).state, far.now(message).attempts) == ("sent", 2)
    far.later(minutes=30)
    assert far.texts() == ["We pack it today"]


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("fault", ["drop_after_accept", "drop"])
def test_what_nobody_can_find_out_the_owner_decides(far: InstagramShop, fault: str, arrived: bool) -> None:
    far.server.fail_next(fault, match="messages", method="POST")
    unreadable(far)
    message = far.reply("We pack it today")
    before = len(far.sent)
    for _ in range(13):
        far.later(minutes=1)
        assert far.now(message).reason != "needs_decision"
    for _ in range(40):
        far.later(minutes=1)
    assert (far.now(message).state, far.now(message).reason) == ("uncertain", "needs_decision")
    assert len(far.sent) == before, "it was sent again blindly"
    stuck = far.world.services.stuck
    assert (stuck.discard if arrived else stuck.retry)(message.id, actor="test", business_id=far.shop.id)
    far.world.settle()
    assert far.now(message).state == "sent"
    assert len(far.sent) == before + (not arrived)
    far.later(minutes=30)
    assert len(far.sent) == before + (not arrived)


def test_evidence_that_comes_while_the_owner_is_asked_still_counts(far: InstagramShop) -> None:
    far.server.fail_next("drop_after_accept", match="messages", method="POST")
    unreadable(far)
    message = far.reply("We pack it today")
    for _ in range(20):
        far.later(minutes=1)
    assert far.now(message).reason == "needs_decision"
    far.echo(far.sent[0])
    assert (far.now(message).state, far.now(message).reason) == ("sent", None)


def test_a_connection_that_is_refused_leaves_no_doubt(far: InstagramShop) -> None:
    far.server.stop()
    message = far.reply("We pack it today")
    assert (message.state, message.reason) == ("queued", "channel_down")


@pytest.mark.parametrize("first", ["drop_after_accept", "drop"])
def test_two_equal_texts_on_purpose_both_arrive_once(far: InstagramShop, first: str) -> None:
    """The second waits until it is known what became of the first."""
    far.server.fail_next(first, match="messages", method="POST")
    one, two = far.reply("ok"), far.reply("ok")
    assert (one.state, far.now(two).state) == ("uncertain", "queued")
    far.later(seconds=61)
    far.later(seconds=1)
    assert [far.now(one).state, far.now(two).state] == ["sent", "sent"]
    assert far.texts() == ["ok", "ok"]
    assert far.now(one).provider_ref != far.now(two).provider_ref


@pytest.mark.parametrize("first", ["drop_after_accept", "drop"])
@pytest.mark.parametrize("second", ["drop_after_accept", "drop"])
def test_two_equal_texts_in_doubt_at_once_are_told_apart_by_count(far: InstagramShop, first: str, second: str) -> None:
    """The chat could not be read for three minutes, so the second left with the first in doubt."""
    far.server.fail_next(first, match="messages", method="POST")
    far.server.fail_next("500", times=3, method="GET")
    one = far.reply("ok")
    far.server.fail_next(second, match="messages", method="POST")
    two = far.reply("ok")
    for _ in range(30):
        far.later(seconds=10)
    assert [far.now(one).state, far.now(two).state] == ["sent", "sent"]
    assert far.texts() == ["ok", "ok"]
    assert {far.now(one).provider_ref, far.now(two).provider_ref} == {each["mid"] for each in far.sent}


def test_automation_waits_for_the_one_in_doubt_and_goes_on_in_order(far: InstagramShop) -> None:
    far.world.services.conversations.hand_back(far.shop.id, far.chat().id)
    far.server.fail_next("drop_after_accept", match="messages", method="POST")
    far.say("blue saree kitna hai?")
    assert far.texts() == [""]
    far.later(seconds=61)
    assert [text[:10] for text in far.texts()] == ["", "Blue block"]
    assert {str(one.state) for one in far.outgoing()} == {"sent"}

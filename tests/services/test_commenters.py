"""Commenters who are called otherwise in messages, answers that are lost, and posts whose details come late."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from salespilots.ports.errors import Unavailable
from salespilots.services.messaging.outbox import Answered, Outbox
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.adapter import InstagramChannel
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.comments import ASHA, BINA, POST, Comments
from tests.support.instagram import ACCOUNT, SECRET
from tests.support.shop import World

ASHA_THERE, BINA_THERE = "300000000000001", "300000000000002"
"""What comments call them."""


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str) -> Iterator[Comments]:
    with TwinServer(InstagramTwin(app_secret=SECRET, account_id=ACCOUNT)) as server:
        yield Comments(make_world, sqlite_url, server)


def private_states(shop: Comments, who: str) -> list[str]:
    return [str(one.state) for one in shop.outgoing(who) if one.kind == "text"]


def test_an_echo_that_may_be_of_two_is_of_neither(shop: Comments) -> None:
    """Asha's answer has no outcome yet when the echo of Bina's, in the same words, comes first."""
    shop.prepare()
    shop.twin.posts.messenger_ids |= {ASHA_THERE: ASHA, BINA_THERE: BINA}
    shop.post()
    shop.server.fail_next("500_before", match="/me/messages")
    shop.comment("price?", ASHA_THERE, post=POST)
    assert private_states(shop, ASHA_THERE) == ["uncertain"]
    shop.server.fail_next("500_after_accept", match="/me/messages")
    shop.comment("price?", BINA_THERE, post=POST)
    sent = next(one for one in shop.sent if one["comment_id"])
    assert sent["recipient_id"] == BINA
    shop.echo(sent)
    assert private_states(shop, ASHA_THERE) == ["uncertain"]
    shop.say("me again", BINA)
    shop.say("hello", ASHA)
    names = {
        one.conversation.customer_ref: one.customer.id
        for one in shop.world.services.conversations.page(shop.shop.id, limit=50).items
    }
    assert len({names[ASHA], names[BINA]}) == 2
    assert names[ASHA] != names[ASHA_THERE] or shop.chat(ASHA).customer_ref == ASHA


def test_an_answer_that_comes_after_its_doubt_is_believed(shop: Comments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker thought that whoever was sending had gone; then the channel's answer was noted after all."""
    shop.prepare()
    shop.post()
    settle, doubted = Outbox.settle_in, []

    def late(self, uow, message_id, result):  # type: ignore[no-untyped-def]
        message = uow.messages.get(message_id)
        if message.kind == "text" and isinstance(result, Answered) and not doubted:
            doubted.append(message_id)
            self.uncertain.doubt_in(uow, message, shop.world.clock.now(), "no_answer")
        return settle(self, uow, message_id, result)

    monkeypatch.setattr(Outbox, "settle_in", late)
    shop.comment("price?", post=POST)
    assert doubted
    assert private_states(shop, ASHA) == ["sent"]


def test_a_public_answer_is_not_written_twice_by_a_clock_that_is_ahead(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.twin.ahead = shop.world.clock.now().timestamp() - 120 - time.time()  # Instagram's is two minutes behind ours
    shop.server.fail_next("500_after_accept", match="/replies", method="POST")
    shop.comment("price?", post=POST)
    for _ in range(60):
        shop.twin.ahead += 10
        shop.later(seconds=10)
    assert len(shop.twin.posts.public) == 1
    assert {str(one.state) for one in shop.outgoing(ASHA)} == {"sent"}


def test_words_of_ours_under_another_name_of_the_account_are_ours(
    shop: Comments, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.prepare()
    shop.post()
    monkeypatch.setattr(InstagramChannel, "replies", lambda self, ref: [
        one.__class__(provider_ref=one.provider_ref, text=one.text, sent_at=one.sent_at, from_shop=False)
        for one in replies(self, ref)
    ])  # fmt: skip
    shop.server.fail_next("500_after_accept", match="/replies", method="POST")
    shop.comment("price?", post=POST)
    for _ in range(30):
        shop.twin.ahead += 10
        shop.later(seconds=10)
    assert len(shop.twin.posts.public) == 1


replies = InstagramChannel.replies


def test_a_comment_waits_for_its_post_while_instagram_is_away(shop: Comments, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule for new posts: whether this one is new can be known only when its details are there."""
    shop.prepare(posts="next")
    shop.later(minutes=1)
    shop.twin.posts.add({"id": POST, "at": shop.world.clock.now().timestamp()})
    post = InstagramChannel.post

    def away(self, ref):  # type: ignore[no-untyped-def]
        raise Unavailable(provider="instagram", reason="no_answer")

    monkeypatch.setattr(InstagramChannel, "post", away)
    shop.comment("price?", post=POST)
    for _ in range(10):  # until it is given up
        shop.later(hours=1)
        shop.settle()
    assert shop.outcome() == (0, 0)
    monkeypatch.setattr(InstagramChannel, "post", post)
    shop.twin.ahead += 10 * 3600
    shop.comment("rate?", BINA, post=POST)
    assert shop.outcome() == (2, 2)


def test_a_comment_waits_for_the_list_to_tell_of_its_post(shop: Comments, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.prepare(posts="next")
    shop.later(minutes=1)
    shop.twin.posts.add({"id": POST, "at": shop.world.clock.now().timestamp()})

    def away(self, ref):  # type: ignore[no-untyped-def]
        raise Unavailable(provider="instagram", reason="no_answer")

    monkeypatch.setattr(InstagramChannel, "post", away)
    shop.comment("price?", post=POST)
    shop.world.services.posts.fetch(shop.shop.id)
    shop.settle()
    assert shop.outcome() == (1, 1)


def test_a_caption_that_no_store_keeps_costs_nothing(shop: Comments) -> None:
    shop.prepare()
    shop.post(caption="New \x00 in \ud83d!")
    (post,) = shop.world.services.posts.page(shop.shop.id).items
    assert post.caption == "New  in ?!"


def test_a_comment_and_a_message_of_somebody_new_at_one_moment(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.comment("price?", ASHA, post=POST, settle=False)
    shop.say("hello", ASHA, settle=False)
    shop.settle()
    chats = [
        one
        for one in shop.world.services.conversations.page(shop.shop.id).items
        if one.conversation.provider == "instagram"
    ]
    assert len(chats) == 1
    assert shop.outcome() == (1, 1)


def test_jobs_lose_races_and_go_on(shop: Comments, monkeypatch: pytest.MonkeyPatch) -> None:
    from salespilots.domain.errors import StaleEntity

    shop.prepare()
    tries: list[int] = []

    def racing(business_id, payload):  # type: ignore[no-untyped-def]
        tries.append(1)
        if len(tries) < 3:
            raise StaleEntity("somebody else")

    jobs = shop.world.services.jobs
    jobs.handle("racing", racing)
    with shop.world.storage.unit_of_work(shop.shop.id) as uow:
        from salespilots.services.jobs import enqueue_in

        enqueue_in(shop.world.services.core, uow, "racing", "one", {})
        uow.commit()
    for _ in range(4):
        shop.world.clock.advance(timedelta(minutes=2))
        shop.world.services.maintenance.do_jobs()
    assert len(tries) == 3

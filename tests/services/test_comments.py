"""Comments below posts: one public answer and one private message for each, whatever the webhooks do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.comments import ASHA, BINA, MANY, POST, Comments
from tests.support.instagram import ACCOUNT, SECRET
from tests.support.shop import World


@pytest.fixture
def shop(make_world: Callable[..., World], database_url: str) -> Iterator[Comments]:
    with TwinServer(InstagramTwin(app_secret=SECRET, account_id=ACCOUNT)) as server:
        yield Comments(make_world, database_url, server)


def test_a_comment_has_one_public_and_one_private_answer_with_the_true_price(shop: Comments) -> None:
    shop.prepare(keywords=["price"])
    shop.post(products=[shop.blue])
    ref = shop.comment("Price please 😍", post=POST)
    assert shop.outcome() == (1, 1)
    assert shop.twin.posts.public[0]["comment"] == ref
    private = next(one for one in shop.sent if one["comment_id"] == ref)
    assert "₹1,499" in private["text"]
    assert [one.state for one in shop.outgoing(ASHA)] == ["sent", "sent"]
    assert shop.chat(ASHA).last_inbound_at is None  # a comment opens no window
    shop.comment("nice colours", BINA, post=POST)  # not one of the words
    assert shop.outcome() == (1, 1)
    assert {one.username: str(one.state) for one in shop.kept()} == {"cust_0001": "answered", "cust_0002": "kept"}


def test_who_answers_the_private_message_goes_on_about_that_product(shop: Comments) -> None:
    shop.prepare()
    shop.post(products=[shop.blue])
    shop.comment("want this", post=POST)
    before = len(shop.sent)
    shop.say("price?", ASHA)
    assert any("₹1,499" in one["text"] for one in shop.sent[before:])
    assert shop.chat(ASHA).last_inbound_at is not None


@pytest.mark.parametrize("again", [2, 3])
def test_a_comment_told_several_times_is_one(shop: Comments, again: int) -> None:
    shop.prepare()
    shop.post()
    ref = shop.comment("price?", post=POST)
    for _ in range(again - 1):
        field, value = shop.twin.posts.comment({"id": ref, "from": ASHA, "text": "price?", "post": POST})
        shop.hear(field, value)
    field, value = shop.twin.posts.comment(
        {"id": ref, "from": ASHA, "text": "price?", "post": POST, "ad": "17900000000000777"}
    )
    shop.hear(field, value)  # the advertisement tells of the same comment
    assert shop.outcome() == (1, 1)
    assert len(shop.kept()) == 1


def test_a_comment_below_an_advertisement_is_about_the_post_it_shows(shop: Comments) -> None:
    shop.prepare(posts="chosen", post_refs=[POST])
    shop.post(products=[shop.blue])
    shop.comment("price?", post=POST, ad="17900000000000778")
    assert shop.outcome() == (1, 1)


SKIPPED: list[tuple[dict[str, Any], str]] = [
    ({"parent": "17900000000000901"}, "reply_to_comment"),
    ({"age": timedelta(days=7)}, "comment_too_old"),
]


@pytest.mark.parametrize(("about", "reason"), SKIPPED, ids=[one[1] for one in SKIPPED])
def test_what_is_not_answered_says_why(shop: Comments, about: dict[str, Any], reason: str) -> None:
    shop.prepare()
    shop.post()
    field, value = shop.twin.posts.comment(
        {"from": ASHA, "text": "price?", "post": POST, "parent": about.get("parent")}
    )
    value["created_time"] = int((shop.world.clock.now() - about.get("age", timedelta(0))).timestamp())
    shop.hear(field, value)
    assert shop.outcome() == (0, 0)
    assert [(one.state, one.reason) for one in shop.kept()] == [("skipped", reason)]


def test_own_comments_are_never_answered(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.comment("price is in the caption", ACCOUNT, post=POST)
    assert shop.outcome() == (0, 0)
    assert shop.kept() == []


@pytest.mark.parametrize(("again", "answers"), [("post", 1), ("always", 2)])
def test_a_second_comment_of_the_same_person(shop: Comments, again: str, answers: int) -> None:
    shop.prepare(again=again)
    shop.post()
    shop.comment("price?", post=POST)
    shop.comment("hello? price?", post=POST)
    assert shop.outcome() == (answers, answers)
    shop.post("17900000000000502")
    shop.comment("and this?", post="17900000000000502")
    assert shop.outcome() == (answers + 1, answers + 1)


def test_once_a_day(shop: Comments) -> None:
    shop.prepare(again="day")
    shop.post()
    shop.comment("price?", post=POST)
    shop.post("17900000000000502")
    shop.comment("and this?", post="17900000000000502")
    assert shop.outcome() == (1, 1)
    shop.later(days=1, minutes=1)
    shop.twin.ahead += 86_460
    shop.comment("still there?", post=POST)
    assert shop.outcome() == (2, 2)


def test_next_posts_are_those_that_come_after_the_rule(shop: Comments) -> None:
    shop.twin.posts.add({"id": POST, "at": shop.world.clock.now().timestamp() - 3600})
    shop.later(seconds=1)
    shop.prepare(posts="next")
    shop.comment("price?", post=POST)  # nobody has read the list: what it is about is asked for first
    assert shop.outcome() == (0, 0)
    shop.later(minutes=1)
    shop.twin.posts.add({"id": "17900000000000502", "at": shop.world.clock.now().timestamp()})
    shop.comment("price?", post="17900000000000502")
    assert shop.outcome() == (1, 1)


def test_live_comments_are_answered_in_private_only(shop: Comments) -> None:
    """Instagram takes no public answer during a live video: it is not shown as sent."""
    shop.prepare()
    shop.post("17900000000000503", kind="live")
    shop.comment("price?", post="17900000000000503")
    assert shop.outcome() == (0, 1)
    assert sorted((one.kind, str(one.state)) for one in shop.outgoing(ASHA)) == [
        ("public_reply", "failed"),
        ("text", "sent"),
    ]


def test_a_comment_that_was_deleted_meanwhile(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.comment("price?", post=POST, gone=True)
    assert shop.outcome() == (0, 0)
    assert {str(one.state) for one in shop.outgoing(ASHA)} == {"failed"}


def test_a_picture_without_words_is_answered_by_a_rule_for_any_comment(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.comment(None, post=POST)
    assert shop.outcome() == (1, 1)


def test_a_person_who_took_over_is_not_interrupted(shop: Comments) -> None:
    shop.prepare()
    shop.post()
    shop.say("hello", ASHA)
    shop.reply("I am here", ASHA)
    shop.comment("price?", ASHA, post=POST)
    assert shop.outcome() == (0, 0)
    assert [one.reason for one in shop.kept()] == ["taken_over"]


def test_who_is_called_otherwise_in_messages_is_one_customer(shop: Comments) -> None:
    """The commenter's id and the one that messages use differ: the answer tells, and the chat goes over."""
    shop.prepare(again="always")
    shop.twin.posts.messenger_ids["300000000000001"] = ASHA
    shop.post(products=[shop.blue])
    shop.comment("price?", "300000000000001", post=POST)
    assert shop.outcome() == (1, 1)
    assert [one.kind for one in shop.outgoing(ASHA)] == ["public_reply", "text"]
    shop.say("price?", ASHA)
    shop.comment("one more", "300000000000001", post=POST)
    assert shop.outcome() == (2, 2)
    chats = shop.world.services.conversations.page(shop.shop.id, limit=50).items
    assert len([one for one in chats if one.conversation.provider == "instagram"]) == 1


def test_who_wrote_before_and_comments_under_another_id_has_one_chat(shop: Comments) -> None:
    shop.prepare()
    shop.say("hello", ASHA)
    shop.twin.posts.messenger_ids["300000000000001"] = ASHA
    shop.post()
    shop.comment("price?", "300000000000001", post=POST)
    kinds = [one.kind for one in shop.outgoing(ASHA)]
    assert kinds[-2:] == ["public_reply", "text"]
    assert shop.chat("300000000000001").state == "closed"


def test_the_echo_of_a_private_answer_is_nobody_else(shop: Comments) -> None:
    """It may come before the answer of the send, in the name that messages use."""
    shop.prepare()
    shop.twin.posts.messenger_ids["300000000000001"] = ASHA
    shop.post()
    shop.server.fail_next("timeout_after_accept", match="/me/messages", seconds=0.1)
    shop.comment("price?", "300000000000001", post=POST)
    assert {str(one.state) for one in shop.outgoing("300000000000001")} == {"sent", "uncertain"}
    shop.echo(next(one for one in shop.sent if one["comment_id"]))
    assert {str(one.state) for one in shop.outgoing(ASHA)} == {"sent"}
    assert shop.chat(ASHA).mode == "bot"


@pytest.mark.parametrize("arrived", [True, False])
def test_a_public_answer_without_a_clear_answer_is_looked_for_below_the_comment(shop: Comments, arrived: bool) -> None:
    """Never by the chat, which does not show it: written twice it would be there twice."""
    shop.prepare()
    shop.post()
    shop.say("hello", ASHA)  # there is a chat to be read, without it
    shop.server.fail_next("500_after_accept" if arrived else "500_before", match="/replies", method="POST")
    ref = shop.comment("price?", post=POST)
    public = next(one for one in shop.outgoing(ASHA) if one.kind == "public_reply")
    assert public.state == "uncertain"
    for _ in range(30):
        shop.twin.ahead += 10
        shop.later(seconds=10)
    assert shop.now(public).state == "sent"
    assert [one["comment"] for one in shop.twin.posts.public] == [ref]
    assert shop.now(public).provider_ref == shop.twin.posts.public[0]["id"]


def test_a_posts_picture_is_kept(shop: Comments) -> None:
    shop.prepare()
    shop.post(picture=shop.picture())
    (post,) = shop.world.services.posts.page(shop.shop.id).items
    path = shop.world.services.pictures.path(shop.shop.id, post.picture)
    assert path.read_bytes()[:3] == b"\xff\xd8\xff"


def test_somebody_elses_post_that_is_shared_is_not_listed(shop: Comments) -> None:
    shop.prepare()
    payload = {"ig_post_media_id": "17900000000009999", "title": "Not ours", "url": "https://cdn.example.com/x.jpg"}
    message = {"mid": "mid.shared", "attachments": [{"type": "ig_post", "payload": payload}]}
    shop.deliver({"kind": "raw", "item": {
        "sender": {"id": ASHA}, "recipient": {"id": ACCOUNT}, "timestamp": int(shop.world.clock.now().timestamp() * 1000),
        "message": message,
    }})  # fmt: skip
    shop.settle()
    assert list(shop.world.services.posts.page(shop.shop.id).items) == []


def test_price_on_a_story_is_the_price_of_what_it_shows(shop: Comments) -> None:
    """Through the real webhook: the story is kept when it is first answered, and what it shows is said once."""
    shop.prepare()
    story = {"id": "17900000000000777", "url": "https://cdn.example.com/story.jpg"}
    shop.say_about(story, "wow", BINA)
    (post,) = shop.world.services.posts.page(shop.shop.id, kind="story").items
    shop.world.services.posts.show(shop.shop.id, post.id, [shop.blue])
    before = len(shop.sent)
    shop.say_about(story, "bhai iska rate kya h 😍 M size milega?", ASHA)
    assert any("₹1,499" in one["text"] for one in shop.sent[before:])


def test_a_flood_is_paced_and_survives_a_restart(shop: Comments, make_world: Callable[..., World]) -> None:
    """Below Instagram's 750 an hour, in order, each answered once, by whoever works."""
    shop.prepare()
    shop.post()
    shop.twin.windows.limits["private_per_hour"] = 750
    for number in range(MANY):
        shop.comment("price?", f"2000000000{number:05d}", post=POST, settle=False)
    shop.settle()
    waiting = shop.world.services.sendings.waiting(shop.shop.id)
    assert sum(one.count for one in waiting) == MANY - len(shop.twin.posts.private) > 0
    assert shop.world.clock.now() < max(one.last_at for one in waiting)
    before = len(shop.twin.posts.private)
    shop.start_again()
    for _ in range(40):
        shop.twin.ahead += 10
        shop.later(seconds=10)
    assert before < MANY
    assert shop.outcome() == (MANY, MANY)
    assert len({one["comment_id"] for one in shop.sent if one["comment_id"]}) == MANY
    refused = [one for one in shop.server.requests() if one["path"].endswith("/messages")]
    assert len(refused) == len(shop.sent)  # Instagram never had to say that it was too much

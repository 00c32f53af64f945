""" "Price?" on a story or a shared post: the product it shows, or a question, never a guess."""

from __future__ import annotations

import pytest

from salespilots.ports.channel import Attachment, Subject
from tests.support.fake_channel import FarSide

STORY = "17900000000000801"


class Stories:
    """A shop on a channel whose customers answer its stories."""

    def __init__(self, far: FarSide) -> None:
        self.far, self.services, self.shop_id = far, far.shop.world.services, far.shop.id

    def reply(self, text: str, *, ref: str = STORY, who: str = "asha", kind: str = "story_reply") -> list[str]:
        """A customer answers a story; returns what was sent because of it."""
        subject = Subject(kind="story", ref=ref, url="https://cdn.example.com/story.jpg")
        before = len(self.far.channel.sent)
        self.far.deliver(self.far.event(kind, text, who, subject=subject))
        return self.far.channel.texts()[before:]

    def shows(self, *titles: str, ref: str = STORY) -> None:
        """The owner says what a story shows."""
        ids = [self.far.shop.product(one).product.id for one in titles]
        post = self.services.posts.by_refs(self.shop_id, [ref])[ref]
        self.services.posts.show(self.shop_id, post.id, ids)

    def prices(self) -> list[str]:
        """Everything that was sent, cards included."""
        return [repr(one.content) for one in self.far.channel.sent]


@pytest.fixture
def stories(far: FarSide) -> Stories:
    return Stories(far)


def test_price_on_a_story_that_shows_one_product(stories: Stories) -> None:
    stories.reply("hello 👋", who="first")  # the story is heard of
    stories.shows("blue")
    said = stories.reply("bhai iska rate kya h 😍 M size milega?")
    assert any("Blue" in one and "₹1,499" in one for one in said), said
    chat = stories.far.chat()
    assert chat.focus["product_id"] == stories.far.shop.product("blue").product.id


@pytest.mark.parametrize("words", ["kitne ka", "pp", "प्राइस?", "PRICEEE", "💰??"])
def test_every_way_to_ask_for_the_price(stories: Stories, words: str) -> None:
    stories.reply("hello", who="first")
    stories.shows("blue")
    assert any("₹1,499" in one for one in stories.reply(words))


def test_two_products_in_one_post_are_asked_about(stories: Stories) -> None:
    stories.reply("hello", who="first")
    stories.shows("blue", "necklace")
    said = stories.reply("price?")
    assert said[0] == "Which one do you mean?"
    cards = stories.far.channel.sent[-1].content.cards
    assert len(cards) == 2


def test_words_that_name_one_of_them_choose(stories: Stories) -> None:
    stories.reply("hello", who="first")
    stories.shows("blue", "necklace")
    said = stories.reply("blue saree price?")
    assert any("₹1,499" in one for one in said)


def test_a_story_nobody_told_about_is_never_the_product_before(stories: Stories) -> None:
    stories.far.say("blue saree kitna hai?")
    before = len(stories.far.channel.sent)
    said = stories.reply("price?", ref="17900000000000899")
    assert said
    assert not any("is ₹1,499" in one for one in said)
    assert any(hasattr(one.content, "cards") for one in stories.far.channel.sent[before:])


def test_words_go_before_the_post(stories: Stories) -> None:
    stories.reply("hello", who="first")
    stories.shows("necklace")
    said = stories.reply("blue saree kitna hai?")
    assert any("Blue" in one and "₹1,499" in one for one in said)


def test_emoji_alone_is_answered_lightly_and_once(stories: Stories) -> None:
    stories.reply("hello", who="first")
    stories.shows("blue")
    assert len(stories.reply("😍😍", who="bina")) == 1
    assert stories.reply("🔥", who="bina") == []
    tap = stories.far.channel.sent[-1].content.quick_replies[0]
    stories.far.deliver(stories.far.event("quick_reply", tap.title, "bina", payload=tap.payload))
    assert any("₹1,499" in one for one in stories.far.channel.texts()[-3:])
    assert len(stories.reply("❤️", ref="17900000000000802", who="bina")) == 1


def test_a_shared_post_is_what_it_shows(stories: Stories) -> None:
    post = Subject(kind="reel", ref="17900000000000803", title="Price 999 only! (caption)")
    shared = Attachment(kind="ig_reel", url="https://cdn.example.com/reel", title=post.title, ref=post.ref)
    stories.far.deliver(stories.far.event("message", "", "first", subject=post, attachments=(shared,)))
    stories.shows("blue", ref=post.ref)
    before = len(stories.far.channel.sent)
    stories.far.deliver(stories.far.event("message", "is this available?", subject=post, attachments=(shared,)))
    said = stories.far.channel.texts()[before:]
    assert any("Blue" in one for one in said)
    assert not any("999 only" in one for one in said)

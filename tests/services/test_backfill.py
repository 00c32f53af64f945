"""Recent chats read back: gaps close in the order of their own time, nothing doubles, and nothing old is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from salespilots.domain.conversation import Message
from salespilots.domain.errors import NotFound
from salespilots.domain.windows import Right
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram import reading
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.instagram import ACCOUNT, InstagramShop
from tests.support.shop import World

WHO = "200000000000001"


class Shop(InstagramShop):
    """With a customer of before, and everything due done."""

    def ago(self, **time: float) -> datetime:
        return self.world.clock.now() - timedelta(**time)

    def read_back(self) -> None:
        for _ in range(60):
            self.world.clock.advance(timedelta(seconds=1))
            if not self.world.services.maintenance.do_jobs():
                break
        self.world.settle()

    def all(self, who: str = WHO) -> list[Message]:
        found = self.world.services.conversations.messages(self.shop.id, self.chat(who).id, limit=200)
        return sorted(found, key=lambda one: (one.created_at, one.seq))

    def looks(self) -> int:
        """How often the chats were listed, the daily look at the account left out: it asks for one only."""
        listed = [one for one in self.server.requests() if one["path"].endswith("/conversations")]
        return sum("limit" not in one["query"] for one in listed)

    def start(self) -> bool:
        return self.world.services.backfill.start(self.shop.id, "instagram")


@pytest.fixture
def far(make_world: Callable[..., World], sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(reading, "SECONDS_BETWEEN", 0.0)
    with TwinServer(InstagramTwin(account_id=ACCOUNT)) as server:
        shop = Shop(make_world, sqlite_url, server)
        # The stand-in tells which chats are too old by the real clock; the shop's is made to agree with it.
        monkeypatch.setattr("salespilots_channel_instagram.twin_reading.REQUESTS_LAST", timedelta(days=36_500))
        yield shop


def test_what_was_said_before_the_shop_connected(far: Shop) -> None:
    far.twin.wrote(WHO, "old-1", "blue saree kitna hai?", ACCOUNT, at=far.ago(days=3))
    far.twin.answered(WHO, "old-2", "1499, shall I send it?", ACCOUNT, at=far.ago(days=3, minutes=-5))
    far.twin.wrote(WHO, "old-3", "2 chahiye", ACCOUNT, at=far.ago(days=2))
    assert far.start()
    far.read_back()
    said = [(one.direction, one.author, one.text) for one in far.all()]
    assert said == [
        ("in", "customer", "blue saree kitna hai?"), ("out", "agent", "1499, shall I send it?"), ("in", "customer", "2 chahiye"),
    ]  # fmt: skip
    assert [one.created_at.date() for one in far.all()] == [one.sent_at.date() for one in far.all() if one.sent_at]
    assert far.sent == []  # nothing of it is answered
    chat = far.chat()
    assert (chat.mode, chat.unread, chat.preview) == ("bot", 0, "2 chahiye")
    assert chat.last_inbound_at == far.all()[-1].sent_at
    assert far.world.services.conversations.allows(chat).right is not Right.ANYBODY


def test_nothing_doubles_whoever_comes_first(far: Shop) -> None:
    far.say("thanks")
    far.twin.wrote(WHO, "gap-1", "are you there?", ACCOUNT, at=far.ago(seconds=-1))
    before = len(far.sent)
    for _ in range(3):
        far.start()
        far.read_back()
    assert [one.text for one in far.all() if one.direction == "in"] == ["thanks", "are you there?"]
    far.deliver({"from": WHO, "mid": "gap-1", "text": "are you there?"})  # the webhook comes after all
    assert [one.text for one in far.all() if one.direction == "in"] == ["thanks", "are you there?"]
    assert len(far.outgoing()) == len(far.sent) >= before


def test_a_gap_is_filled_in_the_order_of_time(far: Shop) -> None:
    far.say("thanks")
    far.later(hours=2)
    far.twin.wrote(WHO, "gap-1", "missed one", ACCOUNT, at=far.ago(hours=1))
    far.twin.answered(WHO, "gap-2", "missed two", ACCOUNT, at=far.ago(minutes=50))
    far.say("thanks again")
    unread = far.chat().unread
    far.start()
    far.read_back()
    mine = [one.text for one in far.all() if one.author in ("customer", "agent")]
    assert mine == ["thanks", "missed one", "missed two", "thanks again"]
    chat = far.chat()
    assert chat.preview == "thanks again" or chat.preview_author == "bot"
    assert chat.unread == unread + 1  # it can still be answered, by a person
    assert chat.mode == "human"  # somebody of the shop talked an hour ago


def test_what_is_minutes_old_is_answered(far: Shop) -> None:
    far.twin.wrote(WHO, "new-1", "blue saree kitna hai?", ACCOUNT, at=far.ago(minutes=2))
    far.start()
    far.read_back()
    assert far.sent


def test_it_goes_on_once_a_day_from_where_it_was(far: Shop) -> None:
    backfill = far.world.services.backfill
    assert backfill.state(far.shop.id, "instagram")["done_at"] is None
    for number in range(30):
        far.twin.wrote(WHO, f"old-{number:02}", f"t{number}", ACCOUNT, at=far.ago(hours=40, minutes=-number))
    far.start()
    assert backfill.state(far.shop.id, "instagram")["running"]
    far.read_back()
    state = backfill.state(far.shop.id, "instagram")
    assert (state["running"], state["new"], state["missing"], state["error"]) == (False, 20, 10, None)
    far.world.clock.advance(timedelta(hours=23))
    far.twin.wrote(WHO, "later", "while webhooks slept", ACCOUNT, at=far.ago(hours=1))
    asked = far.looks()
    far.read_back()
    assert far.looks() == asked == 1
    far.world.clock.advance(timedelta(hours=1))
    far.read_back()
    assert far.all()[-1].text == "while webhooks slept"
    assert backfill.state(far.shop.id, "instagram")["new"] == 1


def test_trouble_puts_it_off_and_another_day_comes(far: Shop) -> None:
    far.twin.wrote(WHO, "old-1", "hello", ACCOUNT, at=far.ago(hours=3))
    far.server.fail_next("500", match="/conversations", times=50)
    far.start()
    for _ in range(8):
        far.later(hours=2)
        far.world.services.maintenance.do_jobs()
    far.server.fail_next("none")
    far.later(hours=25)
    far.read_back()
    assert [one.text for one in far.all()] == ["hello"]


def test_why_a_look_was_given_up_is_said_until_one_works(far: Shop) -> None:
    far.twin.wrote(WHO, "old-1", "hello", ACCOUNT, at=far.ago(hours=3))
    far.server.fail_next("400", match="/conversations")
    far.start()
    far.read_back()
    state = far.world.services.backfill.state(far.shop.id, "instagram")
    assert (state["running"], state["done_at"], bool(state["error"])) == (False, None, True)
    far.later(hours=25)
    far.read_back()
    state = far.world.services.backfill.state(far.shop.id, "instagram")
    assert (bool(state["done_at"]), state["error"], state["new"]) == (True, None, 1)


def test_a_message_that_cannot_be_read_keeps_no_other_one_away(far: Shop) -> None:
    far.twin.wrote(WHO, "odd", "of a kind that is not told", ACCOUNT, at=far.ago(hours=3))
    far.twin.wrote(WHO, "good", "hello", ACCOUNT, at=far.ago(hours=2))
    far.server.fail_next("400", match="/odd", times=1000)
    far.start()
    far.read_back()
    state = far.world.services.backfill.state(far.shop.id, "instagram")
    assert (bool(state["done_at"]), state["error"], state["new"], state["missing"]) == (True, None, 1, 1)
    assert [one.text for one in far.all()] == ["hello"]


def test_who_is_not_connected_is_not_read(far: Shop) -> None:
    services = far.world.services
    far.start()
    services.connections.disconnect(far.shop.id, "instagram")
    far.read_back()
    assert far.server.requests() == []
    assert services.backfill.state(far.shop.id, "instagram")["error"] == "not_connected"
    with pytest.raises(NotFound):
        far.start()


def test_a_channel_that_cannot_be_read_is_said_to_be(far: Shop) -> None:
    with pytest.raises(NotFound):
        far.world.services.backfill.start(far.shop.id, "practice")


def test_it_begins_when_the_shop_connects(far: Shop) -> None:
    far.twin.wrote(WHO, "old-1", "hello from last week", ACCOUNT, at=far.ago(days=6))
    far.connect()
    far.read_back()
    assert [one.text for one in far.all()] == ["hello from last week"]
    assert far.sent == []

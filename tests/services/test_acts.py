"""Typing, seen and reactions at the real adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from salespilots.domain.errors import Conflict
from salespilots.ports.errors import PortError
from salespilots.services.messaging.acts import HEART
from salespilots.services.messaging.reactions import shown as shown_reactions
from salespilots.testing.twin import TwinServer, wait_until
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.instagram import ACCOUNT, SECRET, InstagramShop
from tests.support.shop import World


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str) -> Iterator[InstagramShop]:
    with TwinServer(InstagramTwin(app_secret=SECRET, account_id=ACCOUNT)) as server:
        yield InstagramShop(make_world, sqlite_url, server)


def shown(shop: InstagramShop) -> list[str]:
    return [one["action"] for one in shop.twin.acts]


def test_a_chat_that_is_looked_at_is_seen_once(shop: InstagramShop) -> None:
    shop.say("hello")
    for _ in range(2):
        shop.world.services.conversations.seen(shop.shop.id, shop.chat().id)
        shop.settle()
    assert shown(shop) == ["mark_seen"]
    shop.say("are you there?")
    shop.world.services.conversations.seen(shop.shop.id, shop.chat().id)
    shop.settle()
    assert shown(shop) == ["mark_seen", "mark_seen"]


def test_nobody_waits_for_a_channel_that_shows_nothing(shop: InstagramShop) -> None:
    shop.say("hello")
    shop.server.fail_next("500", match="/messages", times=1)
    shop.world.services.conversations.seen(shop.shop.id, shop.chat().id)
    shop.settle()
    assert shown(shop) == []
    assert shop.reply("Good morning").state == "sent"


def test_typing_is_shown_beside_the_work(shop: InstagramShop) -> None:
    shop.say("hello")
    shop.world.services.acts.typing(shop.chat())
    wait_until(lambda: shown(shop) == ["typing_on"])


def incoming(shop: InstagramShop) -> str:
    messages = shop.world.services.conversations.messages(shop.shop.id, shop.chat().id)
    return next(one.id for one in messages if one.direction == "in")


def test_a_reaction_is_kept_when_instagram_took_it(shop: InstagramShop) -> None:
    shop.say("thank you!")
    acts, message_id = shop.world.services.acts, incoming(shop)
    kept = acts.react(shop.shop.id, message_id, HEART, actor=shop.shop.user.id)
    assert [one["emoji"] for one in shown_reactions(kept)] == [HEART]
    assert shop.twin.acts[-1]["reaction"] == "love"
    assert shop.twin.acts[-1]["message_id"] == kept.provider_ref
    assert shown_reactions(acts.react(shop.shop.id, message_id, "", actor=shop.shop.user.id)) == []
    assert shown(shop) == ["react", "unreact"]
    shop.server.fail_next("blocked", match="/messages")
    with pytest.raises(PortError):
        acts.react(shop.shop.id, message_id, HEART, actor=shop.shop.user.id)
    assert shown_reactions(shop.world.services.conversations.message(shop.shop.id, message_id)) == []


def test_what_cannot_be_reacted_to(shop: InstagramShop) -> None:
    shop.say("blue saree kitna hai?")
    acts = shop.world.services.acts
    with pytest.raises(Conflict):
        acts.react(shop.shop.id, shop.outgoing()[0].id, HEART, actor="")
    with pytest.raises(Conflict):
        acts.react(shop.shop.id, incoming(shop), "\U0001f4a3", actor="")

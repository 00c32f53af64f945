"""Windows at the real adapter: automation for a day, a person's words for a week, nothing after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from salespilots.domain.errors import ReplyWindowClosed
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.instagram import ACCOUNT, SECRET, InstagramShop
from tests.support.shop import World

ASHA = "200000000000001"
HOUR, DAY = 3600, 86400


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str) -> Iterator[InstagramShop]:
    with TwinServer(InstagramTwin(app_secret=SECRET, account_id=ACCOUNT)) as server:
        made = InstagramShop(make_world, sqlite_url, server)
        made.twin.windows.enforce = True
        made.twin.ahead = made.world.clock.now().timestamp() - time.time()
        yield made


def wait(shop: InstagramShop, seconds: float) -> None:
    """Time passes here and at Instagram."""
    shop.twin.ahead += seconds
    shop.later(seconds=seconds)


def test_a_person_answers_late_with_the_tag_and_a_program_does_not(shop: InstagramShop) -> None:
    shop.say("hello")
    wait(shop, 2 * DAY)
    late = shop.reply("Sorry, I was away. It is here now.")
    assert (late.state, shop.sent[-1]["tag"]) == ("sent", "HUMAN_AGENT")
    with pytest.raises(ReplyWindowClosed):
        shop.world.services.conversations.reply(shop.shop.id, shop.chat().id, "from a program", user_id=None)


def test_inside_the_window_nothing_carries_the_tag(shop: InstagramShop) -> None:
    shop.say("hello")
    shop.reply("Good morning")
    assert {one["tag"] for one in shop.sent} == {""}


def test_an_app_without_the_approval_says_so(shop: InstagramShop) -> None:
    shop.twin.windows.human_agent = False
    shop.say("hello")
    wait(shop, 2 * DAY)
    late = shop.reply("Sorry, I was away.")
    assert (late.state, late.reason) == ("failed", "late_reply_not_allowed")


def test_after_a_week_the_chat_is_locked(shop: InstagramShop) -> None:
    shop.say("hello")
    wait(shop, 7 * DAY)
    with pytest.raises(ReplyWindowClosed):
        shop.reply("Hello again")


def test_a_reply_that_waited_past_the_day_leaves_with_the_tag(shop: InstagramShop) -> None:
    """It was written inside the window; the channel was away until after it."""
    shop.say("hello")
    wait(shop, 23 * HOUR)
    shop.server.fail_next("429", match="/messages", retry_after=2 * HOUR)
    waiting = shop.reply("Yes, tomorrow")
    assert waiting.state == "queued"
    wait(shop, 2 * HOUR)
    wait(shop, 60)
    assert (shop.now(waiting).state, shop.sent[-1]["tag"]) == ("sent", "HUMAN_AGENT")


@pytest.mark.parametrize("moved", [True, False])
def test_a_follow_up_is_moved_into_the_window_or_skipped_with_the_reason(shop: InstagramShop, moved: bool) -> None:
    """A day of waiting begins after the customer's word, so it always ends outside."""
    wait_step = {"for": "P1D", "or_event": "message.received", "window": "move" if moved else "keep"}
    definition = {
        "format": 1,
        "trigger": {"kind": "message.received", "settings": {"keywords": ["catalogue please"]}},
        "steps": [
            {"id": "wait", "kind": "flow.wait", "settings": wait_step, "next": "ask", "on_event": "end"},
            {"id": "ask", "kind": "message.text", "settings": {"text": "Still interested?"}, "next": "end"},
        ],
    }
    workflows = shop.world.services.workflows
    for one in workflows.page(shop.shop.id, limit=50).items:
        workflows.pause(shop.shop.id, one.id)
    workflows.publish(shop.shop.id, workflows.create(shop.shop.id, "Follow up", definition).id)
    shop.say("catalogue please")
    wait(shop, 23 * HOUR)
    wait(shop, HOUR - 600)
    assert ("Still interested?" in shop.texts()) is moved
    wait(shop, 1200)
    found = next(one for one in shop.outgoing() if one.text == "Still interested?")
    assert (found.state, found.reason) == (("sent", None) if moved else ("skipped", "reply_window_closed"))

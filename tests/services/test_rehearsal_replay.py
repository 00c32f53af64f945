"""The time machine: the past once more with a draft, and nothing but the difference it makes."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from salespilots.bootstrap import open_memory
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.services.rehearsal.collecting import collector_rests
from salespilots.services.rehearsal.dry_run import DryRuns
from salespilots.services.rehearsal.time_machine import Replay, TimeMachine
from tests.services.test_rehearsal import make, starter, text, words
from tests.services.test_rehearsal_closed import ReadOnly, no_network
from tests.support.shop import Shop

__all__ = ["no_network"]


def past(shop: Shop) -> None:
    """Three days: a purchase, questions, a person who steps in."""
    clock, services = shop.world.clock, shop.world.services
    shop.say("Hi", who="asha")
    shop.say("blue saree kitna hai?", who="asha")
    clock.advance(timedelta(hours=5))
    shop.pay(shop.order_two_sarees())
    clock.advance(timedelta(days=1))
    shop.say("mera order kaha hai", who="riya")
    shop.say("timing?", who="asha")
    shop.say("owner se baat karni hai", who="kabir")
    [waiting] = services.conversations.page(shop.id, view="waiting").items
    services.conversations.reply(shop.id, waiting.conversation.id, "Yes?", user_id=shop.user.id)
    shop.say("timing?", who="kabir")
    clock.advance(timedelta(days=1))
    shop.say("jhumka dikhao", who="bina")
    clock.advance(timedelta(hours=30))


def replay(shop: Shop, workflow_id: str, **more: Any) -> Replay:
    return shop.world.services.time_machine.replay(shop.id, workflow_id, **more)


def changed(shop: Shop, key: str, change: Callable[[dict[str, Any]], None]) -> tuple[str, dict[str, Any]]:
    workflow = next(one for one in shop.world.services.workflows.page(shop.id).items if one.starter == key)
    definition = copy.deepcopy(workflow.draft)
    change(definition)
    return workflow.id, definition


@pytest.fixture
def old_shop(shop: Shop) -> Shop:
    past(shop)
    return shop


@pytest.mark.parametrize("key", ["welcome", "price_and_buy", "order_status"])
def test_an_unchanged_workflow_makes_no_difference(old_shop: Shop, key: str) -> None:
    told = replay(old_shop, starter(old_shop, key))
    assert told.rows == ()
    assert told.messages == 14
    assert told.left_out == 0
    assert told.conversations == 4
    assert all(then == now for then, now in told.answers.values())
    assert sum(then for then, _ in told.answers.values()) >= 5


def test_a_known_change_makes_exactly_its_difference(old_shop: Shop) -> None:
    def greet(definition: dict[str, Any]) -> None:
        definition["steps"][0]["settings"]["text"] = "Ram Ram!"

    welcome, definition = changed(old_shop, "welcome", greet)
    told = replay(old_shop, welcome, definition=definition)
    assert {one.kind for one in told.rows} == {"changed"}
    assert [(one.customer, one.message) for one in told.rows] == [("Asha", "Hi")]
    [row] = told.rows
    assert row.now[0].text == "Ram Ram!"
    assert [one.text for one in row.then[1:]] == [one.text for one in row.now[1:]]
    assert [one.text for one in row.really] == [one.text for one in row.then]
    assert told.counts == {"added": 0, "removed": 0, "changed": 1}
    assert told.customers == 1


def test_a_new_workflow_tells_who_would_get_what(old_shop: Shop) -> None:
    draft = make(old_shop, words("timing"), text("Open 10 to 7"))
    told = replay(old_shop, draft)
    assert [(one.customer, one.message, one.kind) for one in told.rows] == [("Asha", "timing?", "changed")]
    assert [one.text for one in told.rows[0].now] == ["Open 10 to 7"]
    assert told.answers[draft] == (0, 1)  # a person answers Kabir
    assert told.violations == ()


def test_what_happens_to_orders_is_replayed(old_shop: Shop) -> None:
    draft = make(old_shop, {"kind": "order.paid", "settings": {}}, text("A gift is in the parcel"))
    [row] = replay(old_shop, draft).rows
    assert "A gift is in the parcel" in [one.text for one in row.now]
    assert row.customer == "Riya Sen"


def test_what_may_not_be_sent_is_told(old_shop: Shop) -> None:
    wait = {"id": "wait", "kind": "flow.wait", "settings": {"for": "PT26H", "window": "keep"}, "next": "say"}
    draft = make(old_shop, words("timing"), wait, text("Anything else?"))
    told = replay(old_shop, draft)
    assert [(one.text, one.reason, one.new) for one in told.violations] == [
        ("Anything else?", "reply_window_closed", True)
    ]


def test_a_workflow_that_says_nothing_any_more(old_shop: Shop) -> None:
    silent = {"trigger": {"kind": "message.intent", "settings": {"intents": ["order_status"]}},
              "steps": [{"id": "stop", "kind": "flow.stop", "settings": {}}]}  # fmt: skip
    told = replay(old_shop, starter(old_shop, "order_status"), definition=silent)
    assert [(one.message, one.kind) for one in told.rows] == [("mera order kaha hai", "removed")]


def test_the_newest_messages_are_taken_and_the_rest_is_told(old_shop: Shop) -> None:
    told = replay(old_shop, starter(old_shop, "welcome"), most=3)
    assert (told.messages, told.left_out) == (3, 11)
    late = replay(old_shop, starter(old_shop, "welcome"), seconds=0)
    assert (late.messages, late.left_out, late.rows) == (0, 14, ())
    today = replay(old_shop, starter(old_shop, "welcome"), days=2)
    assert today.messages == 1
    assert today.since == old_shop.world.clock.now() - timedelta(days=2)


def test_a_replay_reads_only_and_calls_nobody(old_shop: Shop, no_network: None) -> None:
    core, registry = old_shop.world.services.core, old_shop.world.application.registry
    closed = replace(core, storage=ReadOnly(core.storage))
    memory = partial(open_memory, registry)
    machine = TimeMachine(closed, memory, DryRuns(closed, memory))
    draft = make(old_shop, words("timing"), text("Open 10 to 7"))
    assert machine.replay(old_shop.id, draft).rows


def test_the_garbage_collector_rests_meanwhile_and_works_again(old_shop: Shop) -> None:
    assert gc.isenabled()
    with collector_rests(), collector_rests():
        assert not gc.isenabled()
        replay(old_shop, starter(old_shop, "welcome"))
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_rests():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_cannot_be_replayed(shop: Shop) -> None:
    welcome = starter(shop, "welcome")
    assert replay(shop, welcome).messages == 0
    for days in (0, 31, -1, True):
        with pytest.raises(InvalidInput):
            replay(shop, welcome, days=days)
    with pytest.raises(InvalidInput):
        replay(shop, welcome, definition={"trigger": words("x"), "steps": []})
    with pytest.raises(NotFound):
        replay(shop, "wfl_nothing000")

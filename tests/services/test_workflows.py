"""The engine: versions, waits, hand-over, broken steps, owners' own workflows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from salespilots.domain.errors import Conflict, DefinitionInvalid, InvalidInput
from salespilots.ports.channel import Text
from salespilots.ports.errors import Unavailable
from salespilots.ports.extensions import ActionType, Advance, SendMessage
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings
from tests.support.shop import Shop, World
from tests.support.workflows import on_words, publish, say


def test_keywords_match_whole_words_in_any_case(bare: Shop) -> None:
    publish(bare, "Hours", on_words("timing", "खुला"), say("Open 10 to 7"))
    assert [one.text for one in bare.say("Shop TIMING?")] == ["Open 10 to 7"]
    assert [one.text for one in bare.say("दुकान खुला है?")] == ["Open 10 to 7"]
    assert not any(one.text == "Open 10 to 7" for one in bare.say("mistiming"))


def test_the_whole_message_and_nothing_else(bare: Shop) -> None:
    trigger = {"kind": "message.received", "settings": {"how": "exact", "any": ["1"]}}
    publish(bare, "Menu", trigger, say("You chose the first"))
    assert [one.text for one in bare.say("1")] == ["You chose the first"]
    assert [one.text for one in bare.say("1 !", who="asha")] == ["You chose the first"]
    for number, other in enumerate(("message is 1", "11", "1 saree", "SP-1")):
        assert "You chose the first" not in [one.text for one in bare.say(other, who=f"other{number}")]


def test_an_unwanted_word_leaves_a_message_to_the_next_workflow(bare: Shop) -> None:
    publish(
        bare, "Price", {"kind": "message.received", "settings": {"any": ["price"], "none": ["gold"]}}, say("900 rupees")
    )
    publish(bare, "Rest", on_words(), say("Ask me about sarees"))
    assert [one.text for one in bare.say("kitne ka hai")] == ["900 rupees"]
    assert [one.text for one in bare.say("price of gold?", who="asha")] == ["Ask me about sarees"]


def test_a_hostile_pattern_is_refused_at_save_with_its_place(bare: Shop) -> None:
    trigger = {"kind": "message.received", "settings": {"how": "pattern", "any": ["size", r"(a+)+\1"]}}
    with pytest.raises(InvalidInput) as refused:
        bare.world.services.workflows.create(bare.id, "Slow", {"trigger": trigger, "steps": [say("Hi")]})
    (problem,) = refused.value.fields["definition"]
    assert problem.startswith("When: any: 1: ")


def test_a_running_run_stays_on_its_version(bare: Shop) -> None:
    trigger, ask = on_words("start"), {"id": "ask", "kind": "ask", "settings": {"type": "text", "text": "Word?"}}
    made = publish(bare, "Two", trigger, {**ask, "next": "say"}, say("First"))
    bare.say("start")
    workflows = bare.world.services.workflows
    workflows.save_draft(
        bare.id, made.id, definition={"trigger": trigger, "steps": [{**ask, "next": "say"}, say("Second")]}
    )
    workflows.publish(bare.id, made.id)
    assert bare.say("anything")[-1].text == "First"
    bare.say("start")
    assert bare.say("anything")[-1].text == "Second"
    assert workflows.get(bare.id, made.id).version_number == 2
    assert workflows.publish(bare.id, made.id).version_number == 2


def test_paused_means_silent(bare: Shop) -> None:
    made = publish(bare, "Hours", on_words("timing"), say("Open"))
    bare.world.services.workflows.pause(bare.id, made.id)
    assert bare.say("timing") == []


def test_order_paid_starts_a_workflow(shop: Shop) -> None:
    publish(shop, "Thanks", {"kind": "order.paid", "settings": {}}, say("A little gift is in the parcel"))
    shop.pay(shop.order_two_sarees())
    assert "A little gift is in the parcel" in shop.texts()


def test_hand_over_step_and_tag(bare: Shop) -> None:
    publish(
        bare, "VIP", on_words("vip"), {"id": "tag", "kind": "customer.tag", "settings": {"tag": "VIP"}, "next": "hand"},
        {"id": "hand", "kind": "flow.hand_over", "settings": {}},
    )  # fmt: skip
    bare.say("vip")
    [row] = bare.world.services.conversations.page(bare.id, view="waiting").items
    assert row.customer.tags == ["VIP"]
    assert row.conversation.mode == "human"
    [run] = bare.world.services.run_log.runs(bare.id, bare.world.services.workflows.page(bare.id).items[0].id).items
    assert (run.state, run.result) == ("succeeded", "handed_over")


def test_branches_follow_the_data(bare: Shop) -> None:
    publish(
        bare, "Check", on_words("check"),
        {"id": "if", "kind": "flow.branch", "settings": {"all": [{"field": "customer.orders", "op": "gt", "value": 0}]},
         "then": "old", "else": "new"},
        say("Welcome back", "old"), say("Welcome", "new"),
    )  # fmt: skip
    assert bare.say("check")[-1].text == "Welcome"


def test_the_run_log_tells_the_story(shop: Shop) -> None:
    shop.order_two_sarees()
    workflow = next(one for one in shop.world.services.workflows.page(shop.id).items if one.starter == "price_and_buy")
    [run] = shop.world.services.run_log.runs(shop.id, workflow.id).items
    _, steps, version = shop.world.services.run_log.run(shop.id, run.id)
    assert run.result == "done"
    assert version.number == 1
    assert [one.step_id for one in steps][:3] == ["find", "offer", "variant"]
    assert steps[-1].step_id == "link"
    assert all(one.reason for one in steps)


class Breaking:
    """A plugin with a step that breaks, one that calls out and fails, and one that works in the end."""

    def __init__(self) -> None:
        self.failures = 2

    def flaky(self, context: Any) -> Advance:
        if self.failures:
            self.failures -= 1
            raise Unavailable(provider="far")
        return Advance(effects=(SendMessage(content=Text(text="At last")),))

    def broken(self, context: Any) -> Advance:
        raise RuntimeError("bug")

    @hookimpl
    def salespilots_workflow_actions(self) -> list[ActionType]:
        def action(key: str, run: Any, calls: bool) -> ActionType:
            return ActionType(
                key=key, label=key, settings=NoSettings, run=run, sentence=lambda _: key, calls_ports=calls
            )

        return [
            action("far.flaky", self.flaky, True), action("far.broken", self.broken, True),
            action("near.broken", self.broken, False),
        ]  # fmt: skip


@pytest.fixture
def breaking(make_world: Callable[..., World], sqlite_url: str) -> Shop:
    world = make_world(sqlite_url, extra=[Breaking()])
    return Shop(world, *world.sign_up())


def test_a_provider_that_is_away_is_asked_again(breaking: Shop) -> None:
    publish(breaking, "Flaky", on_words("go"), {"id": "far", "kind": "far.flaky", "settings": {}})
    assert breaking.say("go") == []
    for _ in range(3):
        breaking.world.clock.advance(120)
        breaking.world.settle()
    assert breaking.texts() == ["At last"]


@pytest.mark.parametrize("kind", ["far.broken", "near.broken"])
def test_a_broken_step_goes_down_its_error_branch_or_to_a_person(breaking: Shop, kind: str) -> None:
    publish(
        breaking, "Branch", on_words("go"), {"id": "x", "kind": kind, "settings": {}, "on_error": "sorry"},
        say("Sorry", "sorry"),
    )  # fmt: skip
    assert breaking.say("go")[-1].text == "Sorry"
    publish(breaking, "None", on_words("halt"), {"id": "x", "kind": kind, "settings": {}})
    assert "asking the shop" in breaking.say("halt")[-1].text
    assert breaking.world.services.conversations.page(breaking.id, view="waiting").items


@pytest.mark.parametrize(
    "definition",
    [
        "text", [], {}, {"trigger": {}, "steps": []}, {"trigger": on_words("x"), "steps": "none"},
        {"trigger": on_words("x"), "steps": [{"id": "a", "kind": "message.text", "settings": {}}]},
        {"trigger": on_words("x"), "steps": [{"id": "a b", "kind": "message.text", "settings": {"text": "x"}}]},
        {"trigger": on_words("x"), "steps": [say("x")], "surprise": 1},
        {"trigger": {"kind": "message.intent", "settings": {"intents": ["nonsense"]}}, "steps": [say("x")]},
    ],
)  # fmt: skip
def test_wrong_shapes_are_input_errors(bare: Shop, definition: Any) -> None:
    with pytest.raises(InvalidInput):
        bare.world.services.workflows.create(bare.id, "X", definition)


def test_meaning_is_checked_before_going_live(bare: Shop) -> None:
    workflows = bare.world.services.workflows
    with pytest.raises(InvalidInput) as refused:
        workflows.create(bare.id, "X", {"trigger": on_words("x"), "steps": [say("x", next="nowhere")]})
    assert refused.value.fields["definition"] == ["Step say: next names a missing step 'nowhere'."]
    made = workflows.create(bare.id, "X", {"trigger": on_words("x"), "steps": [say("x"), say("y", "lost")]})
    with pytest.raises(DefinitionInvalid, match="nothing leads here"):
        workflows.publish(bare.id, made.id)
    with pytest.raises(Conflict):
        workflows.pause(bare.id, made.id)

"""Dry runs: the chat, the way through the steps, the reasons, and what would be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.services.rehearsal.report import Rehearsal
from salespilots.services.rehearsal.script import Assumptions, Happening, Said, Script, read_script, say, write_script
from tests.support.shop import TO_CONFIRM, Shop


def words(*keywords: str) -> dict[str, Any]:
    return {"kind": "message.received", "settings": {"keywords": list(keywords)}}


def text(words: str, id: str = "say", **branches: str) -> dict[str, Any]:
    return {"id": id, "kind": "message.text", "settings": {"text": words}, **branches}


def make(shop: Shop, trigger: dict[str, Any], *steps: dict[str, Any], name: str = "Draft") -> str:
    workflows = shop.world.services.workflows
    return workflows.create(shop.id, name, {"trigger": trigger, "steps": list(steps)}).id


def starter(shop: Shop, key: str) -> str:
    return next(one.id for one in shop.world.services.workflows.page(shop.id).items if one.starter == key)


def play(shop: Shop, workflow_id: str, script: Script, **more: Any) -> Rehearsal:
    return shop.world.services.dry_runs.run(shop.id, workflow_id, script, **more)


def shown(told: Rehearsal) -> list[str]:
    return [one.text for one in told.messages if one.author != "customer"]


def test_a_draft_answers_without_being_live(shop: Shop) -> None:
    draft = make(shop, words("timing"), text("Open 10 to 7"))
    told = play(shop, draft, say("Shop timing?", known=True))
    assert shown(told) == ["Open 10 to 7"]
    assert (told.answer.workflow_id, told.answer.workflow) == (draft, "Draft")
    assert told.answer.reason == "“timing” matched"
    assert [(one.step_id, one.kind, one.outcome) for one in told.trace] == [("say", "message.text", "done")]
    assert [one.state for one in told.messages] == ["received", "sent"]
    assert not told.stopped


def test_the_whole_purchase_is_played_with_true_figures(shop: Shop) -> None:
    told = play(shop, starter(shop, "price_and_buy"), say(*TO_CONFIRM, "yes"))
    [order] = [one for one in told.effects if one.kind == "order.placed"]
    saree = shop.product("blue")
    assert order.facts["total_paise"] == 2 * saree.variants[0].price_paise + order.facts["total_paise"] - sum(
        one["total_paise"] for one in order.facts["lines"]
    )
    assert order.facts["lines"][0]["quantity"] == 2
    assert any(one.kind == "payment.link_made" for one in told.effects)
    assert {one.facts["field"] for one in told.effects if one.kind == "customer.set"} >= {"phone", "pincode", "line1"}
    assert told.answers[0].intent == "price_inquiry"
    assert told.answers[1].reason == "It goes on where it waited."
    assert "link" in told.visited
    assert ("offer", "on_empty") in {(one.step_id, one.branch) for one in told.not_taken}
    assert shop.world.services.orders.page(shop.id).items == []


def test_the_same_script_tells_the_same(shop: Shop) -> None:
    script = say(*TO_CONFIRM, "yes")
    assert play(shop, starter(shop, "price_and_buy"), script) == play(shop, starter(shop, "price_and_buy"), script)


def test_a_dry_run_says_what_the_chat_says(shop: Shop) -> None:
    told = play(shop, starter(shop, "price_and_buy"), say(*TO_CONFIRM[:3]))
    for one in TO_CONFIRM[:3]:
        shop.say(one)
    assert shown(told) == shop.texts()


def test_stock_is_what_is_pretended(shop: Shop) -> None:
    buy, saree = starter(shop, "price_and_buy"), shop.product("blue")
    there = play(shop, buy, say("blue saree kitna hai?"))
    gone = play(shop, buy, say("blue saree kitna hai?", sold_out=True))
    one = play(shop, buy, say("blue saree kitna hai?", stock={saree.variants[0].id: 1}))
    assert len({" ".join(shown(each)) for each in (there, gone, one)}) == 3
    order = say(*TO_CONFIRM, "yes", stock={saree.variants[0].id: 1})
    assert not any(one.kind == "order.placed" for one in play(shop, buy, order).effects)


def test_others_are_told_why_not(shop: Shop) -> None:
    draft = make(shop, words("saree"), text("Sarees!"))
    told = play(shop, draft, say("blue saree kitna hai?", in_order=True))
    assert told.answer.workflow_id == starter(shop, "price_and_buy")
    reasons = {one.workflow_id: one.reason for one in told.answer.others}
    assert "another workflow stands before it" in reasons[draft]
    assert "They ask about price." in reasons[starter(shop, "order_status")]
    first = play(shop, draft, say("blue saree kitna hai?"))
    assert first.answer.workflow_id == draft
    assert (
        "before this one in your list"
        in {one.workflow_id: one.reason for one in first.answer.others}[starter(shop, "price_and_buy")]
    )
    alone = play(shop, draft, say("blue saree kitna hai?", only_this=True))
    assert shown(alone) == ["Sarees!"]
    assert alone.answer.others == ()
    nobody = play(shop, draft, say("kya haal hai xyz", only_this=True))
    assert nobody.answer.workflow_id is None
    assert nobody.answer.reason
    person = play(shop, draft, say("owner se baat karni hai"))
    assert "A person is asked" in person.answer.reason
    assert [one.kind for one in person.effects] == ["conversation.waiting"]


def test_waits_are_skipped_and_told(shop: Shop) -> None:
    wait = {"id": "wait", "kind": "flow.wait", "settings": {"for": "PT4H", "or_event": "message.received"},
            "next": "nudge", "on_event": "end"}  # fmt: skip
    draft = make(shop, words("hello"), text("Hi", next="wait"), wait, text("Still there?", "nudge"))
    told = play(shop, draft, say("hello", only_this=True))
    assert shown(told) == ["Hi", "Still there?"]
    [waited] = [one for one in told.trace if one.outcome == "waiting"]
    assert waited.waited == 4 * 3600
    assert told.ended_at - told.began_at == timedelta(hours=4)
    early = Script(
        inputs=(Said(text="hello"), Said(text="ok", after=timedelta(hours=1))),
        assumptions=Assumptions(only_this=True),
    )
    assert "Still there?" not in shown(play(shop, draft, early))


def test_a_question_waits_unless_silence_is_pretended(shop: Shop) -> None:
    ask = {"id": "ask", "kind": "ask", "settings": {"type": "text", "text": "Your size?"}, "next": "thanks",
           "on_timeout": "bye"}  # fmt: skip
    draft = make(shop, words("size"), ask, text("Thanks", "thanks"), text("Bye", "bye"))
    told = play(shop, draft, say("size", only_this=True))
    assert shown(told) == ["Your size?"]
    assert told.trace[-1].waits_for == "message.received"
    assert told.trace[-1].until is not None
    silent = play(shop, draft, say("size", only_this=True, silence=True))
    assert [one.branch for one in silent.trace][-2:] == ["on_timeout", "next"]


def test_a_closed_window_skips_what_may_not_be_sent(shop: Shop) -> None:
    draft = make(shop, {"kind": "order.shipped", "settings": {}}, text("It is on its way"))
    open_, closed = (
        play(shop, draft, Script(inputs=(Happening(event="order.shipped"),), assumptions=Assumptions(window_open=one)))
        for one in (True, False)
    )
    assert [(one.state, one.reason) for one in open_.messages] == [("sent", "")]
    assert [(one.state, one.reason) for one in closed.messages] == [("skipped", "reply_window_closed")]
    assert open_.answer.workflow_id == draft
    assert closed.effects == ()


@pytest.mark.parametrize("event", ["order.paid", "order.delivered", "payment.failed", "refund.processed"])
def test_events_start_what_waits_for_them(shop: Shop, event: str) -> None:
    draft = make(shop, {"kind": event, "settings": {}}, text("Seen"))
    told = play(shop, draft, Script(inputs=(Happening(event=event),)))
    assert shown(told) == ["Seen"]
    with pytest.raises(Conflict):
        play(shop, draft, Script(inputs=(Happening(event=event),), assumptions=Assumptions(sold_out=True)))


def test_a_real_customer_brings_tags_and_orders(shop: Shop) -> None:
    order = shop.order_two_sarees()
    told = play(shop, starter(shop, "order_status"), say("mera order kaha hai", customer_id=order.customer_id))
    assert order.number in " ".join(shown(told))
    assert shop.world.services.orders.get(shop.id, order.id) == order
    with pytest.raises(NotFound):
        play(shop, starter(shop, "order_status"), say("hi", customer_id="cus_nobody000"))


def test_an_unpaid_order_runs_out_when_the_customer_stays_silent(shop: Shop) -> None:
    trigger = {"kind": "order.expired", "settings": {}}
    draft = make(shop, trigger, text("What a pity"))
    order = say(*TO_CONFIRM, "yes", silence=True)
    later = Script(inputs=(*order.inputs, Said(text="thanks", after=timedelta(hours=2))))
    told = play(shop, draft, later)
    assert "What a pity" in shown(told)
    assert [one.kind for one in told.effects if one.kind in ("order.placed", "order.expired")] == [
        "order.placed", "order.expired",
    ]  # fmt: skip


def test_an_unsaved_definition_is_tried_and_a_broken_one_refused(shop: Shop) -> None:
    draft = make(shop, words("timing"), text("Old"))
    new = {"trigger": words("timing"), "steps": [text("New")]}
    assert shown(play(shop, draft, say("timing", known=True), definition=new)) == ["New"]
    circle = {"trigger": words("x"), "steps": [text("a", "a", next="b"), text("b", "b", next="a")]}
    for bad in ({}, [], "x", {"trigger": words("x"), "steps": []}, circle, {**new, "steps": [text("x")] * 2}):
        with pytest.raises(InvalidInput) as refused:
            play(shop, draft, say("x"), definition=bad)
        assert refused.value.fields["definition"]


def test_the_time_is_the_one_that_is_given(shop: Shop) -> None:
    at = datetime(2027, 1, 14, 6, 30, tzinfo=UTC)
    draft = make(shop, words("timing"), text("Open"))
    told = play(shop, draft, say("timing", at=at, known=True))
    assert {one.at for one in told.messages} == {at}


def test_a_rehearsal_has_an_end(shop: Shop) -> None:
    from salespilots.services.rehearsal.world import Limits

    wait = {"id": "wait", "kind": "flow.wait", "settings": {"for": "PT1M"}, "next": "say"}
    draft = make(shop, words("loop"), text("Again", next="wait"), wait)
    told = play(shop, draft, say("loop", only_this=True))
    assert 20 < len(shown(told)) <= 61
    runs = shop.world.services.dry_runs
    tried = runs.prepare(shop.id, draft, say("loop"))
    assert runs.play(tried, say("loop"), Limits(turns=1)).stopped


def test_scripts_go_through_json() -> None:
    script = Script(
        inputs=(Said(text="hi", payload="yes"), Happening(event="order.paid", after=timedelta(hours=1))),
        assumptions=Assumptions(stock={"var_one00000": 0}, at=datetime(2027, 1, 1, tzinfo=UTC), sold_out=True),
    )
    assert read_script(write_script(script)) == script
    assert read_script({"text": "hi"}) == say("hi")
    for bad in ({}, {"text": " "}, {"text": "x" * 3000}, {"event": "no.such"}, {"inputs": [{"text": "x"}] * 21},
                {"text": "x", "stock": {"a": -1}}, {"text": "x", "stock": {"a": True}}, {"text": "x", "more": 1},
                {"text": "x", "at": "0001-01-01T00:00:00+23:59"}, {"text": "x", "known": "yes"}, [], "x"):  # fmt: skip
        with pytest.raises(InvalidInput):
            read_script(bad)


def test_another_channels_abilities_are_pretended(shop: Shop) -> None:
    draft = make(shop, words("timing"), text("Open"))
    with pytest.raises(InvalidInput):
        play(shop, draft, say("timing", channel="pigeon"))
    known = replace(say("timing"), assumptions=Assumptions(known=True, name="Riya"))
    assert shown(play(shop, draft, known)) == ["Open"]

"""A chat in which a question hangs is let go by one button."""

from __future__ import annotations

from datetime import timedelta

from tests.support.shop import Shop
from tests.support.workflows import on_words, publish, runs_of, say, step


def test_what_was_asked_and_planned_is_over(bare: Shop) -> None:
    asked = publish(
        bare, "Ask", on_words("start"), step("ask", "ask", {"next": "end"}, type="phone", text="Your number?")
    )
    planned = publish(
        bare, "Later", on_words("zzlater"), step("wait", "flow.wait", {"next": "say"}, **{"for": "PT1H"}), say("Later")
    )
    bare.say("start")
    bare.say("zzlater")
    [row] = bare.world.services.conversations.page(bare.id).items
    bare.world.services.conversations.start_over(bare.id, row.conversation.id, user_id=bare.user.id)
    assert [one.result for one in (*runs_of(bare, asked), *runs_of(bare, planned))] == ["started_over"] * 2
    before = bare.texts()
    bare.world.clock.advance(timedelta(hours=2))
    bare.world.settle()
    assert bare.texts() == before
    assert bare.say("start")[-1].text == "Your number?"

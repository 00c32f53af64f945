"""Two saves of one workflow at one moment: neither is lost without a word."""

from __future__ import annotations

import pytest

from salespilots.domain.errors import Conflict
from tests.support.shop import Shop
from tests.support.workflows import on_words, publish, say


def test_a_save_on_an_older_state_is_refused(shop: Shop) -> None:
    workflows = shop.world.services.workflows
    made = publish(shop, "X", on_words("x"), say("One"))
    mine = {"trigger": on_words("x"), "steps": [say("Mine")]}
    workflows.save_draft(shop.id, made.id, definition={"trigger": on_words("x"), "steps": [say("Theirs")]})
    with pytest.raises(Conflict):
        workflows.save_draft(shop.id, made.id, definition=mine, based_on=made.version)
    kept = workflows.get(shop.id, made.id)
    assert kept.draft["steps"][0]["settings"]["text"] == "Theirs"
    workflows.save_draft(shop.id, made.id, definition=mine, based_on=kept.version)
    assert workflows.get(shop.id, made.id).draft["steps"][0]["settings"]["text"] == "Mine"

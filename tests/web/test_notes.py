"""What workflows told the owner: on Home until it was read."""

from __future__ import annotations

from tests.support.browser import Visitor
from tests.support.program import application
from tests.support.shop import Shop
from tests.support.workflows import on_words, publish, step


def test_a_note_is_new_until_it_is_read(shop: Shop) -> None:
    made = publish(shop, "Gold", on_words("zzgold"), step("tell", "owner.notify", text="Somebody asks for <gold>"))
    shop.world.services.workflows.move(shop.id, made.id, -50)
    owner = Visitor(application(shop.world))
    owner.sign_in("meera@example.in")
    assert "note from a workflow" not in owner.get("/app").get_data(as_text=True)
    assert "Nothing yet" in owner.get("/app/notes").get_data(as_text=True)
    shop.say("zzgold")
    shop.say("zzgold", who="kavya")
    assert "2 notes from workflows" in owner.get("/app").get_data(as_text=True)
    shown = owner.get("/app/notes").get_data(as_text=True)
    assert shown.count("Somebody asks for &lt;gold&gt;") == 2
    until = shop.world.services.owner_notes.latest(shop.id)[0][0].seq
    shop.say("zzgold", who="third")
    owner.post("/app/notes/read", until=str(until))
    assert "1 note from a workflow" in owner.get("/app").get_data(as_text=True)
    assert shop.world.services.owner_notes.latest(shop.id)[1] == 1

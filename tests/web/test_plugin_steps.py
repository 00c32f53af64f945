"""A third-party trigger and step: in the builder with their forms, and at work, without a line of the core about them."""

from __future__ import annotations

import re
from collections.abc import Callable

from salespilots_channel_echo import hooks
from tests.support.browser import Visitor
from tests.support.program import application
from tests.support.shop import Shop, World


def test_the_examples_are_built_with_and_answer(make_world: Callable[..., World], sqlite_url: str) -> None:
    world = make_world(sqlite_url, extra=[hooks])
    shop = Shop(world, *world.sign_up())
    owner = Visitor(application(world))
    owner.sign_in("meera@example.in")
    answer = owner.post("/app/workflows/new", name="Loud")
    workflow = re.search(r"/app/workflows/(wfl_\w+)", answer.location)[1]  # type: ignore[index]
    at = f"/app/workflows/{workflow}"
    chosen = owner.get(f"{at}/when?kind=echo.shouted").text
    assert "Capital letters" in chosen
    assert owner.post(f"{at}/when", kind="echo.shouted", **{"s-letters": "2"}).status_code == 422
    assert owner.post(f"{at}/when", kind="echo.shouted", **{"s-letters": "4"}).status_code == 303
    assert "Say it back" in owner.get(f"{at}/add").text
    said = {"s-before": "Loud and clear:", "s-times": "2"}
    form = owner.get(f"{at}/add?kind=echo.repeat").text
    assert "Say first" in form
    assert "How often" in form
    assert owner.post(f"{at}/add", kind="echo.repeat", **said).status_code == 303
    page = owner.get(at).text
    assert "A customer writes 4 or more capital letters" in page
    assert "Say the customer" in page
    world.services.workflows.publish(shop.id, workflow)
    assert shop.say("PRICE!!")[-1].text == "Loud and clear: price!! price!!"
    assert not any("clear" in one.text for one in shop.say("Price"))

"""The gallery page: every starter as a chat, in two languages, and what "Use this" makes."""

from __future__ import annotations

import re

from salespilots.domain.workflow import WorkflowState
from salespilots.services.workflows.starters import GALLERY
from tests.support.browser import Visitor
from tests.support.shop import Shop, World

PATH = "/app/workflows/gallery"


def send(owner: Visitor, path: str, data: dict[str, str]) -> tuple[int, str]:
    answer = owner.client.post(path, base_url=owner.address, data={**data, "csrf_token": owner.token()})
    return answer.status_code, answer.headers.get("Location", "")


def test_every_starter_is_shown_by_its_goal(owner: Visitor) -> None:
    text = owner.get(PATH).text
    for one in GALLERY:
        assert text.count(f"<h3>{one.name.en}</h3>") == 1
    assert [text.index(goal) for goal in ("goal-answer", "goal-sell", "goal-follow_up", "goal-after_sale")]
    assert text.count('class="peek"') == len(GALLERY)
    assert "There is nothing to show yet." not in text
    assert "Hello Riya! Welcome to Meera Handlooms." in text
    assert "Below your post: “price please”" in text
    assert text.index("4 hours later") < text.index("Did you find something you like?")


def test_it_speaks_hindi(owner: Visitor) -> None:
    text = owner.get(f"{PATH}?language=hi").text
    assert all(one.name.hi in text for one in GALLERY)
    assert "नमस्ते Riya! Meera Handlooms में स्वागत है।" in text
    assert 'lang="hi" aria-current="true"' in text
    assert "Gallery" in owner.get(f"{PATH}?language=klingon").text


def test_nothing_of_a_preview_leads_out_of_the_page(owner: Visitor) -> None:
    text = owner.get(PATH).text
    peeks = re.findall(r'<div class="peek".*?<div class="ft"><span class="sub grow">', text, flags=re.DOTALL)
    assert len(peeks) == len(GALLERY)
    assert not [one for one in peeks if "rehearsal" in one or 'href="http' in one]


def test_taking_one_makes_a_draft_with_its_tests(owner: Visitor, shop: Shop) -> None:
    status, to = send(owner, f"{PATH}/feedback/use", {"language": "hi"})
    assert (status, to.rpartition("/")[0]) == (303, "/app/workflows")
    services, made = shop.world.services, to.rpartition("/")[2]
    workflow = services.workflows.get(shop.id, made)
    assert (workflow.name, workflow.state, workflow.starter) == ("कैसा लगा?", WorkflowState.DRAFT, "feedback")
    assert [one.passed for one in services.cases.check(shop.id, made)] == [True, True]
    text = owner.get(PATH).text
    assert f'href="/app/workflows/{made}"' in text
    assert text.count("Use again") == 4  # the three that are on, and this one
    assert send(owner, f"{PATH}/nothing/use", {})[0] == 404


def test_a_shop_without_products_sees_practice_ones(world: World) -> None:
    world.sign_up()
    visitor = Visitor.of(world)
    visitor.sign_in("meera@example.in")
    text = visitor.get(PATH).text
    assert "in stock" in text
    assert "There is nothing to show yet." not in text

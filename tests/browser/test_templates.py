"""Templates in the composer by their shortcut, and the pages around workflows, held to the rules of every screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from salespilots.services.template_starters import FIRST
from tests.support.browser import DESK, PHONE, Watched
from tests.support.shop import Shop


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_stroke_offers_templates_below_a_chat(chrome: Browser, site: str, shop: Shop, size: dict[str, Any]) -> None:
    for one in FIRST:
        shop.world.services.templates.save(shop.id, one.values())
    shop.say("hello")
    chat = shop.world.services.conversations.page(shop.id).items[0].conversation.id
    watched = Watched(chrome, site, **size)
    page = watched.signed_in()
    page.goto(f"/app/inbox/{chat}")
    box, offers = page.locator("#box"), page.get_by_role("listbox", name="Templates")
    box.press_sequentially("/")
    expect(offers.get_by_role("option")).to_have_count(len(FIRST))
    watched.check(page)
    box.press_sequentially("s")
    box.press("ArrowDown")
    expect(offers.get_by_role("option", selected=True)).to_contain_text("/still")
    box.press("Enter")
    expect(box).to_have_value("Hello Riya, are you still interested in {product}? I am happy to answer questions.")
    expect(offers).to_be_hidden()
    box.press_sequentially("the saree")  # what the chat does not know is selected to be written over
    expect(box).to_have_value("Hello Riya, are you still interested in the saree? I am happy to answer questions.")
    assert (
        shop.world.services.conversations.messages(shop.id, chat)[-1].author != "agent"
    )  # Enter chose, it sent nothing

    box.fill("/thank")
    offers.get_by_role("option", name="/thanks").click()
    expect(box).to_have_value("Thank you for writing to Meera Handlooms, Riya! How can I help you?")
    box.fill("/")
    box.press("Escape")
    expect(offers).to_be_hidden()
    page.get_by_role("link", name="Templates").locator("visible=true").last.click()
    page.get_by_role("link", name="/pay").click()
    expect(box).to_have_value(FIRST[2].en)
    assert "template=" not in page.url
    watched.check(page)
    watched.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_around_workflows_keep_the_rules(chrome: Browser, site: str, shop: Shop, size: dict[str, Any]) -> None:
    services = shop.world.services
    shop.say("blue saree kitna hai?")
    flow = next(one for one in services.workflows.page(shop.id).items if one.starter == "price_and_buy")
    services.tags.add(shop.id, "VIP")
    watched = Watched(chrome, site, **size)
    page = watched.signed_in()
    page.goto("/app/templates/new")
    page.get_by_label("Shortcut").fill("price")
    page.get_by_label("हिन्दी").fill("दाम ")
    page.get_by_role("button", name="Insert price").click()
    expect(page.locator("[data-words-of=text_hi] .bub")).to_have_text("दाम ₹2,499.00")
    watched.check(page)
    page.get_by_role("button", name="Save the template").click()
    expect(page.get_by_role("link", name="price")).to_be_visible()
    watched.check(page)
    for path in (
        "/app/workflows/gallery", "/app/settings/automation", "/app/settings/tags",
        f"/app/workflows/{flow.id}/replay?days=1",
    ):  # fmt: skip
        page.goto(path)
        watched.check(page)
    page.goto("/app/workflows/gallery?language=hi")
    page.get_by_role("button", name="Use this: डिलीवरी के सवाल").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("डिलीवरी के सवाल")
    watched.close()

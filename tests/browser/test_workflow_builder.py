"""The builder on a phone: a workflow is built by taps from nothing, tried, published, and answers; and its keys on a desk."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import DESK, PHONE, Watched
from tests.support.shop import Shop, World


def problems(watched: Watched) -> list[str]:
    """What is wrong with the pages. This server does not see that a page was left, so that streams hold their places."""
    return [one for one in watched.problems if one != "a live stream was refused"]


def quiet_shop(world: World) -> Shop:
    """A practice shop in which no workflow answers."""
    shop = world.practice_shop()
    for one in world.services.workflows.page(shop.id).items:
        world.services.workflows.pause(shop.id, one.id)
    return shop


def choose(page: Page, kind: str) -> None:
    """Tap on a kind in the list of kinds."""
    page.locator(".kind", has=page.get_by_text(kind, exact=True)).tap()
    page.wait_for_url("**kind=**")


def add(page: Page, where: str, kind: str) -> None:
    """Open the plus of this name and choose."""
    page.get_by_role("link", name=where, exact=True).tap()
    choose(page, kind)


def put_in(page: Page) -> None:
    page.get_by_role("button", name="Add this step").tap()
    page.wait_for_url(re.compile(r"#s-"))


def test_price_and_buy_by_taps(chrome: Browser, site: str, world: World) -> None:
    shop = quiet_shop(world)
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in()
    page.goto("/app/workflows")
    watched.check(page)
    page.get_by_role("link", name="New workflow").tap()
    page.wait_for_url("**/new")
    page.get_by_label("Name").fill("Price question")
    watched.check(page)
    page.get_by_role("button", name="Start").tap()
    page.wait_for_url("**/when**")
    watched.check(page)
    choose(page, "A question")
    page.get_by_label("price", exact=True).check()
    page.get_by_label("buying", exact=True).check()
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url(re.compile(r"#s-when"))

    add(page, "Add step", "Find the product")
    put_in(page)
    expect(page.locator("#s-find")).to_be_focused()
    add(page, "Add a step after step 1", "Check")
    page.get_by_label("Look at").first.select_option("Pieces in stock")
    page.get_by_label("It", exact=True).first.select_option("is more than")
    page.get_by_label("Value").first.fill("0")
    watched.check(page)
    put_in(page)
    page.get_by_role("link", name="Add a step to this branch").first.tap()
    choose(page, "Send a message")
    box = page.get_by_label("Message", exact=True)
    box.fill("Hi ")
    page.get_by_text("Put in a value").tap()
    page.get_by_role("button", name="product", exact=False).first.tap()
    expect(box).to_have_value("Hi {product}")
    box.press("End")
    box.press_sequentially(" is {price}.")
    expect(page.locator("[data-bubble]")).to_have_text(re.compile(r"Hi .+ is ₹[\d,.]+\."))
    put_in(page)
    page.get_by_role("link", name="Add a step to this branch").tap()
    choose(page, "Hand over")
    put_in(page)
    watched.check(page)

    page.get_by_role("link", name="Dry run").tap()
    page.get_by_label("Message from the customer").fill("blue saree kitna hai?")
    page.get_by_role("button", name="Run", exact=True).tap()
    panel = page.locator(".panel")
    expect(panel).to_contain_text("Would send 1 message")
    expect(panel.locator(".sim")).to_contain_text("Hi Blue block-print saree is ₹1,499.00.")
    expect(panel.locator(".trace")).to_contain_text("“No, sold out” not taken")
    expect(page.locator(".ran")).to_have_count(4)
    assert shop.texts() == []
    watched.check(page)
    page.get_by_label("Save as a test").fill("Blue saree")
    page.get_by_role("button", name="Save the test").tap()
    expect(panel.locator(".tests")).to_contain_text("Blue saree")
    page.get_by_role("button", name="Run all tests").tap()
    expect(panel).to_contain_text("1 of 1 tests pass")
    watched.check(page)

    page.get_by_role("link", name="Close dry run").tap()
    page.get_by_role("switch", name="Workflow is live").tap()
    expect(page.get_by_role("switch", name="Workflow is live")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-region=saved]")).to_contain_text("version 1")
    shop.say("blue saree kitna hai?")
    assert shop.texts() == ["Hi Blue block-print saree is ₹1,499.00."]
    assert problems(watched) == []
    watched.close()


def test_a_form_saves_itself_and_steps_move_by_keys(chrome: Browser, site: str, world: World) -> None:
    shop = quiet_shop(world)
    steps = [
        {"id": "one", "kind": "message.text", "settings": {"text": "First"}, "next": "two"},
        {"id": "two", "kind": "message.text", "settings": {"text": "Second"}, "next": "end"},
    ]
    trigger = {"kind": "message.received", "settings": {"keywords": ["timing"]}}
    made = world.services.workflows.create(shop.id, "Hours", {"trigger": trigger, "steps": steps})
    world.services.workflows.publish(shop.id, made.id)
    watched = Watched(chrome, site, **DESK)
    page = watched.signed_in()
    page.goto(f"/app/workflows/{made.id}")
    page.locator("#s-one").click()
    box = page.get_by_label("Message", exact=True)
    box.fill("Hello {customer}")
    expect(page.locator("[data-region=steps]")).to_contain_text("Hello first name")
    expect(page.locator("[data-region=saved]")).to_contain_text("1 change not live")
    box.fill("Hello {x!r}")
    expect(page.locator("#e-s-text")).to_contain_text("is no placeholder")
    expect(box).to_have_value("Hello {x!r}")
    box.fill("Hello there")
    expect(page.locator("#e-s-text")).to_have_count(0)
    expect(page.locator("[data-region=steps]")).to_contain_text("Hello there")
    watched.check(page)
    page.keyboard.press("Escape")
    expect(page.locator("#s-one")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".lane .hd").first).to_have_attribute("id", "s-two")
    expect(page.locator("#s-one")).to_be_focused()
    page.get_by_role("link", name="2 changes not live").click()
    expect(page.locator(".diffs")).to_contain_text("Send a message")
    watched.check(page)
    page.goto("/app/workflows")
    page.get_by_role("switch", name="Hours is on").click()
    expect(page.get_by_role("switch", name="Hours is on")).to_have_attribute("aria-checked", "false")
    page.get_by_role("switch", name="Hours is on").click()
    page.wait_for_url("**/publish?ask=1")
    page.get_by_role("button", name="Go live").click()
    expect(page.locator(".toast")).to_contain_text("Version 2 is live")
    assert [one.text for one in shop.say("timing?")] == ["Second", "Hello there"]
    assert problems(watched) == []
    watched.close()

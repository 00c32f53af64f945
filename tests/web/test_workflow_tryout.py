"""Trying a workflow at the builder: what would happen, and the tests that are kept."""

from __future__ import annotations

import re

from tests.support.builder import Builder, text_of
from tests.support.shop import Shop


def test_a_dry_run_shows_what_would_happen_and_does_nothing(builder: Builder, shop: Shop) -> None:
    builder.post(f"{builder.at}/when", kind="message.intent", s__intents=["price_inquiry"])
    find = builder.add("product.find")
    check = builder.add(
        "flow.branch", find, **{"s-all-0-field": "product.stock", "s-all-0-op": "gt", "s-all-0-value": "0"}
    )
    builder.add("message.product", check, "then", s__text="{product} is {price}.")
    builder.add("customer.tag", check, "else", s__tag="wants restock")
    before = shop.product("blue").levels
    page = builder.post(f"{builder.at}/dry-run", 200, text="blue saree kitna hai?")
    said = text_of(page)
    assert "Would send 2 messages" in said
    assert "Blue block-print saree is ₹1,499.00." in said
    assert "“No, sold out” not taken" in said
    assert page.count('class="ran"') == 4
    assert 'class="br dim"' in page
    page = builder.post(f"{builder.at}/dry-run", 200, text="blue saree kitna hai?", stock="none", at="2026-11-24T22:30")
    said = text_of(page)
    assert "Would send nothing" in said
    assert "Tag “wants restock” is added" in said
    assert 'value="none" selected' in page
    assert 'value="2026-11-24T22:30"' in page
    page = builder.post(f"{builder.at}/dry-run", 200, sample="Where is my order?", place="only")
    assert "It does not answer this" in text_of(page)
    assert 'value="only" selected' in page
    assert 'class="ran"' not in page
    assert "Write a message" in builder.post(f"{builder.at}/dry-run", 422, text=" ")
    assert "Write a day and an hour." in builder.post(f"{builder.at}/dry-run", 422, text="hi", at="soon")
    assert shop.texts() == []
    assert shop.product("blue").levels == before
    assert "wants restock" not in shop.world.services.tags.names(shop.id)


def test_an_event_is_tried_too(builder: Builder) -> None:
    builder.post(f"{builder.at}/when", kind="order.paid")
    builder.add("message.text", s__text="Thank you for {order}!")
    page = builder.get("/dry-run")
    assert '<option value="order.paid" selected>' in page
    said = text_of(builder.post(f"{builder.at}/dry-run", 200, event="order.paid", customer="known"))
    assert "Would send 1 message" in said
    assert "Thank you for SP-" in said


def test_a_kept_test_holds_back_what_breaks_it(builder: Builder) -> None:
    builder.post(f"{builder.at}/when", kind="message.received", s__keywords="timing")
    step = builder.add("message.text", s__text="Ten to seven.")
    page = builder.post(f"{builder.at}/dry-run", 200, text="timing?", customer="known")
    script = re.search(r'name="script" value="([^"]+)"', page)
    assert script is not None
    builder.post(f"{builder.at}/tests", script=script[1].replace("&#34;", '"'), name="Hours")
    builder.post(f"{builder.at}/tests", script="{", name="Broken")
    [case] = builder.shop.world.services.cases.of(builder.shop.id, builder.id)
    assert (case.name, case.script["known"]) == ("Hours", True)
    builder.post(f"{builder.at}/switch", live="1")
    builder.post(f"{builder.at}/steps/{step}", **{"kind": "message.text", "s-text": "Come in."})
    said = text_of(builder.post(f"{builder.at}/tests/run", 200))
    assert "0 of 1 tests pass" in said
    page = builder.post(f"{builder.at}/publish", 409)
    assert "Tests of this workflow fail." in page
    assert "Go live all the same" in page
    assert builder.workflow.version_number == 1
    page = builder.get(f"/tests/{case.id}")
    assert 'value="timing?"' in page
    assert "Come in." in page
    builder.post(f"{builder.at}/publish", force="1")
    assert builder.workflow.version_number == 2
    builder.post(f"{builder.at}/tests/{case.id}/remove")
    assert "Run all tests" not in builder.get()
    assert builder.owner.get(f"{builder.at}/tests/{case.id}").status_code == 404


def test_a_message_of_the_log_is_tried_again(builder: Builder, shop: Shop) -> None:
    builder.post(f"{builder.at}/when", kind="message.received", s__keywords="hello")
    builder.add("message.text", s__text="Hello")
    builder.post(f"{builder.at}/switch", live="1")
    shop.say("hello, are you there")
    href = re.search(r'href="[^"]*(/runs/run_\w+)"', builder.get("/runs"))
    assert href is not None
    again = re.search(r'href="[^"]*(/dry-run\?message=\w+)"', builder.get(href[1]))
    assert again is not None
    assert 'value="hello, are you there"' in builder.get(again[1])

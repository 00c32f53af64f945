"""The builder without scripts: a workflow is built by its forms from nothing, mended, published, and answers."""

from __future__ import annotations

import io
import re

from marshmallow import fields, validate

from salespilots.ports.extensions import ActionType, Advance, TriggerType
from salespilots.ports.settings import SettingsSchema, Words
from salespilots.web.settings_form import Offered, controls
from salespilots.web.settings_reading import Given, problems_of_settings, read_settings
from tests.support.builder import Builder, text_of
from tests.support.shop import Shop


def test_price_and_buy_is_built_from_nothing(builder: Builder) -> None:
    assert "Add at least one step." in builder.get()
    assert 'aria-current="true"' in builder.get("/when?choose=1")
    builder.post(f"{builder.at}/when", kind="message.intent", s__intents=["price_inquiry", "order_intent"])
    find = builder.add("product.find")
    check = builder.add("flow.branch", find, **{
        "s-all-0-field": "product.stock", "s-all-0-op": "gt", "s-all-0-value": "0", "s-all-1-field": "", "s-all-1-op": "eq",
    })  # fmt: skip
    card = builder.add("message.product", check, "then", s__text="{product} is {price}.", s__ask="How many?")
    how_many = builder.add("ask", card, s__type="quantity", s__text="How many would you like?", **{
        "s-quick_replies-0-title": "One", "s-quick_replies-0-payload": "", "s-skip_if_known": "1",
    })  # fmt: skip
    total = builder.add("order.quote", how_many)
    sorry = builder.add("message.text", check, "else", s__text="Sorry, {product} is sold out.")
    assert builder.steps[check]["settings"]["all"] == [{"field": "product.stock", "op": "gt", "value": "0"}]
    assert (builder.steps[check]["then"], builder.steps[check]["else"]) == (card, sorry)
    assert builder.steps[how_many]["settings"]["quick_replies"] == [{"title": "One", "payload": "One"}]
    assert (builder.steps[how_many]["next"], builder.steps[total]["next"]) == (total, "end")

    page = builder.get()
    assert "to mend" not in page
    assert "Step 6 of 6, " in page
    assert 'Is <span class="var">product</span> in stock?' in page
    assert "No, sold out" in page
    assert 'product</span> is <span class="var">price</span>.' in page
    assert "Saved as a draft" in page
    builder.post(f"{builder.at}/switch", live="1")
    assert builder.workflow.state == "live"
    assert "₹1,499.00" in " ".join(one.text for one in builder.shop.say("blue saree kitna hai?"))
    assert any("1,499" in text or "How many" in text for text in builder.shop.texts())


def test_bad_input_is_told_at_its_field_and_kept(builder: Builder) -> None:
    page = builder.post(f"{builder.at}/add", 422, kind="message.text", s__text="Hi {price!r}")
    assert "is no placeholder" in page
    assert "Hi {price!r}</textarea>" in page
    page = builder.post(f"{builder.at}/add", 422, kind="message.text", s__text=" ")
    assert 'href="#f-s-text"' in page
    assert "Write this." in page
    page = builder.post(f"{builder.at}/add", 422, kind="flow.wait", **{"s-for": "soon", "s-for-unit": "H"})
    assert "Write a whole number." in page
    page = builder.post(f"{builder.at}/add", 422, kind="message.image", s__url="http:/x")
    assert "Write an address that begins with https://." in page
    page = builder.post(f"{builder.at}/add", 422, kind="webhook.call", s__url="http://127.0.0.1/")
    assert "only public https" in page
    page = builder.post(f"{builder.at}/when", 422, kind="message.intent")
    assert "Choose one." in page
    assert builder.workflow.draft["steps"] == []


def test_a_form_saves_itself_and_says_what_is_wrong(builder: Builder) -> None:
    step = builder.add("message.text", s__text="Hello")

    def alone(text: str) -> tuple[int, str]:
        answer = builder.owner.client.post(
            f"{builder.at}/steps/{step}", base_url=builder.owner.address, headers={"X-Partial": "stepstate"},
            data={"kind": "message.text", "s-text": text, "csrf_token": builder.token},
        )  # fmt: skip
        assert "<html" not in answer.text
        return answer.status_code, answer.text

    status, said = alone("Hello {customer}")
    assert (status, builder.steps[step]["settings"]["text"]) == (200, "Hello {customer}")
    assert "Saved" in said
    assert "Hello Riya" in said or "Hello Kavya" in said
    status, said = alone("x" * 2001)
    assert status == 200
    assert 'data-mistake="s-text">At most 2000 characters.' in said
    assert builder.steps[step]["settings"]["text"] == "Hello {customer}"


def test_steps_are_moved_copied_led_and_taken_out(builder: Builder) -> None:
    first = builder.add("message.text", s__text="One")
    second = builder.add("message.text", first, s__text="Two")
    builder.post(f"{builder.at}/steps/{second}/move", by="-1")
    assert [one["settings"]["text"] for one in builder.workflow.draft["steps"]] == ["Two", "One"]
    copy = builder.post(f"{builder.at}/steps/{first}/copy").rpartition("#s-")[2]
    assert builder.steps[first]["next"] == copy
    ask = builder.add("ask", copy, s__text="Well?", s__type="yes_no")
    data = {"kind": "ask", "s-text": "Well?", "s-type": "yes_no", "way-next": "end", "way-on_no": second}
    builder.post(f"{builder.at}/steps/{ask}", **data)
    assert builder.steps[ask]["on_no"] == second
    assert "on_error" not in builder.steps[ask]
    assert "Goes on at “Send a message”" in builder.get()
    where = builder.post(f"{builder.at}/steps/{ask}", **{**data, "way-on_timeout": "new"})
    assert where.endswith(f"/add?after={ask}&branch=on_timeout")
    page = builder.post(f"{builder.at}/steps/{first}", 422, **{"s-text": "One", "way-next": first})
    assert "without waiting" in page
    builder.post(f"{builder.at}/steps/{ask}/remove")
    builder.post(f"{builder.at}/steps/{first}/remove")
    assert list(builder.steps) == [second, copy]
    assert builder.steps[second]["next"] == copy


def test_what_changes_is_shown_before_it_goes_live(builder: Builder) -> None:
    step = builder.add("message.text", s__text="Hello")
    builder.post(f"{builder.at}/switch", live="1")
    builder.post(f"{builder.at}/steps/{step}", **{"kind": "message.text", "s-text": "Hello again"})
    assert "1 change not live" in builder.get()
    page = builder.get("/publish")
    assert "Publish the changes" in page
    assert re.search(r"Changed</span><b>Send a message</b><span class=\"sub\">Message", page)
    builder.post(f"{builder.at}/publish")
    assert (builder.workflow.version_number, "not live" in builder.get()) == (2, False)
    page = builder.get("/versions?from=1&to=2")
    assert "Version 2" in page
    assert "Changed</span>" in page
    assert builder.post(f"{builder.at}/versions/1/bring-back").endswith("/publish")
    assert builder.steps[step]["settings"]["text"] == "Hello"
    assert builder.workflow.version_number == 2

    builder.post(f"{builder.at}/switch", live="0")
    assert builder.post(f"{builder.at}/switch", live="1").endswith("/publish?ask=1")  # the draft is not what was live
    builder.post(f"{builder.at}/steps/{step}", **{"kind": "message.text", "s-text": "Hello {nothing}"})
    assert builder.post(f"{builder.at}/switch", live="1").endswith("/publish?ask=1")
    alone = builder.owner.get(f"{builder.at}/publish?ask=1", X_Partial="workflows")
    assert (alone.text, alone.mimetype, alone.headers.get("X-Partial")) == ("", "text/plain", None)
    page = builder.get("/publish?ask=1")
    assert "One thing has to be mended first" in page
    assert "Nothing gives a value for {nothing}." in page
    builder.post(f"{builder.at}/publish", 409)
    assert builder.workflow.state == "paused"


def test_workflows_are_renamed_copied_put_in_order_and_carried_as_files(builder: Builder, shop: Shop) -> None:
    services = shop.world.services
    builder.add("message.text", s__text="Hello")
    builder.post(f"{builder.at}/rename", name="  Hello   there ")
    assert builder.workflow.name == "Hello there"
    builder.post(f"{builder.at}/rename", name="")
    assert builder.workflow.name == "Hello there"
    before = [one.id for one in services.workflows.page(shop.id).items]
    builder.post(f"{builder.at}/place", by="-1")
    after = [one.id for one in services.workflows.page(shop.id).items]
    assert after == [*before[:-2], before[-1], before[-2]]
    copy = builder.post(f"{builder.at}/duplicate").rpartition("/")[2]
    assert services.workflows.get(shop.id, copy).name == "Hello there, copy"
    sent = builder.owner.get(f"{builder.at}/file")
    assert "filename=hello-there.json" in sent.headers["Content-Disposition"]
    back = builder.post("/app/workflows/file", file=(io.BytesIO(sent.data), "x.json"))
    assert services.workflows.get(shop.id, back.rpartition("/")[2]).draft == builder.workflow.draft
    assert "it is no JSON" in builder.post("/app/workflows/file", 422, file=(io.BytesIO(b"hello"), "x.json"))
    assert "Choose a file." in builder.post("/app/workflows/file", 422)
    builder.post(f"{builder.at}/delete")
    listed = builder.owner.get("/app/workflows?state=draft").text
    assert (builder.id in listed, copy in listed) == (False, True)


def test_the_log_says_why_and_why_not(builder: Builder, shop: Shop) -> None:
    builder.post(f"{builder.at}/when", kind="message.received", s__keywords="hello")
    builder.add("message.text", s__text="Hello {customer}")
    builder.post(f"{builder.at}/switch", live="1")
    other = Builder(builder.owner, shop, "Prices")
    other.post(f"{other.at}/when", kind="message.received", s__keywords="price\nrate")
    other.add("message.text", s__text="All prices are on the cards.")
    other.post(f"{other.at}/switch", live="1")
    shop.say("hello, are you there")
    assert "No runs yet" in builder.get("/runs?version=1&state=error")
    log = builder.get("/runs?version=1&state=done")
    href = re.search(r'href="[^"]*(/runs/run_\w+)"', log)
    assert href is not None
    page = builder.get(href[1])
    assert "hello, are you there" in page
    assert "Why not the others" in page
    assert other.id in page
    assert 'class="t">A customer writes:</span>' in other.get()


def test_steps_and_workflows_of_nobody(builder: Builder) -> None:
    step = builder.add("message.text", s__text="Hello")
    for path in ("/steps/none", "/add?after=none", "/steps/when"):
        assert builder.owner.get(builder.at + path).status_code == 404
    for path in ("/steps/none", "/steps/none/move", "/steps/none/copy", "/steps/none/remove", "/add?after=none"):
        builder.post(builder.at + path, 404, kind="message.text", s__text="x")
    builder.post(f"{builder.at}/add", 404, kind="none")
    builder.post(f"{builder.at}/when", 404, kind="none")
    builder.post(f"{builder.at}/add?after={step}&branch=odd", 404, kind="message.text", s__text="x")
    builder.post(f"{builder.at}/versions/7/bring-back", 404)


class Size(SettingsSchema):
    """A part of settings."""

    title = fields.Str(required=True)
    inches = fields.Int(load_default=None, allow_none=True)


class ForeignSettings(SettingsSchema):
    """Of somebody's plugin."""

    words = Words(required=True, validate=validate.Length(1, 50), metadata={"label": "Words"})
    lines = fields.List(Words(), load_default=list)
    gap = fields.Str(load_default="PT90M", metadata={"widget": "duration"})
    times = fields.Int(load_default=2, validate=validate.Range(1, 9), metadata={"advanced": True})
    kinds = fields.List(fields.Str(), load_default=list, metadata={"choices": {"a": "First", "b": "Second"}})
    sizes = fields.List(fields.Nested(Size), load_default=list)
    best = fields.Nested(Size, load_default=None, allow_none=True)
    loud = fields.Bool(load_default=True)


def test_a_form_is_made_from_any_schema() -> None:
    given = Given(
        [
            ("s-words", " Hi "), ("s-lines", "one\r\n\r\ntwo\r\none"), ("s-gap", "3"), ("s-gap-unit", "D"), ("s-times", "4"),
            ("s-kinds", "a"), ("s-kinds", "b"), ("s-sizes-0-title", "S"), ("s-sizes-0-inches", "30"), ("s-sizes-4-title", ""),
            ("s-best-title", "M"),
        ]
    )  # fmt: skip
    values = read_settings(ForeignSettings, given)
    assert values == {
        "words": "Hi", "lines": ["one", "two"], "gap": "P3D", "times": 4, "kinds": ["a", "b"],
        "sizes": [{"title": "S", "inches": 30}], "best": {"title": "M"}, "loud": False,
    }  # fmt: skip
    assert problems_of_settings(ForeignSettings, values) == {}
    wrong = {"words": "", "times": "many", "sizes": [{"title": "S", "inches": "x"}], "best": {}, "kinds": ["a"]}
    assert problems_of_settings(ForeignSettings, wrong) == {
        "s-words": "Write this.", "s-times": "Write a whole number.", "s-sizes-0-inches": "Write a whole number.",
        "s-best-title": "Write this.",
    }  # fmt: skip
    assert problems_of_settings(ForeignSettings, {"words": "x" * 51, "times": 10}) == {
        "s-words": "At most 50 characters.", "s-times": "Between 1 and 9.",
    }  # fmt: skip
    drawn = {one.name: one for one in controls(ForeignSettings, {}, {}, Offered())}
    assert [drawn[f"s-{name}"].widget for name in ("words", "lines", "gap", "times", "kinds", "sizes", "best", "loud")] == [
        "message", "area", "duration", "number", "checks", "rows", "group", "check",
    ]  # fmt: skip
    assert (drawn["s-gap"].value, drawn["s-gap"].unit, drawn["s-times"].advanced) == ("90", "M", True)
    assert [one.name for one in drawn["s-sizes"].rows[0]] == ["s-sizes-0-title", "s-sizes-0-inches"]


def test_steps_and_triggers_of_plugins_have_their_forms(builder: Builder) -> None:
    registry = builder.shop.world.services.core.registry
    registry.actions.put(
        ActionType(
            key="acme.sing", label="Sing", settings=ForeignSettings, run=lambda context: Advance(reason="Sang"), tone="wait",
            sentence=lambda settings: f"Sing {settings['words']}",
        ),
        "acme",
    )  # fmt: skip
    registry.triggers.put(
        TriggerType(
            key="acme.full_moon", label="Full moon", settings=ForeignSettings, event_types=("order.paid",), group="moon",
            matches=lambda settings, fact: None, sentence=lambda settings: f"The moon says {settings.get('words')}",
        ),
        "acme",
    )  # fmt: skip
    page = builder.get("/add")
    assert page.index('<h3 id="h-g5">Wait') < page.index("Sing") < page.index("Customer</h3>")
    step = builder.add("acme.sing", s__words="La")
    assert builder.steps[step]["settings"] == {"words": "La", "loud": False}
    assert "Sing La" in builder.get()
    assert "Full moon" in builder.get("/when?choose=1")
    assert 'name="s-sizes-0-title"' in builder.get("/when?kind=acme.full_moon")
    builder.post(f"{builder.at}/when", kind="acme.full_moon", s__words="Boo")
    assert "The moon says Boo" in builder.get()


def test_a_test_between_two_ways_shows_what_they_came_to(builder: Builder, shop: Shop) -> None:
    builder.post(f"{builder.at}/when", kind="message.received", s__keywords="hello")
    split = builder.add("flow.split", **{"s-first-name": "Short", "s-first-share": "99", "s-second": "Long"})
    builder.add("message.text", split, "then", s__text="Hi")
    assert "Short</span>" in builder.get()
    builder.post(f"{builder.at}/switch", live="1")
    shop.say("hello")
    said = text_of(builder.get(f"/steps/{split}"))
    assert re.search(r"So far (Short|Long) 1 chat · 0 paid orders ₹0.00", said)


def test_what_there_is_is_proposed(builder: Builder, shop: Shop) -> None:
    shop.world.services.tags.add(shop.id, "Club")
    shop.world.services.templates.save(shop.id, {"name": "hours", "title": "Hours", "texts": {"en": "Ten to seven"}})
    ask = builder.add("ask", s__text="Which?", s__type="text", s__save_as="liking")
    for path, expected in (
        ("/add?kind=customer.tag", '<option value="Club">'), ("/add?kind=message.template", '<option value="hours">Hours</option>'),
        ("/add?kind=flow.assign", ">Meera Iyer</option>"), ("/add?kind=flow.workflow", ">Price and buy</option>"),
        ("/add?kind=flow.branch", '<option value="answer.liking">liking</option>'), ("/add?kind=flow.branch", '<option value="yes">'),
        (f"/add?after={ask}&branch=next&kind=message.text", 'data-put="{liking}"'),
    ):  # fmt: skip
        assert expected in builder.get(path), path

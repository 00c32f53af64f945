"""Definitions, templates and files that are wrong: refused at save, with the place and the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from salespilots.domain.errors import Conflict, DefinitionInvalid, InvalidInput
from tests.support.shop import Shop
from tests.support.workflows import on, on_words, publish, say, step


def refused(shop: Shop, *steps: dict, trigger: dict | None = None) -> list[str]:
    with pytest.raises(InvalidInput) as found:
        publish(shop, "X", trigger or on_words("x"), *steps)
    return found.value.fields["definition"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }}", "{% for x in y %}", "{# hidden #}", "{0.__class__}", "{customer.__class__}", "{customer[0]}", "{price!r}",
        "{price:>10}", "%(price)s", "${HOME}", "<%= x %>", "{}", "{0}",
    ],
)  # fmt: skip
def test_template_languages_and_format_strings(bare: Shop, text: str) -> None:
    [problem] = refused(bare, say(f"Hello {text}"))
    assert problem.startswith("Step say: text:")
    assert "is no placeholder" in problem
    with pytest.raises(InvalidInput):
        bare.world.services.templates.save(bare.id, {"name": "x", "texts": {"hi": text}})


def test_a_placeholder_is_never_read_twice(bare: Shop) -> None:
    publish(
        bare,
        "Echo",
        on_words("go"),
        step("ask", "ask", {"next": "say"}, type="text", text="?", save_as="it"),
        say("You said {it}"),
    )
    bare.say("go")
    assert bare.say("{shop} {it} {{x}}")[-1].text == "You said {shop} {it} {{x}}"


@pytest.mark.parametrize(
    ("made", "place"),
    [
        (say("x" * 5_000_000), "definition"),
        (step("a", "zzz.unknown"), "Step a: unknown kind"),
        (say("x", "a", next="a"), "Step a: goes back to a without waiting"),
        (step("a", "flow.wait", **{"for": "P9999D"}), "Step a: for:"),
        (step("a", "flow.wait", **{"for": "PT1H"}, or_event="shop.created"), "Step a: or_event:"),
        (step("a", "flow.branch", all=[{"field": "__class__"}]), "Step a: all:"),
        (step("a", "flow.branch", all=[{"field": "customer.orders", "op": "gt", "value": {"$gt": 1}}]), "Step a: all:"),
        (step("a", "flow.branch", all=[{"field": "customer.orders", "op": "gt", "value": "many"}]), "Step a: all:"),
        (step("a", "flow.split", first={"name": "A", "share": 150}), "Step a: first:"),
        (step("a", "flow.split", first={"name": "B", "share": 50}, second="b"), "Step a: second:"),
        (step("a", "ask", type="text", text="?", save_as="No Good"), "Step a: save_as:"),
        (step("a", "customer.field", name="Birth Day"), "Step a: name:"),
        (step("a", "message.text", text="x", more=1), "Step a: more:"),
    ],
)
def test_definitions(bare: Shop, made: dict, place: str) -> None:
    problems = refused(bare, made)
    if place == "definition":
        assert problems == ["At most 200 kB in all."]
    else:
        assert any(one.startswith(place) for one in problems), problems


def test_ten_thousand_steps(bare: Shop) -> None:
    assert refused(bare, *(say("x", f"s{n}") for n in range(10_000))) == ["At most 60 steps."]


def test_nothing_was_kept_of_them(bare: Shop) -> None:
    refused(bare, say("{{x}}"))
    assert bare.world.services.workflows.page(bare.id).items == []


class TestBeforeGoingLive:
    def wrong(self, shop: Shop, *steps: dict, trigger: dict | None = None) -> list[str]:
        workflows = shop.world.services.workflows
        made = workflows.create(shop.id, "X", {"trigger": trigger or on_words("x"), "steps": list(steps)})
        told = [one.sentence for one in workflows.problems(shop.id, made)]
        if any(one.stops for one in workflows.problems(shop.id, made)):
            with pytest.raises(DefinitionInvalid):
                workflows.publish(shop.id, made.id)
        else:
            workflows.publish(shop.id, made.id)
        return told

    def test_a_variable_that_nothing_fills(self, bare: Shop) -> None:
        assert self.wrong(bare, say("Dear {colour}")) == ["Step say: nothing gives a value for {colour}."]
        ask = step("ask", "ask", {"next": "say"}, type="text", text="Which colour?", save_as="colour")
        assert self.wrong(bare, ask, say("Dear {colour}")) == []

    def test_a_template_without_hindi_is_worth_a_look(self, bare: Shop) -> None:
        bare.world.services.templates.save(bare.id, {"name": "hi", "texts": {"en": "Hello"}})
        told = self.wrong(bare, step("say", "message.template", name="hi"))
        assert told == ["Step say: the template “hi” has no Hindi."]
        assert self.wrong(bare, step("say", "message.template", name="gone")) == [
            "Step say: there is no template “gone”."
        ]

    def test_a_message_after_the_window(self, bare: Shop) -> None:
        [told] = self.wrong(bare, step("w", "flow.wait", {"next": "say"}, **{"for": "P2D"}, window="keep"), say("Late"))
        assert told.startswith("Step say: it may be said more than 24 hours")

    def test_people_and_workflows_that_are_gone(self, bare: Shop) -> None:
        assert self.wrong(bare, step("a", "flow.assign", user_id="usr_nobody")) == [
            "Step a: that person is not of the team any more."
        ]
        assert self.wrong(bare, step("a", "flow.workflow", workflow_id="wfl_nothing")) == [
            "Step a: the workflow to go on in is gone."
        ]


class TestVersions:
    def definition(self, text: str, **more: Any) -> dict:
        return {"trigger": on_words("x"), "steps": [say(text)], **more}

    def test_they_are_compared_and_brought_back(self, bare: Shop) -> None:
        workflows, versions = bare.world.services.workflows, bare.world.services.versions
        made = publish(bare, "X", on_words("x"), say("One"))
        assert versions.unpublished(bare.id, made) == []
        made = workflows.save_draft(
            bare.id,
            made.id,
            definition={"trigger": on_words("x", "y"), "steps": [say("Two", next="b"), say("New", "b")]},
        )
        found = versions.unpublished(bare.id, made)
        assert [(one.kind, one.place, one.fields) for one in found] == [
            ("changed", "when", ("keywords",)), ("changed", "say", ("next", "text")), ("added", "b", ()),
        ]  # fmt: skip
        workflows.publish(bare.id, made.id)
        assert [one.number for one in versions.all(bare.id, made.id)] == [2, 1]
        versions.bring_back(bare.id, made.id, 1)
        assert bare.say("x")[0].text == "Two"
        workflows.publish(bare.id, made.id)
        assert bare.say("x")[-1].text == "One"
        assert [one.number for one in versions.all(bare.id, made.id)] == [3, 2, 1]

    def test_a_file_is_the_same_workflow_elsewhere(self, bare: Shop) -> None:
        versions = bare.world.services.versions
        made = publish(bare, "Opening hours", on_words("x"), say("नमस्ते, ten to eight"))
        data = versions.export(bare.id, made.id)
        copy = versions.bring_in(bare.id, data)
        assert (copy.name, copy.draft, copy.state) == ("Opening hours", made.draft, "draft")
        assert versions.export(bare.id, copy.id) == data

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"\xff\xfe", b"[]", b'{"kind": "other"}', b"[" * 100_000, b"x" * 500_000,
            json.dumps({"kind": "salespilots.workflow", "format": 1, "name": "", "definition": {}}).encode(),
            json.dumps({"kind": "salespilots.workflow", "format": 1, "name": "X", "definition": {"steps": [1]}}).encode(),
            json.dumps({"kind": "salespilots.workflow", "format": 2, "name": "X", "definition": {}}).encode(),
        ],
    )  # fmt: skip
    def test_files_that_are_none(self, bare: Shop, data: bytes) -> None:
        with pytest.raises(InvalidInput) as found:
            bare.world.services.versions.bring_in(bare.id, data)
        assert found.value.fields["file"]
        assert bare.world.services.workflows.page(bare.id).items == []


def test_the_list_is_ordered_copied_and_thinned(bare: Shop) -> None:
    workflows = bare.world.services.workflows
    first, second = publish(bare, "First", on_words("x"), say("1")), publish(bare, "Second", on_words("x"), say("2"))
    assert bare.say("x")[-1].text == "1"
    workflows.move(bare.id, second.id, -1)
    assert bare.say("x")[-1].text == "2"
    copy = workflows.duplicate(bare.id, second.id, "Second, again")
    assert (copy.state, copy.draft) == ("draft", second.draft)
    workflows.archive(bare.id, second.id)
    assert bare.say("x")[-1].text == "1"
    assert [one.name for one in workflows.page(bare.id).items] == ["First", "Second, again"]
    assert len(bare.world.services.run_log.runs(bare.id, second.id).items) == 1
    assert first.id


class TestTagsAndTemplates:
    def test_a_tag_is_renamed_everywhere_unless_a_workflow_names_it(self, bare: Shop) -> None:
        tags, customers = bare.world.services.tags, bare.world.services.customers
        bare.say("hello")
        [customer] = customers.page(bare.id).items
        customers.add_tag(bare.id, customer.id, "Vip")
        [known] = tags.page(bare.id).items
        assert (known.tag.name, known.customers) == ("Vip", 1)
        assert tags.rename(bare.id, known.tag.id, "VIP").customers == 1
        assert customers.get(bare.id, customer.id).tags == ["VIP"]
        with pytest.raises(InvalidInput):
            tags.add(bare.id, "VIP")
        publish(bare, "X", on("customer.tagged", tags=["VIP"]), say("x"))
        with pytest.raises(Conflict):
            tags.delete(bare.id, known.tag.id)
        bare.world.services.workflows.archive(bare.id, bare.world.services.workflows.page(bare.id).items[0].id)
        tags.delete(bare.id, known.tag.id)
        assert customers.get(bare.id, customer.id).tags == []
        assert tags.page(bare.id).items == []

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": "Has Space"}, "name"), ({"texts": {}}, "texts"), ({"texts": {"fr": "Salut"}}, "texts"),
            ({"texts": {"en": "{colour}"}}, "texts"), ({"texts": {"en": "x" * 1001}}, "texts"), ({"purpose": "war"}, "purpose"),
            ({"quick_replies": [{"title": "", "payload": "x"}]}, "quick_replies"), ({"title": "x" * 81}, "title"),
        ],
    )  # fmt: skip
    def test_templates_are_checked_when_they_are_saved(self, bare: Shop, values: dict, field: str) -> None:
        with pytest.raises(InvalidInput) as found:
            bare.world.services.templates.save(bare.id, {"name": "ok", "texts": {"en": "Hello {customer}"}, **values})
        assert field in found.value.fields

    def test_one_that_is_used_stays(self, bare: Shop) -> None:
        templates = bare.world.services.templates
        made = templates.save(bare.id, {"name": "hello", "texts": {"en": "Hello {customer}", "hi": "नमस्ते"}})
        publish(bare, "X", on_words("x"), step("say", "message.template", name="hello"))
        assert templates.uses(bare.id) == {"hello": ["X"]}
        with pytest.raises(Conflict, match="X"):
            templates.delete(bare.id, made.id)
        with pytest.raises(InvalidInput):
            templates.save(bare.id, {"name": "other"}, template_id=made.id)
        bare.say("x")
        [row] = bare.world.services.conversations.page(bare.id).items
        assert templates.for_chat(bare.id, row.conversation.id, "hello") == "Hello Riya"
        assert templates.for_chat(bare.id, row.conversation.id, "hello", "hi") == "नमस्ते"

"""Corners of the engine: what a run does to itself, what waits behind the night, rules that came later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from salespilots.domain.errors import Conflict, DefinitionInvalid, InvalidInput
from salespilots.domain.workflow import WorkflowState
from tests.support.shop import Shop
from tests.support.workflows import log_of, on, on_words, publish, runs_of, say, step


def look(shop: Shop, **by: float) -> None:
    shop.world.clock.advance(timedelta(**by))
    shop.world.services.maintenance.do_jobs()
    shop.world.settle()


@pytest.fixture(params=["sqlite", "memory"])
def anywhere(request: pytest.FixtureRequest, make_world, sqlite_url: str) -> Shop:
    world = make_world(sqlite_url if request.param == "sqlite" else "memory://")
    return Shop(world, *world.sign_up())


def test_what_a_run_does_is_no_news_to_itself(anywhere: Shop) -> None:
    made = publish(
        anywhere, "Wait", on_words("zzgo"), step("wait", "flow.wait", {"next": "tag", "on_event": "end"}, **{"for": "PT1H"}, or_event="customer.tagged"),
        step("tag", "customer.tag", {"next": "again"}, tag="Late"),
        step("again", "flow.wait", {"next": "say", "on_event": "end"}, **{"for": "PT1H"}, or_event="customer.tagged"), say("Still here"),
    )  # fmt: skip
    anywhere.say("zzgo")
    look(anywhere, hours=1, minutes=1)
    assert [one.state for one in runs_of(anywhere, made)] == ["waiting"]
    look(anywhere, hours=1, minutes=1)
    assert anywhere.texts() == ["Still here"]


def test_a_new_workflow_is_asked_before_the_greeting(any_shop: Shop) -> None:
    publish(any_shop, "Anything", on("message.received"), say("Whatever you say"))
    publish(any_shop, "Deliver", on_words("zzdeliver"), say("All over India"))
    names = [one.name for one in any_shop.world.services.workflows.page(any_shop.id).items]
    assert names == ["Order status", "Price and buy", "Deliver", "Welcome", "Anything"]
    any_shop.say("zzdeliver?")
    assert any_shop.texts() == ["All over India"]


def test_one_that_became_narrow_before_it_went_live_moves_up_and_never_again(any_shop: Shop) -> None:
    workflows = any_shop.world.services.workflows

    def names() -> list[str]:
        return [one.name for one in workflows.page(any_shop.id).items]

    made = workflows.create(any_shop.id, "Mine", {"trigger": on("message.received"), "steps": [say("Hm")]})
    assert names()[-2:] == ["Welcome", "Mine"]
    workflows.save_draft(any_shop.id, made.id, definition={"trigger": on_words("zzmine"), "steps": [say("Hm")]})
    workflows.publish(any_shop.id, made.id)
    assert names()[-2:] == ["Mine", "Welcome"]
    workflows.move(any_shop.id, made.id, 1)
    workflows.save_draft(any_shop.id, made.id, definition={"trigger": on_words("zzmy"), "steps": [say("Hm")]})
    workflows.publish(any_shop.id, made.id)
    assert names()[-2:] == ["Welcome", "Mine"]


def test_what_waits_for_the_morning_holds_up_nothing(anywhere: Shop) -> None:
    publish(
        anywhere,
        "Nudge",
        on_words("zznudge"),
        step("wait", "flow.wait", {"next": "say"}, **{"for": "PT13H"}),
        say("Still there?"),
    )
    publish(anywhere, "Tagged", on("customer.tagged"), say("You are in the club"))
    anywhere.say("zznudge")
    look(anywhere, hours=13, minutes=1)
    [customer] = anywhere.world.services.customers.page(anywhere.id).items
    anywhere.world.services.customers.add_tag(anywhere.id, customer.id, "Club")
    look(anywhere, minutes=1)
    assert anywhere.texts() == ["You are in the club"]
    look(anywhere, hours=9)
    assert sorted(anywhere.texts()) == ["Still there?", "You are in the club"]


class TestBaskets:
    def test_a_reminder_that_waits_is_no_basket_itself(self, shop: Shop) -> None:
        made = publish(
            shop, "Basket", on("order.abandoned", after="PT1H"), say("Shall I keep {product}?", next="wait"),
            step("wait", "flow.wait", {"next": "last"}, **{"for": "PT2H"}), say("Last word", "last"),
        )  # fmt: skip
        shop.say("blue saree kitna hai?")
        shop.say("2 chahiye")
        for _ in range(20):
            look(shop, minutes=10)
        assert len(runs_of(shop, made)) == 1
        assert sum("Shall I keep" in one for one in shop.texts()) == 1

    def test_who_ordered_otherwise_is_not_reminded(self, shop: Shop) -> None:
        made = publish(shop, "Basket", on("order.abandoned", after="PT1H"), say("Shall I keep {product}?"))
        shop.say("blue saree kitna hai?")
        shop.say("2 chahiye")
        [customer] = [one for one in shop.world.services.customers.page(shop.id).items if one.name == "Riya"]
        shop.world.clock.advance(60)
        shop.world.services.orders.create(
            shop.id,
            customer_id=customer.id,
            lines=[{"variant_id": shop.product("blue").variants[0].id, "quantity": 1}],
            address={},
        )
        look(shop, hours=1, minutes=10)
        assert runs_of(shop, made) == []

    def test_an_order_that_the_shop_wrote_is_named(self, shop: Shop) -> None:
        publish(shop, "Basket", on("order.abandoned", after="PT1H"), say("{quantity} × {product} at {price}, {stock}"))
        shop.say("thanks")
        [row] = [one for one in shop.world.services.conversations.page(shop.id).items if one.customer.name == "Riya"]
        shop.world.services.orders.create(
            shop.id, customer_id=row.customer.id, lines=[{"variant_id": shop.product("blue").variants[0].id, "quantity": 2}], address={},
            conversation_id=row.conversation.id, draft=True,
        )  # fmt: skip
        look(shop, hours=1, minutes=10)
        assert shop.texts()[-1].startswith("2 × Blue block-print saree at ₹1,499.00, ")


def test_an_hour_that_was_done_is_not_done_again(bare: Shop) -> None:
    made = publish(bare, "Evening", on("schedule.due", at="18:00"), say("New sarees are here"))
    bare.say("hello")
    look(bare, hours=8, minutes=1)
    with bare.world.storage.unit_of_work(bare.id) as uow:  # as if the worker had died before the job was settled
        [job] = [one for one in uow.jobs.select() if one.kind == "workflow.time"]
        assert (
            job.payload["at"] == datetime(2026, 11, 23, 12, 30, tzinfo=UTC).isoformat() or "18:00" in job.payload["at"]
        )
        job.next_at = bare.world.clock.now()
        uow.jobs.save(job)
        uow.commit()
    look(bare, minutes=1)
    assert bare.texts().count("New sarees are here") == 1
    bare.world.clock.advance(timedelta(hours=12))
    bare.say("hello again")
    look(bare, hours=11, minutes=58)
    assert bare.texts().count("New sarees are here") == 2
    assert len(runs_of(bare, made)) == 2


class TestRulesThatCameLater:
    def stored(self, shop: Shop, *texts: str) -> str:
        """A workflow that an older release took."""
        made = publish(
            shop,
            "Old",
            on_words("zzold"),
            *(say("x", f"s{n}", next=f"s{n + 1}" if n + 1 < len(texts) else "end") for n in range(len(texts))),
        )
        with shop.world.storage.unit_of_work(shop.id) as uow:
            workflow = uow.workflows.get(made.id)
            version = uow.workflow_versions.get(workflow.live_version_id or "")
            for definition in (workflow.draft, version.definition):
                for one, text in zip(definition["steps"], texts, strict=True):
                    one["settings"]["text"] = text
            uow.workflow_versions.remove(version)
            uow.workflow_versions.add(version)
            uow.workflows.save(workflow)
            uow.commit()
        shop.world.services.core.memory._kept.clear()
        return made.id

    def test_what_is_live_goes_on_as_it_was(self, bare: Shop) -> None:
        workflow_id = self.stored(bare, "Hi {{customer}}")
        assert bare.say("zzold")[-1].text == "Hi {Riya}" or bare.texts()[-1].startswith("Hi ")
        assert [one.outcome for one in log_of(bare, bare.world.services.workflows.get(bare.id, workflow_id))] == [
            "done"
        ]

    def test_it_is_told_and_mended_one_after_the_other(self, bare: Shop) -> None:
        workflow_id = self.stored(bare, "Hi {{customer}}", "Bye {{customer}}")
        workflows = bare.world.services.workflows
        assert (
            sum(
                "is no placeholder" in one.text
                for one in workflows.problems(bare.id, workflows.get(bare.id, workflow_id))
            )
            == 2
        )
        draft = workflows.get(bare.id, workflow_id).draft
        draft["steps"][0]["settings"]["text"] = "Hi {customer}"
        workflows.save_draft(bare.id, workflow_id, definition=draft)
        with pytest.raises(DefinitionInvalid):
            workflows.publish(bare.id, workflow_id)
        draft["steps"][1]["settings"]["text"] = "Bye {customer}"
        workflows.save_draft(bare.id, workflow_id, definition=draft)
        assert workflows.publish(bare.id, workflow_id).state is WorkflowState.LIVE
        draft["steps"][1]["settings"]["text"] = "New {{customer}}"
        with pytest.raises(InvalidInput):
            workflows.save_draft(bare.id, workflow_id, definition=draft)


class TestTags:
    def test_a_tag_that_only_the_live_version_names_stays(self, bare: Shop) -> None:
        made = publish(bare, "X", on_words("zzx"), step("tag", "customer.tag", tag="VIP"))
        bare.say("zzx")
        workflows = bare.world.services.workflows
        workflows.save_draft(bare.id, made.id, definition={"trigger": on_words("zzx"), "steps": [say("x")]})
        [known] = bare.world.services.tags.page(bare.id).items
        with pytest.raises(Conflict):
            bare.world.services.tags.rename(bare.id, known.tag.id, "Club")

    def test_a_rename_that_was_cut_off_is_finished_by_asking_again(
        self, bare: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tags, customers = bare.world.services.tags, bare.world.services.customers
        bare.say("hello")
        [customer] = customers.page(bare.id).items
        customers.add_tag(bare.id, customer.id, "Old")
        [known] = tags.page(bare.id).items
        with monkeypatch.context() as patched:
            patched.setattr(tags, "_everywhere", lambda *_: (_ for _ in ()).throw(RuntimeError("cut off")))
            with pytest.raises(RuntimeError):
                tags.rename(bare.id, known.tag.id, "New")
        tags.rename(bare.id, known.tag.id, "New")
        assert customers.get(bare.id, customer.id).tags == ["New"]
        assert [one.tag.name for one in tags.page(bare.id).items] == ["New"]


def test_a_letter_of_several_lines_has_one_subject(bare: Shop) -> None:
    publish(bare, "Tell", on_words("zzgold"), step("tell", "owner.notify", text="Gold!\nNow", by_mail=True))
    bare.say("zzgold")
    bare.world.services.maintenance.do_jobs()
    [letter] = bare.world.mailer.letters
    assert letter[1] == "Meera Handlooms: Gold! Now"


@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
def test_numbers_that_are_none_are_refused(bare: Shop, value: str) -> None:
    with pytest.raises(InvalidInput):
        publish(
            bare,
            "X",
            on_words("x"),
            step(
                "if",
                "flow.branch",
                {"then": "end", "else": "end"},
                all=[{"field": "customer.spent", "op": "gt", "value": value}],
            ),
        )
    publish(
        bare, value, on_words("zzn"), step("if", "flow.branch", {"then": "yes", "else": "no"}, all=[{"field": "customer.spent", "op": "eq", "value": value}]),
        say("yes", "yes"), say("no", "no"),
    )  # fmt: skip
    assert bare.say("zzn")[-1].text == "no"


def test_what_a_run_remembers_for_itself_is_no_answer(bare: Shop) -> None:
    publish(bare, "Set", on_words("zzset"), step("set", "customer.set", field="phone", value_of="trigger"))
    bare.say("zzset")
    assert bare.world.services.customers.page(bare.id).items[0].phone is None

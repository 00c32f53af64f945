"""What each kind of step does, through a customer's chat."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from salespilots.domain.errors import InvalidInput
from salespilots.ports.errors import Unavailable
from salespilots.services.workflows.calling import signing_secret
from tests.support.fetcher import FakeFetcher
from tests.support.shop import Shop, World
from tests.support.workflows import log_of, on, on_words, publish, runs_of, say, step


def customer(shop: Shop) -> Any:
    return shop.world.services.customers.page(shop.id).items[0]


def test_a_tag_and_a_field_come_and_go(bare: Shop) -> None:
    publish(
        bare, "In", on_words("join"), step("ask", "ask", {"next": "keep"}, type="date", text="Your birthday?", save_as="birthday"),
        step("keep", "customer.field", {"next": "tag"}, name="birthday", value="{birthday}"),
        step("tag", "customer.tag", {"next": "say"}, tag="Club"), say("Welcome, born {field_birthday}!"),
    )  # fmt: skip
    publish(
        bare, "Out", on_words("leave"), step("off", "customer.untag", {"next": "field"}, tag="Club"),
        step("field", "customer.field", {"next": "say"}, name="birthday"), say("Bye"),
    )  # fmt: skip
    bare.say("join")
    assert "24-10-1995" in bare.say("sometime in winter")[-1].text
    assert bare.say("24/10/95")[-1].text != ""
    bare.say("24-10-1995")
    assert (customer(bare).tags, customer(bare).fields["birthday"]) == (["Club"], "2095-10-24")
    bare.say("leave")
    assert (customer(bare).tags, customer(bare).fields) == ([], {})


@pytest.mark.parametrize(
    ("type", "wrong", "right", "kept"),
    [
        ("number", "many", "about 1,200.50 please", 1200.5),
        ("email", "riya at example", "it is riya.sen@example.co.in ok", "riya.sen@example.co.in"),
        ("date", "31-02-2020", "५-1-2020", "2020-01-05"),
        ("rating", "great", "4 of 5 hmm 4", 4),
        ("rating", "0", "⭐⭐⭐", 3),
        ("choice", "green", "blue", "Blue"),
    ],
)
def test_answers_of_a_form_are_checked_and_asked_again(
    bare: Shop, type: str, wrong: str, right: str, kept: Any
) -> None:
    made = publish(
        bare, "Ask", on_words("start"),
        step("ask", "ask", {"next": "end", "on_error": "give_up"}, type=type, text="Well?", save_as="it", options=["Blue"],
             again="Once more: {customer}?", tries=2),
        say("Never mind", "give_up"),
    )  # fmt: skip
    bare.say("start")
    assert bare.say(wrong)[-1].text.startswith("Once more")
    bare.say(right)
    assert runs_of(bare, made)[0].data["it"] == kept
    bare.say("start", who="giving-up")
    bare.say(wrong, who="giving-up")
    assert bare.say(wrong, who="giving-up")[-1].text == "Never mind"


def test_a_check_looks_at_stock_money_tags_and_the_hour(shop: Shop) -> None:
    saree = shop.product("blue block")
    checks = {
        "stock": {"field": "product.stock", "op": "gt", "value": 1},
        "spent": {"field": "customer.spent", "op": "gt", "value": 100},
        "orders": {"field": "customer.orders", "op": "eq", "value": 0},
        "tag": {"field": "customer.tag", "op": "hasnt", "value": "vip"},
        "hour": {"field": "time.hour", "op": "eq", "value": 10},
        "day": {"field": "time.day", "op": "eq", "value": "sun"},
        "open": {"field": "time.open", "op": "eq", "value": True},
        "window": {"field": "window.open", "op": "eq", "value": "yes"},
        "order": {"field": "order.state", "op": "unknown"},
        "own": {"field": "customer.field.size", "op": "known"},
    }
    for name, condition in checks.items():
        workflow = publish(
            shop, name, on_words(f"zz{name}"),
            step("if", "flow.branch", {"then": "yes", "else": "no"}, all=[condition]), say("yes", "yes"), say("no", "no"),
        )  # fmt: skip
        shop.world.services.workflows.move(shop.id, workflow.id, -50)
    shop.say(f"{saree.product.title} kitna hai?")
    said = {name: shop.say(f"zz{name}")[0].text for name in checks}
    assert said == {**dict.fromkeys(checks, "yes"), "spent": "no", "own": "no"}


def test_all_and_any_are_joined(bare: Shop) -> None:
    right, wrong = (
        {"field": "customer.orders", "op": "eq", "value": 0},
        {"field": "customer.orders", "op": "gt", "value": 5},
    )
    for name, settings, expected in (
        ("both", {"all": [right, wrong]}, "no"), ("either", {"any": [wrong, right]}, "yes"),
        ("mixed", {"all": [right], "any": [wrong, wrong]}, "no"), ("none", {}, "yes"),
    ):  # fmt: skip
        publish(
            bare, name, on_words(name), step("if", "flow.branch", {"then": "yes", "else": "no"}, **settings),
            say("yes", "yes"), say("no", "no"),
        )  # fmt: skip
        assert bare.say(name)[-1].text == expected, name


def test_a_follow_up_waits_for_silence_and_no_longer(bare: Shop) -> None:
    publish(
        bare, "Nudge", on_words("hello"), say("Hi", next="later"),
        step("later", "message.follow_up", {"next": "end", "on_event": "end"}, after="PT2H", text="Still there?"),
    )  # fmt: skip
    bare.say("hello")
    bare.say("hello", who="quiet")
    bare.world.clock.advance(timedelta(hours=1))
    bare.say("yes")
    bare.world.clock.advance(timedelta(hours=1, minutes=1))
    bare.world.settle()
    assert "Still there?" not in bare.texts()
    assert bare.texts("quiet")[-1] == "Still there?"


def test_a_wait_goes_on_when_the_shop_opens(bare: Shop) -> None:
    publish(
        bare,
        "Later",
        on_words("later"),
        step("wait", "flow.wait", {"next": "say"}, **{"for": "PT12H"}, hours="open"),
        say("Open now"),
    )
    bare.world.services.automation.change(bare.id, {"opens": "08:30"})
    bare.say("later")  # Sunday, ten o'clock in India: in twelve hours it is closed
    bare.world.clock.advance(timedelta(hours=13))
    bare.world.settle()
    assert bare.texts() == []
    bare.world.clock.advance(timedelta(hours=9, minutes=31))
    bare.world.settle()
    assert bare.texts() == ["Open now"]


def test_one_workflow_goes_on_in_another_and_never_in_a_circle(bare: Shop) -> None:
    second = publish(bare, "Second", on_words("two"), say("From the second"))
    first = publish(bare, "First", on_words("one"), step("go", "flow.workflow", workflow_id=second.id))
    assert bare.say("one")[-1].text == "From the second"
    workflows = bare.world.services.workflows
    back = {"trigger": on_words("two"), "steps": [step("go", "flow.workflow", workflow_id=first.id)]}
    workflows.save_draft(bare.id, second.id, definition=back)
    workflows.publish(bare.id, second.id)
    bare.say("one")
    [row] = bare.world.services.conversations.page(bare.id, view="waiting").items
    assert row.conversation.mode == "human"
    assert len(runs_of(bare, first)) == 2


def test_a_chat_is_given_to_one_of_the_team(bare: Shop) -> None:
    publish(bare, "Give", on_words("boss"), step("give", "flow.assign", user_id=bare.user.id, reason="wants the boss"))
    bare.say("boss")
    [row] = bare.world.services.conversations.page(bare.id, view="waiting").items
    assert row.conversation.assignee_id == bare.user.id


def test_the_owner_is_told_and_written_to(bare: Shop) -> None:
    made = publish(
        bare, "Tell", on_words("gold"), step("tell", "owner.notify", text="Somebody asks for gold", by_mail=True)
    )
    bare.say("gold")
    bare.world.services.maintenance.do_jobs()
    [letter] = bare.world.mailer.letters
    assert (letter[0], "Somebody asks for gold" in letter[1]) == ("meera@example.in", True)
    assert f"/app/workflows/{made.id}/runs/" in letter[2]
    with bare.world.storage.unit_of_work(bare.id, read_only=True) as uow:
        assert [one.data["text"] for one in uow.events.latest(["owner.told"], limit=5)] == ["Somebody asks for gold"]


def test_two_ways_are_told_apart_by_the_paid_orders_they_lead_to(shop: Shop) -> None:
    made = publish(
        shop,
        "Ways",
        on_words("zzways"),
        step("split", "flow.split", {"then": "a", "else": "b"}),
        say("Way A", "a"),
        say("Way B", "b"),
    )
    shop.world.services.workflows.move(shop.id, made.id, -50)
    said = {shop.say("zzways", who=f"c{n}")[-1].text for n in range(12)}
    assert said == {"Way A", "Way B"}
    first = shop.say("zzways", who="riya")[-1].text
    assert shop.say("zzways", who="riya")[-1].text == first
    order = shop.pay(shop.order_two_sarees())
    figures = {one.way: one for one in shop.world.services.splits.figures(shop.id, made.id, "split")}
    assert sum(one.taken for one in figures.values()) == 14
    took = figures[first.removeprefix("Way ")]
    assert (took.paid_orders, took.paid_paise) == (1, 2 * order.total_paise)
    assert sum(one.paid_orders for one in figures.values()) == 1


def test_templates_are_said_in_the_customers_language(bare: Shop) -> None:
    templates = bare.world.services.templates
    made = templates.save(
        bare.id,
        {"name": "thanks", "texts": {"en": "Thank you, {customer}!", "hi": "धन्यवाद, {customer}!"}, "purpose": "answer"},
    )
    publish(
        bare,
        "Thanks",
        on_words("done", "हो"),
        step("say", "message.template", {"on_error": "own"}, name="thanks"),
        say("Gone", "own"),
    )
    assert bare.say("done")[-1].text == "Thank you, Riya!"
    assert bare.say("काम हो गया")[-1].text == "धन्यवाद, Riya!"
    with pytest.raises(InvalidInput, match=""):
        templates.save(bare.id, {"name": "thanks", "texts": {"en": "Once more"}})
    with pytest.raises(InvalidInput):
        templates.save(bare.id, {"name": "other"}, template_id=made.id)


class TestWebhooks:
    @pytest.fixture
    def called(self, make_world: Callable[..., World], sqlite_url: str) -> tuple[Shop, FakeFetcher]:
        far = FakeFetcher()
        world = make_world(sqlite_url, fetcher=far)
        return Shop(world, *world.sign_up()), far

    def test_it_is_signed_carries_no_words_and_its_answer_is_known(self, called: tuple[Shop, FakeFetcher]) -> None:
        shop, far = called
        far.there["https://hooks.example.in/x"] = b'{"coupon": "DIWALI5", "deep": {"no": 1}}'
        publish(
            shop, "Call", on_words("coupon"), step("call", "webhook.call", {"next": "say"}, url="https://hooks.example.in/x"),
            say("Yours: {webhook_coupon}"),
        )  # fmt: skip
        assert shop.say("coupon secret-words")[-1].text == "Yours: DIWALI5"
        [(url, body, headers)] = far.posted
        assert url == "https://hooks.example.in/x"
        assert b"secret-words" not in body
        assert json.loads(body)["event"] == "workflow.step"
        moment, _, given = headers["X-SalesPilots-Signature"].partition(",")
        secret = signing_secret(shop.world.services.core, shop.id)
        expected = hmac.new(secret.encode(), moment[2:].encode() + b"." + body, sha256).hexdigest()
        assert given == f"v1={expected}"

    def test_it_is_tried_again_and_then_takes_its_error_way(self, called: tuple[Shop, FakeFetcher]) -> None:
        shop, far = called
        far.there["https://hooks.example.in/x"] = Unavailable(provider="address", reason="no_answer")
        made = publish(
            shop, "Call", on_words("coupon"),
            step("call", "webhook.call", {"next": "end", "on_error": "sorry"}, url="https://hooks.example.in/x"), say("Sorry", "sorry"),
        )  # fmt: skip
        shop.say("coupon")
        for _ in range(6):
            shop.world.clock.advance(timedelta(minutes=20))
            shop.world.settle()
        assert shop.texts() == ["Sorry"]
        assert len(far.posted) == 5
        keys = {headers["Idempotency-Key"] for _, _, headers in far.posted}
        assert len(keys) == 1
        assert [one.outcome for one in log_of(shop, made)][:5] == ["retry"] * 4 + ["failed"]

    @pytest.mark.parametrize(
        "url",
        [
            "http://hooks.example.in/x", "https://10.0.0.7/x", "https://127.0.0.1/x", "https://localhost/x",
            "https://169.254.169.254/latest", "https://[::1]/x", "https://2130706433/x", "ftp://example.in", "javascript:alert(1)",
            "https://user:pass@example.in/x", "https://0x7f.1/x", "https://example.in:8443/x",
        ],
    )  # fmt: skip
    def test_private_and_strange_addresses_are_refused_at_save(
        self, called: tuple[Shop, FakeFetcher], url: str
    ) -> None:
        shop, _ = called
        with pytest.raises(InvalidInput) as refused:
            publish(shop, "Call", on_words("x"), step("call", "webhook.call", url=url))
        assert refused.value.fields["definition"][0].startswith("Step call: url")


def test_facts_of_an_order_are_said_without_being_asked_for(shop: Shop) -> None:
    publish(shop, "Left", on("order.shipped"), say("{order}: {items}, {total}, by {courier} {tracking}"))
    order = shop.pay(shop.order_two_sarees())
    orders = shop.world.services.orders
    orders.pack(shop.id, order.id)
    orders.ship(shop.id, order.id, courier="Delhivery", tracking_number="DL123")
    shop.world.settle()
    order = orders.get(shop.id, order.id)
    assert any(
        text.startswith(f"{order.number}: 2 × ") and text.endswith("by Delhivery DL123") for text in shop.texts()
    )

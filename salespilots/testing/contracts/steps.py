"""What every trigger and every step keeps to, the built-in ones too: subclass `StepContract` or `TriggerContract` and say which.

A step is run with a context made by `pretend`: a shop with one product and a customer, no network and no clock of its own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from marshmallow import fields as mm

from salespilots.domain.workflow import BRANCHES
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    CustomerView,
    OrderView,
    ProductView,
    QuoteView,
    SendMessage,
    ShopView,
    Stop,
    TemplateView,
    TriggerFact,
    TriggerType,
    VariantView,
    Wait,
)
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.understanding import ProductMatch, Understanding

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SAREE = ProductView(
    product_id="prd_saree", title="Blue saree", description="Indigo", category="Sarees", image_url="https://shop.example/p.jpg",
    variants=(
        VariantView(
            variant_id="var_blue", product_id="prd_saree", sku="SAR-BLUE", title="", price_paise=249900, available=4
        ),
    ),
)  # fmt: skip

HOSTILE = (
    "", " ", "kitna hai?", "नमस्ते", "😀" * 400, "\x00", "{{ 7*7 }} {price} {0.__class__} %(x)s", "a" * 20_000, "<script>alert(1)</script>",
    "‮gnp.exe",
)  # fmt: skip


class PretendReader:
    """Look-ups of the pretended shop."""

    def products(self, ids: Sequence[str]) -> list[ProductView]:
        return [SAREE for one in ids if one == SAREE.product_id]

    def catalogue(self, limit: int = 10) -> list[ProductView]:
        return [SAREE]

    def search(self, text: str, limit: int = 5) -> list[ProductView]:
        return [SAREE] if "saree" in text else []

    def substitutes(self, product_id: str, limit: int = 3) -> list[ProductView]:
        return []

    def orders(self) -> list[OrderView]:
        return []

    def order(self, order_id: str) -> OrderView | None:
        return None

    def shipping_for(self, subtotal_paise: int) -> int:
        return 4900

    def quote(self, lines: Sequence[tuple[str, int]], **more: Any) -> QuoteView:
        return QuoteView()

    def read(self, text: str) -> Understanding:
        return Understanding(intent="other", confidence=0.2)

    def template(self, name: str, language: str = "en") -> TemplateView | None:
        return None

    def opens_at(self, at: datetime) -> datetime:
        return at

    def festival(self, at: datetime) -> str:
        return ""

    def turns(self, limit: int = 8) -> list[tuple[str, str]]:
        return []


@dataclass
class PretendPorts:
    """Calls that would leave the process, noted. A step without ``calls_ports`` may make none."""

    made: list[str] = field(default_factory=list)

    def ai_reply(self, *, goal: str, fallback: str) -> tuple[str, int, str]:
        self.made.append("ai_reply")
        return fallback, 0, "the workflow's own words"

    def payment_link(self, order_id: str) -> str:
        self.made.append("payment_link")
        return "https://pay.example/1"

    def call_webhook(self, url: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        json.dumps(body)
        self.made.append("call_webhook")
        return 200, {}


def pretend(settings: Mapping[str, Any], **changed: Any) -> ActionContext:
    """A context; ``changed`` replaces its fields."""
    context = ActionContext(
        settings=settings, data={"product_id": SAREE.product_id, "product_title": SAREE.title}, now=NOW,
        idempotency_key="run_contract:step:0", shop=ShopView(name="Meera", return_policy="", reserve_minutes=30),
        customer=CustomerView(customer_id="cus_riya", name="Riya Sen", phone=None, address={}), reader=PretendReader(),
        ports=PretendPorts(), message="kitna hai?",
        understanding=Understanding(
            intent="price_inquiry", confidence=0.9, products=(ProductMatch(SAREE.product_id, 95.0),), sure_of_product=True
        ),
        window_closes_at=NOW + timedelta(hours=20),
    )  # fmt: skip
    return replace(context, **changed)


def labelled(schema: type[SettingsSchema]) -> list[str]:
    """Fields of a form that nobody could fill in: without a label."""
    return [
        name for name, one in schema().fields.items()
        if not one.metadata.get("label") and not isinstance(one, mm.Nested)
    ]  # fmt: skip


class _Described:
    """What the builder shows of both."""

    def _subject(self, harness: StepHarness | TriggerHarness) -> Any:
        return harness.kind

    def test_it_has_a_name_and_a_sentence_for_any_settings(self, harness: Any) -> None:
        kind = harness.kind
        assert kind.key == kind.key.strip().lower()
        assert len(kind.key) <= 60
        assert kind.label
        for settings in ({}, *harness.settings):
            assert kind.sentence(settings).strip()
            if kind.sentence_hi is not None:
                assert kind.sentence_hi(settings).strip()

    def test_every_field_of_its_form_has_a_label(self, harness: Any) -> None:
        assert labelled(harness.kind.settings) == []

    def test_settings_are_read_and_strange_ones_refused(self, harness: Any) -> None:
        for settings in harness.settings:
            assert harness.kind.settings().validate(settings) == {}
            assert harness.kind.settings().validate({**settings, "no_such_setting": 1})
            json.dumps(settings)


@dataclass(kw_only=True)
class StepHarness:
    """``settings``: some that the step takes, as stored."""

    kind: ActionType
    settings: list[dict[str, Any]]


class StepContract(_Described):
    """For an `ActionType`. Give it a ``harness`` fixture."""

    def run(self, harness: StepHarness, settings: dict[str, Any], **changed: Any) -> tuple[Any, PretendPorts]:
        """One run with its own ports."""
        ports = PretendPorts()
        loaded = harness.kind.settings().load(copy.deepcopy(settings))
        context = pretend(loaded, ports=ports, **changed)
        before = copy.deepcopy((dict(context.settings), dict(context.data)))
        outcome = harness.kind.run(context)
        assert (dict(context.settings), dict(context.data)) == before, "a step changes nothing of what it is given"
        return outcome, ports

    def test_it_is_repeatable(self, harness: StepHarness) -> None:
        for settings in harness.settings:
            assert self.run(harness, settings)[0] == self.run(harness, settings)[0]

    def test_its_outcome_is_one_and_says_why(self, harness: StepHarness) -> None:
        for settings in harness.settings:
            outcome, _ = self.run(harness, settings)
            assert isinstance(outcome, (Advance, Wait, Stop))
            assert outcome.reason, "the run log tells the owner what happened"
            if isinstance(outcome, Wait):
                assert outcome.until is not None, "a wait without an end keeps its customer for ever"
                assert harness.kind.waits or harness.kind.answers is not None

    def test_it_leaves_by_ways_that_it_names(self, harness: StepHarness) -> None:
        assert set(harness.kind.exits) <= set(BRANCHES)
        for settings in harness.settings:
            for woken in (None, "timer", "message.received"):
                outcome, _ = self.run(harness, settings, woken_by=woken)
                if isinstance(outcome, Advance):
                    assert outcome.branch in {"next", "on_error", *harness.kind.exits}

    def test_it_calls_out_only_when_it_says_so(self, harness: StepHarness) -> None:
        for settings in harness.settings:
            _, ports = self.run(harness, settings)
            assert not ports.made or harness.kind.calls_ports
            if harness.kind.only_ai:
                assert set(ports.made) <= {"ai_reply"}

    def test_it_says_so_when_it_writes_to_the_customer(self, harness: StepHarness) -> None:
        for settings in harness.settings:
            outcome, _ = self.run(harness, settings)
            assert harness.kind.sends or not any(isinstance(one, SendMessage) for one in outcome.effects)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_message_breaks_it(self, harness: StepHarness, text: str) -> None:
        for settings in harness.settings:
            for data in ({}, {"asked": 1}):
                self.run(
                    harness, settings, message=text, payload=text[:200], woken_by="message.received", data=data,
                    understanding=None,
                )  # fmt: skip


@dataclass(kw_only=True)
class TriggerHarness:
    """``settings``: some that the trigger takes. ``fits`` and ``misses``: facts, by the place of the settings they are for."""

    kind: TriggerType
    settings: list[dict[str, Any]]
    fits: list[tuple[int, TriggerFact]]
    misses: list[tuple[int, TriggerFact]]


class TriggerContract(_Described):
    """For a `TriggerType`. Give it a ``harness`` fixture."""

    def test_it_says_why(self, harness: TriggerHarness) -> None:
        for place, fact in harness.fits:
            settings = harness.kind.settings().load(dict(harness.settings[place]))
            assert harness.kind.matches(settings, fact)
            assert harness.kind.matches(settings, fact) == harness.kind.matches(settings, fact)

    def test_it_says_why_not(self, harness: TriggerHarness) -> None:
        for place, fact in harness.misses:
            settings = harness.kind.settings().load(dict(harness.settings[place]))
            assert harness.kind.matches(settings, fact) is None
            if harness.kind.misses is not None:
                assert harness.kind.misses(settings, fact)

    def test_stored_settings_need_no_defaults(self, harness: TriggerHarness) -> None:
        """Triggers are asked with the settings as they were stored."""
        for settings in harness.settings:
            harness.kind.matches(settings, TriggerFact(type=harness.kind.event_types[0], text="hello"))

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_message_breaks_it(self, harness: TriggerHarness, text: str) -> None:
        for settings in harness.settings:
            for event in harness.kind.event_types:
                fact = TriggerFact(type=event, text=text, payload=text[:200], kind="text")
                assert harness.kind.matches(settings, fact) is None or isinstance(
                    harness.kind.matches(settings, fact), str
                )

"""The built-in triggers and steps pass the suite that plugins pass."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.plugins.builtin.steps.hooks import salespilots_workflow_actions, salespilots_workflow_triggers
from salespilots.ports.extensions import PostFact, TriggerFact
from salespilots.ports.understanding import Understanding
from salespilots.testing.contracts.steps import StepContract, StepHarness, TriggerContract, TriggerHarness

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "ask": [
        {"text": "Your number, {customer}?", "type": kind} for kind in ("phone", "text", "rating", "yes_no", "quantity")
    ],
    "message.text": [{"text": "Hello {customer}", "quick_replies": [{"title": "Yes", "payload": "yes"}]}],
    "message.template": [{"name": "thanks"}],
    "message.image": [{"url": "https://shop.example/p.jpg"}],
    "message.follow_up": [{"text": "Still there?", "after": "PT2H"}],
    "flow.wait": [{"for": "PT1H"}, {"for": "PT30M", "or_event": "message.received", "hours": "open"}],
    "flow.branch": [{"all": [{"field": "product.stock", "op": "gt", "value": 1}], "any": [{"field": "time.open"}]}],
    "flow.assign": [{"user_id": "usr_meera"}],
    "flow.workflow": [{"workflow_id": "wfl_other"}],
    "customer.tag": [{"tag": "VIP"}],
    "customer.untag": [{"tag": "VIP"}],
    "customer.set": [{"field": "name", "value_of": "name"}],
    "customer.field": [{"name": "birthday", "value": "{customer}"}, {"name": "birthday"}],
    "owner.notify": [{"text": "Look"}],
    "webhook.call": [{"url": "https://hooks.example.in/x"}],
    "comment.reply": [{"texts": ["Sent!"]}],
}
"""Settings of the steps that need some; the others are run without."""

MESSAGE = {"type": "message.received"}
TRIGGERS: dict[str, tuple[list[dict[str, Any]], TriggerFact, TriggerFact]] = {
    "message.received": ([{"keywords": ["kitna"]}], TriggerFact(**MESSAGE, text="kitna hai"), TriggerFact(**MESSAGE, text="namaste")),
    "message.intent": (
        [{"intents": ["price_inquiry"]}],
        TriggerFact(**MESSAGE, understanding=Understanding(intent="price_inquiry", confidence=0.9)),
        TriggerFact(**MESSAGE, understanding=Understanding(intent="price_inquiry", confidence=0.4)),
    ),
    "conversation.started": ([{}], TriggerFact(**MESSAGE, started=True), TriggerFact(**MESSAGE)),
    "message.story_reply": ([{}], TriggerFact(**MESSAGE, kind="story_reply"), TriggerFact(**MESSAGE, kind="text")),
    "message.story_mention": ([{}], TriggerFact(**MESSAGE, kind="story_mention"), TriggerFact(**MESSAGE, kind="text")),
    "message.tapped": ([{"payloads": ["x"]}], TriggerFact(**MESSAGE, payload="x"), TriggerFact(**MESSAGE, payload="y")),
    "conversation.referred": (
        [{"refs": ["diwali"]}], TriggerFact(type="conversation.referred", data={"ref": "diwali"}),
        TriggerFact(type="conversation.referred", data={"ref": "holi"}),
    ),
    "comment.received": (
        [{"keywords": ["price"], "posts": "chosen", "post_refs": ["p1"]}],
        TriggerFact(type="comment.received", text="price?", post=PostFact(ref="p1")),
        TriggerFact(type="comment.received", text="price?", post=PostFact(ref="p2")),
    ),
    "customer.tagged": (
        [{"tags": ["VIP"]}], TriggerFact(type="customer.tagged", data={"tag": "vip"}), TriggerFact(type="customer.tagged", data={"tag": "x"}),
    ),
}  # fmt: skip
"""Trigger to settings, a fact that fits, and one that does not; the others fit always."""


@pytest.mark.parametrize("kind", salespilots_workflow_actions(), ids=lambda kind: kind.key)
class TestSteps(StepContract):
    @pytest.fixture
    def harness(self, kind: Any) -> StepHarness:
        return StepHarness(kind=kind, settings=SETTINGS.get(kind.key, [{}]))


@pytest.mark.parametrize("kind", salespilots_workflow_triggers(), ids=lambda kind: kind.key)
class TestTriggers(TriggerContract):
    @pytest.fixture
    def harness(self, kind: Any) -> TriggerHarness:
        if kind.key not in TRIGGERS:
            fact = TriggerFact(type=kind.event_types[0])
            return TriggerHarness(kind=kind, settings=[{}], fits=[(0, fact)], misses=[])
        settings, fits, misses = TRIGGERS[kind.key]
        return TriggerHarness(kind=kind, settings=settings, fits=[(0, fits)], misses=[(0, misses)])

"""A shop with many workflows in a process of its own: ``python -m bench.matcher WORKFLOWS ROUNDS`` prints what a message costs."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.shots import percentile
from salespilots.bootstrap import migrate
from salespilots.ports.extensions import TriggerFact
from salespilots.services.automation import match
from salespilots.services.messaging.answering import read_message
from tests.support.lines import building, held_out
from tests.support.shop import Shop, World

TOPICS = (
    "timing|kab khulta|open|opening hours|समय", "gift wrap|gift pack|गिफ्ट", "wholesale|bulk|thok|थोक", "size chart|measurement|naap",
    "mehendi|mehandi|मेहंदी", "bridal|dulhan|wedding lehenga|दुल्हन", "giveaway|contest|winner", "catalogue pdf|lookbook", "franchise|dealership",
    "navratri|garba|chaniya choli", "rakhi|राखी|rakhi combo", "pre order|prebook|advance booking", "repair|polish|stitching", "live|sale live|going live",
    "influencer|barter|collab", "career|naukri|internship", "kids wear|bachon ke|baby", "mens kurta|gents|for men", "hamper|corporate gifting", "🎁|💍|👗",
)  # fmt: skip
"""What owners listen for beside the fourteen meanings."""
INTENTS = (
    "price_inquiry", "availability", "order_intent", "order_status", "payment_issue", "cancel_order", "refund_return", "delivery_info",
)  # fmt: skip


def triggers(count: int) -> list[dict[str, Any]]:
    """Keyword lists of all kinds, and the meanings at the end, so that most messages are held against all of them."""
    told = []
    for number in range(count - len(INTENTS)):
        words = [*TOPICS[number % len(TOPICS)].split("|"), f"code {number}", f"{number}off"]
        kind = number % 10
        if kind == 7:
            settings: dict[str, Any] = {"how": "exact", "any": [f"{number}", f"join {number}"]}
        elif kind == 8:
            settings = {"any": words, "all": [f"drop {number}"], "none": ["cancel", "refund", "complaint"]}
        elif kind == 9:
            settings = {"how": "pattern", "any": [rf"\b(?:drop|lot) ?{number}\b", rf"^#?{number}-[a-z]+$"]}
        else:
            settings = {"keywords": words}
        told.append({"kind": "message.received", "settings": settings})
    return [*told, *({"kind": "message.intent", "settings": {"intents": [one]}} for one in INTENTS)]


def measure(count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of one message: what it means, and which of ``count`` live workflows answers it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        world = World(home, f"sqlite:///{home / 'matcher.db'}")
        migrate(world.application)
        shop = Shop(world, *world.sign_up())
        world.services.demo.load(shop.id)
        workflows = world.services.workflows
        for one in workflows.page(shop.id, limit=100).items:
            workflows.pause(shop.id, one.id)
        step = {"id": "say", "kind": "message.text", "settings": {"text": "Yes"}}
        for number, trigger in enumerate(triggers(count)):
            made = workflows.create(shop.id, f"Flow {number}", {"trigger": trigger, "steps": [step]})
            workflows.publish(shop.id, made.id)
        core, texts = world.services.core, [line.text for line in (*building(), *held_out())]
        took, reading, busy, answered = [], [], [], 0
        with world.storage.unit_of_work(shop.id) as uow:
            assert len(core.memory.live(uow)) == count
            match(core, core.memory.live(uow), TriggerFact(type="message.received", text="warm"))
            for again in range(rounds):
                for text in texts:
                    text = text + " " * again  # a sentence that is not remembered
                    began, cost = time.perf_counter(), time.thread_time()
                    understood = read_message(core, uow, text, "")
                    read = time.perf_counter()
                    fact = TriggerFact(type="message.received", text=text, understanding=understood)
                    answered += match(core, core.memory.live(uow), fact) is not None
                    took.append(time.perf_counter() - began)
                    reading.append(read - began)
                    busy.append(time.thread_time() - cost)
        world.close()
    return {
        "p50": round(percentile(took, 0.5) * 1000, 2), "p95": round(percentile(took, 0.95) * 1000, 2),
        "busy": round(percentile(busy, 0.95) * 1000, 2), "reading": round(percentile(reading, 0.5) * 1000, 2), "messages": len(took), "answered": answered,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))

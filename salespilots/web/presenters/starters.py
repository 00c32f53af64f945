"""The gallery as cards: what each starter does, and how it looks in a chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import takewhile
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.services.rehearsal.report import Rehearsal
from salespilots.services.workflows.starters import GALLERY, GOALS, Starter
from salespilots.web.presenters import rehearsed

GOAL_NAMES: dict[str, Callable[[], str]] = {
    "answer": lambda: _("Reply faster"), "sell": lambda: _("Sell"), "follow_up": lambda: _("Follow up"),
    "after_sale": lambda: _("After sale"),
}  # fmt: skip

ICONS = {
    "order_status": "truck", "price_and_buy": "rupee", "welcome": "hand", "delivery": "pin", "story_reply": "image",
    "out_of_office": "moon", "comment_to_message": "note", "back_in_stock": "box", "festival_notice": "spark",
    "abandoned_draft": "products", "unpaid_nudge": "card", "gentle_nudge": "bell", "cod_confirm": "cash",
    "shipped": "truck", "feedback": "star", "low_stock": "alert",
}  # fmt: skip
"""Glyphs by key; a starter without one has the bolt."""

HAPPENED: dict[str, Callable[[], str]] = {
    "order.placed": lambda: _("An order is placed"), "order.paid": lambda: _("The order is paid"),
    "order.shipped": lambda: _("The parcel leaves"), "order.delivered": lambda: _("The parcel arrives"),
    "payment.failed": lambda: _("A payment fails"), "stock.back": lambda: _("A product is back in stock"),
    "stock.low": lambda: _("A product is almost out"), "order.abandoned": lambda: _("Something was chosen, nothing ordered"),
    "customer.silent": lambda: _("The customer says nothing"), "schedule.due": lambda: _("It is time"),
}  # fmt: skip


def sections(
    previews: Mapping[str, Rehearsal], used: Mapping[str, str], language: str, href: Callable[[str], str]
) -> list[SimpleNamespace]:
    """The gallery by goal. ``used``: starter's key to a workflow of the shop; ``href``: the page of a workflow."""
    return [
        SimpleNamespace(
            key=goal, name=GOAL_NAMES[goal](),
            starters=[
                _card(one, previews.get(one.key), language, href(used[one.key]) if one.key in used else "")
                for one in GALLERY if one.goal == goal
            ],
        )
        for goal in GOALS
    ]  # fmt: skip


def _card(starter: Starter, told: Rehearsal | None, language: str, href: str) -> SimpleNamespace:
    return SimpleNamespace(
        key=starter.key, name=starter.name.text(language), about=starter.about.text(language),
        icon=ICONS.get(starter.key, "bolt"), href=href, tests=len(starter.cases),
        chat=chat(starter.tests(language)[0].script, told) if told else [],
    )  # fmt: skip


def chat(script: Mapping[str, Any], told: Rehearsal) -> list[SimpleNamespace]:
    """The chat of a case, begun with what sets it off where that is no message of the chat."""
    first = script["inputs"][0]
    begun: list[SimpleNamespace] = []
    if first.get("event"):
        events = [one["event"] for one in takewhile(lambda one: one.get("event"), script["inputs"])]
        begun = [rehearsed.event(HAPPENED[one]() if one in HAPPENED else one) for one in events]
    elif first.get("kind") == "comment":
        begun = [rehearsed.event(_("Below your post: “%(text)s”", text=first["text"]), "note")]
    shown = [one for one in told.messages if one.author == "customer" or one.state == "sent"]
    done = [one for one in told.effects if not one.kind.startswith(("comment.", "stock."))]
    return [*begun, *rehearsed.bubbles(shown), *rehearsed.done(done)]

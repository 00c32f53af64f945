"""What came of a rehearsal as bubbles of a chat: what was said, how long passed in between, what was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.ports.channel import ProductCards
from salespilots.services.messaging.content import load
from salespilots.services.rehearsal.report import Effect, Line
from salespilots.web.presenters.chat import card_of, grouped

PAUSE = timedelta(minutes=30)
"""A silence that is told."""

_ADDRESS = re.compile(r"https?://[^\s/]+/?([^\s/]*)\S*")
"""An address of a closed world leads nowhere, so it is no link."""

CARDS = 3
"""Product cards that are shown of one message."""


def bubbles(lines: Sequence[Line], *, pauses: bool = True) -> list[SimpleNamespace]:
    """Messages as `_macros/chat.html` draws them, oldest first, without times. ``pauses``: say how long nothing happened."""
    made = grouped([_bubble(one, number) for number, one in enumerate(lines)])
    shown: list[SimpleNamespace] = []
    for place, one in enumerate(made):
        gap = one.at - made[place - 1].at if place else timedelta(0)
        if pauses and gap >= PAUSE:
            shown.append(SimpleNamespace(kind="day", text=later(gap), id=""))
            one.continued = False
        shown.append(one)
    for one in shown:
        one.at = None
    return shown


def _bubble(line: Line, number: int) -> SimpleNamespace:
    content = load({"type": "product_cards", "cards": list(line.cards)}) if line.cards else None
    cards = [card_of(one) for one in content.cards] if isinstance(content, ProductCards) else []
    kind = "text" if not cards else "product" if len(cards) == 1 else "products"
    return SimpleNamespace(
        id=f"r{number}", kind=kind, side={"customer": "in", "agent": "human"}.get(line.author, "bot"), at=line.at,
        text=_ADDRESS.sub(r"…/\1/…", line.text) if not cards else "", state=line.state, why="", retry=False, decide="", author="", author_href="",
        continued=False, continued_next=False, icon="", buttons=[], products=cards[:CARDS], payment=None, order=None,
        media=None, parts=[], quote=None, advert=None, react=[], reactions=[], edited=[], seq=number,
        place=_("Below their comment, for everybody") if line.kind == "public_reply" else "",
        replies=[
            SimpleNamespace(label=one.get("title", ""), payload=one.get("payload", ""), chosen=False)
            for one in line.quick_replies
        ],
    )  # fmt: skip


def event(text: str, icon: str = "bolt") -> SimpleNamespace:
    """Something that is no message."""
    return SimpleNamespace(kind="event", text=text, icon=icon, id="", at=None)


def later(gap: timedelta) -> str:
    """``4 hours later``."""
    minutes = round(gap.total_seconds() / 60)
    if minutes < 100:
        return ngettext("%(num)d minute later", "%(num)d minutes later", minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("%(num)d hour later", "%(num)d hours later", hours)
    return ngettext("%(num)d day later", "%(num)d days later", round(hours / 24))


def done(effects: Sequence[Effect]) -> list[SimpleNamespace]:
    """What was done besides saying something, each once."""
    icons: dict[str, Any] = {"owner.told": "bell", "conversation.waiting": "hand", "customer.tagged": "tag"}
    sentences = dict.fromkeys((icons.get(one.kind, "check"), one.summary) for one in effects)
    return [event(text, icon) for icon, text in sentences]

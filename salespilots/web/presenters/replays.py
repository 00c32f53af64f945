"""A replay as the owner reads it: a sentence, the figures, and each place where it would go another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.services.rehearsal.difference import Row
from salespilots.services.rehearsal.report import Line
from salespilots.services.rehearsal.time_machine import Replay
from salespilots.web.presenters import reasons, rehearsed

MOST = 60
"""Rows of a page."""

KINDS: dict[str, tuple[Callable[[], str], str]] = {
    "added": (lambda: _("New"), "ok"), "removed": (lambda: _("No longer"), "bad"), "changed": (lambda: _("Different"), "info"),
}  # fmt: skip

DONE: dict[str, Callable[[], str]] = {
    "order.placed": lambda: _("Order placed"), "order.cancelled": lambda: _("Order cancelled"),
    "conversation.waiting": lambda: _("A person is asked"), "customer.changed": lambda: _("Customer changed"),
    "owner.told": lambda: _("You are told"), "payment.link_created": lambda: _("Payment link made"),
}  # fmt: skip
"""What is done besides saying something, in words; other kinds are named by their event."""


def told(replay: Replay, names: Mapping[str, str], href: Callable[[str], str]) -> SimpleNamespace:
    """``names``: of workflows by id; ``href``: a chat's page."""
    counts = replay.counts
    new = sum(one.new for one in replay.violations)
    return SimpleNamespace(
        same=not replay.rows and not new, headline=_headline(replay), days=replay.days, until=replay.until,
        messages=replay.messages, conversations=replay.conversations, left_out=replay.left_out,
        counts=[(KINDS[kind][0](), KINDS[kind][1], counts[kind]) for kind in ("added", "removed", "changed")],
        violations=[
            SimpleNamespace(
                customer=one.customer or _("A customer"), text=one.text, at=one.at, new=one.new,
                why=reasons.ended(one.reason, _("the channel")), href=href(one.conversation_id),
            )
            for one in replay.violations[:MOST]
        ],
        new_violations=new, cost_tokens=replay.cost_tokens, cost_paise=replay.cost_paise,
        answers=[
            SimpleNamespace(name=names.get(id) or _("A workflow that was deleted"), then=then, now=now)
            for id, (then, now) in sorted(replay.answers.items(), key=lambda one: names.get(one[0], ""))
        ],
        rows=[_row(one, href) for one in replay.rows[:MOST]], more=max(0, len(replay.rows) - MOST),
        seconds=replay.seconds,
    )  # fmt: skip


def _headline(replay: Replay) -> str:
    if not replay.messages:
        return _("Nobody wrote in these days.")
    if not replay.rows:
        return _("Nothing would change.")
    return ngettext(
        "%(num)d customer would get something else.", "%(num)d customers would get something else.", replay.customers
    )


def _row(row: Row, href: Callable[[str], str]) -> SimpleNamespace:
    label, tone = KINDS[row.kind]
    return SimpleNamespace(
        customer=row.customer or _("A customer"), href=href(row.conversation_id), at=row.at, message=row.message,
        label=label(), tone=tone,
        sides=[
            _side(_("Live now"), row.then, row.done_then), _side(_("With the draft"), row.now, row.done_now),
            _side(_("What really went out"), row.really, ()),
        ],
    )  # fmt: skip


def _side(name: str, lines: Sequence[Line], done: Sequence[str]) -> SimpleNamespace:
    bubbles = rehearsed.bubbles(lines, pauses=False)
    for bubble, line in zip(bubbles, lines, strict=True):
        if line.reason and line.state in ("skipped", "cancelled", "failed"):
            bubble.why = reasons.ended(line.reason, _("the channel"))
    words = [DONE[one]() if one in DONE else one for one in dict.fromkeys(done)]
    return SimpleNamespace(name=name, bubbles=bubbles, done=words)

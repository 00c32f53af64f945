"""How the installation does, and what waits for the owner's word, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.inbox import InboxRow
from salespilots.domain.money import rupees
from salespilots.services.stuck import Doubted, Figures, GivenUp
from salespilots.web.filters import duration
from salespilots.web.presenters import reasons
from salespilots.web.presenters.thread import Leaving

LATE = timedelta(minutes=1)
"""Nobody looked for work for so long, or something could have been handled or have left for so long: that is trouble."""

LONGEST = 300
"""Characters of a customer's words that are shown."""

KINDS: dict[str, Callable[[], str]] = {
    "message": lambda: _("A message"),
    "quick_reply": lambda: _("A tap on an answer"),
    "postback": lambda: _("A tap on a button"),
    "story_reply": lambda: _("An answer to your story"),
    "story_mention": lambda: _("A mention in a story"),
    "echo": lambda: _("A message that left your account"),
    "read": lambda: _("A sign that a message was seen"),
    "deleted": lambda: _("A message that was taken back"),
    "edited": lambda: _("A message that was changed"),
    "reaction": lambda: _("A reaction to a message"),
    "comment": lambda: _("A comment on a post"),
    "referral": lambda: _("A visit through a link"),
    "handover": lambda: _("News of who answers the chat"),
    "other": lambda: _("Something else"),
    "authorised": lambda: _("News of a payment that was begun"),
    "captured": lambda: _("A payment"),
    "failed": lambda: _("News of a payment that failed"),
    "link_cancelled": lambda: _("News of a payment link that was cancelled"),
    "link_expired": lambda: _("News of a payment link that ended"),
    "refund_created": lambda: _("News of a refund"),
    "refund_processed": lambda: _("News of a refund that went through"),
    "refund_failed": lambda: _("News of a refund that failed"),
}
"""Kinds of incoming events that can fail to be handled."""


def health(mine: Figures) -> list[SimpleNamespace]:
    """Rows of the health card: who is at work for everybody, and what of this shop waits."""
    return [_workers(mine), _waiting(mine), _in_hand(mine)]


def _row(ok: bool, icon: str, title: str, detail: str) -> SimpleNamespace:
    return SimpleNamespace(icon=icon if ok else "alert", tone="ok" if ok else "bad", title=title, detail=detail)


def _workers(figures: Figures) -> SimpleNamespace:
    last = None if figures.last_sweep is None else timedelta(seconds=figures.last_sweep)
    if last is None:
        detail = _("Nothing is answered until one runs. Whoever looks after the server starts it: salespilots work")
        return _row(False, "bolt", _("No worker is there"), detail)
    looked = _("Looked for work %(time)s ago", time=duration(last))
    if last > LATE:
        detail = _("%(looked)s. Whoever looks after the server starts it again: salespilots work", looked=looked)
        return _row(False, "bolt", _("No worker is at work"), detail)
    title = ngettext("%(num)d worker is at work", "%(num)d workers are at work", figures.alive)
    return _row(True, "bolt", title if figures.alive else _("A worker was there a moment ago"), looked)


def _waiting(figures: Figures) -> SimpleNamespace:
    backlog = figures.backlog
    events, messages = int(backlog["inbox_new"]), int(backlog["outbox_queued"])
    if not events and not messages:
        return _row(True, "inbox", _("Nothing waits"), _("All that came in is handled, all that was said has left"))
    came = ngettext("%(num)d event waits", "%(num)d events wait", events)
    leaves = ngettext("%(num)d message waits to leave", "%(num)d messages wait to leave", messages)
    title = " · ".join([came] * bool(events) + [leaves] * bool(messages))
    oldest = timedelta(seconds=backlog["oldest_seconds"])
    detail = (
        _("The oldest came %(time)s ago", time=duration(oldest)) if events else _("Everything that came in is handled")
    )
    could_leave = timedelta(seconds=backlog["outbox_due_seconds"])
    if could_leave >= LATE:
        detail = " · ".join([detail, _("A message could have left %(time)s ago", time=duration(could_leave))])
    return _row(timedelta(seconds=figures.late) < LATE, "inbox", title, detail)


def _in_hand(figures: Figures) -> SimpleNamespace:
    held, doubts = sum(one.lanes for one in figures.workers), int(figures.backlog["outbox_uncertain"])
    title = ngettext("%(num)d chat is being worked on", "%(num)d chats are being worked on", held)
    title = title if held else _("No chat is being worked on right now")
    detail = ngettext(
        "Of %(num)d message it is not known whether it arrived", "Of %(num)d messages it is not known whether they arrived",
        doubts,
    ) if doubts else _("Of every message it is known what became of it")  # fmt: skip
    return _row(True, "clock", title, detail)


def given_up(one: GivenUp, channel: str) -> SimpleNamespace:
    """An event that was given up: what it was, from whom, why, and what the customer wrote."""
    row = one.row
    leaving = _("It is not answered and does not come up here again. You can still write to the customer in the chat.")
    if row.port == "payments":
        leaving = _("It is not booked and does not come up here again. See what your payment provider says first.")
    return SimpleNamespace(
        id=one.id, icon="rupee" if row.port == "payments" else "inbox", title=_kind(row), channel=channel,
        who=one.customer.display_name if one.customer else str(row.payload.get("customer_name") or ""), at=row.received_at,
        why=reasons.event_error(row.error, row.attempts), words=_words(row), conversation_id=one.conversation_id, leaving=leaving,
    )  # fmt: skip


def _kind(row: InboxRow) -> str:
    known = KINDS.get(row.kind)
    return known() if known else _("Something from outside (%(kind)s)", kind=row.kind[:40])


def _words(row: InboxRow) -> str:
    """What the customer wrote, or how much was paid."""
    amount = row.payload.get("amount_paise")
    if row.port == "payments":
        return rupees(amount) if isinstance(amount, int) and amount else ""
    return str(row.payload.get("text") or "")[:LONGEST]


def doubted(one: Doubted, leaving: Leaving) -> SimpleNamespace:
    """A send of which nobody knows: to whom, what it said, and what a person may say of it."""
    message = one.message
    stopped = leaving.stops(message)
    why = reasons.undecided(leaving.channel, stopped) if one.asks else reasons.explain(message, leaving.channel)
    return SimpleNamespace(
        id=message.id, who=one.customer.display_name, at=message.sending_since or message.created_at, why=why,
        channel=leaving.channel, words=message.text[:LONGEST] or _("Picture"), conversation_id=message.conversation_id,
        decide=("leave" if stopped else "again") if one.asks else "",
    )  # fmt: skip

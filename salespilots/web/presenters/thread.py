"""A chat as the shop sees it: what was said and what happened between, and why something was not sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from types import SimpleNamespace

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.comment import Comment
from salespilots.domain.conversation import Author, Conversation, Direction, Message, MessageState, Mode
from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.windows import Right
from salespilots.ports.work import UNDECIDED
from salespilots.web.presenters import attached, chat_events, order_cards, reasons
from salespilots.web.presenters.chat import CLOSE, bubble_of, grouped
from salespilots.web.presenters.chat_events import FIRST, comment_line
from salespilots.web.presenters.orders import day_label

MANY_LINES = 3
"""So many things that happened one after the other are one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a chat lets leave at the moment. ``channel``: its name; ``right``: who may write; ``by_hand``: a person
    answers, who was asked to at ``asked_at``; ``silenced``: the customer wants no automatic messages."""

    channel: str
    right: Right = Right.ANYBODY
    by_hand: bool = False
    asked_at: datetime | None = None
    silenced: bool = False

    @classmethod
    def of(cls, conversation: Conversation, customer: Customer, channel: str, *, right: Right) -> Leaving:
        """What this chat lets leave, in which so many may write."""
        return cls(
            channel=channel, right=right, by_hand=conversation.mode is Mode.HUMAN,
            asked_at=conversation.waiting_since, silenced=customer.opted_out,
        )  # fmt: skip

    def stops(self, message: Message) -> str:
        """Why this message could not leave now, or nothing. Automation's last words before it asked for a person may."""
        last_words = self.asked_at is not None and message.created_at <= self.asked_at
        if message.author is Author.BOT and self.by_hand and not last_words:
            return "taken_over"
        if message.author is Author.BOT and self.silenced:
            return "opted_out"
        if self.right is Right.PERSON and message.author is Author.AGENT and message.actor_id is not None:
            return "" if message.kind == "text" else "late_words_only"
        return "" if self.right is Right.ANYBODY or message.comment_ref else "reply_window_closed"


def thread(
    messages: Sequence[Message],
    events: Sequence[Event],
    *,
    orders: Sequence[Order],
    workflows: Mapping[str, str],
    people: Mapping[str, str],
    me: str,
    run_href: Mapping[str, str],
    leaving: Leaving,
    quoted: Mapping[str, Message] | None = None,
    comments: Sequence[Comment] = (),
    emoji: Sequence[str] = (),
) -> list[SimpleNamespace]:
    """Messages and what happened between them, oldest first, with a line for each day. ``quoted``: messages by the
    channel's reference, of those that others answer; ``comments`` of the customer below the shop's posts;
    ``emoji``: what the shop can react with to their newest message."""
    since = messages[0].created_at if messages else None
    moments: list[tuple[datetime, int, SimpleNamespace]] = []
    before: Message | None = None
    for message in messages:
        if message.state is MessageState.CANCELLED and message.author is not Author.AGENT:
            moments.append((message.created_at, message.seq, _stopped(message, leaving)))
            continue
        bubble = bubble_of(message, orders)
        bubble.author = _author(message, workflows, people, me)
        bubble.author_href = run_href.get(message.run_id or "", "")
        _explain(bubble, message, leaving, before)
        before = reasons.holder(before, message)
        if message.reply_to_ref and bubble.kind not in ("story_reply", "deleted"):
            bubble.quote = attached.quote((quoted or {}).get(message.reply_to_ref))
        moments.append((message.created_at, message.seq, bubble))
    paid = {one.ids.get("order_id") for one in events if one.type == "order.paid"}
    for event in events:
        if event.type == "order.confirmed" and event.ids.get("order_id") in paid:
            continue
        pill = _event(event, people, me)
        if pill is not None and (since is None or event.at >= since - CLOSE):
            moments.append((event.at, 0 if event.type in FIRST else 1_000_000, pill))
    moments += [
        (one.sent_at, 0, comment_line(one)) for one in comments if since is None or one.sent_at >= since - CLOSE
    ]
    moments.sort(key=lambda one: (one[0], one[1]))
    bubbles = _together([one for _at, _seq, one in moments])
    _mark_chosen(messages, bubbles)
    _let_react(messages, bubbles, emoji)
    order_cards.put(bubbles, messages, orders)
    return _with_days(grouped(bubbles))


def _let_react(messages: Sequence[Message], bubbles: Sequence[SimpleNamespace], emoji: Sequence[str]) -> None:
    heard = [one for one in messages if one.direction is Direction.IN and one.provider_ref and one.reason != "deleted"]
    if not heard or not emoji:
        return
    newest = heard[-1]
    given = {str(one.get("emoji")) for one in newest.reactions if one.get("by") == "shop"}
    for bubble in bubbles:
        if bubble.id == newest.id:
            bubble.react = [SimpleNamespace(emoji=one, on=one in given) for one in emoji]


def _explain(bubble: SimpleNamespace, message: Message, leaving: Leaving, before: Message | None) -> None:
    """Why it is where it is, and what a person can do about it: try again, or say whether it arrived."""
    if message.direction is Direction.IN:
        return
    bubble.why = reasons.explain(message, leaving.channel, before)
    stopped = leaving.stops(message)
    bubble.retry = reasons.can_help(message) and not stopped
    if message.state is MessageState.UNCERTAIN and message.reason == UNDECIDED:
        bubble.decide, bubble.why = "leave" if stopped else "again", reasons.undecided(leaving.channel, stopped)


def _stopped(message: Message, leaving: Leaving) -> SimpleNamespace:
    """An automatic message that was stopped before it left: a quiet line with its words inside."""
    why = reasons.explain(message, leaving.channel)
    return SimpleNamespace(
        id=message.id, kind="stopped", side="", icon="x", text="", at=message.created_at, why=why, words=[message.text]
    )


def _together(bubbles: Sequence[SimpleNamespace]) -> list[SimpleNamespace]:
    """Messages stopped one after the other for the same reason are one line."""
    shown: list[SimpleNamespace] = []
    for one in bubbles:
        last = shown[-1] if shown else None
        if one.kind == "stopped" and last is not None and last.kind == "stopped" and last.why == one.why:
            last.words += one.words
        else:
            shown.append(one)
    for one in shown:
        if one.kind == "stopped":
            said = ngettext(
                "%(num)d automatic message not sent.", "%(num)d automatic messages not sent.", len(one.words)
            )
            one.text = f"{said} {one.why}"
    return _few_lines(shown)


def _few_lines(bubbles: Sequence[SimpleNamespace]) -> list[SimpleNamespace]:
    """Of three or more things that happened one after the other only the newest is shown; the others lie in one line."""
    shown: list[SimpleNamespace] = []
    for happens, run in groupby(bubbles, key=lambda one: one.kind == "event"):
        lines = list(run)
        if happens and len(lines) >= MANY_LINES:
            *earlier, newest = lines
            text = ngettext("%(num)d update before", "%(num)d updates before", len(earlier))
            words = [one.text for one in earlier]
            shown.append(
                SimpleNamespace(id="", kind="updates", side="", icon="info", text=text, at=earlier[-1].at, words=words)
            )
            lines = [newest]
        shown += lines
    return shown


def _author(message: Message, workflows: Mapping[str, str], people: Mapping[str, str], me: str) -> str:
    if message.author is Author.BOT:
        return workflows.get(message.actor_id or "", "")
    if message.author is Author.AGENT:
        if message.actor_id:
            return _("You") if message.actor_id == me else people.get(message.actor_id, _("Your team"))
        return _("Instagram app") if message.provider == "instagram" else _("Your team")
    return ""


def _event(event: Event, people: Mapping[str, str], me: str) -> SimpleNamespace | None:
    number = str(event.data.get("number") or "")
    you = event.actor == me
    who = people.get(event.actor, "")
    look = chat_events.look(event) or {
        "conversation.taken_over": (
            "user",
            _("You took over") if you else _("%(name)s took over", name=who or _("Your team")),
        ),
        "conversation.handed_back": ("bolt", _("Automation answers again")),
        "conversation.waiting": ("hand", _("Waiting for a person")),
        "conversation.closed": ("check", _("Chat closed")),
        "order.placed": ("orders", _("Order %(number)s placed, items held", number=number)),
        "order.confirmed": ("check", _("Order %(number)s confirmed", number=number)),
        "order.paid": ("rupee", _("Order %(number)s paid", number=number)),
        "order.packed": ("box", _("Order %(number)s packed", number=number)),
        "order.shipped": ("truck", _("Order %(number)s shipped", number=number)),
        "order.delivered": ("check", _("Order %(number)s delivered", number=number)),
        "order.step_undone": ("undo", _("Order %(number)s: the last step was taken back", number=number)),
        "order.cancelled": ("x", _("Order %(number)s cancelled", number=number)),
        "order.expired": ("clock", _("Order %(number)s was not paid in time", number=number)),
    }.get(event.type)
    if look is None:
        return None
    return SimpleNamespace(id=f"e{event.seq}", kind="event", side="", icon=look[0], text=look[1], at=event.at)


def _mark_chosen(messages: Sequence[Message], bubbles: Sequence[SimpleNamespace]) -> None:
    """The quick reply that the customer tapped next is shown filled."""
    taps = {one.seq: one.content.get("payload", "") for one in messages if one.direction is Direction.IN}
    for bubble in bubbles:
        if not getattr(bubble, "replies", None):
            continue
        after = min((seq for seq in taps if seq > bubble.seq), default=None)
        for reply in bubble.replies:
            reply.chosen = after is not None and bool(taps[after]) and taps[after] == reply.payload


def _with_days(bubbles: Iterable[SimpleNamespace]) -> list[SimpleNamespace]:
    shown: list[SimpleNamespace] = []
    last = ""
    for bubble in bubbles:
        label = day_label(bubble.at)
        if label != last:
            shown.append(SimpleNamespace(id="", kind="day", side="", text=label, at=bubble.at))
            last = label
        shown.append(bubble)
    return shown

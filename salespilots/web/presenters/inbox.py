"""The inbox: rows of the list, who is replying, the reply window, the customer beside the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.conversation import Author, Conversation, ConversationState, Mode
from salespilots.domain.customer import Customer
from salespilots.domain.windows import Allowance, Right
from salespilots.services.conversations import ChatRow
from salespilots.web.filters import duration, money, now
from salespilots.web.presenters import chat_events
from salespilots.web.presenters.orders import address_lines

NEAR = timedelta(hours=2)
"""A reply window this short is shown as a warning."""


def status(conversation: Conversation) -> str:
    """waiting, automated, human, closed."""
    if conversation.state is ConversationState.CLOSED:
        return "closed"
    if conversation.waiting_since is not None:
        return "waiting"
    return "human" if conversation.mode is Mode.HUMAN else "automated"


def row(found: ChatRow, href: str, current_id: str) -> SimpleNamespace:
    """One chat of the list."""
    one = found.conversation
    preview = one.preview or _("Picture")
    if one.preview_author is Author.AGENT:
        preview = _("You: %(text)s", text=preview)
    return SimpleNamespace(
        id=one.id,
        customer_id=one.customer_id,
        name=found.customer.display_name,
        picture=face(found.customer),
        href=href,
        at=one.last_message_at,
        preview=preview,
        unread=0 if one.id == current_id else one.unread,
        status=status(one),
        source=one.provider,
        current=one.id == current_id,
    )


def first_name(customer: Customer) -> str:
    """How the buttons name them."""
    return customer.display_name.split(" ")[0]


def chat(found: ChatRow, people: Mapping[str, str], me: str, label: str) -> SimpleNamespace:
    """The open chat."""
    one, customer = found.conversation, found.customer
    waited = now() - one.waiting_since if one.waiting_since else None
    bought = ngettext("%(num)d order", "%(num)d orders", customer.orders_count) if customer.orders_count else ""
    spent = money(customer.spent_paise) if customer.spent_paise else ""
    subtitle = " · ".join(filter(None, [handle(customer), bought or label, spent]))
    return SimpleNamespace(
        id=one.id,
        name=customer.display_name,
        first_name=first_name(customer),
        customer_id=customer.id,
        picture=face(customer),
        source=one.provider,
        subtitle=subtitle,
        held=chat_events.held(one),
        channel=label,
        status=status(one),
        mine=one.assignee_id == me or one.assignee_id is None,
        holder=people.get(one.assignee_id or "", _("Your team")),
        waiting_label=duration(waited) if waited and waited >= timedelta(minutes=1) else "",
    )


def handle(customer: Customer) -> str:
    """@name, where the channel has one."""
    return f"@{customer.username}" if customer.username else ""


def window(allowed: Allowance, name: str, *, wrote: bool = True) -> SimpleNamespace:
    """How long a reply is allowed, and whose. ``wrote``: the customer has written, not only commented."""
    if allowed.right is Right.NOBODY:
        text = (
            _("Reply window closed. You can reply when %(name)s writes again.", name=name)
            if wrote
            else _("%(name)s commented and has not written yet. You can write here when they answer.", name=name)
        )
        return SimpleNamespace(open=False, left="", tone="", text=text)
    if allowed.until is None:
        return SimpleNamespace(open=True, left="", tone="", text="")
    left = duration(allowed.until - now())
    if allowed.right is Right.PERSON:
        text = _("Automation may not write any more. You still can for %(left)s, with words of your own.", left=left)
        return SimpleNamespace(open=True, left="", tone="warn", text=text)
    return SimpleNamespace(open=True, left=left, tone="warn" if allowed.until - now() < NEAR else "", text="")


def suggestions(last_inbound: str, opted_out: bool) -> list[str]:
    """Three lines to start from."""
    if not last_inbound or opted_out:
        return []
    return [_("Yes, it is available."), _("One moment, I will check."), _("Shall I send the payment link?")]


def face(customer: Customer, side: int = 96) -> str:
    """Where the customer's picture is, or nothing. The end of its name makes a new picture a new address."""
    if not customer.picture:
        return ""
    return url_for("chat_files.face", customer_id=customer.id, side=side, v=customer.picture[-12:-4])


def panel(customer: Customer, came: str = "") -> SimpleNamespace:
    """Who the customer is. ``came``: how they came to the chat."""
    return SimpleNamespace(
        picture=face(customer),
        came=came,
        id=customer.id,
        name=customer.display_name,
        handle=handle(customer),
        place=str(customer.address.get("city") or ""),
        tags=tags(customer.tags),
        orders_count=customer.orders_count,
        spent_paise=customer.spent_paise,
        days=max(1, (now() - customer.created_at).days),
        note=customer.note,
        address_lines=address_lines(customer.address),
        phone=customer.phone,
        practice=customer.practice,
        source=customer.channel,
    )


def tags(labels: Sequence[str]) -> list[SimpleNamespace]:
    """A tag is known by its place in the list and by its word."""
    return [SimpleNamespace(id=index, label=label) for index, label in enumerate(labels)]

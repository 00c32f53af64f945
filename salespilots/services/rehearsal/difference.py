"""Two closed worlds side by side: what was said and done after each message of the past, and where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from salespilots.domain.conversation import Direction, Message, MessageState
from salespilots.domain.events import Event
from salespilots.ports.storage import UnitOfWork
from salespilots.services.rehearsal.report import Line
from salespilots.services.rehearsal.telling import QUIET, line_of
from salespilots.services.rehearsal.world import World

CLOSED = frozenset({"reply_window_closed", "comment_too_old", "late_words_only"})
"""Reasons of sends that a channel's windows forbid."""

BEFORE = ""
"""In the place of a message's id: what was said before the first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place where it would go another way. ``kind``: added (nothing is said or done there now), removed, changed.
    ``message_id`` and ``message``: the customer's; empty where it happens before they wrote. ``then``: what the live
    workflows say, ``now``: what they would say with the draft, ``really``: what the shop's automation sent in fact;
    ``done_then`` and ``done_now``: kinds of what is done besides."""

    conversation_id: str
    customer: str
    message_id: str
    message: str
    at: datetime
    kind: str
    then: tuple[Line, ...]
    now: tuple[Line, ...]
    done_then: tuple[str, ...] = ()
    done_now: tuple[str, ...] = ()
    really: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that would be said and may not leave. ``new``: with the draft only."""

    conversation_id: str
    customer: str
    at: datetime
    text: str
    reason: str
    new: bool


@dataclass(slots=True)
class Part:
    """What followed on one message of a chat."""

    message_id: str
    message: str
    at: datetime
    lines: list[Line] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def signature(self, masks: Sequence[re.Pattern[str]]) -> Any:
        """What makes two parts the same: numbers and addresses that count up in a world are left out."""
        return [_signature(one, masks) for one in self.lines], self.done


def _signature(one: Line, masks: Sequence[re.Pattern[str]]) -> tuple[Any, ...]:
    text = one.text
    for mask in masks:
        text = mask.sub("#", text)
    replies = [each.get("title") for each in one.quick_replies]
    cards = [(each.get("title"), each.get("subtitle")) for each in one.cards]
    return one.author, one.kind, text, one.state, one.reason, replies, cards


def masks_of(order_prefix: str) -> list[re.Pattern[str]]:
    """What is different in two worlds for no reason: tokens, and order numbers behind one more order."""
    return [re.compile(r"rehearsal-\d{22}"), re.compile(rf"\b{re.escape(order_prefix)}-\d+")]


def parts_of(world: World) -> dict[str, list[Part]]:
    """Each chat's parts, by its lane. A part begins with what the customer wrote."""
    with world.unit(read_only=True) as uow:
        lanes = {one.id: one.lane for one in uow.conversations.select()}
        done = _done(uow, world.events)
        messages = sorted(uow.messages.select(), key=lambda one: (one.conversation_id, one.seq))
    chats: dict[str, list[Part]] = {}
    places: dict[str, Part] = {}
    for one in messages:
        parts = chats.setdefault(lanes[one.conversation_id], [])
        if one.direction is Direction.IN:
            part = Part(one.provider_ref or one.id, one.text, one.created_at)
            places[one.id] = part
            parts.append(part)
            continue
        if not parts:
            parts.append(Part(BEFORE, "", one.created_at))
        if one.author != "agent":
            parts[-1].lines.append(line_of(one))
    for message_id, kind in done:
        if message_id in places:
            places[message_id].done.append(kind)
    return chats


def _done(uow: UnitOfWork, events: Sequence[Event]) -> list[tuple[str, str]]:
    """(the message before it in the chat, what was done)."""
    newest: dict[str, str] = {}
    done: list[tuple[str, str]] = []
    for one in events:
        chat = one.ids.get("conversation_id", "")
        if one.type == "message.received":
            newest[chat] = one.ids["message_id"]
        elif chat in newest and not one.data.get("made_up") and _tells(one.type):
            done.append((newest[chat], one.type))
    return done


def _tells(kind: str) -> bool:
    return kind == "customer.changed" or not kind.startswith(QUIET)


def differences(
    then: Mapping[str, list[Part]], now: Mapping[str, list[Part]], chats: Mapping[str, tuple[str, str]],
    masks: Sequence[re.Pattern[str]],
) -> list[Row]:  # fmt: skip
    """Where they differ, in order of time. ``chats``: lane to (conversation id, customer's name)."""
    rows: list[Row] = []
    for lane, (conversation_id, customer) in chats.items():
        mine, theirs = (
            {one.message_id: one for one in parts} for parts in (then.get(lane, []), now.get(lane, []))
        )  # fmt: skip
        for message_id in dict.fromkeys([*mine, *theirs]):
            one, other = mine.get(message_id), theirs.get(message_id)
            there = one or other
            assert there is not None
            nothing = Part(message_id, there.message, there.at)
            before, after = one or nothing, other or nothing
            if before.signature(masks) == after.signature(masks):
                continue
            was, will = bool(before.lines or before.done), bool(after.lines or after.done)
            kind = "changed" if was and will else "added" if will else "removed"
            rows.append(
                Row(
                    conversation_id=conversation_id, customer=customer, message_id=message_id,
                    message=there.message, at=there.at, kind=kind, then=tuple(before.lines),
                    now=tuple(after.lines), done_then=tuple(before.done), done_now=tuple(after.done),
                )
            )  # fmt: skip
    return sorted(rows, key=lambda one: (one.at, one.conversation_id))


def violations(
    then: Mapping[str, list[Part]], now: Mapping[str, list[Part]], chats: Mapping[str, tuple[str, str]]
) -> list[Violation]:
    """What would be said with the draft and may not leave."""
    found: list[Violation] = []
    for lane, (conversation_id, customer) in chats.items():
        before = [(one.text, one.at) for one in _refused(then.get(lane, []))]
        for one in _refused(now.get(lane, [])):
            new = (one.text, one.at) not in before
            found.append(
                Violation(
                    conversation_id=conversation_id, customer=customer, at=one.at, text=one.text, reason=one.reason,
                    new=new,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: one.at)


def _refused(parts: Sequence[Part]) -> list[Line]:
    lines = (one for part in parts for one in part.lines)
    return [one for one in lines if one.state == MessageState.SKIPPED and one.reason in CLOSED]


def really(messages: Sequence[Message]) -> dict[str, list[Line]]:
    """What the shop's automation sent in fact, by the customer's message before it. ``messages``: of one chat, in order."""
    found: dict[str, list[Line]] = {}
    last = BEFORE
    for one in messages:
        if one.direction is Direction.IN:
            last = one.id
        elif one.author != "agent":
            found.setdefault(last, []).append(line_of(one))
    return found

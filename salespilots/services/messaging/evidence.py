"""Settling sends whose outcome is not known: by the channel's echo, by its own history, by order and count of words.

A message is never taken for another because their words are equal: each thing the channel shows stands for one
message, the oldest that it can be.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from salespilots.domain.conversation import Conversation, Direction, Message, MessageState
from salespilots.ports.channel import Inbound, SentMessage
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.messaging.content import clean

CLOCKS_APART = timedelta(seconds=30)
"""How far the channel's clock may be behind ours."""

CONFIRMED = "confirmed:"
"""How the reference begins of a message of which a person said that it arrived."""

CONFIRMED_AMONG = 50
"""Of so many newest messages one that a person confirmed may still meet its echo."""

TWICE_WITHIN = timedelta(hours=1)
"""How long after a send another echo of the same words may be of its first try."""


OF_PEOPLE = frozenset({"image", "video", "audio", "file"})
"""Kinds of attachments that people send; a card is none."""

PUBLIC = "public_reply"
"""The kind of what is said below a comment: no part of the chat as its channel shows it."""

MANY_DOUBTS = 200
"""Of so many newest doubts of a shop one is remembered."""


def words_there(message: Message) -> str:
    """What the channel shows of a message. Cards and pictures have no words there."""
    return message.text if message.kind in ("text", PUBLIC) else ""


def same_words(message: Message, text: str) -> bool:
    """Whether what the channel shows may be this message. Providers write blanks, line ends and accents their own way."""
    return _bare(words_there(message)) == _bare(text)


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def may_be(message: Message, inbound: Inbound) -> bool:
    """Whether an echo may be of this message, by its words and by what is attached. What is said below a comment has none."""
    kinds = {one.kind for one in inbound.attachments}
    pictures = message.kind in ("image", "images")
    if message.kind == PUBLIC or (pictures and kinds and "image" not in kinds):
        return False
    return same_words(message, clean(inbound.text)) and (message.kind == "text" or pictures or not kinds & OF_PEOPLE)


def was_doubted_in(uow: UnitOfWork, message: Message) -> bool:
    """Whether it was ever not known if one of its tries arrived."""
    doubts = uow.events.latest(["message.uncertain"], limit=MANY_DOUBTS)
    return any(one.ids.get("message_id") == message.id for one in doubts)


def echoed_in(uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> Message | None:
    """The oldest send that this echo may be: one without an answer, one that seemed not to have arrived and is to be sent
    again, else one of which only a person said that it did."""
    mine = eq("conversation_id", conversation.id)
    open_ones = uow.messages.select(
        mine, one_of("state", [MessageState.SENDING, MessageState.UNCERTAIN, MessageState.QUEUED]), order="seq"
    )
    tried = [one for one in open_ones if one.provider_ref is None and one.attempts > 0 and may_be(one, inbound)]
    found = next((one for one in tried if one.state is not MessageState.QUEUED or was_doubted_in(uow, one)), None)
    if found is not None:
        return found
    newest = uow.messages.select(mine, eq("direction", Direction.OUT), order="-seq", limit=CONFIRMED_AMONG)
    said = [one for one in reversed(newest) if (one.provider_ref or "").startswith(CONFIRMED)]
    return next((one for one in said if may_be(one, inbound)), None)


def arrived_twice_in(uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> Message | None:
    """A message sent more than once whose first try this echo shows after all: nobody else wrote it."""
    since = inbound.sent_at - TWICE_WITHIN
    sent = uow.messages.select(
        eq("conversation_id", conversation.id), eq("direction", Direction.OUT), Where("attempts", "gt", 1),
        Where("created_at", "ge", since), order="-seq", limit=20,
    )  # fmt: skip
    return next((one for one in sent if may_be(one, inbound) and was_doubted_in(uow, one)), None)


def history_start_in(uow: UnitOfWork, message: Message) -> datetime:
    """From when on to read: before the send by our clock, and not after what the channel's clock says came before."""
    ours = (message.sending_since or message.created_at) - CLOCKS_APART
    before = uow.messages.select(
        eq("conversation_id", message.conversation_id), eq("direction", Direction.IN),
        Where("seq", "lt", message.seq), order="-seq", limit=1,
    )  # fmt: skip
    return min([ours, *(one.sent_at for one in before if one.sent_at is not None)])


def found_in(uow: UnitOfWork, message: Message, shown: Sequence[SentMessage]) -> SentMessage | None:
    """The entry of the channel's history that is this message: the first nobody else is known to be."""
    known = {one.provider_ref for one in _recent_in(uow, message)}
    return next(
        (one for one in shown if one.from_shop and one.provider_ref not in known and same_words(message, one.text)),
        None,
    )


def is_alone_in(uow: UnitOfWork, message: Message) -> bool:
    """Whether no other send of its chat with the same words lacks the channel's reference. Else what a part of the chat
    shows may be the other one, with this one among what is hidden."""
    others = [one for one in _recent_in(uow, message) if one.direction is Direction.OUT and one.id != message.id]
    same = [one for one in others if same_words(one, words_there(message))]
    return not any(one.attempts > 0 and (one.provider_ref or CONFIRMED).startswith(CONFIRMED) for one in same)


def is_unexplained_in(uow: UnitOfWork, message: Message, shown: Sequence[SentMessage]) -> bool:
    """Whether the shop said something since this send that is nothing we know to have sent: somebody's words in the app,
    or this message as the channel tells it."""
    since = (message.sending_since or message.created_at) - CLOCKS_APART
    recent = [one for one in _recent_in(uow, message) if one.direction is Direction.OUT and one.id != message.id]
    ours = {one.provider_ref: one for one in recent if one.attempts > 0 or one.actor_id is not None}
    open_ones = [one for one in recent if one.attempts > 0 and (one.provider_ref or CONFIRMED).startswith(CONFIRMED)]
    said = [one for one in shown if one.from_shop and one.sent_at >= since and one.provider_ref not in ours]
    return any(not any(same_words(one, line.text) for one in open_ones) for line in said)


def _recent_in(uow: UnitOfWork, message: Message) -> list[Message]:
    return uow.messages.select(eq("conversation_id", message.conversation_id), order="-seq", limit=200)

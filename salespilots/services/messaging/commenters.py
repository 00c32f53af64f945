"""Whoever commented and whoever writes in the chat may be called by two references: they are one customer.

Source of a protocol fact: Meta, "Send a Private Reply to a Commenter": the answer to a private reply names the person
as messages do.
"""

from __future__ import annotations

from salespilots.domain.conversation import Conversation, ConversationState, Message, MessageState
from salespilots.domain.customer import ChannelIdentity
from salespilots.domain.inbox import lane_of
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.automation import active_runs
from salespilots.services.core import Core
from salespilots.services.messaging.evidence import may_be
from salespilots.services.messaging.marks import sent_in

MANY = 200
"""Answers to comments of one shop that are on their way at one moment, at most."""


def known_as_in(core: Core, uow: UnitOfWork, message: Message, customer_ref: str) -> None:
    """The answer to a comment went to ``customer_ref``: the chat that it stands in is theirs from here on.

    Where they have a chat already, all of this one goes over to it. Whoever comments again is known by either name.
    """
    chat = uow.conversations.get(message.conversation_id)
    if customer_ref == chat.customer_ref:
        return
    lane = lane_of(chat.provider, chat.account_ref, customer_ref)
    theirs = uow.conversations.find(provider=chat.provider, account_ref=chat.account_ref, customer_ref=customer_ref)
    if theirs is None:
        identity = ChannelIdentity(
            id=core.ids.new("identity"), business_id=uow.business_id, customer_id=chat.customer_id,
            provider=chat.provider, account_ref=chat.account_ref, customer_ref=customer_ref,
        )  # fmt: skip
        uow.identities.add(identity)
        chat.identity_id, chat.customer_ref, chat.lane = identity.id, customer_ref, lane
        uow.conversations.save(chat)
        _move(uow, message, chat, chat)
        return
    _move(uow, message, chat, theirs)
    known = uow.identities.get(chat.identity_id)
    known.customer_id = theirs.customer_id
    uow.identities.save(known)
    chat.state, chat.unread, chat.preview = ConversationState.CLOSED, 0, ""
    uow.conversations.save(chat)
    uow.conversations.save(theirs)


def echoed_in(core: Core, uow: UnitOfWork, provider: str, inbound: Inbound) -> bool:
    """Whether this echo is of a private answer to a comment, which went to somebody who is known by another reference here.

    When it can be of one only, that one is settled as sent, in their chat. Of several with the same words nobody can say
    which: then it tells nothing, and what the channel answers to each of them does.
    """
    waiting = uow.messages.select(
        eq("provider", provider), Where("comment_ref", "not_null"),
        one_of("state", [MessageState.SENDING, MessageState.UNCERTAIN]), order="created_at", limit=MANY,
    )  # fmt: skip
    same = [one for one in waiting if one.kind != "public_reply" and one.provider_ref is None and may_be(one, inbound)]
    found = [one for one in same if uow.conversations.get(one.conversation_id).account_ref == inbound.account_ref]
    if len(found) == 1:
        sent_in(uow, found[0], inbound.message_ref, inbound.sent_at, core.clock.now())
        known_as_in(core, uow, found[0], inbound.customer_ref)
    return bool(found)


def _move(uow: UnitOfWork, message: Message, old: Conversation, new: Conversation) -> None:
    """Everything of a chat that is said or goes on in it, ``message`` as it is in hand."""
    said = uow.messages.select(eq("conversation_id", old.id), order="seq")
    for one in [message if each.id == message.id else each for each in said]:
        one.lane, one.conversation_id, one.customer_id = new.lane, new.id, new.customer_id
        if new is not old:
            one.seq = new.take_seq()
        uow.messages.save(one)
    for run in active_runs(uow, old):
        run.lane, run.conversation_id, run.customer_id = new.lane, new.id, new.customer_id
        uow.runs.save(run)
    if new is not old:
        for comment in uow.comments.select(eq("conversation_id", old.id)):
            comment.conversation_id = new.id
            uow.comments.save(comment)
        new.last_message_at = max(filter(None, [new.last_message_at, old.last_message_at]), default=None)


def chat_of_in(uow: UnitOfWork, provider: str, account_ref: str, customer_ref: str) -> Conversation | None:
    """The chat of whoever is known by this reference, as a commenter or as a writer."""
    identity = uow.identities.find(provider=provider, account_ref=account_ref, customer_ref=customer_ref)
    if identity is None:
        return None
    chats = uow.conversations.select(
        eq("customer_id", identity.customer_id), eq("provider", provider), eq("account_ref", account_ref),
        order="-created_at", limit=2,
    )  # fmt: skip
    own = next((one for one in chats if one.identity_id == identity.id), None)
    return own if own is not None and own.state is not ConversationState.CLOSED else next(iter(chats), None)

"""Putting a message on its way: one row, in the transaction of what caused it."""

from __future__ import annotations

from salespilots.domain.conversation import Author, Conversation, Direction, Message, MessageState
from salespilots.domain.events import Event
from salespilots.ports.channel import Content, Text
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.core import Core
from salespilots.services.messaging.content import dump, kind_of, plain, split_text


def queue_in(
    core: Core,
    uow: UnitOfWork,
    conversation: Conversation,
    content: Content,
    *,
    author: Author,
    dedupe_key: str,
    actor_id: str | None = None,
    run_id: str | None = None,
    order_id: str | None = None,
    kind: str | None = None,
    follow_up: bool = False,
    fresh: bool = False,
    comment_ref: str | None = None,
) -> list[Message]:
    """Queue a message, in parts when it is longer than the channel takes. The caller saves the conversation.

    Returns no messages when the key was queued before. ``fresh``: the key is of this transaction's own making.
    ``comment_ref``: it answers a comment, with its first part: only one is allowed.
    """
    provider = core.registry.channels.find(conversation.provider)
    limit = provider.capabilities.max_text_bytes if provider else 1000
    parts: list[Content] = [content]
    if isinstance(content, Text) and len(content.text.encode()) > limit:
        texts = split_text(content.text, limit)
        parts = [Text(text=one) for one in texts[:-1]]
        parts.append(Text(text=texts[-1], quick_replies=content.quick_replies))
        if comment_ref:  # one message answers a comment, so what does not fit is left out
            parts = [Text(text=split_text(content.text, limit - 3)[0] + "…")]
    queued: list[Message] = []
    now = core.clock.now()
    for index, part in enumerate(parts):
        key = dedupe_key if index == 0 else f"{dedupe_key}:part{index + 1}"
        message = Message(
            id=core.ids.new("message"), business_id=uow.business_id, conversation_id=conversation.id,
            customer_id=conversation.customer_id, lane=conversation.lane, seq=conversation.take_seq(),
            direction=Direction.OUT, author=author, kind=kind or kind_of(part), created_at=now,
            state=MessageState.QUEUED, text=plain(part), content=dump(part), provider=conversation.provider,
            dedupe_key=key, actor_id=actor_id, run_id=run_id, order_id=order_id, follow_up=follow_up,
            practice=conversation.practice, comment_ref=comment_ref,
        )  # fmt: skip
        if fresh:
            uow.messages.add_new(message)
        elif not uow.messages.add_once(message):
            conversation.next_seq = message.seq  # queued before: its place is free again
            continue
        conversation.last_message_at = now
        conversation.preview, conversation.preview_author = message.text[:140], author
        queued.append(message)
    if queued:
        ids = {"conversation_id": conversation.id, "message_id": queued[-1].id}
        uow.record(Event(type="message.queued", at=now, ids=ids))
    return queued


def cancel_pending_in(
    core: Core, uow: UnitOfWork, conversation: Conversation, reason: str, *, but_run: str | None = None
) -> None:
    """Stop automation's messages that have not left yet, but those of the run ``but_run``."""
    queued = uow.messages.select(eq("conversation_id", conversation.id), eq("state", MessageState.QUEUED), order="seq")
    for message in queued:
        if message.author is Author.BOT and (but_run is None or message.run_id != but_run):
            cancel_in(core, uow, message, reason)


def cancel_in(core: Core, uow: UnitOfWork, message: Message, reason: str) -> None:
    """Stop a message, unless it left or was settled already."""
    if message.cancel(reason):
        uow.messages.save(message)
        ids = {"conversation_id": message.conversation_id, "message_id": message.id}
        uow.record(Event(type="message.cancelled", at=core.clock.now(), ids=ids, data={"reason": reason}))

"""A comment below a post: kept once, and answered by the first workflow that wants it.

The answer is the run's: words below the comment, and one private message (`salespilots.services.workflows.effects`).
A comment opens no reply window and makes no chat by itself; only one that is answered does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from salespilots.domain.comment import Comment, CommentState, Post
from salespilots.domain.conversation import Author, Conversation, Mode
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.events import Event
from salespilots.domain.inbox import InboxRow, lane_of
from salespilots.domain.workflow import Workflow, WorkflowVersion
from salespilots.ports.channel import Inbound
from salespilots.ports.extensions import PostFact, TriggerFact
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.services.automation import MAX_RUNS_PER_HOUR, match, start_in
from salespilots.services.core import Core
from salespilots.services.messaging.commenters import chat_of_in
from salespilots.services.messaging.content import clean
from salespilots.services.messaging.desk import Desk
from salespilots.services.posts import seen_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST = 2200
"""Characters of a comment that are kept."""


def commented_in(core: Core, desk: Desk, row: InboxRow, inbound: Inbound) -> None:
    """Keep a comment and decide about it. An advertisement may tell of the same one twice: it is one."""
    ref, uow = inbound.message_ref, desk.uow
    if not ref or not inbound.customer_ref or uow.comments.find(provider=row.provider, comment_ref=ref) is not None:
        return
    now = core.clock.now()
    post = seen_in(core, uow, row.provider, inbound.account_ref, inbound.subject)
    comment = Comment(
        id=core.ids.new("comment"), business_id=uow.business_id, provider=row.provider, account_ref=inbound.account_ref,
        comment_ref=ref, customer_ref=inbound.customer_ref[:200], created_at=now, sent_at=min(inbound.sent_at, now),
        username=clean(inbound.customer_name, 100), text=clean(inbound.text, LONGEST),
        post_ref=post.post_ref if post else "", parent_ref=inbound.reply_to_ref,
        live=inbound.subject is not None and inbound.subject.kind == "live", practice=row.provider == "practice",
    )  # fmt: skip
    if uow.comments.add_once(comment):
        uow.record(Event(type="comment.received", at=now, ids={"comment_id": comment.id}))
        chat = decide_in(core, uow, comment, post)
        if chat is not None and chat.lane == row.lane:
            desk.opened(chat)


def decide_in(core: Core, uow: UnitOfWork, comment: Comment, post: Post | None) -> Conversation | None:
    """Start the workflow that answers a kept comment, or note why none does. Returns the chat that it is answered in."""
    now = core.clock.now()
    provider = core.registry.channels.find(comment.provider)
    window = provider.capabilities.comment_window if provider else None
    if window is None:
        return None
    if comment.parent_ref:
        _skip(uow, comment, "reply_to_comment")
        return None
    if now - comment.sent_at >= window:
        _skip(uow, comment, "comment_too_old")
        return None
    kind = "live" if comment.live else post.kind if post else "post"
    fact = TriggerFact(
        type="comment.received", text=comment.text, kind="comment",
        understanding=core.memory.understand(core.understander, uow, comment.text),
        post=PostFact(ref=comment.post_ref, kind=kind, posted_at=post.posted_at if post else None),
    )  # fmt: skip
    found = match(core, core.memory.live(uow), fact)
    return None if found is None else _answer(core, uow, comment, post, *found)


def _answer(
    core: Core, uow: UnitOfWork, comment: Comment, post: Post | None, workflow: Workflow, version: WorkflowVersion,
    reason: str,
) -> Conversation | None:  # fmt: skip
    settings = (version.definition.get("trigger") or {}).get("settings") or {}
    if _answered_before(core, uow, comment, workflow, settings.get("again", "post")):
        _skip(uow, comment, "answered_before")
        return None
    chat = _chat(core, uow, comment)
    customer = uow.customers.get(chat.customer_id)
    refused = "opted_out" if customer.opted_out else "taken_over" if chat.mode is Mode.HUMAN else ""
    since = Where("created_at", "ge", core.clock.now() - HOUR)
    if not refused and uow.runs.count(eq("conversation_id", chat.id), since) >= MAX_RUNS_PER_HOUR:
        refused = "too_many"
    if refused:
        _skip(uow, comment, refused)
        return None
    products = post.product_ids if post else []
    data = {
        "trigger": reason, "comment_ref": comment.comment_ref, "comment_id": comment.id, "sure": len(products) == 1,
        "products": [{"product_id": one, "score": 100.0, "variant_ids": []} for one in products],
    }  # fmt: skip
    start_in(
        core, uow, workflow, version, conversation=chat, trigger_key=f"comment:{comment.comment_ref}"[:300], data=data
    )
    comment.state, comment.conversation_id, comment.workflow_id = CommentState.ANSWERED, chat.id, workflow.id
    comment.reason = ""
    uow.comments.save(comment)
    chat.last_message_at = core.clock.now()
    if not chat.preview:
        chat.preview, chat.preview_author = comment.text[:140], Author.CUSTOMER
    uow.conversations.save(chat)
    return chat


def _skip(uow: UnitOfWork, comment: Comment, reason: str) -> None:
    comment.state, comment.reason = CommentState.SKIPPED, reason
    uow.comments.save(comment)


def _answered_before(core: Core, uow: UnitOfWork, comment: Comment, workflow: Workflow, again: str) -> bool:
    """Whether this person had their answer already: to another comment below the post, or within a day."""
    if again == "always":
        return False
    narrower = (
        eq("post_ref", comment.post_ref) if again == "post" else Where("created_at", "ge", core.clock.now() - DAY)
    )
    return bool(
        uow.comments.count(
            eq("provider", comment.provider), eq("customer_ref", comment.customer_ref),
            eq("state", CommentState.ANSWERED), eq("workflow_id", workflow.id), narrower,
        )
    )  # fmt: skip


def _chat(core: Core, uow: UnitOfWork, comment: Comment) -> Conversation:
    """The commenter's chat, made with its customer where there is none."""
    known = chat_of_in(uow, comment.provider, comment.account_ref, comment.customer_ref)
    if known is not None:
        return known
    now = core.clock.now()
    keys: dict[str, Any] = {"provider": comment.provider, "account_ref": comment.account_ref}
    customer = Customer(
        id=core.ids.new("customer"), business_id=uow.business_id, created_at=now, channel=comment.provider,
        username=comment.username, last_seen_at=now, practice=comment.practice,
    )  # fmt: skip
    uow.customers.add(customer)
    identity = ChannelIdentity(
        id=core.ids.new("identity"), business_id=uow.business_id, customer_id=customer.id,
        customer_ref=comment.customer_ref, **keys,
    )  # fmt: skip
    uow.identities.add(identity)
    chat = Conversation(
        id=core.ids.new("conversation"), business_id=uow.business_id, customer_id=customer.id, identity_id=identity.id,
        customer_ref=comment.customer_ref, lane=lane_of(comment.provider, comment.account_ref, comment.customer_ref),
        created_at=now, last_message_at=now, practice=comment.practice, **keys,
    )  # fmt: skip
    uow.conversations.add(chat)
    return chat

"""T2: one incoming event becomes customer, conversation, message and runs, in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.comment import Post
from salespilots.domain.conversation import (
    PENDING,
    Author,
    Conversation,
    ConversationState,
    Direction,
    Message,
    MessageState,
)
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.events import Event
from salespilots.domain.inbox import TALKING, InboxRow
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.automation import cancel_runs_in
from salespilots.services.core import Core
from salespilots.services.messaging import commenters, early, held, media
from salespilots.services.messaging.answering import answer_in, heard_in
from salespilots.services.messaging.attachments import content_of, described, kind_of_message, stored
from salespilots.services.messaging.comments import commented_in
from salespilots.services.messaging.content import clean
from salespilots.services.messaging.desk import Desk
from salespilots.services.messaging.evidence import arrived_twice_in, echoed_in
from salespilots.services.messaging.inbox import load_inbound, load_payment_event
from salespilots.services.messaging.outgoing import cancel_in, cancel_pending_in
from salespilots.services.messaging.unsent import forget_in
from salespilots.services.posts import seen_in
from salespilots.services.profiles import plan_in as ask_who_in
from salespilots.services.settlement import Settlement
from salespilots.services.waiting import tell_late_in

TOO_OLD = timedelta(hours=24)
"""Providers redeliver for up to 36 hours; what is older than this is kept and shown, not answered by machine."""

UNHEARD = timedelta(hours=20)
"""A customer who was silent for so long may have been out of reach when something they wait for came back. (The shortest
reply window of a channel is a day.)"""

EARLY = "message.deleted_early"
"""What is noted of a message that is unsent before its chat is there."""

MANY_EARLY = 100
"""Of so many newest ones a shop's are remembered."""

STILL_TALKING = timedelta(hours=24)
"""What was read back of a person's own words is a person's chat for so long."""


class Interpreter:
    """Understands inbox rows."""

    def __init__(self, core: Core, settlement: Settlement) -> None:
        self._core = core
        self._settlement = settlement

    def interpret_in(self, desk: Desk, row: InboxRow) -> list[str]:
        """Apply one row; returns other lanes that have work now."""
        uow = desk.uow
        if row.port == "payments":
            return self._settlement.settle_in(uow, row.provider, load_payment_event(row.payload))
        inbound = load_inbound(row.payload)
        if inbound.kind in TALKING:
            self._spoken(desk, row, inbound)
        elif inbound.kind == "echo":
            self._echo(desk, row, inbound)
        elif inbound.kind == "read":
            self._read(uow, row, inbound)
        elif inbound.kind == "deleted":
            self._deleted(desk, uow, row, inbound)
        elif inbound.kind == "comment":
            commented_in(self._core, desk, row, inbound)
        elif inbound.kind in early.TOUCHING:
            self._touched(desk, uow, row, inbound)
        elif inbound.kind in ("referral", "handover") or (inbound.kind == "other" and inbound.unsupported):
            self._about_the_chat(desk, row, inbound)
        return []

    # --- a customer speaks ----------------------------------------------------------------------------------

    def _spoken(self, desk: Desk, row: InboxRow, inbound: Inbound) -> None:
        if not inbound.customer_ref:
            return
        core, now, uow = self._core, self._core.clock.now(), desk.uow
        conversation, started = self._conversation(desk, row, inbound, customer_wrote=True)
        ref, at = inbound.message_ref or inbound.event_id, self._at(inbound)
        if desk.is_known(conversation, ref):
            self._forget_late_words(uow, row, inbound)
            return
        text, post = clean(inbound.text), self._post(uow, row, inbound)
        first = started or conversation.last_inbound_at is None
        message = Message(
            id=core.ids.new("message"), business_id=uow.business_id, conversation_id=conversation.id,
            customer_id=conversation.customer_id, lane=conversation.lane, seq=conversation.take_seq(),
            direction=Direction.IN, author=Author.CUSTOMER, kind=kind_of_message(inbound), created_at=at,
            state=MessageState.RECEIVED, text=text, content=content_of(inbound), attachments=stored(inbound),
            provider=row.provider, provider_ref=ref, reply_to_ref=inbound.reply_to_ref or None, sent_at=inbound.sent_at,
            practice=conversation.practice, post_ref=post.post_ref if post else None,
        )  # fmt: skip
        uow.messages.add_new(message)
        media.plan_in(core, uow, message)
        held.note_in(core, uow, conversation, inbound)
        for waiting in map(uow.messages.get, desk.pending(row.lane)):
            if waiting.follow_up:
                cancel_in(core, uow, waiting, "customer_wrote")
        if now - at <= TOO_OLD:
            conversation.unread += 1
        newest = conversation.last_message_at is None or started or at >= conversation.last_message_at
        silent_for = inbound.sent_at - (conversation.last_inbound_at or inbound.sent_at)
        if conversation.last_inbound_at is None or inbound.sent_at > conversation.last_inbound_at:
            conversation.last_inbound_at = min(inbound.sent_at, now)
        if newest:
            conversation.state, conversation.last_message_at = ConversationState.OPEN, at
            conversation.preview = (text or described(inbound.attachments))[:140]
            conversation.preview_author = Author.CUSTOMER
        customer = uow.customers.get(conversation.customer_id)
        customer.last_seen_at = max(customer.last_seen_at or at, at)
        if inbound.customer_name and not customer.name:
            customer.name = clean(inbound.customer_name, 100)
        ask_who_in(core, uow, customer, row.provider, new=started)
        uow.customers.save(customer)
        ids = {"conversation_id": conversation.id, "message_id": message.id, "customer_id": customer.id}
        if first:
            uow.record(Event(type="conversation.started", at=now, ids=ids))
        uow.record(Event(type="message.received", at=now, ids=ids))
        unsent, touched = self._noted_early(uow) if started else (set[str](), set[str]())
        if ref not in unsent:
            early.came_in(core, uow, conversation, message, touched)
        if ref in unsent:
            forget_in(core, uow, conversation, message)
        elif inbound.automation and now - inbound.sent_at <= TOO_OLD:
            answer_in(
                core, uow, conversation, customer, message, payload=inbound.payload, new=started, started=first, desk=desk
            )  # fmt: skip
        elif not started:
            heard_in(core, uow, conversation, message, desk)
        if silent_for >= UNHEARD:
            tell_late_in(core, uow, conversation)
        uow.conversations.save(conversation)

    def _at(self, inbound: Inbound) -> datetime:
        """When a message has its place: as it comes, or at its own time when it was read back later."""
        now = self._core.clock.now()
        return min(inbound.sent_at, now) if inbound.facts.get("past") else now

    def _post(self, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> Post | None:
        """The shop's own post that this is about; what somebody else's story shows is no product of ours."""
        if inbound.kind == "story_mention":
            return None
        return seen_in(self._core, uow, row.provider, inbound.account_ref, inbound.subject)

    def _conversation(
        self, desk: Desk, row: InboxRow, inbound: Inbound, *, customer_wrote: bool
    ) -> tuple[Conversation, bool]:
        """The chat of this identity, made with its customer when it is the first."""
        core, at, uow = self._core, self._at(inbound), desk.uow
        known = desk.conversation(row.lane)
        if known is not None:
            return known, False
        keys: dict[str, Any] = {
            "provider": row.provider, "account_ref": inbound.account_ref, "customer_ref": inbound.customer_ref[:200],
        }  # fmt: skip
        # A chat and its identity are made together, under the lane's lock: without the one there is not the other.
        identity = uow.identities.find(**keys) if desk.careful else None
        practice = row.provider == "practice"
        if identity is None:
            customer = Customer(
                id=core.ids.new("customer"), business_id=uow.business_id, created_at=at, channel=row.provider,
                name=clean(inbound.customer_name, 100), last_seen_at=at, practice=practice,
            )  # fmt: skip
            uow.customers.add_new(customer)
            identity = ChannelIdentity(
                id=core.ids.new("identity"), business_id=uow.business_id, customer_id=customer.id, **keys
            )
            uow.identities.add_new(identity)
        else:
            conversation = uow.conversations.find(identity_id=identity.id)
            if conversation is not None:
                return conversation, False
        conversation = Conversation(
            id=core.ids.new("conversation"), business_id=uow.business_id, customer_id=identity.customer_id,
            identity_id=identity.id, lane=row.lane, created_at=at, last_message_at=at, practice=practice, **keys,
        )  # fmt: skip
        uow.conversations.add_new(conversation)
        desk.opened(conversation)
        return conversation, customer_wrote

    # --- the rest ---------------------------------------------------------------------------------------------

    def _echo(self, desk: Desk, row: InboxRow, inbound: Inbound) -> None:
        """Something left the shop's account. Ours: it settles the send. Not ours: a person answered in the app."""
        if not inbound.customer_ref:
            return
        core, now, uow = self._core, self._core.clock.now(), desk.uow
        if desk.conversation(row.lane) is None and commenters.echoed_in(core, uow, row.provider, inbound):
            return
        conversation, _ = self._conversation(desk, row, inbound, customer_wrote=False)
        if uow.messages.find(conversation_id=conversation.id, provider_ref=inbound.message_ref) is not None:
            return
        unsettled = echoed_in(uow, conversation, inbound)
        if unsettled is None and commenters.echoed_in(core, uow, row.provider, inbound):
            return
        if unsettled is not None:
            unsettled.state, unsettled.provider_ref = MessageState.SENT, inbound.message_ref
            unsettled.sent_at, unsettled.reason, unsettled.next_at = inbound.sent_at, None, None
            uow.messages.save(unsettled)
            ids = {"conversation_id": conversation.id, "message_id": unsettled.id}
            uow.record(Event(type="message.sent", at=now, ids=ids, data={"by": "echo"}))
            return
        twice = arrived_twice_in(uow, conversation, inbound)
        if twice is not None:
            ids = {"conversation_id": conversation.id, "message_id": twice.id}
            uow.record(Event(type="message.arrived_twice", at=now, ids=ids))
            return
        text, at = clean(inbound.text), self._at(inbound)
        message = Message(
            id=core.ids.new("message"), business_id=uow.business_id, conversation_id=conversation.id,
            customer_id=conversation.customer_id, lane=conversation.lane, seq=conversation.take_seq(),
            direction=Direction.OUT, author=Author.AGENT, kind=kind_of_message(inbound), created_at=at,
            state=MessageState.SENT, text=text, provider=row.provider, provider_ref=inbound.message_ref,
            reply_to_ref=inbound.reply_to_ref or None, sent_at=inbound.sent_at, practice=conversation.practice,
            attachments=stored(inbound),
        )  # fmt: skip
        uow.messages.add(message)
        media.plan_in(core, uow, message)
        early.came_in(core, uow, conversation, message, ())
        if conversation.last_message_at is None or at >= conversation.last_message_at:
            conversation.last_message_at, conversation.preview_author = at, Author.AGENT
            conversation.preview = (text or described(inbound.attachments))[:140]
        if now - at > STILL_TALKING:
            uow.conversations.save(conversation)
            return
        if conversation.take_over(None):
            ids = {"conversation_id": conversation.id, "message_id": message.id}
            uow.record(Event(type="conversation.taken_over", at=now, ids=ids, data={"by": "app"}))
        cancel_pending_in(core, uow, conversation, "taken_over")
        cancel_runs_in(core, uow, conversation, "taken_over")
        uow.conversations.save(conversation)

    def _find(self, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> tuple[Conversation, Message] | None:
        conversation = uow.conversations.find(lane=row.lane)
        if conversation is None:
            return None
        message = uow.messages.find(conversation_id=conversation.id, provider_ref=inbound.message_ref)
        return (conversation, message) if message else None

    def _read(self, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> None:
        """Seen up to this message."""
        found = self._find(uow, row, inbound)
        conversation = found[0] if found else uow.conversations.find(lane=row.lane)
        if conversation is None:
            return
        # A message that we do not know, or none at all: seen is what was sent before.
        until = Where("seq", "le", found[1].seq) if found else Where("sent_at", "le", inbound.sent_at)
        seen = uow.messages.select(
            eq("conversation_id", conversation.id), one_of("state", [MessageState.SENT, MessageState.DELIVERED]), until,
            order="seq",
        )  # fmt: skip
        if not seen and found is None:
            return
        for one in seen:
            one.state, one.read_at = MessageState.READ, inbound.sent_at
            uow.messages.save(one)
        ids = {"conversation_id": conversation.id, "message_id": found[1].id if found else seen[-1].id}
        uow.record(Event(type="message.read", at=self._core.clock.now(), ids=ids))

    def _deleted(self, desk: Desk, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> None:
        """The customer unsent a message: its words and media go, the fact stays, also when it comes before its message."""
        found = self._find(uow, row, inbound)
        if found is None:
            conversation = desk.conversation(row.lane)
            if inbound.facts.get("by") == "shop":
                return
            if conversation is None:
                data = {"ref": inbound.message_ref}
                uow.record(Event(type=EARLY, at=self._core.clock.now(), data=data))
            elif not desk.is_known(conversation, inbound.message_ref):
                self._unheard(uow, conversation, inbound)
            return
        conversation, message = found
        by_shop = inbound.facts.get("by") == "shop"
        if (message.direction is Direction.OUT) == by_shop and message.state not in PENDING:
            forget_in(self._core, uow, conversation, message)

    def _unheard(self, uow: UnitOfWork, conversation: Conversation, inbound: Inbound) -> None:
        """The place of a message that was unsent before it came: it is known when it comes, and its words are not kept."""
        message = Message(
            id=self._core.ids.new("message"), business_id=uow.business_id, conversation_id=conversation.id,
            customer_id=conversation.customer_id, lane=conversation.lane, seq=conversation.take_seq(),
            direction=Direction.IN, author=Author.CUSTOMER, kind="text", created_at=self._core.clock.now(),
            state=MessageState.RECEIVED, text="", content={}, provider=conversation.provider, reason="deleted",
            provider_ref=inbound.message_ref, sent_at=inbound.sent_at, practice=conversation.practice,
        )  # fmt: skip
        uow.messages.add_new(message)
        uow.conversations.save(conversation)

    def _noted_early(self, uow: UnitOfWork) -> tuple[set[str], set[str]]:
        """References of messages that were unsent, and of those that were reacted to or edited, before their chat began."""
        noted = uow.events.latest([EARLY, early.EVENT], limit=MANY_EARLY)
        unsent = {str(one.data.get("ref")) for one in noted if one.type == EARLY}
        return unsent, {str(one.data.get("ref")) for one in noted if one.type == early.EVENT}

    def _touched(self, desk: Desk, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> None:
        """A reaction, or an edit; of a message that is not there yet it is remembered."""
        found = self._find(uow, row, inbound)
        if found is not None:
            early.apply_in(self._core, uow, *found, inbound)
        elif inbound.customer_ref:
            early.remember_in(self._core, uow, row.lane, desk.conversation(row.lane), inbound)

    def _about_the_chat(self, desk: Desk, row: InboxRow, inbound: Inbound) -> None:
        """Who owns it, how its customer came, or something that nobody knows yet."""
        if not inbound.customer_ref:
            return
        uow, conversation = desk.uow, desk.conversation(row.lane)
        if conversation is None and inbound.facts.get("referral"):
            conversation, _ = self._conversation(desk, row, inbound, customer_wrote=False)
        if conversation is None:
            return
        if inbound.kind == "other":
            ids, data = {"conversation_id": conversation.id}, {"what": str(inbound.facts.get("what", ""))[:60]}
            uow.record(Event(type="message.unknown", at=self._core.clock.now(), ids=ids, data=data))
        elif held.note_in(self._core, uow, conversation, inbound):
            uow.conversations.save(conversation)

    def _forget_late_words(self, uow: UnitOfWork, row: InboxRow, inbound: Inbound) -> None:
        found = self._find(uow, row, inbound)
        if found is not None and found[1].reason == "deleted":
            forget_in(self._core, uow, *found)

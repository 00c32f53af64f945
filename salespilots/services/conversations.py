"""The inbox: conversations, their messages, and a person's replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from salespilots.domain.comment import Comment
from salespilots.domain.conversation import Author, Conversation, ConversationState, Message, Mode
from salespilots.domain.customer import Customer
from salespilots.domain.errors import InvalidInput, ReplyWindowClosed
from salespilots.domain.events import Event
from salespilots.domain.run import Run
from salespilots.domain.windows import Allowance, Right, Windows
from salespilots.ports.channel import Text
from salespilots.ports.storage import Page, UnitOfWork, Where, eq, one_of
from salespilots.services.automation import cancel_runs_in
from salespilots.services.core import Core, retrying
from salespilots.services.messaging.acts import seen_in
from salespilots.services.messaging.content import clean
from salespilots.services.messaging.outgoing import cancel_pending_in, queue_in

MAX_REPLY = 5000
VIEWS = ("all", "waiting", "unread", "auto", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRow:
    """A conversation with its customer."""

    conversation: Conversation
    customer: Customer


class Conversations:
    """Owner's and API's use cases on chats."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # --- reading ---------------------------------------------------------------------------------------

    def page(
        self, business_id: str, *, view: str = "all", q: str = "", cursor: str | None = None, limit: int = 50
    ) -> Page[ChatRow]:
        """A list page, newest first. ``view`` is one of `VIEWS`."""
        if view not in VIEWS:
            raise InvalidInput({"view": [f"Choose one of {', '.join(VIEWS)}."]})
        where: list[Where] = [
            eq("state", ConversationState.CLOSED)
            if view == "closed"
            else Where("state", "ne", ConversationState.CLOSED)
        ]
        if view == "all":
            where = []
        if view == "waiting":
            where.append(Where("waiting_since", "not_null"))
        if view == "unread":
            where.append(Where("unread", "gt", 0))
        if view == "auto":
            where.append(eq("mode", Mode.BOT))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            if q:
                people = uow.customers.select(Where("name|username|phone", "like", q), limit=200)
                where.append(one_of("customer_id", [one.id for one in people]))
            page = uow.conversations.page(*where, order="-last_message_at", cursor=cursor, limit=limit)
            return Page(self._rows(uow, page.items), page.next)

    def _rows(self, uow: UnitOfWork, conversations: Sequence[Conversation]) -> list[ChatRow]:
        ids = list({one.customer_id for one in conversations})
        people = {one.id: one for one in uow.customers.select(one_of("id", ids))}
        return [ChatRow(conversation=one, customer=people[one.customer_id]) for one in conversations]

    def get(self, business_id: str, conversation_id: str) -> ChatRow:
        """One conversation with its customer. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return self._rows(uow, [uow.conversations.get(conversation_id)])[0]

    def of_customer(self, business_id: str, customer_id: str) -> list[Conversation]:
        """A customer's conversations, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.conversations.select(eq("customer_id", customer_id), order="-last_message_at")

    def messages(
        self, business_id: str, conversation_id: str, *, before: int | None = None, limit: int = 60
    ) -> list[Message]:
        """The last messages, oldest first; ``before`` a ``seq`` pages back."""
        where = [eq("conversation_id", conversation_id)]
        if before is not None:
            where.append(Where("seq", "lt", before))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.conversations.get(conversation_id)
            return list(reversed(uow.messages.select(*where, order="-seq", limit=limit)))

    def message_page(
        self,
        business_id: str,
        *,
        conversation_id: str = "",
        customer_id: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Message]:
        """Messages for the API, newest first."""
        where = [
            eq(name, value)
            for name, value in (("conversation_id", conversation_id), ("customer_id", customer_id))
            if value
        ]
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.messages.page(*where, cursor=cursor, limit=limit)

    def said_by(self, run: Run) -> list[Message]:
        """What a workflow's run said or meant to say, in order."""
        if not run.conversation_id:
            return []
        with self._core.storage.unit_of_work(run.business_id, read_only=True) as uow:
            return uow.messages.select(eq("conversation_id", run.conversation_id), eq("run_id", run.id), order="seq")

    def message(self, business_id: str, message_id: str) -> Message:
        """One message. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.messages.get(message_id)

    def quoted(self, business_id: str, conversation_id: str, messages: Sequence[Message]) -> dict[str, Message]:
        """The messages of a chat that these ones answer, by the channel's reference."""
        known = {one.provider_ref: one for one in messages if one.provider_ref}
        wanted = {one.reply_to_ref for one in messages if one.reply_to_ref}
        away = wanted - set(known)
        if away:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                found = uow.messages.select(eq("conversation_id", conversation_id), one_of("provider_ref", away))
            known |= {one.provider_ref: one for one in found if one.provider_ref}
        return {ref: known[ref] for ref in wanted if ref is not None and ref in known}

    def comments(self, business_id: str, conversation_id: str) -> list[Comment]:
        """What the customer of a chat wrote below the shop's posts and belongs to it, oldest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            newest = uow.comments.select(eq("conversation_id", conversation_id), order="-sent_at", limit=50)
        return list(reversed(newest))

    def timeline(self, business_id: str, conversation_id: str) -> list[Event]:
        """What happened in the chat besides messages, oldest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.events.about("conversation_id", conversation_id, limit=300)

    def allows(self, conversation: Conversation) -> Allowance:
        """Who may write in a chat now, and until when. A channel that is not installed sets no limits."""
        provider = self._core.registry.channels.find(conversation.provider)
        windows = provider.capabilities.windows if provider else Windows(reply=None)
        return conversation.allows(windows, self._core.clock.now())

    def window_closes_at(self, conversation: Conversation) -> datetime | None:
        """When replies of automation stop being allowed; None where the channel has no window."""
        return self.allows(conversation).closed_at

    # --- changing --------------------------------------------------------------------------------------

    def reply(
        self, business_id: str, conversation_id: str, text: str, *, user_id: str | None, key: str | None = None
    ) -> Message:
        """A person's reply: takes the chat over, stops what automation was about to send, and goes out by the same road.

        Somebody of the shop may also answer late, where the channel allows a person's own words then; a program may not.
        Raises `ReplyWindowClosed`, `InvalidInput`. The same ``key`` queues once.
        """
        text = clean(text).strip()
        if not text:
            raise InvalidInput({"text": ["Write a message."]})
        if len(text) > MAX_REPLY:
            raise InvalidInput({"text": [f"At most {MAX_REPLY} characters."]})
        core = self._core
        key = f"person:{key or core.ids.token()}"

        def use_case() -> Message:
            with core.storage.unit_of_work(business_id) as uow:
                conversation = uow.conversations.get(conversation_id)
                done = uow.messages.find(dedupe_key=key)
                if done is not None:
                    return done
                right = self.allows(conversation).right
                if right is Right.NOBODY or (right is Right.PERSON and user_id is None):
                    raise ReplyWindowClosed("The reply window is closed. You can reply when the customer writes again.")
                self._take_over_in(uow, conversation, user_id)
                conversation.unread, conversation.state = 0, ConversationState.OPEN
                queued = queue_in(
                    core, uow, conversation, Text(text=text), author=Author.AGENT, dedupe_key=key, actor_id=user_id
                )
                uow.conversations.save(conversation)
                uow.commit()
            return queued[0]

        message = retrying(use_case)
        core.doorbell.ring(message.lane)
        return message

    def _take_over_in(self, uow: UnitOfWork, conversation: Conversation, user_id: str | None) -> None:
        now = self._core.clock.now()
        if conversation.take_over(user_id):
            ids = {"conversation_id": conversation.id}
            uow.record(Event(type="conversation.taken_over", at=now, ids=ids, actor=user_id or "api"))
        cancel_pending_in(self._core, uow, conversation, "taken_over")
        cancel_runs_in(self._core, uow, conversation, "taken_over")

    def _change(
        self, business_id: str, conversation_id: str, change: Callable[[UnitOfWork, Conversation], bool]
    ) -> Conversation:
        def use_case() -> Conversation:
            with self._core.storage.unit_of_work(business_id) as uow:
                conversation = uow.conversations.get(conversation_id)
                if change(uow, conversation):
                    uow.conversations.save(conversation)
                    uow.commit()
            return conversation

        return retrying(use_case)

    def take_over(self, business_id: str, conversation_id: str, *, user_id: str | None) -> Conversation:
        """A person answers from here on; nothing automatic leaves any more."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            self._take_over_in(uow, conversation, user_id)
            return True

        return self._change(business_id, conversation_id, change)

    def hand_back(self, business_id: str, conversation_id: str, *, user_id: str | None = None) -> Conversation:
        """Automation answers the next message again."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            changed = conversation.hand_back()
            if changed:
                ids = {"conversation_id": conversation.id}
                now = self._core.clock.now()
                uow.record(Event(type="conversation.handed_back", at=now, ids=ids, actor=user_id or "api"))
            return changed

        return self._change(business_id, conversation_id, change)

    def start_over(self, business_id: str, conversation_id: str, *, user_id: str | None = None) -> Conversation:
        """Workflows let go of this chat: what they wait for or have planned is over, and the next message is answered as if
        nothing had been asked. Who answers stays as it is; what was said and ordered stays too."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            ended = cancel_runs_in(self._core, uow, conversation, "started_over")
            cancel_pending_in(self._core, uow, conversation, "started_again")
            conversation.focus = {}
            ids, data = {"conversation_id": conversation.id}, {"runs": ended}
            now = self._core.clock.now()
            uow.record(Event(type="conversation.started_over", at=now, ids=ids, data=data, actor=user_id or "api"))
            return True

        return self._change(business_id, conversation_id, change)

    def close(self, business_id: str, conversation_id: str, *, user_id: str | None = None) -> Conversation:
        """Out of the inbox until the customer writes again."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            if conversation.state is ConversationState.CLOSED:
                return False
            conversation.state, conversation.waiting_since, conversation.unread = ConversationState.CLOSED, None, 0
            ids = {"conversation_id": conversation.id}
            uow.record(Event(type="conversation.closed", at=self._core.clock.now(), ids=ids, actor=user_id or "api"))
            return True

        return self._change(business_id, conversation_id, change)

    def reopen(self, business_id: str, conversation_id: str) -> Conversation:
        """Back into the inbox."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            changed = conversation.state is not ConversationState.OPEN
            conversation.state = ConversationState.OPEN
            return changed

        return self._change(business_id, conversation_id, change)

    def seen(self, business_id: str, conversation_id: str) -> None:
        """The owner looked: nothing is unread."""

        def change(uow: UnitOfWork, conversation: Conversation) -> bool:
            changed = conversation.unread > 0
            conversation.unread = 0
            if changed:
                seen_in(self._core, uow, conversation)
            return changed

        self._change(business_id, conversation_id, change)

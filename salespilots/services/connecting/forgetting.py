"""Deleting what came from an account: words, media and profiles go; orders, payments and invoices stay, as law asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from salespilots.domain.business import DeletionRequest
from salespilots.domain.conversation import Conversation
from salespilots.domain.events import Event
from salespilots.domain.inbox import InboxState
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.automation import cancel_runs_in
from salespilots.services.connecting import told
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import Jobs
from salespilots.services.messaging.outgoing import cancel_pending_in

JOB = "account.forget"
AT_ONCE = 50
"""Chats, comments and posts of one transaction's search; each chat is forgotten in a transaction of its own."""
DELETED = "deleted"

Discard = Callable[[str, str], None]
"""(business id, name) of a file: it is gone afterwards, whether it was there or not."""


class Forgetting:
    """The job behind a `DeletionRequest`. Repeatable: what is gone is not found again."""

    def __init__(self, core: Core, jobs: Jobs, discards: Mapping[str, Discard]) -> None:
        """``discards``: the first three letters of a file's name to who deletes it."""
        self._core, self._discards = core, discards
        jobs.handle(JOB, self._work)

    def _work(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        provider, accounts = str(payload["provider"]), [str(one) for one in payload["accounts"]]
        counts: Counter[str] = Counter()
        for account in accounts:
            self._forget_events(business_id, provider, account)
        for conversation_id in self._chats(business_id, provider, accounts):
            counts += retrying(lambda one=conversation_id: self._forget_chat(business_id, one))  # type: ignore[misc]
        counts += self._forget_comments(business_id, provider, accounts)
        counts += self._forget_posts(business_id, provider, accounts)
        retrying(lambda: self._forget_account(business_id, provider, accounts))
        retrying(lambda: self._note(business_id, payload, counts))
        return None

    def _forget_events(self, business_id: str, provider: str, account: str) -> None:
        """What the account told, on every lane: of commenters, of strangers, of nobody, too. Before the chats, so that
        words which a worker had in its hands meanwhile go with those. What waits to be handled has nothing to say then."""
        after, now = 0, self._core.clock.now()

        def some() -> int | None:
            with self._core.storage.unit_of_work(business_id) as uow:
                rows = uow.inbox.of_account(provider, account, after, AT_ONCE)
                for row in rows:
                    payload = bare(row.payload)
                    if payload != row.payload:
                        uow.inbox.rewrite(row, payload)
                    if row.state is InboxState.NEW:
                        uow.inbox.done(row, now)
                uow.commit()
            return rows[-1].position if rows else None

        while (last := retrying(some)) is not None:
            after = last

    def _chats(self, business_id: str, provider: str, accounts: Sequence[str]) -> Iterator[str]:
        last = ""
        while True:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                rows = uow.conversations.select(
                    eq("provider", provider), one_of("account_ref", accounts), Where("id", "gt", last), limit=AT_ONCE
                )
            yield from (one.id for one in rows)
            if len(rows) < AT_ONCE:
                return
            last = rows[-1].id

    def _forget_chat(self, business_id: str, conversation_id: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        files: list[str] = []
        with self._core.storage.unit_of_work(business_id) as uow:
            conversation = uow.conversations.get(conversation_id)
            cancel_pending_in(self._core, uow, conversation, DELETED)
            cancel_runs_in(self._core, uow, conversation, DELETED)
            for run in uow.runs.select(eq("conversation_id", conversation.id)):
                if run.data:
                    run.data = {}
                    uow.runs.save(run)
            for message in uow.messages.select(eq("conversation_id", conversation.id)):
                if not (message.text or message.content or message.attachments or message.reactions):
                    continue
                found = list(file_names([message.attachments, message.content]))
                files += found
                counts["media"] += len(found) or len(message.attachments)
                counts["messages"] += 1
                message.text, message.content, message.attachments, message.reactions = "", {}, [], []
                message.reason = DELETED if message.direction == "in" else message.reason
                uow.messages.save(message)
            counts += self._forget_person(uow, conversation, files)
            if conversation.preview or conversation.facts:
                conversation.preview, conversation.facts, conversation.focus = "", {}, {}
                uow.conversations.save(conversation)
            uow.commit()
        self._discard(business_id, files)
        return counts

    def _forget_person(self, uow: UnitOfWork, conversation: Conversation, files: list[str]) -> Counter[str]:
        """Name, user name and picture; phone and address, too, of who never ordered."""
        customer = uow.customers.find(id=conversation.customer_id)
        if customer is None:
            return Counter()
        for case in uow.cases.select(eq("customer_id", customer.id)):  # made of this chat's words
            uow.cases.remove(case)
        known = bool(customer.name or customer.username or customer.picture or customer.fields)
        place = bool(customer.phone or customer.address) and not uow.orders.count(eq("customer_id", customer.id))
        if not known and not place:
            return Counter()
        if customer.picture:
            files.append(customer.picture)
        customer.name, customer.username, customer.picture, customer.profile_at = "", "", "", None
        customer.fields = {}
        if place:
            customer.phone, customer.address = None, {}
        uow.customers.save(customer)
        ids = {"customer_id": customer.id}
        uow.record(Event(type="customer.changed", at=self._core.clock.now(), ids=ids))
        return Counter(profiles=1)

    def _forget_comments(self, business_id: str, provider: str, accounts: Sequence[str]) -> Counter[str]:
        def some() -> int:
            with self._core.storage.unit_of_work(business_id) as uow:
                rows = uow.comments.select(eq("provider", provider), one_of("account_ref", accounts), limit=AT_ONCE)
                for one in rows:
                    uow.comments.remove(one)
                uow.commit()
            return len(rows)

        return Counter(comments=_until_none(some))

    def _forget_posts(self, business_id: str, provider: str, accounts: Sequence[str]) -> Counter[str]:
        def some() -> int:
            with self._core.storage.unit_of_work(business_id) as uow:
                rows = uow.posts.select(eq("provider", provider), one_of("account_ref", accounts), limit=AT_ONCE)
                for one in rows:
                    uow.posts.remove(one)
                uow.commit()
            self._discard(business_id, [one.picture for one in rows if one.picture])
            return len(rows)

        return Counter(posts=_until_none(some))

    def _forget_account(self, business_id: str, provider: str, accounts: Sequence[str]) -> None:
        """The connection itself, unless another account is connected by now."""
        with self._core.storage.unit_of_work(business_id) as uow:
            found = told.shown(uow.connections.find(provider=provider))
            if found is not None and found.account_ref in accounts and not found.enabled:
                found.values = {name: value for name, value in found.values.items() if value == found.account_ref}
                found.facts = {name: found.facts[name] for name in ("login", "past") if name in found.facts}
                login = {**told.part(found, "login")}
                login.pop("name", None)
                found.facts["login"] = login
                uow.connections.save(found)
                uow.commit()

    def _note(self, business_id: str, payload: Mapping[str, Any], counts: Counter[str]) -> None:
        """Write down what is gone; the request is done with its last shop."""
        core, now = self._core, self._core.clock.now()
        with core.storage.system_unit_of_work() as system:
            found = system.deletions.find(code=payload["code"])
            if found is None:
                found = DeletionRequest(
                    id=payload["id"], code=payload["code"], provider=payload["provider"], login_ref=payload["login_ref"],
                    requested_at=datetime.fromisoformat(payload["requested_at"]), shop_id=business_id,
                    counts={"open": payload["open"], "issued_at": payload["issued_at"]},
                )  # fmt: skip
                system.deletions.add(found)
            done = list(found.counts.get("done") or ())
            if business_id in done:
                return
            sums = {name: int(found.counts.get(name) or 0) + counts[name] for name in KINDS}
            left = max(0, int(found.counts.get("open") or 0) - 1)
            found.counts = {**found.counts, **sums, "open": left, "done": [*done, business_id]}
            found.done_at = now if left == 0 else None
            system.deletions.save(found)
            system.commit()

    def _discard(self, business_id: str, names: Sequence[str]) -> None:
        for name in dict.fromkeys(names):
            discard = self._discards.get(name[:3])
            if discard is not None:
                discard(business_id, name)


KINDS = ("messages", "media", "profiles", "comments", "posts")
"""What is counted."""


def bare(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A stored event without what somebody said: enough to know it again."""
    words = {"text": "", "payload": "", "attachments": [], "customer_name": "", "raw": {}, "emoji": ""}
    empty: dict[str, Any] = {"facts": {}, "subject": None}
    return {**payload, **{name: value for name, value in (words | empty).items() if name in payload}}


def file_names(value: Any) -> Iterator[str]:
    """Names of our own files somewhere in stored JSON, media of chats only: the catalogue's pictures stay."""
    if isinstance(value, str):
        if value.startswith("fil_"):
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from file_names(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from file_names(one)


def _until_none(some: Callable[[], int]) -> int:
    """How many were done, a few at a time."""
    total = 0
    while done := retrying(some):
        total += done
    return total

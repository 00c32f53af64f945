"""Fetching what hangs on messages before its address dies, each piece as a job of its own: trouble with one loses
neither the message nor the others, and the bubble says what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Message
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.domain.job import Job
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.chat_files import LIMITS, ChatFiles, Kept, NotKept
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import GiveUp, Jobs, enqueue_in
from salespilots.services.messaging.attachments import OF_OTHERS, SUBJECT, WANTED

KIND, FORGET, END = "media", "media.forget", "media.end"
STORY_LASTS = timedelta(hours=24)
"""How long a story runs. What is of another's story is not kept for longer."""

MOST = max(LIMITS.values())


def plan_in(core: Core, uow: UnitOfWork, message: Message) -> None:
    """Have everything fetched that hangs on a message made in this transaction."""
    for place in places_of(message):
        slot = slot_of(message, place)
        if (
            slot is not None
            and _wanted(message, place)
            and str(slot.get("url") or "").startswith(("https://", "http://"))
        ):
            now = core.clock.now()
            uow.jobs.add_new(
                Job(
                    id=core.ids.new("job"), business_id=uow.business_id, kind=KIND, key=f"{KIND}:{message.id}:{place}",
                    created_at=now, next_at=now, payload={"message_id": message.id, "place": place},
                )
            )  # fmt: skip


def places_of(message: Message) -> list[str]:
    """Where something hangs on a message: the numbers of its attachments, and ``subject``."""
    return [*(str(number) for number in range(len(message.attachments))), SUBJECT]


def slot_of(message: Message, place: str) -> dict[str, Any] | None:
    """What is stored at a place, or None."""
    if place == SUBJECT:
        found = message.content.get(SUBJECT)
        return found if isinstance(found, dict) else None
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    return message.attachments[number] if 0 <= number < len(message.attachments) else None


def forget_in(core: Core, uow: UnitOfWork, messages: Iterable[Message], names: Iterable[str] = ()) -> None:
    """Delete the files of messages, and others by name, when this transaction is through."""
    gone = list(names)
    for message in messages:
        gone += [
            slot["file"]
            for place in places_of(message)
            if (slot := slot_of(message, place)) is not None and slot.get("file")
        ]
    if gone:
        enqueue_in(core, uow, FORGET, core.ids.token()[:20], {"names": gone})


def _wanted(message: Message, place: str) -> str:
    if place == SUBJECT:
        of_attachment = any(one.get("url") == message.content[SUBJECT].get("url") for one in message.attachments)
        return "" if of_attachment else "any"
    return WANTED.get(str(message.attachments[int(place)].get("type")), "")


class Media:
    """Does those jobs."""

    def __init__(self, core: Core, files: ChatFiles, jobs: Jobs) -> None:
        self._core, self._files = core, files
        jobs.handle(KIND, self._fetch, self._missing)
        jobs.handle(FORGET, self._forget)
        jobs.handle(END, self._end)

    def file_of(self, business_id: str, conversation_id: str, message_id: str, place: str) -> str:
        """The name of the file at a place of a message of this chat. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            message = uow.messages.get(message_id)
        slot = slot_of(message, place) if message.conversation_id == conversation_id else None
        if slot is None or not slot.get("file"):
            raise NotFound("There is no such file.")
        return str(slot["file"])

    def _fetch(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        message_id, place = payload["message_id"], payload["place"]
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            message = uow.messages.find(id=message_id)
        slot = slot_of(message, place) if message is not None else None
        if message is None or slot is None or slot.get("file") or message.reason == "deleted":
            return None
        wanted = _wanted(message, place)
        ends_at = (message.sent_at or message.created_at) + STORY_LASTS
        passing = slot.get("type") in OF_OTHERS
        if not wanted or (passing and self._core.clock.now() >= ends_at):
            raise GiveUp("ended" if passing else "wrong_type")
        found = self._core.fetcher.fetch(str(slot["url"]), limit=LIMITS.get(wanted, MOST))
        try:
            kept = self._files.keep(business_id, found.body, wanted)
        except NotKept as refused:
            raise GiveUp(str(refused)) from None
        if not self._note(business_id, message_id, place, _of(kept), end_at=ends_at if passing else None):
            self._files.discard(business_id, kept.name)
        return None

    def _missing(self, business_id: str, payload: Mapping[str, Any], reason: str) -> None:
        self._note(business_id, payload["message_id"], payload["place"], {"missing": reason})

    def _note(
        self,
        business_id: str,
        message_id: str,
        place: str,
        values: Mapping[str, Any],
        *,
        end_at: datetime | None = None,
    ) -> bool:
        """Write at a place of a message what became of it. False when the message, or its place, is gone meanwhile."""

        def use_case() -> bool:
            with self._core.storage.unit_of_work(business_id) as uow:
                message = uow.messages.find(id=message_id)
                slot = slot_of(message, place) if message is not None else None
                if message is None or slot is None or message.reason == "deleted":
                    return False
                _write(message, place, {**slot, **values})
                uow.messages.save(message)
                if end_at is not None:
                    payload = {"message_id": message_id, "place": place}
                    enqueue_in(self._core, uow, END, f"{message_id}:{place}", payload, at=end_at)
                ids = {"conversation_id": message.conversation_id, "message_id": message.id}
                uow.record(Event(type="message.fetched", at=self._core.clock.now(), ids=ids))
                uow.commit()
            return True

        return retrying(use_case)

    def _forget(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        for name in payload["names"]:
            self._files.discard(business_id, name)
        return None

    def _end(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """Another's story is over: its picture goes."""
        try:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                message = uow.messages.get(payload["message_id"])
        except NotFound:
            return None
        slot = slot_of(message, payload["place"])
        if slot is not None and slot.get("file"):
            self._note(business_id, message.id, payload["place"], {"file": "", "missing": "ended"})
            self._files.discard(business_id, str(slot["file"]))
        return None

    def forget_customer(self, business_id: str, customer_id: str) -> int:
        """Delete every file of a customer's messages, and the fact that there were any. Returns how many messages."""

        def use_case() -> int:
            with self._core.storage.unit_of_work(business_id) as uow:
                messages = uow.messages.select(eq("customer_id", customer_id), order="seq")
                touched = [one for one in messages if one.attachments or one.content.get(SUBJECT)]
                customer = uow.customers.find(id=customer_id)
                faces = [customer.picture] if customer is not None and customer.picture else []
                forget_in(self._core, uow, touched, faces)
                for message in touched:
                    for place in places_of(message):
                        slot = slot_of(message, place)
                        if slot is not None:
                            _write(message, place, {**slot, "file": "", "url": "", "missing": "erased"})
                    uow.messages.save(message)
                if customer is not None and faces:
                    customer.picture = ""
                    uow.customers.save(customer)
                uow.commit()
            return len(touched)

        return retrying(use_case)


def _of(kept: Kept) -> dict[str, Any]:
    return {"file": kept.name, "sort": kept.sort, "mime": kept.kind, "size": kept.size, "missing": ""}


def _write(message: Message, place: str, slot: dict[str, Any]) -> None:
    if place == SUBJECT:
        message.content = {**message.content, SUBJECT: slot}
    else:
        number = int(place)
        message.attachments = [*message.attachments[:number], slot, *message.attachments[number + 1 :]]

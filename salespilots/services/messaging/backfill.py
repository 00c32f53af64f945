"""Reading recent chats back from the channel: what was said before the shop connected it, and what webhooks did not tell.

What is read goes the way of the webhooks, under the same event ids, so that nothing is there twice. It fills the gaps in
the order of its own time, and nothing of it that is older than some minutes is ever answered by machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.ports.channel import Inbound
from salespilots.ports.errors import NotConnected
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import GiveUp, Jobs, renew_in
from salespilots.services.messaging.inbox import InboxService
from salespilots.services.messaging.looking_back import KIND, payload_of, start_in

OVERLAP = timedelta(hours=2)
"""A later look begins so long before the last one ended."""

EVERY = timedelta(days=1)
PAUSE = timedelta(seconds=1)
"""Between two parts: what is asked at the same time about a send without an answer comes first."""

FRESH = timedelta(minutes=5)
"""Only what is newer may be answered by machine."""

MAX_PARTS = 500
"""Parts of one look: an account with more chats than that is read up to there, the newest first."""


class Backfill:
    """Starts that work, and does it."""

    def __init__(self, core: Core, connections: Connections, inbox: InboxService, jobs: Jobs) -> None:
        self._core, self._connections, self._inbox = core, connections, inbox
        jobs.handle(KIND, self._read, self._tomorrow)

    def start(self, business_id: str, provider: str) -> bool:
        """Read a connected channel's recent chats back, beginning now. False where the channel cannot. Raises
        `NotFound` when the shop has not connected it."""

        def use_case() -> bool:
            with self._core.storage.unit_of_work(business_id) as uow:
                found = uow.connections.find(provider=provider)
                if found is None or not found.enabled:
                    raise NotFound("That is not connected.")
                started = start_in(self._core, uow, provider)
                uow.commit()
            return started

        return retrying(use_case)

    def state(self, business_id: str, provider: str) -> dict[str, Any]:
        """How it stands: ``running``, ``done_at`` of the last whole look, ``new`` and ``missing`` messages of it, ``error``:
        why a look was given up, until a later one works."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            job = uow.jobs.find(key=f"{KIND}:{provider}")
        if job is None:
            return {"running": False, "done_at": None, "new": 0, "missing": 0, "error": None}
        now, payload = self._core.clock.now(), job.payload
        running = job.next_at is not None and (bool(payload["cursor"]) or job.next_at <= now)
        done_at = datetime.fromisoformat(payload["done_at"]) if payload.get("done_at") else None
        figures = {name: payload.get(f"last_{name}", payload[name]) for name in ("new", "missing")}
        return {"running": running, "done_at": done_at, "error": job.error or payload.get("trouble"), **figures}

    def _read(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """One part, and then the next one a little later."""
        provider = str(payload["provider"])
        connection = self._connections.find(business_id, provider)
        if connection is None or not connection.enabled or not connection.account_ref:
            raise GiveUp("not_connected")
        try:
            channel = self._connections.channel_of(business_id, provider, connection)
        except NotConnected:
            raise GiveUp("not_connected") from None
        page = channel.recent(since=datetime.fromisoformat(payload["since"]), cursor=payload["cursor"])
        mine = [self._past(one) for one in page.items if one.account_ref == connection.account_ref]
        kept = self._inbox.keep_channel(provider, mine, business_id) if mine else 0
        done = {
            **payload, "cursor": page.cursor, "part": payload["part"] + 1, "new": payload["new"] + kept,
            "missing": payload["missing"] + page.missing,
        }  # fmt: skip
        whole = not page.cursor or done["part"] >= MAX_PARTS
        retrying(lambda: self._next(business_id, provider, done, whole=whole))
        return self._core.clock.now() + (EVERY if whole else PAUSE)

    def _tomorrow(self, business_id: str, payload: Mapping[str, Any], reason: str) -> None:
        """A look that was given up is begun again the next day, unless there is nobody to ask."""
        if reason in ("not_connected", "auth_failed", "token_expired", "unsupported"):
            return

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                again = {**payload, "cursor": "", "part": 0, "new": 0, "missing": 0, "trouble": reason}
                renew_in(self._core, uow, KIND, str(payload["provider"]), again, at=self._core.clock.now() + EVERY)
                uow.commit()

        retrying(use_case)

    def _past(self, one: Inbound) -> Inbound:
        fresh = self._core.clock.now() - one.sent_at <= FRESH
        return one if fresh else replace(one, automation=False, facts={**one.facts, "past": True})

    def _next(self, business_id: str, provider: str, done: dict[str, Any], *, whole: bool) -> None:
        """Plan the next part, or tomorrow's look. The job is asked for anew: its last part is through."""
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            if not whole:
                renew_in(core, uow, KIND, provider, done, at=now + PAUSE)
            else:
                last = {"done_at": now.isoformat(), "last_new": done["new"], "last_missing": done["missing"]}
                renew_in(core, uow, KIND, provider, payload_of(provider, now - OVERLAP, **last), at=now + EVERY)
                data = {"provider": provider, "new": done["new"], "missing": done["missing"]}
                uow.record(Event(type="connection.read_back", at=now, data=data))
            uow.commit()

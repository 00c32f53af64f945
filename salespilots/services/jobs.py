"""Small durable work apart from chats: fetching pictures, asking who somebody is, reading back. Never a send.

A job is a row (`salespilots.domain.job`): the sweeper finds it at its time, its handler does the work with no
transaction open, and trouble puts it off, longer each time. A handler must be repeatable.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from salespilots.domain.errors import Conflict, SalesPilotsError, StaleEntity
from salespilots.domain.job import Job
from salespilots.ports.errors import PortError
from salespilots.ports.storage import StorageUnavailable, UnitOfWork
from salespilots.services.core import Core, retrying

log = structlog.get_logger(__name__)

BACKOFF = (5, 30, 120, 600, 3600)
"""Seconds between the tries of a job, a fifth more or less by chance; then it is given up."""

LEASE = timedelta(minutes=5)
"""For so long nobody else takes a job that is being done; a worker that died leaves it for that time."""


class GiveUp(Exception):
    """Trying again would not help. The text is a reason word, kept with the job."""


Handler = Callable[[str, Mapping[str, Any]], datetime | None]
"""(business id, payload) to when to do it again, or None. Raises a `PortError` to be tried again when that is
retryable, `GiveUp` for good."""


def enqueue_in(
    core: Core, uow: UnitOfWork, kind: str, key: str, payload: Mapping[str, Any], *, at: datetime | None = None
) -> bool:
    """Plan a job in the transaction of what needs it; False when it was planned before."""
    now = core.clock.now()
    return uow.jobs.add_once(
        Job(
            id=core.ids.new("job"), business_id=uow.business_id, kind=kind, key=f"{kind}:{key}"[:500], created_at=now,
            next_at=at or now, payload=dict(payload),
        )
    )  # fmt: skip


def renew_in(
    core: Core, uow: UnitOfWork, kind: str, key: str, payload: Mapping[str, Any], *, at: datetime | None = None
) -> None:
    """The same for a job that may have been done before: it is done anew."""
    if enqueue_in(core, uow, kind, key, payload, at=at):
        return
    job = uow.jobs.find(key=f"{kind}:{key}"[:500])
    if job is not None:
        job.payload, job.attempts, job.error, job.done_at = dict(payload), 0, None, None
        job.next_at = at or core.clock.now()
        uow.jobs.save(job)


class Jobs:
    """Does jobs by their kind."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._handlers: dict[str, Handler] = {}
        self._gave_up: dict[str, Callable[[str, Mapping[str, Any], str], None]] = {}

    def handle(
        self, kind: str, handler: Handler, gave_up: Callable[[str, Mapping[str, Any], str], None] | None = None
    ) -> None:
        """Who does jobs of a kind, and who is told (business id, payload, reason) when one is given up."""
        self._handlers[kind] = handler
        if gave_up is not None:
            self._gave_up[kind] = gave_up

    def do(self, business_id: str, job_id: str) -> None:
        """Do one job, unless it is done or somebody else does it at this moment."""
        taken = retrying(lambda: self._take(business_id, job_id))
        if taken is None:
            return
        handler = self._handlers.get(taken.kind)
        try:
            if handler is None:
                raise GiveUp("unknown_kind")
            again = handler(business_id, taken.payload)
        except StorageUnavailable:
            raise
        except GiveUp as reason:
            self._end(business_id, taken, str(reason) or "given_up")
        except PortError as error:
            self._trouble(business_id, taken, error.reason or error.code, retryable=error.retryable)
        except SalesPilotsError as error:
            raced = isinstance(error, (StaleEntity, Conflict))  # somebody else was at the same rows
            self._trouble(business_id, taken, error.code, retryable=raced)
        except Exception as error:
            log.error("job.broken", kind=taken.kind, error=type(error).__name__, exc_info=error)
            self._trouble(business_id, taken, "broken", retryable=True)
        else:
            retrying(lambda: self._settle(business_id, taken, next_at=again))

    def _take(self, business_id: str, job_id: str) -> Job | None:
        """The job, put off by the lease and with this try counted; None when it is not due any more."""
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            job = uow.jobs.find(id=job_id)
            if job is None or job.next_at is None or now < job.next_at < now + timedelta(days=100):
                return None
            job.next_at, job.attempts = now + LEASE, job.attempts + 1
            uow.jobs.save(job)
            uow.commit()
        return job

    def _trouble(self, business_id: str, job: Job, reason: str, *, retryable: bool) -> None:
        if not retryable or job.attempts > len(BACKOFF):
            self._end(business_id, job, reason)
            return
        seconds = BACKOFF[job.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads tries, guards nothing
        at = self._core.clock.now() + timedelta(seconds=seconds)
        retrying(lambda: self._settle(business_id, job, next_at=at, error=reason, failed=True))

    def _end(self, business_id: str, job: Job, reason: str) -> None:
        log.warning("job.given_up", business=business_id, kind=job.kind, job=job.id, reason=reason)
        told = self._gave_up.get(job.kind)
        if told is not None:
            told(business_id, job.payload, reason)
        retrying(lambda: self._settle(business_id, job, next_at=None, error=reason, failed=True))

    def _settle(
        self, business_id: str, job: Job, *, next_at: datetime | None, error: str | None = None, failed: bool = False
    ) -> None:
        with self._core.storage.unit_of_work(business_id) as uow:
            now = uow.jobs.find(id=job.id)
            if now is None or now.attempts != job.attempts:  # asked for anew meanwhile, or another's by now
                return
            now.next_at, now.error = next_at, error
            if not failed:
                now.attempts, now.done_at = 0, self._core.clock.now()
            uow.jobs.save(now)
            uow.commit()

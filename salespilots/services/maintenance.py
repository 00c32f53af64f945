"""The sweeper: finds due work in the tables, so that a lost wake-up costs seconds and never a message."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from salespilots.domain.errors import SalesPilotsError
from salespilots.ports.errors import PortError
from salespilots.ports.storage import StorageUnavailable
from salespilots.services.connecting.renewing import Renewals
from salespilots.services.core import Core
from salespilots.services.imports.service import Imports
from salespilots.services.jobs import Jobs
from salespilots.services.messaging.lanes import Lanes
from salespilots.services.orders import Orders
from salespilots.services.payments import Payments
from salespilots.services.refunds import Refunds
from salespilots.services.waiting import KEPT_FOR, lapse

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 5.0
MAX_LANES = 500
"""Lanes of one sweep."""

PURGE_EVERY = timedelta(hours=1)
PURGE_AFTER = (300.0, 1800.0)
"""Seconds after a worker's start within which it deletes for the first time: workers that start together do not do it
together, and one that dies soon has better things to do."""


def _now(key: str, question: Callable[[], object]) -> None:
    question()


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep found. ``full``: there may be more lanes."""

    lanes: int
    full: bool


class Maintenance:
    """Periodic work; safe to run on many machines at once."""

    def __init__(
        self,
        core: Core,
        lanes: Lanes,
        orders: Orders,
        payments: Payments,
        refunds: Refunds,
        imports: Imports,
        jobs: Jobs,
        renewals: Renewals,
    ) -> None:
        self._core = core
        self._renewals = renewals
        self._imports = imports
        self._jobs = jobs
        self._lanes = lanes
        self._orders = orders
        self._payments = payments
        self._refunds = refunds
        self._purge_from: datetime | None = None

    def sweep(
        self,
        offer: Callable[[Sequence[tuple[str, str]]], object],
        ask: Callable[[str, Callable[[], object]], object] = _now,
        ask_job: Callable[[str, Callable[[], object]], object] | None = None,
    ) -> Swept:
        """Hand the lanes with due work to ``offer`` as (business id, lane), expire orders, ask about money,
        go on with imports and other jobs.

        ``ask`` is given each question to a payments provider, and each import, with a key of its own: it may wait for
        the end of it, or see to it on another thread so that nothing here is held back. ``ask_job`` is the same for small jobs.
        """
        now = self._core.clock.now()
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            lanes = system.work.due_lanes(now, MAX_LANES)
            orders = system.work.orders_to_expire(now)
            unpaid = system.work.orders_to_remind(now)
            payments = system.work.payments_to_check(now)
            refunds = system.work.refunds_to_ask(now)
            imports = system.work.imports_to_do(now)
            jobs = system.work.jobs_to_do(now)
            tokens = system.work.connections_to_renew(now)
            promises = system.work.promises_to_lapse(now - KEPT_FOR)
        offer(lanes)
        for business_id, order_id in orders:
            self._guarded("expire", partial(self._orders.expire, business_id, order_id))
        for business_id, order_id in unpaid:
            self._guarded("remind", partial(self._orders.remind, business_id, order_id))
            prepaid = partial(self._payments.offer_prepaid, business_id, order_id)
            ask(order_id, partial(self._guarded, "offer", prepaid))
        for business_id, variant_id in promises:
            self._guarded("lapse", partial(lapse, self._core, business_id, variant_id))
        for business_id, payment_id in payments:
            question = partial(self._payments.reconcile, business_id, payment_id)
            ask(payment_id, partial(self._guarded, "reconcile", question))
        for business_id, refund_id in refunds:
            question = partial(self._refunds.ask_again, business_id, refund_id)
            ask(refund_id, partial(self._guarded, "refund", question))
        for business_id, import_id in imports:
            ask(import_id, partial(self._guarded, "import", partial(self._imports.work, business_id, import_id)))
        for business_id, job_id in jobs:
            (ask_job or ask)(job_id, partial(self._guarded, "job", partial(self._jobs.do, business_id, job_id)))
        for business_id, provider in tokens:
            question = partial(self._renewals.renew, business_id, provider)
            ask(f"renew:{business_id}:{provider}", partial(self._guarded, "renew", question))
        if self._purge_from is None:
            self._purge_from = now + timedelta(seconds=random.uniform(*PURGE_AFTER))  # noqa: S311 - spreads work
        elif now >= self._purge_from:
            self._purge_from = now + PURGE_EVERY
            self._guarded("purge", partial(self._purge, now))
        return Swept(lanes=len(lanes), full=len(lanes) == MAX_LANES)

    def drain_due(self, limit: int = 1000) -> int:
        """Do all due work here and now, without any queue: tests, and one-off commands. Returns pieces done."""
        done = 0
        for _ in range(limit):
            with self._core.storage.system_unit_of_work(read_only=True) as system:
                lanes = system.work.due_lanes(self._core.clock.now())
            pieces = sum(self._lanes.drain(lane) for lane in dict.fromkeys(lane for _, lane in lanes))
            done += pieces
            if not pieces:
                break
        return done

    def do_jobs(self, limit: int = 500) -> int:
        """Do the jobs that are due, here and now: tests, and one-off commands. Returns how many."""
        done = 0
        while done < limit:
            with self._core.storage.system_unit_of_work(read_only=True) as system:
                due = system.work.jobs_to_do(self._core.clock.now())
            for business_id, job_id in due:
                self._jobs.do(business_id, job_id)
            done += len(due)
            if not due:
                break
        return done

    def backlog(self) -> dict[str, float]:
        """Figures for health and metrics."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.backlog(self._core.clock.now())

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        """When the newest event of each provider arrived, for one shop or all."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.last_webhooks(business_id)

    def _purge(self, now: datetime) -> None:
        with self._core.storage.system_unit_of_work() as system:
            system.work.purge(now)
            system.commit()

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        """One shop's trouble is logged and stops nobody else's."""
        try:
            work()
        except StorageUnavailable:
            raise
        except PortError as error:
            log.warning("sweep.provider", what=what, provider=error.provider, code=error.code)
        except SalesPilotsError as error:
            log.warning("sweep.failed", what=what, code=error.code)
        except Exception as error:
            log.error("sweep.broken", what=what, error=type(error).__name__, exc_info=error)

"""The workers: who is there, what a dead one leaves behind, and to which shops the lanes belong that were rung."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.work import Worker
from salespilots.services.core import Core, retrying

ALIVE_SECONDS = 20.0
"""A worker that was heard of within this time is there: it sweeps every five."""

GONE_SECONDS = 600.0
"""One that was not heard of for so long is not listed any more."""


class Workforce:
    """Use cases of worker processes, and of whoever looks after them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def due(self, lanes: Sequence[str]) -> list[tuple[str, str]]:
        """(business id, lane) of those of these lanes that have due work."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.due_of(lanes, self._core.clock.now())

    def tell(self, me: Worker, *, swept: bool = True) -> int:
        """This worker is there. Returns how many are."""

        def use_case() -> list[Worker]:
            with self._core.storage.system_unit_of_work() as system:
                system.workers.beat(me, swept=swept)
                workers = system.workers.all()
                for one in workers:
                    if one.seen_age > GONE_SECONDS:
                        system.workers.forget(one.id)
                system.commit()
            return workers

        return max(1, sum(one.seen_age < ALIVE_SECONDS for one in retrying(use_case)))

    def leave(self, worker_id: str) -> int:
        """A worker ended, by itself or not: its lanes are free. Returns how many those were."""

        def use_case() -> int:
            with self._core.storage.system_unit_of_work() as system:
                freed = system.lanes.free(worker_id)
                system.workers.forget(worker_id)
                system.commit()
            return freed

        return retrying(use_case)

    def all(self) -> list[Worker]:
        """Workers that were heard of lately, the longest there first."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return [one for one in system.workers.all() if one.seen_age <= GONE_SECONDS]

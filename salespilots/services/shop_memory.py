"""What is read for every message and changes rarely, remembered between messages: live workflows, the catalogue's words.

Never prices and never stock: those are read from the database whenever they are said. What is remembered is true while
the shop's revision (`salespilots.ports.storage.UnitOfWork.revisions`) is the same, and for half a minute at most.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from salespilots.domain.catalog import ProductState
from salespilots.domain.workflow import Workflow, WorkflowState, WorkflowVersion
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.ports.understanding import CatalogueEntry, Understander, Understanding, VariantEntry

T = TypeVar("T")

SECONDS = 30.0
MAX_SHOPS = 500
MAX_SENTENCES = 4000


class ShopMemory:
    """Safe on several threads; each process has one."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[int, float, Any]] = OrderedDict()
        self._sentences: OrderedDict[tuple[int, str], tuple[Any, Understanding]] = OrderedDict()
        self._lock = threading.Lock()

    def live(self, uow: UnitOfWork) -> list[tuple[Workflow, WorkflowVersion]]:
        """Live workflows with their published version, first to last. Not to be changed."""
        return self._of(uow, "workflows", _live_in)

    def version(self, uow: UnitOfWork, version_id: str) -> WorkflowVersion:
        """A published version, which never changes. Raises `NotFound`."""
        key = (uow.business_id, f"version {version_id}")
        with self._lock:
            found = self._kept.get(key)
        if found is not None:
            return found[2]
        version = uow.workflow_versions.get(version_id)
        with self._lock:
            self._kept[key] = (0, 0.0, version)
        return version

    def entries(self, uow: UnitOfWork) -> list[CatalogueEntry]:
        """The live catalogue as the matcher reads it. Not to be changed."""
        return self._of(uow, "catalogue", _entries_in)

    def understand(self, understander: Understander, uow: UnitOfWork, text: str) -> Understanding:
        """What a sentence means in this shop; the same words in the same catalogue mean the same."""
        entries = self.entries(uow)
        key = (id(entries), text)
        with self._lock:
            found = self._sentences.get(key)
            if found is not None and found[0] is entries:
                self._sentences.move_to_end(key)
                return found[1]
        meaning = understander.understand(text, entries)
        if len(text) <= 300:
            with self._lock:
                self._sentences[key] = (entries, meaning)
                while len(self._sentences) > MAX_SENTENCES:
                    self._sentences.popitem(last=False)
        return meaning

    def _of(self, uow: UnitOfWork, what: str, read: Callable[[UnitOfWork], T]) -> T:
        revision, now = uow.revisions().get(what, 0), time.monotonic()
        key = (uow.business_id, what)
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] == revision and now - found[1] < SECONDS:
                self._kept.move_to_end(key)
                return found[2]
        value = read(uow)
        with self._lock:
            self._kept[key] = (revision, now, value)
            self._kept.move_to_end(key)
            while len(self._kept) > 2 * MAX_SHOPS:
                self._kept.popitem(last=False)
        return value


def _entries_in(uow: UnitOfWork) -> list[CatalogueEntry]:
    """The live catalogue as the matcher reads it."""
    products = uow.products.select(eq("state", ProductState.LIVE), order="created_at", limit=2000)
    variants = uow.variants.select(eq("archived", False), order="position")
    by_product: dict[str, list[VariantEntry]] = {}
    for one in variants:
        by_product.setdefault(one.product_id, []).append(VariantEntry(variant_id=one.id, sku=one.sku, title=one.title))
    return [
        CatalogueEntry(
            product_id=one.id,
            title=one.title,
            category=one.category,
            keywords=tuple(one.keywords),
            code=one.code,
            variants=tuple(by_product.get(one.id, ())),
        )
        for one in products
        if one.id in by_product
    ]


def _live_in(uow: UnitOfWork) -> list[tuple[Workflow, WorkflowVersion]]:
    workflows = uow.workflows.select(eq("state", WorkflowState.LIVE), order="position")
    ids = [one.live_version_id for one in workflows if one.live_version_id]
    versions = {one.id: one for one in uow.workflow_versions.select(one_of("id", ids))}
    return [(one, versions[one.live_version_id]) for one in workflows if one.live_version_id in versions]

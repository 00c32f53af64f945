"""Starters as the owner uses them: looked at as a chat of the own shop, taken as a draft, their cases kept as its tests."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Any

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.workflow import Workflow
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.core import Core, retrying
from salespilots.services.rehearsal.cases import LIMITS, Cases, with_product
from salespilots.services.rehearsal.dry_run import DryRuns, Tried
from salespilots.services.rehearsal.expectation import read_expectation
from salespilots.services.rehearsal.practice_shelf import furnished
from salespilots.services.rehearsal.report import Rehearsal
from salespilots.services.rehearsal.script import read_script
from salespilots.services.rehearsal.seed import Base, People, read_base_in, with_draft
from salespilots.services.workflows.definitions import Workflows
from salespilots.services.workflows.schemas import load_definition
from salespilots.services.workflows.starters import BY_KEY, GALLERY, LANGUAGES, ON_BY_DEFAULT, Starter

PREVIEW = "wfl_preview"
"""The workflow of a preview, which is nowhere kept."""

SECONDS = 300.0
"""For so long a preview is shown again while the shop is the same."""

MAX_KEPT = 500


class Starting:
    """Use cases on the gallery."""

    def __init__(self, core: Core, workflows: Workflows, cases: Cases, dry_runs: DryRuns) -> None:
        self._core, self._workflows, self._cases, self._dry_runs = core, workflows, cases, dry_runs
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Rehearsal]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Starter:
        """One of the gallery. Raises `NotFound`."""
        if key not in BY_KEY:
            raise NotFound("There is no such starter.")
        return BY_KEY[key]

    def used(self, business_id: str) -> dict[str, str]:
        """Starter's key to the id of the shop's newest workflow that was begun with it."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.workflows.select(eq("archived", False), order="position")
        return {one.starter: one.id for one in found if one.starter}

    def use(self, business_id: str, key: str, language: str = "en", *, actor: str = "") -> Workflow:
        """A draft, named and worded in ``language`` (en, hi), with the starter's cases as its
        tests. A second one of the same starter is numbered. Raises `NotFound`, `InvalidInput`."""
        starter = self.get(key)
        if language not in LANGUAGES:
            raise InvalidInput({"language": ["Choose English (en) or Hindi (hi)."]})
        definition = load_definition(starter.definition(language), self._core)

        def use_case() -> Workflow:
            with self._core.storage.unit_of_work(business_id) as uow:
                there = uow.workflows.select(eq("archived", False))
                name = _free(starter.name.text(language), {one.name for one in there})
                first = all(one.starter != key for one in there)
                workflow = self._workflows.create_in(uow, name, definition, starter=key if first else None)
                self._keep_in(uow, workflow.id, starter, language)
                uow.commit()
            return workflow

        return retrying(use_case)

    def on(self, business_id: str, *, actor: str = "") -> list[Workflow]:
        """Create what is missing of the three that a new shop begins with and switch them on. Safe to repeat."""

        def use_case() -> list[Workflow]:
            with self._core.storage.unit_of_work(business_id) as uow:
                workflows = self.on_in(uow, actor=actor)
                uow.commit()
            return workflows

        return retrying(use_case)

    def on_in(self, uow: UnitOfWork, *, actor: str = "") -> list[Workflow]:
        """The same within a transaction."""
        known = {one.starter for one in uow.workflows.select(eq("archived", False))}
        workflows = self._workflows.starters_on_in(uow, actor=actor)
        for starter, workflow in zip(ON_BY_DEFAULT, workflows, strict=True):
            if starter.key not in known:
                self._keep_in(uow, workflow.id, starter, "en")
        return workflows

    def _keep_in(self, uow: UnitOfWork, workflow_id: str, starter: Starter, language: str) -> None:
        for one in starter.tests(language):
            self._cases.keep_in(uow, workflow_id, one.name, read_script(one.script), read_expectation(one.expected))

    # --- previews -----------------------------------------------------------------------------------------------

    def preview(self, business_id: str, key: str, language: str = "en") -> Rehearsal | None:
        """The starter's first case, played in a closed world with the shop's own products, or with the practice products
        while it has none in stock; None when it cannot be played there. Raises `NotFound`."""
        self.get(key)
        return self.previews(business_id, language, only=key).get(key)

    def previews(self, business_id: str, language: str = "en", *, only: str | None = None) -> dict[str, Rehearsal]:
        """Those of the whole gallery by key (or of ``only`` one); the shop is read once."""
        language = language if language in LANGUAGES else "en"
        wanted = [one for one in GALLERY if only in (None, one.key)]
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            revision = tuple(sorted(uow.revisions().items()))
            found = self._known(business_id, revision, language)
            missing = [one for one in wanted if one.key not in found]
            base = furnished(read_base_in(self._core, uow), self._core.clock.now()) if missing else None
        for starter in missing:
            assert base is not None
            try:
                told = self._play(base, starter, language)
            except Conflict:
                continue
            found[starter.key] = told
            self._remember((business_id, revision, language, starter.key), told)
        return {one.key: found[one.key] for one in wanted if one.key in found}

    def _play(self, base: Base, starter: Starter, language: str) -> Rehearsal:
        now, script = self._core.clock.now(), read_script(starter.tests(language)[0].script)
        workflow = Workflow(
            id=PREVIEW, business_id=base.shop.id, name=starter.name.text(language), created_at=now, updated_at=now
        )
        definition = load_definition(starter.definition(language), self._core)
        live = with_draft((), workflow, definition, script.assumptions.at or now, only=True)
        tried = Tried(base=base, people=People(), live=live, workflow=workflow, definition=definition)
        return self._dry_runs.play(tried, with_product(script, base), LIMITS)

    def _known(self, business_id: str, revision: Any, language: str) -> dict[str, Rehearsal]:
        since = time.monotonic() - SECONDS
        with self._lock:
            return {
                key[3]: told for key, (at, told) in self._kept.items()
                if key[:3] == (business_id, revision, language) and at >= since
            }  # fmt: skip

    def _remember(self, key: tuple[Any, ...], told: Rehearsal) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic(), told)
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)


def _free(name: str, taken: set[str]) -> str:
    """The name, numbered where there is one already."""
    numbered = (f"{name} {number}" for number in range(2, 1000))
    return name if name not in taken else next(one for one in numbered if one not in taken)

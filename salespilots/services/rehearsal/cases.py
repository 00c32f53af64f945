"""Cases kept with a workflow, tried whenever it is published: outside the transaction that publishes, which looks whether
the draft is still the one that was tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from salespilots.domain.errors import Conflict, InvalidInput, NotFound, SalesPilotsError
from salespilots.domain.workflow import Workflow
from salespilots.domain.workflow_case import MAX_CASES, WorkflowCase
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.core import Core, retrying
from salespilots.services.rehearsal.dry_run import DryRuns
from salespilots.services.rehearsal.expectation import (
    Expectation,
    expect,
    failures,
    read_expectation,
    write_expectation,
)
from salespilots.services.rehearsal.practice_shelf import furnished
from salespilots.services.rehearsal.report import Rehearsal
from salespilots.services.rehearsal.script import Said, Script, read_script, write_script
from salespilots.services.rehearsal.seed import Base
from salespilots.services.rehearsal.world import Limits
from salespilots.services.workflows.definitions import Workflows

LIMITS = Limits(turns=600, jumps=40, seconds=3.0)
"""Of one case."""

PRODUCT = "{product}"
"""In what a customer says: the name of a product that is in stock, whatever the shop sells: of the first that comes in one
kind, so that nothing is asked about it, else of the first."""


class CasesFail(Conflict):
    """A draft was not published because cases fail; ``details["failing"]`` holds each with its reasons."""

    code = "cases_fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """How a case went. ``reasons``: why it failed, empty when it passed; ``told`` None: it could not be played."""

    case: WorkflowCase
    reasons: tuple[str, ...]
    told: Rehearsal | None = None

    @property
    def passed(self) -> bool:
        """Whether all came as expected."""
        return not self.reasons


class Cases:
    """Owner's and API's use cases on kept cases."""

    def __init__(self, core: Core, dry_runs: DryRuns, workflows: Workflows) -> None:
        self._core, self._dry_runs, self._workflows = core, dry_runs, workflows

    def of(self, business_id: str, workflow_id: str) -> list[WorkflowCase]:
        """A workflow's cases, oldest first. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.workflows.get(workflow_id)
            return _all_in(uow, workflow_id)

    def keep(
        self, business_id: str, workflow_id: str, name: str, script: Script, expected: Expectation | None = None
    ) -> WorkflowCase:
        """Keep a case; without an expectation it is tried now and has to go the same way from then on. The same name again
        changes the case. Raises `NotFound`, `InvalidInput`, and `Conflict` when there are `MAX_CASES`."""
        if not name.strip():
            raise InvalidInput({"name": ["Give it a name."]})
        if expected is None:
            expected = expect(self._dry_runs.run(business_id, workflow_id, script), workflow_id)
        wanted = expected

        def use_case() -> WorkflowCase:
            with self._core.storage.unit_of_work(business_id) as uow:
                uow.workflows.get(workflow_id)
                kept = self.keep_in(uow, workflow_id, name, script, wanted)
                uow.commit()
            return kept

        return retrying(use_case)

    def keep_in(
        self, uow: UnitOfWork, workflow_id: str, name: str, script: Script, expected: Expectation
    ) -> WorkflowCase:
        """The same within a transaction."""
        now, name = self._core.clock.now(), name.strip()[:80]
        customer_id = script.assumptions.customer_id
        if customer_id is not None:
            uow.customers.get(customer_id)
        case = uow.cases.find(workflow_id=workflow_id, name=name)
        if case is not None:
            case.script, case.expected = write_script(script), write_expectation(expected)
            case.customer_id, case.updated_at = customer_id, now
            uow.cases.save(case)
            return case
        if uow.cases.count(eq("workflow_id", workflow_id)) >= MAX_CASES:
            raise Conflict(f"At most {MAX_CASES} tests.")
        case = WorkflowCase(
            id=self._core.ids.new("case"), business_id=uow.business_id, workflow_id=workflow_id, name=name,
            created_at=now, updated_at=now, script=write_script(script), expected=write_expectation(expected),
            customer_id=customer_id,
        )  # fmt: skip
        uow.cases.add(case)
        return case

    def remove(self, business_id: str, workflow_id: str, case_id: str) -> WorkflowCase:
        """Forget a case; returns what it was. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.workflows.get(workflow_id)
            case = uow.cases.get(case_id)
            if case.workflow_id != workflow_id:
                raise NotFound("That is another workflow's.")
            uow.cases.remove(case)
            uow.commit()
        return case

    def check(
        self, business_id: str, workflow_id: str, *, definition: Any = None, only: str = ""
    ) -> list[CaseResult]:  # fmt: skip
        """Try all cases with the draft, or with ``definition``. ``only``: the one of this id. Raises what `DryRuns.run`
        raises."""
        cases = [one for one in self.of(business_id, workflow_id) if only in ("", one.id)]
        return self._check(business_id, workflow_id, cases, definition)

    def _check(
        self, business_id: str, workflow_id: str, cases: Sequence[WorkflowCase], definition: Any
    ) -> list[CaseResult]:
        results = []
        for case in cases:
            try:
                script = read_script(case.script)
                tried = self._dry_runs.prepare(business_id, workflow_id, script, definition=definition)
                tried = replace(tried, base=furnished(tried.base, self._core.clock.now()))
                told = self._dry_runs.play(tried, with_product(script, tried.base), LIMITS)
                reasons = tuple(failures(told, read_expectation(case.expected), workflow_id))
            except SalesPilotsError as error:  # what it is about is gone, or the shop has nothing in stock
                results.append(CaseResult(case=case, reasons=(_words(error),)))
            else:
                results.append(CaseResult(case=case, reasons=reasons, told=told))
        return results

    def publish(self, business_id: str, workflow_id: str, *, actor: str = "", force: bool = False) -> Workflow:
        """Publish a draft whose cases pass. ``force``: also when some fail, which the owner has seen.

        Raises `CasesFail`, `DefinitionInvalid`, and `Conflict` when the draft was changed while it was tried.
        """
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            draft: Mapping[str, Any] = uow.workflows.get(workflow_id).draft
            cases = [] if force else _all_in(uow, workflow_id)
        if not cases or self._stopped(business_id, workflow_id):
            return self._workflows.publish(business_id, workflow_id, actor=actor)
        results = self._check(business_id, workflow_id, cases, draft)
        failing = [
            {"case_id": one.case.id, "name": one.case.name, "reasons": list(one.reasons)}
            for one in results if not one.passed
        ]  # fmt: skip
        if failing:
            said = "; ".join(f"{one['name']}: {' '.join(one['reasons'])}" for one in failing)
            raise CasesFail(f"Tests of this workflow fail. {said}"[:2000], failing=failing)
        return self._workflows.publish(business_id, workflow_id, actor=actor, tried=draft)

    def _stopped(self, business_id: str, workflow_id: str) -> bool:
        """Whether something is wrong with the draft itself, which is said before any case is tried."""
        found = self._workflows.problems(business_id, self._workflows.get(business_id, workflow_id))
        return any(one.stops for one in found)


def _all_in(uow: UnitOfWork, workflow_id: str) -> list[WorkflowCase]:
    return uow.cases.select(eq("workflow_id", workflow_id), order="created_at")


def with_product(script: Script, base: Base) -> Script:
    """The script with a product of this shop in the place of `PRODUCT`."""
    kinds = Counter(one.product_id for one in base.on_sale)
    there = {one.product_id for one in base.on_sale if base.levels[one.id].available > 0}
    fit = sorted((one for one in base.products if one.id in there), key=lambda one: kinds[one.id] > 1)
    title = next((one.title for one in fit), "product")
    inputs = [
        replace(one, text=one.text.replace(PRODUCT, title)) if isinstance(one, Said) else one for one in script.inputs
    ]
    return replace(script, inputs=tuple(inputs))


def _words(error: SalesPilotsError) -> str:
    fields: Mapping[str, Sequence[str]] = getattr(error, "fields", {})
    texts = [f"{name}: {text}" for name, some in fields.items() for text in some]
    return " ".join(texts) or error.message

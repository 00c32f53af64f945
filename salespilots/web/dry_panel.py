"""The dry run's panel: its form, what came of it, and the tests that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.events import EVENT_TYPES
from salespilots.domain.workflow import Workflow
from salespilots.services.rehearsal.cases import CaseResult
from salespilots.services.rehearsal.report import Rehearsal
from salespilots.services.rehearsal.script import Script, write_script
from salespilots.web.context import here, services
from salespilots.web.presenters import tryout as present

USUAL: Mapping[str, str] = {
    "text": "", "then": "", "event": "", "customer": "new", "stock": "real", "window": "open", "at": "", "place": "first",
    "silence": "",
}  # fmt: skip
MESSAGE = "message.received"


def panel_of(
    workflow: Workflow,
    values: Mapping[str, str],
    *,
    quiet: bool = False,
    errors: Mapping[str, str] | None = None,
    found: Rehearsal | None = None,
    script: Script | None = None,
    results: Sequence[CaseResult] | None = None,
) -> SimpleNamespace:
    """The dry run's panel. ``quiet``: nothing was tried yet, so that a phone shows the steps alone."""
    shop_id = here().shop_id
    product = next(iter(services().catalog.page(shop_id, state="live", limit=1).items), None)
    title = product.product.title if product else _("the blue one")
    by_case = {one.case.id: one for one in results or ()}
    events = _events(workflow)
    return SimpleNamespace(
        kind="dry", quiet=quiet, low=True, values={**USUAL, "event": events[0][0] if events else "", **values},
        errors=dict(errors or {}), samples=present.samples(workflow.draft, title), events=events,
        result=present.told(found, workflow, services().core.registry) if found else None,
        script=json.dumps(write_script(script), ensure_ascii=False) if script else "",
        tests=[
            present.case_row(one.name, one.id, one.script, by_case.get(one.id))
            for one in services().cases.of(shop_id, workflow.id)
        ],
        passed=sum(one.passed for one in results) if results is not None else None,
    )  # fmt: skip


def _events(workflow: Workflow) -> list[tuple[str, str]]:
    """What may happen instead of a message: what this workflow waits for."""
    kind = services().core.registry.triggers.find((workflow.draft.get("trigger") or {}).get("kind"))
    found = [one for one in (kind.event_types if kind else ()) if one in EVENT_TYPES and one != MESSAGE]
    return [(one, _(EVENT_TYPES[one])) for one in found] + ([("", _("A customer writes"))] if found else [])

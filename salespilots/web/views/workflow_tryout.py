"""Trying a workflow before anybody gets it: the dry run beside its steps, and the tests that are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.automation import IST
from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.services.rehearsal.script import MAX_INPUTS, read_script
from salespilots.web.builder_page import builder_page
from salespilots.web.context import here, services
from salespilots.web.dry_panel import USUAL, panel_of
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits
from salespilots.web.presenters import tryout as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("tryout", __name__, url_prefix="/app/workflows")
blueprint.before_request(remember_position)


@blueprint.get("/<workflow_id>/dry-run")
@permits(Permission.CATALOGUE)
def show(workflow_id: str) -> Any:
    """The form; ``message``: with the words of a message that came."""
    workflow = services().workflows.get(here().shop_id, workflow_id)
    values: dict[str, str] = {}
    if "message" in request.args:
        told = services().explaining.message(here().shop_id, request.args.get("message", ""))
        values = {"text": told.message.text, "event": ""}
    return builder_page(workflow, panel_of(workflow, values))


@blueprint.post("/<workflow_id>/dry-run")
@permits(Permission.CATALOGUE)
def run(workflow_id: str) -> Any:
    """Play it. Nothing is sent, held or kept."""
    workflow = services().workflows.get(here().shop_id, workflow_id)
    values = {name: request.form.get(name, "")[:4000] for name in USUAL}
    if request.form.get("sample"):
        values["text"], values["event"] = request.form["sample"][:2000], ""
    try:
        script = read_script(_script(values))
        found = services().dry_runs.run(here().shop_id, workflow_id, script)
    except (InvalidInput, Conflict) as error:
        return builder_page(workflow, panel_of(workflow, values, errors=_mistakes(error)), 422)
    passed, untaken = present.ran(found, workflow)
    panel = panel_of(workflow, values, found=found, script=script)
    return builder_page(workflow, panel, ran=passed, untaken=untaken)


def _script(values: Mapping[str, str]) -> dict[str, Any]:
    """The script of a form as JSON. Raises `InvalidInput` for a time that is none."""
    first = {"event": values["event"]} if values["event"] else {"text": values["text"].strip()}
    more = [{"text": one.strip()} for one in values["then"].splitlines() if one.strip()]
    script: dict[str, Any] = {
        "inputs": [first, *more][:MAX_INPUTS], "known": values["customer"] == "known",
        "sold_out": values["stock"] == "none", "window_open": values["window"] != "closed",
        "only_this": values["place"] == "only", "in_order": values["place"] == "list", "silence": bool(values["silence"]),
    }  # fmt: skip
    if values["at"]:
        try:
            local = datetime.fromisoformat(values["at"])
            script["at"] = local.replace(tzinfo=local.tzinfo or IST).astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            raise InvalidInput({"at": [_("Write a day and an hour.")]}) from None
    return script


def _mistakes(error: InvalidInput | Conflict) -> dict[str, str]:
    if not isinstance(error, InvalidInput):
        return {"_": _(error.message)}
    first = {name: _(texts[0]) for name, texts in error.fields.items() if texts}
    return {name if name in USUAL else "text" if name == "inputs" else "_": text for name, text in first.items()}


# --- tests ---------------------------------------------------------------------------------------------------------------


@blueprint.post("/<workflow_id>/tests")
@permits(Permission.CATALOGUE)
def keep(workflow_id: str) -> Any:
    """Keep a dry run as a test: from then on it has to go the same way."""
    services().workflows.get(here().shop_id, workflow_id)
    try:
        script = read_script(json.loads(request.form.get("script", "")[:50_000]))
        services().cases.keep(here().shop_id, workflow_id, request.form.get("name", "").strip()[:80], script)
    except (ValueError, RecursionError):
        flash(_("Run it first, then save it."), "bad")
    except (InvalidInput, Conflict) as error:
        flash(next(iter(_mistakes(error).values()), _(error.message)), "bad")
    else:
        flash(_("Kept as a test. It is tried each time this goes live."), "ok")
    return back_to(url_for("tryout.show", workflow_id=workflow_id))


@blueprint.post("/<workflow_id>/tests/run")
@permits(Permission.CATALOGUE)
def check(workflow_id: str) -> Any:
    """Try all of them with the draft."""
    workflow = services().workflows.get(here().shop_id, workflow_id)
    try:
        results = services().cases.check(here().shop_id, workflow_id)
    except InvalidInput as error:
        return builder_page(workflow, panel_of(workflow, {}, errors=_mistakes(error)), 422)
    return builder_page(workflow, panel_of(workflow, {}, results=results))


@blueprint.get("/<workflow_id>/tests/<case_id>")
@permits(Permission.CATALOGUE)
def test(workflow_id: str, case_id: str) -> Any:
    """One test, played."""
    workflow = services().workflows.get(here().shop_id, workflow_id)
    case = next((one for one in services().cases.of(here().shop_id, workflow_id) if one.id == case_id), None)
    if case is None:
        raise NotFound("There is no such test.")
    try:
        results = services().cases.check(here().shop_id, workflow_id, only=case_id)
    except InvalidInput as error:
        return builder_page(workflow, panel_of(workflow, {}, errors=_mistakes(error)), 422)
    inputs: list[dict[str, Any]] = case.script.get("inputs") or [{}]
    values = {
        "text": str(inputs[0].get("text") or ""), "event": str(inputs[0].get("event") or ""),
        "then": "\n".join(str(one.get("text") or "") for one in inputs[1:]),
        "customer": "known" if case.script.get("known") else "new", "stock": "none" if case.script.get("sold_out") else "real",
        "window": "open" if case.script.get("window_open", True) else "closed", "place": "only" if case.script.get("only_this") else "list" if case.script.get("in_order") else "first",
        "silence": "1" if case.script.get("silence") else "", "at": "",
    }  # fmt: skip
    found = results[0].told if results else None
    passed, untaken = present.ran(found, workflow) if found else (None, set())
    panel = panel_of(workflow, values, found=found, results=results)
    return builder_page(workflow, panel, ran=passed, untaken=untaken)


@blueprint.post("/<workflow_id>/tests/<case_id>/remove")
@permits(Permission.CATALOGUE)
def forget(workflow_id: str, case_id: str) -> Any:
    """It is not tried any more."""
    services().cases.remove(here().shop_id, workflow_id, case_id)
    flash(_("The test is taken away."), "ok")
    return back_to(url_for("tryout.show", workflow_id=workflow_id))

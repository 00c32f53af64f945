"""Bringing products in from a file, in four pages, and writing the catalogue out."""

from __future__ import annotations

import tempfile
from typing import Any

from flask import Blueprint, Response, flash, request, send_file, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.imports import ImportState, ProductImport, RowOutcome
from salespilots.services.imports.columns import HEADINGS
from salespilots.services.imports.export import SAMPLE, csv_lines
from salespilots.services.imports.service import AT_ONCE
from salespilots.services.imports.tables import MAX_FILE
from salespilots.web.context import here, services
from salespilots.web.forms import first_messages
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits, takes_files
from salespilots.web.presenters import imports as present

blueprint = Blueprint("imports", __name__, url_prefix="/app/products")


@blueprint.route("/import", methods=["GET", "POST"])
@takes_files(MAX_FILE + 1024 * 1024)
@permits(Permission.CATALOGUE)
def upload() -> Any:
    """Page 1: the file."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        given = request.files.get("file")
        if not given or not given.filename:
            errors = {"file": _("Choose a file.")}
        else:
            try:
                imported = services().imports.upload(here().shop_id, given.filename, given.stream, actor=here().user.id)
            except InvalidInput as error:
                errors = first_messages(error.fields)
            else:
                return back_to(url_for("imports.columns", import_id=imported.id))
    recent = [present.brief(one) for one in services().imports.page(here().shop_id).items]
    return page("imports/upload.html", 422 if errors else 200, errors=errors, recent=recent)


@blueprint.get("/import/sample.csv")
@permits(Permission.CATALOGUE)
def sample() -> Any:
    """A file to fill in."""
    lines = csv_lines(iter([list(HEADINGS.values()), *map(list, SAMPLE)]))
    return _file(Response("".join(lines), mimetype="text/csv"), "products-sample.csv")


@blueprint.get("/export.csv")
@permits(Permission.CATALOGUE)
def export_csv() -> Any:
    """The catalogue as CSV."""
    lines = csv_lines(services().export.rows(here().shop_id))
    return _file(Response(lines, mimetype="text/csv"), "products.csv")


@blueprint.get("/export.xlsx")
@permits(Permission.CATALOGUE)
def export_sheet() -> Any:
    """The catalogue as a spreadsheet."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer
    services().export.sheet(here().shop_id, file)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return send_file(file, mimetype=kind, as_attachment=True, download_name="products.xlsx")


def _file(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.route("/import/<import_id>/columns", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def columns(import_id: str) -> Any:
    """Page 2: what each column means."""
    imported = services().imports.get(here().shop_id, import_id)
    if imported.state not in (ImportState.UPLOADED, ImportState.MATCHED):
        return back_to(url_for("imports.watch", import_id=import_id))
    errors: dict[str, str] = {}
    chosen, known, problems = (
        imported.columns,
        imported.choices.get("known", "update"),
        imported.choices.get("problems", "skip"),
    )
    if request.method == "POST":
        chosen, errors = present.read_columns(request.form, len(imported.headings))
        known = "skip" if request.form.get("known") == "skip" else "update"
        problems = "stop" if request.form.get("problems") == "stop" else "skip"
        if not errors:
            try:
                services().imports.match(here().shop_id, import_id, chosen, known=known, problems=problems)
            except InvalidInput as error:
                errors = first_messages(error.fields)
            except Conflict as error:
                errors = {"_": _(error.message)}
            else:
                services().imports.work(here().shop_id, import_id, AT_ONCE)
                return back_to(url_for("imports.check", import_id=import_id))
    samples = services().imports.samples(here().shop_id, import_id)
    return page(
        "imports/columns.html", 422 if errors else 200, job=present.brief(imported), errors=errors, known=known,
        problems=problems, columns=present.columns(imported, chosen, samples), fields=present.fields(),
    )  # fmt: skip


@blueprint.route("/import/<import_id>/check", methods=["GET", "POST"])
@permits(Permission.CATALOGUE)
def check(import_id: str) -> Any:
    """Page 3: what would happen, and the rows with problems."""
    imported = services().imports.get(here().shop_id, import_id)
    if request.method == "POST" and imported.state is not ImportState.UPLOADED:
        try:
            services().imports.start(here().shop_id, import_id)
        except Conflict as error:
            return _check(imported, {"_": _(error.message)}, 409)
        services().imports.work(here().shop_id, import_id, AT_ONCE)
        return back_to(url_for("imports.watch", import_id=import_id))
    if imported.state is ImportState.UPLOADED:
        return back_to(url_for("imports.columns", import_id=import_id))
    if imported.state is not ImportState.MATCHED:
        return back_to(url_for("imports.watch", import_id=import_id))
    return _check(imported, {})


def _check(imported: ProductImport, errors: dict[str, str], status: int = 200) -> Any:
    show = request.args.get("show", "problem")
    outcome = RowOutcome(show) if show in ("new", "changed", "same", "problem", "skipped") else RowOutcome.PROBLEM
    after = request.args.get("after") or None
    found = services().imports.rows(here().shop_id, imported.id, outcome, cursor=after)
    first = url_for("imports.check", import_id=imported.id, show=str(outcome))
    return page(
        "imports/check.html",
        status,
        job=present.brief(imported),
        counts=present.counts(imported),
        outcome=str(outcome),
        filters=present.filters(imported, outcome),
        rows=[present.row(one, imported) for one in found.items],
        errors=errors,
        older_href=f"{first}&after={found.next}" if found.next else None,
        newer_href=first if after else None,
    )


@blueprint.post("/import/<import_id>/rows/<row_id>")
@permits(Permission.CATALOGUE)
def mend(import_id: str, row_id: str) -> Any:
    """A row was mended, or shall be left out."""
    imports = services().imports
    then = request.form.get("then", "")
    try:
        if request.form.get("act") == "leave_out":
            imports.leave_out(here().shop_id, import_id, row_id)
            flash(_("Row left out"), "ok")
        else:
            texts = {name: request.form[name][:5000] for name in HEADINGS if name in request.form}
            row = imports.mend(here().shop_id, import_id, row_id, texts)
            mended = row.outcome is not RowOutcome.PROBLEM
            then = then if mended else row_id
            flash(
                _("Row %(number)s is fine now", number=row.position)
                if mended
                else _("There is still something to mend"),
                "ok" if mended else "bad",
            )
    except Conflict as error:
        flash(_(error.message), "bad")
    place = f"row-{then}" if then.replace("_", "").isalnum() else None
    return back_to(
        url_for("imports.check", import_id=import_id, after=request.args.get("after") or None, _anchor=place)
    )


@blueprint.get("/import/<import_id>")
@permits(Permission.CATALOGUE)
def watch(import_id: str) -> Any:
    """Page 4: how far it is, then what came of it."""
    imported = services().imports.get(here().shop_id, import_id)
    if imported.state is ImportState.UPLOADED:
        return columns(import_id)
    if imported.state is ImportState.MATCHED:
        return _check(imported, {})
    return page("imports/watch.html", job=present.brief(imported), counts=present.counts(imported))


@blueprint.post("/import/<import_id>/undo")
@permits(Permission.CATALOGUE)
def undo(import_id: str) -> Any:
    """Take it back."""
    try:
        services().imports.undo(here().shop_id, import_id)
        services().imports.work(here().shop_id, import_id, AT_ONCE)
    except Conflict as error:
        flash(_(error.message), "bad")
    return back_to(url_for("imports.watch", import_id=import_id))


@blueprint.get("/import/<import_id>/left-out.csv")
@permits(Permission.CATALOGUE)
def left_out(import_id: str) -> Any:
    """The rows that were not imported."""
    services().imports.get(here().shop_id, import_id)
    lines = csv_lines(services().imports.left_out(here().shop_id, import_id))
    return _file(Response(lines, mimetype="text/csv"), "not-imported.csv")

"""Products from a file: uploaded, matched and checked, written, taken back. A worker does the rows; ask how far it is."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import request

from salespilots.domain.imports import ProductImport, RowOutcome
from salespilots.services.imports.service import AT_ONCE
from salespilots.services.imports.tables import MAX_FILE
from salespilots.web.api import import_shapes, schemas
from salespilots.web.api.guard import FILE_KINDS, actor, keep_answer, scope, shop_id, takes_file
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "imports"
FILE = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILE_KINDS},
}
blueprint = Resource("api_imports", __name__, description="Products from a file")
blueprint.after_request(keep_answer)


def _begun(imported: ProductImport) -> dict[str, Any]:
    """A small file is done at once, so that nobody waits for a worker."""
    return import_shapes.product_import(services().imports.work(shop_id(), imported.id, AT_ONCE))


@blueprint.get("")
@scope("imports:read")
@blueprint.arguments(import_shapes.ImportQuery, location="query")
@blueprint.answers(import_shapes.ImportAnswer, page=True)
def list_imports(query: dict[str, Any]) -> Any:
    """A page of imports, newest first."""
    page = services().imports.page(shop_id(), **query)
    return {"items": [import_shapes.product_import(one) for one in page.items], "next": page.next}


@blueprint.post("")
@takes_file(MAX_FILE)
@scope("imports:write")
@blueprint.doc(requestBody=FILE)
@blueprint.arguments(import_shapes.FileQuery, location="query")
@blueprint.answers(import_shapes.ImportAnswer, 201)
def upload(query: dict[str, Any]) -> Any:
    """Keep the rows of a file, sent as it is: CSV or .xlsx, at most 10 MB, headings first. ``columns`` are a guess."""
    file = BytesIO(request.get_data(cache=True))
    return import_shapes.product_import(services().imports.upload(shop_id(), query["filename"], file, actor=actor()))


@blueprint.get("/<import_id>")
@scope("imports:read")
@blueprint.answers(import_shapes.ImportAnswer)
def get_import(import_id: str) -> Any:
    """How far it is, and what came of it."""
    return import_shapes.product_import(services().imports.get(shop_id(), import_id))


@blueprint.post("/<import_id>/match")
@scope("imports:write")
@blueprint.arguments(import_shapes.MatchIn)
@blueprint.answers(import_shapes.ImportAnswer)
def match(values: dict[str, Any], import_id: str) -> Any:
    """Say what the columns mean, and check the rows; again, with other columns, until it is started."""
    columns = values.pop("columns", None)
    if columns is None:
        columns = services().imports.get(shop_id(), import_id).columns
    return _begun(services().imports.match(shop_id(), import_id, columns, **values))


@blueprint.get("/<import_id>/rows")
@scope("imports:read")
@blueprint.arguments(import_shapes.RowQuery, location="query")
@blueprint.answers(import_shapes.ImportRowAnswer, page=True)
def list_rows(query: dict[str, Any], import_id: str) -> Any:
    """A page of rows in the order of the file, with what is wrong with them."""
    outcome = query.pop("outcome")
    wanted = RowOutcome(outcome) if outcome else None
    page = services().imports.rows(shop_id(), import_id, wanted, **query)
    return {"items": [import_shapes.import_row(one) for one in page.items], "next": page.next}


@blueprint.post("/<import_id>/start")
@scope("imports:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(import_shapes.ImportAnswer)
def start(_values: dict[str, Any], import_id: str) -> Any:
    """Write the rows; 409 while they are being checked, or where problems shall stop it. Started already: the same."""
    return _begun(services().imports.start(shop_id(), import_id))


@blueprint.post("/<import_id>/undo")
@scope("imports:write")
@blueprint.arguments(schemas.Nothing)
@blueprint.answers(import_shapes.ImportAnswer)
def undo(_values: dict[str, Any], import_id: str) -> Any:
    """Take back what it wrote, within 24 hours. What it made is archived; what somebody changed since stays."""
    return _begun(services().imports.undo(shop_id(), import_id))

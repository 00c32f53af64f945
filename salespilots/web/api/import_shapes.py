"""Imports of products as JSON, in and out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from salespilots.domain.imports import ImportRow, ImportState, ProductImport, RowOutcome
from salespilots.services.imports.columns import HEADINGS
from salespilots.services.imports.tables import MAX_COLUMNS
from salespilots.web.api import shapes
from salespilots.web.api.schemas import Base, Int, ListQuery, line

KNOWN, PROBLEMS = ("update", "skip"), ("skip", "stop")


class ImportQuery(ListQuery):
    """Filters of the list."""

    state = fields.String(load_default="", validate=validate.OneOf(list(ImportState)))


class FileQuery(Base):
    """What the file is called."""

    filename = line(120, 1, load_default="products")


class RowQuery(ListQuery):
    """Which rows."""

    outcome = fields.String(load_default="", validate=validate.OneOf(list(RowOutcome)))


class MatchIn(Base):
    """Field to the place of its column, counted from 0; as they were guessed when it is left out."""

    columns = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(HEADINGS))),
        values=Int(validate=validate.Range(0, MAX_COLUMNS)),
    )
    known = fields.String(load_default="update", validate=validate.OneOf(KNOWN))
    problems = fields.String(load_default="skip", validate=validate.OneOf(PROBLEMS))


class ImportAnswer(Schema):
    """An import and how far it is; ``counts`` are rows by what they mean, later by what became of them."""

    id = fields.String(required=True)
    filename = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(ImportState)))
    working = fields.Boolean(required=True, metadata={"description": "Rows are being checked, written or taken back."})
    headings = fields.List(fields.String(), required=True)
    columns = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), required=True)
    known = fields.String(required=True, validate=validate.OneOf(KNOWN))
    problems = fields.String(required=True, validate=validate.OneOf(PROBLEMS))
    rows_count = fields.Integer(required=True, strict=True)
    rows_done = fields.Integer(required=True, strict=True)
    counts = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(RowOutcome))), values=fields.Integer(strict=True), required=True
    )
    error = fields.String(required=True, allow_none=True)
    undo_until = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    started_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    finished_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class ImportRowAnswer(Schema):
    """A row of the file; ``position`` is its line, the headings being line 1."""

    id = fields.String(required=True)
    position = fields.Integer(required=True, strict=True)
    outcome = fields.String(required=True, validate=validate.OneOf(list(RowOutcome)))
    sku = fields.String(required=True)
    cells = fields.List(fields.String(), required=True)
    problems = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    product_id = fields.String(required=True, allow_none=True)
    variant_id = fields.String(required=True, allow_none=True)


def product_import(one: ProductImport) -> dict[str, Any]:
    """An import."""
    return {
        "id": one.id, "filename": one.filename, "state": str(one.state), "working": one.next_at is not None,
        "headings": one.headings, "columns": one.columns, "known": one.choices.get("known", KNOWN[0]),
        "problems": one.choices.get("problems", PROBLEMS[0]), "rows_count": one.rows_count, "rows_done": one.rows_done,
        "counts": {str(outcome): one.counts.get(str(outcome), 0) for outcome in RowOutcome}, "error": one.error,
        "undo_until": shapes.moment(one.undo_until), "created_at": shapes.moment(one.created_at),
        "started_at": shapes.moment(one.started_at), "finished_at": shapes.moment(one.finished_at),
    }  # fmt: skip


def import_row(one: ImportRow) -> dict[str, Any]:
    """A row."""
    return {
        "id": one.id, "position": one.position, "outcome": str(one.outcome), "sku": one.sku, "cells": one.cells,
        "problems": one.problems, "product_id": one.product_id, "variant_id": one.variant_id,
    }  # fmt: skip

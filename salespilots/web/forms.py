"""What each HTML form sends: read, cleaned and checked in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError, validate

from salespilots.web.fields import Count, Line, Rupees, Text

MAX_ROWS = 60
_ROW = re.compile(r"^variants-([0-9]{1,3})-(id|sku|title|price|mrp|stock)$")


class Form(Schema):
    """Fields that are not declared are left out: tokens, buttons."""

    class Meta:
        unknown = EXCLUDE


def read(form: type[Form], given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, errors): one sentence a field, empty when everything is fine."""
    try:
        return form().load(dict(given)), {}
    except ValidationError as error:
        return dict(error.valid_data or {}), first_messages(error.normalized_messages())


def first_messages(messages: Mapping[str, Any]) -> dict[str, str]:
    """Field to its first sentence, as the templates show it."""
    errors: dict[str, str] = {}
    for name, texts in messages.items():
        while isinstance(texts, Mapping):
            texts = next(iter(texts.values()), "")
        text = texts[0] if isinstance(texts, (list, tuple)) and texts else texts
        errors[str(name)] = _(str(text)) if text else ""
    return errors


def query_text(value: str | None, longest: int = 80) -> str:
    """A search word from an address: cleaned and cut, never refused."""
    text = (value or "").replace("\x00", "").encode("utf-8", "ignore").decode("utf-8", "ignore")
    return " ".join(text.split())[:longest]


def query_number(value: str | None) -> int | None:
    """A row's number from an address; None for anything else, and for what no row can have."""
    text = value or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


class SayForm(Form):
    """A line of the practice customer, or a tap."""

    text = Text(longest=1000, load_default="")
    payload = Line(longest=1000, load_default="")
    title = Line(longest=200, load_default="")


class ReplyForm(Form):
    """A person's reply in the inbox."""

    text = Text(longest=5000, required=True)
    key = Line(longest=80, load_default="")


class ShipForm(Form):
    """The ship sheet. A parcel brought by hand needs no number."""

    courier = Line(longest=40, required=True)
    tracking_number = Line(longest=60, load_default="")


class CancelForm(Form):
    """Why an order is cancelled."""

    reason = Line(longest=40, load_default="other")


class TagForm(Form):
    """A new tag."""

    label = Line(longest=40, required=True)
    next = Line(longest=300, load_default="")


class NoteForm(Form):
    """The team's note about a customer."""

    note = Text(longest=1000, load_default="")


class PayForm(Form):
    """The practice payment page."""

    attempt = Line(longest=60, load_default="")
    method = Line(longest=20, load_default="upi")
    outcome = Line(longest=20, required=True, validate=validate.OneOf(["paid", "failed", "cancelled"]))


class StockForm(Form):
    """A change of stock by hand."""

    variant_id = Line(longest=60, load_default="")
    delta = Count(least=-100_000, most=100_000, required=True)
    reason = Line(longest=20, load_default="received")


class ProductForm(Form):
    """The product itself, without its rows."""

    title = Line(longest=120, required=True)
    description = Text(longest=1000, load_default="")
    category = Line(longest=60, load_default="")
    words = Text(longest=500, load_default="")
    state = Line(longest=10, load_default="live", validate=validate.OneOf(["live", "draft"]))
    alt = Line(longest=200, load_default="")
    version = Line(longest=20, load_default="")


class RowForm(Form):
    """One size or colour."""

    id = Line(longest=60, load_default="")
    sku = Line(longest=60, load_default="")
    title = Line(longest=60, load_default="")
    price = Rupees(required=True)
    mrp = Rupees(load_default=None)
    stock = Count(load_default=None)


def variant_rows(given: Mapping[str, str]) -> list[dict[str, str]]:
    """The ``variants-N-…`` fields as a list of rows, as typed."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in given.items():
        match = _ROW.match(name)
        if match and int(match.group(1)) < MAX_ROWS:
            rows.setdefault(int(match.group(1)), {})[match.group(2)] = value
    return [rows[index] for index in sorted(rows)]


def read_product(given: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, str]]:
    """(product values, rows, errors). A new row in which nothing was typed is left out."""
    values, errors = read(ProductForm, given)
    rows: list[dict[str, Any]] = []
    typed = variant_rows(given)
    for index, row in enumerate(typed):
        blank = not any(row.get(name, "").strip() for name in ("id", "sku", "title", "price", "mrp", "stock"))
        if blank and len(typed) > 1:
            continue
        loaded, problems = read(RowForm, row)
        errors.update({f"variants-{index}-{name}": text for name, text in problems.items()})
        if loaded.get("mrp") is not None and loaded.get("price") is not None and loaded["mrp"] < loaded["price"]:
            errors[f"variants-{index}-mrp"] = _("The MRP is not below the price.")
        rows.append({**loaded, "row": index})
    if not typed:
        errors["variants-0-price"] = _("Write an amount like 1,299 or 1,299.50.")
    return values, rows, errors

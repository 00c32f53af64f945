"""What each HTML form sends: read, cleaned and checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, ValidationError, validate

from salespilots.ports.addresses import read_phone
from salespilots.services.by_hand import WAYS
from salespilots.services.many import MOST
from salespilots.web.fields import Count, Line, Rupees, Text


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


def chosen_ids() -> list[str]:
    """The rows that were ticked in a list of many."""
    return [one[:60] for one in request.form.getlist("ids")[:MOST]]


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
    seen = Count(load_default=None)


class Phone(Line):
    """A phone number in any usual form, kept as +919845012345."""

    def _shape(self, value: str) -> str:
        value = super()._shape(value)
        found = read_phone(value) if value else ""
        if found is None:
            raise ValidationError(_("Write a phone number, for example 98450 12345."))
        return found


class AddressForm(Form):
    """Where an order goes."""

    name = Line(longest=80, required=True)
    phone = Phone(longest=20, required=True)
    line1 = Line(longest=200, required=True)
    line2 = Line(longest=200, load_default="")
    city = Line(longest=80, required=True)
    state = Line(longest=60, load_default="")
    pincode = Line(
        longest=6, required=True, validate=validate.Regexp(r"^[1-9][0-9]{5}$", error="A pincode has six digits.")
    )


class NewOrderForm(Form):
    """An order written by the shop: where it goes and what is charged beside the items."""

    name = Line(longest=80, load_default="")
    phone = Phone(longest=20, load_default="")
    line1 = Line(longest=200, load_default="")
    line2 = Line(longest=200, load_default="")
    city = Line(longest=80, load_default="")
    state = Line(longest=60, load_default="")
    pincode = Line(
        longest=6, load_default="", validate=validate.Regexp(r"^([1-9][0-9]{5})?$", error="A pincode has six digits.")
    )
    counter = Line(longest=1, load_default="")
    discount = Rupees(load_default=None)
    code = Line(longest=20, load_default="")
    delivery = Rupees(load_default=None)
    payment = Line(longest=10, load_default="link", validate=validate.OneOf(["link", "cod", "paid"]))
    paid_by = Line(longest=10, load_default="", validate=validate.OneOf(["", *WAYS]))
    utr = Line(longest=40, load_default="")
    key = Line(longest=60, load_default="")


class NewCustomerForm(Form):
    """A customer who has not written: at the counter, on the phone."""

    name = Line(longest=80, required=True)
    phone = Phone(longest=20, load_default="")


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
    outcome = Line(longest=20, required=True, validate=validate.OneOf(["paid", "failed", "cancelled", "slow"]))


class StockForm(Form):
    """A change of stock by hand."""

    variant_id = Line(longest=60, load_default="")
    delta = Count(least=-100_000, most=100_000, required=True)
    reason = Line(longest=20, load_default="received")
    note = Line(longest=300, load_default="")
    key = Line(longest=40, load_default="")


class AdjustForm(Form):
    """The stock of a product of one kind, changed in its row."""

    variant_id = Line(longest=60, load_default="")
    was = Count(load_default=None)
    there = Count(load_default=None)
    reason = Line(longest=20, load_default="counted")
    note = Line(longest=300, load_default="")
    key = Line(longest=40, load_default="")

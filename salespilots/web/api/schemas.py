"""Shapes of the API, in and out. Unknown fields are refused; money is integer paise; times are RFC 3339 UTC."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from salespilots.domain.catalog import MAX_OPTIONS, MAX_SUBSTITUTES, MAX_VARIANTS
from salespilots.domain.gst_rates import rate_fields
from salespilots.domain.money import MAX_PAISE
from salespilots.domain.undoing import UNDOABLE
from salespilots.services.conversations import VIEWS
from salespilots.web.fields import Rate

MAX_TEXT = 10_000


class Int(fields.Integer):
    """A whole number; ``2.0`` is one, ``"2"``, ``2.5`` and ``true`` are not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            raise ValidationError("Not a whole number.")
        return super()._deserialize(int(value), attr, data, **more)


class QueryInt(fields.Integer):
    """A whole number in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 18:
            raise ValidationError("Not a whole number.")
        return int(value)


class Flag(fields.Boolean):
    """``true`` or ``false``; 1, 0 and words are not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


def key(**more: Any) -> fields.String:
    """An id: what is malformed belongs to nothing, which is for the storage to say."""
    return fields.String(validate=validate.Length(1, 500), **more)


def paise(**more: Any) -> Int:
    """An amount from nothing up."""
    return Int(validate=validate.Range(0, MAX_PAISE), **more)


def line(most: int, least: int = 0, **more: Any) -> fields.String:
    """A text of bounded length; where something is required, blanks are not enough."""
    return fields.String(validate=[validate.Length(least, most), *([_not_blank] if least else [])], **more)


def phone() -> fields.String:
    """A number that can be called, in any usual form, or null."""
    usual = validate.Regexp(r"^\+?[0-9][0-9 ().-]{5,18}$", error="Write a phone number, for example +91 98450 12345.")
    return fields.String(allow_none=True, validate=usual)


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError("Write something.")


class Base(Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = RAISE


class ListQuery(Base):
    """Every list's page."""

    limit = QueryInt(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(1, 500))


# --- products ------------------------------------------------------------------------------------------------


class VariantIn(Base):
    """A variant as sent."""

    id = line(60, 1)
    sku = line(60, 1, required=True)
    title = line(80, load_default="")
    choices = fields.List(line(60, 1), validate=validate.Length(max=MAX_OPTIONS))
    price_paise = paise(required=True)
    mrp_paise = paise(allow_none=True)
    on_hand = Int(validate=validate.Range(0, 10_000_000))


class OptionIn(Base):
    """What a product comes in, for example sizes."""

    name = line(40, 1, required=True)
    values = fields.List(line(60, 1), required=True, validate=validate.Length(1, MAX_VARIANTS))


def _once_each(variants: list[dict[str, Any]]) -> None:
    skus = [one["sku"] for one in variants]
    if len(set(skus)) < len(skus):
        raise ValidationError("Each variant has a sku of its own.")


class ProductIn(Base):
    """A product as sent; the same fields are optional in a PATCH."""

    title = line(200, 1, required=True)
    description = line(MAX_TEXT)
    category = line(80)
    keywords = fields.List(line(60, 1), validate=validate.Length(max=60))
    code = line(40)
    state = fields.String(validate=validate.OneOf(["draft", "live", "archived"]))
    hsn = line(12)
    gst_rate = Rate(metadata={"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01})
    options = fields.List(fields.Nested(OptionIn), validate=validate.Length(max=MAX_OPTIONS))
    weight_grams = Int(validate=validate.Range(0, 1_000_000))
    low_stock = Int(allow_none=True, validate=validate.Range(0, 1_000_000))
    substitutes = fields.List(key(), validate=validate.Length(max=MAX_SUBSTITUTES))
    variants = fields.List(
        fields.Nested(VariantIn), required=True, validate=[validate.Length(1, MAX_VARIANTS), _once_each]
    )

    @post_load
    def _rate(self, values: dict[str, Any], **more: Any) -> dict[str, Any]:
        if "gst_rate" in values:
            values |= rate_fields(values["gst_rate"])
        return values


class ProductPatch(ProductIn):
    """Any of a product's fields."""

    title = line(200, 1)
    variants = fields.List(fields.Nested(VariantIn), validate=[validate.Length(1, MAX_VARIANTS), _once_each])


class ProductQuery(ListQuery):
    """Filters of the list."""

    q = line(200, load_default="")
    category = line(80, load_default="")
    stock = fields.String(load_default="", validate=validate.OneOf(["low", "out"]))
    state = fields.String(load_default="", validate=validate.OneOf(["draft", "live", "archived"]))


class StockIn(Base):
    """A change of stock by hand."""

    sku = line(60, 1, required=True)
    delta = Int(required=True, validate=validate.Range(-10_000_000, 10_000_000))
    reason = fields.String(
        required=True, validate=validate.OneOf(["receive", "adjust", "sold_elsewhere", "damaged", "return"])
    )
    note = line(300, load_default="")


# --- customers -----------------------------------------------------------------------------------------------


class Address(Base):
    """Where a parcel goes."""

    name = line(100, allow_none=True)
    phone = phone()
    line1 = line(400, allow_none=True)
    line2 = line(400, allow_none=True)
    city = line(80, allow_none=True)
    state = line(80, allow_none=True)
    pincode = fields.String(allow_none=True, validate=validate.Regexp(r"^[1-9][0-9]{5}$", error="Six digits."))


class CustomerPatch(Base):
    """What may be changed."""

    name = line(100)
    phone = phone()
    address = fields.Nested(Address)
    note = line(2000)
    tags = fields.List(line(40, 1), validate=validate.Length(max=50))


class CustomerQuery(ListQuery):
    """Filters of the list."""

    q = line(200, load_default="")
    tag = line(40, load_default="")
    segment = line(60, load_default="")


# --- chats ---------------------------------------------------------------------------------------------------


class ConversationQuery(ListQuery):
    """Filters of the list."""

    view = fields.String(load_default="all", validate=validate.OneOf(VIEWS))


class MessageQuery(ListQuery):
    """Filters of the list."""

    conversation_id = key(load_default="")
    customer_id = key(load_default="")


class MessageIn(Base):
    """A reply by a person."""

    conversation_id = key(required=True)
    text = line(5000, 1, required=True)


# --- orders --------------------------------------------------------------------------------------------------


class LineIn(Base):
    """What and how many: ``variant_id`` or ``sku``."""

    variant_id = key()
    sku = line(60, 1)
    quantity = Int(required=True, validate=validate.Range(1, 1000))


class OrderIn(Base):
    """A new order."""

    customer_id = key(required=True)
    lines = fields.List(fields.Nested(LineIn), required=True, validate=validate.Length(1, 100))
    discount_code = line(40, 1)
    note = line(1000)
    address = fields.Nested(Address)
    payment_method = line(40, 1)
    shipping_paise = paise()
    discount_paise = paise()
    conversation_id = key(allow_none=True)
    draft = Flag(load_default=False)

    @validates_schema
    def _one_name(self, values: dict[str, Any], **_: Any) -> None:
        for line in values.get("lines", ()):
            if ("variant_id" in line) == ("sku" in line):
                raise ValidationError({"lines": ["Each line names a variant_id or a sku."]})


class OrderPatch(Base):
    """What may be changed later."""

    address = fields.Nested(Address)
    shipping_paise = paise()
    discount_paise = paise()
    payment_method = line(40, 1)


class OrderQuery(ListQuery):
    """Filters of the list."""

    state = line(20, load_default="")
    payment_status = line(20, load_default="")
    customer_id = key(load_default="")


class ReceivedIn(Base):
    """Money taken by hand; ``utr`` of a UPI payment."""

    method = line(40, 1, required=True)
    amount_paise = paise(required=True)
    utr = line(40)
    note = line(300, load_default="")


class ConfirmIn(Base):
    """Accepting an order without online money."""

    received = fields.Nested(ReceivedIn)


class CancelIn(Base):
    """Why."""

    reason = line(300, load_default="")


class PiecesIn(Base):
    """Pieces of one line of an order, by the line's id, its ``variant_id`` or its ``sku``."""

    id = key()
    variant_id = key()
    sku = line(60, 1)
    quantity = Int(required=True, validate=validate.Range(1, 1000))


class ShipIn(Base):
    """The parcel."""

    courier = line(60, 1, required=True)
    tracking_number = line(60, 1, required=True)
    lines = fields.List(fields.Nested(PiecesIn), validate=validate.Length(1, 500))


class ReturnIn(Base):
    """What came back, and whether it goes on the shelf again. ``reference``: your number of this return."""

    restock = Flag(required=True)
    lines = fields.List(fields.Nested(PiecesIn), validate=validate.Length(1, 500))
    kind = fields.String(load_default="return", validate=validate.OneOf(["return", "refused", "undelivered"]))
    reference = line(60, 1)


class UndoIn(Base):
    """The step to take back, by the state it led to."""

    step = fields.String(required=True, validate=validate.OneOf([str(one) for one in UNDOABLE]))


class RefundIn(Base):
    """Money back."""

    amount_paise = Int(required=True, validate=validate.Range(1, MAX_PAISE))
    reason = line(300, required=True)
    restock = Flag(load_default=False)
    lines = fields.List(fields.Nested(PiecesIn), validate=validate.Length(1, 500))


class Nothing(Base):
    """An action without a body."""


class PaymentQuery(ListQuery):
    """Filters of the list."""

    order_id = key(load_default="")


# --- workflows, figures ------------------------------------------------------------------------------------------


class WorkflowIn(Base):
    """A workflow as sent."""

    name = line(80, 1, required=True)
    definition = fields.Dict(keys=fields.String(), required=True)


class WorkflowPut(WorkflowIn):
    """Name, definition, or both."""

    name = line(80, 1)
    definition = fields.Dict(keys=fields.String())


class PublishIn(Base):
    """``force``: although tests of the workflow fail."""

    force = Flag(load_default=False)


class StatsQuery(Base):
    """A range by name or by days (IST, both included)."""

    range = fields.String(load_default="today", validate=validate.OneOf(["today", "7d", "30d"]))
    from_ = fields.Date(data_key="from", load_default=None)
    to = fields.Date(load_default=None)
    practice = fields.String(load_default=None, validate=validate.OneOf(["include", "exclude"]))


class EventsQuery(Base):
    """From which number on."""

    after = QueryInt(load_default=0)
    limit = QueryInt(load_default=50, validate=validate.Range(1, 200))
    cursor = QueryInt(load_default=None)

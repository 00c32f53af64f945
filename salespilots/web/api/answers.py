"""What the API answers, for its description: the field names and types of `shapes`. A test holds both together."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from salespilots.domain.conversation import MessageState
from salespilots.domain.order_states import OrderState, PaymentStatus
from salespilots.domain.parcels import ReturnKind, ReturnState
from salespilots.domain.payment import PaymentState
from salespilots.domain.workflow import WorkflowState


def _text(*values: str, **more: object) -> fields.String:
    choices = {"validate": validate.OneOf(list(values))} if values else {}
    return fields.String(required=True, **choices, **more)  # type: ignore[arg-type]


def _maybe() -> fields.String:
    return fields.String(required=True, allow_none=True)


def _whole(**more: object) -> fields.Integer:
    return fields.Integer(required=True, strict=True, **more)  # type: ignore[arg-type]


def _share() -> fields.Float:
    return fields.Float(required=True, allow_none=True)


def _moment(**more: object) -> fields.String:
    return fields.String(required=True, metadata={"format": "date-time"}, **more)  # type: ignore[arg-type]


def _flag() -> fields.Boolean:
    return fields.Boolean(required=True)


def _object() -> fields.Dict:
    return fields.Dict(keys=fields.String(), required=True)


def _list(inner: fields.Field) -> fields.List:
    return fields.List(inner, required=True)


class Problem(Schema):
    """RFC 9457."""

    type = _text()
    title = _text()
    status = _whole()
    detail = _text()
    code = _text()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class AddressAnswer(Schema):
    """Where a parcel goes; null where unknown."""

    name = _maybe()
    phone = _maybe()
    line1 = _maybe()
    line2 = _maybe()
    city = _maybe()
    state = _maybe()
    pincode = _maybe()


class VariantAnswer(Schema):
    """What has a price and a stock."""

    id = _text()
    sku = _text()
    title = _text()
    choices = _list(fields.String())
    price_paise = _whole()
    mrp_paise = _whole(allow_none=True)
    on_hand = _whole()
    reserved = _whole()
    available = _whole()


class OptionAnswer(Schema):
    """What a product comes in."""

    name = _text()
    values = _list(fields.String())


class Product(Schema):
    """A product with its variants."""

    id = _text()
    title = _text()
    description = _text()
    category = _text()
    keywords = _list(fields.String())
    code = _text()
    state = _text("draft", "live", "archived")
    hsn = _text()
    gst_rate = fields.Float(required=True)
    options = _list(fields.Nested(OptionAnswer))
    weight_grams = _whole()
    low_stock = _whole(allow_none=True)
    substitutes = _list(fields.String())
    images = _list(fields.String())
    practice = _flag()
    variants = _list(fields.Nested(VariantAnswer))
    created_at = _moment()
    updated_at = _moment()


class Customer(Schema):
    """A person who wrote, or was entered."""

    id = _text()
    name = _text()
    username = _text()
    channel = _text()
    phone = _maybe()
    address = fields.Nested(AddressAnswer, required=True)
    note = _text()
    tags = _list(fields.String())
    orders_count = _whole()
    spent_paise = _whole()
    last_seen_at = _moment(allow_none=True)
    consent = _object()
    practice = _flag()
    created_at = _moment()


class Conversation(Schema):
    """A chat."""

    id = _text()
    customer_id = _text()
    channel = _text()
    mode = _text("bot", "human")
    state = _text("open", "snoozed", "closed")
    unread = _whole()
    waiting_since = _moment(allow_none=True)
    last_message_at = _moment(allow_none=True)
    window_closes_at = _moment(allow_none=True)
    practice = _flag()
    created_at = _moment()


class Message(Schema):
    """Something said."""

    id = _text()
    conversation_id = _text()
    direction = _text("in", "out")
    author = _text("customer", "bot", "agent", "system")
    kind = _text()
    text = _text()
    attachments = _list(fields.Dict(keys=fields.String()))
    provider_ref = _maybe()
    state = _text(*MessageState)
    reason = _maybe()
    sent_at = _moment(allow_none=True)
    practice = _flag()
    created_at = _moment()


class OrderLineAnswer(Schema):
    """A line as it was bought."""

    id = _text()
    variant_id = _text()
    sku = _text()
    title = _text()
    quantity = _whole()
    unit_paise = _whole()
    total_paise = _whole()


class TimelineEntry(Schema):
    """Something that happened to the order."""

    type = _text()
    at = _moment()
    actor = _text()
    data = _object()


class Pieces(Schema):
    """So many pieces of a line."""

    line_id = _text()
    quantity = _whole()


class ParcelAnswer(Schema):
    """What left together."""

    id = _text()
    courier = _text()
    tracking_number = _text()
    tracking_url = _text()
    lines = _list(fields.Nested(Pieces))
    left_at = _moment()
    arrived_at = _moment(allow_none=True)


class ReturnAnswer(Schema):
    """What comes or came back."""

    id = _text()
    kind = _text(*ReturnKind)
    state = _text(*ReturnState)
    lines = _list(fields.Nested(Pieces))
    restocked = _list(fields.Nested(Pieces))
    note = _text()
    reference = _text()
    at = _moment()
    inspected_at = _moment(allow_none=True)


class Order(Schema):
    """An order with its totals and its story."""

    id = _text()
    number = _maybe()
    customer_id = _text()
    conversation_id = _maybe()
    state = _text(*OrderState)
    payment_status = _text(*PaymentStatus)
    lines = _list(fields.Nested(OrderLineAnswer))
    subtotal_paise = _whole()
    discount_paise = _whole()
    shipping_paise = _whole()
    cod_fee_paise = _whole()
    tax_paise = _whole()
    total_paise = _whole()
    paid_paise = _whole()
    due_paise = _whole()
    refunded_paise = _whole()
    held_paise = _whole()
    refund_due_paise = _whole()
    advance_paise = _whole()
    discount_code = _maybe()
    note = _text()
    address = fields.Nested(AddressAnswer, required=True)
    payment_method = _text()
    payment_url = _maybe()
    tracking = _object()
    needs_attention = _flag()
    attention_reason = _maybe()
    parcels = _list(fields.Nested(ParcelAnswer))
    returns = _list(fields.Nested(ReturnAnswer))
    timeline = _list(fields.Nested(TimelineEntry))
    expires_at = _moment(allow_none=True)
    practice = _flag()
    created_at = _moment()


class Payment(Schema):
    """Money asked for or received."""

    id = _text()
    order_id = _text()
    provider = _text()
    provider_ref = _maybe()
    state = _text(*PaymentState)
    amount_paise = _whole()
    refunded_paise = _whole()
    method = _maybe()
    currency = _text()
    held = _flag()
    practice = _flag()
    created_at = _moment()


class Workflow(Schema):
    """A workflow with its draft."""

    id = _text()
    name = _text()
    state = _text(*WorkflowState)
    version = _whole()
    definition = _object()
    created_at = _moment()
    updated_at = _moment()


class Funnel(Schema):
    """Chats of the range, and how far they came."""

    chats = _whole()
    shown = _whole()
    ordered = _whole()
    paid = _whole()


class SeriesPoint(Schema):
    """One hour or day."""

    at = _moment()
    revenue_paise = _whole()
    paid_orders = _whole()


class Stats(Schema):
    """Figures of a range; shares are 0 to 1, null where there is nothing to divide by."""

    from_ = fields.String(required=True, data_key="from", metadata={"format": "date-time"})
    to = _moment()
    revenue_paise = _whole()
    orders = _whole()
    paid_orders = _whole()
    average_order_paise = _whole(allow_none=True)
    new_customers = _whole()
    messages_in = _whole()
    messages_out = _whole()
    automated_share = _share()
    median_reply_seconds = _share()
    conversion = _share()
    funnel = fields.Nested(Funnel, required=True)
    practice = _flag()
    series = _list(fields.Nested(SeriesPoint))


class Event(Schema):
    """A line of the event log."""

    seq = _whole()
    type = _text()
    at = _moment()
    ids = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def page_of(schema: type[Schema]) -> type[Schema]:
    """A list answer: ``items`` and the cursor of the ``next`` page."""
    name = f"{schema.__name__}Page"
    return _PAGES.setdefault(
        name, Schema.from_dict({"items": _list(fields.Nested(schema)), "next": _maybe()}, name=name)
    )


_PAGES: dict[str, type[Schema]] = {}

"""Domain objects as the API's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from salespilots.domain.conversation import Conversation, Message
from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment
from salespilots.domain.workflow import Workflow
from salespilots.services.catalog import ProductDetail, image_url
from salespilots.services.dashboard import Stats

ADDRESS = ("name", "phone", "line1", "line2", "city", "state", "pincode")


def moment(value: datetime | None) -> str | None:
    """RFC 3339 UTC."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def written(text: str | None) -> str | None:
    """The same of a time that is kept as text."""
    return moment(datetime.fromisoformat(text)) if text else None


def percent(points: int) -> int | float:
    """A rate of so many basis points as a number of at most two decimals, a whole one where it is."""
    return points / 100 if points % 100 else points // 100


def address(stored: dict[str, Any]) -> dict[str, Any]:
    """All address fields, None where unknown."""
    return {name: stored.get(name) for name in ADDRESS}


def product(detail: ProductDetail, base_url: str) -> dict[str, Any]:
    """A product with its variants and stock."""
    one = detail.product
    return {
        "id": one.id, "title": one.title, "description": one.description, "category": one.category,
        "keywords": one.keywords, "code": one.code, "state": str(one.state), "hsn": one.hsn,
        "gst_rate": percent(one.gst_basis_points),
        "options": one.options, "weight_grams": one.weight_grams, "low_stock": one.low_stock,
        "substitutes": one.substitutes,
        "images": [image_url(base_url, one.business_id, name) for name in one.images],
        "practice": one.practice,
        "variants": [
            {
                "id": variant.id, "sku": variant.sku, "title": variant.title, "choices": variant.choices,
                "price_paise": variant.price_paise, "mrp_paise": variant.mrp_paise, "on_hand": detail.levels[variant.id].on_hand,
                "reserved": detail.levels[variant.id].reserved, "available": detail.levels[variant.id].available,
            }
            for variant in detail.variants
        ],
        "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
    }  # fmt: skip


def customer(one: Customer) -> dict[str, Any]:
    """A customer."""
    return {
        "id": one.id, "name": one.name, "username": one.username, "channel": one.channel, "phone": one.phone,
        "address": address(one.address), "note": one.note, "tags": one.tags, "orders_count": one.orders_count,
        "spent_paise": one.spent_paise, "last_seen_at": moment(one.last_seen_at), "consent": one.consent,
        "practice": one.practice, "created_at": moment(one.created_at),
    }  # fmt: skip


def conversation(one: Conversation, window_closes_at: datetime | None) -> dict[str, Any]:
    """A conversation."""
    return {
        "id": one.id, "customer_id": one.customer_id, "channel": one.provider, "mode": str(one.mode),
        "state": str(one.state), "unread": one.unread, "waiting_since": moment(one.waiting_since),
        "last_message_at": moment(one.last_message_at), "window_closes_at": moment(window_closes_at),
        "practice": one.practice, "created_at": moment(one.created_at),
    }  # fmt: skip


def message(one: Message) -> dict[str, Any]:
    """A message."""
    return {
        "id": one.id, "conversation_id": one.conversation_id, "direction": str(one.direction), "author": str(one.author),
        "kind": one.kind, "text": one.text, "attachments": [{name: value for name, value in kept.items() if name != "file"} for kept in one.attachments], "provider_ref": one.provider_ref,
        "state": str(one.state), "reason": one.reason, "sent_at": moment(one.sent_at), "practice": one.practice,
        "created_at": moment(one.created_at),
    }  # fmt: skip


def order(one: Order, timeline: Sequence[Event] = ()) -> dict[str, Any]:
    """An order with its totals."""
    return {
        "id": one.id, "number": one.number, "customer_id": one.customer_id, "conversation_id": one.conversation_id,
        "state": str(one.state), "payment_status": str(one.payment_status),
        "lines": [
            {
                "id": line.id, "variant_id": line.variant_id, "sku": line.sku, "title": line.title,
                "quantity": line.quantity, "unit_paise": line.unit_paise, "total_paise": line.total_paise,
            }
            for line in one.lines
        ],
        "subtotal_paise": one.subtotal_paise, "discount_paise": one.discount_paise, "shipping_paise": one.shipping_paise,
        "cod_fee_paise": one.cod_fee_paise, "tax_paise": one.tax_paise, "total_paise": one.total_paise,
        "paid_paise": one.paid_paise, "due_paise": one.due_paise, "refunded_paise": one.refunded_paise,
        "held_paise": one.held_paise, "refund_due_paise": one.refund_due_paise, "advance_paise": one.advance_paise,
        "discount_code": one.discount_code, "note": one.note,
        "address": address(one.address), "payment_method": one.payment_method, "payment_url": one.payment_url,
        "tracking": one.tracking, "needs_attention": one.needs_attention, "attention_reason": one.attention_reason,
        "parcels": [
            {
                "id": parcel.id, "courier": parcel.courier, "tracking_number": parcel.tracking_number,
                "tracking_url": parcel.tracking_url, "lines": _counts(parcel.lines), "left_at": written(parcel.left_at),
                "arrived_at": written(parcel.arrived_at),
            }
            for parcel in one.shipments
        ],
        "returns": [
            {
                "id": back.id, "kind": back.kind, "state": back.state, "lines": _counts(back.lines),
                "restocked": _counts(back.restocked), "note": back.note, "reference": back.reference,
                "at": written(back.at),
                "inspected_at": written(back.inspected_at),
            }
            for back in one.returns
        ],
        "timeline": [{"type": event.type, "at": moment(event.at), "actor": event.actor, "data": event.data} for event in timeline],
        "expires_at": moment(one.expires_at), "practice": one.practice, "created_at": moment(one.created_at),
    }  # fmt: skip


def _counts(pieces: dict[str, int]) -> list[dict[str, Any]]:
    return [{"line_id": line, "quantity": count} for line, count in pieces.items()]


def payment(one: Payment) -> dict[str, Any]:
    """A payment."""
    return {
        "id": one.id, "order_id": one.order_id, "provider": one.provider, "provider_ref": one.provider_ref or one.link_ref,
        "state": str(one.state), "amount_paise": one.amount_paise, "refunded_paise": one.refunded_paise,
        "method": one.method, "currency": one.currency, "held": one.held, "practice": one.practice, "created_at": moment(one.created_at),
    }  # fmt: skip


def workflow(one: Workflow) -> dict[str, Any]:
    """A workflow with its draft."""
    return {
        "id": one.id, "name": one.name, "state": str(one.state), "version": one.version_number, "definition": one.draft,
        "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
    }  # fmt: skip


def stats(one: Stats) -> dict[str, Any]:
    """Figures."""
    return {
        "from": moment(one.start), "to": moment(one.end), "revenue_paise": one.revenue_paise, "orders": one.orders,
        "paid_orders": one.paid_orders, "average_order_paise": one.average_order_paise,
        "new_customers": one.new_customers, "messages_in": one.messages_in, "messages_out": one.messages_out,
        "automated_share": one.automated_share, "median_reply_seconds": one.median_reply_seconds,
        "conversion": one.conversion, "funnel": one.funnel, "practice": one.practice,
        "series": [
            {"at": moment(at), "revenue_paise": revenue, "paid_orders": paid} for at, revenue, paid in one.series
        ],
    }  # fmt: skip


def event(one: Event) -> dict[str, Any]:
    """A line of the event log."""
    return {"seq": one.seq, "type": one.type, "at": moment(one.at), "ids": one.ids}

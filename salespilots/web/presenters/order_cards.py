"""The order that a message tells of, as a card below its words: once for each order, where it was told of last."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask import url_for
from flask_babel import ngettext

from salespilots.domain.conversation import Direction, Message
from salespilots.domain.order import Order


def put(bubbles: Sequence[SimpleNamespace], messages: Sequence[Message], orders: Sequence[Order]) -> None:
    """Turn the last words about each order into its card."""
    known = {one.id: one for one in orders if one.number}
    last = {
        one.order_id: one.id
        for one in messages
        if one.order_id in known and one.direction is Direction.OUT and one.kind == "text" and one.reason != "deleted"
    }
    told = {message_id: known[order_id] for order_id, message_id in last.items() if order_id is not None}
    for bubble in bubbles:
        order = told.get(bubble.id)
        if order is not None and bubble.kind == "text":
            bubble.kind, bubble.order = "order", _card(order)


def _card(order: Order) -> SimpleNamespace:
    pieces = sum(line.quantity for line in order.lines)
    return SimpleNamespace(
        number=order.number, items_label=ngettext("%(num)d item", "%(num)d items", pieces), total_paise=order.total_paise,
        state=str(order.state), payment_status=str(order.payment_status), payment_method=order.payment_method,
        href=url_for("orders.detail", order_id=order.id),
    )  # fmt: skip

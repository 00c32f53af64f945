"""Taking a step back that was a wrong click: while nothing followed from it, and the last two for a day at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from salespilots.domain.errors import InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.parcels import Return, ReturnKind
from salespilots.domain.transitions import Applied, Ignored, Outcome

UNDO_FOR = timedelta(hours=24)
"""How long an arrival, or a parcel's coming back, can be taken back."""

UNDOABLE = (OrderState.PACKED, OrderState.DELIVERED, OrderState.RETURNED)
"""The steps, named by the state they lead to."""

_BEFORE = {
    OrderState.PACKED: OrderState.CONFIRMED,
    OrderState.DELIVERED: OrderState.SHIPPED,
    OrderState.RETURNED: OrderState.SHIPPED,
}


@dataclass(frozen=True, slots=True)
class LastStep:
    """A step that can be taken back: the state it led to, and when it was done."""

    state: OrderState
    at: datetime


def last_step(order: Order, now: datetime) -> LastStep | None:
    """The order's last step, where it can still be taken back."""
    at = {
        OrderState.PACKED: order.packed_at,
        OrderState.DELIVERED: order.delivered_at,
        OrderState.RETURNED: order.closed_at,
    }.get(order.state)
    if at is None:
        return None
    if order.state is OrderState.PACKED:
        free = not order.shipments
    elif order.state is OrderState.DELIVERED:
        free = not order.returns and not (order.paid_at and order.paid_at > at)
    else:
        whole = bool(order.returns) and all(_in_one_tap(one, at) for one in order.returns)
        free = whole and not order.refunded_paise and order.delivered_at is None
    late = order.state is not OrderState.PACKED and now - at > UNDO_FOR
    return LastStep(order.state, at) if free and not late else None


def _in_one_tap(one: Return, at: datetime) -> bool:
    """Whether it was expected and looked at by the step of that moment, as a parcel that nobody took."""
    moments = (one.at, one.inspected_at)
    return (
        one.kind == ReturnKind.UNDELIVERED
        and one.released_paise is not None
        and all(moment and datetime.fromisoformat(moment) == at for moment in moments)
    )


def undo(order: Order, step: OrderState, *, now: datetime, at: datetime | None = None) -> Outcome:
    """Take ``step`` back; of ``at``, where that is known. The caller gives stock and papers their counter-lines in the
    same unit of work. Raises `InvalidTransition` when something followed from it."""
    if step not in UNDOABLE:
        raise InvalidTransition("This step cannot be undone.")
    if order.state is _BEFORE[step]:
        return Ignored("taken back already")
    last = last_step(order, now)
    if last is None or last.state is not step or (at is not None and last.at != at):
        raise InvalidTransition("This cannot be undone any more: the order went on, or a day has passed.")
    order.state = _BEFORE[step]
    if step is OrderState.PACKED:
        order.packed_at = None
    elif step is OrderState.DELIVERED:
        order.delivered_at = order.closed_at = None
        for parcel in order.shipments:
            if parcel.arrived_at and datetime.fromisoformat(parcel.arrived_at) == last.at:
                parcel.arrived_at = None
    else:
        order.released_paise -= sum(one.released_paise or 0 for one in order.returns)
        order.returns, order.closed_at = [], None
    data = {"step": str(step), "number": order.number}
    return Applied((Event(type="order.step_undone", at=now, ids=order.ids(), data=data),))

"""The same step on many orders: each in its own transaction, so that one that cannot go stops no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from salespilots.domain.errors import InvalidInput
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.storage import one_of
from salespilots.services.core import Core
from salespilots.services.many import MOST, Row, why_not
from salespilots.services.orders import Orders
from salespilots.services.reminders import Reminders

_GONE = (OrderState.SHIPPED, OrderState.DELIVERED)


class Bulk:
    """Use cases on many orders."""

    def __init__(self, core: Core, orders: Orders, reminders: Reminders) -> None:
        self._core, self._orders, self._reminders = core, orders, reminders

    def pack(self, business_id: str, order_ids: Sequence[str], *, actor: str = "") -> list[Row]:
        """Mark as packed. Doing it again changes nothing."""
        packed = (OrderState.PACKED, *_GONE)
        return self._each(
            business_id, order_ids, lambda order: self._orders.pack(business_id, order.id, actor=actor), packed
        )

    def remind(self, business_id: str, order_ids: Sequence[str], *, actor: str = "") -> list[Row]:
        """Ask the customers of unpaid orders for their payment once more."""
        return self._each(business_id, order_ids, lambda one: self._reminders.send(business_id, one.id, actor=actor))

    def _each(
        self, business_id: str, order_ids: Sequence[str], act: Callable[[Order], Order], done: Sequence[OrderState] = ()
    ) -> list[Row]:
        found = self._many(business_id, "id", order_ids)
        return [
            self._step(found[one], act, done) if one in found else Row(label=one, why="There is no such order.")
            for one in dict.fromkeys(order_ids)
        ]

    def ship(
        self, business_id: str, order_ids: Sequence[str], *, courier: str, pasted: str, actor: str = ""
    ) -> list[Row]:
        """Mark as shipped what ``pasted`` names: a line with order number and tracking number for each. Chosen orders that
        it does not name are told, and so is every line that cannot be used.

        Raises `InvalidInput` without a courier, and for more than `MOST` lines.
        """
        lines = [one.strip() for one in pasted.splitlines() if one.strip()]
        if not courier.strip():
            raise InvalidInput({"courier": ["Write this."]})
        if len(lines) > MOST:
            raise InvalidInput({"pasted": [f"{MOST} lines at most."]})
        words = [[word for word in re.split(r"[\s,;|]+", line) if word] for line in lines]
        named = self._many(business_id, "number", [word.upper() for line in words for word in line])
        rows, seen, numbers = list[Row](), set[str](), set[str]()
        for line, parts in zip(lines, words, strict=True):
            orders = [word for word in parts if word.upper() in named]
            rest = [word for word in parts if word.upper() not in named]
            if len(orders) != 1:
                why = "No order of yours has a number in this line." if not orders else "Name one order in a line."
                rows.append(Row(label=line[:60], why=why))
                continue
            order = named[orders[0].upper()]
            tracking = " ".join(rest)
            why = _wrong(tracking, order, seen, numbers)
            seen.add(order.id)
            numbers.add(tracking.upper())
            rows.append(
                Row(label=str(order.number), id=order.id, why=why)
                if why
                else self._ship(business_id, order, courier, tracking, actor)
            )
        chosen = self._many(business_id, "id", order_ids)
        left = [chosen[one] for one in dict.fromkeys(order_ids) if one in chosen and one not in seen]
        return rows + [
            Row(label=str(one.number), id=one.id, why="The list has no tracking number for it.") for one in left
        ]

    def _ship(self, business_id: str, order: Order, courier: str, tracking: str, actor: str) -> Row:
        known = {one.tracking_number for one in order.shipments}
        if order.state in _GONE and tracking not in known:
            why = f"It left already with {', '.join(sorted(known)) or 'no number'}."
            return Row(label=str(order.number), id=order.id, why=why)
        if tracking in known:
            return Row(label=str(order.number), id=order.id, done=True, before=True)
        return self._step(
            order,
            lambda one: self._orders.ship(business_id, one.id, courier=courier, tracking_number=tracking, actor=actor),
            _GONE,
        )

    def _step(self, order: Order, act: Callable[[Order], Order], done: Sequence[OrderState]) -> Row:
        before = order.state in done
        why = why_not(lambda: act(order))
        return Row(label=str(order.number or "Draft"), id=order.id, done=not why, before=before and not why, why=why)

    def _many(self, business_id: str, name: str, values: Sequence[str]) -> dict[str, Order]:
        wanted = list(dict.fromkeys(values))[: MOST * 6]
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.orders.select(one_of(name, wanted)) if wanted else []
        return {str(getattr(one, name)): one for one in found}


def _wrong(tracking: str, order: Order, seen: set[str], numbers: set[str]) -> str:
    if not tracking:
        return "There is no tracking number in this line."
    if len(tracking) > 60:
        return "A tracking number has 60 characters at most."
    if order.id in seen:
        return "This order is in the list twice."
    return "This tracking number is in the list twice." if tracking.upper() in numbers else ""

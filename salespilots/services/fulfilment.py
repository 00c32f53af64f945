"""From the shelf to the customer: packing, parcels, arrival, stopping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from salespilots.domain.errors import InvalidInput
from salespilots.domain.order import Order
from salespilots.domain.order_states import HOLDS_STOCK
from salespilots.domain.stock import MovementKind
from salespilots.domain.transitions import Applied, Outcome
from salespilots.ports.storage import UnitOfWork
from salespilots.services.discounts import give_back_in
from salespilots.services.documents import issue_in, write_off_in
from salespilots.services.notices import notice_in, withdraw_reminders_in
from salespilots.services.order_steps import OrderSteps, check_seen
from salespilots.services.ordering import BY_HAND, close_links_in, move_in, release_in


class Fulfilment(OrderSteps):
    """Use cases on the goods of an order."""

    def pack(self, business_id: str, order_id: str, *, actor: str = "") -> Order:
        """The items are in the parcel."""
        return self.act(business_id, order_id, lambda uow, order, now: order.pack(now=now), actor=actor)

    def ship(
        self,
        business_id: str,
        order_id: str,
        *,
        courier: str,
        tracking_number: str,
        tracking_url: str = "",
        lines: Mapping[str, int] | None = None,
        actor: str = "",
        seen: int | None = None,
    ) -> Order:
        """A parcel left, with ``lines`` (pieces by line id) or with all that is left: what was promised of it is gone,
        and the customer is told. By hand needs no number. The same parcel twice is one; ``seen``: how many parcels
        there were when this was decided. Raises `Conflict` where another was noted since."""
        by_hand = courier.strip() == BY_HAND
        fields = {
            name: ["Write this."]
            for name, value in (("courier", courier), ("tracking_number", tracking_number))
            if not value.strip() and not (by_hand and name == "tracking_number")
        }
        if fields:
            raise InvalidInput(fields)
        kind = "shipped_by_hand" if by_hand and not tracking_number.strip() else "shipped"

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            check_seen(seen, order.shipments)
            parcel_id = self._core.ids.new("shipment")
            outcome = order.ship(
                now=now, courier=courier.strip(), tracking_number=tracking_number.strip(), parcel_id=parcel_id,
                tracking_url=tracking_url, lines=lines,
            )  # fmt: skip
            if isinstance(outcome, Applied):
                inside = order.shipments[-1].lines
                move_in(self._core, uow, order, MovementKind.SHIP, -1, -1, f"ship:{parcel_id}", inside)
                whole = kind if len(order.shipments) == 1 and not order.part_shipped else f"part_{kind}"
                notice_in(self._core, uow, order, whole, about=parcel_id if whole != kind else "")
                issue_in(self._core, uow, order, actor=actor)
                if "prepaid_offer" in order.terms:  # too late now: the courier collects
                    close_links_in(uow, order, now)
            return outcome

        return self.act(business_id, order_id, step, actor=actor)

    def deliver(self, business_id: str, order_id: str, *, actor: str = "") -> Order:
        """The customer has it."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            outcome = order.deliver(now=now)
            if isinstance(outcome, Applied):
                notice_in(self._core, uow, order, "delivered")
            return outcome

        return self.act(business_id, order_id, step, actor=actor)

    def cancel(self, business_id: str, order_id: str, *, reason: str = "", actor: str = "") -> Order:
        """Stop it and release its stock; the customer is told."""
        return self.act(
            business_id, order_id, lambda uow, order, now: self.cancel_in(uow, order, now, reason), actor=actor
        )

    def cancel_in(self, uow: UnitOfWork, order: Order, now: datetime, reason: str) -> Outcome:
        """The same within a transaction; the caller saves the order."""
        held = order.state in HOLDS_STOCK
        outcome = order.cancel(now=now, reason=reason)
        if isinstance(outcome, Applied):
            if held:
                release_in(self._core, uow, order, "cancel")
                notice_in(self._core, uow, order, "cancelled")
            withdraw_reminders_in(self._core, uow, order, "order_over")
            give_back_in(uow, order, now)
            close_links_in(uow, order, now)
            write_off_in(self._core, uow, order, reason or "Cancelled", f"cancel:{order.id}")
        return outcome

"""Orders: placing, moving on, ending. Every step is one transaction with its stock and its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from salespilots.domain.errors import Conflict, InvalidTransition, NotFound
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import ACCEPTED, OrderState, PaymentStatus
from salespilots.domain.payment import CHECK_EVERY, Payment
from salespilots.domain.transitions import Applied, Ignored, Outcome
from salespilots.ports.extensions import CASH
from salespilots.ports.storage import Page, UnitOfWork, Where, any_of, eq, one_of
from salespilots.services.by_hand import book_in
from salespilots.services.charging import charge_in, switch_in
from salespilots.services.discounts import give_back_in
from salespilots.services.making import Making, timeline_in
from salespilots.services.notices import REMINDER, notice_in, withdraw_reminders_in
from salespilots.services.order_steps import NOT_ACCEPTED_YET
from salespilots.services.ordering import (
    check_again_in,
    close_links_in,
    place_in,
    promised_in,
    release_in,
)

SEARCHED = 200
"""Customers at most whose orders a search looks for."""


class Orders(Making):
    """Use cases on orders, for owners, the API, workflows and sweeps."""

    # --- reading --------------------------------------------------------------------------------------

    def page(
        self,
        business_id: str,
        *,
        state: str = "",
        payment_status: str = "",
        customer_id: str = "",
        attention: bool = False,
        q: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Order]:
        """A list page, newest first."""
        where = [eq("state", state)] if state else []
        if customer_id:
            where.append(eq("customer_id", customer_id))
        if attention:
            where.append(eq("needs_attention", True))
        if q:
            where.append(self._found_by(business_id, q))

        def read(cursor: str | None, limit: int) -> Page[Order]:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                return uow.orders.page(*where, cursor=cursor, limit=limit)

        if not payment_status:
            return read(cursor, limit)
        known = payment_status in set(PaymentStatus)
        return _filtered_page(read, payment_status, cursor, limit) if known else Page([], None)

    def _found_by(self, business_id: str, q: str) -> Where:
        """What somebody looks for: an order's number, a phone as people write it, else words of the customer, the address
        or the goods."""
        digits = "".join(one for one in q if one.isdigit())
        only_number = digits and not any(one.isalpha() for one in q)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            number = q.strip().upper()
            named = [number, f"{uow.shop().order_prefix}-{digits}"] if only_number else [number]
            if uow.orders.count(one_of("number", named)):
                return one_of("number", named)
            fields, word = ("phone", digits[-10:]) if only_number else ("name|username", q)
            people = uow.customers.select(Where(fields, "like", word), order="-last_seen_at", limit=SEARCHED)
        theirs = one_of("customer_id", [one.id for one in people])
        if only_number:
            return any_of(theirs, Where("number|address", "like", digits[-10:]))
        return any_of(theirs, Where("number|lines|address", "like", q))

    def get(self, business_id: str, order_id: str) -> Order:
        """One order. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.orders.get(order_id)

    def payments_of(self, business_id: str, order_id: str) -> list[Payment]:
        """The order's payments, oldest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.orders.get(order_id)
            return uow.payments.select(eq("order_id", order_id), order="created_at")

    def timeline(self, business_id: str, order_id: str) -> list[Event]:
        """What happened to it, oldest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return timeline_in(uow, order_id)

    def timelines(self, business_id: str, order_ids: Sequence[str]) -> dict[str, list[Event]]:
        """The same for several orders."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {one: timeline_in(uow, one) for one in order_ids}

    def by_token(self, token: str) -> Order:
        """The order of a customer's page. Raises `NotFound`."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.public_orders.find(token=token)
        if found is None or found.state is OrderState.DRAFT:
            raise NotFound("There is no such order.")
        return found

    def cancel_by_customer(self, token: str) -> Order:
        """The customer's own way back, until it is packed. Raises `NotFound`, and `InvalidTransition` when it is too late."""
        found = self.by_token(token)

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            if order.state is not OrderState.CANCELLED and not order.cancellable_by_customer:
                raise InvalidTransition("This order cannot be cancelled here any more.")
            return self.cancel_in(uow, order, now, "customer")

        return self.act(found.business_id, found.id, step, actor="customer")

    def counts(self, business_id: str) -> dict[str, int]:
        """Orders by state, for the chips."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.queries.count_by("orders", "state")

    # --- moving on ------------------------------------------------------------------------------------

    def place(
        self, business_id: str, order_id: str, *, paid: Mapping[str, Any] | None = None, actor: str = ""
    ) -> Order:
        """Place a draft: what it sells must be on sale still and its code good. ``paid``: all of it came by hand, as in
        `book_in`; it is placed with its money or not at all. Raises `OutOfStock`, `Conflict`, `InvalidInput` for the
        code."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            if order.state is OrderState.DRAFT:
                check_again_in(self._core, uow, order)
            placed = place_in(self._core, uow, order)
            if not paid or isinstance(placed, Ignored) or order.due_paise <= 0:
                return placed
            self._finish(uow, order, placed, actor)
            book_in(self._core, uow, order, {**paid, "amount_paise": order.due_paise}, now)
            return order.confirm(now=now)

        return self.act(business_id, order_id, step, actor=actor)

    def confirm(
        self, business_id: str, order_id: str, *, received: Mapping[str, Any] | None = None, actor: str = ""
    ) -> Order:
        """Accept without online money: cash on delivery, or money received by hand, before or after it left."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            if order.state is not OrderState.PLACED and order.state not in ACCEPTED:
                raise InvalidTransition(f"A {order.state} order cannot be confirmed.")
            if received and order.due_paise > 0:
                book_in(self._core, uow, order, received, now)
                confirmed = order.confirm(now=now)
                return confirmed if isinstance(confirmed, Applied) else Applied()
            if order.state in ACCEPTED:
                return order.confirm(now=now)
            if order.payment_method != CASH and order.due_paise > 0:
                raise Conflict(
                    "This order waits for an online payment. Say what was received, or make it cash on delivery."
                )
            return order.confirm(now=now)

        return self.act(business_id, order_id, step, actor=actor)

    def change(self, business_id: str, order_id: str, values: Mapping[str, Any], *, actor: str = "") -> Order:
        """Address, note for attention; charges only while it is a draft, how it is paid until it is accepted. What a
        draft comes to is worked out anew."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            if order.state in (OrderState.SHIPPED, OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED):
                raise InvalidTransition(f"A {order.state} order cannot be changed.")
            draft, method = order.state is OrderState.DRAFT, values.get("payment_method")
            if values.keys() & {"shipping_paise", "discount_paise"} and not draft:
                raise InvalidTransition("Charges are fixed once an order is placed.")
            if method is not None:
                self._check_method(uow, method)
            for name, value in values.items():
                if name == "shipping_paise":
                    order.terms = {**order.terms, "shipping_paise": value}
                elif name != "payment_method" or draft:
                    setattr(order, name, value)
            if "discount_paise" in values:
                order.discount_code = None
            if draft:
                charge_in(self._core, uow, order, uow.shop())
            elif method is not None and method != order.payment_method:
                self._switch(uow, order, method, now)
            return Applied((Event(type="order.changed", at=now, ids=order.ids()),))

        return self.act(business_id, order_id, step, actor=actor)

    def _switch(self, uow: UnitOfWork, order: Order, method: str, now: datetime) -> None:
        if order.state is not OrderState.PLACED:
            raise InvalidTransition("How it is paid is fixed once an order is accepted.")
        switch_in(order, uow.shop(), method, now)
        withdraw_reminders_in(self._core, uow, order, "paid_another_way")
        close_links_in(uow, order, now)

    def settled(self, business_id: str, order_id: str, *, actor: str = "") -> Order:
        """A person looked at the order: the flag goes."""

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            order.settle_attention()
            return Applied((Event(type="order.changed", at=now, ids=order.ids()),))

        return self.act(business_id, order_id, step, actor=actor)

    def expire(self, business_id: str, order_id: str) -> Order:
        """Give up an unpaid order whose time is over; called by the sweeper, safe to repeat.

        Where a bank has said yes already the order waits for the money: see `AUTHORISED_LIFE`.
        """

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            due = order.state is OrderState.PLACED and order.expires_at is not None and order.expires_at <= now
            if due and promised_in(uow, order, now):
                order.expires_at = now + CHECK_EVERY
                return Applied()
            outcome = order.expire(now=now)
            if isinstance(outcome, Applied):
                release_in(self._core, uow, order, "expire")
                withdraw_reminders_in(self._core, uow, order, "order_over")
                give_back_in(uow, order, now)
                close_links_in(uow, order, now)
                notice_in(self._core, uow, order, "expired")
            return outcome

        return self.act(business_id, order_id, step)

    def remind(self, business_id: str, order_id: str) -> Order:
        """Tell an unpaid order's customer once, with the link, that it is not held much longer; called by the sweeper.

        Only where a link was sent, and nobody has paid or promised meanwhile. An order that is paid at the door and was
        not accepted in the shop's own time is shown to the owner: it holds pieces.
        """

        def step(uow: UnitOfWork, order: Order, now: datetime) -> Outcome:
            if order.remind_at is None or order.remind_at > now:
                return Ignored("not due")
            if order.payment_method == CASH and not order.asked_is_advance:
                if order.state is not OrderState.PLACED:
                    return Ignored("not due, or offered something else")
                order.remind_at = None
                order.flag(NOT_ACCEPTED_YET)
                return Applied(
                    (Event(type="order.attention", at=now, ids=order.ids(), data={"reason": NOT_ACCEPTED_YET}),)
                )
            order.remind_at = None
            waits = order.state is OrderState.PLACED and order.asked_paise > 0 and order.payment_url
            if waits and not promised_in(uow, order, now):
                notice_in(self._core, uow, order, REMINDER)
            return Applied()

        return self.act(business_id, order_id, step)


def _filtered_page(
    read: Callable[[str | None, int], Page[Order]], payment_status: str, cursor: str | None, limit: int
) -> Page[Order]:
    """Pages of a derived status: reads on until the page is full, each piece in a unit of its own."""
    items: list[Order] = []
    while len(items) <= limit:
        page = read(cursor, 200)
        for index, order in enumerate(page.items):
            if order.payment_status != payment_status:
                continue
            items.append(order)
            if len(items) == limit:
                last_of_all = page.next is None and index == len(page.items) - 1
                at = read(cursor, index + 1).next
                return Page(items, None if last_of_all else at)
        if page.next is None:
            return Page(items, None)
        cursor = page.next
    return Page(items, None)

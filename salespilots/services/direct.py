"""Money that goes straight to the shop by UPI: claimed by the customer, believed only when the bank shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import Payment, PaymentState
from salespilots.domain.statement import LineState, StatementLine
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.notices import notice_in
from salespilots.services.settlement import Settlement, lanes_of
from salespilots.services.statement_days import DateOrder
from salespilots.services.statement_reading import UTR, Statement, Unreadable, read_statement

DIRECT = "upi"
CHECKING = timedelta(hours=24)
"""How long an order is held while the shop looks whether claimed money came."""

NOBODY = "This UTR was used for another payment already."


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a statement. ``known``: lines that were brought in before; ``accepted``: lines of payments that the owner
    had accepted; ``left_out``: lines that say debit and may be either; ``unfinished``: those whose money did not arrive, or
    not yet; ``dates``: how its days were read."""

    lines: int
    new: int
    matched: int
    known: int
    accepted: int = 0
    left_out: int = 0
    unfinished: int = 0
    dates: DateOrder = DateOrder.DAY


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line nobody has matched, with orders that wait for exactly this amount; with none where its UTR is booked already,
    for another amount or by another line."""

    line: StatementLine
    candidates: list[Order]


def claim_in(core: Core, uow: UnitOfWork, payment: Payment, order: Order, utr: str) -> None:
    """The customer says that they paid, under this reference. The order is held while the shop looks, once; what was
    paid for one that expired is noted all the same, and revives it or is given back when it shows.

    Raises `Conflict` for a reference that is another payment's, or an order that takes no money.
    """
    now = core.clock.now()
    if payment.state is PaymentState.CAPTURED or order.state is OrderState.DRAFT or order.due_paise <= 0:
        raise Conflict("Nothing is due on this order.")
    other = uow.payments.find(provider=DIRECT, provider_ref=utr)
    if other is not None and other.id != payment.id:
        raise Conflict(NOBODY)
    if payment.provider_ref == utr:
        return
    first = payment.state is PaymentState.CREATED
    payment.settle(PaymentState.PENDING, now=now)
    payment.provider_ref, payment.expires_at = utr, max(payment.expires_at or now, now + CHECKING)
    uow.payments.save(payment)
    if first and order.state is OrderState.PLACED and order.expires_at is not None:
        order.expires_at, order.remind_at = max(order.expires_at, now + CHECKING), None
    uow.orders.save(order)
    uow.record(Event(type="payment.claimed", at=now, ids={**order.ids(), "payment_id": payment.id}))


class Direct:
    """Use cases on direct UPI."""

    def __init__(self, core: Core, connections: Connections, settlement: Settlement) -> None:
        self._core, self._connections, self._settlement = core, connections, settlement

    # --- the customer's page -----------------------------------------------------------------------------------

    def by_reference(self, reference: str) -> tuple[Payment, Order]:
        """The payment behind a page that shows where to pay. Raises `NotFound`."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.public_payments.find(provider=DIRECT, reference=reference)
        if found is None:
            raise NotFound("There is no such payment page.")
        with self._core.storage.unit_of_work(found.business_id, read_only=True) as uow:
            return found, uow.orders.get(found.order_id)

    def intent(self, payment: Payment, order: Order) -> str:
        """The ``upi://pay`` address with the exact amount. Raises `NotConnected`."""
        adapter = self._connections.payments(payment.business_id, payment.provider)
        note = order.number or ""
        return str(adapter.intent(amount_paise=payment.amount_paise, reference=payment.reference, note=note))

    def claim(self, payment: Payment, utr: str) -> None:
        """See `claim_in`. Raises `InvalidInput` for what is no UTR."""
        found = UTR.search(utr)
        if found is None:
            raise InvalidInput({"utr": ["Write the 12 digit UTR that your UPI app shows."]})

        def use_case() -> None:
            with self._core.storage.unit_of_work(payment.business_id) as uow:
                fresh = uow.payments.get(payment.id)
                claim_in(self._core, uow, fresh, uow.orders.get(fresh.order_id), found.group(1))
                line = uow.statement_lines.find(utr=found.group(1))
                if line is not None and line.state is LineState.UNMATCHED:
                    self._book(uow, line, fresh, "")
                uow.commit()

        retrying(use_case)

    # --- the owner ----------------------------------------------------------------------------------------------

    def claims(self, business_id: str) -> list[tuple[Payment, Order]]:
        """Payments that customers say they made, the oldest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return [(one, order) for one, order in reversed(_waiting(uow)) if one.provider_ref]

    def decide(self, business_id: str, payment_id: str, *, arrived: bool, actor: str = "") -> Order:
        """The owner looked: the money is there, or it is not and the customer may try again."""

        def use_case() -> tuple[Order, list[str]]:
            with self._core.storage.unit_of_work(business_id) as uow:
                payment = uow.payments.get(payment_id)
                if payment.provider != DIRECT:
                    raise NotFound("There is no such payment.")
                lanes: list[str] = []
                if arrived:
                    lanes = self._capture(uow, payment, payment.amount_paise, payment.provider_ref or "", actor)
                    line = uow.statement_lines.find(utr=payment.provider_ref) if payment.provider_ref else None
                    if line is not None and line.state is LineState.UNMATCHED:
                        settle_line(uow, line, payment)
                order = uow.orders.get(payment.order_id)
                if not arrived and payment.state is not PaymentState.CAPTURED and payment.provider_ref:
                    notice_in(
                        self._core, uow, order, "not_arrived", about=f"{payment.id}:{payment.provider_ref}",
                        reference=payment.provider_ref,
                    )  # fmt: skip
                    lanes = lanes_of(uow, order)
                    payment.provider_ref = None
                    uow.payments.save(payment)
                uow.commit()
            return order, lanes

        order, lanes = retrying(use_case)
        self._core.doorbell.ring(*lanes)
        return order

    def _capture(self, uow: UnitOfWork, payment: Payment, amount_paise: int, utr: str, actor: str) -> list[str]:
        now = self._core.clock.now()
        event = PaymentEvent(
            event_id=f"direct:{payment.id}", kind="captured", occurred_at=now, reference=payment.reference,
            payment_ref=utr or f"seen-{payment.id[4:]}", amount_paise=amount_paise, method="upi",
        )  # fmt: skip
        return self._settlement.settle_in(uow, DIRECT, event)

    def open_lines(self, business_id: str) -> list[OpenLine]:
        """Lines that fit no payment by themselves, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            lines = uow.statement_lines.select(eq("state", LineState.UNMATCHED), order="-created_at", limit=100)
            waiting, captured = _waiting(uow), _captured(uow, lines)
            return [
                OpenLine(
                    one,
                    []
                    if one.utr in captured
                    else [order for payment, order in waiting if payment.amount_paise == one.amount_paise][:5],
                )
                for one in lines
            ]

    def bring_in(self, business_id: str, text: str, *, actor: str = "") -> Brought:
        """A statement as text: each line once, however often it is brought in; what fits a payment for sure is booked.

        For sure is the reference that the customer named (another amount under it is held there), or the order's number in
        the line's words with the exact amount. A line of a payment that the owner accepted is that payment's; one whose UTR is
        booked for another amount or by another line stays open. Lines of before are looked at again. Raises `InvalidInput` for
        what cannot be read.
        """
        try:
            statement = read_statement(text)
        except Unreadable as error:
            raise InvalidInput({"statement": [str(error)]}) from None

        def use_case() -> tuple[Brought, list[str]]:
            with self._core.storage.unit_of_work(business_id) as uow:
                result = self._bring_in(uow, statement, actor)
                uow.commit()
            return result

        brought, lanes = retrying(use_case)
        self._core.doorbell.ring(*lanes)
        return brought

    def _bring_in(self, uow: UnitOfWork, statement: Statement, actor: str) -> tuple[Brought, list[str]]:
        now, new = self._core.clock.now(), []
        before = uow.statement_lines.select(eq("state", LineState.UNMATCHED), order="created_at", limit=500)
        for entry in statement:
            line = StatementLine(
                id=self._core.ids.new("statement_line"), business_id=uow.business_id, created_at=now, day=entry.day,
                amount_paise=entry.amount_paise, fingerprint=entry.fingerprint, utr=entry.utr, text=entry.text,
            )  # fmt: skip
            if uow.statement_lines.add_once(line):
                new.append(line)
        lanes: list[str] = []
        matched = accepted = 0
        waiting, captured = _waiting(uow), _captured(uow, [*before, *new])
        named = {payment.provider_ref for payment, _order in waiting}
        for line in sorted([*before, *new], key=lambda one: one.utr is None or one.utr not in named):
            if line.utr in captured:
                accepted += settle_line(uow, line, captured[line.utr])
                continue
            found = _fits(line, waiting)
            if found is not None:
                lanes += self._book(uow, line, found, actor)
                waiting = [(payment, order) for payment, order in waiting if payment.id != found.id]
                matched += 1
        lines = len(statement.entries)
        brought = Brought(
            lines, len(new), matched, lines - len(new), accepted, statement.left_out, statement.unfinished,
            statement.dates,
        )  # fmt: skip
        return brought, lanes

    def _book(self, uow: UnitOfWork, line: StatementLine, payment: Payment, actor: str) -> list[str]:
        other = uow.payments.find(provider=DIRECT, provider_ref=line.utr) if line.utr else None
        if other is not None and other.id != payment.id:  # claimed for another order, and the owner knows better
            if other.state is PaymentState.CAPTURED:
                raise Conflict(NOBODY)
            other.provider_ref = None
            uow.payments.save(other)
        line.state, line.payment_id, line.order_id = LineState.MATCHED, payment.id, payment.order_id
        uow.statement_lines.save(line)
        return self._capture(uow, payment, line.amount_paise, line.utr or payment.provider_ref or "", actor)

    def line(self, business_id: str, line_id: str) -> StatementLine:
        """One line. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.statement_lines.get(line_id)

    def match(self, business_id: str, line_id: str, order_id: str, *, actor: str = "") -> Order:
        """The owner says that a line pays an order. An amount that does not fit is held there for a decision."""

        def use_case() -> tuple[Order, list[str]]:
            with self._core.storage.unit_of_work(business_id) as uow:
                line, order = uow.statement_lines.get(line_id), uow.orders.get(order_id)
                if line.state is not LineState.UNMATCHED:
                    raise Conflict("This line was dealt with already.")
                payment = next((one for one, of in _waiting(uow) if of.id == order.id), None)
                if payment is None:
                    raise Conflict("This order waits for no UPI payment.")
                lanes = self._book(uow, line, payment, actor)
                uow.commit()
            return order, lanes

        order, lanes = retrying(use_case)
        self._core.doorbell.ring(*lanes)
        return order

    def ignore(self, business_id: str, line_id: str) -> None:
        """Money of something else."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                line = uow.statement_lines.get(line_id)
                if line.state is LineState.UNMATCHED:
                    line.state = LineState.IGNORED
                    uow.statement_lines.save(line)
                    uow.commit()

        retrying(use_case)


def _waiting(uow: UnitOfWork) -> list[tuple[Payment, Order]]:
    """UPI payments that are asked for and have not come; also of orders that expired or ended meanwhile."""
    states = [PaymentState.CREATED, PaymentState.PENDING, PaymentState.EXPIRED, PaymentState.CANCELLED]
    found = uow.payments.select(eq("provider", DIRECT), one_of("state", states), order="-created_at", limit=500)
    orders = {one.id: one for one in uow.orders.select(one_of("id", list({each.order_id for each in found})))}
    return [(one, orders[one.order_id]) for one in found]


def _captured(uow: UnitOfWork, lines: Sequence[StatementLine]) -> dict[str | None, Payment]:
    """UTR to the payment that is booked under it, of those that the lines name."""
    utrs = sorted({one.utr for one in lines if one.utr})
    return {
        payment.provider_ref: payment
        for start in range(0, len(utrs), 500)
        for payment in uow.payments.select(
            eq("provider", DIRECT), eq("state", PaymentState.CAPTURED),
            one_of("provider_ref", utrs[start : start + 500]),
        )
    }  # fmt: skip


def settle_line(uow: UnitOfWork, line: StatementLine, payment: Payment) -> bool:
    """Note that a line shows a payment which is booked; not where the bank shows another amount, or another line did."""
    if line.amount_paise != payment.amount_paise or uow.statement_lines.select(eq("payment_id", payment.id), limit=1):
        return False
    line.state, line.payment_id, line.order_id = LineState.MATCHED, payment.id, payment.order_id
    uow.statement_lines.save(line)
    return True


def _fits(line: StatementLine, waiting: Sequence[tuple[Payment, Order]]) -> Payment | None:
    claimed = [payment for payment, _ in waiting if line.utr and payment.provider_ref == line.utr]
    if claimed:
        return claimed[0]
    named = [
        payment
        for payment, order in waiting
        if payment.amount_paise == line.amount_paise
        and order.number
        and re.search(rf"(?<![A-Za-z0-9]){re.escape(order.number)}(?!\d)", line.text, re.IGNORECASE)
    ]
    return named[0] if named else None


def utr_in(core: Core, uow: UnitOfWork, customer_id: str, text: str) -> str | None:
    """A UTR that a customer wrote in the chat, noted on their order that waits for a UPI payment.

    Returns what to tell them; None when the message has no such number, or no order waits.
    """
    found = UTR.search(text)
    if found is None:
        return None
    open_ = uow.orders.select(eq("customer_id", customer_id), order="-created_at", limit=10)
    if any(parcel.tracking_number == found.group(1) for order in open_ for parcel in order.shipments):
        return None  # they ask for a parcel by its courier's number
    for order in open_:
        if order.due_paise <= 0 or order.state in (OrderState.DRAFT, OrderState.CANCELLED):
            continue
        payments = uow.payments.select(eq("order_id", order.id), eq("provider", DIRECT), order="-created_at")
        payment = next((one for one in payments if one.state is not PaymentState.CAPTURED), None)
        if payment is None:
            continue
        try:
            claim_in(core, uow, payment, order, found.group(1))
        except Conflict as error:
            return error.message
        return "Thank you. We look whether it arrived, and tell you here."
    return None

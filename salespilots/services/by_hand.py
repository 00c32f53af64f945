"""Money that came by hand: in cash, by UPI, by bank transfer. Booked as what it was, in the transaction of its order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, PaymentState
from salespilots.domain.statement import LineState
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.direct import DIRECT, NOBODY, settle_line
from salespilots.services.notices import withdraw_reminders_in
from salespilots.services.ordering import close_links_in, credit_in
from salespilots.services.reacting import react
from salespilots.services.statement_reading import UTR

WAYS = ("cash", DIRECT, "bank")
"""How money comes by hand, as its payment is booked."""


class UtrTaken(Conflict):
    """The UTR pays for something else: it pays once."""


def book_in(core: Core, uow: UnitOfWork, order: Order, received: Mapping[str, Any], now: datetime) -> None:
    """Book what is due as received. ``received``: ``method``, ``amount_paise``, and maybe ``note`` and, of a UPI payment,
    its ``utr``. The caller saves the order.

    Raises `Conflict` for another amount, `UtrTaken`, and `InvalidInput` for what is no UTR.
    """
    amount, method = received["amount_paise"], received["method"]
    if amount != order.due_paise:
        raise Conflict("The amount received is not what is due.", due_paise=order.due_paise)
    payment_id, utr = core.ids.new("payment"), _utr(received)
    payment = Payment(
        id=payment_id, business_id=order.business_id, order_id=order.id, provider=method,
        reference=f"hand-{payment_id[4:]}", provider_ref=utr, amount_paise=amount, created_at=now,
        state=PaymentState.CAPTURED, method=method, captured_at=now, practice=order.practice,
    )  # fmt: skip
    _add(uow, payment)
    note = str(received.get("note") or "")
    data = {"amount_paise": amount, **({"note": note} if note else {})}
    captured = Event(type="payment.captured", at=now, ids={**order.ids(), "payment_id": payment_id}, data=data)
    uow.record(captured)
    react(core, uow, [captured, *credit_in(core, uow, order, amount, now)], order_id=order.id)
    withdraw_reminders_in(core, uow, order, "paid")
    close_links_in(uow, order, now)


def _utr(received: Mapping[str, Any]) -> str | None:
    text = str(received.get("utr") or "").strip()
    if not text:
        return None
    if received["method"] != DIRECT:
        raise InvalidInput({"utr": ["Only a UPI payment has a UTR."]})
    found = UTR.fullmatch(text)
    if found is None:
        raise InvalidInput({"utr": ["Write the 12 digit UTR that the UPI app shows."]})
    return found.group(1)


def _add(uow: UnitOfWork, payment: Payment) -> None:
    if payment.provider_ref is None:
        uow.payments.add(payment)
        return
    other = uow.payments.find(provider=DIRECT, provider_ref=payment.provider_ref)
    if other is not None and other.order_id == payment.order_id and other.claimed:
        raise UtrTaken("The customer named this UTR for this order: say there that it arrived.")
    if other is not None:
        raise UtrTaken(NOBODY)
    try:
        uow.payments.add(payment)
    except Conflict:
        raise UtrTaken(NOBODY) from None  # somebody was quicker
    line = uow.statement_lines.find(utr=payment.provider_ref)
    if line is not None and line.state is LineState.UNMATCHED:
        settle_line(uow, line, payment)

"""Documents of sales: issued once, numbered without gaps, never changed.

A document is issued when the owner asks for it, and by itself with the first parcel: the law wants it at or before the
removal of the goods. One order has one document, also where it leaves in several parcels; a second one only where a
credit note took back the first and the sale stands after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from salespilots.domain.errors import InvalidTransition, NotFound, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.gst import (
    CREDIT_SERIES,
    PRACTICE_CREDIT_SERIES,
    PRACTICE_SERIES,
    document_number,
    financial_year,
)
from salespilots.domain.invoice import DocumentKind, Invoice
from salespilots.domain.order import Order
from salespilots.domain.order_states import ACCEPTED, OrderState
from salespilots.domain.payment import Refund, RefundState
from salespilots.domain.sale_papers import credit_content, kind_for, sale_content
from salespilots.ports.pincodes import place_of
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.core import Core, retrying

INVOICED = ACCEPTED | {OrderState.RETURNED}
"""States in which a sale has been made."""


class Documents:
    """Use cases on invoices, bills and credit notes."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def issue(self, business_id: str, order_id: str, *, actor: str = "") -> Invoice:
        """The order's document, issued now unless it was before.

        Raises `InvalidTransition` for an order that is not accepted, `NotFound` for none.
        """

        def use_case() -> Invoice:
            with self._core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                before = sale_document(uow.invoices.select(eq("order_id", order.id)))
                if before is not None:
                    return before
                made = issue_in(self._core, uow, order, actor=actor)
                uow.orders.save(order)
                uow.commit()
            return made

        return retrying(use_case)

    def of_order(self, business_id: str, order_id: str) -> list[Invoice]:
        """The order's document and its credit notes, oldest first. Raises `NotFound` for no such order."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.orders.get(order_id)
            found = uow.invoices.select(eq("order_id", order_id))
        return sorted(found, key=lambda one: (one.issued_at, one.kind is DocumentKind.CREDIT_NOTE, one.number))

    def get(self, business_id: str, order_id: str, invoice_id: str) -> Invoice:
        """One of them. Raises `NotFound`, also for another order's."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.invoices.get(invoice_id)
        if found.order_id != order_id:
            raise NotFound("There is no such document.")
        return found

    def to_print(self, business_id: str, order_ids: Sequence[str]) -> list[Order]:
        """These orders in this order. Raises `NotFound` if one of them is none of the shop's."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = {one.id: one for one in uow.orders.select(one_of("id", list(order_ids)))}
        if missing := [one for one in order_ids if one not in found]:
            raise NotFound(f"There is no order {missing[0]!r}.")
        return [found[one] for one in order_ids]


def issue_in(core: Core, uow: UnitOfWork, order: Order, *, actor: str = "") -> Invoice:
    """The order's document within a transaction; the caller saves the order, whose tax becomes the document's.

    What was refunded before gets its credit notes at once.
    """
    before = sale_document(uow.invoices.select(eq("order_id", order.id)))
    if before is not None:
        return before
    if order.state not in INVOICED:
        raise InvalidTransition("A document is made once the order is paid or accepted.")
    made = _sale_in(core, uow, order, f"order:{order.id}", actor)
    if order.refunded_paise:
        for refund in uow.refunds.select(eq("order_id", order.id), order="created_at"):
            credit_note_in(core, uow, order, refund)
    return made


def issue_again_in(core: Core, uow: UnitOfWork, order: Order, *, credited: str, actor: str = "") -> Invoice | None:
    """A new document where the credit note with the cause ``credited`` took back the last one and the sale stands all
    the same: what was issued stays. None where there was no such note."""
    note = uow.invoices.find(cause_key=credited)
    if note is None or note.original_id is None:
        return None
    rest = f"rest:{note.id}"  # what was left of it, an advance that was kept, is in the new one
    _credit_in(core, uow, order, uow.invoices.get(note.original_id), "Issued again", rest, stays=0)
    return _sale_in(core, uow, order, f"again:{note.id}", actor)


def sale_document(issued: Sequence[Invoice]) -> Invoice | None:
    """Of an order's documents the one that its sale stands on now."""
    sales = [one for one in issued if one.kind is not DocumentKind.CREDIT_NOTE]
    return max(sales, key=lambda one: (one.issued_at, one.cause_key.startswith("again:")), default=None)


def _sale_in(core: Core, uow: UnitOfWork, order: Order, cause: str, actor: str) -> Invoice:
    shop, now = uow.shop(), core.clock.now()
    place = place_of(str(order.address.get("pincode") or ""))
    made = Invoice(
        id=core.ids.new("invoice"), business_id=order.business_id, order_id=order.id, kind=kind_for(shop), number="",
        year=financial_year(now), issued_at=now, cause_key=cause, practice=order.practice,
        content=sale_content(order, shop, now, place.state if place else ""),
    )  # fmt: skip
    made.total_paise = made.content["totals"]["total_paise"]
    made.tax_paise = made.content["totals"]["tax_paise"]
    _number_in(uow, made, PRACTICE_SERIES if order.practice else shop.invoice_prefix)
    order.tax_paise = made.tax_paise
    _tell_in(uow, order, made, now, actor)
    return made


def credit_note_in(core: Core, uow: UnitOfWork, order: Order, refund: Refund) -> Invoice | None:
    """The credit note of a refund that went through, once; None where the order has no document, and for money that was
    never counted for the order."""
    if refund.state is not RefundState.PROCESSED:
        return None
    original = sale_document(uow.invoices.select(eq("order_id", order.id)))
    if original is None or uow.payments.get(refund.payment_id).held:
        return None
    if uow.invoices.find(cause_key=f"refund:{refund.id}") is not None:
        return None
    cause = f"refund:{refund.id}"
    return _credit_in(
        core, uow, order, original, refund.reason, cause, stays=order.paid_paise - order.refunded_paise,
        most=refund.amount_paise, refund_id=refund.id,
    )  # fmt: skip


def write_off_in(core: Core, uow: UnitOfWork, order: Order, reason: str, cause: str) -> Invoice | None:
    """The credit note for what will never be collected of an invoiced sale: unpaid goods that came back, a cancelled
    order, a benefit agreed on later. Money that was received is credited when it goes back. ``cause`` makes it happen
    once; None where there is no document or nothing to credit."""
    original = sale_document(uow.invoices.select(eq("order_id", order.id)))
    if original is None or uow.invoices.find(cause_key=cause) is not None:
        return None
    ended = order.state in (OrderState.RETURNED, OrderState.CANCELLED, OrderState.EXPIRED)
    has = order.paid_paise - order.refunded_paise
    stays = max(has, 0 if ended else order.kept_paise)
    return _credit_in(core, uow, order, original, reason, cause, stays=stays)


def _credit_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    original: Invoice,
    reason: str,
    cause: str,
    *,
    stays: int,
    most: int | None = None,
    refund_id: str | None = None,
) -> Invoice | None:
    """Credit what the invoice has beyond ``stays``, what the shop has or will have; never more than ``most``."""
    earlier = uow.invoices.select(eq("original_id", original.id), order="issued_at")
    now = core.clock.now()
    owed = max(0, original.total_paise - stays - sum(one.total_paise for one in earlier))
    content = credit_content(original, earlier, owed if most is None else min(most, owed), reason, now)
    if not content["totals"]["total_paise"]:
        return None
    made = Invoice(
        id=core.ids.new("invoice"), business_id=order.business_id, order_id=order.id, kind=DocumentKind.CREDIT_NOTE,
        number="", year=financial_year(now), issued_at=now, cause_key=cause, refund_id=refund_id,
        original_id=original.id, total_paise=content["totals"]["total_paise"], tax_paise=content["totals"]["tax_paise"],
        content=content, practice=original.practice,
    )  # fmt: skip
    _number_in(uow, made, PRACTICE_CREDIT_SERIES if original.practice else CREDIT_SERIES)
    _tell_in(uow, order, made, now)
    return made


def _number_in(uow: UnitOfWork, made: Invoice, series: str) -> None:
    """The next number of the series in its year; it is given back with the transaction."""
    made.number = document_number(series, made.year, uow.next_number(f"{series}:{made.year}"))
    if not uow.invoices.add_once(made):
        raise StaleEntity("the same document was issued a moment ago")


def _tell_in(uow: UnitOfWork, order: Order, made: Invoice, now: datetime, actor: str = "") -> None:
    data = {"number": made.number, "kind": str(made.kind)}
    ids = {**order.ids(), "invoice_id": made.id}
    uow.record(Event(type="document.issued", at=now, ids=ids, data=data, actor=actor or "system"))

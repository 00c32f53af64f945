"""Parcels, returns and money of one order, as its page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.domain.order_states import LEFT, OrderState
from salespilots.domain.parcels import ReturnKind, ReturnState
from salespilots.domain.payment import Payment, PaymentState
from salespilots.domain.refunding import given_back_for, suggested_refund
from salespilots.services.ordering import BY_HAND


def _items(order: Order, pieces: Mapping[str, int]) -> str:
    return ", ".join(f"{pieces[line.id]} × {line.title}" for line in order.lines if pieces.get(line.id))


def parcels(order: Order) -> list[SimpleNamespace]:
    """What left together, the newest last."""
    return [
        SimpleNamespace(
            courier=_("Brought by hand") if one.courier == BY_HAND else one.courier,
            number=one.tracking_number,
            url=one.tracking_url,
            items=_items(order, one.lines),
            left_at=datetime.fromisoformat(one.left_at),
            arrived=one.arrived_at is not None,
        )
        for one in order.shipments
    ]


def to_send(order: Order) -> list[SimpleNamespace]:
    """Lines with pieces that have not left, for the ship sheet."""
    return [
        SimpleNamespace(id=line.id, title=line.title, left=order.to_ship[line.id])
        for line in order.lines
        if order.to_ship[line.id] > 0
    ]


def to_return(order: Order) -> list[SimpleNamespace]:
    """Lines with pieces at the customer's, for the return sheet."""
    there = order.to_come_back
    return [
        SimpleNamespace(id=line.id, title=line.title, left=there[line.id])
        for line in order.lines
        if there.get(line.id, 0) > 0
    ]


def return_kinds() -> list[tuple[str, str]]:
    """Why goods come back."""
    return [
        (ReturnKind.RETURN, _("The customer sends it back")),
        (ReturnKind.REFUSED, _("Refused at the door")),
        (ReturnKind.UNDELIVERED, _("Could not be delivered")),
    ]


def returns(order: Order) -> list[SimpleNamespace]:
    """What is on its way back, and what came."""
    said = dict(return_kinds())
    lines = {line.id: line for line in order.lines}
    return [
        SimpleNamespace(
            id=one.id,
            kind=said.get(ReturnKind(one.kind), one.kind),
            items=_items(order, one.lines),
            expected=one.state == ReturnState.EXPECTED,
            restocked=_items(order, one.restocked),
            at=datetime.fromisoformat(one.inspected_at or one.at),
            note=one.note,
            lines=[SimpleNamespace(id=id, title=lines[id].title, left=count) for id, count in one.lines.items()],
        )
        for one in order.returns
    ]


def payments(
    found: Sequence[Payment], label_of: Callable[[Payment], str], by_hand_of: Callable[[Payment], bool]
) -> list[SimpleNamespace]:
    """Money that came, one line each."""
    return [
        SimpleNamespace(
            id=one.id,
            label=label_of(one),
            paise=one.amount_paise if one.currency == "INR" else None,
            foreign=None if one.currency == "INR" else f"{one.amount_paise / 100:.2f} {one.currency}",
            refunded_paise=one.refunded_paise,
            held=one.held,
            open=one.currency == "INR" and one.refunded_paise < one.amount_paise,
            by_hand=by_hand_of(one),
            can_keep=one.held and one.currency == "INR" and one.refunded_paise < one.amount_paise,
            ref=one.provider_ref or "",
            at=one.captured_at,
        )
        for one in found
        if one.state is PaymentState.CAPTURED
    ]


def refund(order: Order, rules: Mapping[str, object], asked: int) -> SimpleNamespace | None:
    """The refund sheet: how much may go back, how much is proposed and why, before anything is decided.

    ``asked``: refunds so far, also failed ones, so that a page shown after one is another page.
    """
    most = order.held_paise + order.paid_paise - order.refunded_paise
    if most <= 0:
        return None
    there = order.to_come_back
    whole = given_back_for(order, there, rules) if any(there.values()) else None
    proposed = suggested_refund(order) or min(most, whole.total_paise if whole else most)
    why = []
    if order.refund_due_paise:
        why.append(_("%(amount)s is owed to the customer.", amount=rupees(order.refund_due_paise)))
    elif whole is not None:
        why.append(
            _("If everything comes back: %(goods)s for the items", goods=rupees(whole.goods_paise))
            + (_(", less %(off)s discount", off=rupees(whole.discount_paise)) if whole.discount_paise else "")
            + "."
        )
        why += _kept(order, rules)
    return SimpleNamespace(
        most_paise=most,
        proposed=rupees(proposed).removeprefix("₹"),
        due_paise=order.refund_due_paise,
        why=why,
        can_restock=order.state in LEFT,
        key=f"page:{order.id}:{asked}:{order.refunded_paise}:{order.held_paise}:{order.paid_paise}",
    )


def _kept(order: Order, rules: Mapping[str, object]) -> list[str]:
    """What the shop's rules say about charges."""
    said = []
    for name, charge, words in (
        (
            "shipping",
            order.shipping_paise,
            (_("The delivery charge goes back too."), _("The delivery charge is kept.")),
        ),
        ("cod_fee", order.cod_fee_paise, (_("The COD fee goes back too."), _("The COD fee is kept."))),
    ):
        if charge:
            said.append(words[0] if rules.get(name) else words[1])
    return said


def cash_due(order: Order) -> int:
    """What the courier or the shop still has to hand over, of an order whose goods left or are accepted."""
    open_ = (OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED)
    return order.due_paise if order.state in open_ else 0

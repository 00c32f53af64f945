"""A customer's own order page: what happened, in a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import Payment
from salespilots.services.ordering import BY_HAND
from salespilots.web.filters import clock
from salespilots.web.presenters.orders import address_lines, items_label, line_views, money_lines, progress


def status(order: Order, claimed: str = "") -> tuple[str, str]:
    """(title, sentence). ``claimed``: the reference under which the customer says that they paid."""
    if claimed:
        return (
            _("The shop is looking for your payment"),
            _("You sent the UTR %(utr)s. You hear from the shop in the chat.", utr=claimed),
        )
    if order.state is OrderState.PLACED and order.payment_method == "cod":
        return _("Order received"), _("The shop will confirm it soon. You pay when it arrives.")
    if order.state is OrderState.PLACED and order.due_paise:
        if order.expires_at is None:
            return _("Waiting for your payment"), _("Pay to confirm the order.")
        held = clock(order.expires_at)
        return _("Waiting for your payment"), _(
            "Pay to confirm the order. Your items are held until %(time)s.", time=held
        )
    if order.state is OrderState.PLACED:
        return _("Order received"), _("The shop will confirm it soon.")
    if order.part_shipped:
        return _("A part is on its way"), _("The rest leaves the shop soon.")
    words = {
        OrderState.CONFIRMED: (_("Order confirmed"), _("The shop is packing it.")),
        OrderState.PACKED: (_("Packed"), _("It leaves the shop soon.")),
        OrderState.SHIPPED: (_("On its way"), _("Your parcel left the shop.")),
        OrderState.DELIVERED: (_("Delivered"), _("We hope you like it.")),
        OrderState.CANCELLED: (
            _("This order was cancelled"),
            _("Write to the shop in the chat if that is a surprise."),
        ),
        OrderState.EXPIRED: (
            _("This order has ended"),
            _("It was not paid in time. Write to the shop if you still want it."),
        ),
        OrderState.RETURNED: (_("This order came back"), _("The shop has it again.")),
    }
    return words.get(order.state, (_("Order"), ""))


def order_view(
    order: Order, pictures: Mapping[str, str], message_url: str | None, claimed: str = ""
) -> SimpleNamespace:
    """What somebody with the link may see; ``message_url`` is where they write to the shop, ``claimed`` see `status`."""
    title, text = status(order, claimed)
    online = order.payment_method != "cod" or order.advance_paise > 0
    open_money = online and order.state is OrderState.PLACED and order.asked_paise > 0
    return SimpleNamespace(
        number=order.number,
        status_title=title,
        status_text=text,
        state=str(order.state),
        payment_status=str(order.payment_status),
        payment_method=order.payment_method,
        progress=progress(order),
        lines=line_views(order, pictures),
        money=money(order),
        claimed=bool(claimed),
        parcels=parcels(order),
        address_lines=address_lines(order.address, masked=True),
        total_paise=order.asked_paise or order.total_paise,
        pay_url=order.payment_url if open_money else None,
        message_url=message_url,
        cancel_token=order.token if order.cancellable_by_customer else None,
        paid_paise=order.paid_paise - order.refunded_paise,
    )


def money(order: Order) -> list[SimpleNamespace]:
    """The sums. Who paid at the door owes nothing more, though the courier has not handed it to the shop yet."""
    left_out = [_("GST in the price")]
    if order.payment_method == "cod" and order.state is OrderState.DELIVERED:
        left_out.append(_("Due"))
    return [one for one in money_lines(order) if one.label not in left_out]


def parcels(order: Order) -> list[SimpleNamespace]:
    """Each with courier, number and where to follow it; on some of them only a part of the order."""
    return [
        SimpleNamespace(
            courier=_("Brought by hand") if one.courier == BY_HAND else one.courier, number=one.tracking_number,
            url=one.tracking_url if one.tracking_url.startswith("https://") else "",
        )
        for one in order.shipments
    ]  # fmt: skip


def pay_view(payment: Payment, order: Order, attempt: str) -> SimpleNamespace:
    """The practice payment page."""
    return SimpleNamespace(
        token=payment.reference,
        amount_paise=payment.amount_paise,
        order_number=order.number,
        items_label=items_label(order.items_count),
        attempt=attempt,
    )

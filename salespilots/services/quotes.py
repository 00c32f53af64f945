"""What an order would cost, worked out by the same code that places it."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.domain.cod import CodRules, Refusal
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.order import Order
from salespilots.ports.extensions import CASH, QuoteLine, QuoteView
from salespilots.ports.storage import UnitOfWork, one_of
from salespilots.services.core import Core
from salespilots.services.ordering import build_order_in


def quote_in(
    core: Core,
    uow: UnitOfWork,
    customer_id: str,
    lines: Sequence[tuple[str, int]],
    *,
    pincode: str | None = None,
    payment_method: str | None = None,
    discount_code: str | None = None,
) -> QuoteView:
    """Within a transaction that writes nothing. A code that may not be used is left out and said."""
    shop, problem = uow.shop(), ""
    address = {"pincode": pincode} if pincode else {}
    try:
        order = build_order_in(
            core, uow, customer_id=customer_id, lines=lines, address=address, payment_method=payment_method or None,
            discount_code=discount_code,
        )  # fmt: skip
    except NotFound:
        return QuoteView()
    except InvalidInput as error:
        if "discount_code" not in error.fields:
            raise
        problem, discount_code = error.fields["discount_code"][0], None
        order = build_order_in(
            core, uow, customer_id=customer_id, lines=lines, address=address, payment_method=payment_method or None
        )
    levels = uow.stock.levels([line.variant_id for line in order.lines])
    rules = shop.cash_rules
    refusal = cash_refusal_in(uow, rules, order) if rules.offered else None
    return QuoteView(
        lines=tuple(
            QuoteLine(
                variant_id=line.variant_id, title=line.title, quantity=line.quantity, unit_paise=line.unit_paise,
                available=levels[line.variant_id].available,
            )
            for line in order.lines
        ),
        goods_paise=order.subtotal_paise, discount_paise=order.discount_paise, shipping_paise=order.shipping_paise,
        cod_fee_paise=order.cod_fee_paise, advance_paise=order.advance_paise if payment_method == CASH else 0,
        total_paise=order.total_paise, min_order_paise=shop.min_order_paise, serves=shop.deliveries.serves(pincode),
        cash_offered=rules.offered, cash_refusal=refusal, discount_code=order.discount_code, code_problem=problem,
    )  # fmt: skip


def cash_refusal_in(uow: UnitOfWork, rules: CodRules, order: Order) -> Refusal | None:
    """Why the shop's rules would not let this order be paid at the door."""
    products = uow.products.select(one_of("id", [line.product_id for line in order.lines]))
    return rules.refusal(
        total_paise=order.total_paise, pincode=order.address.get("pincode"),
        categories=[one.category for one in products],
        refused_count=uow.customers.get(order.customer_id).refused_count,
    )  # fmt: skip

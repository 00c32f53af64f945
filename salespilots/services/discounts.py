"""Discount codes: what they take off, and how often they may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from salespilots.domain.discount import Discount, DiscountUse
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.order import Order
from salespilots.ports.storage import Page, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying


class Discounts:
    """Use cases on codes, for the owner."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(self, business_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Discount]:
        """A list page, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.discounts.page(cursor=cursor, limit=limit)

    def get(self, business_id: str, discount_id: str) -> Discount:
        """One code. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.discounts.get(discount_id)

    def used(self, business_id: str, discount_ids: list[str]) -> dict[str, int]:
        """How many orders use each code."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {
                one: len([use for use in uow.discount_uses.select(eq("discount_id", one)) if not use.given_back_at])
                for one in discount_ids
            }

    def create(self, business_id: str, values: Mapping[str, Any]) -> Discount:
        """A new code. Raises `InvalidInput`, `Conflict` for a code that exists."""
        made = Discount(
            id=self._core.ids.new("discount"), business_id=business_id, created_at=self._core.clock.now(),
            **{**values, "code": _clean(values["code"])},
        )  # fmt: skip
        _check(made)
        with self._core.storage.unit_of_work(business_id) as uow:
            if not uow.discounts.add_once(made):
                raise InvalidInput({"code": ["There is such a code already."]})
            uow.commit()
        return made

    def change(self, business_id: str, discount_id: str, values: Mapping[str, Any]) -> Discount:
        """Change a code; orders that used it keep what they were given."""

        def use_case() -> Discount:
            with self._core.storage.unit_of_work(business_id) as uow:
                found = uow.discounts.get(discount_id)
                for name, value in values.items():
                    setattr(found, name, _clean(value) if name == "code" else value)
                _check(found)
                other = uow.discounts.find(code=found.code)
                if other is not None and other.id != found.id:
                    raise InvalidInput({"code": ["There is such a code already."]})
                uow.discounts.save(found)
                uow.commit()
            return found

        return retrying(use_case)


def _clean(code: str) -> str:
    return "".join(code.split()).upper()


def _check(one: Discount) -> None:
    problems: dict[str, list[str]] = {}
    if not 3 <= len(one.code) <= 20 or not one.code.isascii() or not one.code.isalnum():
        problems["code"] = ["3 to 20 letters and digits."]
    if one.kind == "percent" and not 1 <= one.percent <= 90:
        problems["percent"] = ["Between 1 and 90 percent."]
    if one.kind == "amount" and one.amount_paise < 100:
        problems["amount_paise"] = ["At least ₹1."]
    if one.starts_at and one.ends_at and one.ends_at <= one.starts_at:
        problems["ends_at"] = ["After the start."]
    for name in ("usage_limit", "per_customer"):
        limit = getattr(one, name)
        if limit is not None and limit < 1:
            problems[name] = ["At least 1, or leave it empty."]
    if problems:
        raise InvalidInput(problems)


def find_in(uow: UnitOfWork, code: str, *, goods_paise: int, customer_id: str, now: datetime) -> Discount:
    """The code, if it may be used for these goods now. Raises `InvalidInput` at ``discount_code`` with the reason."""
    found = uow.discounts.find(code=_clean(code))

    def no(text: str, **details: Any) -> InvalidInput:
        return InvalidInput({"discount_code": [text]}, **details)

    if found is None or not found.active:
        raise no("There is no such code.")
    if found.starts_at and now < found.starts_at:
        raise no("This code is not valid yet.")
    if found.ends_at and now >= found.ends_at:
        raise no("This code is not valid any more.")
    if goods_paise < found.min_order_paise:
        raise no("This code needs a larger order.")
    if found.usage_limit is not None:
        taken = uow.discount_uses.count(eq("discount_id", found.id), Where("given_back_at", "is_null"))
        if taken >= found.usage_limit:
            raise no("This code was used as often as it may be.")
    uses = uow.discount_uses.select(eq("discount_id", found.id), eq("customer_id", customer_id))
    if found.per_customer is not None and sum(not one.given_back_at for one in uses) >= found.per_customer:
        raise no("This code was used already.")
    return found


def taken_off(one: Discount, goods_paise: int, shipping_paise: int) -> tuple[int, int]:
    """(paise off the goods, paise off the shipping), each at most what there is."""
    if one.kind == "free_shipping":
        return 0, shipping_paise
    off = one.amount_paise if one.kind == "amount" else (goods_paise * one.percent + 50) // 100
    if one.most_paise is not None:
        off = min(off, one.most_paise)
    return min(off, goods_paise), 0


def use_in(core: Core, uow: UnitOfWork, order: Order) -> None:
    """Count the use of the order's code, once for an order. Raises `Conflict` when the code is used up.

    One guarded update on the code's counter, so that buyers at the same moment never pass its limit; a limit for each
    customer holds because two orders of one customer wait for the same counter.
    """
    if not order.discount_code:
        return
    found = uow.discounts.find(code=order.discount_code)
    if found is None:
        raise Conflict("There is no such code.", field="discount_code")
    most = found.usage_limit if found.usage_limit is not None else 2**31
    use = DiscountUse(
        id=core.ids.new("discount_use"), business_id=order.business_id, discount_id=found.id, order_id=order.id,
        customer_id=order.customer_id, created_at=core.clock.now(),
    )  # fmt: skip
    before = uow.discount_uses.find(order_id=order.id)
    if before is not None and before.given_back_at is None:
        return
    if not uow.claim(found.id, most):
        raise Conflict("This code was used as often as it may be.", field="discount_code")
    if found.per_customer is not None:
        uses = uow.discount_uses.select(eq("discount_id", found.id), eq("customer_id", order.customer_id))
        if sum(not one.given_back_at for one in uses) >= found.per_customer:
            raise Conflict("This code was used already.", field="discount_code")
    if before is None:
        uow.discount_uses.add_new(use)
    else:
        before.given_back_at = None
        uow.discount_uses.save(before)


def use_again_in(uow: UnitOfWork, order: Order) -> None:
    """Money came for an order whose use was given back: it counts again, also above the limit, as the price was agreed."""
    use = uow.discount_uses.find(order_id=order.id) if order.discount_code else None
    if use is None or use.given_back_at is None:
        return
    use.given_back_at = None
    uow.discount_uses.save(use)
    uow.claim(use.discount_id, 2**31)


def give_back_in(uow: UnitOfWork, order: Order, now: datetime) -> None:
    """An order that ended without being fulfilled gives its use of a code back, once."""
    if not order.discount_code:
        return
    use = uow.discount_uses.find(order_id=order.id)
    if use is None or use.given_back_at is not None:
        return
    use.given_back_at = now
    uow.discount_uses.save(use)
    uow.give_back(use.discount_id)

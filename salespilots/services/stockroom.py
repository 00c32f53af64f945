"""Stock changed and counted by hand, and the ledger of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from salespilots.domain.catalog import Product, Variant
from salespilots.domain.errors import Conflict, InvalidInput, NotFound, OutOfStock
from salespilots.domain.order import Order
from salespilots.domain.stock import OWNER_REASONS, MovementKind, StockMovement
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.catalog import ProductDetail, details_in
from salespilots.services.core import Core, retrying
from salespilots.services.shelf import hand_movement, moved_in

LOOKED_AT = 1000
"""So many newest lines of a variant's ledger are read to tell which orders hold its pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One line of a product's ledger; ``order`` is the one it belongs to, if any."""

    variant: Variant
    movement: StockMovement
    order: Order | None


class BelowReserved(Conflict):
    """Fewer pieces than orders were promised: nothing was changed. ``orders`` are those that hold them."""

    def __init__(self, message: str, orders: list[Order], **details: Any) -> None:
        super().__init__(message, **details)
        self.orders = orders


class Stockroom:
    """Use cases of who counts and receives."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def move(
        self,
        business_id: str,
        product_id: str,
        *,
        sku: str,
        delta: int,
        reason: str,
        note: str = "",
        actor: str = "",
        key: str = "",
    ) -> ProductDetail:
        """Change stock by hand, once for a ``key``. Raises `BelowReserved`, or `InvalidInput` for an unknown reason."""
        if reason not in {str(one) for one in OWNER_REASONS}:
            raise InvalidInput({"reason": [f"Choose one of {', '.join(OWNER_REASONS)}."]})
        if delta == 0:
            raise InvalidInput({"delta": ["Write how many pieces came or went."]})

        def use_case() -> ProductDetail:
            with self._core.storage.unit_of_work(business_id) as uow:
                product = uow.products.get(product_id)
                variant = uow.variants.find(product_id=product_id, sku=sku)
                if variant is None:
                    raise InvalidInput({"sku": ["This product has no such SKU."]})
                self._move_in(uow, product, variant, delta, MovementKind(reason), note, actor, key)
                detail = details_in(uow, [product])[0]
                uow.commit()
            return detail

        return retrying(use_case)

    def count(
        self,
        business_id: str,
        counted: Mapping[str, tuple[int, int]],
        *,
        reason: str,
        note: str = "",
        actor: str = "",
        key: str = "",
        product_id: str | None = None,
    ) -> tuple[int, dict[str, BelowReserved]]:
        """Pieces counted on the shelf: variant id to (what the page showed, what there is). Only the difference is
        booked, so that what was sold meanwhile stays sold, once for a ``key``. Each by itself: gives how many changed and
        which could not. Raises `NotFound` for a variant of another product than ``product_id``, where that is given.
        """
        changed, refused = 0, {}
        for variant_id, (shown, there) in counted.items():
            if shown == there:
                continue
            try:
                book = partial(self._count_one, business_id, variant_id, there - shown, MovementKind(reason), note)
                retrying(partial(book, actor, key, product_id))
                changed += 1
            except BelowReserved as error:
                refused[variant_id] = error
        return changed, refused

    def _count_one(
        self, business_id: str, variant_id: str, delta: int, kind: MovementKind, note: str, actor: str, key: str,
        product_id: str | None,
    ) -> None:  # fmt: skip
        with self._core.storage.unit_of_work(business_id) as uow:
            variant = uow.variants.get(variant_id)
            if product_id is not None and variant.product_id != product_id:
                raise NotFound("This product has no such variant.")
            self._move_in(uow, uow.products.get(variant.product_id), variant, delta, kind, note, actor, key)
            uow.commit()

    def _move_in(
        self,
        uow: UnitOfWork,
        product: Product,
        variant: Variant,
        delta: int,
        kind: MovementKind,
        note: str,
        actor: str,
        key: str,
    ) -> None:
        core = self._core
        cause = f"hand:{key or core.ids.new('movement')}:{variant.id}"
        try:
            levels = uow.stock.move([hand_movement(core, uow, variant.id, kind, delta, cause, actor, note)])
        except OutOfStock as error:
            reserved, on_hand = error.details.get("reserved", 0), error.details.get("on_hand", 0)
            raise BelowReserved(
                f"{on_hand} on hand and {reserved} of them promised to orders: {-delta} cannot be taken away.",
                holders_in(uow, variant.id), reserved=reserved, on_hand=on_hand,
            ) from None  # fmt: skip
        moved_in(core, uow, [(product.id, variant.id)], levels)

    def ledger(self, business_id: str, product_id: str, limit: int = 60) -> list[LedgerLine]:
        """The product's ledger, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.products.get(product_id)
            rows = [
                (variant, movement)
                for variant in uow.variants.select(eq("product_id", product_id))
                for movement in uow.stock.movements(variant.id, limit)
            ]
            rows = sorted(rows, key=lambda row: (row[1].at, row[1].id), reverse=True)[:limit]
            wanted = {movement.order_id for _, movement in rows if movement.order_id}
            orders = {one.id: one for one in uow.orders.select(one_of("id", sorted(wanted)))}
        return [LedgerLine(variant=v, movement=m, order=orders.get(m.order_id or "")) for v, m in rows]


def holders_in(uow: UnitOfWork, variant_id: str) -> list[Order]:
    """The orders that pieces of a variant are promised to, oldest first."""
    held: dict[str, int] = {}
    for one in uow.stock.movements(variant_id, LOOKED_AT):
        if one.order_id:
            held[one.order_id] = held.get(one.order_id, 0) + one.reserved_delta
    return uow.orders.select(
        one_of("id", sorted(key for key, pieces in held.items() if pieces > 0)), order="created_at"
    )

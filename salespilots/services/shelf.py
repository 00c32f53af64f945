"""What follows when stock moved, whoever moved it: the shop is told in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.domain.catalog import LOW_STOCK
from salespilots.domain.events import Event
from salespilots.domain.stock import MovementKind, StockMovement
from salespilots.ports.storage import UnitOfWork, one_of
from salespilots.services.core import Core
from salespilots.services.waiting import leave_in, tell_in


def moved_in(
    core: Core,
    uow: UnitOfWork,
    moved: Sequence[tuple[str, str]],
    *,
    order_id: str | None = None,
    promised_to: str | None = None,
) -> None:
    """Record that pieces of these (product id, variant id) came, went or were promised, and what is low now; and tell
    who waits for them. ``promised_to``: the customer whose order they are held for, who waits for them no more."""
    now = core.clock.now()
    levels = uow.stock.levels([variant_id for _, variant_id in moved])
    low_at = {one.id: one.low_at for one in uow.products.select(one_of("id", {product for product, _ in moved}))}
    for product_id, variant_id in moved:
        ids = {"product_id": product_id, "variant_id": variant_id, **({"order_id": order_id} if order_id else {})}
        uow.record(Event(type="stock.changed", at=now, ids=ids))
        available = levels[variant_id].available
        if available <= low_at.get(product_id, LOW_STOCK):
            uow.record(Event(type="stock.low", at=now, ids=ids, data={"available": available}))
    if promised_to is None:
        tell_in(core, uow, moved, levels)
    else:
        leave_in(core, uow, promised_to, [variant_id for _, variant_id in moved])


def hand_movement(
    core: Core, uow: UnitOfWork, variant_id: str, kind: MovementKind, delta: int, cause: str, actor: str, note: str = ""
) -> StockMovement:
    """A line of the ledger for pieces that came or went by somebody's hand, once per ``cause``."""
    return StockMovement(
        id=core.ids.new("movement"), business_id=uow.business_id, variant_id=variant_id, kind=kind,
        on_hand_delta=delta, reserved_delta=0, cause_key=cause, at=core.clock.now(), note=note, actor=actor or "system",
    )  # fmt: skip

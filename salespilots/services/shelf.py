"""What follows when stock moved, whoever moved it: the shop is told in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from salespilots.domain.catalog import LOW_STOCK
from salespilots.domain.events import Event
from salespilots.domain.stock import MovementKind, StockLevel, StockMovement
from salespilots.ports.storage import UnitOfWork, one_of
from salespilots.services.core import Core
from salespilots.services.reacting import react
from salespilots.services.waiting import tell_in


def low_marks_in(uow: UnitOfWork, product_ids: Iterable[str]) -> dict[str, int]:
    """At how many pieces each of these products is low."""
    return {one.id: one.low_at for one in uow.products.select(one_of("id", sorted(set(product_ids))))}


def moved_in(
    core: Core,
    uow: UnitOfWork,
    moved: Sequence[tuple[str, str]],
    levels: Mapping[str, StockLevel],
    *,
    order_id: str | None = None,
    low_at: Mapping[str, int] | None = None,
    promised: bool = False,
) -> None:
    """Record that pieces of these (product id, variant id) came, went or were promised, and what is low now; and tell
    who waits for them, unless they are ``promised``. ``levels``: of what was booked, anything else did not move.
    ``low_at``: from `low_marks_in`, where it was asked before."""
    moved = [one for one in moved if one[1] in levels]
    now, marks = core.clock.now(), low_at or low_marks_in(uow, [product_id for product_id, _ in moved])
    for product_id, variant_id in moved:
        ids = {"product_id": product_id, "variant_id": variant_id, **({"order_id": order_id} if order_id else {})}
        uow.record(Event(type="stock.changed", at=now, ids=ids))
        available = levels[variant_id].available
        if available <= marks.get(product_id, LOW_STOCK):
            low = Event(type="stock.low", at=now, ids=ids, data={"available": available})
            uow.record(low)
            react(core, uow, [low])
    if not promised:
        tell_in(core, uow, moved, levels)


def hand_movement(
    core: Core, uow: UnitOfWork, variant_id: str, kind: MovementKind, delta: int, cause: str, actor: str, note: str = ""
) -> StockMovement:
    """A line of the ledger for pieces that came or went by somebody's hand, once per ``cause``."""
    return StockMovement(
        id=core.ids.new("movement"), business_id=uow.business_id, variant_id=variant_id, kind=kind,
        on_hand_delta=delta, reserved_delta=0, cause_key=cause, at=core.clock.now(), note=note, actor=actor or "system",
    )  # fmt: skip

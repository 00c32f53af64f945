"""Many orders at once: what is to be packed, by item."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from salespilots.domain.order import Order


def by_item(orders: Sequence[Order]) -> list[SimpleNamespace]:
    """What to take from the shelf: ``title``, ``sku``, ``count`` of pieces that have not left, ``numbers`` of their orders;
    most pieces first."""
    found: dict[str, SimpleNamespace] = {}
    for order in orders:
        left = order.to_ship
        for line in order.lines:
            if left[line.id] <= 0:
                continue
            item = found.setdefault(
                line.variant_id, SimpleNamespace(title=line.title, sku=line.sku, count=0, numbers=[])
            )
            item.count += left[line.id]
            item.numbers.append(order.number or "")
    return sorted(found.values(), key=lambda one: (-one.count, one.title))

"""The same change of many products: each in its own transaction, so that one that cannot change stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from salespilots.services.catalog import Catalog
from salespilots.services.core import Core
from salespilots.services.many import MOST, Row, why_not


class CatalogBulk:
    """Use cases on many products."""

    def __init__(self, core: Core, catalog: Catalog) -> None:
        self._core, self._catalog = core, catalog

    def change(
        self, business_id: str, product_ids: Sequence[str], values: Mapping[str, Any], *, actor: str = ""
    ) -> list[Row]:
        """Give all of them these fields, in this order. Doing it again changes nothing."""
        wanted = list(dict.fromkeys(product_ids))[:MOST]
        known = {one.id for one in self._catalog.named(business_id, wanted)}
        return [
            self._one(business_id, one, values, actor)
            if one in known
            else Row(label=one, why="There is no such product.")
            for one in wanted
        ]

    def _one(self, business_id: str, product_id: str, values: Mapping[str, Any], actor: str) -> Row:
        product = self._catalog.get(business_id, product_id).product
        if all(getattr(product, name) == value for name, value in values.items()):
            return Row(label=product.title, id=product_id, done=True, before=True)
        why = why_not(lambda: self._catalog.update(business_id, product_id, values, actor=actor))
        return Row(label=product.title, id=product_id, done=not why, why=why)

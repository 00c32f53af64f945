"""The same change of many products: each in its own transaction, so that one that cannot change stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salespilots.domain.errors import Conflict, DomainError, InvalidInput, StaleEntity
from salespilots.services.catalog import Catalog
from salespilots.services.core import Core

MOST = 100
"""Products at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """What became of one product. ``product_id`` is empty where there is none; ``why`` is empty where it is done."""

    label: str
    product_id: str = ""
    done: bool = False
    before: bool = False  # it was so already
    why: str = ""


class CatalogBulk:
    """Use cases on many products."""

    def __init__(self, core: Core, catalog: Catalog) -> None:
        self._core, self._catalog = core, catalog

    def change(
        self, business_id: str, product_ids: Sequence[str], values: Mapping[str, Any], *, actor: str = ""
    ) -> list[ProductRow]:
        """Give all of them these fields, in this order. Doing it again changes nothing."""
        wanted = list(dict.fromkeys(product_ids))[:MOST]
        known = {one.id for one in self._catalog.named(business_id, wanted)}
        return [
            self._one(business_id, one, values, actor)
            if one in known
            else ProductRow(label=one, why="There is no such product.")
            for one in wanted
        ]

    def _one(self, business_id: str, product_id: str, values: Mapping[str, Any], actor: str) -> ProductRow:
        product = self._catalog.get(business_id, product_id).product
        if all(getattr(product, name) == value for name, value in values.items()):
            return ProductRow(label=product.title, product_id=product_id, done=True, before=True)
        why = ""
        try:
            self._catalog.update(business_id, product_id, values, actor=actor)
        except InvalidInput as error:
            why = next(iter(error.fields.values()))[0]
        except (DomainError, Conflict, StaleEntity) as error:
            why = error.message
        return ProductRow(label=product.title, product_id=product_id, done=not why, why=why)

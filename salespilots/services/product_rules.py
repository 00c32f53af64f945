"""What must hold of a product within its shop: options that fit its variants, a code of its own, known substitutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from salespilots.domain.catalog import (
    MAX_SUBSTITUTES,
    MAX_VARIANTS,
    Product,
    ProductState,
    choices_problem,
    code_key,
    options_problem,
)
from salespilots.domain.errors import InvalidInput
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of

CODES = "codes"
"""A counter that whoever gives a product a code takes first, so that two cannot give the same at one moment."""


def check_product_in(uow: UnitOfWork, product: Product, changed: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` for the changed field that cannot be so."""
    if "options" in changed:
        problem = options_problem(product.options)
        if problem:
            raise InvalidInput({"options": [problem]})
    if "substitutes" in changed:
        _check_substitutes(uow, product)
    if product.code and product.state is ProductState.LIVE and ("code" in changed or "state" in changed):
        _check_code(uow, product)


def check_variants(options: Sequence[dict], given: Sequence[Sequence[str]]) -> None:
    """Raise `InvalidInput` when there are too many or their choices do not fit the options."""
    if len(given) > MAX_VARIANTS:
        raise InvalidInput({"variants": [f"At most {MAX_VARIANTS} variants."]})
    problem = choices_problem(options, given)
    if problem:
        raise InvalidInput({"variants": [problem]})


def _check_substitutes(uow: UnitOfWork, product: Product) -> None:
    wanted = list(dict.fromkeys(product.substitutes))
    if len(wanted) > MAX_SUBSTITUTES:
        raise InvalidInput({"substitutes": [f"At most {MAX_SUBSTITUTES}."]})
    if product.id in wanted:
        raise InvalidInput({"substitutes": ["A product cannot stand in for itself."]})
    if len(uow.products.select(one_of("id", wanted))) < len(wanted):
        raise InvalidInput({"substitutes": ["There is no such product."]})
    product.substitutes = wanted


def _check_code(uow: UnitOfWork, product: Product) -> None:
    uow.next_number(CODES)
    key = code_key(product.code)
    for other in uow.products.select(eq("state", ProductState.LIVE), Where("code", "ne", "")):
        if other.id != product.id and code_key(other.code) == key:
            raise InvalidInput({"code": [f"{other.title} has the code {other.code}."]})

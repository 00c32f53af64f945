"""Several things in one order: named in one message, added while details are asked, taken out again, a code written.

A run of an order is one whose workflow sums up (`order.quote`): what was chosen in it goes over into the run that a
question about another product starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from salespilots.domain.run import Run
from salespilots.domain.workflow import WorkflowVersion
from salespilots.ports.shopping import cart_of
from salespilots.ports.storage import UnitOfWork, one_of
from salespilots.ports.understanding import Understanding
from salespilots.services.core import Core

SUM = "order.quote"

_APART = re.compile(r"\s*(?:,|;|\n|\+|&|\band\b|\baur\b|\bऔर\b|\btatha\b|\bplus\b)\s*", re.IGNORECASE)
_INSTEAD = re.compile(
    r"\b(?:instead|ki jagah|ke badle|ki bajay|badle mein?|badle me|rather|change (?:it )?to)\b|की जगह|के बदले",
    re.IGNORECASE,
)
_OUT = re.compile(
    r"\b(?:remove|delete|hata ?do|hatao|hata|nikal ?do|nikalo|nikal|without|mat bhejna|rehne do)\b|हटा|निकाल",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"^(?:(?:use|apply|code|coupon|promo|discount)\s*(?:code|is|:|-)?\s*)*([A-Za-z0-9]{3,20})[.!]?$", re.IGNORECASE
)
MOST_PARTS = 8


def wanted(text: str) -> str:
    """What of a message names the thing that is wanted, where another is named that is not: the part behind "ki jagah",
    the part before "instead of"."""
    match = _INSTEAD.search(text)
    if match is None:
        return text
    before, after = text[: match.start()].strip(), text[match.end() :].strip()
    if match.group().casefold() == "instead":
        return before or after
    return after or before


def sum_step(version: WorkflowVersion) -> str | None:
    """The step of a workflow that sums up an order."""
    return next((one["id"] for one in version.definition.get("steps", ()) if one["kind"] == SUM), None)


def carried(run: Run | None, text: str) -> list[dict[str, Any]]:
    """What was chosen in an open run and stays so when another product is asked about."""
    if run is None or run.order_id:
        return []
    cart = cart_of(run.data)
    if cart and _INSTEAD.search(text):
        cart = [one for one in cart if one["variant_id"] != run.data.get("variant_id")]
    return cart


def several(core: Core, uow: UnitOfWork, text: str) -> dict[str, Any] | None:
    """Several products in one message, each clear which and how many: run data with all of them. Else None."""
    parts = [part for part in _APART.split(text) if part.strip()]
    if not 2 <= len(parts) <= MOST_PARTS:
        return None
    found: dict[str, int] = {}
    counted = False
    for part in parts:
        meant = core.memory.understand(core.understander, uow, part)
        variant_id = _variant_of(uow, meant)
        if variant_id is None:
            return None
        counted = counted or meant.quantity is not None
        found[variant_id] = found.get(variant_id, 0) + (meant.quantity or 1)
    if len(found) < 2 or not counted:
        return None
    *before, (variant_id, quantity) = found.items()
    return {
        "cart": [{"variant_id": one, "quantity": count} for one, count in before],
        "variant_id": variant_id, "quantity": quantity,
    }  # fmt: skip


def _variant_of(uow: UnitOfWork, meant: Understanding) -> str | None:
    if not meant.sure_of_product:
        return None
    match = meant.products[0]
    variants = [one.id for one in uow.variants.select(one_of("product_id", [match.product_id])) if not one.archived]
    named = [one for one in match.variant_ids if one in variants] or variants
    return named[0] if len(named) == 1 else None


def taken_out(core: Core, uow: UnitOfWork, run: Run, text: str) -> dict[str, Any] | None:
    """The run's data without a product that the customer does not want any more; None when nothing of it is left, or
    nothing of that kind was said."""
    if not _OUT.search(text):
        return None
    understood = core.memory.understand(core.understander, uow, _OUT.sub(" ", text))
    if not understood.sure_of_product:
        return None
    out = {one.id for one in uow.variants.select(one_of("product_id", [understood.products[0].product_id]))}
    before = cart_of(run.data)
    left = [one for one in before if one["variant_id"] not in out]
    if not left or len(left) == len(before):
        return None
    return as_data(left)


def as_data(cart: list[dict[str, Any]]) -> dict[str, Any]:
    """Run data with these lines, the last as the one of now."""
    *rest, last = cart
    return {"cart": rest, "variant_id": last["variant_id"], "quantity": last["quantity"], "asked_quantity": None}


def code_in(uow: UnitOfWork, text: str) -> str | None:
    """A discount code of the shop, when the message is nothing else."""
    match = _CODE.match(text.strip())
    found = uow.discounts.find(code=match.group(1).upper()) if match else None
    return found.code if found is not None else None


def go_on(run: Run, step: str, data: Mapping[str, Any]) -> None:
    """Send an open run to its sum with other data; what it knew else stays."""
    run.data = {name: value for name, value in {**run.data, **data}.items() if name not in ("asked", "waited")}
    run.go(step)

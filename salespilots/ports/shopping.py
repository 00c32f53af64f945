"""A chat's basket in a run's data: ``cart`` (lines chosen before) and ``variant_id`` with ``quantity`` (the one of now)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lines_of(data: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(variant id, quantity) of all of it; what is chosen now stands instead of an earlier line of the same variant."""
    lines = {
        str(one["variant_id"]): int(one["quantity"])
        for one in data.get("cart") or ()
        if one.get("variant_id") and one.get("quantity")
    }
    if data.get("variant_id") and data.get("quantity"):
        lines.pop(data["variant_id"], None)
        lines[data["variant_id"]] = int(data["quantity"])
    return list(lines.items())


def cart_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same as it is carried into another run."""
    return [{"variant_id": variant_id, "quantity": quantity} for variant_id, quantity in lines_of(data)]

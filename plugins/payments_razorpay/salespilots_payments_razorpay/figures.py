"""The plugin's key and its idea of a whole number; free of the SDK, so that webhooks need not load it."""

from __future__ import annotations

from typing import Any

PROVIDER = "razorpay"


def whole(value: Any) -> bool:
    """Whether it is an amount or a time: a whole number that is not negative and not absurd."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**11

"""What a program sends: its key, and JSON that a database can hold, or what is wrong with it."""

from __future__ import annotations

import json
import math
from typing import Any

from salespilots.ports.storage import storable

MAX_BODY = 1024 * 1024
"""Bytes."""

MAX_DEPTH = 40


class Unreadable(ValueError):
    """``status`` and ``code`` of the answer; ``errors`` where the trouble has a place."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


def bearer(header: str) -> str | None:
    """The key of an Authorization header, or None for what cannot be one."""
    kind, _, text = header.partition(" ")
    return text.strip() if kind.lower() == "bearer" and 10 < len(text) < 200 else None


def read_object(body: bytes) -> dict[str, Any]:
    """The object of a JSON body. Raises `Unreadable`."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable(400, "bad_request", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise Unreadable(422, "invalid_input", "The body is a JSON object.", errors={"_schema": ["Send an object."]})
    _check(value)
    return value


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _check(value: Any) -> None:
    """Nothing a database cannot hold gets further: NUL, halves of characters, huge numbers, deep nests."""
    todo: list[tuple[Any, int]] = [(value, 0)]
    while todo:
        one, depth = todo.pop()
        wrong = ""
        if depth > MAX_DEPTH:
            wrong = "Nested too deeply."
        elif not storable(one):
            wrong = "Text with a character that cannot be stored."
        elif isinstance(one, int) and abs(one) >= 2**63:
            wrong = "A number beyond 64 bits."
        elif isinstance(one, float) and not math.isfinite(one):
            wrong = "Not a number."
        if wrong:
            raise Unreadable(422, "invalid_input", wrong, errors={"_schema": [wrong]})
        if isinstance(one, dict):
            todo += [(key, depth + 1) for key in one]
            todo += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, list):
            todo += [(inner, depth + 1) for inner in one]

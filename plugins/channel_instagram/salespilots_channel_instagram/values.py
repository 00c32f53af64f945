"""Small values out of Meta's JSON, whatever stands there: nothing here raises."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_REF = 400
"""Characters of an id kept as it is; a longer one is replaced by its hash."""


def ref_of(value: Any) -> str:
    """An id as text: Meta's test tool and old deliveries use numbers."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**40 else ""
    return text if len(text) <= MAX_REF else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def moment(value: Any) -> datetime | None:
    """A time from seconds, milliseconds, numeric text or ISO text; None when it is none of these."""
    if isinstance(value, str):
        value = value.strip()
        try:
            value = float(value)
        except ValueError:
            try:
                found = datetime.fromisoformat(value)
                return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
            except (ValueError, OverflowError):  # no time, or one whose UTC lies outside the calendar
                return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e14:
        return None
    return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)


def object_of(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def id_in(value: Any) -> str:
    """The id of an object, or nothing."""
    return ref_of(value.get("id")) if isinstance(value, dict) else ""


def text_of(value: Any) -> str:
    """Text, or nothing."""
    return value if isinstance(value, str) else ""

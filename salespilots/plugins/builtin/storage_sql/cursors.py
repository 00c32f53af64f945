"""Where a page of a list ended, as opaque text."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from salespilots.domain.errors import InvalidInput
from salespilots.plugins.builtin.storage_sql.types import UTCDateTime
from salespilots.ports.storage import storable


def write_cursor(value: Any, id: str) -> str:
    """Where a page ended, as opaque text."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([plain, id]).encode()).decode().rstrip("=")


def read_cursor(cursor: str, column: sa.Column) -> tuple[Any, str]:
    """Back again; anything that is not one of ours raises `InvalidInput`."""
    try:
        value, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        wanted = datetime if isinstance(column.type, UTCDateTime) else column.type.python_type
        if wanted is datetime:
            value = datetime.fromisoformat(value)
            if value.tzinfo is None:
                raise ValueError("naive")
            value = value.astimezone(UTC)
        elif not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError("type")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise ValueError("number")
        if not isinstance(last, str) or not (storable(value) and storable(last)):
            raise ValueError("text")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidInput({"cursor": ["This cursor is not from this list."]}) from error
    return value, last

"""Days of a statement as banks and apps write them, and whether the day or the month stands first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

_NUMBERS = re.compile(r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-](?:[0-9]{4}|[0-9]{2})$")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y", "%m.%d.%y")
_NAMED = (
    "%Y-%m-%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d %B %Y", "%b %d, %Y", "%d/%b/%Y",
)  # fmt: skip


class DateOrder(StrEnum):
    """How the days of a whole statement were read."""

    DAY = "day"
    MONTH = "month"  # as in the US: some second number is above 12, and no first one
    UNSURE = "unsure"  # either would do; the day first


def order_of(cells: Iterable[str]) -> DateOrder:
    """What the dates among the cells say together."""
    found = [match for match in (_NUMBERS.match(_bare(one)) for one in cells) if match]
    pairs = [(int(match.group(1)), int(match.group(2))) for match in found]
    if any(first > 12 for first, _second in pairs):
        return DateOrder.DAY
    if any(second > 12 for _first, second in pairs):
        return DateOrder.MONTH
    return DateOrder.UNSURE if any(first != second for first, second in pairs) else DateOrder.DAY


def read_day(text: str, order: DateOrder) -> str | None:
    """The day of a cell as YYYY-MM-DD; None where it holds none."""
    words = _bare(text)
    for pattern in (*(_MONTH_FIRST if order is DateOrder.MONTH else _DAY_FIRST), *_NAMED):
        try:
            found: date = datetime.strptime(words, pattern).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
        return found.isoformat()
    return None


def _bare(text: str) -> str:
    """Without the time of day."""
    return re.split(r"[ T](?=\d{1,2}:)", text.strip().strip("'"))[0].strip(" ,")

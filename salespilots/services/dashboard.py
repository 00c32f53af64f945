"""Figures for Home and the API, in Indian time."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from salespilots.domain.errors import InvalidInput
from salespilots.domain.events import Event
from salespilots.ports.figures import Figures
from salespilots.services.core import Core

IST = timezone(timedelta(hours=5, minutes=30), "IST")
RANGES = {"today": 1, "7d": 7, "30d": 30}
DAYS = (date(2000, 1, 1), date(2199, 12, 31))
"""The first and the last day that figures are worked out for."""

ACTIVITY = (
    "payment.captured", "order.placed", "order.shipped", "order.delivered", "conversation.started",
    "conversation.waiting", "order.attention", "order.cancelled", "order.expired", "message.failed", "message.undecided",
    "inbox.parked",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """See `interface.md` section 6: money in paise, shares 0 to 1, ``series`` of (start, paise, paid orders)."""

    start: datetime
    end: datetime
    revenue_paise: int
    orders: int
    paid_orders: int
    average_order_paise: int | None
    new_customers: int
    messages_in: int
    messages_out: int
    automated_share: float | None
    median_reply_seconds: float | None
    conversion: float | None
    funnel: dict[str, int]
    series: list[tuple[datetime, int, int]]
    practice: bool


def day_start(day: date) -> datetime:
    """Midnight in India."""
    return datetime.combine(day, time(), IST)


class Dashboard:
    """Use cases on figures."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def stats(
        self,
        business_id: str,
        range: str = "today",
        *,
        days: tuple[date, date] | None = None,
        practice: bool | None = None,
        previous: bool = False,
    ) -> Stats:
        """Figures of a range, or of the equally long one before it up to the same time of day (``previous``).

        ``practice`` None: included until the shop has a real channel. Raises `InvalidInput` for an unknown range.
        """
        now = self._core.clock.now().astimezone(IST)
        if days is not None:
            first, last = days
            for name, day in (("from", first), ("to", last)):
                if not DAYS[0] <= day <= DAYS[1]:
                    raise InvalidInput({name: [f"Between {DAYS[0].year} and {DAYS[1].year}."]})
            if last < first or (last - first).days > 366:
                raise InvalidInput({"to": ["Not before from, and at most a year."]})
            start, end = day_start(first), day_start(last + timedelta(days=1))
        else:
            if range not in RANGES:
                raise InvalidInput({"range": [f"Choose one of {', '.join(RANGES)}."]})
            start = day_start(now.date() - timedelta(days=RANGES[range] - 1))
            end = day_start(now.date() + timedelta(days=1))
        upto = end
        if previous:
            length = end - start
            elapsed = min(now, end) - start
            start, upto, end = start - length, start - length + elapsed, start
        step = timedelta(hours=1) if end - start <= timedelta(days=1) else timedelta(days=1)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            shop = uow.shop()
            include = shop.real_since is None if practice is None else practice
            figures = uow.queries.figures(start, upto, practice=include)
            series = uow.queries.revenue(start, end, step, practice=include)
        return _stats(start, end, figures, series, include)

    def badges(self, business_id: str) -> dict[str, int]:
        """``waiting`` and ``unread`` chats, orders ``to_pack`` and needing ``attention``."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.queries.preview_counts()

    def has_sold(self, business_id: str) -> bool:
        """Whether money ever came in, practice or real."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return bool(uow.events.latest(("payment.captured",), 1))

    def activity(self, business_id: str, limit: int = 6) -> list[Event]:
        """What happened last, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.events.latest(ACTIVITY, limit)


def _stats(
    start: datetime, end: datetime, figures: Figures, series: list[tuple[datetime, int, int]], practice: bool
) -> Stats:
    return Stats(
        start=start,
        end=end,
        revenue_paise=figures.revenue_paise,
        orders=figures.orders,
        paid_orders=figures.paid_orders,
        average_order_paise=figures.revenue_paise // figures.paid_orders if figures.paid_orders else None,
        new_customers=figures.new_customers,
        messages_in=figures.messages_in,
        messages_out=figures.messages_out,
        automated_share=figures.automated_chats / figures.answered_chats if figures.answered_chats else None,
        median_reply_seconds=statistics.median(figures.reply_seconds) if figures.reply_seconds else None,
        conversion=figures.paid / figures.chats if figures.chats else None,
        funnel={"chats": figures.chats, "shown": figures.shown, "ordered": figures.ordered, "paid": figures.paid},
        series=series,
        practice=practice,
    )

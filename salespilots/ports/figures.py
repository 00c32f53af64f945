"""Totals over a shop's rows, counted by the storage itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Totals of a time range, for tiles and statistics. Money in paise."""

    revenue_paise: int = 0
    orders: int = 0
    paid_orders: int = 0
    new_customers: int = 0
    messages_in: int = 0
    messages_out: int = 0
    chats: int = 0
    shown: int = 0
    ordered: int = 0
    paid: int = 0
    answered_chats: int = 0
    automated_chats: int = 0
    reply_seconds: tuple[float, ...] = ()

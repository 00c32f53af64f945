"""The gallery: workflows to begin with, in English and Hindi, each with cases that are kept as its tests."""

from __future__ import annotations

from salespilots.services.workflows.starters import after_sale, answering, buying, following_up, selling
from salespilots.services.workflows.starters.kit import LANGUAGES, Both, Case, Starter

GALLERY: tuple[Starter, ...] = (
    answering.ORDER_STATUS, buying.PRICE_AND_BUY, answering.WELCOME, answering.DELIVERY, answering.STORY,
    answering.OUT_OF_OFFICE, selling.COMMENT, selling.BACK, selling.FESTIVAL, following_up.ABANDONED, following_up.UNPAID,
    following_up.SILENT, after_sale.COD, after_sale.ON_ITS_WAY, after_sale.FEEDBACK, selling.LOW_STOCK,
)  # fmt: skip
"""In the order in which they would be matched."""

GOALS = ("answer", "sell", "follow_up", "after_sale")

BY_KEY = {one.key: one for one in GALLERY}

ON_BY_DEFAULT = tuple(one for one in GALLERY if one.on_by_default)
"""What a new shop begins with."""

__all__ = ["BY_KEY", "GALLERY", "GOALS", "LANGUAGES", "ON_BY_DEFAULT", "Both", "Case", "Starter"]

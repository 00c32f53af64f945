"""Cash on delivery: where, for how much and for whom, what it costs, and what is paid before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from salespilots.domain.delivery import within


class Refusal(StrEnum):
    """Why cash on delivery is not offered."""

    OFF = "off"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    PINCODE = "pincode"
    ITEM = "item"
    REFUSED_BEFORE = "refused_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodRules:
    """A shop's rules; what is None or empty does not bound. Amounts in paise."""

    offered: bool = False  # in the chat; the owner may always make such an order
    fee_paise: int = 0
    min_paise: int | None = None
    max_paise: int | None = None
    not_to: tuple[str, ...] = ()  # as in `salespilots.domain.delivery.Zone`
    not_categories: tuple[str, ...] = ()
    refused_limit: int | None = 2  # parcels that a customer did not accept, from which on it is not offered
    advance_paise: int = 0  # to be paid online before it is accepted
    confirm_hours: int = 24  # how long a chat order waits for the customer's yes

    def refusal(
        self, *, total_paise: int, pincode: str | None, categories: Sequence[str], refused_count: int
    ) -> Refusal | None:
        """Why not, or None. Never by who somebody is: only by the order and what they did before."""
        if not self.offered:
            return Refusal.OFF
        if self.min_paise is not None and total_paise < self.min_paise:
            return Refusal.TOO_LITTLE
        if self.max_paise is not None and total_paise > self.max_paise:
            return Refusal.TOO_MUCH
        if pincode and any(within(pincode, part) for part in self.not_to):
            return Refusal.PINCODE
        if set(categories) & set(self.not_categories):
            return Refusal.ITEM
        if self.refused_limit is not None and refused_count >= self.refused_limit:
            return Refusal.REFUSED_BEFORE
        return None


def read_cod(kept: Mapping[str, Any]) -> CodRules:
    """A shop's rules as they are kept."""
    known = {one.name for one in fields(CodRules)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in known
    }
    return CodRules(**values)

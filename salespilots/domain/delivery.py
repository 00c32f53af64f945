"""What delivery costs, and where to: a flat charge, free from an amount, and zones of pincodes with their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PINCODE = re.compile(r"^[1-9][0-9]{5}$")
_PART = re.compile(r"^(?P<first>[1-9][0-9]{1,5})(?:\s*-\s*(?P<last>[1-9][0-9]{1,5}))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Pincodes with a charge of their own. ``pincodes``: ``560038``, a prefix ``4110``, or a range ``400001-400104``."""

    name: str
    pincodes: tuple[str, ...]
    paise: int
    free_from_paise: int | None = None

    def covers(self, pincode: str) -> bool:
        """Whether a pincode lies in it."""
        return any(within(pincode, part) for part in self.pincodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A shop's rules. ``elsewhere`` False: parcels go to the zones only."""

    flat_paise: int
    free_from_paise: int | None
    zones: tuple[Zone, ...] = ()
    elsewhere: bool = True

    def zone_of(self, pincode: str | None) -> Zone | None:
        """The first zone that covers a pincode."""
        return next((one for one in self.zones if pincode and one.covers(pincode)), None)

    def serves(self, pincode: str | None) -> bool:
        """Whether parcels go there; a pincode that is not known yet is not refused."""
        return self.elsewhere or not pincode or self.zone_of(pincode) is not None

    def charge(self, goods_paise: int, pincode: str | None = None) -> int:
        """In paise for goods worth ``goods_paise`` after their discount."""
        zone = self.zone_of(pincode)
        free_from = zone.free_from_paise if zone else self.free_from_paise
        if free_from is not None and goods_paise >= free_from:
            return 0
        return zone.paise if zone else self.flat_paise


def read_delivery(flat_paise: int, free_from_paise: int | None, kept: Mapping[str, Any]) -> Delivery:
    """A shop's rules as they are kept: ``zones`` with the fields of `Zone`, and ``elsewhere``."""
    zones = tuple(Zone(**{**one, "pincodes": tuple(one["pincodes"])}) for one in kept.get("zones", ()))
    return Delivery(
        flat_paise=flat_paise, free_from_paise=free_from_paise, zones=zones, elsewhere=kept.get("elsewhere", True)
    )


def read_pincodes(text: str) -> list[str]:
    """What an owner typed, apart at commas and lines. Raises `ValueError` naming the first part that is none."""
    parts = [part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()]
    for part in parts:
        match = _PART.match(part)
        last = match.group("last") if match else None
        if not match or (last and (len(last) != len(match.group("first")) or last < match.group("first"))):
            raise ValueError(f"“{part[:20]}” is no pincode, beginning of one, or range.")
    return parts


def within(pincode: str, part: str) -> bool:
    """Whether a pincode is that part: itself, what begins so, or in the range."""
    match = _PART.match(part)
    if match is None:
        return False
    first, last = match.group("first"), match.group("last") or match.group("first")
    return first <= pincode[: len(first)] <= last

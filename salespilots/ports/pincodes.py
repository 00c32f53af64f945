"""Where a pincode is: state and district, for suggestions. What is not known is never refused.

Source: the package ``indian-pincode`` (data of India Post), read from memory, no network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

WELL_FORMED = re.compile(r"^[1-9][0-9]{5}$")


@dataclass(frozen=True, slots=True)
class Place:
    """``district`` is empty where a pincode belongs to several."""

    state: str
    district: str


@lru_cache(maxsize=4096)
def place_of(pincode: str) -> Place | None:
    """The place, in title case, or None for a pincode nobody knows."""
    if not WELL_FORMED.match(pincode):
        return None
    import indian_pincode

    state = indian_pincode.get_state(pincode)
    if not state:
        return None
    districts = indian_pincode.get_districts(pincode) or []
    return Place(_title(str(state)), _title(str(districts[0])) if len(districts) == 1 else "")


def _title(name: str) -> str:
    small = {"And", "Of", "The"}
    words = [word.capitalize() for word in re.sub(r"\s*&\s*", " and ", name.lower()).split()]
    return " ".join(word.lower() if word in small and place else word for place, word in enumerate(words))

"""What customers write in a campaign: whole conversations with known answers, chosen from a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

ORDER = ("2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar", "haan")
SCRIPTS: tuple[tuple[str, ...], ...] = (
    ("blue saree kitna hai?", *ORDER),
    ("Hi", "blue saree kitna hai?", *ORDER, "thanks"),
    ("maroon silk saree price?", "1 chahiye", "Asha Rao", "+91 98860 55443", "411038", "Flat 3, Kothrud", "yes"),
    ("नीली साड़ी कितने की है?", "3", "मीरा अय्यर", "09820098200", "400050", "22 Hill Road, Bandra", "ok"),
    (
        "catalogue dikhao",
        "jute bag kitne ka hai",
        "2 chahiye",
        "Asha Rao",
        "98860",
        "98860 55443",
        "411038",
        "Kothrud 3",
    ),
    ("green dupatta price", "jhumka ka rate batao", "pearl necklace price please", "ceramic mug kitna", "thanks"),
    ("hello", "jhumka ka rate batao", "asdf qwer", "maroon silk saree price?", "jhumka ka rate batao"),
    ("namaste", "mera order kaha hai?", "blue saree kitna hai?", "blue saree kitna hai?", "blue saree kitna hai?"),
)
"""Some write the same words twice on purpose: both are answered."""

BUYERS = frozenset({0, 1, 2, 3})
"""Scripts that end with an order to be paid."""

Cast = Mapping[str, int]
"""Customer to script."""


def cast(wave: int, chats: int, scripts: Sequence[int] = range(len(SCRIPTS))) -> dict[str, int]:
    """The customers of a wave."""
    chance = random.Random(f"cast {wave}")
    return {f"{400_000_000_000_000 + wave * 1000 + number}": chance.choice(scripts) for number in range(chats)}

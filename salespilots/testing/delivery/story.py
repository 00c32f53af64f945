"""One day of customers' messages, the same for every run of a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)

PRICES = (
    "blue saree kitna hai?", "maroon silk saree price?", "jhumka ka rate batao", "नीली साड़ी कितने की है?",
    "green dupatta price", "jute bag kitne ka hai", "pearl necklace price please", "ceramic mug kitna",
)  # fmt: skip
SMALL_TALK = ("Hi", "hello", "namaste", "catalogue dikhao", "mera order kaha hai?", "thanks", "asdf qwer")
DETAILS = (
    ("Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar"),
    ("Asha Rao", "+91 98860 55443", "411038", "Flat 3, Kothrud"),
    ("मीरा अय्यर", "09820098200", "400050", "22 Hill Road, Bandra"),
)
YES = ("haan", "yes", "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message: who wrote it, its number in that chat, its reference at the provider, and when it was written."""

    who: str
    number: int
    ref: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Lines in the order in which they were written. ``buyers`` place an order and want to pay."""

    seed: int
    lines: tuple[Line, ...]
    buyers: tuple[str, ...]

    @classmethod
    def day(
        cls,
        seed: int,
        *,
        chats: int | None = None,
        start: datetime = MORNING,
        tick: timedelta = timedelta(milliseconds=1),
    ) -> Story:
        """A day of this many customers of the practice shop, else of three to six: questions, orders from the first word to
        the last, small talk; some write several messages within a second, some come back after an hour. Two messages
        of a customer are at least a ``tick`` of the provider's clock apart."""
        chance = random.Random(f"story {seed}")
        lines: list[Line] = []
        buyers: list[str] = []
        for number in range(chats or chance.randint(3, 6)):
            who = f"{300_000_000_000_000 + seed * 1000 + number}"
            texts, buys = _script(chance)
            if buys:
                buyers.append(who)
            at = start + timedelta(seconds=chance.uniform(0, 1800))
            for place, text in enumerate(texts):
                ref = f"m.{seed}.{number}.{place}"
                lines.append(Line(who=who, number=place, ref=ref, text=text, at=_read(at, tick)))
                at += max(tick, timedelta(seconds=_pause(chance)))
        return cls(seed=seed, lines=tuple(sorted(lines, key=lambda one: (one.at, one.ref))), buyers=tuple(buyers))

    def of(self, who: str) -> list[Line]:
        """One customer's lines."""
        return [one for one in self.lines if one.who == who]

    def customers(self) -> list[str]:
        """Everybody who writes."""
        return sorted({one.who for one in self.lines})

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)


def order_script(chance: random.Random) -> Sequence[str]:
    """An order from the question to the confirmation."""
    name, phone, pincode, street = chance.choice(DETAILS)
    return (PRICES[0], f"{chance.randint(1, 3)} chahiye", name, phone, pincode, street, chance.choice(YES))


def _script(chance: random.Random) -> tuple[list[str], bool]:
    kind = chance.random()
    if kind < 0.4:
        before = [chance.choice(SMALL_TALK[:4])] if chance.random() < 0.5 else []
        after = [chance.choice(("mera order kaha hai?", "thanks"))] if chance.random() < 0.5 else []
        return [*before, *order_script(chance), *after], True
    texts = [chance.choice(PRICES) if chance.random() < 0.6 else chance.choice(SMALL_TALK) for _ in range(4)]
    return texts[: chance.randint(1, 4)], False


def _pause(chance: random.Random) -> float:
    """Seconds until the next message of the same customer: sometimes less than one."""
    kind = chance.random()
    if kind < 0.35:
        return chance.uniform(0.05, 0.9)
    return chance.uniform(2, 90) if kind < 0.97 else chance.uniform(1800, 3600)


def _read(at: datetime, tick: timedelta) -> datetime:
    """What a clock of this tick shows."""
    return at - (at - datetime.min.replace(tzinfo=UTC)) % tick

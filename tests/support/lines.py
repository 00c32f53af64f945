"""The labelled sentences of customers, and how well something that names their intent does on them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from salespilots.ports.understanding import INTENTS, CatalogueEntry, VariantEntry

HERE = Path(__file__).parents[1] / "plugins" / "lines"
YARDSTICK = Path(__file__).parents[3] / "shared" / "data" / "intents" / "train.csv"
"""Public labelled sentences. Their licences differ from ours, so they are measured against where they happen to
lie beside the repository and never become part of it."""

CATALOGUE = (
    CatalogueEntry(
        "blue", "Blue block-print saree", "Sarees", ("blue saree", "indigo saree"), "BS01", (VariantEntry("b1", "SAR-BLUE", ""),)
    ),
    CatalogueEntry("maroon", "Maroon silk saree", "Sarees", ("silk saree",), "MS02", (VariantEntry("m1", "SAR-MAR", ""),)),
    CatalogueEntry(
        "kurta", "White cotton kurta", "Kurtas", ("kurta", "kurti"), "KU03",
        tuple(VariantEntry(f"k{size}", f"KUR-{size}", size) for size in ("M", "L", "XL")),
    ),
    CatalogueEntry(
        "tee", "Boxy tshirt", "Tops", (), "TS04",
        tuple(VariantEntry(f"t-{c}-{s}", f"TEE-{c}-{s}", f"{c} / {s}") for c in ("Red", "Black") for s in ("M", "L")),
    ),
    CatalogueEntry("dupatta", "Green chanderi dupatta", "Dupattas", ("chunni",), "DU04", ()),
    CatalogueEntry("jhumka", "Oxidised silver jhumka", "Earrings", ("silver earrings",), "JH05", ()),
    CatalogueEntry("necklace", "Pearl necklace", "Necklaces", ("moti haar",), "NE06", ()),
    CatalogueEntry(
        "bangles", "Brass bangles, set of 4", "Bangles", ("chudi",), "BA07",
        (VariantEntry("bg24", "BAN-24", "2.4"), VariantEntry("bg26", "BAN-26", "2.6")),
    ),
    CatalogueEntry(
        "juttis", "Embroidered leather juttis", "Footwear", ("mojari",), "JU08",
        tuple(VariantEntry(f"j{size}", f"JUT-EMB-{size}", size) for size in ("5", "6", "7")),
    ),
    CatalogueEntry("bag", "Jute tote bag", "Bags", ("thaila",), "BG09", ()),
    CatalogueEntry("diyas", "Terracotta diyas, set of 6", "Home", ("mitti ke diye",), "DI10", ()),
    CatalogueEntry(
        "cushion", "Embroidered cushion cover", "Home", ("cushion",), "CU11",
        (VariantEntry("cr", "CUS-RED", "Red"), VariantEntry("ct", "CUS-TEAL", "Teal")),
    ),
    CatalogueEntry("mug", "Hand-painted ceramic mug", "Home", ("coffee mug",), "MU12", ()),
    CatalogueEntry("case13", "iPhone 13 case", "Covers", (), "IP13", ()),
    CatalogueEntry("case14", "iPhone 14 case", "Covers", (), "IP14", ()),
)  # fmt: skip
"""The shop the sentences are read in."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, what it means, and the code of its product: ``-`` when it names goods but not one product."""

    intent: str
    text: str
    product: str = ""

    @property
    def script(self) -> str:
        """``devanagari`` when it holds a letter of it, else ``latin``."""
        return "devanagari" if any("ऀ" <= character <= "ॿ" for character in self.text) else "latin"


def _read(path: Path) -> tuple[Line, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Line(row["intent"], row["text"], row.get("product") or "") for row in csv.DictReader(file))


@lru_cache
def building() -> tuple[Line, ...]:
    """The sentences the rules were written with."""
    return _read(HERE / "building.csv")


@lru_cache
def held_out() -> tuple[Line, ...]:
    """The sentences the rules were not written with: their figures are read, never their lines."""
    return _read(HERE / "held_out.csv")


@lru_cache
def yardstick() -> tuple[Line, ...]:
    """The foreign sentences; none where they do not lie beside the repository."""
    return _read(YARDSTICK) if YARDSTICK.exists() else ()


@dataclass(slots=True)
class Score:
    """How often each intent was meant, acted on, and acted on rightly."""

    meant: Counter[str] = field(default_factory=Counter)
    acted: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    left_alone: int = 0
    """Sentences of "other" nothing was acted on for, which is all that can be wished for."""

    def precision(self, intent: str) -> float:
        """Of what was acted on as this intent, how much was meant so."""
        return self.right[intent] / self.acted[intent] if self.acted[intent] else 1.0

    def recall(self, intent: str) -> float:
        """Of what was meant so, how much was acted on as this intent."""
        hits = self.right[intent] + (self.left_alone if intent == "other" else 0)
        return hits / self.meant[intent] if self.meant[intent] else 1.0

    @property
    def micro(self) -> tuple[float, float]:
        """Precision and recall over all sentences."""
        right = self.right.total()
        return right / max(1, self.acted.total()), (right + self.left_alone) / max(1, self.meant.total())

    @property
    def macro(self) -> tuple[float, float]:
        """Precision and recall, each intent counting the same."""
        intents = [one for one in INTENTS if self.meant[one]]
        return (
            sum(map(self.precision, intents)) / len(intents),
            sum(map(self.recall, intents)) / len(intents),
        )


def score(lines: Iterable[Line], acts_on: Callable[[str], str | None]) -> Score:
    """Score ``acts_on``, which names the intent a sentence is acted on for, or None when it is left alone."""
    told = Score()
    for line in lines:
        got = acts_on(line.text)
        told.meant[line.intent] += 1
        if got is None:
            told.left_alone += line.intent == "other"
            continue
        told.acted[got] += 1
        told.right[got] += got == line.intent
    return told


CONTAINS: dict[str, Sequence[str]] = {
    "price_inquiry": ("price", "rate", "cost", "kitne", "kitna", "how much", "pp", "प्राइस", "कितने", "दाम"),
    "availability": ("available", "stock", "size", "milega", "उपलब्ध", "मिलेगा"),
    "order_status": ("where is my", "status", "track", "kab aayega", "kahan", "कहाँ", "कब"),
    "cancel_order": ("cancel", "कैंसिल", "रद्द"),
    "refund_return": ("refund", "return", "exchange", "wapas", "वापस", "रिफंड"),
    "payment_issue": ("payment", "cod", "upi", "paytm", "gpay", "पेमेंट"),
    "delivery_info": ("delivery", "shipping", "pincode", "डिलीवरी"),
    "complaint": ("complaint", "damaged", "broken", "wrong", "bad", "खराब", "शिकायत"),
    "human_agent": ("human", "agent", "owner", "call", "number", "बात"),
    "order_intent": ("order", "buy", "book", "chahiye", "चाहिए", "ऑर्डर"),
    "thanks_bye": ("thank", "bye", "dhanyawad", "shukriya", "धन्यवाद"),
    "product_inquiry": ("photo", "details", "fabric", "dikhao", "फोटो"),
    "greeting": ("hi", "hello", "hey", "namaste", "नमस्ते"),
}
"""What an owner would write into a tool that looks for pieces of text, the first that is found winning."""


def by_contains(text: str) -> str | None:
    """The intent plain looking for pieces of text finds."""
    lowered = text.lower()
    return next((intent for intent, pieces in CONTAINS.items() if any(one in lowered for one in pieces)), None)

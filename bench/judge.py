"""Whether every question was answered once and in order, and how long each waited for the first message of its answer.

A price question is answered by two messages, a card and a sentence, both with the product's name. Within a conversation
they must arrive exactly as the questions were asked.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.shots import Graph, Opened, opened, percentile
from bench.wire import Stream

BLUE = "blue saree kitna hai?"
QUESTIONS = {
    BLUE: "Blue block-print saree",
    "maroon silk saree price?": "Maroon silk saree",
    "green dupatta price": "Green chanderi dupatta",
    "jhumka ka rate batao": "Oxidised silver jhumka",
    "ceramic mug kitna": "Hand-painted ceramic mug",
}
"""Questions to the practice shop, with the product whose price they ask for."""

CARD = "card "
SURPLUS_SECONDS = 0.3
"""How long to look for sends that should not come, after the last that should."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the customers of a stream got. ``waits``: seconds from due to the first message of the answer, by question;
    None where it never came. ``strange``: messages that answer no question."""

    opened: Opened
    waits: list[float | None]
    firsts: list[float]
    sends: int
    lost: int = 0
    twice: int = 0
    disorder: int = 0
    strange: int = 0

    @property
    def faultless(self) -> bool:
        """Whether all was taken, answered once and in order."""
        return not (self.lost or self.twice or self.disorder or self.strange or self.opened.refused())

    def say(self) -> str:
        """The counts in words."""
        count = self.opened.stream.count
        words = f"{count - self.waits.count(None)} of {count} answered, {self.sends} sends, {self.lost} lost, "
        words += f"{self.twice} twice, {self.disorder} out of order"
        words += f", {self.strange} strange" if self.strange else ""
        return words + (f", refused {self.opened.refused()}" if self.opened.refused() else "")

    def after(self, seconds: float) -> list[float]:
        """Waits of the questions that were due later than so many seconds after the stream's first."""
        begin = self.opened.due[0] + seconds - 0.0005
        return [
            wait for due, wait in zip(self.opened.due, self.waits, strict=True) if wait is not None and due >= begin
        ]


@dataclass
class Ear:
    """Reads the stand-in and keeps what each customer got."""

    graph: Graph
    got: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))

    def listen(self) -> None:
        """Take in what is new."""
        for at, who, words in self.graph.new():
            self.got[who].append((at, words))

    def wait(self, streams: list[Stream], seconds: float) -> None:
        """Until two sends a question arrived, or nothing new did for so long."""
        wanted = sum(2 * one.count for one in streams)
        names = {one.customer(index) for one in streams for index in range(min(one.cast, one.count))}
        ends, before = time.monotonic() + seconds, -1
        while time.monotonic() < ends:
            self.listen()
            came = sum(len(self.got[name]) for name in names)
            if came >= wanted:
                break
            if came != before:
                ends, before = time.monotonic() + seconds, came
            time.sleep(0.1)
        time.sleep(SURPLUS_SECONDS)
        self.listen()

    def judge(self, came: Opened) -> Heard:
        """What became of a stream's questions."""
        stream = came.stream
        asked: dict[str, list[int]] = defaultdict(list)
        for index in range(stream.count):
            asked[stream.customer(index)].append(index)
        waits: list[float | None] = [None] * stream.count
        firsts: list[float] = []
        faults = Counter[str]()
        sends = 0
        for who, indexes in asked.items():
            got = self.got[who]
            sends += len(got)
            wanted = [name for index in indexes for name in _answer(stream.text(index))]
            heard = [_name(words) for _, words in got]
            if heard != wanted:
                missing, surplus = Counter(wanted) - Counter(heard), Counter(heard) - Counter(wanted)
                strange = surplus.pop("", 0)
                faults.update(lost=missing.total(), twice=surplus.total(), strange=strange)
                if not (missing or surplus or strange):
                    faults["disorder"] += sum(one != other for one, other in zip(heard, wanted, strict=True))
            for place, index in enumerate(indexes):
                if 2 * place < len(got):
                    at = got[2 * place][0]
                    firsts.append(at)
                    waits[index] = at - came.due[index // stream.batch]
        return Heard(came, waits, sorted(firsts), sends, **faults)


def _answer(question: str) -> tuple[str, str]:
    name = QUESTIONS[question]
    return f"{CARD}{name}", name


def _name(words: str) -> str:
    """The product a message names, a card behind the word "card"; empty for any other message."""
    found = next((one for one in QUESTIONS.values() if one in words), "")
    return f"{CARD}{found}" if found and words.startswith(CARD) else found


def ask(
    port: int, graph: Graph, *streams: Stream, beside: Sequence[Stream] = (), patience: float = 20
) -> list[Heard]:  # fmt: skip
    """Let these customers write and wait for their answers; ``patience``: seconds in which nothing comes any more.

    ``beside``: who writes, too, and whose answers nobody waits for.
    """
    graph.new()
    ear = Ear(graph)
    came = opened(port, *streams, *beside)
    ear.wait(list(streams), patience)
    return [ear.judge(one) for one in came[: len(streams)]]


def thirds(waits: list[float]) -> dict[str, float]:
    """``p50``, ``p95`` and ``p99`` in milliseconds."""
    return {f"p{round(share * 100)}": round(percentile(waits, share) * 1000, 1) for share in (0.5, 0.95, 0.99)}

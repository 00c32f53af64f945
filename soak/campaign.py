"""A campaign: customers write, processes die and freeze, and a judge compares what customers got with a calm day."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from salespilots.testing.delivery import Verdict, judge
from soak.books import Books
from soak.driver import Driver, pay
from soak.fleet import Fleet
from soak.reaper import Reaper
from soak.record import Record
from soak.scripts import BUYERS, SCRIPTS, Cast, cast
from soak.stage import Stage

CHATS = 40
LOOK_SECONDS = 0.05
ENDLESS = 8
"""Times its patience: what still moves then never ends."""


@dataclass
class Report:
    """What happened, and whether it was fine."""

    waves: int = 0
    messages: int = 0
    replies: int = 0
    paid: int = 0
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    frozen: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    verdicts: list[Verdict] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    """What happened to the first customers for whom it was not fine."""

    @property
    def killed(self) -> int:
        """Deaths in all."""
        return sum(self.kills.values())

    @property
    def fine(self) -> bool:
        """Nothing lost, nothing twice, nothing out of order, and the books agree."""
        return all(one.fine for one in self.verdicts) and not self.broken

    def __str__(self) -> str:
        bad = [str(one) for one in self.verdicts if not one.fine]
        return (
            f"{self.killed} kills {dict(sorted(self.kills.items()))}, frozen {dict(self.frozen)}, {self.waves} waves, "
            f"{self.messages} messages, {self.replies} replies, {self.paid} paid, refused {dict(self.refused)}, "
            f"{self.seconds:.0f} s; judged {bad or 'fine'}; books {self.broken or 'fine'}"
        )


class Campaign:
    """One product under trouble. ``patience``: seconds without any movement after which a wave is over. ``expected``: what
    customers get for each script on a calm day, if it was learned before. ``webhook_urls``: of several web servers."""

    def __init__(
        self,
        stage: Stage,
        fleet: Fleet,
        reaper: Reaper | None = None,
        *,
        seed: int = 1,
        chats: int = CHATS,
        patience: float = 45.0,
        expected: dict[int, list[str]] | None = None,
        webhook_urls: Sequence[str] = (),
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.stage, self.fleet, self.report = stage, fleet, Report()
        self.driver = Driver(stage.graph, webhook_urls or [stage.webhook_url], stage.history)
        self._record, self._books = Record(stage.history.path), Books(stage)
        self._reaper, self._seed, self._chats, self._patience, self._say = reaper, seed, chats, patience, say
        self.expected: dict[int, list[str]] = expected or {}

    # --- a calm day --------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Play every script once with nobody dying: what customers should get."""
        people = {f"{300_000_000_000_000 + number}": number for number in range(len(SCRIPTS))}
        self.driver.play_calmly(people, lambda: self._until(self._nothing_waits))
        self._pay(people)
        self._until(self._nothing_waits)
        self._record.read()
        self.expected = {script: self._record.taken.get(who, []) for who, script in people.items()}
        for who, script in people.items():
            assert self.expected[script], f"a calm day is not answered: {SCRIPTS[script]} of {who}"

    # --- a bad one ---------------------------------------------------------------------------------------------

    def run(self, *, waves: int = 1, seconds: float = 3600.0) -> Report:
        """At least so many waves, and on until the reaper had its deaths; no longer than ``seconds``. Ends with the first
        wave that is not fine."""
        started = time.monotonic()
        while self.report.fine and time.monotonic() - started < seconds:
            self.wave(self._seed * 1000 + self.report.waves + 1)
            self.report.seconds = time.monotonic() - started
            self._say(str(self.report))
            done = self._reaper is None or self._reaper.enough
            if self.report.waves >= waves and done:
                break
        return self.report

    def wave(self, number: int) -> None:
        """New customers, from their first word to the payment, and what became of them."""
        people = cast(number, self._chats)
        with self._reaper.reaping(self._record.read) if self._reaper else nullcontext():
            self.driver.play(people, number)
            self._until(lambda: self._come(people, paid=False))
            self.report.paid += self._pay(people)
            self._until(lambda: self._come(people, paid=True))
        self._until(lambda: self._nothing_waits() and self._come(people, paid=True))
        self._judge(people)

    def wave_after(self, number: int, over: Callable[[], None]) -> float:
        """Customers who ask and buy nothing write, then ``over`` is called and waited for; returns the seconds from then on
        until all was answered."""
        people = cast(self._seed * 1000 + number, self._chats, sorted(set(range(len(SCRIPTS))) - BUYERS))
        self.driver.play(people, number)
        over()
        since = time.monotonic()
        self._until(lambda: self._come(people, paid=True))
        took = time.monotonic() - since
        self._until(self._nothing_waits)
        self._judge(people)
        return took

    def waiting(self) -> dict[str, float]:
        """What waits by now."""
        return self._books.backlog()

    def _judge(self, people: Cast) -> None:
        self._record.read()
        got = {who: self._record.taken.get(who, []) for who in people}
        wanted = {who: self.expected[script] for who, script in people.items()}
        report = self.report
        report.verdicts.append(judge(wanted, got))
        report.broken += self._books.of(people)
        report.waves += 1
        report.messages += sum(self._record.acknowledged.get(who, 0) for who in people)
        report.replies += sum(map(len, got.values()))
        report.refused = Counter(self.driver.answers.refused)
        report.stories += [
            line for who in sorted(report.verdicts[-1].who)[:3] for line in ("", who, *self._books.story(who))
        ]
        if self._reaper is not None:
            report.kills, report.frozen = self._reaper.kills, self._reaper.frozen

    # --- money, and waiting ------------------------------------------------------------------------------------

    def _pay(self, people: Cast) -> int:
        references = self._books.unpaid(people)
        return pay(self.stage.razorpay, lambda link: link["reference_id"] in references)

    def _come(self, people: Cast, *, paid: bool) -> bool:
        """Whether every customer has as many replies as they should have."""
        self._record.read()
        return all(
            len(self._record.taken.get(who, ())) >= len(self.expected[script]) - (script in BUYERS and not paid)
            for who, script in people.items()
        )

    def _nothing_waits(self) -> bool:
        return not any(self._books.backlog().values())

    def _until(self, so: Callable[[], bool]) -> None:
        """Until it is so, three looks in a row; gives up when nothing moves any more, or it goes on for ever."""
        last: tuple[int, Mapping[str, float]] | None = None
        since, calm = time.monotonic(), 0
        ends = since + ENDLESS * self._patience
        while calm < 3 and time.monotonic() - since < self._patience and time.monotonic() < ends:
            calm = calm + 1 if so() else 0
            now = (self._record.read(), self._books.backlog())
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(LOOK_SECONDS)

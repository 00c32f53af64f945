"""How a provider may deliver a story: late, twice, shuffled, many events in one POST."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from salespilots.testing.delivery.story import Line, Story

MOST_IN_A_POST = 1000
"""Meta puts up to a thousand updates into one POST."""


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery: when it arrives, and the events in it. ``work``: whether the product gets to work before the next."""

    at: datetime
    lines: tuple[Line, ...]
    work: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """``late``: seconds that an event may take; ``again``: share of events that come a second and third time, up to
    ``again_within`` seconds later; ``gather``: seconds over which events are collected into one POST."""

    late: float = 0.95
    again: float = 0.4
    again_within: float = 400.0
    gather: float = 0.4
    lazy: float = 0.3
    """Share of deliveries after which the product does not get to work."""

    def deliver(self, story: Story, seed: int | None = None) -> list[Post]:
        """The story as it arrives; another ``seed`` is another day's weather for the same story."""
        chance = random.Random(f"weather {story.seed if seed is None else seed}")
        arrivals: list[tuple[datetime, Line]] = []
        for line in story:
            arrivals.append((line.at + timedelta(seconds=chance.uniform(0, self.late)), line))
            while chance.random() < self.again:
                arrivals.append((line.at + timedelta(seconds=chance.uniform(0, self.again_within)), line))
        arrivals.sort(key=lambda one: (one[0], one[1].ref))
        posts: list[Post] = []
        while arrivals:
            ends = arrivals[0][0] + timedelta(seconds=chance.uniform(0, self.gather))
            batch = [one for one in arrivals if one[0] <= ends][:MOST_IN_A_POST]
            del arrivals[: len(batch)]
            lines = [line for _, line in batch]
            chance.shuffle(lines)
            posts.append(Post(batch[-1][0], tuple(lines), chance.random() >= self.lazy))
        return posts


def calm(story: Story) -> list[Post]:
    """The same story, each event once, at once and alone."""
    return [Post(line.at, (line,)) for line in story]


def in_one_post(lines: Sequence[Line], seed: int) -> list[Post]:
    """Everything in as few POSTs as a provider may use, in no order."""
    shuffled = list(lines)
    random.Random(f"post {seed}").shuffle(shuffled)
    latest = max(one.at for one in shuffled)
    return [
        Post(latest, tuple(shuffled[start : start + MOST_IN_A_POST]))
        for start in range(0, len(shuffled), MOST_IN_A_POST)
    ]

"""How well meanings are found in the labelled sentences, those the rules were written with and those they were not."""

from __future__ import annotations

from collections import Counter

import pytest

from salespilots.plugins.builtin.understanding import RulesUnderstander
from salespilots.ports.understanding import INTENTS
from tests.support.lines import CATALOGUE, Line, building, by_contains, held_out, score, yardstick

UNDERSTANDER = RulesUnderstander()
FLOOR = (0.95, 0.90)
"""Precision and recall, over all sentences and over the intents."""


def acts_on(text: str) -> str | None:
    understood = UNDERSTANDER.understand(text, CATALOGUE)
    return understood.intent if understood.confidence >= 0.5 else None


def test_enough_lines_over_all_intents_and_scripts():
    assert len(building()) + len(held_out()) >= 1500
    assert len(held_out()) >= 400
    for lines in (building(), held_out()):
        of = Counter(line.intent for line in lines)
        assert set(of) == set(INTENTS)
        assert min(of.values()) >= 25
        written = Counter((line.intent, line.script) for line in lines)
        assert min(written[intent, script] for intent in INTENTS for script in ("latin", "devanagari")) >= 5


def test_no_line_stands_twice_or_in_both():
    texts = [" ".join(line.text.casefold().split()) for line in (*building(), *held_out())]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


@pytest.mark.parametrize("lines", [building(), held_out()], ids=["building", "held_out"])
def test_precision_and_recall(lines: tuple[Line, ...]):
    told = score(lines, acts_on)
    plain = score(lines, by_contains)
    for precision, recall in (told.micro, told.macro):
        assert precision >= FLOOR[0], told
        assert recall >= FLOOR[1], told
    assert max(plain.micro) < FLOOR[1], "what looking for pieces of text would do"


@pytest.mark.skipif(not yardstick(), reason="the public yardstick is not beside the repository")
def test_public_yardstick():
    told = score(yardstick(), acts_on)
    precision, recall = told.micro
    assert precision >= 0.86, told
    assert recall >= 0.75, told

"""Long words in parts: bytes for the channel, graphemes and words for people (J2, F3)."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from salespilots.services.messaging.content import split_text

PIECES = [
    "नमस्ते ", "क्षत्रिय", "श्री", "ज़रूर", "₹1,499 ", "saree", " ", "\n", "👩‍👩‍👧‍👦", "🇮🇳", "1️⃣", "❤️", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é", "e\u0301", "தமிழ்", "ണ്‍",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=120).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(60, 1000))
def test_parts_fit_and_nothing_is_torn_or_lost(text: str, limit: int) -> None:
    parts = split_text(text, limit)
    assert all(0 < len(one.encode()) <= limit for one in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    whole = [one for one in regex.findall(r"\X", text) if not one.isspace()]
    assert [one for part in parts for one in regex.findall(r"\X", part) if not one.isspace()] == whole


def test_words_stay_whole_where_there_are_blanks() -> None:
    parts = split_text("कृपया अपना पूरा पता भेजें " * 40, 1000)
    assert len(parts) > 1
    assert all(set(one.split()) <= {"कृपया", "अपना", "पूरा", "पता", "भेजें"} for one in parts)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_no_part(text: str) -> None:
    assert split_text(text, 1000) == []


def test_a_grapheme_longer_than_the_limit_leaves_all_the_same() -> None:
    parts = split_text("a" + "\u0301" * 2000, 1000)
    assert all(len(one.encode()) <= 1000 for one in parts)
    assert "".join(parts) == "a" + "\u0301" * 2000

"""The colours keep the contrast that the design promises, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import salespilots.web

TOKENS = Path(salespilots.web.__path__[0]) / "static" / "css" / "tokens.css"
TEXT, MARK = 4.5, 3.0
PAIRS = (
    ("ink", "surface", TEXT), ("ink-2", "surface", TEXT), ("ink-3", "bg", TEXT), ("ink-3", "surface-3", TEXT),
    ("line-strong", "surface", MARK), ("line-strong", "bg", MARK), ("surface", "bad", TEXT), ("on-brand", "brand", TEXT),
    ("brand-ink", "brand-soft", TEXT), ("ok-ink", "ok-soft", TEXT), ("warn-ink", "warn-soft", TEXT),
    ("bad-ink", "bad-soft", TEXT), ("info-ink", "info-soft", TEXT), ("auto-ink", "auto-soft", TEXT),
    ("on-accent", "accent", TEXT),
)  # fmt: skip


def blocks() -> list[dict[str, str]]:
    """The colours of each rule, in their order."""
    text = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(), flags=re.DOTALL)
    rules = [
        dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})", body)) for body in re.findall(r"\{([^{}]*)\}", text)
    ]
    return [one for one in rules if "bg" in one]


def themes() -> dict[str, dict[str, str]]:
    light, *dark = blocks()
    assert len(dark) == 2, "the dark values are written for the choice and for the device's own theme"
    assert dark[0] == dark[1], "both dark blocks are the same"
    return {"light": light, "dark": {**light, **dark[0]}}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: str, front: str, back: str, least: float) -> None:
    colours = themes()[theme]
    assert contrast(colours[front], colours[back]) >= least


def test_measure_is_right() -> None:
    assert round(contrast("#000000", "#FFFFFF"), 1) == 21.0
    assert round(contrast("#171B1A", "#FFFFFF"), 1) == 17.4

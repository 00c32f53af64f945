"""Amounts of money in English words, counted in lakh and crore."""

from __future__ import annotations

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_PLACES = ((10_000_000, "crore"), (100_000, "lakh"), (1000, "thousand"), (100, "hundred"))


def in_words(number: int) -> str:
    """``1234567`` → ``twelve lakh thirty-four thousand five hundred sixty-seven``."""
    for size, name in _PLACES:
        if number >= size:
            whole, rest = divmod(number, size)
            return f"{in_words(whole)} {name}" + (f" {in_words(rest)}" if rest else "")
    if number < 20:
        return _SMALL[number]
    tens, rest = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[rest]}" if rest else "")


def rupees_in_words(paise: int) -> str:
    """``129950`` → ``Rupees one thousand two hundred ninety-nine and fifty paise only``."""
    whole, rest = divmod(paise, 100)
    return f"Rupees {in_words(whole)}" + (f" and {in_words(rest)} paise" if rest else "") + " only"

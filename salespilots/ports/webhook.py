"""An incoming webhook as the core hands it to a plugin: raw bytes first, nothing parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 32
"""Levels of nesting in a webhook's JSON; no provider comes near."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """``headers`` has lower-case names; ``query`` the first value of each; ``body`` the bytes as received."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        return self.headers.get(name.lower(), "")

    def json(self, max_depth: int = MAX_DEPTH) -> Any:
        """The body as JSON that any store can keep. Call it after the signature is verified.

        NUL is left out of strings and a lone surrogate becomes a question mark; deep nesting, NaN and anything
        that is not JSON raise `ValueError`.
        """
        try:
            text = self.body.decode("utf-8")
            value = json.loads(text, parse_constant=_refuse)
            if text.isascii() and "\\u" not in text and text.count("{") + text.count("[") <= max_depth:
                return value  # nothing in it can be deep, or text that no store keeps
            return _tidy(value, max_depth)
        except RecursionError:
            raise ValueError("the body is nested too deeply") from None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _tidy(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if value.isascii() and "\x00" not in value else _storable(value)
    if isinstance(value, (dict, list)):
        if depth <= 0:
            raise ValueError("the body is nested too deeply")
        if isinstance(value, list):
            return [_tidy(one, depth - 1) for one in value]
        return {_tidy(name, depth): _tidy(one, depth - 1) for name, one in value.items()}
    return value


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")

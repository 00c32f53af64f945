"""Patterns an owner may write: regular expressions that take a time in proportion to the message, whatever they are.

RE2 knows no back-references and no looking ahead, so no pattern can hold up a worker; what is left is size, which is
bounded here. A pattern looks at the cleaned message: small letters, no accents, single spaces.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import re2

LONGEST = 200
"""Characters of a pattern."""
MOST_STEPS = 500
"""Size of the compiled program; beyond it a search may take milliseconds."""
MEMORY = 1 << 18
"""Bytes one pattern may take."""

_NUKTA = "़"


class PatternRefused(ValueError):
    """A pattern that cannot be used. The text is a sentence for its author."""


def _options() -> Any:
    options = re2.Options()
    options.log_errors, options.max_mem, options.case_sensitive, options.never_capture = False, MEMORY, False, True
    return options


_OPTIONS = _options()


@lru_cache(maxsize=4096)
def read_pattern(pattern: str) -> Any:
    """The pattern, compiled; it has ``search(text)``. Raises `PatternRefused` with the reason."""
    if len(pattern) > LONGEST:
        raise PatternRefused(f"A pattern has at most {LONGEST} characters.")
    try:
        compiled = re2.compile(_as_messages_are(pattern), _OPTIONS)
    except UnicodeEncodeError:
        raise PatternRefused("This pattern holds half a character.") from None
    except re2.error as error:
        raise PatternRefused(_sentence(str(error))) from None
    if compiled.programsize > MOST_STEPS:
        raise PatternRefused("This pattern is too big. Use smaller repetitions.")
    if compiled.search("") is not None:
        raise PatternRefused("This pattern fits every message. Leave the list empty for that.")
    return compiled


def _as_messages_are(pattern: str) -> str:
    """The pattern without accents and nuktas, which messages lose, too. Capital letters stay: ``\\S`` is not ``\\s``."""
    composed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", pattern))
    return "".join(one for one in composed if one != _NUKTA and not "\u0300" <= one <= "\u036f")


def _sentence(error: str) -> str:
    """What is wrong, in the author's words."""
    said = error.strip("b'\"").replace("\\\\", "\\")
    if "perl operator" in said:
        return "Looking ahead or behind is not possible in a pattern."
    if "escape" in said:
        return f"This pattern cannot be read: {said}. Repeating what was found before is not possible."
    if "too large" in said or "repetition size" in said:
        return "This pattern is too big. Use smaller repetitions."
    return f"This pattern cannot be read: {said}."

"""What customers are told, through gettext: whole sentences with named placeholders.

English now; a translation is one catalogue named ``customer`` in the language's folder. Money arrives here as
text already written by `domain.money`, so that a figure can only be one that the shop's data gave.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "web" / "translations"


@lru_cache(maxsize=16)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("customer", FOLDER, languages=[language], fallback=True)


def say(text: str, /, language: str = "en", **values: Any) -> str:
    """The sentence in a language, placeholders (``{name}``) filled by look-up, never evaluated."""
    sentence = _catalogue(language).gettext(text)
    for name, value in values.items():
        sentence = sentence.replace("{" + name + "}", str(value))
    return sentence


def pieces(count: int) -> str:
    """``1 piece``, ``2 pieces``."""
    return _catalogue("en").ngettext("{n} piece", "{n} pieces", count).replace("{n}", str(count))

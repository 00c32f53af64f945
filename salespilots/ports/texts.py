"""What customers are told, through gettext: whole sentences with named placeholders.

English now; a translation is one catalogue named ``customer`` in the language's folder. Money arrives here as
text already written by `domain.money`, so that a figure can only be one that the shop's data gave.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

PLACEHOLDERS = (
    "customer", "shop", "product", "price", "stock", "quantity", "items", "total", "due", "order", "link", "tracking",
    "courier", "address", "festival",
)  # fmt: skip
"""What a workflow's words may ask for at any step (``{price}``)."""

OWN_FIELD = "field_"
"""Before the name of a field of the shop's own: ``{field_birthday}``."""

_PLACE = re.compile(r"\{([a-z_]{1,30})\}")
FOLDER = Path(__file__).parent.parent / "web" / "translations"


@lru_cache(maxsize=16)
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("customer", FOLDER, languages=[language], fallback=True)


def say(text: str, /, language: str = "en", **values: Any) -> str:
    """The sentence in a language, placeholders (``{name}``) filled by look-up, never evaluated."""
    return fill_in(_catalogue(language).gettext(text), values)


def fill_in(text: str, values: Mapping[str, Any]) -> str:
    """Known ``{name}`` placeholders by their values in one pass: a value is never read for placeholders again."""
    return _PLACE.sub(lambda found: str(values[found[1]]) if found[1] in values else found[0], text)


def pieces(count: int) -> str:
    """``1 piece``, ``2 pieces``."""
    return _catalogue("en").ngettext("{n} piece", "{n} pieces", count).replace("{n}", str(count))

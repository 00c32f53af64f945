"""The words of customers' pages in the languages of customers, whatever the shop's own screens are written in."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "hi")
"""English is what the code says; every other one has a catalogue here."""


class PublicWords(Domain):
    """Words of the page's language from here. Call ``as_default()`` while a customer's page is made."""

    def get_translations(self) -> NullTranslations:
        return words(getattr(get_locale(), "language", "en"))


@lru_cache(maxsize=4)
def words(language: str) -> NullTranslations:
    """A catalogue, read when it is first asked for."""
    if language not in LANGUAGES or language == "en":
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)

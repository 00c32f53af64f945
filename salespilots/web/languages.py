"""Which languages the interface can be shown in: English, and every one that has a compiled catalogue."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "translations"


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """English first. A language appears by itself once ``<language>/LC_MESSAGES/messages.mo`` is there."""
    found = {path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/messages.mo")}
    return ("en", *sorted(found - {"en"}))


def pick(wanted: object) -> str:
    """The wanted language if there is one, else English."""
    return wanted if isinstance(wanted, str) and wanted in available() else "en"

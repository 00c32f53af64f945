"""Words kept for several uses: in workflow steps, and by their shortcut in the composer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

LANGUAGES = ("en", "hi")
PURPOSES = ("answer", "sell", "order", "follow_up", "after_sale", "other")
NAME = re.compile(r"^[a-z0-9_]{1,40}$")
"""What a template is called: in steps, and after the stroke in the composer (``/price``)."""


@dataclass(slots=True, kw_only=True)
class Template:
    """``texts``: language to words with placeholders. ``name`` is unique in the shop."""

    id: str
    business_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    title: str = ""
    purpose: str = "other"
    texts: dict = field(default_factory=dict)
    quick_replies: list = field(default_factory=list)  # {"title", "payload"}
    version: int = 0

    def text(self, language: str) -> tuple[str, str]:
        """(language found, words): in the wanted language, else in the first that is there."""
        for one in (language, *LANGUAGES):
            if self.texts.get(one):
                return one, str(self.texts[one])
        return language, ""

"""The onboarding checklist."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

MINUTES = {"shop": 1, "products": 1, "workflows": 1, "simulator": 3, "instagram": 10, "payments": 5}


def steps(done: Mapping[str, Any]) -> list[SimpleNamespace]:
    """Six steps; the first open one is the next."""
    shown: list[SimpleNamespace] = []
    for key, minutes in MINUTES.items():
        if done[key]:
            state = "done"
        elif key in done["skipped"]:
            state = "skipped"
        else:
            state = "later" if any(one.state == "now" for one in shown) else "now"
        shown.append(SimpleNamespace(key=key, state=state, minutes=minutes))
    return shown


def title(key: str) -> str:
    """What a step is called elsewhere."""
    return {
        "shop": _("Say who you are"),
        "products": _("Add products"),
        "workflows": _("Turn on the starter workflows"),
        "simulator": _("Play a customer"),
        "instagram": _("Connect Instagram"),
        "payments": _("Turn on payments"),
    }[key]

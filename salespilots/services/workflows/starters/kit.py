"""What a starter is made of: words in both languages, a definition, and cases that show and prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LANGUAGES = ("en", "hi")


@dataclass(frozen=True, slots=True)
class Both:
    """The same words in English and Hindi."""

    en: str
    hi: str

    def text(self, language: str) -> str:
        """In one of them."""
        return self.hi if language == "hi" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is tried: ``script`` and ``expected`` as `salespilots.services.rehearsal` reads them."""

    name: str
    script: Mapping[str, Any]
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A workflow to begin with. ``goal``: answer | sell | follow_up | after_sale. ``made`` holds `Both` where there are words.
    ``cases``: the first is its preview."""

    key: str
    goal: str
    name: Both
    about: Both
    made: Mapping[str, Any]
    cases: tuple[Case, ...]
    on_by_default: bool = field(default=False)

    def definition(self, language: str) -> dict[str, Any]:
        """In one language."""
        made: dict[str, Any] = in_language(self.made, language)
        return made


def in_language(made: Any, language: str) -> Any:
    """The same with plain words."""
    if isinstance(made, Both):
        return made.text(language)
    if isinstance(made, Mapping):
        return {name: in_language(value, language) for name, value in made.items()}
    if isinstance(made, (list, tuple)):
        return [in_language(value, language) for value in made]
    return made


def step(id: str, kind: str, branches: Mapping[str, str] | None = None, **settings: Any) -> dict[str, Any]:
    """A step; ``next`` is the end unless it is named."""
    return {"id": id, "kind": kind, "settings": settings, **({"next": "end"} | dict(branches or {}))}


def reply(title: Both, payload: str) -> dict[str, Any]:
    """A tappable answer."""
    return {"title": title, "payload": payload}


SEE_PRODUCTS = reply(Both("See products", "सामान देखें"), "catalogue")
PERSON = reply(Both("Talk to a person", "किसी से बात करें"), "human")
ORDER = reply(Both("My order", "मेरा ऑर्डर"), "order_status")

"""Templates as cards and as a form: both languages as bubbles with sample values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.template import LANGUAGES, PURPOSES, Template
from salespilots.ports.texts import PLACEHOLDERS
from salespilots.services.template_starters import FirstTemplate
from salespilots.services.templates import sample

PURPOSE_NAMES: dict[str, Callable[[], str]] = {
    "answer": lambda: _("Answers"), "sell": lambda: _("Selling"), "order": lambda: _("Orders and parcels"),
    "follow_up": lambda: _("Follow up"), "after_sale": lambda: _("After sale"), "other": lambda: _("Others"),
}  # fmt: skip

LANGUAGE_NAMES = {"en": "English", "hi": "हिन्दी"}

PLACE_NAMES: dict[str, Callable[[], str]] = {
    "customer": lambda: _("customer's first name"), "shop": lambda: _("shop's name"), "product": lambda: _("product"),
    "price": lambda: _("price"), "stock": lambda: _("stock"), "quantity": lambda: _("how many"),
    "items": lambda: _("what was ordered"), "total": lambda: _("total"), "due": lambda: _("still to pay"),
    "order": lambda: _("order number"), "link": lambda: _("payment link"), "tracking": lambda: _("tracking number"),
    "courier": lambda: _("courier"), "address": lambda: _("address"), "festival": lambda: _("festival"),
}  # fmt: skip


def sections(templates: Sequence[Template], uses: Mapping[str, Sequence[str]]) -> list[SimpleNamespace]:
    """The shop's templates by purpose, purposes without one left out."""
    made = []
    for purpose in PURPOSES:
        cards = [card(one, uses.get(one.name, ())) for one in templates if one.purpose == purpose]
        if cards:
            made.append(SimpleNamespace(key=purpose, name=PURPOSE_NAMES[purpose](), cards=cards))
    return made


def card(one: Template, users: Sequence[str]) -> SimpleNamespace:
    """One of the grid."""
    return SimpleNamespace(
        id=one.id, name=one.name, title=one.title or one.name, users=list(users), texts=_texts(one.texts),
        missing=[LANGUAGE_NAMES[each] for each in LANGUAGES if not one.texts.get(each)],
    )  # fmt: skip


def offer(one: FirstTemplate) -> SimpleNamespace:
    """One that a shop may begin with."""
    return SimpleNamespace(name=one.name, title=one.title, texts=_texts({"en": one.en, "hi": one.hi}))


def _texts(texts: Mapping[str, str]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(language=one, name=LANGUAGE_NAMES[one], text=sample(texts[one]))
        for one in LANGUAGES if texts.get(one)
    ]  # fmt: skip


def values_of(one: Template) -> dict[str, Any]:
    """As the form shows it."""
    return {
        "title": one.title, "name": one.name, "purpose": one.purpose,
        **{f"text_{language}": one.texts.get(language, "") for language in LANGUAGES},
    }  # fmt: skip


def placed(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Errors of a save at the fields of the form: those of words at the language they are about."""
    errors = {name: _(texts[0]) for name, texts in fields.items() if texts and name != "texts"}
    for text in fields.get("texts", ()):
        language, colon, sentence = text.partition(": ")
        name = f"text_{language}" if colon and language in LANGUAGES else "text_en"
        errors[name] = _(sentence) if colon and language in LANGUAGES else _(text)
    return errors


def variables() -> list[SimpleNamespace]:
    """What can be put into the words, with what it stands for."""
    return [SimpleNamespace(place=f"{{{one}}}", name=PLACE_NAMES[one]()) for one in PLACEHOLDERS]


def purposes() -> list[tuple[str, str]]:
    """Choices of the form."""
    return [(one, PURPOSE_NAMES[one]()) for one in PURPOSES]

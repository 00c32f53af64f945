"""Questions and menu as a form of fixed rows, and as a customer sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.errors import InvalidInput
from salespilots.ports.channel_account import MenuItem, MenuLimits
from salespilots.services.connecting.menus import WORDS, Offer, Offered


@dataclass(slots=True)
class Row:
    """One row of the form. ``name`` is what its fields begin with."""

    name: str
    title: str = ""
    does: str = ""
    product: str = ""
    link: str = ""

    @property
    def empty(self) -> bool:
        """Nothing is to be shown."""
        return not (self.title or self.product or self.link)


@dataclass(slots=True)
class Rows:
    """All rows of the form."""

    questions: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)


def does() -> list[tuple[str, str]]:
    """What a tap can do."""
    return [
        ("catalogue", _("Show the products")), ("price", _("Tell a product's price")),
        ("order_status", _("Say where the order is")), ("human", _("Call a person of the shop")),
        ("words", _("Answer as if they had written this")),
    ]  # fmt: skip


def rows_of(offered: Offered) -> Rows:
    """Stored offers and empty rows behind them. A shop that offered nothing yet begins with three questions."""
    questions = offered.questions
    if not (offered.questions or offered.entries or offered.at_channel):
        questions = (
            Offer(title=_("What do you sell?"), does="catalogue"), Offer(title=_("Where is my order?"), does="order_status"),
            Offer(title=_("Can I talk to a person?"), does="human"),
        )  # fmt: skip
    return Rows(
        [_row(f"q{n}", _at(questions, n)) for n in range(1, offered.limits.questions + 1)],
        [_row(f"e{n}", _at(offered.entries, n)) for n in range(1, offered.limits.entries + 1)],
    )


def _at(offers: tuple[Offer, ...], number: int) -> Offer | None:
    return offers[number - 1] if number <= len(offers) else None


def _row(name: str, one: Offer | None) -> Row:
    if one is None:
        return Row(name)
    return Row(
        name, one.title, one.does, one.value if one.does == "price" else "", one.value if one.does == "link" else ""
    )


def read_rows(form: Mapping[str, str], limits: MenuLimits) -> Rows:
    """The form as it was sent, cut to what a stored offer may hold at most."""

    def row(name: str) -> Row:
        text = " ".join(form.get(f"{name}_title", "").replace("\x00", "").split())[:300]
        parts = (form.get(f"{name}_does", "")[:20], form.get(f"{name}_product", "")[:60])
        return Row(name, text, *parts, form.get(f"{name}_link", "").strip()[:600])

    return Rows(
        [row(f"q{n}") for n in range(1, limits.questions + 1)], [row(f"e{n}") for n in range(1, limits.entries + 1)]
    )


def offers(rows: Rows) -> tuple[list[Offer], list[Offer]]:
    """(questions, entries), rows that are empty left out."""
    return (
        [_offer(one) for one in rows.questions if not one.empty],
        [_offer(one) for one in rows.entries if not one.empty],
    )


def _offer(row: Row) -> Offer:
    value = {"price": row.product, "link": row.link}.get(row.does, "")
    return Offer(title=row.title, does=row.does, value=value)


def placed(errors: Mapping[str, str], rows: Rows) -> dict[str, str]:
    """Errors by the number of an offer, given to the row that it stands in."""
    found: dict[str, str] = {}
    for kind, given in (("question", rows.questions), ("entry", rows.entries)):
        used = [one for one in given if not one.empty]
        for number, row in enumerate(used, 1):
            if f"{kind}_{number}" in errors:
                found[f"{row.name}_title"] = errors[f"{kind}_{number}"]
    if errors and not found:
        raise InvalidInput({name: [text] for name, text in errors.items()})
    return found


def preview(rows: Rows) -> SimpleNamespace:
    """Titles as the customer sees them."""
    return SimpleNamespace(
        questions=[one.title for one in rows.questions if not one.empty],
        entries=[(one.title, one.does == "link") for one in rows.entries if not one.empty],
    )


def shown(offered: Offered, products: Mapping[str, str]) -> SimpleNamespace | None:
    """What the channel said that it shows; None when it was never asked."""
    if offered.at_channel is None:
        return None
    return SimpleNamespace(
        questions=[(one.title, _meaning(one, products)) for one in offered.at_channel.questions],
        entries=[(one.title, _meaning(one, products)) for one in offered.at_channel.entries],
        same=offered.shown_at is not None,
        at=offered.shown_at,
    )


def _meaning(one: MenuItem, products: Mapping[str, str]) -> str:
    kind, _colon, value = one.payload.partition(":")
    if one.url:
        return one.url
    if kind == "product":
        return _("Tells the price of %(product)s", product=products.get(value) or _("a product that is not on sale"))
    if one.payload.startswith(WORDS):
        return _("Is answered as if it had been written")
    return dict(does()).get(kind) or _("Was set elsewhere; it is answered as if it had been written")

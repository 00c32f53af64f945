"""Stock as the ledger and the counting list show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.order import Order
from salespilots.domain.stock import MovementKind
from salespilots.domain.waiting import WaitingState
from salespilots.services.catalog import ProductDetail
from salespilots.services.stockroom import LedgerLine
from salespilots.services.waiting_list import Waiting
from salespilots.web.fields import MAX_COUNT
from salespilots.web.filters import money
from salespilots.web.media import SMALL, thumbnail

_THERE = re.compile(r"^there-(var_[A-Za-z0-9]{8,40})$")


def header(detail: ProductDetail) -> SimpleNamespace:
    """The product over its ledger, with the figures of each kind."""
    return SimpleNamespace(
        id=detail.product.id,
        title=detail.product.title,
        kinds=[
            SimpleNamespace(
                id=one.id, name=one.title or one.sku, sku=one.sku, on_hand=detail.levels[one.id].on_hand,
                reserved=detail.levels[one.id].reserved, available=detail.levels[one.id].available,
            )
            for one in detail.variants
        ],
    )  # fmt: skip


def line(one: LedgerLine, names: Mapping[str, str], *, many: bool) -> SimpleNamespace:
    """One movement: how many, why, who, when, which order."""
    move = one.movement
    pieces = move.on_hand_delta if move.on_hand_delta or not move.reserved_delta else move.reserved_delta
    return SimpleNamespace(
        at=move.at,
        why=_why(move.kind),
        icon=ICONS.get(move.kind, "box"),
        pieces=f"{'+' if pieces > 0 else '−' if pieces < 0 else ''}{abs(pieces)}",
        promised=not move.on_hand_delta and bool(move.reserved_delta),
        who=names.get(move.actor, _("Automatic") if move.actor == "system" else move.actor.partition(":")[0]),
        kind=one.variant.title if many else "",
        note=move.note,
        order_id=one.order.id if one.order else "",
        order_number=(one.order.number or "") if one.order else "",
    )


ICONS = {
    MovementKind.RECEIVE: "plus", MovementKind.ADJUST: "edit", MovementKind.SOLD_ELSEWHERE: "store",
    MovementKind.DAMAGED: "alert", MovementKind.RETURN: "undo", MovementKind.RESERVE: "lock",
    MovementKind.RELEASE: "undo", MovementKind.SHIP: "truck",
}  # fmt: skip


def reasons() -> list[tuple[str, str]]:
    """Why stock is changed by hand: choices of a form."""
    return [
        ("counted", _("Counted again")), ("received", _("New stock came")), ("sold_elsewhere", _("Sold in the shop")),
        ("damaged", _("Damaged")), ("returned", _("Came back")),
    ]  # fmt: skip


def _why(kind: MovementKind) -> str:
    words = {
        MovementKind.RECEIVE: _("New stock came"), MovementKind.ADJUST: _("Counted again"),
        MovementKind.SOLD_ELSEWHERE: _("Sold in the shop"), MovementKind.DAMAGED: _("Damaged"),
        MovementKind.RETURN: _("Came back"), MovementKind.RESERVE: _("Held for an order"),
        MovementKind.RELEASE: _("Not held any more"), MovementKind.SHIP: _("Left with an order"),
    }  # fmt: skip
    return words.get(kind, str(kind))


def waiting(places: Sequence[Waiting], *, many: bool) -> list[SimpleNamespace]:
    """Who waits for a product, and what became of it."""
    words = {
        WaitingState.WAITING: (_("Waiting"), "", "clock"), WaitingState.TOLD: (_("Told"), "ok", "check"),
        WaitingState.UNREACHABLE: (_("Reachable only if they write"), "warn", "alert"),
    }  # fmt: skip
    return [
        SimpleNamespace(
            name=one.customer.name or one.customer.username or _("Customer"),
            customer_id=one.customer.id,
            conversation_id=one.place.conversation_id or "",
            kind=one.variant.title if many else "",
            at=one.place.told_at or one.place.created_at,
            told=one.place.told_at is not None,
            pill=words[one.place.state],
        )
        for one in places
        if one.place.state in words
    ]


def holders(orders: Sequence[Order]) -> list[SimpleNamespace]:
    """Orders that pieces are promised to."""
    return [
        SimpleNamespace(
            id=one.id, number=one.number or "", name=one.address.get("name") or "", amount=money(one.total_paise)
        )
        for one in orders
    ]


def kinds(details: Sequence[ProductDetail], typed: Mapping[str, str], held: Mapping[str, Any]) -> list[SimpleNamespace]:
    """Every kind of these products as a line to count by."""
    return [
        SimpleNamespace(
            id=one.id,
            name=f"{detail.product.title}, {one.title}" if one.title else detail.product.title,
            sku=one.sku,
            picture_url=(
                thumbnail(detail.product.business_id, detail.product.images[0], SMALL) if detail.product.images else ""
            ),
            was=detail.levels[one.id].on_hand,
            there=typed.get(one.id, str(detail.levels[one.id].on_hand)),
            reserved=detail.levels[one.id].reserved,
            holders=held.get(one.id, []),
        )
        for detail in details
        for one in detail.variants
    ]


@dataclass
class Counts:
    """What was counted: variant id to (shown, there), what was typed, and what is no number."""

    values: dict[str, tuple[int, int]] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read_counts(form: Mapping[str, str]) -> Counts:
    """The ``there-…`` and ``was-…`` fields."""
    found = Counts()
    for name, text in form.items():
        match = _THERE.match(name)
        if not match:
            continue
        key, text = match.group(1), text.strip()
        was = form.get(f"was-{key}", "")
        found.typed[key] = text
        whole = text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= MAX_COUNT
        if not whole or not was.isdecimal() or len(was) > 9:
            found.errors[name] = _("Write a whole number.")
        else:
            found.values[key] = (int(was), int(text))
    return found

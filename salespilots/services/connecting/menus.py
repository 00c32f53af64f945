"""What a shop's chats offer before anything is said: written here, shown by the channel, read back from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.ports.channel_account import Menu, MenuItem, MenuLimits
from salespilots.ports.errors import PortError
from salespilots.services.connecting import told
from salespilots.services.connections import Connections
from salespilots.services.core import Core

DOES = ("catalogue", "price", "order_status", "human", "words", "link")
"""What a tap can do. ``words``: it counts as if the customer had written the title."""

WORDS = "words:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing to tap, as an owner writes it. ``value``: the product's id for ``price``, the address for ``link``."""

    title: str
    does: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the page shows. ``shown_at``: when the channel last said that it shows exactly this; None: it does not."""

    limits: MenuLimits
    questions: tuple[Offer, ...] = ()
    entries: tuple[Offer, ...] = ()
    at_channel: Menu | None = None
    shown_at: datetime | None = None
    trouble: str = ""
    connected: bool = True
    errors: dict[str, str] = field(default_factory=dict)


class Menus:
    """Use cases of the page. The network is never called within a transaction."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core, self._connections = core, connections

    def offered(self, business_id: str, provider_key: str) -> Offered:
        """What is written here, and what the channel showed when it was last asked. Raises `NotFound`."""
        limits = self._limits(provider_key)
        found = self._connections.find(business_id, provider_key)
        kept = told.part(found, "menu")
        return Offered(
            limits=limits,
            questions=tuple(Offer(**one) for one in kept.get("questions") or ()),
            entries=tuple(Offer(**one) for one in kept.get("entries") or ()),
            at_channel=_menu_of(kept["shown"]) if kept.get("shown") else None,
            shown_at=told.when(kept.get("shown_at")),
            trouble=str(kept.get("trouble") or ""),
            connected=found is not None and found.enabled,
        )

    def _limits(self, provider_key: str) -> MenuLimits:
        _, provider = self._connections.provider(provider_key)
        limits = getattr(getattr(provider, "capabilities", None), "menu", None)
        if not isinstance(limits, MenuLimits):
            raise NotFound("This connection has no menu.")
        return limits

    def show(
        self, business_id: str, provider_key: str, questions: Sequence[Offer], entries: Sequence[Offer]
    ) -> Offered:
        """Keep what was written, have the channel show it, and read it back. Empty: it is taken away.

        Raises `InvalidInput` with names like ``question_1``, `NotConnected`. What the channel refused stays written here,
        with a sentence, and is not called shown.
        """
        limits = self._limits(provider_key)
        menu = Menu(questions=tuple(map(_item, questions)), entries=tuple(map(_item, entries)))
        self._check(business_id, limits, questions, entries)
        found = self._connections.find(business_id, provider_key)
        kind, provider = self._connections.provider(provider_key)
        adapter = self._connections.adapter(business_id, kind, provider, found)
        trouble, shown = "", None
        try:
            adapter.show_menu(menu)
        except PortError as error:
            trouble = _sentence(error)
        try:
            shown = adapter.menu()
        except PortError as error:
            trouble = trouble or f"It was taken, but could not be read back. {_sentence(error)}"
        if not trouble and shown != menu:
            trouble = "The channel took it and shows something else; see below, and save again."
        now = self._core.clock.now().isoformat()
        written = {"questions": [asdict(one) for one in questions], "entries": [asdict(one) for one in entries]}

        def change(facts: dict[str, Any]) -> None:
            before = facts.get("menu") or {}
            facts["menu"] = {
                **written, "trouble": trouble, "shown": asdict(shown) if shown is not None else before.get("shown"),
                "shown_at": now if not trouble else None,
            }  # fmt: skip

        self._connections.tell(business_id, provider_key, change)
        return self.offered(business_id, provider_key)

    def read_back(self, business_id: str, provider_key: str) -> Offered:
        """Ask the channel what it shows now. Raises `NotConnected`, a `PortError`."""
        self._limits(provider_key)
        found = self._connections.find(business_id, provider_key)
        kind, provider = self._connections.provider(provider_key)
        shown = self._connections.adapter(business_id, kind, provider, found).menu()
        now = self._core.clock.now().isoformat()

        def change(facts: dict[str, Any]) -> None:
            kept = dict(facts.get("menu") or {})
            wanted = Menu(
                questions=tuple(_item(Offer(**one)) for one in kept.get("questions") or ()),
                entries=tuple(_item(Offer(**one)) for one in kept.get("entries") or ()),
            )
            same = wanted == shown
            facts["menu"] = kept | {
                "shown": asdict(shown), "shown_at": now if same else None,
                "trouble": "" if same else "The channel shows something else than what is written here; see below.",
            }  # fmt: skip

        self._connections.tell(business_id, provider_key, change)
        return self.offered(business_id, provider_key)

    def _check(
        self, business_id: str, limits: MenuLimits, questions: Sequence[Offer], entries: Sequence[Offer]
    ) -> None:
        errors: dict[str, list[str]] = {}
        if len(questions) > limits.questions or len(entries) > limits.entries:
            raise InvalidInput({"question_1": ["Too many."]})
        products = {one.value for one in (*questions, *entries) if one.does == "price"}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            known = {one for one in products if one and uow.products.find(id=one) is not None}
        for name, rows, longest in (
            ("question", questions, limits.question_length), ("entry", entries, limits.entry_length),
        ):  # fmt: skip
            for number, one in enumerate(rows, 1):
                said = _wrong(one, longest, known, link=name == "entry")
                if said:
                    errors[f"{name}_{number}"] = [said]
        if errors:
            raise InvalidInput(errors)


def _wrong(one: Offer, longest: int, products: set[str], *, link: bool) -> str:
    if not one.title.strip():
        return "Write what the customer sees."
    if len(one.title) > longest:
        return f"At most {longest} characters."
    if one.does not in DOES or (one.does == "link" and not link):
        return "Choose what it does."
    if one.does == "price" and one.value not in products:
        return "Choose the product."
    if one.does == "link" and (not one.value.startswith("https://") or len(one.value) > 500 or " " in one.value):
        return "Write an address that begins with https://"
    return ""


def _item(one: Offer) -> MenuItem:
    """In words that `services.messaging.answering.read_message` understands; anything else is read by its title."""
    if one.does == "link":
        return MenuItem(title=one.title, url=one.value)
    payload = {"price": f"product:{one.value}", "words": f"{WORDS}{one.title}"[:900]}.get(one.does, one.does)
    return MenuItem(title=one.title, payload=payload)


def _menu_of(stored: dict[str, Any]) -> Menu:
    return Menu(
        questions=tuple(MenuItem(**one) for one in stored["questions"]),
        entries=tuple(MenuItem(**one) for one in stored["entries"]),
    )


def _sentence(error: PortError) -> str:
    if error.user_action:
        return error.user_action
    if error.retryable:
        return "The channel could not be reached; try again in a minute."
    return "The channel did not take it as it is written here."

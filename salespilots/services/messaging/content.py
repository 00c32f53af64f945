"""Message content as stored JSON and back, and as one plain line for lists."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from salespilots.ports.channel import (
    Button,
    Buttons,
    Content,
    Image,
    Images,
    ProductCard,
    ProductCards,
    PublicReply,
    QuickReply,
    Text,
)

KINDS: dict[type, str] = {
    Text: "text", Image: "image", ProductCards: "product_cards", Images: "images", Buttons: "buttons",
    PublicReply: "public_reply",
}  # fmt: skip
"""Content type to the word it is stored under, which is the kind of its message, too."""


def dump(content: Content) -> dict[str, Any]:
    """JSON of a content value, tagged with its type."""
    return {"type": kind_of(content), **dump_value(content)}


def dump_value(value: Any) -> dict[str, Any]:
    """JSON of a port value; what it holds is shared, not copied."""
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


_AS_IT_IS = frozenset({str, int, bool, float, type(None), dict})


def _plain(value: Any) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return dump_value(value)
    if isinstance(value, tuple):
        return [dump_value(one) if dataclasses.is_dataclass(one) else one for one in value]
    return value


def load(stored: dict[str, Any]) -> Content:
    """The content value of stored JSON."""
    match stored.get("type"):
        case "image":
            return Image(url=stored["url"])
        case "product_cards":
            return ProductCards(
                cards=tuple(
                    ProductCard(**{**one, "buttons": tuple(Button(**button) for button in one.get("buttons", ()))})
                    for one in stored["cards"]
                )
            )
        case "images":
            return Images(urls=tuple(stored["urls"]))
        case "buttons":
            return Buttons(text=stored["text"], buttons=tuple(Button(**one) for one in stored["buttons"]))
        case "public_reply":
            return PublicReply(text=stored["text"])
    return Text(
        text=stored.get("text", ""), quick_replies=tuple(QuickReply(**one) for one in stored.get("quick_replies", ()))
    )


def kind_of(content: Content) -> str:
    """The message kind of a content."""
    return KINDS[type(content)]


def plain(content: Content) -> str:
    """One line for previews and for channels that show nothing else."""
    if isinstance(content, (Text, Buttons, PublicReply)):
        return content.text
    if isinstance(content, (Image, Images)):
        return ""
    return " · ".join(card.title for card in content.cards)


def clean(text: str, limit: int = 20_000) -> str:
    """Customer's words fit for storage: no NUL, no lone surrogates, capped."""
    text = text[:limit].replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def split_text(text: str, limit: int) -> list[str]:
    """Parts of at most ``limit`` UTF-8 bytes: cut at blanks where there are any, else between graphemes, so that no emoji, flag
    or Indic conjunct is torn apart. (One grapheme longer than ``limit`` is cut between characters: it could not leave else.)
    """
    parts: list[str] = []
    rest = text.strip()
    while len(rest.encode()) > limit:
        head = _head(rest, limit)
        space = max(rest.rfind(" ", 0, head + 1), rest.rfind("\n", 0, head + 1))
        cut = space if space > head // 2 else head
        parts.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [one for one in [*parts, rest] if one]


def _head(text: str, limit: int) -> int:
    """How many characters, whole graphemes, fit into so many bytes."""
    import regex  # loaded for the rare text that is too long

    size = head = 0
    for found in regex.finditer(r"\X", text[:limit]):
        size += len(found.group().encode())
        if size > limit:
            break
        head = found.end()
    return head or max(index for index in range(1, limit + 1) if len(text[:index].encode()) <= limit)

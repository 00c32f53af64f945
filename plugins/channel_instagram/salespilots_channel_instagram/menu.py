"""Ice breakers and the persistent menu in Meta's words.

Source of a protocol fact: Meta, "Ice Breakers" and "Persistent Menu" of the Instagram messaging API: both are parts of
``messenger_profile``, set with POST, taken away with DELETE and a list of fields.
"""

from __future__ import annotations

from typing import Any

from salespilots.ports.channel_account import Menu, MenuItem
from salespilots_channel_instagram.account_client import AccountClient

QUESTIONS, ENTRIES = "ice_breakers", "persistent_menu"


def write(graph: AccountClient, menu: Menu) -> None:
    """Each part for itself: setting a part leaves the other alone."""
    asked = [{"question": one.title, "payload": one.payload} for one in menu.questions]
    _part(graph, QUESTIONS, [{"call_to_actions": asked, "locale": "default"}] if asked else [])
    entries = [_entry(one) for one in menu.entries]
    shown = {"locale": "default", "composer_input_disabled": False, "call_to_actions": entries}
    _part(graph, ENTRIES, [shown] if entries else [])


def _part(graph: AccountClient, name: str, value: list[dict[str, Any]]) -> None:
    if value:
        graph.put("me", "messenger_profile", json={"platform": "instagram", name: value})
    else:
        graph.delete("me", "messenger_profile", json={"platform": "instagram", "fields": [name]})


def _entry(one: MenuItem) -> dict[str, str]:
    if one.url:
        return {"type": "web_url", "title": one.title, "url": one.url}
    return {"type": "postback", "title": one.title, "payload": one.payload}


def read(graph: AccountClient) -> Menu:
    """What Meta shows now, in the default language."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in (QUESTIONS, ENTRIES):
        answer = graph.get("me", "messenger_profile", fields=name, platform="instagram")
        found[name] = _calls(answer, name)
    return Menu(
        questions=tuple(
            MenuItem(title=_text(one, "question"), payload=_text(one, "payload")) for one in found[QUESTIONS]
        ),
        entries=tuple(
            MenuItem(title=_text(one, "title"), payload=_text(one, "payload"), url=_text(one, "url"))
            for one in found[ENTRIES]
        ),
    )


def _calls(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Meta answers ``{"data": [{"ice_breakers": […]}]}``; the parts stand by language."""
    data = answer.get("data")
    rows = data if isinstance(data, list) else [answer]
    languages = [part for row in rows if isinstance(row, dict) for part in _list(row.get(name))]
    languages.sort(key=lambda one: one.get("locale", "default") != "default")
    calls = _list(languages[0].get("call_to_actions")) if languages else []
    if languages and not calls and "question" in languages[0]:  # the older form: questions without a language
        calls = languages
    return calls


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(one: dict[str, Any], name: str) -> str:
    value = one.get(name)
    return value[:2000] if isinstance(value, str) else ""

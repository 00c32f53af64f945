"""The stand-in's ``messenger_profile``: ice breakers and the persistent menu of each account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from salespilots.testing.twin import Call, Handler, Reply
from salespilots_channel_instagram.twin_account import VERSION, AccountTwin, refusal

PARTS = ("ice_breakers", "persistent_menu")
MOST_QUESTIONS, QUESTION_LENGTH, MOST_ENTRIES = 4, 80, 5


class MenuTwin(AccountTwin):
    """Mixed into the stand-in."""

    menus: dict[str, dict[str, Any]]

    def reset_menus(self) -> None:
        """Nothing is shown."""
        self.menus = {}

    def menu_routes(self) -> Iterable[tuple[str, str, Handler]]:
        """One path, three methods."""
        path = rf"{VERSION}/([^/]+)/messenger_profile"
        return (("GET", path, self._read_menu), ("POST", path, self._set_menu), ("DELETE", path, self._drop_menu))

    def _read_menu(self, call: Call) -> Reply:
        trouble = self.token_trouble(self.token_in(call))
        if trouble is not None:
            return trouble
        kept = self.menus.get(self._account_of(call), {})
        asked = [one for one in call.query.get("fields", "").split(",") if one]
        if not asked or any(one not in PARTS for one in asked):
            return refusal(400, 100, None, "(#100) fields must be some of ice_breakers, persistent_menu")
        rows = [{name: kept[name]} for name in asked if name in kept]
        return Reply(200, {"data": rows})

    def _set_menu(self, call: Call) -> Reply:
        trouble = self.token_trouble(self.token_in(call))
        if trouble is not None:
            return trouble
        body = call.json if isinstance(call.json, dict) else {}
        given = {name: body[name] for name in PARTS if name in body}
        if body.get("platform") != "instagram" or not given:
            return refusal(400, 100, None, "(#100) platform and something to set are required")
        for name, value in given.items():
            wrong = _wrong_with(name, value)
            if wrong:
                return refusal(400, 100, None, f"(#100) {wrong}")
        with self.lock:
            self.menus.setdefault(self._account_of(call), {}).update(given)
        return Reply(200, {"result": "success"})

    def _drop_menu(self, call: Call) -> Reply:
        trouble = self.token_trouble(self.token_in(call))
        if trouble is not None:
            return trouble
        fields = (call.json or {}).get("fields") if isinstance(call.json, dict) else None
        if not isinstance(fields, list) or not fields or any(one not in PARTS for one in fields):
            return refusal(400, 100, None, "(#100) fields must be some of ice_breakers, persistent_menu")
        with self.lock:
            for name in fields:
                self.menus.get(self._account_of(call), {}).pop(name, None)
        return Reply(200, {"result": "success"})


def _wrong_with(name: str, value: Any) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return f"{name} must be a list"
    if not any(one.get("locale") == "default" for one in value):
        return "a default locale is required"
    for language in value:
        calls = language.get("call_to_actions")
        if not isinstance(calls, list) or not calls:
            return "call_to_actions are required"
        for one in calls:
            if name == "ice_breakers" and not (one.get("question") and one.get("payload")):
                return "a question needs words and a payload"
            if name == "ice_breakers" and len(one["question"]) > QUESTION_LENGTH:
                return f"question must be at most {QUESTION_LENGTH} characters"
            if name == "persistent_menu" and not _entry_is_fine(one):
                return "an entry is wrong"
        if len(calls) > (MOST_QUESTIONS if name == "ice_breakers" else MOST_ENTRIES):
            return "too many call_to_actions"
    return ""


def _entry_is_fine(one: dict[str, Any]) -> bool:
    if not one.get("title"):
        return False
    if one.get("type") == "web_url":
        return str(one.get("url", "")).startswith("https://")
    return one.get("type") == "postback" and bool(one.get("payload"))

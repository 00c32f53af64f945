"""The stand-in's accounts: tokens that age and die, whose they are, and which events are asked for.

Control: ``POST /__clock {"advance": seconds}`` moves Meta's clock; ``POST /__token {"account_id" or "token", "subcode"}``
kills tokens (458 app removed, 460 password, 463 ended); ``POST /__ticked {"fields": […]}`` is the app's dashboard;
``POST /__shape {"permissions": "comma" | "array", "token": "data" | "flat", "me": "flat" | "data"}`` how answers look.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from salespilots.testing.twin import Call, Handler, Reply

VERSION = r"(?:/v[0-9]+\.[0-9]+)?"
SCOPES = ("instagram_business_basic", "instagram_business_manage_messages", "instagram_business_manage_comments")
HOUR, DAY = 3600.0, 86400.0

KNOWN_FIELDS = (
    "agent_messages", "messages", "messaging_postbacks", "messaging_seen", "messaging_handover", "messaging_referral",
    "messaging_optins", "message_reactions", "message_edit", "standby", "comments", "live_comments", "mentions",
    "story_insights", "creator_marketplace_projects", "creator_marketplace_invited_creator_onboarding", "delta",
    "story_reactions", "onboarding_welcome_message_series", "follow", "comment_poll_response", "story_poll_response",
    "share_to_story",
)  # fmt: skip
"""What Meta's own error text of 2026 lists."""

TICKED = (
    "messages", "messaging_postbacks", "messaging_seen", "message_reactions", "message_edit", "messaging_referral",
    "live_comments", "messaging_handover", "standby", "comments",
)  # fmt: skip


def refusal(status: int, code: int, subcode: int | None, message: str) -> Reply:
    """An error of the Graph API."""
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf123"}
    return Reply(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


@dataclass(slots=True)
class Token:
    """One that was given out. ``dead``: the subcode it is refused with."""

    account_id: str
    made: float
    ends: float
    permissions: tuple[str, ...] = SCOPES
    long: bool = True
    dead: int | None = None


@dataclass(slots=True)
class Person:
    """Somebody who can sign in."""

    username: str
    account_id: str
    account_type: str = "BUSINESS"
    app_ref: str = ""
    name: str = "The shop"

    def __post_init__(self) -> None:
        self.app_ref = self.app_ref or f"9{self.account_id}"


@dataclass(slots=True)
class Shapes:
    """How answers look, where Meta's pages and real answers differ."""

    permissions: str = "comma"
    token: str = "data"  # noqa: S105 - a word, no token
    me: str = "flat"


@dataclass(slots=True)
class Book:
    """What the account half of the stand-in keeps."""

    ahead: float = 0.0
    tokens: dict[str, Token] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    ticked: tuple[str, ...] = TICKED
    shapes: Shapes = field(default_factory=Shapes)


class AccountTwin:
    """Mixed into the stand-in. A token that nobody gave out is the default account's, as before: pasted ones work."""

    account_id: str
    username: str
    book: Book
    lock: Any

    def reset_accounts(self) -> None:
        """The default account and a personal one; no tokens."""
        self.book = Book()
        self.book.people = [
            Person(self.username, self.account_id),
            Person("just_me", "17841400000000999", "PERSONAL", name="Just me"),
        ]

    def account_routes(self) -> Iterable[tuple[str, str, Handler]]:
        """``/me`` and ``subscribed_apps``."""
        return (
            ("GET", rf"{VERSION}/me", self._who),
            ("GET", rf"{VERSION}/([^/]+)/subscribed_apps", self._list_fields),
            ("POST", rf"{VERSION}/([^/]+)/subscribed_apps", self._set_fields),
            ("DELETE", rf"{VERSION}/([^/]+)/subscribed_apps", self._drop_fields),
        )

    def account_controls(self) -> dict[str, Any]:
        """See the module."""
        return {
            "/__clock": self._move_clock, "/__token": self._kill, "/__ticked": self._tick, "/__shape": self._shape,
            "/__person": self._add_person,
        }  # fmt: skip

    def account_state(self) -> dict[str, Any]:
        """``subscribed``: fields by account; ``tokens``: how many live."""
        living = [one for one in self.book.tokens.values() if one.dead is None and one.ends > self.wall()]
        return {"subscribed": self.book.fields, "tokens": len(living)}

    def wall(self) -> float:
        """Meta's clock."""
        return time.time() + self.book.ahead

    # --- tokens -------------------------------------------------------------------------------------------

    def token_in(self, call: Call) -> str:
        """The token of a call, from the header or the address."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else call.query.get("access_token", "")

    def new_token(self, account_id: str, permissions: tuple[str, ...], *, long: bool) -> str:
        """One with a full life."""
        made, text = self.wall(), f"IGAA{secrets.token_urlsafe(40)}"
        life = 60 * DAY if long else HOUR
        self.book.tokens[text] = Token(account_id, made, made + life, permissions, long)
        return text

    def token_trouble(self, token: str) -> Reply | None:
        """Why a token is refused."""
        found = self.book.tokens.get(token)
        if not token:
            return refusal(400, 190, None, "An access token is required to request this resource.")
        if found is None:
            return None
        if found.dead is not None:
            return refusal(400, 190, found.dead, "Error validating access token: it is not valid any more.")
        if found.ends <= self.wall():
            return refusal(400, 190, 463, "Error validating access token: Session has expired")
        return None

    def owner_of(self, token: str) -> str:
        """The account of a token that was given out, and is good; empty for any other."""
        found = self.book.tokens.get(token)
        return found.account_id if found is not None and self.token_trouble(token) is None else ""

    def may(self, token: str, scope: str) -> bool:
        """Whether the token has a permission; one that was pasted has all."""
        found = self.book.tokens.get(token)
        return found is None or scope in found.permissions

    # --- the Graph API ------------------------------------------------------------------------------------

    if TYPE_CHECKING:

        def _account_of(self, call: Call) -> str: ...

    def _who(self, call: Call) -> Reply:
        token = self.token_in(call)
        trouble = self.token_trouble(token)
        if trouble is not None:
            return trouble
        if not self.may(token, SCOPES[0]):
            return refusal(400, 10, None, "(#10) Application does not have permission for this action")
        person = self.person(self._account_of(call))
        known = {
            "user_id": person.account_id, "id": person.app_ref, "username": person.username, "name": person.name,
            "account_type": person.account_type, "followers_count": 12,
            "profile_picture_url": "https://scontent.example/p.jpg",
        }  # fmt: skip
        asked = [one for one in call.query.get("fields", "id").split(",") if one in known]
        shown = {name: known[name] for name in dict.fromkeys([*asked, "id"])}
        return Reply(200, {"data": [shown]} if self.book.shapes.me == "data" else shown)

    def person(self, account_id: str) -> Person:
        """Who an account is."""
        found = next((one for one in self.book.people if one.account_id == account_id), None)
        return found or Person(self.username, account_id)

    def _list_fields(self, call: Call) -> Reply:
        trouble = self.token_trouble(self.token_in(call))
        if trouble is not None:
            return trouble
        fields = self.book.fields.get(self._account_of(call))
        rows = [{"id": "123456789012345", "name": "The app", "subscribed_fields": fields}] if fields else []
        return Reply(200, {"data": rows})

    def _set_fields(self, call: Call) -> Reply:
        """All of them or none."""
        token = self.token_in(call)
        trouble = self.token_trouble(token)
        if trouble is not None:
            return trouble
        given = call.query.get("subscribed_fields", "") or str((call.json or {}).get("subscribed_fields", ""))
        names = [one.strip() for one in given.split(",") if one.strip()]
        if not names:
            return refusal(400, 100, None, "(#100) The parameter subscribed_fields is required.")
        for number, name in enumerate(names):
            if name not in KNOWN_FIELDS:
                listed = ", ".join(KNOWN_FIELDS)
                said = f'(#100) Param subscribed_fields[{number}] must be one of {{{listed}}} - got "{name}".'
                return refusal(400, 100, None, said)
            if name not in self.book.ticked:
                return refusal(400, 100, None, f"(#100) {name} is not a field of the app's webhooks.")
            scope = SCOPES[2] if "comment" in name else SCOPES[1]
            if not self.may(token, scope):
                return refusal(400, 10, None, "(#10) Application does not have permission for this action")
        with self.lock:
            self.book.fields[self._account_of(call)] = names
        return Reply(200, {"success": True})

    def _drop_fields(self, call: Call) -> Reply:
        trouble = self.token_trouble(self.token_in(call))
        if trouble is not None:
            return trouble
        with self.lock:
            self.book.fields.pop(self._account_of(call), None)
        return Reply(200, {"success": True})

    # --- control ------------------------------------------------------------------------------------------

    def _move_clock(self, body: Any) -> Any:
        self.book.ahead += float(body["advance"])
        return {"now": self.wall()}

    def _kill(self, body: Any) -> Any:
        killed = 0
        with self.lock:
            wanted = body.get("token", "")
            if wanted and wanted not in self.book.tokens:  # one that was pasted
                self.book.tokens[wanted] = Token(self.account_id, self.wall(), self.wall() + 60 * DAY)
            for text, one in self.book.tokens.items():
                if text == wanted or one.account_id == body.get("account_id"):
                    one.dead, killed = int(body.get("subcode", 460)), killed + 1
        return {"killed": killed}

    def _tick(self, body: Any) -> Any:
        self.book.ticked = tuple(body["fields"])
        return {"fields": self.book.ticked}

    def _shape(self, body: Any) -> Any:
        for name, value in body.items():
            setattr(self.book.shapes, name, value)
        return {}

    def _add_person(self, body: Any) -> Any:
        person = Person(**body)
        self.book.people = [one for one in self.book.people if one.account_id != person.account_id] + [person]
        return {"app_ref": person.app_ref}

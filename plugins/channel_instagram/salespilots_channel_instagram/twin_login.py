"""The stand-in's sign-in: a page with accounts and permissions to choose, codes that are good once, tokens for them.

Control: ``POST /__person {"username", "account_id", "account_type", "app_ref"}`` adds somebody who can sign in, ``POST
/__signed_request {"user_id", …}`` gives what Meta posts when an app is taken off an account or data is to be deleted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from salespilots.testing.twin import Call, Handler, Reply
from salespilots_channel_instagram.twin_account import DAY, HOUR, SCOPES, VERSION, AccountTwin, refusal

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Instagram (stand-in)</title><h1>Allow this app to use your account?</h1><form method="post" action="/oauth/authorize">
{hidden}<fieldset><legend>Account</legend>{people}</fieldset><fieldset><legend>It may</legend>{scopes}</fieldset>
<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Not now</button></form></html>"""


@dataclass(slots=True)
class Code:
    """Good once, for an hour, for the address it was asked for."""

    account_id: str
    permissions: tuple[str, ...]
    redirect_uri: str
    at: float


def signed_request(secret: str, **payload: Any) -> str:
    """As Meta signs a notice: signature and JSON, each base64url without padding."""
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
    signature = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode() + "." + body.decode()


def _token_refusal(message: str) -> Reply:
    return Reply(400, {"error_type": "OAuthException", "code": 400, "error_message": message})


class LoginTwin(AccountTwin):
    """Mixed into the stand-in. ``app_id`` empty: any is taken."""

    app_id: str = ""
    app_secret: str
    codes: dict[str, Code]

    def reset_login(self) -> None:
        """No codes."""
        self.codes = {}

    def login_routes(self) -> Iterable[tuple[str, str, Handler]]:
        """The three hosts' sign-in paths; the stand-in plays all of them."""
        return (
            ("GET", "/oauth/authorize/?", self._authorise),
            ("POST", "/oauth/authorize/?", self._chosen),
            ("POST", "/oauth/access_token", self._code_for_token),
            ("GET", rf"{VERSION}/access_token", self._short_for_long),
            ("GET", rf"{VERSION}/refresh_access_token", self._refresh),
        )

    def login_controls(self) -> dict[str, Any]:
        """See the module."""
        return {"/__signed_request": self._sign}

    def _authorise(self, call: Call) -> Reply:
        asked = call.query
        wrong = self._wrong_with(asked)
        if wrong:
            return Reply(400, f"<h1>Invalid request</h1><p>{wrong}</p>", {"Content-Type": "text/html"})
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(asked.get(name, ""))}">'
            for name in ("client_id", "redirect_uri", "response_type", "scope", "state")
        )
        people = "".join(
            f'<label><input type="radio" name="account" value="{one.account_id}"{" checked" if not number else ""}>'
            f"{html.escape(one.username)}</label> "
            for number, one in enumerate(self.book.people)
        )
        scopes = "".join(
            f'<label><input type="checkbox" name="granted" value="{one}" checked>{one}</label> '
            for one in _scopes(asked.get("scope", ""))
        )
        page = PAGE.format(hidden=hidden, people=people, scopes=scopes)
        return Reply(200, page, {"Content-Type": "text/html; charset=utf-8"})

    def _wrong_with(self, asked: dict[str, str]) -> str:
        if self.app_id and asked.get("client_id") != self.app_id:
            return "Invalid platform app"
        if not asked.get("redirect_uri", "").startswith(("http://", "https://")):
            return "Invalid redirect_uri"
        if asked.get("response_type") != "code":
            return "response_type must be code"
        return "" if SCOPES[0] in _scopes(asked.get("scope", "")) else "Invalid scope"

    def _chosen(self, call: Call) -> Reply:
        pairs = parse_qsl(call.body.decode(), keep_blank_values=True)
        given = dict(pairs)
        if self._wrong_with(given):
            return Reply(400, "<h1>Invalid request</h1>", {"Content-Type": "text/html"})
        back: dict[str, str] = {}
        if given.get("answer") == "deny":
            back = {
                "error": "access_denied", "error_reason": "user_denied",
                "error_description": "The user denied your request.",
            }  # fmt: skip
        else:
            granted = tuple(value for name, value in pairs if name == "granted")
            code = f"AQ{secrets.token_urlsafe(60)}"
            with self.lock:
                self.codes[code] = Code(given["account"], granted, given["redirect_uri"], self.wall())
            back = {"code": code}
        if given.get("state"):
            back["state"] = given["state"]
        return Reply(302, "", {"Location": f"{given['redirect_uri']}?{urlencode(back)}#_", "Content-Type": "text/html"})

    def _code_for_token(self, call: Call) -> Reply:
        given = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if given.get("client_secret") != self.app_secret or (self.app_id and given.get("client_id") != self.app_id):
            return _token_refusal("Invalid platform app")
        if given.get("grant_type") != "authorization_code":
            return _token_refusal("Invalid grant_type")
        with self.lock:
            code = self.codes.get(given.get("code", ""))
            if code is None or self.wall() - code.at > HOUR:
                return _token_refusal("Matching code was not found or was already used")
            if code.redirect_uri != given.get("redirect_uri"):
                return _token_refusal("Error validating verification code. Use the same redirect_uri.")
            del self.codes[given["code"]]
            token = self.new_token(code.account_id, code.permissions, long=False)
        shapes = self.book.shapes
        permissions: Any = list(code.permissions) if shapes.permissions == "array" else ",".join(code.permissions)
        row = {"access_token": token, "user_id": self.person(code.account_id).app_ref, "permissions": permissions}
        return Reply(200, {"data": [row]} if shapes.token == "data" else row)  # noqa: S105

    def _short_for_long(self, call: Call) -> Reply:
        token = self.token_in(call)
        trouble = self.token_trouble(token)
        if trouble is not None:
            return trouble
        if call.query.get("grant_type") != "ig_exchange_token" or call.query.get("client_secret") != self.app_secret:
            return refusal(400, 101, None, "Error validating client secret.")
        found = self.book.tokens.get(token)
        if found is None or found.long:
            return refusal(400, 452, None, "Session key invalid. This could be because the session key has expired.")
        with self.lock:
            made = self.new_token(found.account_id, found.permissions, long=True)
        return Reply(200, {"access_token": made, "token_type": "bearer", "expires_in": int(60 * DAY)})

    def _refresh(self, call: Call) -> Reply:
        token = self.token_in(call)
        trouble = self.token_trouble(token)
        if trouble is not None:
            return trouble
        if call.query.get("grant_type") != "ig_refresh_token":
            return refusal(400, 100, None, "(#100) grant_type must be ig_refresh_token")
        found = self.book.tokens.get(token)
        account = found.account_id if found else self.account_id
        if not self.may(token, SCOPES[0]):
            return refusal(400, 10, None, "(#10) Application does not have permission for this action")
        if found is not None and self.wall() - found.made < DAY:
            return refusal(400, 100, None, "(#100) The access token must be at least 24 hours old to be refreshed.")
        with self.lock:
            made = self.new_token(account, found.permissions if found else SCOPES, long=True)
        return Reply(200, {"access_token": made, "token_type": "bearer", "expires_in": int(60 * DAY)})

    def _sign(self, body: Any) -> Any:
        secret = body.pop("secret", self.app_secret)
        payload = {"algorithm": "HMAC-SHA256", "issued_at": int(self.wall()), **body}
        return {"signed_request": signed_request(secret, **payload)}


def _scopes(given: str) -> list[str]:
    """Separated by commas or spaces."""
    return [one for one in given.replace(",", " ").split() if one]

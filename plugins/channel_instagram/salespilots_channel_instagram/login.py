"""Signing in with Instagram: from the owner's browser to a token of sixty days.

Source of a protocol fact: Meta, "Business Login for Instagram", "Access Token", "Data Deletion Request Callback".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from salespilots.ports.channel_account import Granted, SignedNotice, SignInRefused
from salespilots.ports.errors import AuthFailed, PortError, Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots_channel_instagram.account_client import token_call
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.parsing import ref_of
from salespilots_channel_instagram.problems import PROVIDER
from salespilots_channel_instagram.signed import read_signed

BASIC = "instagram_business_basic"
MESSAGES = "instagram_business_manage_messages"
COMMENTS = "instagram_business_manage_comments"
NEEDED = (BASIC, MESSAGES, COMMENTS)

LIFE = timedelta(days=60)
"""Of a long token; where Meta does not say it."""
SECONDS = 25.0
"""For the three calls of a sign-in together."""

AGAIN = "Sign in again from this page."
PERSONAL = (
    "This is a personal Instagram account, and Instagram lets only professional ones answer through an app. In the "
    "Instagram app open Settings, Account type and tools, Switch to professional account; then sign in again."
)


class InstagramLogin:
    """One Meta app for all shops. ``repr`` shows no secret."""

    def __init__(self, instance: Mapping[str, Any]) -> None:
        self._app_id = instance.get("app_id") or ""
        self._secrets = tuple(one.strip() for one in (instance.get("app_secret") or "").split(",") if one.strip())
        self._graph_url = (instance.get("graph_url") or "https://graph.instagram.com").rstrip("/")
        self._api_url = (instance.get("api_url") or "https://api.instagram.com").rstrip("/")
        self._login_url = (instance.get("login_url") or "https://www.instagram.com").rstrip("/")

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> InstagramLogin:
        """Built from the installation's settings."""
        return cls(settings.instance)

    def available(self) -> bool:
        """Whether the app's id and secret are set."""
        return bool(self._app_id and self._secrets)

    def address(self, state: str, redirect_uri: str) -> str:
        """Instagram's own page, where the owner says yes."""
        asked = {
            "client_id": self._app_id, "redirect_uri": redirect_uri, "response_type": "code", "scope": ",".join(NEEDED),
            "state": state, "enable_fb_login": "false", "force_reauth": "true",
        }  # fmt: skip
        return f"{self._login_url}/oauth/authorize?{urlencode(asked)}"

    def finish(self, query: Mapping[str, str], redirect_uri: str, now: datetime) -> Granted:
        """Code to short token to long token to whose it is."""
        if not self.available():
            raise SignInRefused("Signing in with Instagram is not set up here.", reason="not_set_up")
        code = _code_in(query)
        ends = time.monotonic() + SECONDS
        short, step_ref, granted = self._short(code, redirect_uri, ends)
        if granted is not None and BASIC not in granted:
            raise SignInRefused(
                f"Instagram needs the permission {BASIC} to tell who you are, and it was switched off. {AGAIN}",
                reason="permission_missing",
            )
        token, expires_at = self._long(short, ends, now)
        return self._whose(token, step_ref, granted, expires_at, ends)

    def _short(self, code: str, redirect_uri: str, ends: float) -> tuple[str, str, tuple[str, ...] | None]:
        """The token of an hour. With several secrets each is tried until one is taken."""
        answer: dict[str, Any] = {}
        for number, secret in enumerate(self._secrets, 1):
            try:
                answer = token_call(
                    "POST", self._api_url, "oauth/access_token", ends=ends, client_id=self._app_id, client_secret=secret,
                    grant_type="authorization_code", redirect_uri=redirect_uri, code=code,
                )  # fmt: skip
                self._secrets = (secret, *(one for one in self._secrets if one != secret))
                break
            except (Rejected, AuthFailed):
                if number == len(self._secrets):
                    raise SignInRefused(
                        f"Instagram did not take the sign-in: it was too old, used before, or meant for another "
                        f"address. {AGAIN}",
                        reason="code_refused",
                    ) from None
        data = answer.get("data")
        row = data[0] if isinstance(data, list) and data else data if isinstance(data, dict) else answer
        token = row.get("access_token") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(token, str) or not token:
            raise _strange()
        return token, ref_of(row.get("user_id")), _permissions(row.get("permissions"))

    def _long(self, short: str, ends: float, now: datetime) -> tuple[str, datetime]:
        try:
            answer = token_call(
                "GET", self._graph_url, "access_token", ends=ends, grant_type="ig_exchange_token",
                client_secret=self._secrets[0], access_token=short,
            )  # fmt: skip
        except (Rejected, AuthFailed) as error:
            raise _refused(error) from None
        return token_in(answer, now)

    def _whose(
        self, token: str, step_ref: str, granted: tuple[str, ...] | None, expires_at: datetime, ends: float
    ) -> Granted:
        graph = GraphClient(self._graph_url, token, ends)
        try:
            answer = graph.get("me", fields="user_id,username,name,account_type,profile_picture_url")
        except (Rejected, AuthFailed) as error:
            raise _refused(error) from None
        me = me_in(answer)
        account_id, app_ref = ref_of(me.get("user_id")), ref_of(me.get("id"))
        kind = str(me.get("account_type") or "").upper()
        if kind == "PERSONAL":
            raise SignInRefused(PERSONAL, reason="personal_account")
        if not account_id:
            raise _strange()
        name = me.get("username") if isinstance(me.get("username"), str) else ""
        return Granted(
            values={"account_id": account_id, "username": name or ""},
            secrets={"access_token": token},
            login_refs=tuple(dict.fromkeys(one for one in (app_ref, step_ref, account_id) if one)),
            account_name=f"@{name}" if name else account_id,
            granted=granted,
            missing=() if granted is None else tuple(one for one in NEEDED if one not in granted),
            expires_at=expires_at,
            facts={"username": name or "", "account_type": kind},
        )

    def read_notice(self, signed: str, now: datetime) -> SignedNotice:
        """A signed request of Meta, with any of the secrets."""
        return read_signed(signed, [one.encode() for one in self._secrets], now)


def _code_in(query: Mapping[str, str]) -> str:
    if query.get("error"):
        if query["error"] == "access_denied":
            raise SignInRefused(
                "You did not allow it at Instagram, so nothing was connected. Sign in again when you want to.",
                reason="denied",
            )
        raise SignInRefused(f"Instagram ended the sign-in without saying yes. {AGAIN}", reason="provider_error")
    code = query.get("code", "").removesuffix("#_")
    if not code or len(code) > 2000:
        raise SignInRefused(f"Instagram sent no sign-in code. {AGAIN}", reason="no_code")
    return code


def _permissions(given: Any) -> tuple[str, ...] | None:
    """A list with commas between, or an array; None when nothing is said."""
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, list):
        return None
    return tuple(dict.fromkeys(one.strip() for one in given if isinstance(one, str) and one.strip()))


def token_in(answer: Mapping[str, Any], now: datetime) -> tuple[str, datetime]:
    """Token and end in an answer of the token endpoints. Raises `Unavailable`."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token:
        raise _strange()
    try:
        life = timedelta(seconds=min(max(float(seconds or 0), 0.0), LIFE.total_seconds() * 2))
    except (TypeError, ValueError):
        life = LIFE
    return token, now + (life or LIFE)


def me_in(answer: Any) -> dict[str, Any]:
    """``/me`` answers flat, or in ``data`` as an object or a list."""
    data = answer.get("data", answer) if isinstance(answer, dict) else answer
    if isinstance(data, list):
        data = data[0] if data else None
    return data if isinstance(data, dict) else {}


def _strange() -> Unavailable:
    return Unavailable(provider=PROVIDER, reason="strange_answer")


def _refused(error: PortError) -> SignInRefused:
    if error.reason == "account_not_eligible":
        return SignInRefused(PERSONAL, reason="personal_account")
    if error.reason == "permission_missing":
        text = f"A permission was switched off at Instagram that is needed to sign in. {AGAIN}"
        return SignInRefused(text, reason="permission_missing")
    said = error.user_action or f"Instagram refused the sign-in. {AGAIN}"
    return SignInRefused(said, reason=error.reason or "refused")

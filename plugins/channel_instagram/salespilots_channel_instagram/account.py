"""One shop's Instagram account, looked after: whose token it is, what it may, what is delivered, and a new token in time.

Source of a protocol fact: Meta, "Business Login for Instagram", "Refresh Access Token", "Set up Webhooks Subscriptions".
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from salespilots.ports.channel_account import Check, Diagnosis, Known, Menu, Renewed, Subscription
from salespilots.ports.errors import AuthFailed, PortError, Rejected
from salespilots.ports.settings import PluginSettings
from salespilots_channel_instagram import menu as menus
from salespilots_channel_instagram import subscribing
from salespilots_channel_instagram.account_client import AccountClient, token_call
from salespilots_channel_instagram.adapter import InstagramChannel
from salespilots_channel_instagram.login import COMMENTS, MESSAGES, NEEDED, PERSONAL, me_in, token_in
from salespilots_channel_instagram.parsing import ref_of
from salespilots_channel_instagram.problems import ALLOW_ACCESS, OTHER_APP, PROVIDER, RECONNECT

LOOK_SECONDS = 20.0
RENEW_SECONDS = 20.0
CHANGE_SECONDS = 15.0
"""For all calls of a change together: an owner waits for it."""
TOO_YOUNG = "too_young"

RESTORE_SECONDS = 5.0
"""More, for setting right what a call without an answer may have changed."""
LATER = "Check again in a minute."
SIGN_IN = "Sign in with Instagram again and leave every permission switched on."
WORDS = {
    NEEDED[0]: "see the account", MESSAGES: "read and answer messages", COMMENTS: "see and answer comments",
}  # fmt: skip
PROFESSIONAL = {"BUSINESS": "Business account", "MEDIA_CREATOR": "Creator account", "CREATOR": "Creator account"}


class InstagramAccount(InstagramChannel):
    """The channel with everything that concerns its account. Holds no state."""

    _account: AccountClient
    _token: str
    _instance: dict[str, Any]

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> InstagramAccount:
        """Built from the shop's settings and the installation's."""
        graph_url = settings.instance.get("graph_url") or "https://graph.instagram.com"
        made = cls(AccountClient(graph_url, settings["access_token"]), settings["account_id"])
        made._account = AccountClient(graph_url, settings["access_token"])
        made._token, made._instance = settings["access_token"], dict(settings.instance)
        return made

    # --- tokens -------------------------------------------------------------------------------------------

    def renew(self, now: datetime) -> Renewed:
        """A token of sixty days for one that is at least a day old. Asks whose it is before it calls one dead."""
        ends = time.monotonic() + RENEW_SECONDS
        graph_url = (self._instance.get("graph_url") or "https://graph.instagram.com").rstrip("/")
        try:
            answer = token_call(
                "GET", graph_url, "refresh_access_token", ends=ends, grant_type="ig_refresh_token",
                access_token=self._token,
            )  # fmt: skip
        except (Rejected, AuthFailed) as refused:
            self._account.until(ends).get("me", fields="user_id")  # a dead token is `AuthFailed` here, too
            reason = TOO_YOUNG if refused.reason in ("bad_request", "token_expired", "auth_failed") else refused.reason
            raise Rejected(provider=PROVIDER, reason=reason) from None
        token, expires_at = token_in(answer, now)
        return Renewed(secrets={"access_token": token}, expires_at=expires_at)

    # --- events -------------------------------------------------------------------------------------------

    def subscribe(self, known: Sequence[str] = ()) -> Subscription:
        """What was taken before in one call, the rest field by field."""
        ends = time.monotonic() + CHANGE_SECONDS
        restore = self._account.until(ends + RESTORE_SECONDS)
        return subscribing.subscribe(self._account.until(ends), known, restore=restore)

    def unsubscribe(self) -> None:
        """Nothing any more."""
        subscribing.unsubscribe(self._account)

    # --- what a chat offers -------------------------------------------------------------------------------

    def show_menu(self, menu: Menu) -> None:
        """Ice breakers and the menu."""
        menus.write(self._account.until(time.monotonic() + CHANGE_SECONDS), menu)

    def menu(self) -> Menu:
        """What Instagram shows now."""
        return menus.read(self._account.until(time.monotonic() + CHANGE_SECONDS))

    # --- a look at everything -----------------------------------------------------------------------------

    def diagnose(self, known: Known) -> Diagnosis:
        """Token, account, permissions, events, access to messages, who holds the chats, the app's secret."""
        graph = self._account.until(time.monotonic() + LOOK_SECONDS)
        token, me = self._token_check(graph)
        checks, delivered = [token], None
        if me:
            events, delivered = _events_check(graph)
            checks += [_kind_check(me), *self._permission_checks(known), events, _access_check(graph)]
        if known.held_by_other:
            said = "The last answer was refused: another app holds that chat."
            checks.append(Check(key="thread", state="warning", label="Who answers", sentence=said, action=OTHER_APP))
        checks.append(self._secret_check())
        name = me.get("username") if isinstance(me.get("username"), str) else ""
        kind = str(me.get("account_type") or "").upper()
        facts = {"username": name or "", "account_type": kind} if me else {}
        return Diagnosis(checks=tuple(checks), facts=facts, delivered=delivered)

    def _token_check(self, graph: AccountClient) -> tuple[Check, dict[str, Any]]:
        key, label = "token", "Access token"
        try:
            me = me_in(graph.get("me", fields="user_id,username,name,account_type"))
        except PortError as error:
            return trouble(key, label, error), {}
        account_id, app_ref = ref_of(me.get("user_id")), ref_of(me.get("id"))
        name = f"@{me['username']}" if isinstance(me.get("username"), str) and me["username"] else account_id or app_ref
        if not account_id and not app_ref:
            said = "Instagram did not say whose token this is."
            return Check(key=key, state="unknown", label=label, sentence=said, action=LATER), {}
        if self._account_id == account_id:
            return Check(key=key, state="ok", label=label, sentence=f"Good, and it belongs to {name}."), me
        if self._account_id == app_ref and account_id:
            said = f"Good, but the account id entered is not the one that events carry, which is {account_id}."
            action = f"Put {account_id} into the field Instagram account id."
        else:
            said = f"It belongs to {name}, not to the account id entered here."
            action = "Sign in with the right account, or put in the id that belongs to this token."
        return Check(key=key, state="problem", label=label, sentence=said, action=action), me

    def _permission_checks(self, known: Known) -> Iterator[Check]:
        if known.granted is None:
            said = "Not known for a token that was pasted; the lines below say what works."
            yield Check(key="permissions", state="unknown", label="Permissions", sentence=said)
            return
        if not known.missing:
            said = "All there: " + ", ".join(WORDS.get(one, one) for one in NEEDED) + "."
            yield Check(key="permissions", state="ok", label="Permissions", sentence=said)
        for one in known.missing:
            said = f"{one} was switched off, so this product cannot {WORDS.get(one, one)}."
            state = "warning" if one == COMMENTS else "problem"
            yield Check(key=f"permission.{one}", state=state, label="Permission missing", sentence=said, action=SIGN_IN)

    def _secret_check(self) -> Check:
        label = "Signature of events"
        if self._instance.get("app_secret") and self._instance.get("verify_token"):
            said = "The app secret and the verify token are set: only Meta's events are taken."
            return Check(key="secret", state="ok", label=label, sentence=said)
        names = [name for name in ("APP_SECRET", "VERIFY_TOKEN") if not self._instance.get(name.lower())]
        said = "Every event is refused, because the operator has not set what Meta signs with."
        action = "Set " + " and ".join(f"SALESPILOTS_INSTAGRAM_{name}" for name in names) + " and start again."
        return Check(key="secret", state="problem", label=label, sentence=said, action=action)


def _kind_check(me: dict[str, Any]) -> Check:
    kind = str(me.get("account_type") or "").upper()
    label = "Kind of account"
    if kind == "PERSONAL":
        said = "This is a personal account; Instagram delivers no messages for it."
        return Check(key="kind", state="problem", label=label, sentence=said, action=PERSONAL)
    if kind in PROFESSIONAL:
        return Check(key="kind", state="ok", label=label, sentence=f"{PROFESSIONAL[kind]}.")
    return Check(key="kind", state="unknown", label=label, sentence="Instagram did not say what kind of account it is.")


def _events_check(graph: AccountClient) -> tuple[Check, tuple[str, ...] | None]:
    """The line, and the events that are delivered where Instagram says which."""
    key, label = "events", "Events that are delivered"
    try:
        fields = subscribing.subscribed(graph.get("me", "subscribed_apps"))
    except PortError as error:
        return trouble(key, label, error), None
    if fields is None:
        said = "None: Instagram does not tell this product about new messages."
        action = "Check again: it asks for them anew."
        return Check(key=key, state="problem", label=label, sentence=said, action=action), ()
    lacking = [one for one in subscribing.CORE if one not in fields]
    if fields and lacking:
        said = f"Not delivered: {', '.join(lacking)}. Delivered: {', '.join(fields)}."
        action = "Tick these fields in Meta's dashboard under Webhooks, then check again."
        return Check(key=key, state="problem", label=label, sentence=said, action=action), fields
    said = f"{', '.join(fields)}." if fields else "The account is subscribed."
    return Check(key=key, state="ok", label=label, sentence=said), fields or None


def _access_check(graph: AccountClient) -> Check:
    key, label = "access", "Access to messages"
    try:
        graph.get("me", "conversations", platform="instagram", limit="1")
    except PortError as error:
        if error.reason == "message_access_off":
            said = "Switched off in the Instagram app, so nothing can be read or answered."
            return Check(key=key, state="problem", label=label, sentence=said, action=ALLOW_ACCESS)
        if error.reason == "permission_missing":
            said = "The token may not read messages."
            return Check(key=key, state="problem", label=label, sentence=said, action=SIGN_IN)
        return trouble(key, label, error)
    return Check(key=key, state="ok", label=label, sentence="Allowed in the Instagram app.")


def trouble(key: str, label: str, error: PortError) -> Check:
    """A call of the look that did not work."""
    if isinstance(error, AuthFailed):
        said = "Instagram does not take it any more: it ended, was taken back, or the password changed."
        return Check(key=key, state="problem", label=label, sentence=said, action=error.user_action or RECONNECT)
    if error.user_action:
        return Check(
            key=key, state="problem", label=label, sentence="Instagram refused to say.", action=error.user_action
        )
    said = "Instagram could not be asked at the moment." if error.retryable else "Instagram's answer made no sense."
    return Check(key=key, state="unknown", label=label, sentence=said, action=LATER)

"""Connecting by signing in at the provider: there with a state that is good once, back with what was granted."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from salespilots.domain.business import Connection, LoginState
from salespilots.domain.errors import Conflict, NotFound, StaleEntity
from salespilots.ports.channel_account import ChannelLogin, Granted, SignInRefused
from salespilots.ports.settings import PluginSettings
from salespilots.ports.storage import eq
from salespilots.services.accounts import token_hash
from salespilots.services.connecting import told
from salespilots.services.connecting.looking import Look, Looks
from salespilots.services.connections import Connections
from salespilots.services.core import Core

LIFE = timedelta(minutes=10)
"""For so long somebody may be at the provider's page, and a question about another account stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who signs in, from where."""

    business_id: str
    user_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How it ended. ``question``: the name of another account than the one connected; nothing is stored but the question."""

    account_name: str
    look: Look | None = None
    question: bool = False


class SigningIn:
    """One road for every provider that has a `ChannelLogin`. The network is never called within a transaction."""

    def __init__(self, core: Core, connections: Connections, looks: Looks) -> None:
        self._core, self._connections, self._looks = core, connections, looks

    def login(self, provider_key: str) -> ChannelLogin | None:
        """The provider's sign-in, when there is one and the operator has set it up."""
        _, provider = self._connections.provider(provider_key)
        build = getattr(provider, "login", None)
        if build is None:
            return None
        settings = PluginSettings(
            provider=provider.key, business_id="", instance=self._connections.instance_settings(provider),
            base_url=self._core.base_url,
        )  # fmt: skip
        made: ChannelLogin = build(settings)
        return made

    def available(self, provider_key: str) -> bool:
        """Whether owners can sign in there."""
        login = self.login(provider_key)
        return login is not None and login.available()

    def redirect_uri(self, provider_key: str) -> str:
        """Where the provider sends the browser back to: fixed, and registered at the provider letter by letter."""
        return f"{self._core.base_url}/app/settings/integrations/{provider_key}/return"

    # --- there ----------------------------------------------------------------------------------------------

    def start(self, who: Asking, provider_key: str) -> str:
        """The provider's address for this browser. Earlier ways of the same session are closed. Raises `NotFound`."""
        login, core = self.login(provider_key), self._core
        if login is None or not login.available():
            raise NotFound("Signing in is not set up for this connection.")
        state, now = core.ids.token(), core.clock.now()
        with core.storage.system_unit_of_work() as system:
            for old in system.login_states.select(eq("session_id", who.session_id)):
                system.login_states.remove(old)
            system.login_states.add(
                LoginState(
                    id=core.ids.new("login_state"), state_hash=token_hash(state), business_id=who.business_id,
                    user_id=who.user_id, session_id=who.session_id, provider=provider_key, expires_at=now + LIFE,
                )
            )  # fmt: skip
            system.commit()
        return login.address(state, self.redirect_uri(provider_key))

    # --- and back -------------------------------------------------------------------------------------------

    def finish(self, who: Asking, provider_key: str, query: Mapping[str, str]) -> Finished:
        """What the browser brought. Raises `SignInRefused`, `Conflict` for another shop's account, a `PortError`."""
        login = self.login(provider_key)
        if login is None:
            raise NotFound("Signing in is not set up for this connection.")
        self._take(who, provider_key, query.get("state", ""))
        granted = login.finish(query, self.redirect_uri(provider_key), self._core.clock.now())
        account_ref = self._account_of(provider_key, granted)
        if self._connections.owner_of(provider_key, account_ref) not in (None, who.business_id):
            raise Conflict(f"{granted.account_name} is connected to another shop here already.")
        before = self._connections.find(who.business_id, provider_key)
        if before is not None and before.account_ref and before.account_ref not in granted.login_refs:
            self._ask(who, provider_key, before, granted)
            return Finished(account_name=granted.account_name, question=True)
        return self._store(who, provider_key, granted)

    def _take(self, who: Asking, provider_key: str, state: str) -> None:
        """Use the state up. Everything that is wrong with it is one answer."""
        refused = SignInRefused(
            "This sign-in was begun elsewhere, took longer than ten minutes or was used already. Nothing was changed.",
            reason="state",
        )
        now = self._core.clock.now()
        if not state or len(state) > 200:
            raise refused
        with self._core.storage.system_unit_of_work() as system:
            found = system.login_states.find(state_hash=token_hash(state))
            if found is None:
                raise refused
            ours = hmac.compare_digest(found.session_id, who.session_id) and (
                (found.business_id, found.user_id, found.provider) == (who.business_id, who.user_id, provider_key)
            )
            if not ours or found.used_at is not None or found.expires_at <= now:
                raise refused
            found.used_at = now
            try:
                system.login_states.save(found)
                system.commit()
            except StaleEntity:
                raise refused from None

    def _account_of(self, provider_key: str, granted: Granted) -> str:
        _, provider = self._connections.provider(provider_key)
        return str(granted.values[provider.account_field])

    def _store(self, who: Asking, provider_key: str, granted: Granted) -> Finished:
        given = {**granted.values, **granted.secrets}
        self._connections.connect(who.business_id, provider_key, given, granted=granted)
        look = self._looks.look(who.business_id, provider_key, subscribe=True)
        return Finished(account_name=granted.account_name, look=look)

    # --- another account than before ------------------------------------------------------------------------

    def _ask(self, who: Asking, provider_key: str, before: Connection, granted: Granted) -> None:
        """Keep what was granted, sealed, until the owner says whether it shall replace what is connected."""
        now = self._core.clock.now()
        sealed = self._core.vault.seal(who.business_id, provider_key, dict(granted.secrets))
        waiting = {
            "sealed": sealed, "values": dict(granted.values), "login": told.login_facts(granted, now),
            "facts": dict(granted.facts), "until": (now + LIFE).isoformat(), "session": token_hash(who.session_id),
            "ends": granted.expires_at.isoformat() if granted.expires_at else None,
        }  # fmt: skip
        self._connections.tell(who.business_id, provider_key, lambda facts: facts.__setitem__("pending", waiting))

    def question(self, who: Asking, provider_key: str) -> tuple[str, str] | None:
        """(name of the account that was signed in with, of the one that is connected) while that is open."""
        found = self._connections.find(who.business_id, provider_key)
        waiting = self._waiting(who, found)
        if waiting is None or found is None:
            return None
        name = found.values.get("username")
        return waiting["login"]["name"], f"@{name}" if name else str(found.account_ref)

    def _waiting(self, who: Asking, found: Connection | None) -> dict[str, Any] | None:
        waiting = told.part(found, "pending")
        until = told.when(waiting.get("until"))
        if until is None or until <= self._core.clock.now() or waiting.get("session") != token_hash(who.session_id):
            return None
        return waiting

    def answer(self, who: Asking, provider_key: str, *, switch: bool) -> Finished | None:
        """Take the other account, or leave all as it is (None). Raises `SignInRefused` when the question is closed."""
        waiting = self._waiting(who, self._connections.find(who.business_id, provider_key))
        taken: list[dict[str, Any]] = []

        def take(facts: dict[str, Any]) -> None:
            taken[:] = [facts.pop("pending", None) or {}]

        self._connections.tell(who.business_id, provider_key, take)
        if not switch:
            return None
        if waiting is None or not taken or taken[0].get("sealed") != waiting["sealed"]:
            raise SignInRefused("That sign-in is over. Nothing was changed; sign in again.", reason="state")
        login, ends = waiting["login"], told.when(waiting["ends"])
        granted = Granted(
            values=waiting["values"],
            secrets=self._core.vault.open(who.business_id, provider_key, waiting["sealed"]),
            login_refs=tuple(login["refs"]), account_name=login["name"],
            granted=None if login["granted"] is None else tuple(login["granted"]), missing=tuple(login["missing"]),
            expires_at=ends, facts=waiting["facts"],
        )  # fmt: skip
        return self._store(who, provider_key, granted)

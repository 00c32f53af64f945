"""A shop's connections to providers: stored settings, built adapters, health."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from string import Formatter
from typing import Any
from urllib.parse import quote

from salespilots.domain.business import Connection
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.ports.channel import Health
from salespilots.ports.channel_account import Granted, can
from salespilots.ports.errors import AuthFailed, NotConnected, PortError, Rejected
from salespilots.ports.settings import PluginSettings, secret_names
from salespilots.ports.storage import eq
from salespilots.services.connecting import told
from salespilots.services.connecting.settings import instance_problems, instance_settings, merged
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import renew_in
from salespilots.services.messaging.adoption import adopt
from salespilots.services.messaging.gates import reopen_in
from salespilots.services.messaging.looking_back import start_in

ALWAYS_THERE = frozenset({"practice", "rules", "manual", "cod"})
"""Providers that need no settings and so no stored connection."""


ACCOUNT_REASONS = frozenset({"account_restricted", "other_app_owns_thread", "permission_missing", "quota"})
"""Refusals that will meet every call until the owner does something."""

FIRST_LOOK = (300.0, 600.0)
"""Seconds after settings were stored, in which they are looked at for the first time when nobody does it by hand."""


class Connections:
    """Reads and writes settings; hands out adapters, kept until the settings change."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._built: dict[tuple[str, str, str], tuple[tuple[str, int], Any]] = {}
        self._lock = threading.Lock()
        self._working: set[tuple[str, str]] = set()

    def chat_link(self, business_id: str) -> str | None:
        """Where a customer writes to the shop: of its first connected channel that has such an address."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.connections.select(eq("kind", "channel"), eq("enabled", True), order="created_at")
        for one in found:
            provider = self._core.registry.channels.find(one.provider)
            link = provider.chat_link if provider else ""
            names = [name for _, name, _, _ in Formatter().parse(link) if name]
            if link and all(one.values.get(name) for name in names):
                return link.format(**{name: quote(str(one.values[name]), safe="") for name in names})
        return None

    # --- settings ------------------------------------------------------------------------------------

    def connect(
        self, business_id: str, provider_key: str, given: Mapping[str, Any], *, granted: Granted | None = None
    ) -> Connection:
        """Store a provider's settings. Blank secrets keep what is stored. Makes no network call. ``granted``: they come
        from signing in there.

        Raises `InvalidInput` by field, `Conflict` when the account belongs to another shop, `NotFound` for an
        unknown provider.
        """
        kind, provider = self.provider(provider_key)
        self._working.discard((business_id, provider_key))
        return retrying(lambda: self._connect(business_id, kind, provider, given, granted))

    def _connect(
        self, business_id: str, kind: str, provider: Any, given: Mapping[str, Any], granted: Granted | None
    ) -> Connection:
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            found = uow.connections.find(provider=provider.key)
            kept = core.vault.open(business_id, provider.key, found.secrets) if found else {}
            loaded = merged(provider.settings, {**(found.values if found else {}), **kept}, given)
            private = secret_names(provider.settings)
            secrets = {name: loaded[name] for name in private if loaded.get(name)}
            values = {name: value for name, value in loaded.items() if name not in private}
            account_field = getattr(provider, "account_field", None)
            account_ref = str(values[account_field]) if account_field else None
            if found is None:
                found = Connection(
                    id=core.ids.new("connection"), business_id=business_id, kind=kind, provider=provider.key,
                    created_at=now, updated_at=now,
                )  # fmt: skip
                is_new = True
            else:
                is_new = False
            found.facts, found.renew_at = told.connected(
                provider, found, granted, now, account_ref=account_ref, new_token=secrets != kept
            )
            found.values, found.updated_at, found.enabled = values, now, True
            found.secrets = core.vault.seal(business_id, provider.key, secrets) if secrets else None
            found.secrets_set = sorted(secrets)
            found.account_ref, found.state, found.last_error = account_ref, "unchecked", None
            per_shop = kind == "payments" or not getattr(provider, "instance_settings", None)
            if getattr(provider, "webhooks", None) and per_shop:
                found.endpoint_token = found.endpoint_token or core.ids.token()
            if account_ref and self.owner_of(provider.key, account_ref) not in (None, business_id):
                raise Conflict("This account is connected to another shop already.")
            if is_new:
                uow.connections.add(found)
            else:
                uow.connections.save(found)
            shop = uow.shop()
            if kind == "payments":
                shop.default_payments = provider.key
            elif kind == "ai":
                shop.default_ai = provider.key
            elif kind == "channel" and provider.key != "practice" and shop.real_since is None:
                shop.real_since = now
            uow.save_shop(shop)
            uow.record(
                Event(
                    type="connection.changed", at=now, ids={"connection_id": found.id}, data={"provider": provider.key}
                )
            )
            if can(provider, "diagnose"):
                at = now + timedelta(seconds=random.uniform(*FIRST_LOOK))  # noqa: S311 - spreads work
                renew_in(core, uow, "account.look", provider.key, {"provider": provider.key}, at=at)
            waiting = reopen_in(uow, provider.key, now) if kind == "channel" else []
            if kind == "channel":
                start_in(core, uow, provider.key)
            if kind == "channel" and account_ref:
                waiting += uow.inbox.adopt(provider.key, account_ref)
            uow.commit()
        core.doorbell.ring(*waiting)
        if kind == "channel" and account_ref:  # again, for what was being stored at that moment
            adopt(core, business_id, provider.key, account_ref)
        return found

    def owner_of(self, provider_key: str, account_ref: str) -> str | None:
        """The shop that has connected an account."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            other = system.connections.find(provider=provider_key, account_ref=account_ref)
            return other.business_id if other else None

    def disconnect(self, business_id: str, provider_key: str) -> None:
        """Forget a provider's settings; the shop falls back to the built-in one."""
        kind, provider = self.provider(provider_key)

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                found = told.shown(uow.connections.find(provider=provider_key))
                if found is None:
                    raise NotFound("That is not connected.")
                if getattr(provider, "login", None) is None:
                    uow.connections.remove(found)
                else:
                    told.forget(found)
                    uow.connections.save(found)
                shop = uow.shop()
                if kind == "payments" and shop.default_payments == provider_key:
                    shop.default_payments = "practice"
                if kind == "ai" and shop.default_ai == provider_key:
                    shop.default_ai = "rules"
                uow.save_shop(shop)
                uow.record(
                    Event(
                        type="connection.changed",
                        at=self._core.clock.now(),
                        data={"provider": provider_key, "off": True},
                    )
                )
                uow.commit()

        retrying(use_case)

    def make_default(self, business_id: str, provider_key: str) -> None:
        """Use this payments or AI provider unless something says otherwise."""
        kind, _ = self.provider(provider_key)
        if kind not in ("payments", "ai"):
            raise InvalidInput({"provider": ["Only payments and AI have a default."]})
        if provider_key not in ALWAYS_THERE and self.find(business_id, provider_key) is None:
            raise NotConnected("Connect it first.")

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                shop = uow.shop()
                setattr(shop, f"default_{kind}", provider_key)
                uow.save_shop(shop)
                uow.commit()

        retrying(use_case)

    def find(self, business_id: str, provider_key: str) -> Connection | None:
        """The stored connection, without its secrets in readable form."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return told.shown(uow.connections.find(provider=provider_key))

    def all(self, business_id: str) -> dict[str, Connection]:
        """Stored connections by provider."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return {one.provider: one for one in uow.connections.select() if one.state != told.OFF}

    def tests(self, business_id: str) -> dict[str, str]:
        """Payments providers of the shop that are in their test mode: key to label."""
        shelf, stored = self._core.registry.payments, self.all(business_id)
        return {one.key: one.label for one in shelf.all() if tests_only(one, stored.get(one.key))}

    def webhook_url(self, connection: Connection) -> str | None:
        """The address a provider calls, where it has one for each shop."""
        if not connection.endpoint_token:
            return None
        return f"{self._core.base_url}/webhooks/{connection.kind}/{connection.provider}/{connection.endpoint_token}"

    # --- adapters ------------------------------------------------------------------------------------

    def settings_for(self, business_id: str, provider: Any) -> PluginSettings:
        """A provider's settings for one shop. Raises `NotConnected`."""
        found = self.find(business_id, provider.key)
        return self._settings(business_id, provider, found)

    def instance_settings(self, provider: Any) -> dict[str, Any]:
        """A provider's settings of the whole installation. Raises `InvalidInput` naming the variable."""
        return instance_settings(self._core.environ, provider)

    def instance_problems(self, provider: Any) -> dict[str, list[str]]:
        """What is wrong with the provider's variables that are set: variable to sentences."""
        return instance_problems(self._core.environ, provider)

    def _settings(self, business_id: str, provider: Any, found: Connection | None) -> PluginSettings:
        core = self._core
        if (found is None or not found.enabled) and provider.key not in ALWAYS_THERE:
            raise NotConnected(f"{provider.label} is not connected.", provider=provider.key)
        values: dict[str, Any] = {}
        if found is not None:
            values = {**found.values, **core.vault.open(business_id, provider.key, found.secrets)}
        return PluginSettings(
            provider=provider.key,
            business_id=business_id,
            values=values,
            instance=self.instance_settings(provider),
            base_url=core.base_url,
            allow_private_urls=core.allow_private_urls,
        )

    def adapter(self, business_id: str, kind: str, provider: Any, found: Connection | None) -> Any:
        """A provider's adapter for a connection as it was read. Raises `NotConnected`, `SettingsInvalid`."""
        version = (found.id, found.version) if found else ("", -1)
        key = (business_id, kind, provider.key)
        with self._lock:
            have = self._built.get(key)
            if have and have[0] == version:
                return have[1]
        adapter = provider.build(self._settings(business_id, provider, found))
        with self._lock:
            self._built[key] = (version, adapter)
        return adapter

    def channel(self, business_id: str, provider_key: str) -> Any:
        """The shop's channel adapter. Raises `NotConnected`."""
        return self.channel_of(business_id, provider_key, self.find(business_id, provider_key))

    def channel_of(self, business_id: str, provider_key: str, connection: Connection | None) -> Any:
        """The same with the connection read already."""
        provider = self._core.registry.channels.get(provider_key)
        return self.adapter(business_id, "channel", provider, connection)

    def payments(self, business_id: str, provider_key: str) -> Any:
        """The shop's payments adapter. Raises `NotConnected`."""
        provider = self._core.registry.payments.get(provider_key)
        return self.adapter(business_id, "payments", provider, self.find(business_id, provider_key))

    def ai(self, business_id: str) -> tuple[Any, Any, Connection | None]:
        """(provider, adapter, connection) of the shop's default AI; the rules when it is not connected."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            key = uow.shop().default_ai
            found = uow.connections.find(provider=key)
        provider = self._core.registry.ais.find(key)
        if provider is None or (found is None and key not in ALWAYS_THERE):
            provider, found = self._core.registry.ais.get("rules"), None
        return provider, self.adapter(business_id, "ai", provider, found), found

    # --- health --------------------------------------------------------------------------------------

    def test(self, business_id: str, provider_key: str) -> Health:
        """Ask the provider whether the settings work and remember the answer."""
        kind, provider = self.provider(provider_key)
        try:
            adapter = self.adapter(business_id, kind, provider, self.find(business_id, provider_key))
            health = adapter.check()
        except PortError as error:
            health = Health(ok=False, detail=error.user_action or error.message)
        except NotConnected as error:
            return Health(ok=False, detail=error.message)
        self.note(business_id, provider_key, ok=health.ok, detail=health.detail)
        if health.ok and kind == "channel":
            self.try_again(business_id, provider_key)
        return health

    def try_again(self, business_id: str, provider_key: str) -> None:
        """Let messages that wait for a channel go on."""

        def use_case() -> list[str]:
            with self._core.storage.unit_of_work(business_id) as uow:
                waiting = reopen_in(uow, provider_key, self._core.clock.now())
                uow.commit()
            return waiting

        self._core.doorbell.ring(*retrying(use_case))

    def note(self, business_id: str, provider_key: str, *, ok: bool, detail: str = "", reason: str = "") -> None:
        """Remember how the last call went; tells the owner when it stops or starts working."""
        if provider_key in ALWAYS_THERE:
            return
        if not ok:
            self._working.discard((business_id, provider_key))
        state = "working" if ok else "attention"

        def use_case() -> None:
            now = self._core.clock.now()
            with self._core.storage.unit_of_work(business_id) as uow:
                found = told.shown(uow.connections.find(provider=provider_key))
                if found is None or (found.state == state and (ok or found.last_error == detail)):
                    return
                before = found.version
                found.state, found.last_error, found.checked_at = state, None if ok else detail, now
                if reason:
                    found.facts = {**found.facts, "trouble": {"reason": reason, "at": now.isoformat()}}
                uow.connections.save(found)
                self._keep_adapter(found, before)
                if not ok:
                    uow.record(Event(type="connection.attention", at=now, data={"provider": provider_key}))
                uow.commit()

        retrying(use_case)

    def _keep_adapter(self, found: Connection, before: int) -> None:
        """The settings did not change, so the adapter that was built of version ``before`` is good for this one."""
        with self._lock:
            for key, (version, adapter) in list(self._built.items()):
                if key[0] == found.business_id and key[2] == found.provider and version == (found.id, before):
                    self._built[key] = ((found.id, found.version), adapter)

    def tell(
        self, business_id: str, provider_key: str, change: Callable[[dict[str, Any]], None], *,
        only: Connection | None = None,
    ) -> bool:  # fmt: skip
        """Change a connection's facts. ``only``: not when its settings were stored anew since it was read; False then."""

        def use_case() -> bool:
            with self._core.storage.unit_of_work(business_id) as uow:
                found = told.shown(uow.connections.find(provider=provider_key))
                if found is None or (only is not None and found.updated_at != only.updated_at):
                    return False
                before, facts = found.version, dict(found.facts)
                change(facts)
                found.facts, found.checked_at = facts, self._core.clock.now()
                uow.connections.save(found)
                self._keep_adapter(found, before)
                uow.commit()
            return True

        return retrying(use_case)

    def note_ok(self, business_id: str, provider_key: str) -> None:
        """A call worked; the row is looked at only when this process last knew otherwise."""
        if (business_id, provider_key) not in self._working:
            self.note(business_id, provider_key, ok=True)
            self._working.add((business_id, provider_key))

    def note_error(self, business_id: str, provider_key: str, error: PortError) -> None:
        """A key that stopped working, or a refusal that concerns the whole account, is shown to the owner."""
        if isinstance(error, AuthFailed) or (isinstance(error, Rejected) and error.reason in ACCOUNT_REASONS):
            detail = error.user_action or "Connect it again."
            self.note(business_id, provider_key, ok=False, detail=detail, reason=error.reason)

    def provider(self, provider_key: str) -> tuple[str, Any]:
        """(kind, provider). Raises `NotFound`."""
        found = self._core.registry.shelf_of(provider_key)
        if found is None:
            raise NotFound(f"There is no plugin {provider_key!r}.")
        return found


def tests_only(provider: Any, connection: Connection | None) -> bool:
    """Whether a shop has connected a provider's test mode: links work and no money moves."""
    is_test = getattr(provider, "is_test", None)
    return bool(connection and connection.enabled and is_test is not None and is_test(connection.values))

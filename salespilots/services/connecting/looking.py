"""Looking at a channel's account from all sides, without sending anything: on the page's button, and every day by itself."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.errors import NotFound
from salespilots.domain.gst import IST
from salespilots.ports.channel import Health
from salespilots.ports.channel_account import Check, Diagnosis, Subscription, can
from salespilots.ports.errors import NotConnected, PluginError, PortError
from salespilots.services.connecting import told
from salespilots.services.connections import Connections
from salespilots.services.core import Core
from salespilots.services.jobs import GiveUp, Jobs

log = structlog.get_logger(__name__)

JOB = "account.look"
EVERY = timedelta(days=1)
QUIET_AFTER = timedelta(days=7)
"""So long without an event is worth a thought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look found. ``health`` sums it up in one sentence."""

    health: Health
    checks: tuple[Check, ...] = ()


class Looks:
    """Checks, subscriptions and leaving. The network is never called within a transaction."""

    def __init__(self, core: Core, connections: Connections, jobs: Jobs) -> None:
        self._core, self._connections = core, connections
        jobs.handle(JOB, self._daily)

    def look(self, business_id: str, provider_key: str, *, subscribe: bool = False) -> Look:
        """Ask the provider about everything and keep the answer with its time.

        ``subscribe``: ask for events first; otherwise only when some turn out not to be delivered any more, or could not be
        asked for the last time. A provider that cannot
        tell so much is asked by its `check`. Raises `NotFound` for an unknown provider.
        """
        kind, provider = self._connections.provider(provider_key)
        if not can(provider, "diagnose"):
            return Look(health=self._connections.test(business_id, provider_key))
        connection = self._connections.find(business_id, provider_key)
        try:
            adapter = self._connections.adapter(business_id, kind, provider, connection)
        except (NotConnected, PluginError) as error:
            return Look(health=Health(ok=False, detail=error.message))
        assert connection is not None
        asks = can(provider, "subscribe")
        subscription = self._subscribe(adapter, connection) if subscribe and asks else None
        known = told.known(connection, self._core.clock.now())
        diagnosis = adapter.diagnose(known)
        if subscription is None and asks and lacking(connection, diagnosis):
            subscription = self._subscribe(adapter, connection)
            diagnosis = adapter.diagnose(known)
        checks = (*diagnosis.checks, *self._own_checks(connection, subscription))
        self._keep(business_id, provider_key, connection, diagnosis, checks, subscription)
        return Look(health=self._conclude(business_id, provider_key, connection, diagnosis, checks), checks=checks)

    def _subscribe(self, adapter: Any, connection: Connection) -> Subscription | str:
        """What is delivered from now on, or why it could not be asked for."""
        try:
            return adapter.subscribe(told.part(connection, "subscription").get("fields") or ())
        except PortError as error:
            return error.user_action or "The channel did not take the request; check again in a minute."

    def _own_checks(self, connection: Connection, subscription: Subscription | str | None) -> list[Check]:
        """What the product knows by itself."""
        checks = []
        if isinstance(subscription, str):
            checks.append(
                Check(
                    key="subscribing", state="problem", label="Asking for events",
                    sentence="New messages could not be asked for.", action=subscription,
                )
            )  # fmt: skip
        failed = subscription.failed if isinstance(subscription, Subscription) else (
            told.part(connection, "subscription").get("failed") or {}
        )  # fmt: skip
        if failed:
            why = next(iter(failed.values()))
            checks.append(
                Check(
                    key="events.extra", state="warning", label="Events that are not delivered",
                    sentence=f"{', '.join(failed)}.", action=why,
                )
            )  # fmt: skip
        now = self._core.clock.now()
        if connection.renew_at is not None or told.ends_at(connection) is not None:
            checks.append(expiry_check(connection, now))
        checks.append(self._last_event(connection, now))
        return checks

    def _last_event(self, connection: Connection, now: datetime) -> Check:
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            at = system.work.last_webhooks(connection.business_id).get(connection.provider)
        label = "Last event"
        if at is None:
            said = "None has come yet."
            action = "Write a message to your account from another one: it shows in the inbox within seconds."
            return Check(key="last_event", state="unknown", label=label, sentence=said, action=action)
        ago = ago_in_words(now - at)
        if now - at > QUIET_AFTER:
            action = "If customers wrote since, write a message yourself and see whether it shows in the inbox."
            return Check(key="last_event", state="warning", label=label, sentence=f"{ago} ago.", action=action)
        return Check(key="last_event", state="ok", label=label, sentence=f"{ago} ago.")

    def _keep(
        self, business_id: str, provider_key: str, looked_at: Connection, diagnosis: Diagnosis, checks: tuple[Check, ...],
        subscription: Subscription | str | None,
    ) -> None:  # fmt: skip
        now = self._core.clock.now().isoformat()

        def change(facts: dict[str, Any]) -> None:
            facts["checks"] = {"at": now, "lines": told.lines(checks)}
            if diagnosis.facts:
                facts["account"] = dict(diagnosis.facts)
            if isinstance(subscription, Subscription):
                facts["subscription"] = {
                    "fields": list(subscription.fields), "failed": dict(subscription.failed),
                    "later": list(subscription.later), "at": now,
                }  # fmt: skip
            elif subscription is not None:  # what was taken before is asked for again by the next look
                facts["subscription"] = {**told.part(looked_at, "subscription"), "error": subscription}

        self._connections.tell(business_id, provider_key, change, only=looked_at)

    def _conclude(
        self,
        business_id: str,
        provider_key: str,
        connection: Connection,
        diagnosis: Diagnosis,
        checks: tuple[Check, ...],
    ) -> Health:
        worst = next((one for one in checks if one.state == "problem"), None)
        name = diagnosis.facts.get("username") or ""
        if worst is not None:
            detail = f"{worst.label}: {worst.sentence} {worst.action}".strip()
            self._connections.note(business_id, provider_key, ok=False, detail=detail)
            return Health(ok=False, detail=detail, facts=dict(diagnosis.facts))
        if any(one.key == "token" and one.state == "unknown" for one in checks):
            return Health(ok=False, detail="The channel cannot be reached at the moment; check again in a minute.")
        self._connections.note(business_id, provider_key, ok=True)
        self._connections.try_again(business_id, provider_key)
        return Health(ok=True, detail=f"Connected as @{name}." if name else "Connected.", facts=dict(diagnosis.facts))

    def _daily(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        key = str(payload.get("provider", ""))
        found = self._connections.find(business_id, key)
        if found is None or not found.enabled:
            return None
        try:
            self.look(business_id, key, subscribe="subscription" not in found.facts)
        except NotFound:
            raise GiveUp("no_plugin") from None
        return self._core.clock.now() + EVERY * random.uniform(0.95, 1.05)  # noqa: S311 - spreads work

    def disconnect(self, business_id: str, provider_key: str) -> None:
        """Ask for no more events, then forget the settings: those are forgotten whatever the provider says."""
        kind, provider = self._connections.provider(provider_key)
        if can(provider, "subscribe"):
            try:
                found = self._connections.find(business_id, provider_key)
                self._connections.adapter(business_id, kind, provider, found).unsubscribe()
            except (PortError, NotConnected, PluginError) as error:
                log.info("account.unsubscribe_failed", provider=provider_key, code=error.code)
        self._connections.disconnect(business_id, provider_key)


def lacking(connection: Connection, diagnosis: Diagnosis) -> bool:
    """Whether events that were taken are not delivered any more, or some could not be asked for the last time."""
    last = told.part(connection, "subscription")
    if last.get("later") or last.get("error"):
        return True
    if any(one.key == "events" and one.state == "problem" for one in diagnosis.checks):
        return True
    return diagnosis.delivered is not None and not set(last.get("fields") or ()) <= set(diagnosis.delivered)


def expiry_check(connection: Connection, now: datetime) -> Check:
    """How long the token is good for, and whether it is made new by itself."""
    token, ends = told.part(connection, "token"), told.ends_at(connection)
    key, label = "expiry", "Token ends"
    action = "Sign in again before that, so that no answer waits."
    if ends is None:
        said = "Not known; it is made new by itself."
        return Check(key=key, state="unknown", label=label, sentence=said)
    left = max(0, (ends - now).days)
    day = f"{ends.astimezone(IST):%d %b %Y}".lstrip("0")
    if ends <= now:
        said = f"It ended on {day}; answers wait until you connect again."
        return Check(key=key, state="problem", label=label, sentence=said, action="Connect again from this page.")
    words = "tomorrow or earlier" if left == 0 else "in 1 day" if left == 1 else f"in {left} days"
    if not token.get("told"):
        said = f"On {day} at the latest ({words}); it is made new by itself when it is a day old."
        return Check(key=key, state="ok" if left >= told.WARN_DAYS else "warning", label=label, sentence=said)
    if left < told.WARN_DAYS:
        said = f"On {day}, {words}, and it could not be made new so far."
        return Check(key=key, state="warning", label=label, sentence=said, action=action)
    return Check(key=key, state="ok", label=label, sentence=f"On {day}, {words}; it is made new by itself before that.")


def ago_in_words(passed: timedelta) -> str:
    """40 seconds, 5 minutes, 3 days."""
    seconds = max(0, int(passed.total_seconds()))
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"

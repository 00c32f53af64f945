"""Tokens that end are made new long before: from a week of age on, and again each day until it works or they end."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import structlog

from salespilots.domain.business import Connection
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.ports.channel_account import Renewed, can
from salespilots.ports.errors import AuthFailed, NotConnected, PluginError, PortError, Rejected
from salespilots.ports.work import FARTHEST_JOB
from salespilots.services.connecting import told
from salespilots.services.connecting.looking import JOB
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import enqueue_in

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
"""For so long nobody else renews a token that is being renewed; two at once would do no harm, the newer one is kept."""
AGAIN = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=8), timedelta(days=1))
"""After so long a token that could not be made new is tried again; the last one from then on."""
ENDED = "The access ended. Connect again from this page; answers wait until then."


class Renewals:
    """Called by the sweeper for connections whose time has come."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core, self._connections = core, connections

    def renew(self, business_id: str, provider_key: str) -> None:
        """Make one token new, unless somebody else does it or it is not time."""
        claimed = retrying(lambda: self._claim(business_id, provider_key))
        if claimed is None:
            return
        now, ends = self._core.clock.now(), told.ends_at(claimed)
        try:
            kind, provider = self._connections.provider(provider_key)
            if not can(provider, "renew"):
                raise NotFound("This provider's tokens do not end.")
        except NotFound:
            return  # its plugin is away: it is looked at again when the lease is over
        if told.part(claimed, "token").get("told") and ends is not None and ends <= now:
            self._dead(claimed, ENDED)
            return
        try:
            renewed = self._connections.adapter(business_id, kind, provider, claimed).renew(now)
        except AuthFailed as error:
            self._dead(claimed, error.user_action or ENDED)
        except (PortError, PluginError, NotConnected) as error:
            young = isinstance(error, Rejected) and error.reason == "too_young"
            log.info("account.renew_failed", provider=provider_key, business=business_id, code=error.code, young=young)
            retrying(lambda: self._put_off(claimed, young=young))
        else:
            retrying(lambda: self._store(claimed, provider, renewed))

    def _claim(self, business_id: str, provider_key: str) -> Connection | None:
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            found = told.shown(uow.connections.find(provider=provider_key))
            if found is None or found.renew_at is None or now < found.renew_at < now + FARTHEST_JOB:
                return None
            usable = found.enabled and found.secrets is not None
            found.renew_at = now + LEASE if usable else None
            uow.connections.save(found)
            uow.commit()
        return found if usable else None

    def _changed(self, found: Connection | None, claimed: Connection) -> bool:
        """Whether somebody stored another token since: that one is newer."""
        return found is None or not found.enabled or found.secrets != claimed.secrets

    def _store(self, claimed: Connection, provider: Any, renewed: Renewed) -> None:
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(claimed.business_id) as uow:
            found = uow.connections.find(provider=claimed.provider)
            if found is None or self._changed(found, claimed):
                return
            secrets = {**core.vault.open(found.business_id, found.provider, found.secrets), **renewed.secrets}
            found.secrets = core.vault.seal(found.business_id, found.provider, secrets)
            found.facts = {**found.facts, "token": told.token_facts(now, renewed.expires_at)}
            found.renew_at = told.next_renewal(now, renewed.expires_at)
            uow.connections.save(found)
            if can(provider, "diagnose"):
                enqueue_in(core, uow, JOB, provider.key, {"provider": provider.key})
            uow.commit()
        log.info("account.renewed", provider=claimed.provider, business=claimed.business_id)

    def _put_off(self, claimed: Connection, *, young: bool) -> None:
        """Try again later, before it ends; the owner is told when that is soon, once a day."""
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(claimed.business_id) as uow:
            found = uow.connections.find(provider=claimed.provider)
            if found is None or self._changed(found, claimed):
                return
            token, ends = dict(told.part(found, "token")), told.ends_at(found)
            failed = int(token.get("failed") or 0) + (0 if young else 1)
            wait = AGAIN[-1] if young else AGAIN[min(failed, len(AGAIN)) - 1]
            found.renew_at = _before(now + wait * random.uniform(0.9, 1.1), now, ends)  # noqa: S311 - spreads work
            token["failed"] = failed
            left = told.expiring(found, now)
            if left is not None and not young and token.get("warned") != left:
                token["warned"] = left
                data = {"provider": found.provider, "reason": "token_ends", "days": left}
                uow.record(Event(type="connection.attention", at=now, data=data))
            found.facts = {**found.facts, "token": token}
            uow.connections.save(found)
            uow.commit()

    def _dead(self, claimed: Connection, detail: str) -> None:
        """Nothing makes it good again but the owner. What is to be sent waits, see `services.messaging.gates`."""

        def stop() -> bool:
            with self._core.storage.unit_of_work(claimed.business_id) as uow:
                found = uow.connections.find(provider=claimed.provider)
                if found is None or self._changed(found, claimed):
                    return False
                found.renew_at = None
                uow.connections.save(found)
                uow.commit()
            return True

        if retrying(stop):
            self._connections.note(claimed.business_id, claimed.provider, ok=False, detail=detail, reason="token_ended")


def _before(at: datetime, now: datetime, ends: datetime | None) -> datetime:
    """Not after the end, where one more look says that it is over."""
    return at if ends is None or ends <= now else min(at, ends)

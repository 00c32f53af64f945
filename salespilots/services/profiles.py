"""Who a customer is, as the channel tells it: asked once they have written, kept, and asked again only when they write
after some days. Whatever goes wrong means that it is not known; nobody is ever asked about in a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.job import Job
from salespilots.ports.channel import CustomerProfile
from salespilots.ports.errors import PluginError, PortError, RateLimited, Unavailable
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.chat_files import LIMITS, ChatFiles, NotKept
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import GiveUp, Jobs, renew_in
from salespilots.services.messaging.content import clean

log = structlog.get_logger(__name__)

KIND = "profile"
FRESH_FOR = timedelta(days=3)
"""So long a profile is good; a picture's address dies after some days, and user names change."""


def plan_in(core: Core, uow: UnitOfWork, customer: Customer, provider: str, *, new: bool) -> None:
    """Somebody wrote: ask who they are, unless that is known well enough. The caller saves the customer. ``new``: made in
    this transaction."""
    now = core.clock.now()
    if customer.practice or (customer.profile_at is not None and now - customer.profile_at < FRESH_FOR):
        return
    customer.profile_at = now
    payload = {"customer_id": customer.id, "provider": provider}
    if not new:
        renew_in(core, uow, KIND, customer.id, payload)
        return
    uow.jobs.add_new(
        Job(
            id=core.ids.new("job"), business_id=uow.business_id, kind=KIND, key=f"{KIND}:{customer.id}", created_at=now,
            next_at=now, payload=payload,
        )
    )  # fmt: skip


class Profiles:
    """Does those jobs."""

    def __init__(self, core: Core, connections: Connections, files: ChatFiles, jobs: Jobs) -> None:
        self._core, self._connections, self._files = core, connections, files
        jobs.handle(KIND, self._ask)

    def picture_of(self, business_id: str, customer_id: str) -> str:
        """The name of the customer's picture, or nothing. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.customers.get(customer_id).picture

    def _ask(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        customer_id, provider = str(payload["customer_id"]), str(payload["provider"])
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            known = uow.identities.select(eq("customer_id", customer_id), eq("provider", provider), limit=1)
        if not known:
            raise GiveUp("not_found")
        try:
            profile = self._connections.channel(business_id, provider).profile(known[0].customer_ref)
        except (Unavailable, RateLimited):
            raise
        except (PortError, PluginError) as error:  # no consent, blocked, no token: unknown is all there is to say
            raise GiveUp(getattr(error, "reason", "") or error.code) from None
        self._note(business_id, customer_id, profile, self._picture(business_id, profile))
        return None

    def _picture(self, business_id: str, profile: CustomerProfile) -> str:
        """The stored picture, or nothing: a face that cannot be had is no reason to ask again."""
        if not profile.picture_url:
            return ""
        try:
            found = self._core.fetcher.fetch(profile.picture_url, limit=LIMITS["image"])
            return self._files.keep(business_id, found.body, "image").name
        except (PortError, NotKept) as error:
            log.info(
                "profile.no_picture", business=business_id, reason=getattr(error, "reason", "") or type(error).__name__
            )
            return ""

    def _note(self, business_id: str, customer_id: str, profile: CustomerProfile, picture: str) -> None:
        def use_case() -> str:
            with self._core.storage.unit_of_work(business_id) as uow:
                customer = uow.customers.find(id=customer_id)
                if customer is None:
                    return picture
                was = (customer.name, customer.username, customer.picture)
                customer.name = customer.name or clean(profile.name, 100).strip()
                customer.username = clean(profile.username, 60).strip() or customer.username
                old, customer.picture = customer.picture, picture or customer.picture
                customer.profile_at = self._core.clock.now()
                uow.customers.save(customer)
                if (customer.name, customer.username, customer.picture) != was:
                    now = self._core.clock.now()
                    uow.record(Event(type="customer.changed", at=now, ids={"customer_id": customer.id}))
                uow.commit()
            return old if picture and old != picture else ""

        unused = retrying(use_case)
        if unused:
            self._files.discard(business_id, unused)

"""Planning a look at a channel's recent chats, in the transaction of what calls for it (see `backfill`, which does it)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.jobs import renew_in

KIND = "backfill"
FIRST_LOOK = timedelta(days=30)
"""How far back at the first time; channels show no more."""


def start_in(core: Core, uow: UnitOfWork, provider_key: str) -> bool:
    """Have a channel's recent chats read, now and then once a day. False where the channel cannot."""
    provider = core.registry.channels.find(provider_key)
    if provider is None or not provider.capabilities.reads_recent:
        return False
    since = core.clock.now() - FIRST_LOOK
    renew_in(core, uow, KIND, provider_key, payload_of(provider_key, since))
    return True


def payload_of(provider_key: str, since: datetime, **more: Any) -> dict[str, Any]:
    """What the job is told: where it is, and how many messages were new and how many are not shown any more."""
    return {
        "provider": provider_key,
        "since": since.isoformat(),
        "cursor": "",
        "part": 0,
        "new": 0,
        "missing": 0,
        **more,
    }

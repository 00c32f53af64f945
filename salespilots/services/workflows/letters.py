"""Letters to the owner that workflows ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from salespilots.domain.business import Role
from salespilots.ports.storage import eq, one_of
from salespilots.services.core import Core
from salespilots.services.jobs import GiveUp, Jobs
from salespilots.services.workflows.leading_on import LETTER


class Letters:
    """Writes them."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        jobs.handle(LETTER, self.write)

    def write(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """Mail the owners of the shop. The words are those of the workflow, and a link leads to the run."""
        core = self._core
        if not core.mailer.enabled:
            raise GiveUp("no_mail")
        with core.storage.system_unit_of_work(read_only=True) as system:
            owners = system.memberships.select(eq("business_id", business_id), eq("role", Role.OWNER))
            users = system.users.select(one_of("id", [one.user_id for one in owners]))
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            shop = uow.shop()
        link = f"{core.base_url}/app/workflows/{payload['workflow_id']}/runs/{payload['run_id']}"
        for user in users:
            core.mailer.send(user.email, f"{shop.name}: {payload['text']}", f"{payload['text']}\n\n{link}")
        return None

"""Letters to the owner that workflows ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from salespilots.services.core import Core
from salespilots.services.jobs import GiveUp, Jobs
from salespilots.services.workflows.leading_on import LETTER


class Letters:
    """Writes them."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        jobs.handle(LETTER, self.write)

    def write(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """Mail one owner of the shop. The words are those of the workflow, and a link leads to the run."""
        core = self._core
        if not core.mailer.enabled:
            raise GiveUp("no_mail")
        with core.storage.system_unit_of_work(read_only=True) as system:
            user = system.users.find(id=str(payload["user_id"]))
        if user is None:
            return None
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            shop = uow.shop()
        link = f"{core.base_url}/app/workflows/{payload['workflow_id']}/runs/{payload['run_id']}"
        subject = " ".join(f"{shop.name}: {payload['text']}".split())
        core.mailer.send(user.email, subject, f"{payload['text']}\n\n{link}")
        return None

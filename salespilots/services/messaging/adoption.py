"""Events of an account that nobody had connected when they came: they are the shop's that connects it."""

from __future__ import annotations

from salespilots.services.core import Core, retrying


def adopt(core: Core, business_id: str, provider: str, account_ref: str) -> None:
    """Take up what waits for a shop of this account, in a transaction of its own."""

    def use_case() -> list[str]:
        with core.storage.unit_of_work(business_id) as uow:
            lanes = uow.inbox.adopt(provider, account_ref)
            uow.commit()
        return lanes

    core.doorbell.ring(*retrying(use_case))

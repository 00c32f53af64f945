"""The shop itself: settings, onboarding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.workflow import WorkflowState
from salespilots.ports.storage import Where, eq
from salespilots.services.core import Core, retrying

STEPS = ("shop", "products", "workflows", "simulator", "instagram", "payments")
"""Onboarding, in order."""

FIELDS = frozenset(
    {
        "name", "phone", "address", "gstin", "return_policy", "shipping_paise", "free_shipping_from_paise",
        "order_prefix", "reserve_minutes", "delivery", "cod", "refund_rules", "min_order_paise", "prepaid_benefit_paise",
        "remind_minutes", "legal_name", "state", "composition", "invoice_prefix",
    }
)  # fmt: skip


class Shops:
    """Use cases on the shop."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self, business_id: str) -> Business:
        """The shop. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.shop()

    def by_slug(self, slug: str) -> Business:
        """A shop by its slug. Raises `NotFound`."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.businesses.find(slug=slug)
        if found is None:
            raise NotFound(f"There is no shop {slug!r}.")
        return found

    def all(self) -> list[Business]:
        """Every shop, for the operator."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.businesses.select(order="created_at")

    def update(self, business_id: str, values: Mapping[str, Any]) -> Business:
        """Change settings; an unknown field is refused."""
        unknown = set(values) - FIELDS
        if unknown:
            raise InvalidInput({name: ["Unknown field."] for name in unknown})

        def use_case() -> Business:
            with self._core.storage.unit_of_work(business_id) as uow:
                shop = uow.shop()
                for name, value in values.items():
                    setattr(shop, name, value)
                if "shop" not in shop.setup_done:
                    shop.setup_done = [*shop.setup_done, "shop"]
                uow.save_shop(shop)
                uow.commit()
            return shop

        return retrying(use_case)

    def skip(self, business_id: str, step: str) -> None:
        """Tick an onboarding step by hand."""
        if step not in STEPS:
            raise InvalidInput({"step": ["There is no such step."]})

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                shop = uow.shop()
                if step not in shop.setup_done:
                    shop.setup_done = [*shop.setup_done, step]
                    uow.save_shop(shop)
                    uow.commit()

        retrying(use_case)

    def onboarding(self, business_id: str) -> dict[str, Any]:
        """Which steps are done, from the shop's own data; ``skipped`` lists those ticked by hand."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            shop = uow.shop()
            connected = {one.kind for one in uow.connections.select() if one.state != "off"}
            return {
                "shop": "shop" in shop.setup_done,
                "products": uow.products.count(eq("state", "live")) > 0,
                "workflows": uow.workflows.count(eq("state", WorkflowState.LIVE)) > 0,
                "simulator": uow.conversations.count(Where("practice", "eq", True)) > 0,
                "instagram": "channel" in connected,
                "payments": "payments" in connected or uow.payments.count(eq("state", "captured")) > 0,
                "skipped": list(shop.setup_done),
            }

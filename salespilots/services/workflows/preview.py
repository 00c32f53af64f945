"""What a customer who asks for a product is shown: the shop's own step says it, and nothing is sent or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from salespilots.ports.channel import Content
from salespilots.ports.extensions import ActionContext, Advance, CustomerView, ProductView, SendMessage, ShopView
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.workflows.assistant import OWN_WORDS
from salespilots.services.workflows.reading import Reader

OFFER = "message.product"
"""The step that answers who asks for a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The answer's messages. ``asked_ai``: in a real chat the shop's model writes the words around the same facts."""

    contents: list[Content]
    asked_ai: bool


class ProductPreview:
    """How products look in a chat."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def of(self, business_id: str, product: ProductView) -> Shown:
        """The answer about ``product``, which need not be saved or on sale, by the first live workflow that offers one."""
        core = self._core
        action = core.registry.actions.find(OFFER)
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            shop, settings = uow.shop(), action.settings().load(self._settings_in(uow))
            only = product.variants[0].variant_id if len(product.variants) == 1 else None
            context = ActionContext(
                settings=settings,
                data={"product_id": product.product_id, "product_title": product.title, "variant_id": only},
                now=core.clock.now(),
                idempotency_key="preview",
                shop=ShopView(
                    name=shop.name, return_policy=shop.return_policy or "", reserve_minutes=shop.reserve_minutes
                ),
                customer=CustomerView(customer_id="", name="", phone=None, address={}),
                reader=Reader(core, business_id, "", "", uow, {(product.product_id,): [product]}),
                ports=OWN_WORDS,
            )
            outcome = action.run(context)
            model = core.registry.ais.find(shop.default_ai)
        effects = outcome.effects if isinstance(outcome, Advance) else ()
        return Shown(
            contents=[one.content for one in effects if isinstance(one, SendMessage)],
            asked_ai=bool(settings.get("ai")) and model is not None and model.writes_replies,
        )

    def _settings_in(self, uow: UnitOfWork) -> Mapping[str, Any]:
        steps = (
            step for _workflow, version in self._core.memory.live(uow) for step in version.definition.get("steps") or []
        )
        return next((dict(one.get("settings") or {}) for one in steps if one.get("kind") == OFFER), {})

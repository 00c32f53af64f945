"""What a customer who asks for a product is shown: the shop's own step says it, and nothing is sent or kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from salespilots.ports.channel import Content, Text
from salespilots.ports.extensions import ActionContext, Advance, CustomerView, ProductView, SendMessage, ShopView
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.workflows.assistant import OWN_WORDS
from salespilots.services.workflows.reading import Reader

OFFER = "message.product"
"""The step that answers who asks for a product."""

PRIVATE = "comment.private"
"""The step that answers a comment in private."""


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
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            settings = core.registry.actions.get(OFFER).settings().load(self._settings_in(uow))
            only = product.variants[0].variant_id if len(product.variants) == 1 else None
            data = {"product_id": product.product_id, "product_title": product.title, "variant_id": only}
            contents = self._said_in(uow, OFFER, settings, data, {(product.product_id,): [product]})
            model = core.registry.ais.find(uow.shop().default_ai)
        return Shown(
            contents=contents, asked_ai=bool(settings.get("ai")) and model is not None and model.writes_replies
        )

    def private_answer(self, business_id: str, given: Mapping[str, Any], product_ids: Sequence[str]) -> str:
        """The words that answer a comment in private below a post that shows these products; empty for settings that the
        step would refuse."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            try:
                settings = self._core.registry.actions.get(PRIVATE).settings().load(dict(given))
            except ValidationError:
                return ""
            data = {"products": [{"product_id": one} for one in product_ids]}
            contents = self._said_in(uow, PRIVATE, settings, data, None)
        return "\n".join(one.text for one in contents if isinstance(one, Text))

    def _said_in(
        self, uow: UnitOfWork, kind: str, settings: Mapping[str, Any], data: Mapping[str, Any],
        products: dict[tuple[str, ...], list[ProductView]] | None,
    ) -> list[Content]:  # fmt: skip
        """What a step would say now, of which nothing is sent or kept."""
        core, shop = self._core, uow.shop()
        context = ActionContext(
            settings=settings,
            data=data,
            now=core.clock.now(),
            idempotency_key="preview",
            shop=ShopView(name=shop.name, return_policy=shop.return_policy or "", reserve_minutes=shop.reserve_minutes),
            customer=CustomerView(customer_id="", name="", phone=None, address={}),
            reader=Reader(core, uow.business_id, "", "", uow, products),
            ports=OWN_WORDS,
        )
        outcome = core.registry.actions.get(kind).run(context)
        effects = outcome.effects if isinstance(outcome, Advance) else ()
        return [one.content for one in effects if isinstance(one, SendMessage)]

    def _settings_in(self, uow: UnitOfWork) -> Mapping[str, Any]:
        steps = (
            step for _workflow, version in self._core.memory.live(uow) for step in version.definition.get("steps") or []
        )
        return next((dict(one.get("settings") or {}) for one in steps if one.get("kind") == OFFER), {})

"""The practice shop: products with pictures and stock, the starter workflows on, and a past if it is wanted."""

from __future__ import annotations

from salespilots.demo.catalogue import PRODUCTS
from salespilots.domain.catalog import ProductState
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.automation import cancel_runs_in
from salespilots.services.catalog import Catalog
from salespilots.services.core import Core, retrying
from salespilots.services.demo_past import load_past
from salespilots.services.messaging.outgoing import cancel_pending_in
from salespilots.services.workflows.starting import Starting

SHIPPING_PAISE = 8000


class Demo:
    """Loading and resetting practice data."""

    def __init__(self, core: Core, catalog: Catalog, starters: Starting) -> None:
        self._core = core
        self._catalog = catalog
        self._starters = starters

    def load(self, business_id: str, *, actor: str = "") -> int:
        """Put the twelve practice products on sale and switch the starters on. Returns how many were added; safe to
        repeat: what is there stays as it is."""
        return retrying(lambda: self._load(business_id, actor))

    def load_past(self, business_id: str) -> int:
        """Add practice customers with chats and orders of the last days, to look around in. Returns how many were
        added; safe to repeat."""
        return load_past(self._core, business_id)

    def _load(self, business_id: str, actor: str) -> int:
        added = 0
        with self._core.storage.unit_of_work(business_id) as uow:
            shop = uow.shop()
            if shop.shipping_paise == 0 and shop.free_shipping_from_paise is None:
                shop.shipping_paise, shop.free_shipping_from_paise = SHIPPING_PAISE, 500000
                uow.save_shop(shop)
            for product in PRODUCTS:
                if uow.variants.find(sku=product.variants[0].sku) is not None:
                    continue
                self._catalog.create_in(
                    uow,
                    {
                        "title": product.title,
                        "category": product.category,
                        "description": product.description,
                        "keywords": list(product.keywords),
                        "code": product.code,
                        "hsn": product.hsn,
                        "gst_rate": product.gst_rate,
                        "images": [f"practice/{product.picture}"],
                        "options": product.options,
                        "low_stock": product.low_stock,
                        "variants": [
                            {
                                "sku": one.sku, "title": one.title, "choices": [one.title] if product.option else [], "price_paise": one.price_paise,
                                "mrp_paise": one.mrp_paise, "on_hand": one.on_hand,
                            }
                            for one in product.variants
                        ],
                    },
                    practice=True,
                    actor=actor,
                )  # fmt: skip
                added += 1
            if added:
                self._name_substitutes(uow)
            self._starters.on_in(uow, actor=actor)
            uow.commit()
        return added

    def _name_substitutes(self, uow: UnitOfWork) -> None:
        for product in PRODUCTS:
            own = uow.variants.find(sku=product.variants[0].sku)
            others = uow.variants.select(one_of("sku", product.substitutes)) if product.substitutes else []
            if own is not None and others:
                found = uow.products.get(own.product_id)
                found.substitutes = list(dict.fromkeys(one.product_id for one in others))
                uow.products.save(found)

    def reset(self, business_id: str) -> None:
        """Take practice products off sale and end practice chats; then load afresh what is missing."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                for conversation in uow.conversations.select(eq("practice", True)):
                    cancel_pending_in(self._core, uow, conversation, "started_again")
                    cancel_runs_in(self._core, uow, conversation, "replaced")
                    conversation.hand_back()
                    conversation.focus = {}
                    uow.conversations.save(conversation)
                for product in uow.products.select(eq("practice", True), eq("state", ProductState.ARCHIVED)):
                    product.state = ProductState.LIVE
                    uow.products.save(product)
                uow.commit()

        retrying(use_case)
        self.load(business_id)

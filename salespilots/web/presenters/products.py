"""Products as the list and the form show them."""

from __future__ import annotations

import secrets
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.catalog import ProductState
from salespilots.domain.money import rupees
from salespilots.services.catalog import ProductDetail
from salespilots.web.media import SMALL, thumbnail


def status(detail: ProductDetail) -> str:
    """live, low, sold_out, draft, archived."""
    if detail.product.state is not ProductState.LIVE:
        return str(detail.product.state)
    if detail.available <= 0:
        return "sold_out"
    return "low" if any(one.available <= detail.product.low_at for one in detail.levels.values()) else "live"


def row(detail: ProductDetail, sold: int = 0) -> SimpleNamespace:
    """One line of the list; ``sold``: pieces in the last thirty days. ``shelf``: for changing the stock of a product of
    one kind in its row."""
    product, prices = detail.product, {one.price_paise for one in detail.variants}
    low = rupees(detail.from_paise)
    many = len(detail.variants) > 1
    one = detail.variants[0] if len(detail.variants) == 1 else None
    gone = sum(one.available <= 0 for one in detail.levels.values()) if many and detail.available > 0 else 0
    return SimpleNamespace(
        id=product.id,
        title=product.title,
        sku="" if many or not detail.variants else detail.variants[0].sku,
        picture_url=thumbnail(product.business_id, product.images[0], SMALL) if product.images else "",
        price_label=_("from %(price)s", price=low) if len(prices) > 1 else low,
        stock_label=_("%(count)s in stock", count=detail.available) if detail.available > 0 else _("None left"),
        variants_label=ngettext("%(num)d kind", "%(num)d kinds", len(detail.variants)) if many else "",
        gone_label=ngettext("%(num)d kind sold out", "%(num)d kinds sold out", gone) if gone else "",
        sold=sold,
        category=product.category,
        shelf=_shelf(one.id, detail) if one else None,
        status=status(detail),
        practice=product.practice,
    )


def _shelf(variant_id: str, detail: ProductDetail) -> SimpleNamespace:
    level = detail.levels[variant_id]
    return SimpleNamespace(
        variant_id=variant_id, on_hand=level.on_hand, reserved=level.reserved, key=secrets.token_urlsafe(9)
    )


def header(detail: ProductDetail, form: Any = None) -> SimpleNamespace:
    """The product of the form's frame; what was typed about its pictures in ``form`` is kept."""
    product = detail.product
    names = form.getlist("picture_name") if form else []
    texts = {**product.image_texts, **{name: form.get(f"alt-{index}", "") for index, name in enumerate(names)}}
    return SimpleNamespace(
        id=product.id,
        title=product.title,
        status=status(detail),
        practice=product.practice,
        pictures=[
            SimpleNamespace(name=name, url=thumbnail(product.business_id, name, 320), alt=texts.get(name, ""))
            for name in product.images
        ],
    )


def make_sku(title: str, kind: str, taken: set[str]) -> str:
    """A SKU nobody typed: BLUE-SAREE-M."""
    words = ["".join(c for c in word.upper() if c.isascii() and c.isalnum()) for word in f"{title} {kind}".split()]
    base = "-".join(word[:8] for word in words if word)[:40] or "ITEM"
    sku, number = base, 1
    while sku in taken:
        number += 1
        sku = f"{base}-{number}"
    return sku

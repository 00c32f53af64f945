"""Products as the list and the form show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.catalog import ProductState
from salespilots.domain.money import rupees
from salespilots.services.catalog import ProductDetail, image_url


def status(detail: ProductDetail) -> str:
    """live, low, sold_out, draft, archived."""
    if detail.product.state is not ProductState.LIVE:
        return str(detail.product.state)
    if detail.available <= 0:
        return "sold_out"
    return "low" if detail.low else "live"


def row(detail: ProductDetail) -> SimpleNamespace:
    """One line of the list."""
    product, prices = detail.product, {one.price_paise for one in detail.variants}
    low = rupees(detail.from_paise)
    many = len(detail.variants) > 1
    return SimpleNamespace(
        id=product.id,
        title=product.title,
        sku="" if many or not detail.variants else detail.variants[0].sku,
        picture_url=image_url("", product.business_id, product.images[0]) if product.images else "",
        price_label=_("from %(price)s", price=low) if len(prices) > 1 else low,
        stock_label=_("%(count)s in stock", count=detail.available) if detail.available > 0 else _("None left"),
        variants_label=ngettext("%(num)d kind", "%(num)d kinds", len(detail.variants)) if many else "",
        sold_label="",
        status=status(detail),
        practice=product.practice,
    )


def header(detail: ProductDetail) -> SimpleNamespace:
    """The product of the form's frame."""
    product = detail.product
    return SimpleNamespace(
        id=product.id,
        title=product.title,
        status=status(detail),
        practice=product.practice,
        pictures=[
            SimpleNamespace(id=index, url=image_url("", product.business_id, name), alt=product.title)
            for index, name in enumerate(product.images)
        ],
    )


def plain(paise: int | None) -> str:
    """An amount as it is typed: 1,299.00."""
    return "" if paise is None else rupees(paise).replace("₹", "")


def blank() -> SimpleNamespace:
    """A new product: one empty row."""
    return SimpleNamespace(
        title="", category="", description="", words="", state="live", alt="", variants=[_row({}, None, None)]
    )


def filled(detail: ProductDetail) -> SimpleNamespace:
    """What is stored, as form values."""
    product = detail.product
    return SimpleNamespace(
        title=product.title,
        category=product.category,
        description=product.description,
        words=", ".join(product.keywords),
        state=str(product.state),
        alt="",
        variants=[
            SimpleNamespace(
                id=one.id, sku=one.sku, title=one.title, price=plain(one.price_paise), mrp=plain(one.mrp_paise), stock="",
                on_hand=detail.levels[one.id].available, reserved=detail.levels[one.id].reserved,
            )
            for one in detail.variants
        ],
    )  # fmt: skip


def typed(
    form: Mapping[str, str], rows: Sequence[Mapping[str, str]], detail: ProductDetail | None, *, one_more: bool = False
) -> SimpleNamespace:
    """What was typed, for a form that comes back."""
    levels = detail.levels if detail else {}
    shown = [_row(row, levels.get(row.get("id", "")), row.get("id")) for row in rows] or [_row({}, None, None)]
    if one_more:
        shown.append(_row({}, None, None))
    names = ("title", "category", "description", "words", "state", "alt")
    return SimpleNamespace(**{name: form.get(name, "") for name in names}, variants=shown)


def _row(row: Mapping[str, str], level: Any, row_id: str | None) -> SimpleNamespace:
    values = {name: row.get(name, "") for name in ("sku", "title", "price", "mrp", "stock")}
    return SimpleNamespace(
        id=row_id or "", **values, on_hand=level.available if level else 0, reserved=level.reserved if level else 0
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

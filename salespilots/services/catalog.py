"""Products, variants and their stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from salespilots.domain.catalog import LOW_STOCK, Product, ProductState, Variant, title_of
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.domain.stock import MovementKind, StockLevel
from salespilots.ports.extensions import ProductView, VariantView
from salespilots.ports.storage import Page, UnitOfWork, Where, any_of, eq, one_of
from salespilots.services.core import Core, retrying
from salespilots.services.pictures import thumbnail_name
from salespilots.services.product_rules import check_product_in, check_variants
from salespilots.services.shelf import hand_movement
from salespilots.services.waiting import tell_in


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail:
    """A product with its variants and their levels, for owners and the API."""

    product: Product
    variants: list[Variant]
    levels: dict[str, StockLevel]

    @property
    def available(self) -> int:
        """Pieces of all variants that can still be promised."""
        return sum(level.available for level in self.levels.values())

    @property
    def on_hand(self) -> int:
        """Pieces on the shelf."""
        return sum(level.on_hand for level in self.levels.values())

    @property
    def low(self) -> bool:
        """Something is almost out."""
        return any(0 < level.available <= self.product.low_at for level in self.levels.values())

    @property
    def from_paise(self) -> int:
        """The lowest price."""
        return min((one.price_paise for one in self.variants), default=0)


def details_in(uow: UnitOfWork, products: Sequence[Product]) -> list[ProductDetail]:
    """Variants and levels of several products in two queries."""
    variants = uow.variants.select(
        one_of("product_id", [one.id for one in products]), eq("archived", False), order="position"
    )
    levels = uow.stock.levels([one.id for one in variants])
    by_product: dict[str, list[Variant]] = {}
    for variant in variants:
        by_product.setdefault(variant.product_id, []).append(variant)
    return [
        ProductDetail(
            product=product,
            variants=by_product.get(product.id, []),
            levels={one.id: levels[one.id] for one in by_product.get(product.id, [])},
        )
        for product in products
    ]


def image_url(base_url: str, business_id: str, name: str) -> str:
    """The public address of a product picture."""
    if name.startswith("practice/"):
        return f"{base_url}/media/{name}"
    return f"{base_url}/media/{business_id}/{name}"


def thumbnail_url(base_url: str, business_id: str, name: str, side: int) -> str:
    """The address of a product picture's small copy; ``side`` is one of `THUMBNAILS`."""
    return image_url(base_url, business_id, thumbnail_name(name, side))


def product_view(base_url: str, detail: ProductDetail) -> ProductView:
    """What a customer may see."""
    product = detail.product
    picture = image_url(base_url, product.business_id, product.images[0]) if product.images else ""
    return ProductView(
        product_id=product.id,
        title=product.title,
        description=product.description,
        category=product.category,
        image_url=picture,
        variants=tuple(
            VariantView(
                variant_id=one.id,
                product_id=product.id,
                sku=one.sku,
                title=one.title,
                price_paise=one.price_paise,
                available=detail.levels[one.id].available,
                mrp_paise=one.mrp_paise,
            )
            for one in detail.variants
        ),
    )


class StaleProduct(Conflict):
    """The product changed since it was read: nothing was written."""


def taken(sku: str) -> Conflict:
    """Why a variant cannot have this SKU."""
    return Conflict(f"SKU {sku} is used by another product.", field="sku", sku=sku)


def free_skus_in(uow: UnitOfWork, wanted: Sequence[str]) -> list[str]:
    """The wanted SKUs, each made unique in the shop by a number at its end where it is taken."""
    used = {one.sku for one in uow.variants.select(one_of("sku", wanted))}
    given: list[str] = []
    for base in wanted:
        sku = base
        if sku in used:
            numbered = [f"{base}-{number}" for number in range(2, 400)]
            used |= {one.sku for one in uow.variants.select(one_of("sku", numbered))}
            sku = next(one for one in numbered if one not in used)
        used.add(sku)
        given.append(sku)
    return given


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """A product's own fields of a form, as the domain has them."""
    own = {name: value for name, value in values.items() if name != "variants"}
    return {**own, "state": ProductState(own["state"])} if own.get("state") else own


class Catalog:
    """Owner's and API's use cases on products."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def page(
        self,
        business_id: str,
        *,
        q: str = "",
        category: str = "",
        stock: str = "",
        state: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ProductDetail]:
        """A list page. ``stock``: low or out, judged on available pieces."""
        where: list[Where] = []
        if q:
            with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
                kinds = uow.variants.select(Where("sku", "like", q), eq("archived", False), limit=200)
            by_sku = one_of("id", sorted({one.product_id for one in kinds}))
            where.append(any_of(by_sku, Where("title|keywords|code|category", "like", q)))
        if category:
            where.append(eq("category", category))
        where.append(eq("state", state) if state else Where("state", "ne", ProductState.ARCHIVED))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            if stock:
                figures = uow.queries.product_stock(low_at=LOW_STOCK)
                wanted = [
                    product_id
                    for product_id, (_, available, low) in figures.items()
                    if (available <= 0 if stock == "out" else low and available > 0)
                ]
                where.append(one_of("id", wanted))
            page = uow.products.page(*where, order="-created_at", cursor=cursor, limit=limit)
            return Page(details_in(uow, page.items), page.next)

    def counts(self, business_id: str) -> dict[str, int]:
        """How many products are in each chip of the list."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            states = uow.queries.count_by("products", "state")
            archived = {one.id for one in uow.products.select(eq("state", ProductState.ARCHIVED))}
            figures = [
                one
                for product_id, one in uow.queries.product_stock(low_at=LOW_STOCK).items()
                if product_id not in archived
            ]
        return {
            "all": states.get("live", 0) + states.get("draft", 0),
            "draft": states.get("draft", 0),
            "out": sum(available <= 0 for _, available, _ in figures),
            "low": sum(low and available > 0 for _, available, low in figures),
        }

    def get(self, business_id: str, product_id: str) -> ProductDetail:
        """One product. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return details_in(uow, [uow.products.get(product_id)])[0]

    def sold(self, business_id: str, details: Sequence[ProductDetail], since: datetime) -> dict[str, int]:
        """Pieces of each product, by its id, in accepted orders placed from then on."""
        product_of = {variant.id: one.product.id for one in details for variant in one.variants}
        if not product_of:
            return {}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            counts = uow.queries.sold(sorted(product_of), since)
        found: dict[str, int] = {}
        for variant_id, count in counts.items():
            found[product_of[variant_id]] = found.get(product_of[variant_id], 0) + count
        return found

    def categories(self, business_id: str) -> list[str]:
        """What the shop calls its kinds of things, in order of the alphabet."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.queries.count_by("products", "category")
        return sorted(name for name in found if name)

    def named(self, business_id: str, ids: Sequence[str]) -> list[Product]:
        """Products by id, in that order."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = {one.id: one for one in uow.products.select(one_of("id", list(ids)))}
        return [found[one] for one in ids if one in found]

    def find_exactly(self, business_id: str, words: str) -> Product | None:
        """The product with this code, SKU or whole title, whatever the case; None where none or several fit."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            variant = uow.variants.find(sku=words)
            if variant is not None:
                return uow.products.get(variant.product_id)
            near = uow.products.select(
                Where("title|code", "like", words), Where("state", "ne", ProductState.ARCHIVED), limit=200
            )
        same = [one for one in near if words.casefold() in (one.title.casefold(), one.code.casefold())]
        return same[0] if len(same) == 1 else None

    def free_skus(self, business_id: str, wanted: Sequence[str]) -> list[str]:
        """The wanted SKUs, each made unique in the shop by a number at its end where it is taken."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return free_skus_in(uow, wanted)

    def first_pictures(self, business_id: str, product_ids: Sequence[str]) -> dict[str, str]:
        """Product id to the name of its first picture, for those that have one."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.products.select(one_of("id", list(product_ids)))
        return {one.id: one.images[0] for one in found if one.images}

    def create(
        self, business_id: str, values: Mapping[str, Any], *, practice: bool = False, actor: str = ""
    ) -> ProductDetail:
        """A product with its variants; ``on_hand`` of a variant is its first receipt."""
        with self._core.storage.unit_of_work(business_id) as uow:
            detail = self.create_in(uow, values, practice=practice, actor=actor)
            uow.commit()
        return detail

    def create_in(
        self, uow: UnitOfWork, values: Mapping[str, Any], *, practice: bool = False, actor: str = ""
    ) -> ProductDetail:
        """The same within a transaction."""
        core, now = self._core, self._core.clock.now()
        variants = list(values.get("variants") or [])
        if not variants:
            raise InvalidInput({"variants": ["Add at least one variant with a price."]})
        product = Product(
            id=core.ids.new("product"), business_id=uow.business_id, created_at=now, updated_at=now, practice=practice,
            **{name: value for name, value in _fields(values).items() if value is not None},
        )  # fmt: skip
        check_product_in(uow, product, values)
        check_variants(product.options, [one.get("choices") or [] for one in variants])
        uow.products.add(product)
        for position, given in enumerate(variants):
            self._add_variant(uow, product, given, position, actor=actor)
        uow.record(Event(type="product.changed", at=now, ids={"product_id": product.id}, actor=actor or "system"))
        return details_in(uow, [product])[0]

    def _add_variant(
        self, uow: UnitOfWork, product: Product, given: Mapping[str, Any], position: int, *, actor: str
    ) -> None:
        core = self._core
        variant = Variant(
            id=core.ids.new("variant"),
            business_id=uow.business_id,
            product_id=product.id,
            sku=given["sku"],
            title=given.get("title") or title_of(given.get("choices") or []),
            choices=list(given.get("choices") or []),
            price_paise=given["price_paise"],
            mrp_paise=given.get("mrp_paise"),
            position=position,
        )
        if not uow.variants.add_once(variant):
            raise taken(variant.sku)
        first = given.get("on_hand") or 0
        cause = f"first:{variant.id}"
        uow.stock.move([hand_movement(core, uow, variant.id, MovementKind.RECEIVE, first, cause, actor)])

    def update(
        self,
        business_id: str,
        product_id: str,
        values: Mapping[str, Any],
        *,
        actor: str = "",
        version: int | None = None,
    ) -> ProductDetail:
        """Change fields; ``variants``, when given, is the whole list: known ids change, new ones are added, missing
        ones are archived. Stock is never changed here. Raises `StaleProduct` when it is not at ``version`` any more."""

        def use_case() -> ProductDetail:
            with self._core.storage.unit_of_work(business_id) as uow:
                product = uow.products.get(product_id)
                if version is not None and product.version != version:
                    raise StaleProduct("Somebody changed this product meanwhile.")
                detail = self.update_in(uow, product, values, actor=actor)
                uow.commit()
            return detail

        return retrying(use_case)

    def update_in(
        self, uow: UnitOfWork, product: Product, values: Mapping[str, Any], *, actor: str = ""
    ) -> ProductDetail:
        """The same within a transaction."""
        for name, value in _fields(values).items():
            setattr(product, name, value)
        product.updated_at = self._core.clock.now()
        check_product_in(uow, product, values)
        uow.products.save(product)
        if "variants" in values:
            self._replace_variants(uow, product, values["variants"], actor=actor)
        elif "options" in values:
            kept = uow.variants.select(eq("product_id", product.id), eq("archived", False))
            check_variants(product.options, [one.choices for one in kept])
        ids = {"product_id": product.id}
        uow.record(Event(type="product.changed", at=product.updated_at, ids=ids, actor=actor or "system"))
        detail = details_in(uow, [product])[0]
        if values.get("state") == ProductState.LIVE:
            tell_in(self._core, uow, [(product.id, one.id) for one in detail.variants], detail.levels)
        return detail

    def _replace_variants(
        self, uow: UnitOfWork, product: Product, given: Sequence[Mapping[str, Any]], *, actor: str
    ) -> None:
        if not given:
            raise InvalidInput({"variants": ["Keep at least one variant."]})
        present = {one.id: one for one in uow.variants.select(eq("product_id", product.id))}
        by_sku = {one.sku: one for one in present.values()}
        kept: set[str] = set()
        choices: list[list[str]] = []
        for position, one in enumerate(given):
            variant = present.get(one.get("id") or "") or (
                by_sku.get(one.get("sku", "")) if not one.get("id") else None
            )
            if one.get("id") and variant is None:
                raise NotFound("There is no such variant.")
            if variant is None:
                choices.append(list(one.get("choices") or []))
                self._add_variant(uow, product, one, position, actor=actor)
                continue
            kept.add(variant.id)
            for name in ("sku", "title", "choices", "price_paise", "mrp_paise"):
                if name in one:
                    setattr(variant, name, one[name])
            if "choices" in one and not one.get("title"):
                variant.title = title_of(variant.choices)
            variant.position, variant.archived = position, False
            choices.append(variant.choices)
            other = uow.variants.find(sku=variant.sku)
            if other is not None and other.id != variant.id:
                raise taken(variant.sku)
            uow.variants.save(variant)
        check_variants(product.options, choices)
        for variant in present.values():
            if variant.id not in kept and not variant.archived:
                variant.archived = True
                uow.variants.save(variant)

    def archive(self, business_id: str, product_id: str, *, actor: str = "") -> ProductDetail:
        """Take it off sale; old orders keep it."""
        return self.update(business_id, product_id, {"state": ProductState.ARCHIVED}, actor=actor)

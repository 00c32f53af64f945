"""Products, variants and their stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salespilots.domain.catalog import LOW_STOCK, Product, ProductState, Variant
from salespilots.domain.errors import Conflict, InvalidInput, NotFound, OutOfStock
from salespilots.domain.events import Event
from salespilots.domain.stock import OWNER_REASONS, MovementKind, StockLevel, StockMovement
from salespilots.ports.extensions import ProductView, VariantView
from salespilots.ports.storage import Page, UnitOfWork, Where, eq, one_of
from salespilots.services.core import Core, retrying

MAX_VARIANTS = 60


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
        return any(0 < level.available <= LOW_STOCK for level in self.levels.values())

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
            where.append(Where("title|keywords|code|category", "like", q))
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
            **{name: value for name, value in values.items() if name != "variants" and value is not None},
        )  # fmt: skip
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
            title=given.get("title") or "",
            price_paise=given["price_paise"],
            mrp_paise=given.get("mrp_paise"),
            position=position,
        )
        if not uow.variants.add_once(variant):
            raise Conflict(f"SKU {variant.sku} is used by another product.", field="sku")
        uow.stock.move(
            [
                self._movement(
                    uow, variant.id, MovementKind.RECEIVE, given.get("on_hand") or 0, f"first:{variant.id}", actor
                )
            ]
        )

    def update(self, business_id: str, product_id: str, values: Mapping[str, Any], *, actor: str = "") -> ProductDetail:
        """Change fields; ``variants``, when given, is the whole list: known ids change, new ones are added, missing
        ones are archived. Stock is never changed here."""

        def use_case() -> ProductDetail:
            with self._core.storage.unit_of_work(business_id) as uow:
                product = uow.products.get(product_id)
                for name, value in values.items():
                    if name != "variants":
                        setattr(product, name, value)
                product.updated_at = self._core.clock.now()
                uow.products.save(product)
                if "variants" in values:
                    self._replace_variants(uow, product, values["variants"], actor=actor)
                uow.record(
                    Event(
                        type="product.changed", at=product.updated_at, ids={"product_id": product.id},
                        actor=actor or "system",
                    )
                )  # fmt: skip
                detail = details_in(uow, [product])[0]
                uow.commit()
            return detail

        return retrying(use_case)

    def _replace_variants(
        self, uow: UnitOfWork, product: Product, given: Sequence[Mapping[str, Any]], *, actor: str
    ) -> None:
        if not given:
            raise InvalidInput({"variants": ["Keep at least one variant."]})
        if len(given) > MAX_VARIANTS:
            raise InvalidInput({"variants": [f"At most {MAX_VARIANTS} variants."]})
        present = {one.id: one for one in uow.variants.select(eq("product_id", product.id))}
        by_sku = {one.sku: one for one in present.values()}
        kept: set[str] = set()
        for position, one in enumerate(given):
            variant = present.get(one.get("id") or "") or (
                by_sku.get(one.get("sku", "")) if not one.get("id") else None
            )
            if one.get("id") and variant is None:
                raise NotFound("There is no such variant.")
            if variant is None:
                self._add_variant(uow, product, one, position, actor=actor)
                continue
            kept.add(variant.id)
            for name in ("sku", "title", "price_paise", "mrp_paise"):
                if name in one:
                    setattr(variant, name, one[name])
            variant.position, variant.archived = position, False
            other = uow.variants.find(sku=variant.sku)
            if other is not None and other.id != variant.id:
                raise Conflict(f"SKU {variant.sku} is used by another product.", field="sku")
            uow.variants.save(variant)
        for variant in present.values():
            if variant.id not in kept and not variant.archived:
                variant.archived = True
                uow.variants.save(variant)

    def archive(self, business_id: str, product_id: str, *, actor: str = "") -> ProductDetail:
        """Take it off sale; old orders keep it."""
        return self.update(business_id, product_id, {"state": ProductState.ARCHIVED}, actor=actor)

    def add_picture(self, business_id: str, product_id: str, name: str) -> None:
        """Put a stored picture first."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                product = uow.products.get(product_id)
                product.images = [name, *(one for one in product.images if one != name)][:10]
                product.updated_at = self._core.clock.now()
                uow.products.save(product)
                uow.commit()

        retrying(use_case)

    def move_stock(
        self, business_id: str, product_id: str, *, sku: str, delta: int, reason: str, note: str = "", actor: str = ""
    ) -> ProductDetail:
        """Change stock by hand. Raises `Conflict` below what is reserved, `InvalidInput` for an unknown reason."""
        if reason not in {str(one) for one in OWNER_REASONS}:
            raise InvalidInput({"reason": [f"Choose one of {', '.join(OWNER_REASONS)}."]})
        if delta == 0:
            raise InvalidInput({"delta": ["Write how many pieces came or went."]})
        with self._core.storage.unit_of_work(business_id) as uow:
            product = uow.products.get(product_id)
            variant = uow.variants.find(product_id=product_id, sku=sku)
            if variant is None:
                raise InvalidInput({"sku": ["This product has no such SKU."]})
            cause = f"hand:{self._core.ids.new('movement')}"
            try:
                uow.stock.move([self._movement(uow, variant.id, MovementKind(reason), delta, cause, actor, note)])
            except OutOfStock as error:
                reserved, on_hand = error.details.get("reserved", 0), error.details.get("on_hand", 0)
                raise Conflict(
                    f"{on_hand} on hand and {reserved} of them promised to orders: {-delta} cannot be taken away.",
                    reserved=reserved,
                    on_hand=on_hand,
                ) from None
            self._tell(uow, product, variant)
            detail = details_in(uow, [product])[0]
            uow.commit()
        return detail

    def _tell(self, uow: UnitOfWork, product: Product, variant: Variant) -> None:
        ids = {"product_id": product.id, "variant_id": variant.id}
        uow.record(Event(type="stock.changed", at=self._core.clock.now(), ids=ids))

    def _movement(
        self, uow: UnitOfWork, variant_id: str, kind: MovementKind, delta: int, cause: str, actor: str, note: str = ""
    ) -> StockMovement:
        return StockMovement(
            id=self._core.ids.new("movement"), business_id=uow.business_id, variant_id=variant_id, kind=kind,
            on_hand_delta=delta, reserved_delta=0, cause_key=cause, at=self._core.clock.now(), note=note,
            actor=actor or "system",
        )  # fmt: skip

    def movements(self, business_id: str, product_id: str) -> list[tuple[Variant, StockMovement]]:
        """The product's ledger, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.products.get(product_id)
            rows = [
                (variant, movement)
                for variant in uow.variants.select(eq("product_id", product_id))
                for movement in uow.stock.movements(variant.id, 30)
            ]
        return sorted(rows, key=lambda row: row[1].at, reverse=True)[:30]

"""What rows of a file mean for the shop as it is: new, changed, the same, or a problem. Checking and writing share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from salespilots.domain.catalog import (
    MAX_OPTIONS,
    MAX_VARIANTS,
    Product,
    ProductState,
    Variant,
    choices_problem,
    code_key,
    options_problem,
    title_of,
)
from salespilots.domain.ids import looks_like
from salespilots.domain.imports import ImportRow, ProductImport, RowOutcome
from salespilots.domain.money import rupees
from salespilots.domain.stock import StockLevel
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.imports.columns import PRODUCT_FIELDS, Said, read_row

DEFAULTS: dict[str, Any] = {"state": str(ProductState.LIVE)}


@dataclass
class Planned:
    """One row: what it does. ``product`` and ``variant`` are what it changes or makes, as they will be; ``before`` is
    field to (old, new); ``level`` is what the shelf shall hold, None where the row does not say."""

    row: ImportRow
    said: Said
    outcome: RowOutcome = RowOutcome.SAME
    product: Product | None = None
    variant: Variant | None = None
    new: str = ""  # "product", "variant" or nothing
    product_before: dict[str, list[Any]] = field(default_factory=dict)
    variant_before: dict[str, list[Any]] = field(default_factory=dict)
    level: int | None = None
    on_hand: int = 0

    def problem(self, name: str, sentence: str) -> None:
        """Not to be written."""
        self.said.problems[name] = sentence
        self.outcome = RowOutcome.PROBLEM


def suggested_sku(said: Said) -> str:
    """The SKU of a row without one: always the same for the same name and choices."""
    words = [said.values.get("title", ""), *(value for _, value in said.options)]
    clean = ["".join(c for c in word.upper() if c.isalnum()) for text in words for word in text.split()]
    return "-".join(word[:10] for word in clean if word)[:60]


class Planner:
    """Reads in a few queries what a batch of rows touches, then plans them one after the other."""

    def __init__(self, core: Any, uow: UnitOfWork, imported: ProductImport) -> None:
        self._core, self._uow, self._import = core, uow, imported
        self._known = imported.choices.get("known", "update")
        self._variants: dict[str, Variant] = {}
        self._products: dict[str, Product] = {}
        self._kinds: dict[str, list[Variant]] = {}
        self._levels: dict[str, StockLevel] = {}
        self._titles: dict[str, Product] = {}
        self._codes: dict[str, str] = {}
        self._groups: dict[str, Product] = {}
        self.made: dict[str, Product] = {}

    def plan(self, rows: Sequence[ImportRow], *, checking: bool) -> list[Planned]:
        """The rows of a batch, in their order. ``checking``: look for SKUs that the file has twice, too."""
        planned = [Planned(row=one, said=read_row(one.cells, self._import.columns)) for one in rows]
        self._fill_titles(planned)
        for one in planned:
            one.row.sku = one.said.values.get("sku") or suggested_sku(one.said)
        self._read(planned)
        if checking:
            self._twice(planned)
        for one in planned:
            if one.outcome is not RowOutcome.PROBLEM:
                self._plan(one)
        return planned

    def _fill_titles(self, planned: Sequence[Planned]) -> None:
        """Later rows of a product (Shopify) leave its name out: they have that of the row above with their handle."""
        titles: dict[str, str] = {}
        names: dict[tuple[str, int], str] = {}
        for one in planned:
            handle = one.said.values.get("handle")
            if not handle:
                continue
            if one.said.values.get("title"):
                titles.setdefault(handle, one.said.values["title"])
            elif handle in titles:
                one.said.values["title"] = titles[handle]
            for n in range(1, MAX_OPTIONS + 1):
                if one.said.values.get(f"option{n}_name"):
                    names.setdefault((handle, n), one.said.values[f"option{n}_name"])
                elif (handle, n) in names and one.said.values.get(f"option{n}"):
                    one.said.values[f"option{n}_name"] = names[handle, n]

    def _read(self, planned: Sequence[Planned]) -> None:
        uow = self._uow
        skus = [one.row.sku for one in planned if one.row.sku]
        self._variants = {one.sku: one for one in uow.variants.select(one_of("sku", skus))}
        handles = {one.said.values.get("handle", "") for one in planned}
        ids = {one.product_id for one in self._variants.values()}
        ids |= {one for one in handles if looks_like("product", one)}
        self._products = {one.id: one for one in uow.products.select(one_of("id", sorted(ids)))}
        for one in planned:
            if one.said.group and one.row.sku in self._variants:
                self._groups.setdefault(one.said.group, self._products[self._variants[one.row.sku].product_id])
        titles = {one.said.values["title"] for one in planned if one.said.values.get("title")}
        live = Where("state", "ne", ProductState.ARCHIVED)
        for product in uow.products.select(one_of("title", sorted(titles)), live):
            if product.options:
                self._titles.setdefault(product.title.casefold(), product)
                self._products.setdefault(product.id, product)
        for kind in uow.variants.select(one_of("product_id", sorted(self._products)), order="position"):
            self._kinds.setdefault(kind.product_id, []).append(kind)
        known = [one.id for kinds in self._kinds.values() for one in kinds]
        self._levels = uow.stock.levels(known)
        if any(one.said.values.get("code") for one in planned):
            coded = uow.products.select(eq("state", ProductState.LIVE), Where("code", "ne", ""))
            self._codes = {code_key(one.code): one.id for one in coded}

    def _twice(self, planned: Sequence[Planned]) -> None:
        """A SKU belongs to the first row that has it."""
        skus = sorted({one.row.sku for one in planned if one.row.sku})
        earlier = self._uow.import_rows.select(
            eq("import_id", self._import.id), one_of("sku", skus),
            Where("position", "lt", planned[0].row.position), order="-position",
        )  # fmt: skip
        first = {one.sku: one.position for one in earlier}
        for one in planned:
            if one.row.sku in first:
                one.problem("sku", f"Row {first[one.row.sku]} has this SKU, too.")
            elif one.row.sku:
                first[one.row.sku] = one.row.position

    def _plan(self, one: Planned) -> None:
        if not one.row.sku:
            one.problem("title", "Write the name.")
        if one.said.problems:
            one.outcome = RowOutcome.PROBLEM
            return
        variant = self._variants.get(one.row.sku)
        if variant is not None:
            self._known_row(one, variant)
        else:
            self._new_row(one)

    # --- a SKU that the shop has ------------------------------------------------------------------------------------

    def _known_row(self, one: Planned, variant: Variant) -> None:
        if self._known == "skip":
            one.outcome = RowOutcome.SKIPPED
            return
        product, level = self._products[variant.product_id], self._levels[variant.id]
        values = one.said.values
        wanted = {name: values[name] for name in PRODUCT_FIELDS if name in values}
        if product.state is ProductState.ARCHIVED:
            wanted.setdefault("state", str(ProductState.LIVE))
        if not self._code_is_free(one, product.id, wanted):
            return
        if values.get("stock") is not None and values["stock"] < level.reserved:
            one.problem("stock", f"{level.reserved} pieces are promised to orders: not fewer than that.")
            return
        prices = {f"{name}_paise": values[name] for name in ("price", "mrp") if name in values}
        prices = {name: paise for name, paise in prices.items() if paise != getattr(variant, name)}
        if not self._prices_fit(one, variant, prices):
            return
        for name, value in wanted.items():
            self._set(product, name, value, one.product_before)
        for name, value in prices.items():
            self._set(variant, name, value, one.variant_before)
        self._set(variant, "archived", False, one.variant_before)
        one.product, one.variant = product, variant
        one.on_hand, one.level = level.on_hand, values.get("stock")
        moved = one.level is not None and one.level != level.on_hand
        if one.product_before or one.variant_before or moved:
            one.outcome = RowOutcome.CHANGED

    def _prices_fit(self, one: Planned, variant: Variant, changed: Mapping[str, int]) -> bool:
        """Whether the price is not above the MRP, where the row changes one and the other stays."""
        price = changed.get("price_paise", variant.price_paise)
        mrp = changed.get("mrp_paise", variant.mrp_paise)
        if not changed or mrp is None or mrp >= price:
            return True
        if "mrp_paise" in changed:
            one.problem("mrp", "The MRP is not below the price.")
        else:
            one.problem("price", f"The price is not above the MRP, {rupees(mrp)}.")
        return False

    def _set(self, entity: Any, name: str, value: Any, before: dict[str, list[Any]]) -> None:
        old = getattr(entity, name)
        if (str(old) if name == "state" else old) == value:
            return
        before[name] = [str(old) if name == "state" else old, value]
        setattr(entity, name, ProductState(value) if name == "state" else value)

    def _code_is_free(self, one: Planned, product_id: str, wanted: Mapping[str, Any]) -> bool:
        code = wanted.get("code")
        if not code:
            return True
        if self._codes.setdefault(code_key(code), product_id) == product_id:
            return True
        one.problem("code", "Another product has this code.")
        return False

    # --- a new SKU --------------------------------------------------------------------------------------------------

    def _new_row(self, one: Planned) -> None:
        values = one.said.values
        if values.get("price") is None:
            one.problem("price", "Write a price.")
            return
        product = self._home(one)
        new = product is None
        if product is None:
            if not values.get("title"):
                one.problem("title", "Write the name.")
                return
            product = self._product(one)
            if not self._code_is_free(one, product.id, values):
                return
        if not self._choose(one, product):
            return
        kinds = self._kinds.setdefault(product.id, [])
        variant = one.variant
        assert variant is not None
        kinds.append(variant)
        self._variants[variant.sku] = variant
        self._levels[variant.id] = StockLevel(variant_id=variant.id, on_hand=values.get("stock") or 0)
        if new:
            self.made[product.id] = product
            self._products[product.id] = product
        if one.said.group:
            self._groups.setdefault(one.said.group, product)
        one.product, one.new, one.outcome = product, "product" if new else "variant", RowOutcome.NEW
        one.level = values.get("stock") or 0

    def _home(self, one: Planned) -> Product | None:
        """The product that a new kind belongs to: of an earlier row, of its handle, or of the same name with options."""
        group, handle = one.said.group, one.said.values.get("handle", "")
        if group and group in self._groups:
            return self._groups[group]
        if handle in self._products:
            return self._products[handle]
        if not one.said.options:
            return None
        siblings = [self._titles.get(one.said.values.get("title", "").casefold())]
        return next((product for product in siblings if product is not None), None)

    def _product(self, one: Planned) -> Product:
        values = {**DEFAULTS, **{name: one.said.values[name] for name in PRODUCT_FIELDS if name in one.said.values}}
        values["state"] = ProductState(values["state"])
        now = self._core.clock.now()
        return Product(
            id=self._core.ids.new("product"),
            business_id=self._uow.business_id,
            created_at=now,
            updated_at=now,
            **values,
        )

    def _choose(self, one: Planned, product: Product) -> bool:
        """Make the variant with its choices, and let the product's options have their values."""
        given, kinds = one.said.options, self._kinds.get(product.id, [])
        present = [kind for kind in kinds if not kind.archived]
        if len(present) >= MAX_VARIANTS:
            one.problem("sku", f"A product has at most {MAX_VARIANTS} variants.")
            return False
        options = [{"name": option["name"], "values": list(option["values"])} for option in product.options]
        if not kinds:
            options = [{"name": name, "values": [value]} for name, value in given]
        elif len(options) != len(given):
            names = ", ".join(option["name"] for option in options)
            sentence = (
                f"This product comes in {names}: write a value for each." if options else "This product has no options."
            )
            one.problem("option1", sentence)
            return False
        else:
            for option, (_, value) in zip(options, given, strict=True):
                same = next((known for known in option["values"] if known.casefold() == value.casefold()), None)
                if same is None:
                    option["values"].append(value)
        choices = [
            next(known for known in option["values"] if known.casefold() == value.casefold())
            for option, (_, value) in zip(options, given, strict=True)
        ]
        problem = options_problem(options) or choices_problem(options, [*(kind.choices for kind in present), choices])
        if problem or (kinds and not options):
            one.problem("option1", problem or "Another row has this product already. Give the row its options.")
            return False
        if options != product.options:
            self._set(product, "options", options, one.product_before)
        one.variant = Variant(
            id=self._core.ids.new("variant"), business_id=self._uow.business_id, product_id=product.id, sku=one.row.sku,
            title=title_of(choices), choices=choices, price_paise=one.said.values["price"],
            mrp_paise=one.said.values.get("mrp"), position=len(kinds),
        )  # fmt: skip
        return True

"""Writing a batch of planned rows, and taking them back: each within one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from salespilots.domain.catalog import Product, ProductState
from salespilots.domain.imports import ImportRow, ProductImport, RowOutcome
from salespilots.domain.stock import MovementKind
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.core import Core
from salespilots.services.imports.plan import Planned, Planner
from salespilots.services.product_rules import CODES
from salespilots.services.shelf import hand_movement, moved_in


def check_in(core: Core, uow: UnitOfWork, imported: ProductImport, rows: Sequence[ImportRow]) -> None:
    """Note of each row what it would do."""
    for one in Planner(core, uow, imported).plan(rows, checking=True):
        one.row.outcome, one.row.problems = one.outcome, one.said.problems
        uow.import_rows.save(one.row)


def write_in(core: Core, uow: UnitOfWork, imported: ProductImport, rows: Sequence[ImportRow]) -> None:
    """Make and change products; a row that cannot be written any more becomes a problem and leaves no trace."""
    wanted = [one for one in rows if one.outcome not in (RowOutcome.PROBLEM, RowOutcome.SKIPPED) and not one.written]
    planner = Planner(core, uow, imported)
    planned = planner.plan(wanted, checking=False)
    if any("code" in one.said.values for one in planned):
        uow.next_number(CODES)
    done = [one for one in planned if one.outcome in (RowOutcome.NEW, RowOutcome.CHANGED)]
    _save_entities(core, uow, planner, done)
    _move(core, uow, imported, done)
    for one in planned:
        row = one.row
        row.outcome, row.problems = one.outcome, one.said.problems
        if one in done and one.product is not None and one.variant is not None:
            row.product_id, row.variant_id, row.written = one.product.id, one.variant.id, True
            row.before = {
                "new": one.new, "product": one.product_before, "variant": one.variant_before,
                "pieces": (one.level or 0) - one.on_hand if one.level is not None else 0,
            }  # fmt: skip
        uow.import_rows.save(row)


def _save_entities(core: Core, uow: UnitOfWork, planner: Planner, done: Sequence[Planned]) -> None:
    now = core.clock.now()
    products: dict[str, Product] = {}
    for one in done:
        if one.product is not None and (one.product_before or one.new):
            products[one.product.id] = one.product
    for product in products.values():
        product.updated_at = now
        if product.id in planner.made:
            uow.products.add_new(product)
        else:
            uow.products.save(product)
    for one in done:
        if one.variant is None:
            continue
        if one.new:
            uow.variants.add_new(one.variant)
        elif one.variant_before:
            uow.variants.save(one.variant)


def _move(core: Core, uow: UnitOfWork, imported: ProductImport, done: Sequence[Planned]) -> None:
    """Bring the shelf to what the rows say."""
    movements, moved = [], []
    for one in done:
        if one.variant is None or one.product is None or one.level is None:
            continue
        delta = one.level - one.on_hand
        if delta or one.new:
            kind = MovementKind.RECEIVE if one.new else MovementKind.ADJUST
            cause = f"import:{imported.id}:{one.variant.id}"
            actor, note = imported.actor, imported.filename[:200]
            movements.append(hand_movement(core, uow, one.variant.id, kind, delta, cause, actor, note))
        if delta and not one.new:
            moved.append((one.product.id, one.variant.id))
    if movements:
        uow.variants.count(eq("id", movements[0].variant_id))  # the ledger speaks of them: they are written before it
    levels = uow.stock.move(movements)
    if moved:
        moved_in(core, uow, moved, levels)


def undo_in(core: Core, uow: UnitOfWork, imported: ProductImport, rows: Sequence[ImportRow]) -> None:
    """Bring back what these rows, the last one first, changed, unless somebody changed it again; take what they made off
    sale.

    Nothing that was made is deleted, as orders and the ledger may speak of it. Stock goes back by an adjusting movement,
    never below what is promised.
    """
    rows = [one for one in rows if one.written]
    products = {one.id: one for one in uow.products.select(one_of("id", sorted({r.product_id or "" for r in rows})))}
    variants = {one.id: one for one in uow.variants.select(one_of("id", sorted({r.variant_id or "" for r in rows})))}
    levels = uow.stock.levels(sorted(variants))
    changed: set[str] = set()
    movements, moved = [], []
    for row in rows:
        product, variant = products[row.product_id or ""], variants[row.variant_id or ""]
        _restore(product, row.before.get("product") or {}, changed)
        _restore(variant, row.before.get("variant") or {}, changed)
        if row.before.get("new"):
            variant.archived = True
            changed.add(variant.id)
        if row.before.get("new") == "product":
            product.state = ProductState.ARCHIVED
            changed.add(product.id)
        level, pieces = levels[variant.id], row.before.get("pieces") or 0
        back = max(level.reserved - level.on_hand, -pieces)
        if back:
            cause = f"import:{imported.id}:undo:{variant.id}"
            movements.append(
                hand_movement(
                    core, uow, variant.id, MovementKind.ADJUST, back, cause, imported.actor, imported.filename[:200]
                )
            )
            moved.append((product.id, variant.id))
        row.written = False
        uow.import_rows.save(row)
    now = core.clock.now()
    for product in products.values():
        if product.id in changed:
            product.updated_at = now
            uow.products.save(product)
    for variant in variants.values():
        if variant.id in changed:
            uow.variants.save(variant)
    levels = uow.stock.move(movements)
    if moved:
        moved_in(core, uow, moved, levels)


def _restore(entity: Any, before: dict[str, list[Any]], changed: set[str]) -> None:
    for name, (old, new) in before.items():
        value = getattr(entity, name)
        if (str(value) if name == "state" else value) == new:
            setattr(entity, name, ProductState(old) if name == "state" else old)
            changed.add(entity.id)

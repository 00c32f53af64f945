"""Bringing products in from a file: uploaded, matched, checked, written in batches, taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import IO

import structlog

from salespilots.domain.errors import Conflict, InvalidInput, OutOfStock, SalesPilotsError, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.imports import ImportRow, ImportState, ProductImport, RowOutcome
from salespilots.ports.storage import Page, StorageUnavailable, UnitOfWork, Where, eq
from salespilots.services.core import Core, retrying
from salespilots.services.imports.columns import HEADINGS, guess, read_row
from salespilots.services.imports.packed import refused
from salespilots.services.imports.tables import rows_of
from salespilots.services.imports.write import check_in, undo_in, write_in

log = structlog.get_logger(__name__)

BATCH = 200
"""Rows of one transaction."""

KEEP_BATCH = 1000
"""Rows of one transaction while a file is only kept."""

CLAIM = timedelta(seconds=30)
"""After this another worker goes on with an import whose worker went away."""

MOST_LOST = 20
"""Races that a batch may lose one after the other."""

KEPT = timedelta(days=30)
"""For so long the rows of an import are kept."""

UNDO_FOR = timedelta(hours=24)
AT_ONCE = 2.0
"""Seconds that whoever asks works on a small file themselves, so that nobody waits for a worker."""

WORKING = (ImportState.MATCHED, ImportState.RUNNING, ImportState.UNDOING)


class Imports:
    """Use cases of imports. Work goes on where `next_at` says so, one batch a transaction, wherever it stopped."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # --- from the file to the check ---------------------------------------------------------------------------------

    def upload(self, business_id: str, filename: str, file: IO[bytes], *, actor: str = "") -> ProductImport:
        """Keep the rows of a file. Raises `InvalidInput` for what is no table of products; nothing is kept then."""
        core, rows = self._core, rows_of(file, filename)
        headings = next((row for row in rows if row), [])
        if len([one for one in headings if one]) < 2:
            raise refused("The first row must name the columns, for example Name, SKU, Price.")
        imported = ProductImport(
            id=core.ids.new("import"), business_id=business_id, created_at=core.clock.now(), actor=actor,
            filename=" ".join(filename.split())[-120:] or "file", headings=headings, state=ImportState.FAILED,
            error="The file was not read to its end.", columns=guess(headings),
        )  # fmt: skip
        with core.storage.unit_of_work(business_id) as uow:
            uow.imports.add(imported)
            uow.commit()
        try:
            self._keep(imported, rows)
        except InvalidInput:
            self._forget(business_id, imported.id)
            raise
        self._forget_old(business_id)
        return self.get(business_id, imported.id)

    def _forget_old(self, business_id: str) -> None:
        """One import whose rows nobody needs any more makes room for each new one."""
        past = Where("created_at", "lt", self._core.clock.now() - KEPT)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            old = uow.imports.select(past, order="created_at", limit=1)
        for one in old:
            self._forget(business_id, one.id)

    def _keep(self, imported: ProductImport, rows: Iterator[list[str]]) -> None:
        core, kept, batch = self._core, 0, []
        for position, cells in enumerate(rows, 2):
            if any(cells):
                batch.append(
                    ImportRow(
                        id=core.ids.new("import_row"), business_id=imported.business_id, import_id=imported.id,
                        position=position, cells=cells,
                    )
                )  # fmt: skip
            if len(batch) == KEEP_BATCH:
                kept += self._add(imported.business_id, batch)
                batch = []
        kept += self._add(imported.business_id, batch)
        if not kept:
            raise refused("There is no row below the headings.")
        with core.storage.unit_of_work(imported.business_id) as uow:
            now = uow.imports.get(imported.id)
            now.state, now.error, now.rows_count = ImportState.UPLOADED, None, kept
            uow.imports.save(now)
            uow.commit()

    def _add(self, business_id: str, rows: Sequence[ImportRow]) -> int:
        if rows:
            with self._core.storage.unit_of_work(business_id) as uow:
                uow.import_rows.add_many(rows)
                uow.commit()
        return len(rows)

    def _forget(self, business_id: str, import_id: str) -> None:
        while True:
            with self._core.storage.unit_of_work(business_id) as uow:
                rows = uow.import_rows.select(eq("import_id", import_id), limit=KEEP_BATCH)
                for row in rows:
                    uow.import_rows.remove(row)
                if not rows:
                    uow.imports.remove(uow.imports.get(import_id))
                uow.commit()
            if not rows:
                return

    def get(self, business_id: str, import_id: str) -> ProductImport:
        """One import. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.imports.get(import_id)

    def page(
        self, business_id: str, *, state: str = "", cursor: str | None = None, limit: int = 10
    ) -> Page[ProductImport]:
        """Imports, newest first."""
        where = [eq("state", state)] if state else []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.imports.page(*where, order="-created_at", cursor=cursor, limit=limit)

    def samples(self, business_id: str, import_id: str, count: int = 3) -> list[list[str]]:
        """The first rows, to recognise columns by."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            rows = uow.import_rows.select(eq("import_id", import_id), order="position", limit=count)
        return [one.cells for one in rows]

    def match(
        self,
        business_id: str,
        import_id: str,
        columns: Mapping[str, int],
        *,
        known: str = "update",
        problems: str = "skip",
    ) -> ProductImport:
        """Give columns their meaning and check the rows. ``known``: update or skip what the shop has; ``problems``: skip
        rows with problems, or stop at them. Raises `InvalidInput`."""
        if not {"sku", "title"} & columns.keys():
            raise InvalidInput({"title": ["Choose the column with the name or the SKU."]})
        if len(set(columns.values())) < len(columns):
            raise InvalidInput({"columns": ["One column cannot be two things."]})

        def begin(imported: ProductImport) -> None:
            self._must_be(imported, ImportState.UPLOADED, ImportState.MATCHED)
            if not all(0 <= place < len(imported.headings) for place in columns.values()):
                raise InvalidInput({"columns": ["There is no such column."]})
            imported.columns = dict(columns)
            imported.choices = {"known": known, "problems": problems, "cursor": 0}
            self._begin(imported, ImportState.MATCHED)

        return self._change(business_id, import_id, begin)

    def rows(
        self,
        business_id: str,
        import_id: str,
        outcome: RowOutcome | None = None,
        *,
        cursor: str | None = None,
        limit: int = 20,
    ) -> Page[ImportRow]:
        """Rows in the order of the file."""
        where = [eq("import_id", import_id)] + ([eq("outcome", outcome)] if outcome else [])
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.imports.get(import_id)
            return uow.import_rows.page(*where, order="position", cursor=cursor, limit=limit)

    def mend(self, business_id: str, import_id: str, row_id: str, texts: Mapping[str, str]) -> ImportRow:
        """Write other texts into a row's cells, by field, and check it again."""

        def use_case() -> ImportRow:
            with self._core.storage.unit_of_work(business_id) as uow:
                imported, row = self._row(uow, import_id, row_id)
                cells = [*row.cells, *[""] * (len(imported.headings) - len(row.cells))]
                for name, text in texts.items():
                    if name in imported.columns:
                        cells[imported.columns[name]] = text.strip()
                    elif text.strip() and name in HEADINGS:
                        imported.headings = [*imported.headings, HEADINGS[name]]
                        imported.columns = {**imported.columns, name: len(imported.headings) - 1}
                        cells.append(text.strip())
                row.cells = cells
                check_in(self._core, uow, imported, [row])
                self._count(uow, imported)
                uow.commit()
                return row

        return retrying(use_case)

    def leave_out(self, business_id: str, import_id: str, row_id: str) -> None:
        """Skip a row."""
        with self._core.storage.unit_of_work(business_id) as uow:
            imported, row = self._row(uow, import_id, row_id)
            row.outcome = RowOutcome.SKIPPED
            uow.import_rows.save(row)
            self._count(uow, imported)
            uow.commit()

    def _row(self, uow: UnitOfWork, import_id: str, row_id: str) -> tuple[ProductImport, ImportRow]:
        imported = uow.imports.get(import_id)
        self._must_be(imported, ImportState.MATCHED)
        row = uow.import_rows.get(row_id)
        if row.import_id != import_id:
            raise Conflict("That row belongs to another import.")
        return imported, row

    def start(self, business_id: str, import_id: str) -> ProductImport:
        """Write the rows. Raises `Conflict` while they are being checked, or where problems shall stop it."""

        def begin(imported: ProductImport) -> None:
            if imported.state in (ImportState.RUNNING, ImportState.DONE):
                return  # the button was pressed twice
            self._must_be(imported, ImportState.MATCHED)
            if imported.next_at is not None:
                raise Conflict("The rows are still being checked.")
            if imported.choices.get("problems") == "stop" and imported.counts.get("problem"):
                raise Conflict("Mend or leave out the rows with problems first.")
            imported.started_at = self._core.clock.now()
            self._begin(imported, ImportState.RUNNING)

        return self._change(business_id, import_id, begin)

    def undo(self, business_id: str, import_id: str) -> ProductImport:
        """Take everything back. Raises `Conflict` when it is too late."""

        def begin(imported: ProductImport) -> None:
            if imported.state in (ImportState.UNDOING, ImportState.UNDONE):
                return
            self._must_be(imported, ImportState.DONE, ImportState.FAILED)
            if imported.undo_until is None or self._core.clock.now() > imported.undo_until:
                raise Conflict("An import can be undone for 24 hours.")
            self._begin(imported, ImportState.UNDOING)

        return self._change(business_id, import_id, begin)

    # --- the work -----------------------------------------------------------------------------------------------------

    def work(self, business_id: str, import_id: str, seconds: float = 20.0) -> ProductImport:
        """Go on with an import for so long, batch by batch. What another worker is at is left to it."""
        ends, mine, lost = time.monotonic() + seconds, None, 0
        imported = self.get(business_id, import_id)
        while imported.state in WORKING and imported.next_at is not None and time.monotonic() < ends:
            if imported.next_at not in (mine, None) and imported.next_at > self._core.clock.now():
                return imported
            try:
                imported = self._batch(business_id, import_id)
            except (StaleEntity, Conflict, OutOfStock) as error:
                # somebody saved one of its products, took its SKU or ordered it, or another worker is at it: plan afresh
                lost += 1
                if lost == MOST_LOST:
                    log.error("import.lost", error=type(error).__name__)
                    return self._change(business_id, import_id, self._broken)
                imported = self.get(business_id, import_id)
                continue
            except StorageUnavailable:
                raise
            except Exception as error:
                log.error("import.broken", error=type(error).__name__, exc_info=not isinstance(error, SalesPilotsError))
                return self._change(business_id, import_id, self._broken)
            mine, lost = imported.next_at, 0
        if imported.next_at is not None and imported.next_at == mine:
            return self._change(business_id, import_id, self._due_now)
        return imported

    def _batch(self, business_id: str, import_id: str) -> ProductImport:
        with self._core.storage.unit_of_work(business_id) as uow:
            imported = uow.imports.get(import_id)
            if imported.state not in WORKING or imported.next_at is None:
                return imported
            rows = self._next_rows(uow, imported)
            last = len(rows) < BATCH
            rows = rows if last else _whole_products(rows, imported.columns)
            if rows:
                step = {ImportState.MATCHED: check_in, ImportState.RUNNING: write_in, ImportState.UNDOING: undo_in}
                step[imported.state](self._core, uow, imported, rows)
                imported.rows_done += len(rows)
                mark = "below" if imported.state is ImportState.UNDOING else "cursor"
                imported.choices = {**imported.choices, mark: rows[-1].position}
            imported.next_at = self._core.clock.now() + CLAIM
            self._tell(uow, imported, "import.moved")
            if last:
                self._finish(uow, imported)
            if last or imported.state is not ImportState.UNDOING:
                self._count(uow, imported)
            else:
                uow.imports.save(imported)
            uow.commit()
            return imported

    def _next_rows(self, uow: UnitOfWork, imported: ProductImport) -> list[ImportRow]:
        """The rows after those that are done; for undoing from the last to the first, as one may have changed what another
        had changed."""
        mine, choices = eq("import_id", imported.id), imported.choices
        if imported.state is not ImportState.UNDOING:
            after = Where("position", "gt", int(choices.get("cursor") or 0))
            return uow.import_rows.select(mine, after, order="position", limit=BATCH)
        below = [Where("position", "lt", choices["below"])] if choices.get("below") else []
        return uow.import_rows.select(mine, *below, order="-position", limit=BATCH)

    def _finish(self, uow: UnitOfWork, imported: ProductImport) -> None:
        now, was = self._core.clock.now(), imported.state
        imported.next_at = None
        if was is ImportState.RUNNING:
            imported.state, imported.finished_at, imported.undo_until = ImportState.DONE, now, now + UNDO_FOR
        elif was is ImportState.UNDOING:
            imported.state, imported.undo_until = ImportState.UNDONE, None
        if was is not ImportState.MATCHED:
            self._tell(uow, imported, "import.finished" if was is ImportState.RUNNING else "import.undone")

    def _tell(self, uow: UnitOfWork, imported: ProductImport, kind: str) -> None:
        ids, actor = {"import_id": imported.id}, imported.actor or "system"
        uow.record(Event(type=kind, at=self._core.clock.now(), ids=ids, actor=actor))

    def _count(self, uow: UnitOfWork, imported: ProductImport) -> None:
        imported.counts = uow.queries.count_by("import_rows", "outcome", eq("import_id", imported.id))
        uow.imports.save(imported)

    def _begin(self, imported: ProductImport, state: ImportState) -> None:
        imported.state, imported.rows_done, imported.error = state, 0, None
        imported.choices = {**imported.choices, "cursor": 0, "below": 0}
        imported.next_at = self._core.clock.now()

    def _due_now(self, imported: ProductImport) -> None:
        if imported.next_at is not None:
            imported.next_at = self._core.clock.now()

    def _broken(self, imported: ProductImport) -> None:
        now = self._core.clock.now()
        imported.error = "It stopped before its end. What was written can be undone."
        imported.state, imported.next_at, imported.undo_until = ImportState.FAILED, None, now + UNDO_FOR

    def _must_be(self, imported: ProductImport, *states: ImportState) -> None:
        if imported.state not in states:
            raise Conflict("This import is not at that step.", state=str(imported.state))

    def _change(self, business_id: str, import_id: str, change: object) -> ProductImport:
        def use_case() -> ProductImport:
            with self._core.storage.unit_of_work(business_id) as uow:
                imported = uow.imports.get(import_id)
                change(imported)  # type: ignore[operator]
                uow.imports.save(imported)
                uow.commit()
            return imported

        return retrying(use_case)

    def left_out(self, business_id: str, import_id: str) -> Iterator[list[str]]:
        """The rows that were not imported, with the line and what is wrong, below the headings of the file."""
        imported = self.get(business_id, import_id)
        yield [*imported.headings, "Row", "What is wrong"]
        for outcome in (RowOutcome.PROBLEM, RowOutcome.SKIPPED):
            cursor: str | None = ""
            while cursor is not None:
                page = self.rows(business_id, import_id, outcome, cursor=cursor or None, limit=500)
                for row in page.items:
                    cells = [*row.cells, *[""] * (len(imported.headings) - len(row.cells))]
                    why = "; ".join(f"{HEADINGS.get(name, name)}: {text}" for name, text in row.problems.items())
                    yield [*cells, str(row.position), why or "Left out"]
                cursor = page.next


def _whole_products(rows: list[ImportRow], columns: Mapping[str, int]) -> list[ImportRow]:
    """The rows but those of a product that may go on in the next batch."""
    last = read_row(rows[-1].cells, columns).group
    end = len(rows)
    while last and end > 0 and read_row(rows[end - 1].cells, columns).group == last:
        end -= 1
    return rows[:end] or rows

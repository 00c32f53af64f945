"""Bank and UPI statements as people have them: pasted or as CSV, in the shapes of several banks.

A line is money that came in. Which column is what is read from the headings; where there are none, from what the cells
look like. A line that says debit somewhere, and nowhere for sure which way its money went, is left out and counted, and
so is one whose status is not that the money arrived. A reference of twelve digits is the UPI transaction's (NPCI: RRN,
what apps call UTR).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from salespilots.domain.money import parse_rupees
from salespilots.services.statement_days import DateOrder, order_of, read_day

MOST_LINES = 5000
MOST_BYTES = 2 * 1024 * 1024
HEAD = 40
"""The headings are among so many first lines."""

UTR = re.compile(r"(?<!\d)(?!91[6-9]\d{9}(?!\d))(\d{12})(?![\d@])")
"""Not a phone number with its country, nor what stands before the @ of a UPI id."""

_REF = re.compile(r"^[A-Z0-9]{10,22}$", re.IGNORECASE)
_HEADINGS = {
    "day": ("date", "txn date", "transaction date", "value date", "value dt", "post date", "tran date", "date & time"),
    "text": (
        "description", "narration", "particulars", "remarks", "transaction details", "details", "transaction remarks",
        "comment",
    ),
    "ref": (
        "utr", "rrn", "ref no", "reference", "ref", "chq", "chqno", "cheque", "transaction id", "upi ref", "utr no",
        "utr number",
    ),
    "credit": ("credit", "deposit", "cr", "deposits", "amount received"),
    "debit": ("debit", "withdrawal", "dr", "withdrawals"),
    "amount": ("amount", "transaction amount", "amt"),
    "side": ("type", "transaction type", "txn type", "drcr", "crdr"),
    "status": ("status", "transaction status", "txn status", "payment status"),
}  # fmt: skip
"""Meaning to the words with which a heading begins."""

_BOTH = re.compile(r"(?:dr|cr|debit|credit|withdrawal|deposit)[/ ](?:dr|cr|debit|credit|withdrawal|deposit)\b")
"""A heading of the column that says which way the money went, surer than a type of transaction is."""

_NUMBER = re.compile(r"\b(?:utr|rrn)\b")
"""A heading of the bank's own reference, surer than an app's id of the transaction is."""

_OUT = re.compile(r"\bdr?\b|debit|withdrawal|refund", re.IGNORECASE)
_IN = re.compile(r"\bcr?\b|credit|deposit|received|^\+", re.IGNORECASE)
_SIDE = re.compile(r"^\W*(?:dr|cr|debit|credit)\W*$", re.IGNORECASE)

_ARRIVED = re.compile(
    r"(?<![a-z])(?:success(?:ful|fully)?|succeeded|completed?|settled|captured|credited|received|cleared|posted|booked|"
    r"processed|paid|done|ok)(?![a-z])", re.IGNORECASE,
)  # fmt: skip
_NOT_ARRIVED = (
    r"fail(?:ed|ure)?|pending|declined|rejected|cancell?ed|reversed|refunded|expired|aborted|initiated|processing|"
    r"in[ _]progress|on[ _]hold"
)
_DOUBTED = re.compile(rf"(?<![a-z])(?:{_NOT_ARRIVED}|refund|reversal|not|yet|to be)(?![a-z])", re.IGNORECASE)
_STATUS = re.compile(rf"^\W*(?:(?:txn|transaction|payment)[ _])?(?:{_NOT_ARRIVED})\W*$", re.IGNORECASE)
"""A cell that is nothing but the word that the money did not arrive."""


class Unreadable(ValueError):
    """No line of money could be found; the words are fit to show."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that came in on a day (YYYY-MM-DD)."""

    day: str
    amount_paise: int
    utr: str | None
    text: str
    nth: int = 1  # of equal lines of a statement

    @property
    def fingerprint(self) -> str:
        """Of the line itself: the same statement twice gives the same."""
        said = f"{self.day}|{self.amount_paise}|{self.utr or ''}|{' '.join(self.text.split()).casefold()}"
        said += f"|{self.nth}" if self.nth > 1 else ""
        return hashlib.sha256(said.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Statement:
    """Money that came in, in the order of the lines. ``left_out``: lines that say debit and may be either;
    ``unfinished``: lines whose money did not arrive, or not yet."""

    entries: list[Entry]
    left_out: int = 0
    unfinished: int = 0
    dates: DateOrder = DateOrder.DAY

    def __iter__(self) -> Iterator[Entry]:
        """The entries."""
        return iter(self.entries)


class _EitherWay(Exception):
    """This line says debit, and nothing says which way its money went."""


class _Unfinished(Exception):
    """The money of this line failed, or is on its way."""


def read_statement(text: str) -> Statement:
    """The credits of a statement. Raises `Unreadable`."""
    if len(text.encode()) > MOST_BYTES:
        raise Unreadable("The statement is larger than 2 MB. Take a shorter time.")
    try:
        rows = [[cell.strip() for cell in row] for row in _rows(text)]
    except csv.Error:
        raise Unreadable("The lines cannot be taken apart. Save the statement as CSV and upload that.") from None
    rows = [row for row in rows if any(row)]
    if len(rows) > MOST_LINES:
        raise Unreadable(f"More than {MOST_LINES} lines. Take a shorter time.")
    head, columns = _columns(rows)
    entries, left_out, unfinished, lines = [], 0, 0, rows[head + 1 :]
    place = columns.get("day")
    order = order_of(cell for row in lines for cell in (row if place is None else row[place : place + 1]))
    for row in lines:
        try:
            entry = _by_columns(row, columns, order) if columns else _by_looks(row, order)
        except _EitherWay:
            left_out += 1
        except _Unfinished:
            unfinished += 1
        else:
            entries += [entry] if entry is not None else []
    if not entries:
        said = f" {left_out} that say DR or debit were left out." if left_out else ""
        said += f" {unfinished} failed or are pending." if unfinished else ""
        raise Unreadable(
            f"No money that came in was found.{said} Paste the lines with their headings, or upload the CSV file."
        )
    return Statement(_numbered(entries), left_out, unfinished, order)


def _numbered(entries: Sequence[Entry]) -> list[Entry]:
    """Equal lines without a reference are as many payments as there are lines."""
    seen: Counter[Entry] = Counter()
    found = []
    for entry in entries:
        seen[entry] += 1
        found.append(entry if entry.utr else replace(entry, nth=seen[entry]))
    return found


def _rows(text: str) -> Iterator[list[str]]:
    """Cells of each line, cut where the headings are cut, or else at what stands most often in the first lines."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    sample = [line for line in text.splitlines() if line.strip()][:HEAD]
    headed = {mark: _meanings(sample, mark) for mark in ("\t", ";", ",", "|", "")}
    best = max(headed, key=lambda mark: headed[mark])
    if not headed[best]:
        best = max("\t;,|", key=lambda mark: sum(line.count(mark) for line in sample))
        spaced = sum(len(re.split(r"\s{2,}", line.strip())) > 2 for line in sample) * 2 > len(sample)
        if not any(best in line for line in sample) or (spaced and best == ","):
            best = ""
    return _cut(text.splitlines(keepends=True), best)


def _cut(lines: Sequence[str], mark: str) -> Iterator[list[str]]:
    """Without a mark: at two spaces or more."""
    if not mark:
        return iter([re.split(r"\s{2,}", line.rstrip()) for line in lines])
    return csv.reader(lines, delimiter=mark, skipinitialspace=True)


def _meanings(sample: Sequence[str], mark: str) -> int:
    """How many meanings the headings have when they are cut so."""
    try:
        return len(_columns(list(_cut(sample, mark)))[1])
    except csv.Error:
        return 0


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """(row of the headings or -1, meaning to place). The first column of a meaning is it, unless a later one is surer."""
    for place, row in enumerate(rows[:HEAD]):
        found: dict[str, int] = {}
        sure: set[str] = set()
        for index, cell in enumerate(row):
            meaning, is_sure = _meaning(cell)
            if meaning and (meaning not in found or (is_sure and meaning not in sure)):
                found[meaning] = index
                sure |= {meaning} if is_sure else set()
        if "day" in found and ("credit" in found or "amount" in found):
            return place, found
    return -1, {}


def _meaning(heading: str) -> tuple[str, bool]:
    """What a heading says (empty: nothing that is needed), and whether that is sure."""
    words = " ".join(re.sub(r"[^a-z/& ]+", " ", heading.casefold()).split())
    words = re.sub(r" ?/ ?", "/", words)
    if _BOTH.match(words):
        return "side", True
    words = words.replace("/", " ")
    for meaning, names in _HEADINGS.items():
        if any(words == name or words.startswith(f"{name} ") for name in names):
            return meaning, meaning == "ref" and bool(_NUMBER.search(words))
    return ("ref", True) if _NUMBER.search(words) else ("", False)


def _by_columns(row: Sequence[str], columns: dict[str, int], order: DateOrder) -> Entry | None:
    def cell(meaning: str) -> str:
        place = columns.get(meaning)
        return row[place] if place is not None and place < len(row) else ""

    day = read_day(cell("day"), order)
    paise = _amount(cell("credit")) if "credit" in columns else _signed(cell("amount"), cell("side"))
    if day is None or not paise:
        return None
    _refuse_unfinished(cell("status"), [one for one in row if one != cell("text")])
    if "credit" not in columns and not _IN.search(cell("amount")) and not _IN.search(cell("side")):
        _refuse_debit(row)
    text = " ".join(filter(None, (cell("text"), cell("ref")))) or " ".join(row)
    return Entry(day, paise, _utr(cell("ref"), cell("text")), text[:300])


def _refuse_debit(row: Sequence[str]) -> None:
    """For a line that nothing calls a credit."""
    if any(re.search(r"(?i)\bdr\b|\bdebit", cell) for cell in row):
        raise _EitherWay


def _refuse_unfinished(status: str, others: Sequence[str]) -> None:
    """For a line whose status, or a cell that looks like one where there is no such column, says that no money came. A
    status that nobody knows is none that came."""
    if status:
        if not _ARRIVED.search(status) or _DOUBTED.search(status):
            raise _Unfinished
    elif any(_STATUS.match(one) for one in others):
        raise _Unfinished


def _by_looks(row: Sequence[str], order: DateOrder) -> Entry | None:
    """Without headings: a day, an amount marked as credit or the only one, and the rest as words. What says first which
    way the money went speaks of it, and what comes after of the balance."""
    day = next((one for one in (read_day(cell, order) for cell in row) if one), None)
    amounts = [(cell, _amount(cell)) for cell in row if _amount(cell)]
    marked = [paise for cell, paise in amounts if re.search(r"\bcr\b|^\+", cell, re.IGNORECASE)]
    sides = [cell for cell in row if _SIDE.match(cell) or (_amount(cell) and re.search(r"(?i)\b[cd]r\b|^\+", cell))]
    paise = marked[0] if marked else amounts[0][1] if len(amounts) == 1 else None
    if day is None or not paise or (sides and _OUT.search(sides[0])):
        return None
    _refuse_unfinished("", row)
    if not sides:
        if any(re.search(r"^-|debited|paid to|sent to", cell, re.IGNORECASE) for cell in row):
            return None
        _refuse_debit(row)
    text = " ".join(row)
    return Entry(day, paise, _utr("", text), text[:300])


def _amount(text: str) -> int | None:
    """Paise of a cell that is an amount with its decimals or a currency mark; a bare long number is a reference."""
    plain = re.sub(r"(?i)\b(?:inr|rs\.?|cr|dr)\b\.?|₹|\+|\(cr\)", "", text).strip().strip('"')
    if not re.fullmatch(r"[0-9][0-9,]{0,14}(?:\.[0-9]{1,2})?", plain) or (len(plain) > 9 and "." not in plain):
        return None
    try:
        return parse_rupees(plain)
    except ValueError:
        return None


def _signed(text: str, side: str) -> int | None:
    return None if text.startswith("-") or _OUT.search(f"{text} {side}") else _amount(text)


def _utr(ref: str, text: str) -> str | None:
    found = UTR.search(ref.strip().lstrip("0")) or UTR.search(text)
    if found:
        return found.group(1)
    plain = ref.strip().lstrip("0")
    return plain.upper() if _REF.match(plain) and any(one.isdigit() for one in plain) else None

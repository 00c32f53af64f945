"""Bank and UPI statements as people have them: pasted or as CSV, in the shapes of several banks.

A line is money that came in. Which column is what is read from the headings; where there are none, from what the cells
look like. A reference of twelve digits is the UPI transaction's (NPCI: RRN, what apps call UTR).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from salespilots.domain.money import parse_rupees

MOST_LINES = 5000
MOST_BYTES = 2 * 1024 * 1024

UTR = re.compile(r"(?<!\d)(?!91[6-9]\d{9}(?!\d))(\d{12})(?![\d@])")
"""Not a phone number with its country, nor what stands before the @ of a UPI id."""

_REF = re.compile(r"^[A-Z0-9]{10,22}$", re.IGNORECASE)
_DAYS = (
    "%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d", "%d/%m/%y", "%d-%m-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y",
    "%d %B %Y", "%b %d, %Y", "%d.%m.%Y", "%d/%b/%Y",
)  # fmt: skip
_HEADINGS = {
    "day": ("date", "txn date", "transaction date", "value date", "value dt", "post date", "tran date", "date & time"),
    "text": (
        "description", "narration", "particulars", "remarks", "transaction details", "details", "transaction remarks",
        "comment",
    ),
    "ref": (
        "utr", "rrn", "ref no", "reference", "ref", "chq", "cheque", "transaction id", "upi ref", "utr no", "utr number",
    ),
    "credit": ("credit", "deposit", "cr amount", "deposits", "credit amount", "deposit amt", "amount received"),
    "debit": ("debit", "withdrawal", "dr amount", "withdrawals", "debit amount", "withdrawal amt"),
    "amount": ("amount", "transaction amount", "amt"),
    "side": ("type", "dr/cr", "cr/dr", "drcr", "transaction type", "debit/credit"),
}  # fmt: skip
"""Meaning to the words with which a heading begins."""


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


def read_statement(text: str) -> list[Entry]:
    """The credits of a statement, in their order. Raises `Unreadable`."""
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
    found = _numbered(_entries(rows[head + 1 :] if head >= 0 else rows, columns))
    if not found:
        raise Unreadable(
            "No money that came in was found. Paste the lines with their headings, or upload the CSV file."
        )
    return found


def _numbered(entries: Iterator[Entry]) -> list[Entry]:
    """Equal lines without a reference are as many payments as there are lines."""
    seen: Counter[Entry] = Counter()
    found = []
    for entry in entries:
        seen[entry] += 1
        found.append(entry if entry.utr else replace(entry, nth=seen[entry]))
    return found


def _rows(text: str) -> Iterator[list[str]]:
    text = text.removeprefix("\ufeff").replace("\x00", "")
    sample = [line for line in text.splitlines() if line.strip()][:40]
    best = max("\t;,|", key=lambda mark: sum(line.count(mark) for line in sample))
    spaced = sum(len(re.split(r"\s{2,}", line.strip())) > 2 for line in sample) * 2 > len(sample)
    if not any(best in line for line in sample) or (spaced and best == ","):
        return iter([re.split(r"\s{2,}", line) for line in text.splitlines()])
    return csv.reader(text.splitlines(keepends=True), delimiter=best)


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """(row of the headings or -1, meaning to place)."""
    for place, row in enumerate(rows[:40]):
        found: dict[str, int] = {}
        for index, cell in enumerate(row):
            words = " ".join(re.sub(r"[^a-z/& ]+", " ", cell.casefold()).split())
            for meaning, names in _HEADINGS.items():
                if (
                    meaning not in found
                    and words
                    and any(words == name or words.startswith(f"{name} ") for name in names)
                ):
                    found[meaning] = index
                    break
        if "day" in found and ("credit" in found or "amount" in found):
            return place, found
    return -1, {}


def _entries(rows: Sequence[Sequence[str]], columns: dict[str, int]) -> Iterator[Entry]:
    for row in rows:
        entry = _by_columns(row, columns) if columns else _by_looks(row)
        if entry is not None:
            yield entry


def _by_columns(row: Sequence[str], columns: dict[str, int]) -> Entry | None:
    def cell(meaning: str) -> str:
        place = columns.get(meaning)
        return row[place] if place is not None and place < len(row) else ""

    day = _day(cell("day"))
    paise = _amount(cell("credit")) if "credit" in columns else _signed(cell("amount"), cell("side"))
    if day is None or not paise:
        return None
    text = " ".join(filter(None, (cell("text"), cell("ref")))) or " ".join(row)
    return Entry(day, paise, _utr(cell("ref"), cell("text")), text[:300])


def _by_looks(row: Sequence[str]) -> Entry | None:
    """Without headings: a day, an amount marked as credit or the only one, and the rest as words."""
    day = next((one for one in map(_day, row) if one), None)
    amounts = [(cell, _amount(cell)) for cell in row if _amount(cell)]
    marked = [paise for cell, paise in amounts if re.search(r"\bcr\b|^\+", cell, re.IGNORECASE)]
    if any(re.search(r"\bdr\b|^-|debited|paid to|sent to", cell, re.IGNORECASE) for cell in row) and not marked:
        return None
    paise = marked[0] if marked else amounts[0][1] if len(amounts) == 1 else None
    if day is None or not paise:
        return None
    text = " ".join(row)
    return Entry(day, paise, _utr("", text), text[:300])


def _day(text: str) -> str | None:
    words = re.split(r"[ T](?=\d{1,2}:)", text.strip().strip("'"))[0].strip(" ,")
    for pattern in _DAYS:
        try:
            found: date = datetime.strptime(words, pattern).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
        return found.isoformat()
    return None


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
    if text.strip().startswith("-") or re.search(r"(?i)\bdr\b|debit", f"{text} {side}"):
        return None
    return _amount(text)


def _utr(ref: str, text: str) -> str | None:
    found = UTR.search(ref.strip().lstrip("0")) or UTR.search(text)
    if found:
        return found.group(1)
    plain = ref.strip().lstrip("0")
    return plain.upper() if _REF.match(plain) and any(one.isdigit() for one in plain) else None

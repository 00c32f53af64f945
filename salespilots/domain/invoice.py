"""Documents of a sale. A document never changes: ``content`` is everything that is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What the law calls it."""

    INVOICE = "invoice"  # tax invoice of a registered seller
    BILL_OF_SUPPLY = "bill_of_supply"  # of a composition dealer, or of exempt goods
    BILL = "bill"  # of an unregistered seller
    CREDIT_NOTE = "credit_note"  # for a refund of something invoiced


@dataclass(slots=True, kw_only=True)
class Invoice:
    """One issued document. ``number`` is gap-free per series and financial year, at most 16 characters (CGST rule 46)."""

    id: str
    business_id: str
    order_id: str
    kind: DocumentKind
    number: str
    year: str  # financial year, "26-27"
    issued_at: datetime
    cause_key: str  # what makes issuing it twice harmless: order:<id>, refund:<id>, return:<id>, again:<id>
    refund_id: str | None = None
    original_id: str | None = None  # a credit note's invoice
    total_paise: int = 0
    tax_paise: int = 0
    content: dict = field(default_factory=dict)
    practice: bool = False
    version: int = 0

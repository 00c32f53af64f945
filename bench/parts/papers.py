"""Drawing an invoice: seconds of a process that has drawn before, and of the first one."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

from bench.context import Bench
from bench.table import Goal
from salespilots.domain.business import Business
from salespilots.domain.invoice import Invoice
from salespilots.domain.order import Order, OrderLine
from salespilots.domain.sale_papers import kind_for, sale_content
from salespilots.papers.documents import document_pdf

INVOICE = Goal(gate=1.0, stretch=0.35)
AT = datetime(2026, 11, 20, tzinfo=UTC)


def invoice(lines: int) -> Invoice:
    """A tax invoice of so many lines, in two scripts."""
    goods = [
        OrderLine(
            id=f"lin_{n}", variant_id="var_1", product_id="prd_1", sku=f"S-{n}", quantity=2, unit_paise=129900, gst_rate=5,
            title="बनारसी साड़ी, लाल" if n % 2 else "Blue block-print saree, Free size",
        )
        for n in range(lines)
    ]  # fmt: skip
    order = Order(
        id="ord_1", business_id="biz_1", customer_id="cus_1", created_at=AT, token="t", number="SP-1001", lines=goods,
        address={"name": "रिया सेन", "line1": "14, 3rd Cross", "city": "Kochi", "state": "Kerala", "pincode": "682001"},
    )  # fmt: skip
    shop = Business(id="biz_1", name="Meera Handlooms", slug="m", created_at=AT, gstin="29AAGCB7383J1Z4")
    return Invoice(
        id="inv_1", business_id="biz_1", order_id="ord_1", kind=kind_for(shop), number="INV/26-27/00001", year="26-27",
        issued_at=AT, cause_key="order:ord_1", content=sale_content(order, shop, AT, ""),
    )  # fmt: skip


def measure(bench: Bench) -> None:
    """The first, then several of three lines, then one of a hundred."""
    small, large = invoice(3), invoice(100)
    first = _seconds(small)
    several = [_seconds(small) for _ in range(1 if bench.quick else 10)]
    note = f"the first of a process {first:.2f} s; one of 100 lines {_seconds(large):.2f} s"
    bench.table.add("invoice time, 3 lines", round(statistics.median(several), 3), "s", goal=INVOICE, note=note)


def _seconds(one: Invoice) -> float:
    began = time.monotonic()
    assert document_pdf(one).startswith(b"%PDF-")
    return time.monotonic() - began

"""Papers of orders over HTTP: who gets them, and what is on them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from salespilots.domain.business import Role
from salespilots.domain.invoice import DocumentKind, Invoice
from salespilots.domain.sale_papers import kind_for, sale_content
from salespilots.papers.documents import document_pdf
from salespilots.papers.words import rupees_in_words
from salespilots.web.app import create_app
from tests.domain.test_gst import GSTIN, NOW, order_of, shop_of
from tests.services.test_documents import REGISTERED, Desk
from tests.support.browser import Visitor
from tests.support.shop import World
from tests.web.test_pages import add_member


def pages_of(content: bytes) -> list[str]:
    """The words of each page; every page is drawn too, and none is empty."""
    import pypdfium2

    assert content.startswith(b"%PDF-")
    document, found = pypdfium2.PdfDocument(io.BytesIO(content)), []
    for page in document:
        assert page.render(scale=0.5).to_pil().convert("L").getextrema()[0] < 200
        found.append(page.get_textpage().get_text_range())
    return found


class Office:
    """A registered shop with its owner and its packer at their browsers."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(world, **REGISTERED, address="12 MG Road\nBengaluru 560001", phone="+918000000000")
        self.app = create_app(world.application)
        self.owner, self.packer = Visitor(self.app), Visitor(self.app)
        self.owner.sign_in("meera@example.in")
        self.packer.sign_in(add_member(world, self.desk, Role.PACKER))  # type: ignore[arg-type]


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_an_owner_makes_the_invoice_and_everybody_who_may_reads_it(office: Office) -> None:
    desk, order = office.desk, office.desk.paid()
    path = f"/app/orders/{order.id}"
    assert office.owner.get(f"{path}/invoice.pdf").status_code == 404
    assert Visitor(office.app).get(f"/o/{order.token}/invoice.pdf").status_code == 404
    assert "Make the invoice" in office.owner.get(path).text
    assert office.owner.post(f"{path}/invoice").status_code == 303
    assert office.owner.post(f"{path}/invoice").status_code == 303
    (made,) = desk.papers(order)
    shown = office.owner.get(path).text
    assert made.number in shown
    assert "Make the invoice" not in shown
    answer = office.owner.get(f"{path}/invoice.pdf")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "private, no-store")
    (page,) = pages_of(answer.data)
    for text in (
        "Tax invoice",
        made.number,
        GSTIN,
        "Meera Handlooms LLP",
        "Kerala (32)",
        "5007",
        "IGST",
        "Riya Sen",
        "Kochi",
    ):
        assert text in page, text
    assert "2,103.00" in page
    assert "Rupees two thousand one hundred three only" in page
    public = Visitor(office.app).get(f"/o/{order.token}/invoice.pdf")
    assert pages_of(public.data) == [page]
    assert public.headers["Referrer-Policy"] == "no-referrer"
    desk.services.refunds.refund(desk.id, order.id, amount_paise=10000, reason="damaged", key="k")
    note = desk.papers(order)[-1]
    assert f"{path}/credit-notes/{note.id}.pdf" in office.owner.get(path).text
    (credit,) = pages_of(office.owner.get(f"{path}/credit-notes/{note.id}.pdf").data)
    assert "Credit note" in credit
    assert made.number in credit
    assert office.owner.get(f"{path}/credit-notes/{made.id}.pdf").status_code == 404


def test_a_packer_prints_slips_and_labels_without_prices(office: Office) -> None:
    cash, paid = office.desk.order(), office.desk.paid()
    for path in ("invoice.pdf", "credit-notes/inv_x.pdf"):
        assert office.packer.get(f"/app/orders/{cash.id}/{path}").status_code == 403
    slip = f"/app/orders/{cash.id}/slip.pdf"
    for answer in (office.packer.get(slip), office.packer.get(f"{slip}?size=4x6")):
        (page,) = pages_of(answer.data)
        assert "COD" in page
        assert "2,103.00" in page
        assert "999.00" not in page
        assert "Saree" in page
    (label,) = pages_of(office.packer.get(f"/app/orders/{cash.id}/label.pdf").data)
    for text in ("Riya Sen", "682001", "+919845012345", cash.number, "2,103.00", "Bengaluru 560001"):
        assert str(text) in label
    (other,) = pages_of(office.packer.get(f"/app/orders/{paid.id}/label.pdf").data)
    assert "COD" not in other
    both = f"/app/orders/print.pdf?ids={cash.id},{paid.id}"
    for what in ("slips", "labels"):
        first, second = pages_of(office.packer.get(f"{both}&what={what}").data)
        assert str(cash.number) in first
        assert str(paid.number) in second
    assert office.packer.get(f"{both},ord_other").status_code == 404
    assert office.packer.get("/app/orders/print.pdf").status_code == 303
    assert office.packer.get(f"/app/orders/print.pdf?ids={','.join(map(str, range(101)))}").status_code == 422


def test_the_shop_says_who_it_is_on_paper(office: Office) -> None:
    page = office.owner.get("/app/settings/business").text
    assert "Meera Handlooms LLP" in page
    form = {"name": "Meera", "order_prefix": "SP", "reserve_minutes": "30"}
    wrong = {**form, "gstin": "29AAGCB7383J1Z5", "invoice_prefix": "CN", "state": "Paris"}
    answer = office.owner.post("/app/settings/business", **wrong)
    assert answer.status_code == 422
    for text in ("does not fit the others", "taken for credit notes", "Choose a state"):
        assert text in answer.text
    right = {
        **form,
        "gstin": GSTIN,
        "state": "Kerala",
        "legal_name": "M LLP",
        "composition": "1",
        "invoice_prefix": "a1",
    }
    assert office.owner.post("/app/settings/business", **right).status_code == 303
    shop = office.desk.services.shops.get(office.desk.id)
    assert (shop.state, shop.legal_name, shop.composition, shop.invoice_prefix) == ("Karnataka", "M LLP", True, "A1")


def _drawn(count: int, **shop: Any) -> tuple[Invoice, list[str]]:
    order = order_of([(1, 129900, 5)] * count)
    order.address = {"name": "रिया सेन", "state": "Karnataka"}
    seller = shop_of(**shop)
    made = Invoice(
        id="inv_1", business_id="b", order_id="o", kind=kind_for(seller), number="INV/26-27/00001", year="26-27",
        issued_at=NOW, cause_key="x", content=sale_content(order, seller, NOW, ""), practice=True,
    )  # fmt: skip
    return made, pages_of(document_pdf(made))


def test_long_documents_break_into_pages_with_headings() -> None:
    made, pages = _drawn(100, gstin=GSTIN)
    assert 3 <= len(pages) <= 6
    tight = ["".join(one.split()) for one in pages]
    assert all("Amount" in one and "Taxable" in one for one in tight[:-1])
    assert all(one.endswith(f"INV/26-27/00001·Page{n}of{len(pages)}") for n, one in enumerate(tight, 1))
    assert "Rupees one lakh twenty-nine thousand nine hundred only" in pages[-1]
    assert "CGST" in pages[-1]
    assert "PRACTICE" in pages[0]
    assert made.content["totals"]["total_paise"] == 12990000


@pytest.mark.parametrize("shop", [{"gstin": GSTIN}, {}, {"gstin": GSTIN, "composition": True}])
def test_sums_and_signature_stay_together(shop: dict[str, Any]) -> None:
    """Whatever line the page ends at, the last page says what it comes to and for whom it is signed."""
    for count in range(20, 32):
        _made, pages = _drawn(count, **shop)
        last = "".join(pages[-1].split())
        assert "Rupees" in last, count
        assert "Authorisedsignatory" in last, count
        assert len(pages) == 1 or last.endswith(f"Page{len(pages)}of{len(pages)}")


def test_each_kind_says_what_it_is() -> None:
    composition, supply = _drawn(1, gstin=GSTIN, composition=True)
    assert composition.kind is DocumentKind.BILL_OF_SUPPLY
    assert "Bill of supply" in supply[0]
    assert "not eligible to collect tax" in supply[0]
    _, bill = _drawn(1)
    assert "GST" not in bill[0]


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "Rupees zero only"),
        (101, "Rupees one and one paise only"),
        (10**12 + 99, "Rupees one thousand crore and ninety-nine paise only"),
        (1234567800, "Rupees one crore twenty-three lakh forty-five thousand six hundred seventy-eight only"),
    ],
)
def test_words(paise: int, words: str) -> None:
    assert rupees_in_words(paise) == words


def test_an_idle_process_has_not_loaded_what_draws(make_world: Callable[..., World]) -> None:
    import subprocess
    import sys

    code = "import sys, salespilots.web.app; print([n for n in ('fpdf', 'uharfbuzz', 'segno') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"

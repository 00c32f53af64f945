"""Lines of a statement whose money never came, and days with the month first."""

from __future__ import annotations

import pytest

from salespilots.services.statement_days import DateOrder
from salespilots.services.statement_reading import Unreadable, read_statement
from tests.support.browser import Visitor
from tests.support.shop import Shop

PAYTM = "Date,Activity,Source/Destination,Wallet Txn ID,Comment,Debit,Credit,Transaction Breakup,Status\n"
BUSINESS = "Transaction_Date,Transaction_Type,UTR,Amount,Status\n"


def paytm(status: str, amount: str = "1499.00", comment: str = "UPI 412345678901") -> str:
    return f"28/11/2026 10:01:22,Received,Riya,91827364,{comment},,{amount},,{status}\n"


@pytest.mark.parametrize(
    "status",
    [
        "FAILED", "PENDING", "Failure", "TXN_FAILED", "In Progress", "declined", "Reversed", "UNSUCCESSFUL", "Incomplete",
        "Not completed", "to be settled", "Payment failed, refund processed", "Zzz",
    ],
)  # fmt: skip
def test_what_failed_or_is_pending_is_no_money(status: str) -> None:
    read = read_statement(PAYTM + paytm("SUCCESS", comment="UPI 412345678902") + paytm(status))
    assert [(one.utr, one.amount_paise) for one in read] == [("412345678902", 149900)]
    assert (read.unfinished, read.left_out) == (1, 0)
    with pytest.raises(Unreadable, match="1 failed or are pending"):
        read_statement(PAYTM + paytm(status))


@pytest.mark.parametrize("status", ["SUCCESS", "Successful", "TXN_SUCCESS", "Completed", "settled", ""])
def test_what_arrived_or_says_nothing_is_money(status: str) -> None:
    read = read_statement(PAYTM + paytm(status, comment="pending") + f"28/11/2026,Paid,X,9,,200.00,,,{status}\n")
    assert [one.amount_paise for one in read] == [149900]
    assert read.unfinished == 0


@pytest.mark.parametrize(
    "lines",
    [
        BUSINESS
        + "28/11/2026,ACQUIRING,412345678901,1499.00,SUCCESS\n28/11/2026,ACQUIRING,412345678902,99.00,FAILURE\n",
        "Date,Narration,Credit,Remark 2\n28/11/2026,UPI 412345678901,1499.00,\n28/11/2026,UPI 412345678902,99.00,Pending\n",
        "28/11/2026   UPI/412345678901   1499.00 Cr\n28/11/2026   UPI/412345678902   99.00 Cr   FAILED\n",
    ],
    ids=["paytm for business", "no column of that name", "no headings"],
)
def test_the_word_is_found_wherever_it_stands(lines: str) -> None:
    read = read_statement(lines)
    assert ([one.utr for one in read], read.unfinished) == (["412345678901"], 1)


HEAD = "Date,Narration,Ref No,Deposit\n"


@pytest.mark.parametrize(
    ("days", "read_as", "order"),
    [
        (["11/05/2026", "11/28/2026"], ["2026-11-05", "2026-11-28"], DateOrder.MONTH),
        (["11-05-26 09:15", "11-28-26 10:00"], ["2026-11-05", "2026-11-28"], DateOrder.MONTH),
        (["05/11/2026", "28/11/2026"], ["2026-11-05", "2026-11-28"], DateOrder.DAY),
        (["05/11/2026", "06/11/2026"], ["2026-11-05", "2026-11-06"], DateOrder.UNSURE),
        (["11/11/2026", "11/11/2026"], ["2026-11-11", "2026-11-11"], DateOrder.DAY),
        (["05 Nov 2026", "2026-11-28"], ["2026-11-05", "2026-11-28"], DateOrder.DAY),
    ],
)
def test_the_whole_file_says_which_number_is_the_day(days: list[str], read_as: list[str], order: DateOrder) -> None:
    read = read_statement(HEAD + "".join(f"{day},UPI,41234567890{n},10.00\n" for n, day in enumerate(days)))
    assert ([one.day for one in read], read.dates) == (read_as, order)
    bare = read_statement("".join(f"{day}   UPI/41234567890{n}   10.00 Cr\n" for n, day in enumerate(days)))
    assert ([one.day for one in bare], bare.dates) == (read_as, order)


def test_other_columns_have_no_say_in_the_day() -> None:
    read = read_statement("Date,Narration,Deposit\n11/05/2026,28/11/2026,10.00\n")
    assert ([one.day for one in read], read.dates) == (["2026-05-11"], DateOrder.UNSURE)


@pytest.mark.parametrize(
    ("days", "told", "shown"),
    [
        (("11/05/2026", "11/28/2026"), "read month first", "5 Nov"),
        (("05/11/2026", "06/11/2026"), "could be read two ways", "5 Nov"),
        (("05/11/2026", "28/11/2026"), "", "5 Nov"),
    ],
)
def test_the_person_is_told_how_the_days_were_read_and_what_never_came(
    owner: Visitor, shop: Shop, days: tuple[str, str], told: str, shown: str
) -> None:
    head = "Date,Narration,Ref No,Deposit,Status\n"
    lines = [f"{day},UPI,41234567890{n},10.00,SUCCESS\n" for n, day in enumerate(days)]
    failed = f"{days[0]},UPI,412345678909,10.00,FAILED\n"
    answer = owner.post("/app/money/statement", statement=head + "".join(lines) + failed)
    page = owner.get(answer.headers["Location"]).text
    assert "0 payments matched of 2. Not counted: 1 failed or pending" in page
    assert shown in page
    assert "412345678909" not in page
    assert ("dates of this statement" in page) == bool(told)
    assert told in page

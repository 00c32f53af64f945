"""Direct UPI: an exact amount with the order's note, a UTR that is only believed when the bank shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.order import Order
from salespilots.ports.channel import Attachment
from salespilots.ports.storage import eq
from salespilots.services.direct import Direct
from salespilots.services.statement_reading import Unreadable, read_statement
from tests.support.browser import Visitor
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import TO_CONFIRM, World

TOTAL = 2 * 149900 + 8000
UTR = "633412345678"
STATEMENTS = {
    "HDFC": "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"
    "28/11/26,UPI-RIYA SEN-riya@okhdfc-{utr}-{note},0000{utr},28/11/26,,{amount},10000.00\n"
    "28/11/26,UPI-ZOMATO,0000633400000000,28/11/26,200.00,,9800.00\n",
    "SBI": "Txn Date\tValue Date\tDescription\tRef No./Cheque No.\tDebit\tCredit\tBalance\n"
    "28 Nov 2026\t28 Nov 2026\tBY TRANSFER-UPI/CR/{utr}/RIYA/SBIN/riya@sbi/{note}\tTRANSFER FROM 123\t \t{amount}\t5,000.00\n",
    "ICICI": "S No.,Value Date,Transaction Date,Cheque Number,Transaction Remarks,Withdrawal Amount (INR ),Deposit Amount (INR )\n"
    "1,28/11/2026,28/11/2026,-,UPI/{utr}/{note}/riya@ybl,0.0,{amount}\n",
    "an app": "Date,Transaction Details,Type,Amount\n\"Nov 28, 2026\",Received from Riya {note} UTR No. {utr},CREDIT,\"₹{amount}\"\n"
    "\"Nov 28, 2026\",Paid to X UTR No. 633412345682,DEBIT,₹100\n",
    "pasted": "28-11-2026   UPI/{utr}/RIYA {note}   {amount} Cr\n28-11-2026   UPI/633412345684/SHOP   99.00 Dr\n",
}  # fmt: skip


class Scene:
    def __init__(self, far: FarSide) -> None:
        self.far, self.shop, self.services = far, far.shop, far.shop.world.services
        self.services.connections.connect(self.shop.id, "upi", {"vpa": "meera@okbank", "payee_name": "Meera Handlooms"})
        for line in (*TO_CONFIRM, "haan"):
            far.say(line)
        self.order: Order = self.services.orders.page(self.shop.id).items[0]

    def now(self) -> Order:
        return self.services.orders.get(self.shop.id, self.order.id)

    def bring(self, text: str):
        return self.services.direct.bring_in(self.shop.id, text)

    def payments(self):
        return self.services.orders.payments_of(self.shop.id, self.order.id)


@pytest.fixture
def scene(make_world: Callable[..., World], sqlite_url: str) -> Scene:
    plugin = FakeChannelPlugin()
    return Scene(FarSide(make_world(sqlite_url, extra=[plugin]).practice_shop(), plugin))


def statement(bank: str, *, utr: str = UTR, amount: str = "3,078.00", note: str = "saree") -> str:
    amount = (
        amount.replace(",", "") if "," in STATEMENTS[bank].splitlines()[0] and '"' not in STATEMENTS[bank] else amount
    )
    return STATEMENTS[bank].format(utr=utr, amount=amount, note=note)


WAYS = {
    "DR and CR columns": "Tran Date,CHQNO,PARTICULARS,DR,CR,BAL,SOL\n"
    "05-11-2026,,UPI/P2A/412345678901/RIYA SEN/SP-1001, ,1499.00,20499.00,1234\n"
    "06-11-2026,,UPI/P2M/412345678902/RENT,5000.00, ,15499.00,1234\n",
    "one amount and Dr / Cr, twice": "Sl. No.,Date,Description,Chq / Ref number,Amount,Dr / Cr,Balance,Dr / Cr\n"
    '1,05-11-2026,UPI/RIYA SEN,UPI-412345678901,"1,499.00",CR,"20,499.00",CR\n'
    '2,06-11-2026,UPI/Refund SP-1002,UPI-412345678902,"5,000.00",DR,"15,499.00",CR\n',
    "a kind before the side": "Date,Transaction Type,Description,UTR,Amount,Credit / Debit,Balance (Dr/Cr)\n"
    '05-11-2026,UPI,RIYA,412345678901,"1,499.00",C,"20,499.00 Cr"\n06-11-2026,UPI,RENT,412345678902,500.00,D,"9.00 Cr"\n',
    "padded": "Date     ,Narration                      ,Value Dat,Debit Amount       ,Credit Amount      ,Chq/Ref Number   \n"
    " 05/11/26  ,UPI-RIYA SEN-RIYA@OKSBI-SP 1001  ,05/11/26 ,            0.00   ,        1499.00    ,0000412345678901       \n"
    " 06/11/26  ,UPI-RENT-X@Y ,06/11/26 ,  5000.00   ,   0.00    ,0000412345678902       \n",
    "columns of spaces": "Date          Narration             Credit          Ref No\n"
    "05/11/2026    UPI, RIYA, SP-1001    1,499.00        412345678901\n",
    "an app's id and the UTR": "Date,Transaction ID,UTR,Type,Amount\n05/11/2026 10:01:22,T2611051001,412345678901,CREDIT,1499.00\n"
    "06/11/2026 10:01:22,T2611051002,412345678902,REFUND,500.00\n",
    "no headings, with balances": "05-11-2026   UPI/412345678901/RIYA   1,499.00 Cr   20,499.00 Cr\n"
    "06-11-2026   UPI/412345678902/RENT   5,000.00 Dr   15,499.00 Cr\n",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_only_what_came_in_is_read_with_the_reference_of_the_bank(way: str) -> None:
    read = read_statement(WAYS[way])
    assert [(one.day, one.amount_paise, one.utr) for one in read] == [("2026-11-05", 149900, "412345678901")]
    assert read.left_out == 0


@pytest.mark.parametrize(
    "lines",
    [
        "Date,Description,Amount,Kind\n05/11/2026,UPI/412345678901,1499.00,\n06/11/2026,UPI/412345678902,99.00,DR\n",
        "Date,Description,Amount\n05/11/2026,UPI/412345678901,1499.00\n06/11/2026,UPI/DR/412345678902,99.00\n",
        "Date,Type,Amount,Note\n05/11/2026,UPI 412345678901,1499.00,\n06/11/2026,UPI,99.00,Debit card\n",
        "05/11/2026   UPI/412345678901   1499.00\n06/11/2026   UPI/DR/412345678902   99.00\n",
    ],
)
def test_a_line_that_says_debit_without_a_column_for_it_is_left_out_and_counted(lines: str) -> None:
    read = read_statement(lines)
    assert ([one.amount_paise for one in read], read.left_out) == ([149900], 1)
    with pytest.raises(Unreadable, match="1 that say DR or debit were left out"):
        read_statement("\n".join(line for line in lines.splitlines() if "1499" not in line))


def test_money_that_went_out_pays_no_order(scene: Scene) -> None:
    head = "Sl. No.,Date,Description,Chq / Ref number,Amount,Dr / Cr,Balance,Dr / Cr\n"
    gone = '1,28-11-2026,UPI/RIYA/refund for SP-1001,UPI-412345678902,"3,078.00",DR,"15,499.00",CR\n'
    with pytest.raises(InvalidInput):
        scene.bring(head + gone)
    assert (
        scene.bring(head + gone + gone.replace("DR", "CR").replace("902", "903").replace("SP-1001", "other")).new == 1
    )
    assert scene.now().payment_status == "unpaid"


def test_the_chat_leads_to_a_page_with_the_exact_amount(scene: Scene) -> None:
    last = scene.far.channel.texts()[-1]
    (url,) = re.findall(r"http\S+/upi/\S+", last)
    visitor = Visitor.of(scene.shop.world)
    shown = visitor.get(urlsplit(url).path)
    assert (shown.status_code, "<svg" in shown.text, "<script" in shown.text) == (200, True, False)
    (intent,) = re.findall(r'href="(upi://pay[^"]+)"', shown.text)
    fields = {name: values[0] for name, values in parse_qs(urlsplit(intent.replace("&amp;", "&")).query).items()}
    assert fields["pa"] == "meera@okbank"
    assert (fields["am"], fields["cu"], fields["tn"], fields["pn"]) == ("3078.00", "INR", "SP-1001", "Meera Handlooms")
    path = urlsplit(url).path
    wrong = visitor.post(path, utr="1234")
    assert (wrong.status_code, "12 digit UTR" in wrong.text) == (422, True)
    assert visitor.post(path, utr=f"UTR {UTR}").status_code == 303
    assert f"UTR {UTR}" in visitor.get(path).text
    assert scene.now().payment_status == "unpaid", "said is not paid"
    assert visitor.get(path[:-2]).status_code == 404


@pytest.mark.parametrize("bank", STATEMENTS)
def test_a_claimed_utr_is_paid_when_the_statement_shows_it(scene: Scene, bank: str) -> None:
    said = scene.far.say(f"paid, utr {UTR}")
    assert said == ["Thank you. We look whether it arrived, and tell you here."]
    assert scene.now().payment_status == "unpaid"
    for _ in range(2):
        brought = scene.bring(statement(bank))
    assert (brought.new, brought.known) == (0, 1)
    paid = scene.now()
    assert (paid.state, paid.payment_status, paid.paid_paise) == ("confirmed", "paid", TOTAL)
    (payment,) = scene.payments()
    assert payment.provider_ref == UTR
    scene.shop.world.settle()
    assert "Payment of ₹3,078.00 received for order SP-1001" in scene.far.channel.texts()[-1]


def test_the_order_number_in_the_note_is_enough_with_the_exact_amount(scene: Scene) -> None:
    assert scene.bring(statement("HDFC", note="SP-10011")).matched == 0
    assert scene.bring(statement("SBI", note="Payment for SP-1001", amount="3,077.00", utr="633412345001")).matched == 0
    assert scene.bring(statement("SBI", note="Payment for sp-1001", utr="633412345002")).matched == 1
    assert scene.now().payment_status == "paid"


def test_the_amount_alone_is_only_proposed(scene: Scene) -> None:
    assert scene.bring(statement("ICICI")).matched == 0
    assert scene.now().payment_status == "unpaid"
    (line,) = scene.services.direct.open_lines(scene.shop.id)
    assert [one.id for one in line.candidates] == [scene.order.id]
    scene.services.direct.match(scene.shop.id, line.line.id, scene.order.id)
    assert scene.now().payment_status == "paid"
    with pytest.raises(Conflict):
        scene.services.direct.match(scene.shop.id, line.line.id, scene.order.id)


def test_a_utr_is_used_once(scene: Scene) -> None:
    scene.far.say(f"done {UTR}")
    scene.bring(statement("HDFC"))
    for line in ("juttis size 7 price", "1", "haan"):
        scene.far.say(line)
    assert scene.far.say(UTR) == ["This UTR was used for another payment already."]
    second = scene.services.orders.page(scene.shop.id, state="placed").items[0]
    assert scene.bring(statement("HDFC", amount="1279.00")).matched == 0
    assert scene.services.orders.get(scene.shop.id, second.id).payment_status == "unpaid"


def test_another_amount_under_the_claimed_utr_is_held(scene: Scene) -> None:
    scene.far.say(f"utr {UTR}")
    scene.bring(statement("HDFC", amount="78.00"))
    order = scene.now()
    assert (order.payment_status, order.held_paise, order.needs_attention) == ("unpaid", 7800, True)
    assert [one.held for one in scene.payments() if one.provider_ref == UTR] == [True]


def test_a_screenshot_never_pays(scene: Scene) -> None:
    scene.far.deliver(scene.far.event(text="", attachments=(Attachment(kind="image", url="https://x.example/p.jpg"),)))
    scene.far.say("paid, see the screenshot")
    order = scene.now()
    assert (order.payment_status, scene.services.direct.claims(scene.shop.id)) == ("unpaid", [])


def test_what_the_owner_does_not_see_may_be_claimed_again(scene: Scene) -> None:
    scene.far.say(f"utr {UTR}")
    ((payment, _order),) = scene.services.direct.claims(scene.shop.id)
    scene.shop.world.clock.advance(3600)
    scene.services.maintenance.sweep(lambda lane: None)
    assert scene.now().state == "placed", "held while the shop looks"
    scene.services.direct.decide(scene.shop.id, payment.id, arrived=False)
    assert scene.services.direct.claims(scene.shop.id) == []
    scene.far.say("sorry 633412349999")
    ((payment, _order),) = scene.services.direct.claims(scene.shop.id)
    for _ in range(2):
        scene.services.direct.decide(scene.shop.id, payment.id, arrived=True)
    assert (scene.now().payment_status, len(scene.payments())) == ("paid", 1)


@pytest.mark.parametrize(
    "text", ["", "hello", "Date,Amount\n", "x" * (2 * 1024 * 1024 + 1), "\x00\x00", "a,b\n" * 6000]
)
def test_what_is_no_statement_is_said_so(scene: Scene, text: str) -> None:
    with pytest.raises(InvalidInput):
        scene.bring(text)


def test_debits_and_balances_are_no_money_that_came() -> None:
    for bank in STATEMENTS:
        assert [one.amount_paise for one in read_statement(statement(bank))] == [TOTAL], bank
    with pytest.raises(Unreadable):
        read_statement("Date,Narration,Withdrawal Amt.,Deposit Amt.\n28/11/26,UPI,200.00,\n")


def test_the_number_of_a_parcel_is_no_utr(scene: Scene) -> None:
    scene.services.stockroom.move(
        scene.shop.id, scene.shop.product("jute").product.id, sku="BAG-JUTE", delta=5, reason="receive"
    )
    sent = scene.services.orders.create(
        scene.shop.id,
        customer_id=scene.order.customer_id,
        lines=[{"sku": "BAG-JUTE", "quantity": 1}],
        payment_method="cod",
    )
    scene.services.orders.confirm(scene.shop.id, sent.id)
    scene.services.orders.ship(scene.shop.id, sent.id, courier="DTDC", tracking_number="412345678901")
    said = scene.far.say("where is my parcel 412345678901?")
    assert not any("We look whether it arrived" in str(one) for one in said)
    assert scene.services.direct.claims(scene.shop.id) == []
    scene.far.say("paid, UTR 412345678902")
    assert len(scene.services.direct.claims(scene.shop.id)) == 1


# --- a UTR that is booked already ---------------------------------------------------------------------------------------


def line_of(utr: str, words: str = "SP-1001", amount: str = "3078.00") -> str:
    return f"28/11/2026,UPI RIYA {words},{utr},{amount}\n"


HEAD = "Date,Narration,Ref No,Deposit\n"
OTHER = line_of("633412349990", "ANIL", "99.00")


def accept(scene: Scene) -> None:
    """The customer names the UTR, and the owner says that it is there."""
    scene.far.say(f"utr {UTR}")
    ((payment, _order),) = scene.services.direct.claims(scene.shop.id)
    scene.services.direct.decide(scene.shop.id, payment.id, arrived=True)


def second_link(scene: Scene) -> None:
    """The first payment ran out unpaid, and the order has another."""
    with scene.shop.world.storage.unit_of_work(scene.shop.id) as uow:
        (first,) = uow.payments.select(eq("order_id", scene.order.id))
        first.expires_at = scene.shop.world.clock.now() - timedelta(minutes=1)
        uow.payments.save(first)
        uow.commit()
    scene.services.payments.request_link(scene.shop.id, scene.order.id)
    assert len(scene.payments()) == 2


def twin(scene: Scene) -> Order:
    """A later order of the same amount that waits for UPI."""
    scene.shop.world.clock.advance(60)
    lines = [{"variant_id": one.variant_id, "quantity": one.quantity} for one in scene.order.lines]
    made = scene.services.orders.create(
        scene.shop.id, customer_id=scene.order.customer_id, lines=lines, payment_method="upi"
    )
    scene.services.payments.request_link(scene.shop.id, made.id)
    assert made.due_paise == TOTAL
    return made


def open_lines(scene: Scene) -> dict[str | None, list[str]]:
    return {
        one.line.utr: [order.id for order in one.candidates] for one in scene.services.direct.open_lines(scene.shop.id)
    }


@pytest.mark.parametrize("links", [1, 2])
def test_a_line_of_a_payment_that_was_accepted_is_its_line_and_the_others_go_on(scene: Scene, links: int) -> None:
    if links == 2:
        second_link(scene)
    accept(scene)
    other = twin(scene)
    brought = scene.bring(HEAD + line_of(UTR) + OTHER + line_of("633412349991", f"for {other.number}"))
    assert (brought.new, brought.matched, brought.accepted) == (3, 1, 1)
    assert open_lines(scene) == {"633412349990": []}
    (payment,) = [one for one in scene.payments() if one.provider_ref == UTR]
    with scene.shop.world.storage.unit_of_work(scene.shop.id, read_only=True) as uow:
        line = uow.statement_lines.find(utr=UTR)
    assert (line.state, line.payment_id, line.order_id) == ("matched", payment.id, scene.order.id)
    assert (scene.now().paid_paise, scene.now().needs_attention) == (TOTAL, False)


def test_a_line_that_lay_open_is_settled_when_its_payment_is_accepted(scene: Scene) -> None:
    other = twin(scene)
    scene.bring(HEAD + line_of(UTR, "RIYA"))
    assert set(open_lines(scene)[UTR]) == {scene.order.id, other.id}
    accept(scene)
    assert open_lines(scene) == {}
    now = [scene.services.orders.get(scene.shop.id, one) for one in (scene.order.id, other.id)]
    assert [one.payment_status for one in now] == ["unpaid", "paid"], "the newest order is the one that was claimed"


def test_another_amount_than_was_accepted_stays_open_and_is_offered_to_nobody(scene: Scene) -> None:
    accept(scene)
    cheap = scene.services.orders.create(
        scene.shop.id, customer_id=scene.order.customer_id, payment_method="upi",
        lines=[{"variant_id": scene.order.lines[0].variant_id, "quantity": 1}],
    )  # fmt: skip
    scene.services.payments.request_link(scene.shop.id, cheap.id)
    brought = scene.bring(HEAD + line_of(UTR, "RIYA", f"{cheap.due_paise / 100:.2f}") + OTHER)
    assert (brought.new, brought.matched, brought.accepted) == (2, 0, 0)
    assert open_lines(scene) == {UTR: [], "633412349990": []}


def test_the_line_with_the_named_utr_is_booked_before_one_with_the_order_only(scene: Scene) -> None:
    scene.far.say(f"utr {UTR}")
    brought = scene.bring(HEAD + line_of("") + line_of(UTR) + OTHER)
    assert (brought.new, brought.matched) == (3, 1)
    assert open_lines(scene) == {None: [], "633412349990": []}
    assert (scene.now().payment_status, scene.now().paid_paise) == ("paid", TOTAL)


def test_a_second_line_of_a_booked_payment_is_money_to_look_at(scene: Scene) -> None:
    scene.far.say(f"utr {UTR}")
    assert scene.bring(HEAD + line_of("")).matched == 1
    twin(scene)
    brought = scene.bring(HEAD + line_of(UTR))
    assert (brought.new, brought.matched, brought.accepted) == (1, 0, 0)
    assert open_lines(scene) == {UTR: []}


def test_no_error_loses_what_was_pasted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor.of(scene.shop.world)
    visitor.sign_in("meera@example.in")
    long = "no statement " * 4000 + "its end"
    refused = visitor.post("/app/money/statement", statement=long)
    assert (refused.status_code, "its end" in refused.text) == (422, True)

    def conflict(*_args: object, **_more: object) -> None:
        raise Conflict("This UTR was used for another payment already.")

    monkeypatch.setattr(Direct, "bring_in", conflict)
    refused = visitor.post("/app/money/statement", statement=HEAD + OTHER)
    assert refused.status_code == 409
    assert "UPI RIYA ANIL,633412349990" in refused.text
    assert "This UTR was used for another payment already." in refused.text


def test_an_owner_sees_a_claim_on_the_order_and_at_home_and_decides_there(scene: Scene) -> None:
    owner = Visitor.of(scene.shop.world)
    owner.sign_in("meera@example.in")
    path = f"/app/orders/{scene.order.id}"
    assert "says they paid" not in owner.get(path).text
    scene.far.say(f"paid, UTR {UTR}")
    assert f"UTR {UTR}" in owner.get(path).text
    assert "1 customer says they paid" in owner.get("/app").text
    (payment,) = scene.payments()
    answer = owner.post(f"/app/money/claims/{payment.id}", arrived="1", order=scene.order.id)
    assert answer.headers["Location"].endswith(path)
    assert scene.now().payment_status == "paid"
    assert "says they paid" not in owner.get(path).text + owner.get("/app").text

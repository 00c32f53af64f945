"""A customer's order page: in two languages, small, and telling a stranger nothing."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from babel.messages.extract import extract_from_file

from salespilots.services.core import Core
from salespilots.web.app import create_app
from salespilots.web.presenters.orders import money_lines, progress
from salespilots.web.public_words import FOLDER, words
from tests.services.test_documents import Desk
from tests.support.browser import Visitor
from tests.support.shop import Shop, World

OWNERS = {"This line was dealt with already.", "This order waits for no UPI payment."}
"""Said to owners in the same files."""

MOST = 30_000
"""Bytes over the wire of the page with everything it loads."""


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, phone="+918000000000", return_policy="Seven days.")


def visitor_of(world: World) -> Visitor:
    return Visitor(create_app(world.application))


def weight(visitor: Visitor, path: str) -> int:
    """Bytes of the page and of all that it loads, as a browser asks for them."""
    page = visitor.get(path, Accept_Encoding="gzip")
    text = visitor.get(path).text
    assert "<script" not in text
    assert "@import" not in text
    sources = set(re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', text)) | set(
        re.findall(r'src="([^"]+)"', text)
    )
    assert sources
    return len(page.data) + sum(len(visitor.get(one, Accept_Encoding="gzip").data) for one in sources)


@pytest.mark.parametrize("lang", ["en", "hi"])
def test_the_page_is_small_and_kept_to_itself(shop: Shop, lang: str) -> None:
    order = shop.pay(shop.order_two_sarees())
    shop.world.services.orders.ship(shop.id, order.id, courier="DTDC", tracking_number="D1")
    visitor = visitor_of(shop.world)
    path = f"/o/{order.token}?lang={lang}"
    assert weight(visitor, path) < MOST
    page = visitor.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Refresh"] == "60"
    assert "D1" in page.text
    assert f"/o/{order.token}/invoice.pdf" in page.text
    assert "98450" not in page.text
    shop.world.services.orders.deliver(shop.id, order.id)
    assert "Refresh" not in visitor.get(path).headers


def test_hindi_is_hindi_all_through(desk: Desk) -> None:
    order = desk.order(accepted=False)
    visitor = visitor_of(desk.world)
    english = visitor.get(f"/o/{order.token}")
    assert 'lang=hi"' in english.text
    hindi = visitor.get(f"/o/{order.token}?lang=hi").text
    assert '<html lang="hi"' in hindi
    assert 'lang=en"' in hindi
    for text in ("ऑर्डर मिल गया", "आपका सामान", "कैश ऑन डिलीवरी", "कुल", "दुकान को फ़ोन करें", "2 नग"):
        assert text in hindi, text
    for text in ("Order", "Items", "Total", "Delivery", "Placed", "Returns"):
        assert text in english.text, text
        assert not re.search(rf">{text}\b", hindi), text
    assert visitor.get("/o/nothing?lang=hi").text.count("यह खत्म हो गया है") == 1


def test_every_word_of_the_customers_pages_is_translated() -> None:
    root = FOLDER.parent
    files = [*(root / "templates/public").glob("*.html"), root / "presenters/public.py", root / "views/public.py"]
    missing = set()
    for file in files:
        if file.name == "landing.html":
            continue
        how = "python" if file.suffix == ".py" else "jinja2.ext:babel_extract"
        for found in extract_from_file(how, str(file), keywords={"_": None}):
            if words("hi").gettext(str(found[1])) == found[1] and found[1] != "UPI":
                missing.add(found[1])
    shared = (
        "".join(inspect.getsource(one) for one in (money_lines, progress))
        + (root.parent / "services/direct.py").read_text()
    )
    said = set(re.findall(r'_\("([^"%]+)"\)|InvalidInput\(\{"utr": \["([^"]+)"|raise Conflict\("([^"]+)"\)', shared))
    missing |= {text for one in said for text in one if text and words("hi").gettext(text) == text} - OWNERS
    assert missing == set()
    assert "भुगतान" not in (FOLDER / "hi.po").read_text("utf-8"), "people say पेमेंट"


def test_five_practice_items_stay_small(shop: Shop) -> None:
    services = shop.world.services
    kinds = [
        one.variants[0].id
        for one in services.catalog.page(shop.id, limit=12).items
        if one.levels[one.variants[0].id].available
    ]
    customer = services.customers.add(shop.id, name="Riya")
    order = services.orders.create(
        shop.id, customer_id=customer.id, lines=[{"variant_id": one, "quantity": 1} for one in kinds[:5]]
    )
    visitor = visitor_of(shop.world)
    page = visitor.get(f"/o/{order.token}").text
    assert page.count("-96.webp") == 5
    picture = visitor.get(re.findall(r'src="([^"]+)"', page)[0])
    assert (picture.status_code, picture.mimetype) == (200, "image/webp")
    assert visitor.get("/media/practice/nothing-96.webp").status_code == 404
    assert weight(visitor, f"/o/{order.token}") < MOST


def test_who_paid_at_the_door_owes_nothing(desk: Desk) -> None:
    order = desk.order()
    visitor = visitor_of(desk.world)
    assert '<dt class="tot">Due</dt>' in visitor.get(f"/o/{order.token}").text
    desk.services.orders.ship(desk.id, order.id, courier="DTDC", tracking_number="D1")
    desk.services.orders.deliver(desk.id, order.id)
    assert "Due" not in visitor.get(f"/o/{order.token}").text
    assert desk.services.orders.get(desk.id, order.id).due_paise > 0


def test_a_named_payment_is_looked_for_and_not_asked_for_again(shop: Shop) -> None:
    services = shop.world.services
    services.connections.connect(shop.id, "upi", {"vpa": "meera@okbank", "payee_name": "Meera Handlooms"})
    customer = services.customers.add(shop.id, name="Riya")
    order = services.orders.create(shop.id, customer_id=customer.id, lines=[{"sku": "SAR-BLUE", "quantity": 1}])
    services.payments.send_link(shop.id, order.id)
    path = re.sub(r"^.*(?=/upi/)", "", str(services.orders.get(shop.id, order.id).payment_url))
    visitor = visitor_of(shop.world)
    asked = visitor.get(path + "?lang=hi").text
    assert 'class="btn pri block" href="upi:' in asked
    token = re.findall(r'name="csrf_token" value="([^"]+)"', asked)[0]
    wrong = visitor.post(path + "?lang=hi", token=False, csrf_token=token, utr="1234")
    assert wrong.status_code == 422
    assert 'value="1234"' in wrong.text
    assert "12 अंकों का UTR लिखें" in wrong.text
    assert f'href="{path}?lang=en"' in wrong.text
    visitor.post(path + "?lang=hi", token=False, csrf_token=token, utr="633412345678")
    claimed = visitor.get(path).text
    assert "btn pri" not in claimed
    assert "633412345678" in claimed
    public = visitor.get(f"/o/{order.token}").text
    assert "The shop is looking for your payment" in public
    assert "btn pri" not in public
    assert "Pay another way" in public
    assert "दुकान आपका पेमेंट ढूँढ रही है" in visitor.get(f"/o/{order.token}?lang=hi").text


def test_parcels_are_listed_and_a_part_says_so(desk: Desk) -> None:
    order = desk.order()
    visitor = visitor_of(desk.world)
    desk.services.orders.ship(
        desk.id, order.id, courier="DTDC", tracking_number="D1", tracking_url="https://dtdc.example/D1",
        lines={order.lines[0].id: 1},
    )  # fmt: skip
    page = visitor.get(f"/o/{order.token}").text
    assert "A part is on its way" in page
    assert 'href="https://dtdc.example/D1"' in page
    desk.services.orders.ship(desk.id, order.id, courier="By hand", tracking_number="")
    page = visitor.get(f"/o/{order.token}").text
    assert "Brought by hand" in page
    assert "D1" in page


def test_the_shop_can_be_written_to_where_its_channel_says(desk: Desk, monkeypatch: Any) -> None:
    order = desk.order()
    visitor = visitor_of(desk.world)
    assert "Message the shop" not in visitor.get(f"/o/{order.token}").text
    core: Core = desk.services.core
    provider = core.registry.channels.find("practice")
    monkeypatch.setattr(
        core.registry.channels,
        "find",
        lambda key: provider and type("P", (), {"chat_link": "https://chat.example/{username}"}),
    )
    with desk.world.storage.unit_of_work(desk.id) as uow:
        from salespilots.domain.business import Connection

        now = core.clock.now()
        uow.connections.add(
            Connection(
                id=core.ids.new("connection"), business_id=desk.id, kind="channel", provider="practice", created_at=now,
                updated_at=now, values={"username": "meera handlooms"},
            )
        )  # fmt: skip
        uow.commit()
    assert 'href="https://chat.example/meera%20handlooms"' in visitor.get(f"/o/{order.token}").text


def test_a_customer_steps_back_until_it_is_packed(desk: Desk, world: World) -> None:
    visitor, services = visitor_of(world), world.services
    order, late = desk.paid(), desk.paid()
    for lang, said in (("en", "You have paid"), ("hi", "दुकान यह रकम लौटाएगी")):
        assert said in visitor.get(f"/o/{order.token}?lang={lang}").text
    held = services.catalog.page(desk.id).items[0].available
    visitor.get(f"/o/{order.token}")
    for _ in range(2):
        assert visitor.post(f"/o/{order.token}/cancel").status_code == 303
    gone = services.orders.get(desk.id, order.id)
    assert (gone.state, gone.refund_due_paise, gone.needs_attention) == ("cancelled", order.total_paise, True)
    assert services.catalog.page(desk.id).items[0].available == held + 2
    assert "/cancel" not in visitor.get(f"/o/{order.token}").text
    services.orders.pack(desk.id, late.id)
    assert "/cancel" not in visitor.get(f"/o/{late.token}").text
    visitor.post(f"/o/{late.token}/cancel")
    assert services.orders.get(desk.id, late.id).state == "packed"
    assert visitor.post("/o/nothing-here/cancel").status_code == 404
    assert visitor.post(f"/o/{late.token}/cancel", token=False).status_code == 400


def test_who_wants_to_cancel_in_the_chat_is_shown_where(shop: Shop) -> None:
    order = shop.order_two_sarees()
    shop.say("please cancel my order")
    assert any(f"/o/{order.token}" in text and "cancel" in text for text in shop.texts())
    shop.world.services.orders.cancel(shop.id, order.id)
    told = len([text for text in shop.texts() if "cancel order" in text])
    shop.say("cancel my order")
    assert len([text for text in shop.texts() if "cancel order" in text]) == told

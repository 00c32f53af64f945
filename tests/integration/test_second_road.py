"""Road B with everything as separate processes: Instagram, a Razorpay link and a model, all on loopback.

Every webhook of both providers, echoes too, comes twice, and the second copies come in an order of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from salespilots.ports.storage import eq
from salespilots.testing.twin_client import TwinHandle, TwinProcess, wait_until
from tests.support.postgres import free_port
from tests.support.product import APP_SECRET, VERIFY_TOKEN, Api, Chats, Product
from tests.support.road import ACCOUNT, HOOK_SECRET, KEY_ID, KEY_SECRET, TOKEN, TOTAL, Road, nothing_twice

AGAIN_WITHIN = "1.5"
"""Seconds until a webhook's second copy."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql and valkey"])
def road(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """A shop on each pair of database and queue; its product stops cleanly at the end."""
    database = queue = ""
    if request.param != "sqlite":
        postgres = request.getfixturevalue("postgres")
        database = postgres.url(postgres.create())
        queue = request.getfixturevalue("valkey").url
    port = free_port()
    graph = TwinProcess(
        "salespilots_channel_instagram.twin", "--app-secret", APP_SECRET, "--account-id", "17841499999999999",
        "--webhook-url", f"http://127.0.0.1:{port}/webhooks/channel/instagram", "--echoes", "--again-within", AGAIN_WITHIN,
    )  # fmt: skip
    razorpay = TwinProcess(
        "salespilots_payments_razorpay.twin",
        "--key-id",
        KEY_ID,
        "--key-secret",
        KEY_SECRET,
        "--webhook-secret",
        HOOK_SECRET,
        "--again-within",
        AGAIN_WITHIN,
    )
    model = TwinProcess("salespilots_ai_openai.twin", "--key", "sk-road")
    with graph, razorpay, model:
        graph.call("/__account", {"token": TOKEN, "account_id": ACCOUNT, "username": "meera"})
        home: Path = tmp_path_factory.mktemp("road")
        product = Product(
            home, database_url=database, queue_url=queue, port=port,
            environ={"SALESPILOTS_INSTAGRAM_GRAPH_URL": graph.url, "SALESPILOTS_RAZORPAY_URL": razorpay.url},
        )  # fmt: skip
        product.start()
        try:
            slug, key = product.open_shop()
            product.connect("instagram", slug, account_id=ACCOUNT, access_token=TOKEN)
            hook = product.connect("razorpay", slug, key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret=HOOK_SECRET)[
                "webhook_url"
            ]
            api = Api(product.url, key)
            saree = api.items("/products", q="blue block")[0]
            stocked = api.post(f"/products/{saree['id']}/stock", {"sku": "SAR-BLUE", "delta": 500, "reason": "receive"})
            assert stocked.status_code == 200
            made = Road(product, api, Chats(graph, ACCOUNT), graph, razorpay, model, slug, hook)
            yield made
            nothing_twice(made)
            api.close()
        finally:
            code = product.stop()
        assert code == 0, product.log.read_text()[-2000:]
        assert "Traceback" not in product.log.read_text()


# --- the way in ----------------------------------------------------------------------------------------------


def test_handshake(road: Road) -> None:
    address = f"{road.product.url}/webhooks/channel/instagram"
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY_TOKEN}
    right = httpx.get(address, params=query, trust_env=False)
    assert (right.status_code, right.text) == (200, "1158201444")
    wrong = httpx.get(address, params={**query, "hub.verify_token": "guess"}, trust_env=False)
    assert wrong.status_code == 403
    assert "1158201444" not in wrong.text


@pytest.mark.parametrize("options", [{"unsigned": True}, {"secret": "other"}, {"secret": ""}])
def test_what_is_not_signed_by_us_leaves_no_trace(road: Road, options: dict[str, Any]) -> None:
    before = road.product.count("inbox")
    answer = road.chats.deliver({"from": "3001", "text": "blue saree?"}, **options)
    assert [one["status"] for one in answer["posted"]] == [401]
    assert road.product.count("inbox") == before
    assert road.chats.sent("3001") == []


def test_unknown_kinds_and_unknown_accounts_are_taken_and_nothing_happens(road: Road) -> None:
    before = len(road.graph.state()["sent"])
    kinds = ("brand_new_thing", "reaction", "read", "edited", "referral", "comment", "standby")
    answer = road.chats.deliver(*({"kind": one, "from": "3002", "text": "blue saree?"} for one in kinds))
    assert {one["status"] for one in answer["posted"]} == {200}
    other = road.chats.deliver({"from": "3002", "text": "blue saree?"}, account_id="17841477777777777")
    assert {one["status"] for one in other["posted"]} == {200}
    road.settled()
    assert len(road.graph.state()["sent"]) == before


def test_delivered_twice_and_shuffled_is_answered_once(road: Road) -> None:
    who = "3003"
    answer = road.chats.deliver(
        {"from": who, "text": "blue saree kitna hai?"}, {"kind": "read", "from": who}, times=3, shuffle=True
    )
    assert {one["status"] for one in answer["posted"]} == {200}
    road.chats.hears(who, "Blue block-print saree is ₹1,499.00")
    road.settled()
    stored = road.messages(answer["mids"][0])
    assert [one["direction"] for one in stored].count("in") == 1
    assert sorted(one["provider_ref"] for one in stored if one["direction"] == "out") == sorted(
        one["mid"] for one in road.chats.sent(who)
    )
    assert len([one for one in road.chats.texts(who) if "₹1,499.00" in one]) == 1
    assert {one["account_id"] for one in road.chats.sent(who)} == {ACCOUNT}  # found by the shop's token


# --- a sale --------------------------------------------------------------------------------------------------


def test_chat_to_paid_order(road: Road) -> None:
    who = "3010"
    order, first = road.order_two_sarees(who, times=2)
    road.chats.write(who, "Confirm", payload="yes")
    road.settled()
    assert len(road.order_of(first)) == 1
    assert (order["state"], order["payment_status"], order["total_paise"]) == ("placed", "unpaid", TOTAL)
    link = road.link_of(order)
    assert (link["amount"], link["currency"], link["status"]) == (TOTAL, "INR", "created")
    assert order["payment_url"] == link["short_url"]
    assert any(link["short_url"] in one for one in road.chats.texts(who))
    posted = road.pay(link, times=2, shuffle=True)["posted"]
    assert {one["status"] for one in posted} == {200}
    assert len(posted) == 8
    paid = road.becomes(order, payment_status="paid", state="confirmed")
    road.chats.hears(who, "Payment of ₹3,078.00 received")
    road.settled()
    assert (paid["paid_paise"], paid["due_paise"], paid["needs_attention"]) == (TOTAL, 0, False)
    assert sum(one.startswith("Payment of") for one in road.chats.texts(who)) == 1
    (payment,) = road.api.items("/payments", order_id=order["id"])
    assert (payment["provider"], payment["state"], payment["amount_paise"]) == ("razorpay", "captured", TOTAL)
    assert payment["provider_ref"].startswith("pay_")


def test_what_does_not_fit_never_marks_an_order_paid(road: Road) -> None:
    order, _ = road.order_two_sarees("3011")
    link = road.link_of(order)
    fact = {
        "id": "pay_forged", "entity": "payment", "amount": TOTAL, "currency": "INR", "status": "captured",
        "captured": True, "method": "upi", "amount_refunded": 0, "notes": link["notes"], "order_id": "order_1",
        "created_at": 1, "description": "",
    }  # fmt: skip

    def event(payment: dict[str, Any], reference: str | None = None) -> dict[str, Any]:
        told = {**link, "status": "paid", "amount_paid": payment["amount"]}
        told["reference_id"] = reference or link["reference_id"]
        return {
            "entity": "event", "event": "payment_link.paid", "contains": ["payment_link", "payment"],
            "created_at": int(datetime.now(UTC).timestamp()),
            "payload": {"payment_link": {"entity": told}, "payment": {"entity": payment}},
        }  # fmt: skip

    before = road.product.count("inbox")
    assert road.post_event(event(fact), secret="not-the-secret", event_id="evt_f0") == 401
    assert road.product.count("inbox") == before
    assert road.post_event(event({**fact, "amount": TOTAL - 100}), event_id="evt_f1") == 200
    road.becomes(order, needs_attention=True, payment_status="unpaid", paid_paise=0)
    assert road.post_event(event({**fact, "id": "pay_dollars", "currency": "USD"}), event_id="evt_f2") == 200
    stranger = {**fact, "id": "pay_forged2", "notes": {"reference": "SP-9999-nobody"}}
    assert road.post_event(event(stranger, "SP-9999-nobody"), event_id="evt_f3") == 200
    road.settled()
    assert road.order(order)["payment_status"] == "unpaid"
    refused = [one for one in road.api.items("/events") if one["type"] == "payment.refused"]
    assert len(refused) == 3, "each is held and told of once"
    unknown = road.hook.rpartition("/")[0] + "/nobody"
    assert httpx.post(unknown, content=b"{}", trust_env=False).status_code == 404


def test_a_dropped_payment_webhook_is_found_by_asking(road: Road) -> None:
    order, _ = road.order_two_sarees("3012")
    road.pay(road.link_of(order), drop_webhooks=True)
    assert road.order(order)["payment_status"] == "unpaid"
    application = road.product.application()
    shop_id = application.services.shops.by_slug(road.slug).id
    with application.storage.unit_of_work(shop_id) as uow:
        (payment,) = uow.payments.select(eq("order_id", order["id"]))
        payment.next_check_at = datetime.now(UTC) - timedelta(minutes=1)
        uow.payments.save(payment)
        uow.commit()
    paid = road.becomes(order, payment_status="paid", state="confirmed")
    assert paid["paid_paise"] == TOTAL
    road.chats.hears("3012", "Payment of ₹3,078.00 received")
    assert len(road.api.items("/payments", order_id=order["id"])) == 1


# --- echoes and unsends ----------------------------------------------------------------------------------------


def test_our_own_echo_is_no_customer_and_a_foreign_one_pauses_automation(road: Road) -> None:
    who = "3020"
    mid = road.chats.write(who, "blue saree kitna hai?")
    road.chats.hears(who, "₹1,499.00")
    road.settled()
    assert road.conversation(mid)["mode"] == "bot"
    assert [one["author"] for one in road.messages(mid) if one["direction"] == "in"] == ["customer"]
    road.chats.deliver({"kind": "echo", "from": who, "text": "I will pack it today"})
    wait_until(lambda: road.conversation(mid)["mode"] == "human", seconds=25, every=0.1)
    (typed,) = [one for one in road.messages(mid) if one["text"] == "I will pack it today"]
    assert (typed["direction"], typed["author"], typed["state"]) == ("out", "agent", "sent")
    before = len(road.chats.sent(who))
    again = road.chats.write(who, "blue saree kitna hai?")
    wait_until(lambda: road.message(again), seconds=25, every=0.1)
    road.settled()
    assert len(road.chats.sent(who)) == before


def test_an_unsent_message_is_blanked(road: Road) -> None:
    who = "3021"
    mid = road.chats.write(who, "my card number is 4111")
    wait_until(lambda: road.message(mid), seconds=25, every=0.1)
    road.chats.deliver({"kind": "deleted", "from": who, "mid": mid})
    gone = wait_until(lambda: (road.message(mid) or {}).get("text") == "" and road.message(mid), seconds=25, every=0.1)
    assert (gone["text"], gone["attachments"]) == ("", [])


# --- when the Graph API fails ------------------------------------------------------------------------------------


def test_told_to_slow_down_it_waits_and_delivers_once(road: Road) -> None:
    who = "3030"
    road.graph.fail_next("429", match="/messages", retry_after=1)
    mid = road.chats.write(who, "blue saree kitna hai?")
    road.chats.hears(who, "₹1,499.00")
    road.settled()
    stored = [one for one in road.messages(mid) if one["direction"] == "out"]
    assert [one["provider_ref"] for one in stored] == [one["mid"] for one in road.chats.sent(who)]
    assert {one["state"] for one in stored} <= {"sent", "delivered", "read"}


def test_a_lost_answer_is_uncertain_until_the_echo_and_never_sent_twice(road: Road) -> None:
    who = "3031"
    road.graph.call("/__echo", {"delay_ms": 2500})
    try:
        road.graph.fail_next("timeout_after_accept", match="/messages", seconds=0.5)
        mid = road.chats.write(who, "blue saree kitna hai?")
        states: list[str] = []

        def look() -> bool:
            states.extend(one["state"] for one in road.messages(mid) if one["direction"] == "out")
            return "uncertain" in states

        wait_until(look, every=0.05)
        road.chats.hears(who, "₹1,499.00")
        wait_until(
            lambda: {one["state"] for one in road.messages(mid) if one["direction"] == "out"} == {"sent"},
            seconds=25, every=0.1,
        )  # fmt: skip
    finally:
        road.graph.call("/__echo", {"delay_ms": 0})
    stored = [one for one in road.messages(mid) if one["direction"] == "out"]
    assert [one["provider_ref"] for one in stored] == [one["mid"] for one in road.chats.sent(who)]
    assert road.conversation(mid)["mode"] == "bot"


# --- a model writes ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def writing_model(road: Road) -> TwinHandle:
    """The shop's replies come from a model from here on."""
    road.product.connect("openai", road.slug, api_key="sk-road", model="twin-model", base_url=f"{road.model.url}/v1")
    return road.model


@pytest.fixture
def model(writing_model: TwinHandle) -> TwinHandle:
    """The model with nothing scripted."""
    writing_model.reset()
    return writing_model


def test_the_model_words_it_with_true_figures(road: Road, model: TwinHandle) -> None:
    road.chats.write("3040", "blue saree kitna hai?")
    said = road.chats.hears("3040", "Yes, we have Blue block-print saree")
    assert "₹1,499" in said
    assert model.requests("/chat/completions")


@pytest.mark.parametrize("trouble", ["hostile", "500", "drop", "200_rubbish", "choices_none", "quota"])
def test_whatever_the_model_does_the_facts_go_out(road: Road, model: TwinHandle, trouble: str) -> None:
    who = f"305{len(trouble)}{ord(trouble[0])}"
    if trouble == "hostile":
        model.call("/__mode", {"mode": "hostile"})
    else:
        model.fail_next(trouble, times=3)
    road.chats.write(who, "blue saree kitna hai?")
    road.chats.hears(who, "Blue block-print saree is ₹1,499.00")
    assert model.requests("/chat/completions")
    assert not any("cheap" in one or "Rs 1!" in one for one in road.chats.texts(who))

"""Razorpay's own ways: its fields, its events, its stand-in."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from salespilots.ports.errors import BadSignature, OutcomeUnknown, RateLimited, Rejected, Unavailable
from salespilots.ports.payments import PaymentRequest
from salespilots.ports.settings import PluginSettings
from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.twin import TwinProcess, TwinServer
from salespilots_payments_razorpay import client
from salespilots_payments_razorpay.adapter import RazorpayPayments, _public
from salespilots_payments_razorpay.twin import RazorpayTwin, signed_event
from salespilots_payments_razorpay.webhooks import EVENTS, RazorpayWebhooks

VALUES = {"key_id": "rzp_test_twin", "key_secret": "twin-key-secret", "webhook_secret": "twin-webhook-secret"}


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(RazorpayTwin()) as server:
        yield server


def payments(url: str) -> RazorpayPayments:
    return RazorpayPayments.from_settings(
        PluginSettings(provider="razorpay", business_id="biz_1", values=VALUES, instance={"url": url})
    )


def asked(**changed: Any) -> PaymentRequest:
    values = {
        "reference": "SP-1-a", "amount_paise": 50_000, "description": "Order SP-1",
        "expires_at": datetime.now(UTC) + timedelta(hours=1), "order_number": "SP-1", **changed,
    }  # fmt: skip
    return PaymentRequest(**values)


def test_the_request(twin: TwinServer) -> None:
    payments(twin.url).create_link(
        asked(customer_name="Asha Rao", customer_phone="+919876543210", return_url="https://shop.example.com/o/1")
    )
    (request,) = twin.requests()
    sent = request["json"]
    assert sent["amount"] == 50_000
    assert sent["notes"] == {"reference": "SP-1-a", "order": "SP-1"}
    assert sent["notify"] == {"sms": False, "email": False}
    assert sent["customer"] == {"name": "Asha Rao", "contact": "+919876543210"}
    assert (sent["callback_url"], sent["callback_method"]) == ("https://shop.example.com/o/1", "get")


def test_what_razorpay_would_refuse_is_left_out(twin: TwinServer) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    name = "😀" * 60
    payments(twin.url).create_link(
        asked(expires_at=soon, customer_name=name, customer_phone="call me", return_url="http://127.0.0.1:8000/o/1")
    )
    sent = twin.requests()[0]["json"]
    assert sent["expire_by"] >= time.time() + 15 * 60
    assert "customer" not in sent
    assert "callback_url" not in sent


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://shop.example.com/o", True), ("http://127.0.0.1/o", False), ("http://localhost/o", False),
        ("http://10.0.0.4/o", False), ("https://shop/o", False), ("ftp://shop.example.com", False), ("", False),
    ],
)  # fmt: skip
def test_public(url: str, public: bool) -> None:
    assert _public(url) is public


def test_a_reference_with_another_amount(twin: TwinServer) -> None:
    shop = payments(twin.url)
    shop.create_link(asked())
    with pytest.raises(Rejected) as caught:
        shop.create_link(asked(amount_paise=1_00))
    assert caught.value.reason == "reference_taken"


def test_an_id_cannot_leave_its_path(twin: TwinServer) -> None:
    for call in (payments(twin.url).fetch_link, payments(twin.url).cancel_link):
        with pytest.raises(Rejected):
            call("../payments/pay_1")
    assert twin.requests() == []


def test_a_running_refund_is_asked_again_later(twin: TwinServer) -> None:
    from salespilots.ports.payments import RefundRequest

    twin.fail_next("409")
    with pytest.raises(RateLimited) as caught:
        payments(twin.url).refund(RefundRequest(payment_ref="pay_1", amount_paise=100, idempotency_key="k"))
    assert caught.value.retryable
    assert caught.value.reason == "in_progress"


def test_the_error_does_not_lead_to_the_key(twin: TwinServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.3)
    twin.fail_next("timeout")
    with pytest.raises(OutcomeUnknown) as caught:
        payments(twin.url).create_link(asked())
    assert caught.value.__cause__ is None
    assert "twin-key-secret" not in repr(caught.value.__dict__)


def test_nobody_listens_and_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_TIMEOUT", 0.3)
    with pytest.raises(Unavailable):
        payments("http://no-such-host.invalid").create_link(asked())
    with socket.socket() as full:  # listens, never accepts: its queue is full after one
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        others = []
        for _ in range(3):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(full.getsockname())
            others.append(other)
        with pytest.raises(Unavailable):
            payments(f"http://127.0.0.1:{full.getsockname()[1]}").create_link(asked())
        for other in others:
            other.close()


def events_of(event: dict[str, Any], event_id: str = "evt_1", secret: str = "s") -> Any:
    body, headers = signed_event(secret, event, event_id)
    hooks = RazorpayWebhooks(["s"])
    request = WebhookRequest(body=body, headers=headers)
    hooks.verify(request)
    (found,) = hooks.parse(request)
    return found


PAYMENT = {"id": "pay_1", "amount": 50_000, "currency": "INR", "method": "upi", "notes": {"reference": "SP-1-a"}}


def event(name: str, **entities: Any) -> dict[str, Any]:
    payload = {one: {"entity": entity} for one, entity in entities.items()}
    return {"event": name, "payload": payload, "created_at": 1_700_000_000, "account_id": "acc_1"}


def test_captured_carries_our_reference_in_the_notes() -> None:
    found = events_of(event("payment.captured", payment=PAYMENT))
    assert (found.kind, found.reference, found.payment_ref, found.amount_paise) == (
        "captured",
        "SP-1-a",
        "pay_1",
        50_000,
    )
    assert (found.account_ref, found.method, found.event_id) == ("acc_1", "upi", "evt_1")
    assert found.occurred_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_the_amount_is_the_payments_not_the_links() -> None:
    link = {"id": "plink_1", "reference_id": "SP-1-a", "amount": 90_000}
    found = events_of(event("payment_link.partially_paid", payment=PAYMENT, payment_link=link))
    assert (found.kind, found.amount_paise, found.link_ref) == ("captured", 50_000, "plink_1")


@pytest.mark.parametrize("amount", [500.0, "50000", None, True, -1, 10**20])
def test_an_amount_that_is_none_is_not_booked(amount: Any) -> None:
    found = events_of(event("payment.captured", payment={**PAYMENT, "amount": amount}))
    assert (found.kind, found.amount_paise) == ("other", 0)


@pytest.mark.parametrize("notes", [[], None, "x", {}, {"reference": 5}])
def test_notes_of_any_shape(notes: Any) -> None:
    assert events_of(event("payment.captured", payment={**PAYMENT, "notes": notes})).reference == ""


def test_refunds() -> None:
    refund = {"id": "rfnd_1", "payment_id": "pay_1", "amount": 20_000, "currency": "INR"}
    for name, kind in (("created", "refund_created"), ("processed", "refund_processed"), ("failed", "refund_failed")):
        found = events_of(event(f"refund.{name}", refund=refund))
        assert (found.kind, found.refund_ref, found.payment_ref, found.amount_paise) == (
            kind,
            "rfnd_1",
            "pay_1",
            20_000,
        )
    assert events_of(event("refund.speed_changed", refund=refund)).kind == "other"


@pytest.mark.parametrize("payload", [{}, {"payment": None}, {"payment": []}, {"payment": {"entity": []}}])
def test_a_hollow_event_is_other(payload: Any) -> None:
    assert events_of({"event": "payment.captured", "payload": payload}).kind == "other"


def test_without_an_event_id_the_body_is_the_id() -> None:
    first = events_of(event("payment.captured", payment=PAYMENT), event_id="")
    assert len(first.event_id) == 64
    assert first.event_id == events_of(event("payment.captured", payment=PAYMENT), event_id="é").event_id


def test_the_previous_secret_still_counts() -> None:
    values = {**VALUES, "webhook_secret": "new", "webhook_secret_previous": "old"}
    hooks = RazorpayWebhooks.from_settings(PluginSettings(provider="razorpay", business_id="b", values=values))
    for secret in ("new", "old"):
        body, headers = signed_event(secret, event("order.paid"), "e")
        hooks.verify(WebhookRequest(body=body, headers=headers))
    body, headers = signed_event("older", event("order.paid"), "e")
    with pytest.raises(BadSignature):
        hooks.verify(WebhookRequest(body=body, headers=headers))


def test_events_to_tick() -> None:
    assert {"payment_link.paid", "payment.captured", "payment_link.expired", "refund.processed"} <= set(EVENTS)


def test_the_stand_in_as_a_process() -> None:
    with TwinServer(RazorpayTwin()) as hook:  # any server will do to be called
        with TwinProcess("salespilots_payments_razorpay.twin", "--webhook-url", f"{hook.url}/hook") as twin:
            link = payments(twin.url).create_link(asked())
            paid = twin.call("/__pay", {"reference": "SP-1-a", "times": 2, "shuffle": True})
            assert len(paid["posted"]) == 8
            requests_in = hook.requests("/hook")
            assert len({one["headers"]["x-razorpay-event-id"] for one in requests_in}) == 4
            names = [one["json"]["event"] for one in requests_in]
            assert sorted(set(names)) == ["order.paid", "payment.authorized", "payment.captured", "payment_link.paid"]
            assert names[:4] != ["payment.authorized", "payment.captured", "order.paid", "payment_link.paid"]
            assert payments(twin.url).fetch_link(link.link_ref).state == "paid"
            page = requests.get(link.url, timeout=5)
            assert "Order SP-1" in page.text
            assert json.dumps(twin.state())

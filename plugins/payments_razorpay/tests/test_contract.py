"""Razorpay against the public contract of payments: real SDK, stand-in server, loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from salespilots.ports.payments import PaymentLink
from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.contracts.payments import PaymentsContract, PaymentsHarness
from salespilots.testing.twin import TwinServer
from salespilots_payments_razorpay import client
from salespilots_payments_razorpay.hooks import PROVIDER
from salespilots_payments_razorpay.twin import RazorpayTwin

KEY_ID, KEY_SECRET, WEBHOOK_SECRET = "rzp_test_contract", "contract-key-secret", "contract-webhook-secret"


@pytest.fixture
def server() -> Iterator[TwinServer]:
    twin = RazorpayTwin(key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret=WEBHOOK_SECRET)
    with TwinServer(twin) as server:
        yield server


class TestRazorpay(PaymentsContract):
    @pytest.fixture
    def harness(self, server: TwinServer, monkeypatch: pytest.MonkeyPatch) -> PaymentsHarness:
        monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.6)
        twin: Any = server.twin

        def request(event: dict[str, Any], secret: str | None = None) -> WebhookRequest:
            body, headers = twin.signed(event, secret)
            return WebhookRequest(body=body, headers=headers)

        def pay(link: PaymentLink) -> Sequence[WebhookRequest]:
            return [request(one) for one in twin.pay(twin.links[link.link_ref])]

        def webhook(kind: str, link: PaymentLink, secret: str | None = None) -> WebhookRequest:
            row = twin.links[link.link_ref]
            if kind == "failed":
                return request(twin.pay(row, fail=True)[0], secret)
            name = "payment_link.expired" if kind == "link_expired" else "payment.downtime.started"
            return request(twin._event(name, payment_link=row), secret)

        def break_with(kind: str, **options: Any) -> None:
            if kind == "refuse_connection":
                server.stop()
            else:
                server.fail_next(kind, **options)

        return PaymentsHarness(
            provider=PROVIDER,
            settings={"key_id": KEY_ID, "key_secret": KEY_SECRET, "webhook_secret": WEBHOOK_SECRET},
            instance={"url": server.url},
            pay=pay,
            webhook=webhook,
            links=lambda reference: sum(one["reference_id"] == reference for one in twin.links.values()),
            refunds=lambda: len(twin.refunds),
            break_with=break_with,
            can=frozenset(
                [
                    "refuse_connection",
                    "429",
                    "token_expired",
                    "400",
                    "500",
                    "500_after_accept",
                    "502_html",
                    "200_rubbish",
                    "timeout",
                    "timeout_after_accept",
                    "drop_after_accept",
                    "drop_before",
                ]
            ),
        )

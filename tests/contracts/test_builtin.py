"""What comes with the core passes the same public contract suites as any plugin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from salespilots.plugins.builtin import ai_rules, channel_practice, payments_manual, payments_practice
from salespilots.ports.ai import AiRequest, Turn
from salespilots.ports.errors import Unsupported
from salespilots.ports.payments import PaymentsProvider, RefundRequest
from salespilots.testing.contracts.ai import AiContract, AiHarness
from salespilots.testing.contracts.channel import ChannelContract
from salespilots.testing.contracts.channel_harness import ChannelHarness
from salespilots.testing.contracts.payments import PaymentsContract, PaymentsHarness, asked
from tests.support.fake_payments import FakePaymentsPlugin

CHANNEL = channel_practice.salespilots_channel_providers()[0]
PRACTICE = payments_practice.salespilots_payments_providers()[0]
MANUAL = {one.key: one for one in payments_manual.salespilots_payments_providers()}
RULES = ai_rules.salespilots_ai_providers()[0]
UPI = {"vpa": "meera.handlooms@okbank", "payee_name": "Meera Handlooms"}


class TestPracticeChannel(ChannelContract):
    @pytest.fixture
    def harness(self) -> ChannelHarness:
        return ChannelHarness(provider=CHANNEL, settings={})


class TestPracticePayments(PaymentsContract):
    @pytest.fixture
    def harness(self) -> PaymentsHarness:
        return PaymentsHarness(provider=PRACTICE, settings={}, keeps_links=False)


class TestRules(AiContract):
    """The suite's questions to a model are left out: it says nothing by itself."""

    @pytest.fixture
    def harness(self) -> AiHarness:
        return AiHarness(provider=RULES, settings={})


def test_rules_add_no_words() -> None:
    ai = AiHarness(provider=RULES, settings={}).ai()
    reply = ai.complete(AiRequest(system="", turns=(Turn(role="user", text="price?"),)))
    assert (reply.text, reply.tool_calls, reply.usage.input_tokens) == ("", (), 0)
    assert not RULES.writes_replies


class TestDirectUpi(PaymentsContract):
    """A link leads to a page of this installation; nobody tells when money comes."""

    @pytest.fixture
    def harness(self) -> PaymentsHarness:
        return PaymentsHarness(provider=MANUAL["upi"], settings=UPI, keeps_links=False)

    def test_a_code_has_the_exact_amount_and_no_stray_characters(self, harness: PaymentsHarness) -> None:
        intent = harness.payments().intent(amount_paise=100_05, reference="SP-1&am=1", note="₹ & more")
        assert intent.startswith("upi://pay?pa=meera")
        assert "&am=100.05&" in intent
        assert intent.count("am=") == 1
        assert intent.isascii()


@pytest.mark.parametrize(("key", "settings"), [("cod", {})])
class TestManual:
    """Where the owner confirms the money there are no links; the rest of the contract holds."""

    @pytest.fixture
    def harness(self, key: str, settings: dict[str, str]) -> PaymentsHarness:
        return PaymentsHarness(provider=MANUAL[key], settings=settings, keeps_links=False)

    def test_record_is_complete(self, harness: PaymentsHarness) -> None:
        PaymentsContract().test_record_is_complete(harness)

    def test_secrets_are_not_shown(self, harness: PaymentsHarness) -> None:
        PaymentsContract().test_secrets_are_not_shown(harness)

    def test_is_not_online_and_says_what_to_do(self, harness: PaymentsHarness) -> None:
        provider: PaymentsProvider = harness.provider
        assert not provider.online
        assert provider.webhooks is None
        adapter = harness.payments()
        assert adapter.find_link("SP-1001-a1") is None
        for call in (
            lambda: adapter.create_link(asked()),
            lambda: adapter.fetch_link("x"),
            lambda: adapter.cancel_link("x"),
        ):
            with pytest.raises(Unsupported) as caught:
                call()
            assert "received" in (caught.value.user_action or "")

    def test_a_refund_is_handed_back_once(self, harness: PaymentsHarness) -> None:
        request = RefundRequest(payment_ref="pay", amount_paise=100, idempotency_key="refund-key-1", reason="")
        first = harness.payments().refund(request)
        assert first.state == "processed"
        assert harness.payments().refund(request) == first
        assert (
            harness.payments().refund(replace(request, idempotency_key="refund-key-2")).refund_ref != first.refund_ref
        )

    def test_check(self, harness: PaymentsHarness) -> None:
        assert harness.payments().check().ok


@pytest.mark.parametrize("vpa", ["", "meera", "a@b", "meera@@okbank", "meera handlooms@okbank"])
def test_a_wrong_upi_id_is_refused(vpa: str) -> None:
    assert MANUAL["upi"].settings().validate({**UPI, "vpa": vpa})


class TestFakeBank(PaymentsContract):
    """The stand-in that other tests script keeps the same promises."""

    @pytest.fixture
    def harness(self) -> PaymentsHarness:
        plugin = FakePaymentsPlugin()
        bank = plugin.bank
        return PaymentsHarness(
            provider=plugin.salespilots_payments_providers()[0], settings={"account": "first"},
            links=lambda reference: int(reference in bank.links), refunds=lambda: len(bank.refunds),
        )  # fmt: skip

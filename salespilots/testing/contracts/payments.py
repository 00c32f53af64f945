"""The contract of a payments provider. A plugin's test subclasses `PaymentsContract` and provides ``harness``."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .harness import Harness


@dataclass(kw_only=True)
class PaymentsHarness(Harness):
    """How the suite reaches one provider.

    ``pay(link)`` plays the customer and returns the webhooks that follow; ``webhook(kind, link)`` one signed webhook
    of kind "failed", "link_expired" or "unknown" (``secret=`` signs with another). ``links(reference)`` and
    ``refunds()`` tell what the far side holds.
    """

    pay: Callable[[Any], Sequence[Any]] | None = None
    webhook: Callable[..., Any] | None = None
    links: Callable[[str], int] | None = None
    refunds: Callable[[], int] | None = None
    secret_name: str = "webhook_secret"
    keeps_links: bool = True  # False: the provider has no memory of its own (practice)

    def remembers(self) -> None:
        """Skip the rest of the test where the provider has no memory."""
        if not self.keeps_links:
            pytest.skip("this provider keeps nothing")

    def payments(self) -> Any:
        """The adapter."""
        return self.provider.build(self.plugin_settings())


def asked(reference: str = "SP-1001-a1", amount_paise: int = 129_900, **changed: Any) -> Any:
    """A request for money."""
    from salespilots.ports.payments import PaymentRequest

    values = {"description": "Order SP-1001", "expires_at": datetime.now(UTC) + timedelta(hours=24), **changed}
    return PaymentRequest(reference=reference, amount_paise=amount_paise, order_number="SP-1001", **values)


WRITE_FAILURES = (
    ("refuse_connection", "Unavailable"),
    ("429", "RateLimited"),
    ("token_expired", "AuthFailed"),
    ("400", "Rejected"),
    ("500_after_accept", "OutcomeUnknown"),
    ("500", "OutcomeUnknown"),
    ("502_html", "OutcomeUnknown"),
    ("200_rubbish", "OutcomeUnknown"),
    ("timeout_after_accept", "OutcomeUnknown"),
    ("drop_after_accept", "OutcomeUnknown"),
)
READ_FAILURES = (
    ("refuse_connection", "Unavailable"),
    ("429", "RateLimited"),
    ("token_expired", "AuthFailed"),
    ("500", "Unavailable"),
    ("502_html", "Unavailable"),
    ("200_rubbish", "Unavailable"),
    ("timeout", "Unavailable"),
    ("drop_before", "Unavailable"),
)
LOST_ANSWERS = ("500_after_accept", "200_rubbish", "timeout_after_accept", "drop_after_accept")


class PaymentsContract:
    """Every online payments provider passes this."""

    def test_record_is_complete(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.markers import PORT_VERSION

        provider = harness.provider
        assert provider.key
        assert provider.label
        assert provider.port_version == PORT_VERSION
        loaded = provider.settings().load(harness.settings)
        assert {name: loaded[name] for name in harness.settings} == harness.settings
        if provider.instance_settings is not None:
            provider.instance_settings().load({})

    def test_secrets_are_not_shown(self, harness: PaymentsHarness) -> None:
        shown = repr(harness.plugin_settings()) + repr(harness.payments()) + repr(harness.provider)
        if harness.provider.webhooks is not None:
            shown += repr(harness.webhooks())
        for secret in harness.secrets():
            assert secret not in shown

    # --- links --------------------------------------------------------------------------------------------

    def test_makes_a_link(self, harness: PaymentsHarness) -> None:
        link = harness.payments().create_link(asked())
        assert link.reference == "SP-1001-a1"
        assert link.amount_paise == 129_900
        assert type(link.amount_paise) is int
        assert link.currency == "INR"
        assert link.state == "created"
        assert link.url.startswith(("http://", "https://"))
        assert link.payments == ()
        harness.remembers()
        assert harness.payments().fetch_link(link.link_ref) == link
        assert harness.payments().find_link("SP-1001-a1") == link

    def test_a_link_about_to_end_can_still_be_made(self, harness: PaymentsHarness) -> None:
        soon = asked(expires_at=datetime.now(UTC) + timedelta(seconds=30))
        assert harness.payments().create_link(soon).state == "created"

    def test_an_unknown_reference_is_none(self, harness: PaymentsHarness) -> None:
        harness.remembers()
        assert harness.payments().find_link("SP-0000-zz") is None

    def test_an_unknown_link_is_rejected(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import Rejected

        harness.remembers()
        with pytest.raises(Rejected):
            harness.payments().fetch_link("plink_nobody")

    def test_the_same_reference_gives_the_same_link(self, harness: PaymentsHarness) -> None:
        payments = harness.payments()
        assert payments.create_link(asked()).link_ref == payments.create_link(asked()).link_ref

    def test_cancel(self, harness: PaymentsHarness) -> None:
        payments = harness.payments()
        link = payments.create_link(asked())
        assert payments.cancel_link(link.link_ref).state == "cancelled"
        assert payments.cancel_link(link.link_ref).state == "cancelled"

    def test_a_paid_link_stays_paid(self, harness: PaymentsHarness) -> None:
        payments = harness.payments()
        link = payments.create_link(asked())
        self._pay(harness, link)
        after = payments.cancel_link(link.link_ref)
        assert after.state == "paid"
        (fact,) = after.payments
        assert fact.state == "captured"
        assert fact.amount_paise == 129_900
        assert type(fact.amount_paise) is int
        assert fact.payment_ref

    def test_many_threads(self, harness: PaymentsHarness) -> None:
        payments = harness.payments()

        def make(number: int) -> tuple[str, int]:
            link = payments.create_link(asked(f"SP-{number}", 10_000 + number))
            return link.reference, link.amount_paise

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(make, range(24))) == [(f"SP-{n}", 10_000 + n) for n in range(24)]

    # --- failures -----------------------------------------------------------------------------------------

    def _fails(self, harness: PaymentsHarness, call: Callable[[], Any], kind: str, error: str) -> None:
        from salespilots.ports import errors

        started = time.monotonic()
        with pytest.raises(errors.PortError) as caught:
            call()
        problem = caught.value
        assert type(problem) is getattr(errors, error)
        assert problem.provider == harness.provider.key
        assert time.monotonic() - started < harness.limit
        if kind == "429":
            assert problem.retry_after == 7
        if error == "AuthFailed":
            assert problem.user_action
        shown = f"{problem} {problem!r} {problem.details} {problem.user_action}"
        for secret in harness.secrets():
            assert secret not in shown

    @pytest.mark.parametrize(("kind", "error"), WRITE_FAILURES)
    def test_failures_of_making_a_link(
        self, harness: PaymentsHarness, kind: str, error: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        harness.breaks(kind, retry_after=7, method="POST")
        payments = harness.payments()
        self._fails(harness, lambda: payments.create_link(asked()), kind, error)
        assert capfd.readouterr().out == ""

    @pytest.mark.parametrize(("kind", "error"), READ_FAILURES)
    def test_failures_of_reading(self, harness: PaymentsHarness, kind: str, error: str) -> None:
        harness.breaks(kind, retry_after=7)
        payments = harness.payments()
        self._fails(harness, lambda: payments.find_link("SP-1001-a1"), kind, error)

    @pytest.mark.parametrize("kind", LOST_ANSWERS)
    def test_a_lost_answer_is_found_again(self, harness: PaymentsHarness, kind: str) -> None:
        from salespilots.ports.errors import OutcomeUnknown

        harness.breaks(kind, method="POST")
        payments = harness.payments()
        with pytest.raises(OutcomeUnknown):
            payments.create_link(asked())
        found = payments.find_link("SP-1001-a1")
        assert found is not None
        assert found.amount_paise == 129_900
        assert payments.create_link(asked()).link_ref == found.link_ref
        if harness.links is not None:
            assert harness.links("SP-1001-a1") == 1

    # --- refunds ------------------------------------------------------------------------------------------

    def _pay(self, harness: PaymentsHarness, link: Any) -> Sequence[Any]:
        if harness.pay is None:
            pytest.skip("nobody can pay here")
        return harness.pay(link)

    def _paid(self, harness: PaymentsHarness) -> tuple[Any, str]:
        payments = harness.payments()
        link = payments.create_link(asked())
        self._pay(harness, link)
        return payments, payments.fetch_link(link.link_ref).payments[0].payment_ref

    def test_refund_is_once_per_key(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.payments import RefundRequest

        payments, payment_ref = self._paid(harness)
        first = RefundRequest(payment_ref=payment_ref, amount_paise=20_000, idempotency_key="r1", reason="late")
        one, again = payments.refund(first), payments.refund(first)
        other = payments.refund(dataclasses.replace(first, idempotency_key="r2"))
        assert one.refund_ref == again.refund_ref != other.refund_ref
        assert one.state in ("pending", "processed")
        if harness.refunds is not None:
            assert harness.refunds() == 2

    def test_a_refund_whose_answer_is_lost(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import OutcomeUnknown
        from salespilots.ports.payments import RefundRequest

        payments, payment_ref = self._paid(harness)
        request = RefundRequest(payment_ref=payment_ref, amount_paise=20_000, idempotency_key="r1")
        harness.breaks("drop_after_accept", match="refund")
        with pytest.raises(OutcomeUnknown):
            payments.refund(request)
        assert payments.refund(request).refund_ref
        if harness.refunds is not None:
            assert harness.refunds() == 1

    def test_what_was_given_back_is_seen_by_asking(self, harness: PaymentsHarness) -> None:
        """Of the refund by its id, and of the payment by its link: webhooks may never come."""
        from salespilots.ports.payments import RefundRequest

        payments = harness.payments()
        link = payments.create_link(asked())
        self._pay(harness, link)
        paid = payments.fetch_link(link.link_ref).payments[0]
        assert (paid.state, paid.refunded_paise) == ("captured", 0)
        made = payments.refund(RefundRequest(payment_ref=paid.payment_ref, amount_paise=20_000, idempotency_key="r1"))
        seen = payments.fetch_refund(made.refund_ref)
        assert seen.refund_ref == made.refund_ref
        assert seen.state in ("pending", "processed")
        fact = payments.fetch_link(link.link_ref).payments[0]
        assert (fact.payment_ref, fact.state, fact.refunded_paise) == (paid.payment_ref, "captured", 20_000)

    def test_an_unknown_refund_is_rejected(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import Rejected

        harness.remembers()
        with pytest.raises(Rejected):
            harness.payments().fetch_refund("rfnd_nothing")

    def test_more_than_was_paid_is_rejected(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import Rejected
        from salespilots.ports.payments import RefundRequest

        payments, payment_ref = self._paid(harness)
        with pytest.raises(Rejected):
            payments.refund(RefundRequest(payment_ref=payment_ref, amount_paise=999_999_00, idempotency_key="r9"))

    # --- webhooks -----------------------------------------------------------------------------------------

    def test_payment_events(self, harness: PaymentsHarness) -> None:
        webhooks = harness.webhooks()
        link = harness.payments().create_link(asked())
        events = []
        for request in self._pay(harness, link):
            webhooks.verify(request)
            parsed = webhooks.parse(request)
            assert [one.event_id for one in parsed] == [one.event_id for one in webhooks.parse(request)]
            events += parsed
        captured = [one for one in events if one.kind == "captured"]
        assert captured
        assert {(one.amount_paise, one.currency) for one in captured} == {(129_900, "INR")}
        assert all(type(one.amount_paise) is int for one in events)
        assert len({one.payment_ref for one in captured}) == 1
        assert all(one.reference == link.reference or one.link_ref == link.link_ref for one in captured)
        assert all(one.occurred_at.tzinfo is not None for one in events)
        assert len({one.event_id for one in events}) == len(events)

    def _one(self, harness: PaymentsHarness, kind: str, **options: Any) -> Any:
        if harness.webhook is None:
            pytest.skip("no webhooks")
        return harness.webhook(kind, harness.payments().create_link(asked()), **options)

    @pytest.mark.parametrize(("kind", "parsed"), [("failed", "failed"), ("link_expired", "link_expired")])
    def test_other_ends(self, harness: PaymentsHarness, kind: str, parsed: str) -> None:
        request = self._one(harness, kind)
        harness.webhooks().verify(request)
        assert [one.kind for one in harness.webhooks().parse(request)] == [parsed]

    def test_an_unknown_kind_is_other(self, harness: PaymentsHarness) -> None:
        request = self._one(harness, "unknown")
        harness.webhooks().verify(request)
        assert {one.kind for one in harness.webhooks().parse(request)} <= {"other"}

    def test_refuses_what_is_not_signed(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import BadSignature

        request = self._one(harness, "failed")
        webhooks = harness.webhooks()
        webhooks.verify(request)
        bad = [
            dataclasses.replace(request, body=request.body + b" "),
            dataclasses.replace(request, headers={}),
            *(
                dataclasses.replace(request, headers=dict.fromkeys(request.headers, junk))
                for junk in ("", "é", "\udcff", "0" * 64)
            ),
            harness.webhook("failed", harness.payments().create_link(asked()), secret="somebody else's"),  # type: ignore[misc]
        ]
        for one in bad:
            with pytest.raises(BadSignature):
                webhooks.verify(one)

    def test_an_empty_secret_refuses_everything(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import BadSignature

        request = self._one(harness, "failed", secret="")
        for empty in ("", None):
            with pytest.raises(BadSignature):
                harness.webhooks(**{harness.secret_name: empty}).verify(request)

    @pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"1", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 5000])
    def test_what_is_not_the_providers_json_is_a_value_error(self, harness: PaymentsHarness, body: bytes) -> None:
        request = dataclasses.replace(self._one(harness, "failed"), body=body)
        with pytest.raises(ValueError):
            harness.webhooks().parse(request)

    # --- health -------------------------------------------------------------------------------------------

    def test_check(self, harness: PaymentsHarness) -> None:
        health = harness.payments().check()
        assert health.ok
        assert health.detail

    def test_check_of_a_bad_key(self, harness: PaymentsHarness) -> None:
        from salespilots.ports.errors import PortError

        harness.breaks("token_expired")
        try:
            health = harness.payments().check()
        except PortError:
            return
        assert not health.ok

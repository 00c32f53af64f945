"""Practice payments: a page of this installation, clearly marked. No money moves."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import Health
from salespilots.ports.markers import hookimpl
from salespilots.ports.payment_pages import PagePayments
from salespilots.ports.payments import PaymentsProvider, RefundRequest, RefundResult
from salespilots.ports.settings import NoSettings, PluginSettings


class PracticePayments(PagePayments):
    """The link is the reference itself: unguessable, and the same however often it is asked for."""

    def __init__(self, base_url: str) -> None:
        super().__init__(f"{base_url}/pay")

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> PracticePayments:
        """Needs only the public address."""
        return cls(settings.base_url)

    def refund(self, request: RefundRequest) -> RefundResult:
        """Done at once."""
        return RefundResult(refund_ref=f"practice-{request.idempotency_key}"[:60], state="processed")

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        """Done when it was asked for."""
        return RefundResult(refund_ref=refund_ref, state="processed")

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="Practice payments work without any account. No money moves.")


@hookimpl
def salespilots_payments_providers() -> Sequence[PaymentsProvider]:
    """Practice payments."""
    return [
        PaymentsProvider(
            key="practice",
            label="Practice payments",
            summary="A marked page where customers pretend to pay. No money moves.",
            settings=NoSettings,
            build=PracticePayments.from_settings,
            practice=True,
        )
    ]

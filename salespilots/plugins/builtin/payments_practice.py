"""Practice payments: a page of this installation, clearly marked. No money moves."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import Health
from salespilots.ports.markers import hookimpl
from salespilots.ports.payments import (
    PaymentLink,
    PaymentRequest,
    PaymentsProvider,
    RefundRequest,
    RefundResult,
)
from salespilots.ports.settings import NoSettings, PluginSettings


class PracticePayments:
    """The link is the reference itself: unguessable, and the same however often it is asked for."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> PracticePayments:
        """Needs only the public address."""
        return cls(settings.base_url)

    def _link(self, reference: str, amount_paise: int = 0, state: str = "created") -> PaymentLink:
        return PaymentLink(
            link_ref=reference, reference=reference, url=f"{self._base_url}/pay/{reference}", amount_paise=amount_paise,
            state=state,
        )  # fmt: skip

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        """The page's address."""
        return self._link(request.reference, request.amount_paise)

    def find_link(self, reference: str) -> PaymentLink | None:
        """Pages need no making: there is always one."""
        return self._link(reference)

    def fetch_link(self, link_ref: str) -> PaymentLink:
        """What was paid on the page is in the inbox already; there is nothing more to learn."""
        return self._link(link_ref)

    def cancel_link(self, link_ref: str) -> PaymentLink:
        """The page looks at the order's state itself."""
        return self._link(link_ref, state="cancelled")

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

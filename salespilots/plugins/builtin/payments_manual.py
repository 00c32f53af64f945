"""Money that comes another way: cash on delivery and direct UPI, confirmed by the owner."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from marshmallow import fields, validate

from salespilots.ports.channel import Health
from salespilots.ports.errors import Unsupported
from salespilots.ports.markers import hookimpl
from salespilots.ports.payment_pages import PagePayments
from salespilots.ports.payments import (
    PaymentLink,
    PaymentRequest,
    PaymentsProvider,
    RefundRequest,
    RefundResult,
)
from salespilots.ports.settings import NoSettings, PluginSettings, SettingsSchema


class UpiSettings(SettingsSchema):
    """Where the shop takes UPI."""

    vpa = fields.Str(
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9._-]{2,64}@[A-Za-z0-9.-]{2,32}$", error="Write a UPI id such as shop@bank."
        ),
        metadata={"label": "UPI id", "help": "For example shop@okbank."},
    )
    payee_name = fields.Str(
        required=True, validate=validate.Length(2, 60), metadata={"label": "Name shown to the payer"}
    )


class ManualPayments:
    """No links: the owner says what was received."""

    def __init__(self, key: str) -> None:
        self._key = key

    def _no(self) -> Unsupported:
        return Unsupported(provider=self._key, user_action="Mark the money as received on the order.")

    def create_link(self, request: PaymentRequest) -> PaymentLink:
        """Not this way."""
        raise self._no()

    def find_link(self, reference: str) -> PaymentLink | None:
        """There are none."""
        return None

    def fetch_link(self, link_ref: str) -> PaymentLink:
        """There are none."""
        raise self._no()

    def cancel_link(self, link_ref: str) -> PaymentLink:
        """There are none."""
        raise self._no()

    def refund(self, request: RefundRequest) -> RefundResult:
        """Handed back by the owner."""
        return RefundResult(refund_ref=f"{self._key}-{request.idempotency_key}"[:60], state="processed")

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        """Done when it was asked for."""
        return RefundResult(refund_ref=refund_ref, state="processed")

    def check(self) -> Health:
        """Nothing to reach."""
        return Health(ok=True, detail="Nothing to connect: you confirm the money on each order.")


class UpiPayments(PagePayments, ManualPayments):
    """Direct UPI: a page of this installation shows a code with the exact amount; the shop looks into its account."""

    def __init__(self, settings: PluginSettings) -> None:
        PagePayments.__init__(self, f"{settings.base_url}/upi")
        ManualPayments.__init__(self, "upi")
        self._vpa, self._payee = settings["vpa"], settings["payee_name"]

    def intent(self, *, amount_paise: int, reference: str, note: str) -> str:
        """What UPI apps open, and what the code holds. Source of the fields: NPCI, "UPI Linking Specifications" 1.6."""
        fields = {
            "pa": self._vpa, "pn": self._payee, "am": f"{amount_paise // 100}.{amount_paise % 100:02d}", "cu": "INR",
            "tn": note[:50], "tr": reference[:35],
        }  # fmt: skip
        return "upi://pay?" + "&".join(f"{name}={quote(value, safe='@.')}" for name, value in fields.items() if value)


def _build_cod(settings: PluginSettings) -> ManualPayments:
    return ManualPayments("cod")


def _build_upi(settings: PluginSettings) -> ManualPayments:
    return UpiPayments(settings)


@hookimpl
def salespilots_payments_providers() -> Sequence[PaymentsProvider]:
    """Cash on delivery and direct UPI."""
    return [
        PaymentsProvider(
            key="cod", label="Cash on delivery", summary="The courier collects; you confirm it on the order.",
            settings=NoSettings, build=_build_cod, online=False,
        ),
        PaymentsProvider(
            key="upi", label="Direct UPI", summary="Customers pay to your UPI id; you confirm it on the order.",
            settings=UpiSettings, build=_build_upi, online=False, direct=True,
        ),
    ]  # fmt: skip

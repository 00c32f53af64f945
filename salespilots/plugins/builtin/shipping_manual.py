"""Manual shipping: the owner types courier and number."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import Health
from salespilots.ports.errors import Rejected
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings, PluginSettings
from salespilots.ports.shipping import ShipmentRef, ShippingProvider


class ManualShipping:
    """Takes any courier; the number is what is written on the receipt."""

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> ManualShipping:
        """Needs none."""
        return cls()

    def tracking(self, courier: str, tracking_number: str) -> ShipmentRef:
        """The parcel as typed."""
        courier, number = courier.strip(), tracking_number.strip()
        if not courier or not number or len(number) > 60:
            raise Rejected(provider="manual", reason="tracking", user_action="Write the courier and its number.")
        return ShipmentRef(courier=courier[:60], tracking_number=number)

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="You type the courier and the number.")


@hookimpl
def salespilots_shipping_providers() -> Sequence[ShippingProvider]:
    """Manual shipping."""
    return [
        ShippingProvider(
            key="manual",
            label="Ship by hand",
            summary="Type the courier and tracking number; the customer is told.",
            settings=NoSettings,
            build=ManualShipping.from_settings,
        )
    ]

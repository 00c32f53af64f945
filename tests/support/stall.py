"""A shop that is no practice, with two products at different rates and one customer."""

from __future__ import annotations

from typing import Any

from tests.support.shop import World

HERE = {"name": "Riya Sen", "phone": "9845012345", "line1": "14, 3rd Cross", "city": "Bengaluru", "pincode": "560038"}


class Stall:
    """Its products are a saree and a bag."""

    def __init__(self, world: World, **shop: Any) -> None:
        self.world, self.services = world, world.services
        _, business = world.sign_up()
        self.id = business.id
        self.services.shops.update(self.id, shop)
        self.products = [
            self.services.catalog.create(
                self.id,
                {
                    "title": title, "hsn": hsn, "gst_rate": rate,
                    "variants": [{"sku": sku, "price_paise": price, "on_hand": 5000}],
                },
            )
            for title, hsn, rate, sku, price in (
                ("Saree", "5407", 5, "S", 210000), ("Bag", "4202", 18, "B", 49999),
            )
        ]  # fmt: skip
        self.customer = self.services.customers.add(self.id, name="Riya Sen")

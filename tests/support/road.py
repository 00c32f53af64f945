"""A shop with Instagram, payment links and a model, all of them processes on loopback, and what a test asks of it."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from typing import Any

import httpx

from salespilots.testing.twin_client import TwinHandle, wait_until
from tests.support.product import Api, Chats, Product

ACCOUNT, TOKEN = "17841400000000042", "IGAA-road-token"
KEY_ID, KEY_SECRET, HOOK_SECRET = "rzp_test_road", "road-key-secret", "road-hook-secret"
ASKED = ("2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar")
PROMPTS = ("name should be", "mobile number", "pincode", "house, street", "")
TOTAL = 2 * 149900 + 8000


@dataclasses.dataclass
class Road:
    """One running product with a connected shop, and the providers' stand-ins."""

    product: Product
    api: Api
    chats: Chats
    graph: TwinHandle
    razorpay: TwinHandle
    model: TwinHandle
    slug: str
    hook: str

    def conversation(self, mid: str) -> dict[str, Any]:
        """The chat that a message belongs to, once it was read."""
        message = wait_until(lambda: self.message(mid), seconds=25, every=0.1)
        return self.api.get(f"/conversations/{message['conversation_id']}")

    def message(self, mid: str) -> dict[str, Any] | None:
        """The stored message with this provider's id."""
        return next((one for one in self.api.items("/messages") if one["provider_ref"] == mid), None)

    def messages(self, mid: str) -> list[dict[str, Any]]:
        """All messages of the chat of ``mid``, oldest first."""
        return self.api.items("/messages", conversation_id=self.conversation(mid)["id"])[::-1]

    def order_of(self, mid: str) -> list[dict[str, Any]]:
        """Orders of the customer who wrote ``mid``."""
        return self.api.items("/orders", customer_id=self.conversation(mid)["customer_id"])

    def order_two_sarees(self, who: str, **confirm: Any) -> tuple[dict[str, Any], str]:
        """The whole dialogue up to the payment link: (order, first message id)."""
        first = self.chats.write(who, "blue saree kitna hai?")
        self.chats.hears(who, "₹1,499.00")
        for line, prompt in zip(ASKED, PROMPTS, strict=True):
            before = len(self.chats.sent(who))
            self.chats.write(who, line)
            if prompt:
                self.chats.hears(who, prompt)
            wait_until(lambda n=before: len(self.chats.sent(who)) > n, seconds=25, every=0.05)
        self.chats.write(who, "Confirm", payload="yes", **confirm)
        self.chats.hears(who, "Pay ₹3,078.00")
        (order,) = self.order_of(first)
        return order, first

    def link_of(self, order: dict[str, Any]) -> dict[str, Any]:
        """The link at Razorpay, by the number that our reference starts with."""
        (link,) = [one for one in self.links() if one["reference_id"].startswith(f"{order['number']}-")]
        return link

    def links(self) -> list[dict[str, Any]]:
        """Every link at Razorpay."""
        return list(self.razorpay.state()["links"].values())

    def pay(self, link: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The customer pays; the webhooks go to the shop's address."""
        return self.razorpay.call("/__pay", {"link_id": link["id"], "webhook_url": self.hook, **options})

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order now."""
        return self.api.get(f"/orders/{order['id']}")

    def becomes(self, order: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        """Wait until the order has these values."""

        def look() -> dict[str, Any] | None:
            now = self.order(order)
            return now if all(now[name] == value for name, value in wanted.items()) else None

        return wait_until(look, seconds=25, every=0.1)

    def settled(self) -> None:
        """Wait until every webhook came its second time and nothing is left to interpret."""
        wait_until(lambda: not self.graph.state()["owed"] and not self.razorpay.state()["owed"], seconds=25, every=0.1)
        wait_until(lambda: self.product.count("inbox", state="new") == 0, seconds=25, every=0.1)

    def post_event(self, event: dict[str, Any], *, secret: str = HOOK_SECRET, event_id: str) -> int:
        """A payment webhook of our own making."""
        body = json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "x-razorpay-signature": signature,
            "x-razorpay-event-id": event_id,
            "Content-Type": "application/json",
        }
        return httpx.post(self.hook, content=body, headers=headers, trust_env=False).status_code


def nothing_twice(road: Road) -> None:
    """After everything: what reached a customer is what is stored as sent, once each; no customer has two orders."""
    road.settled()
    sent = [one["mid"] for one in road.graph.state()["sent"]]
    rows = [one for one in road.api.all("/messages") if one["direction"] == "out" and not one["practice"]]
    assert sorted(str(one["provider_ref"]) for one in rows if one["author"] != "agent") == sorted(sent)
    orders = road.api.all("/orders")
    assert len({one["customer_id"] for one in orders}) == len(orders)
    assert len(orders) > 3, "the sales of these tests are missing"

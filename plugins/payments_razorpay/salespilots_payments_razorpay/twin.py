"""Razorpay on loopback: ``python -m salespilots_payments_razorpay.twin --port P [--key-id … --webhook-url …]``.

Plays payment links, payments and refunds with their rules, serves a page at each link's address, and posts signed
webhooks. Control, besides that of every stand-in: ``POST /__pay {"reference"|"link_id", "method", "amount", "deliver",
"times", "shuffle", "drop_webhooks", "fail"}``, ``POST /__expire``, ``POST /__settle_refunds``, ``POST /__webhook``.
"""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterable
from typing import Any

from salespilots.testing.courier import RETRIES, Courier
from salespilots.testing.twin import Call, Fault, Handler, Reply, Twin, run_twin
from salespilots_payments_razorpay.twin_wire import OFF, bad, page_of, refused, signed_event, wrong_with

__all__ = ["RazorpayTwin", "signed_event"]


class RazorpayTwin(Twin):
    """One merchant account."""

    def __init__(
        self, *, key_id: str = "rzp_test_twin", key_secret: str = "twin-key-secret",  # noqa: S107
        webhook_secret: str = "twin-webhook-secret", webhook_url: str = "", again_within: float = 0,  # noqa: S107
        retries: int = RETRIES,
    ) -> None:  # fmt: skip
        self.key_id, self.key_secret = key_id, key_secret
        self.webhook_secret, self.webhook_url = webhook_secret, webhook_url
        self.courier = Courier(again_within=again_within, retries=retries)
        self._number = 0
        self.reset()
        super().__init__()

    def reset(self) -> None:
        """An account without history."""
        self.links: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[str, str]] = {}

    def state(self) -> dict[str, Any]:
        """Everything, by id."""
        return {
            "links": self.links, "payments": self.payments, "refunds": self.refunds,
            "webhooks": list(self.courier.outcomes), "owed": self.courier.owed,
        }  # fmt: skip

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """The part of the API in use."""
        return (
            ("POST", r"/v1/payment_links", self._signed_in(self._create)),
            ("GET", r"/v1/payment_links", self._signed_in(self._list)),
            ("GET", r"/v1/payment_links/([^/]+)", self._signed_in(self._fetch)),
            ("POST", r"/v1/payment_links/([^/]+)/cancel", self._signed_in(self._cancel)),
            ("GET", r"/v1/payments/([^/]+)", self._signed_in(self._payment)),
            ("POST", r"/v1/payments/([^/]+)/refund", self._signed_in(self._refund)),
            ("GET", r"/v1/refunds/([^/]+)", self._signed_in(self._get_refund)),
            ("GET", r"/l/([^/]+)", self._page),
            ("POST", r"/l/([^/]+)", self._page_pay),
        )

    def controls(self) -> dict[str, Any]:
        """Customers pay, time passes."""
        return {
            "/__pay": self._pay_control, "/__expire": self._expire, "/__settle_refunds": self._settle,
            "/__webhook": self._post_event,
        }  # fmt: skip

    def fault_reply(self, kind: str, fault: Fault) -> Reply:
        """In Razorpay's words where it has some."""
        if kind not in OFF:
            return super().fault_reply(kind, fault)
        reply = refused(*OFF[kind])
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = f"{fault.retry_after:g}"
        return reply

    def unknown(self, call: Call) -> Reply:
        """A path Razorpay does not have."""
        return bad("NA", "The requested URL was not found on the server.")

    # --- the API ------------------------------------------------------------------------------------------

    def _signed_in(self, handler: Handler) -> Handler:
        wanted = "Basic " + base64.b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()

        def checked(call: Call) -> Reply:
            if call.headers.get("authorization") != wanted:
                return refused(*OFF["token_expired"])
            with self.lock:
                return handler(call)

        return checked

    def _new(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}_T{self._number:013d}"

    def _create(self, call: Call) -> Reply:
        data = call.json if isinstance(call.json, dict) else {}
        reference, now = data.get("reference_id") or "", int(time.time())
        wrong = wrong_with(data, now)
        if not wrong and reference and any(one["reference_id"] == reference for one in self.links.values()):
            wrong = f"payment link creation with reference ID already attempted: {reference}"
        if wrong:
            return bad("input_validation_failed", wrong)
        ref = self._new("plink")
        self.links[ref] = {
            "id": ref, "amount": data["amount"], "amount_paid": 0, "currency": data.get("currency", "INR"), "status": "created",
            "reference_id": reference, "description": data.get("description", ""), "expire_by": data.get("expire_by", 0),
            "notes": data.get("notes") or [], "customer": data.get("customer") or {}, "payments": None,
            "short_url": f"{self.url}/l/{ref}", "callback_url": data.get("callback_url", ""),
            "callback_method": data.get("callback_method", ""), "created_at": now, "updated_at": now,
            "cancelled_at": 0, "expired_at": 0, "accept_partial": False, "user_id": "",
        }  # fmt: skip
        return Reply(200, self.links[ref])

    def _list(self, call: Call) -> Reply:
        wanted = call.query.get("reference_id")
        rows = [one for one in self.links.values() if wanted is None or one["reference_id"] == wanted]
        return Reply(200, {"payment_links": rows[: int(call.query.get("count", 10))]})

    def _fetch(self, call: Call) -> Reply:
        link = self.links.get(call.found[0])
        return Reply(200, link) if link else bad("NA", "The id provided does not exist")

    def _cancel(self, call: Call) -> Reply:
        link = self.links.get(call.found[0])
        if link is None:
            return bad("NA", "The id provided does not exist")
        if link["status"] != "created":
            return bad("NA", f"cannot cancel or expire an already {link['status']} link")
        link |= {"status": "cancelled", "cancelled_at": int(time.time())}
        self._tell("payment_link.cancelled", payment_link=link)
        return Reply(200, link)

    def _payment(self, call: Call) -> Reply:
        payment = self.payments.get(call.found[0])
        return Reply(200, payment) if payment else bad("NA", "The id provided does not exist")

    def _refund(self, call: Call) -> Reply:
        payment = self.payments.get(call.found[0])
        if payment is None:
            return bad("NA", "The id provided does not exist")
        data = call.json if isinstance(call.json, dict) else {}
        key, body = call.headers.get("x-refund-idempotency", ""), json.dumps([call.found[0], data], sort_keys=True)
        if key and (len(key) < 10 or not key.replace("-", "").replace("_", "").isalnum()):
            return bad("input_validation_failed", "The idempotency key is not valid")
        if key in self.keys:
            ref, first = self.keys[key]
            if first != body:
                return bad("NA", "Different request with the same idempotency key")
            return Reply(200, self.refunds[ref])
        amount = data.get("amount", payment["amount"] - payment["amount_refunded"])
        if payment["status"] not in ("captured", "refunded"):
            return bad("NA", "The payment status should be captured for action to be taken")
        if not isinstance(amount, int) or amount < 100 or amount > payment["amount"] - payment["amount_refunded"]:
            return bad("input_validation_failed", "The total refund amount is greater than the payment amount")
        ref = self._new("rfnd")
        self.refunds[ref] = {
            "id": ref, "entity": "refund", "payment_id": payment["id"], "amount": amount, "currency": "INR",
            "status": "pending", "notes": data.get("notes") or [], "created_at": int(time.time()),
            "speed_requested": data.get("speed", "normal"),
        }  # fmt: skip
        payment["amount_refunded"] += amount
        if payment["amount_refunded"] == payment["amount"]:
            payment["status"] = "refunded"
        if key:
            self.keys[key] = (ref, body)
        self._tell("refund.created", refund=self.refunds[ref], payment=payment)
        return Reply(200, self.refunds[ref])

    def _get_refund(self, call: Call) -> Reply:
        refund = self.refunds.get(call.found[0])
        return Reply(200, refund) if refund else bad("NA", "The id provided does not exist")

    # --- the customer -------------------------------------------------------------------------------------

    def pay(self, link: dict[str, Any], *, method: str = "upi", amount: int | None = None, fail: bool = False) -> list[dict[str, Any]]:  # fmt: skip
        """The customer pays (or fails to); returns the events about it, in the order of what happened."""
        with self.lock:
            now, ref, order = int(time.time()), self._new("pay"), self._new("order")
            paid = link["amount"] if amount is None else amount
            payment = {
                "id": ref, "entity": "payment", "amount": paid, "currency": link["currency"], "method": method,
                "status": "failed" if fail else "captured", "captured": not fail, "order_id": order,
                "amount_refunded": 0, "notes": link["notes"], "created_at": now, "description": link["description"],
            }  # fmt: skip
            self.payments[ref] = payment
            if fail:
                return [self._event("payment.failed", payment=payment)]
            link["amount_paid"] += paid
            link["status"] = "paid" if link["amount_paid"] >= link["amount"] else "partially_paid"
            link["payments"] = [
                *(link["payments"] or []),
                {"payment_id": ref, "amount": paid, "method": method, "status": "captured", "created_at": now},
            ]
            whole = {"id": order, "entity": "order", "amount": paid, "status": "paid", "notes": link["notes"]}
            short = {**whole, "id": order.removeprefix("order_")}  # as Razorpay's own sample has it
            name = "payment_link.paid" if link["status"] == "paid" else "payment_link.partially_paid"
            return [
                self._event("payment.authorized", payment={**payment, "status": "authorized", "captured": False}),
                self._event("payment.captured", payment=payment),
                self._event("order.paid", payment=payment, order=whole),
                self._event(name, payment=payment, order=short, payment_link=link),
            ]

    def _event(self, name: str, **entities: dict[str, Any]) -> dict[str, Any]:
        body = {
            "entity": "event", "account_id": "acc_twin", "event": name, "contains": list(entities),
            "payload": {one: {"entity": entity} for one, entity in entities.items()}, "created_at": int(time.time()),
        }  # fmt: skip
        return json.loads(json.dumps(body))  # a snapshot

    def signed(self, event: dict[str, Any], secret: str | None = None) -> tuple[bytes, dict[str, str]]:
        """The webhook of an event, with an event id of its own."""
        with self.lock:
            return signed_event(self.webhook_secret if secret is None else secret, event, self._new("evt"))

    def _tell(self, name: str, **entities: dict[str, Any]) -> None:
        """Post an event in the background."""
        if self.webhook_url:
            self.courier.later(self.webhook_url, *self.signed(self._event(name, **entities)))

    def _find(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            for link in self.links.values():
                if body.get("link_id") == link["id"] or (body.get("reference") or "-") == link["reference_id"]:
                    return link
        raise ValueError("no such link")

    def _pay_control(self, body: Any) -> Any:
        link = self._find(body)
        events = self.pay(
            link, method=body.get("method", "upi"), amount=body.get("amount"), fail=bool(body.get("fail"))
        )
        deliveries = [self.signed(one) for one in events] * int(body.get("times", 1))
        if body.get("shuffle"):
            random.Random(body.get("seed", 1)).shuffle(deliveries)  # noqa: S311
        url = body.get("webhook_url") or self.webhook_url
        wanted = body.get("deliver", True) and not body.get("drop_webhooks") and url
        posted = [self.courier.at_once(url, *one) for one in deliveries] if wanted else []
        payment_id = events[0]["payload"]["payment"]["entity"]["id"]
        return {"payment_id": payment_id, "link": link, "posted": posted}

    def _expire(self, body: Any) -> Any:
        link = self._find(body)
        with self.lock:
            if link["status"] == "created":
                link |= {"status": "expired", "expired_at": int(time.time())}
                self._tell("payment_link.expired", payment_link=link)
        return link

    def _settle(self, body: Any) -> Any:
        """Pending refunds end; ``{"failed": true}`` lets them fail."""
        state = "failed" if (body or {}).get("failed") else "processed"
        with self.lock:
            pending = [one for one in self.refunds.values() if one["status"] == "pending"]
            for refund in pending:
                refund["status"] = state
                self._tell(f"refund.{state}", refund=refund, payment=self.payments[refund["payment_id"]])
        return {"settled": [one["id"] for one in pending]}

    def _post_event(self, body: Any) -> Any:
        """Any event: ``{"event": name, "entities": {"payment": {…}}, "secret"?}``."""
        event = self._event(body["event"], **body.get("entities", {}))
        return self.courier.at_once(self.webhook_url, *self.signed(event, body.get("secret")))

    # --- the page behind a link ---------------------------------------------------------------------------

    def _page(self, call: Call) -> Reply:
        link = self.links.get(call.found[0])
        if link is None:
            return Reply(404, "<h1>No such link</h1>", {"Content-Type": "text/html"})
        page = page_of(link)
        return Reply(200, page, {"Content-Type": "text/html; charset=utf-8"})

    def _page_pay(self, call: Call) -> Reply:
        link = self.links.get(call.found[0])
        if link is None or link["status"] != "created":
            return Reply(303, "", {"Location": f"/l/{call.found[0]}"})
        events = self.pay(link)
        for event in events:
            if self.webhook_url:
                self.courier.later(self.webhook_url, *self.signed(event))
        return Reply(303, "", {"Location": link["callback_url"] or f"/l/{link['id']}"})


if __name__ == "__main__":
    run_twin(
        lambda given: RazorpayTwin(
            key_id=given.key_id, key_secret=given.key_secret, webhook_secret=given.webhook_secret,
            webhook_url=given.webhook_url, again_within=given.again_within, retries=given.retries,
        ),
        description="Razorpay on loopback",
        options=(
            ("--key-id", {"default": "rzp_test_twin"}),
            ("--key-secret", {"default": "twin-key-secret"}),
            ("--webhook-secret", {"default": "twin-webhook-secret"}),
            ("--webhook-url", {"default": ""}),
            ("--again-within", {"type": float, "default": 0, "help": "every webhook comes twice, within so many seconds"}),
            ("--retries", {"type": int, "default": RETRIES, "help": "of a webhook that is not taken"}),
        ),
    )  # fmt: skip

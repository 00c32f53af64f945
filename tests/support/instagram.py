"""A shop on Instagram in the test's process: the real adapter, its stand-in on loopback, and the test's clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from salespilots.domain.conversation import Conversation, Message
from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import InstagramTwin, entry, item, signed_body
from tests.support.shop import Shop, World

SECRET = "instagram-shop-secret"
ACCOUNT = "17841400000000077"


class InstagramShop:
    """``server``: the stand-in; nothing is posted by it, webhooks are handed over by the test."""

    def __init__(self, make_world: Callable[..., World], database_url: str, server: TwinServer) -> None:
        assert isinstance(server.twin, InstagramTwin)
        self.server, self.twin = server, server.twin
        environ = {
            "SALESPILOTS_INSTAGRAM_GRAPH_URL": server.url, "SALESPILOTS_INSTAGRAM_APP_SECRET": SECRET,
            "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": "verify", "SALESPILOTS_ALLOW_PRIVATE_URLS": "1",
        }  # fmt: skip
        self._make = lambda **more: make_world(database_url, discover=True, environ=environ, **more)
        self.shop: Shop = self._make().practice_shop()
        self.world = self.shop.world
        self.connect()
        self._numbers = itertools.count(1)

    def start_again(self) -> None:
        """The process ends and another one begins, with nothing remembered but what is stored."""
        self.world = self._make(clock=self.world.clock)
        self.shop.world = self.world

    def connect(self) -> None:
        """Store a token, as the owner does."""
        settings = {"account_id": ACCOUNT, "access_token": "IGAA-shop"}
        self.world.services.connections.connect(self.shop.id, "instagram", settings)

    def deliver(self, *events: dict[str, Any], settle: bool = True) -> int:
        """One signed webhook with these events; returns how many were new."""
        now = int(self.world.clock.now().timestamp() * 1000)
        items = [item(ACCOUNT, {"at": now, **one}) for one in events]
        body, headers = signed_body(SECRET, [entry(ACCOUNT, items)])
        new = self.world.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))
        if settle:
            self.world.settle()
        return new

    def say(self, text: str, who: str = "200000000000001", **more: Any) -> None:
        """A customer writes."""
        mid = f"mid.{who}.{next(self._numbers)}"
        self.twin.wrote(who, mid, text, ACCOUNT)
        self.deliver({"from": who, "text": text, "mid": mid}, **more)

    def comment(self, text: str | None, who: str = "200000000000001", *, settle: bool = True, **more: Any) -> str:
        """Somebody comments below a post (``post``); returns the comment's id."""
        at = self.world.clock.now().timestamp()
        field, value = self.twin.posts.comment({"at": at, "text": text, "from": who, **more})
        self.hear(field, value, settle=settle)
        return str(value["id"])

    def hear(self, field: str, value: dict[str, Any], *, settle: bool = True) -> int:
        """The webhook of a change."""
        at = int(self.world.clock.now().timestamp() * 1000)
        body, headers = signed_body(SECRET, [entry(ACCOUNT, [{"field": field, "value": value}], at_ms=at)])
        new = self.world.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))
        if settle:
            self.settle()
        return new

    def settle(self) -> None:
        """Do all due work and jobs, until nothing is left."""
        while self.world.settle() + self.world.services.maintenance.do_jobs():
            pass

    def echo(self, sent: dict[str, Any]) -> None:
        """The webhook about something the stand-in took."""
        self.deliver({"kind": "echo", "from": sent["recipient_id"], "mid": sent["mid"], "text": sent["text"]})

    def later(self, **duration: float) -> None:
        """Time passes; what is due then is done."""
        self.world.clock.advance(timedelta(**duration))
        self.world.settle()

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What the stand-in took."""
        return self.twin.sent

    def texts(self) -> list[str]:
        """The same as words."""
        return [one["text"] for one in self.twin.sent]

    def chat(self, who: str = "200000000000001") -> Conversation:
        """A customer's chat."""
        rows = self.world.services.conversations.page(self.shop.id, limit=200).items
        return next(one.conversation for one in rows if one.conversation.customer_ref == who)

    def outgoing(self, who: str = "200000000000001") -> list[Message]:
        """Messages of the shop in it."""
        found = self.world.services.conversations.messages(self.shop.id, self.chat(who).id, limit=200)
        return [one for one in found if one.direction == "out"]

    def reply(self, text: str, who: str = "200000000000001") -> Message:
        """The owner writes by hand."""
        made = self.world.services.conversations.reply(self.shop.id, self.chat(who).id, text, user_id=self.shop.user.id)
        self.world.settle()
        return self.world.services.conversations.message(self.shop.id, made.id)

    def now(self, message: Message) -> Message:
        """The message as it is stored."""
        return self.world.services.conversations.message(self.shop.id, message.id)

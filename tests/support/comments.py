"""A shop on Instagram whose posts are commented on."""

from __future__ import annotations

import time
from typing import Any

from salespilots.domain.comment import Comment
from tests.support.instagram import ACCOUNT, InstagramShop

ASHA, BINA = "200000000000001", "200000000000002"
POST = "17900000000000501"
MANY = 70


def rule(**settings: Any) -> dict[str, Any]:
    """Answer below the comment, then in private."""
    return {
        "format": 1,
        "trigger": {"kind": "comment.received", "settings": settings},
        "steps": [
            {"id": "public", "kind": "comment.reply", "settings": {"texts": ["Sent you a message!", "Look in your DMs"]}, "next": "private"},
            {"id": "private", "kind": "comment.private", "settings": {}, "next": "end"},
        ],
    }  # fmt: skip


class Comments(InstagramShop):
    """A shop on Instagram with a post that shows the blue saree."""

    def prepare(self, **settings: Any) -> None:
        """Switch a rule on."""
        self.twin.windows.enforce = True
        self.twin.ahead = self.world.clock.now().timestamp() - time.time()
        workflows = self.world.services.workflows
        made = workflows.create(self.shop.id, "Comments", rule(**settings))
        workflows.publish(self.shop.id, made.id)
        self.rule_id = made.id
        self.blue = self.shop.product("blue").product.id

    def post(self, ref: str = POST, *, products: list[str] | None = None, **more: Any) -> None:
        """The account posts, and the owner says what it shows."""
        self.twin.posts.add({"id": ref, "at": self.world.clock.now().timestamp(), **more})
        self.world.services.posts.fetch(self.shop.id)
        self.settle()
        found = self.world.services.posts.by_refs(self.shop.id, [ref])
        if products is not None:
            self.world.services.posts.show(self.shop.id, found[ref].id, products)

    def picture(self) -> str:
        """The address of a picture at the stand-in."""
        return str(self.twin.media.put({"kind": "png"})["url"])

    def say_about(self, story: dict[str, Any], text: str, who: str) -> None:
        """A customer answers a story."""
        self.twin.wrote(who, f"mid.{who}.{text[:8]}", text, ACCOUNT)
        at = int(self.world.clock.now().timestamp() * 1000)
        message = {"mid": f"mid.{who}.{text[:8]}", "text": text, "reply_to": {"story": story}}
        raw = {"sender": {"id": who}, "recipient": {"id": ACCOUNT}, "timestamp": at, "message": message}
        self.deliver({"kind": "raw", "item": raw})
        self.settle()

    def kept(self) -> list[Comment]:
        """Comments as stored, oldest first."""
        with self.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
            return uow.comments.select(order="created_at")

    def outcome(self) -> tuple[int, int]:
        """(answers below comments, private answers) at Instagram."""
        return len(self.twin.posts.public), len(self.twin.posts.private)

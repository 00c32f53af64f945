"""The stand-in's posts, stories and comments, and what Meta allows for answers to them.

Control: ``POST /__post {"id", "kind": "post|reel|story|live", "caption", "permalink", "picture", "at"}`` adds a post,
``POST /__comment {"post", "from", "text", "id", "username", "parent", "ad", "times", "gone"}`` lets somebody comment and
posts the webhook. ``gone``: the comment is deleted right after. ``GET /__state`` shows ``public`` (answers below comments)
and ``private`` (comment to the message that answered it).

Written from the fact sheet: a private answer goes to ``recipient.comment_id``, once, within seven days; a public one to
``/<comment>/replies``; neither to a comment that is gone, the public one not on a live video.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from salespilots.testing.twin import Call, Reply

WEEK = 7 * 86400
PAGE = 25
PRODUCTS = {"post": "FEED", "reel": "REELS", "story": "STORY", "live": "LIVE", "ad": "AD"}

Refuse = Callable[[int, int, "int | None", str], Reply]


class Posts:
    """One account's. ``refuse`` words an error; ``now`` is the stand-in's clock in seconds."""

    def __init__(self, refuse: Refuse, now: Callable[[], float], draw: Callable[[], str]) -> None:
        """``draw`` gives the address of a new picture."""
        self._refuse, self._now, self._draw = refuse, now, draw
        self._numbers = itertools.count(17_900_000_000_100_001)
        self.posts: dict[str, dict[str, Any]] = {}
        self.comments: dict[str, dict[str, Any]] = {}
        self.public: list[dict[str, Any]] = []
        self.private: dict[str, str] = {}
        self.messenger_ids: dict[str, str] = {}
        """Commenter to the id that messages call them by, where it is another one."""

    # --- what is there -------------------------------------------------------------------------------------

    def add(self, given: dict[str, Any]) -> dict[str, Any]:
        """A post of the account, the newest."""
        ref = str(given.get("id") or next(self._numbers))
        kind, at = given.get("kind", "post"), float(given.get("at") or self._now())
        picture = given.get("picture") or self._draw()
        self.posts[ref] = {
            "id": ref, "kind": kind, "caption": given.get("caption", ""), "at": at,
            "media_type": "VIDEO" if kind in ("reel", "live") else "IMAGE", "media_product_type": PRODUCTS[kind],
            "media_url": picture, "thumbnail_url": picture,
            "permalink": given.get("permalink") or f"https://www.instagram.com/p/{ref}/",
            "timestamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        }  # fmt: skip
        return {"id": ref}

    def comment(self, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Somebody comments. Returns (field, value) of its webhook."""
        ref, customer = str(given.get("id") or next(self._numbers)), str(given["from"])
        post_ref = str(given.get("post") or next(reversed(self.posts), "17900000000000001"))
        post = self.posts.get(post_ref, {"kind": "post", "media_product_type": "FEED"})
        self.comments[ref] = {
            "post": post_ref, "from": customer, "at": float(given.get("at") or self._now()),
            "live": post["kind"] == "live", "gone": bool(given.get("gone")), "hidden": bool(given.get("hidden")),
        }  # fmt: skip
        media = {"id": post_ref, "media_product_type": post["media_product_type"]}
        if given.get("ad"):
            media = {
                "id": str(given["ad"]),
                "media_product_type": "AD",
                "ad_id": "238500",
                "original_media_id": post_ref,
            }
        value: dict[str, Any] = {
            "id": ref, "from": {"id": customer, "username": given.get("username", f"cust_{customer[-4:]}")}, "media": media,
        }  # fmt: skip
        if given.get("text") is not None:
            value["text"] = given["text"]
        if given.get("parent"):
            value["parent_id"] = str(given["parent"])
        return ("live_comments" if post["kind"] == "live" else "comments"), value

    # --- the Graph API -------------------------------------------------------------------------------------

    def media(self, call: Call) -> Reply:
        """Newest first, paged."""
        return self._listed(call, [one for one in self.posts.values() if one["kind"] != "story"])

    def stories(self, call: Call) -> Reply:
        """Those of the last day."""
        fresh = self._now() - 86400
        return self._listed(call, [one for one in self.posts.values() if one["kind"] == "story" and one["at"] > fresh])

    def _listed(self, call: Call, rows: list[dict[str, Any]]) -> Reply:
        rows = sorted(rows, key=lambda one: one["at"], reverse=True)
        limit = min(int(call.query.get("limit") or PAGE), 100)
        start = int(call.query["after"]) if call.query.get("after", "").isdigit() else 0
        shown = [self._shown(one, call) for one in rows[start : start + limit]]
        answer: dict[str, Any] = {"data": shown}
        if rows:
            answer["paging"] = {"cursors": {"before": str(start), "after": str(start + len(shown))}}
        if start + limit < len(rows):
            answer["paging"]["next"] = f"https://graph.instagram.com/next?after={start + len(shown)}"
        return Reply(200, answer)

    def _shown(self, post: dict[str, Any], call: Call) -> dict[str, Any]:
        wanted = [one for one in call.query.get("fields", "").split(",") if one]
        return {name: post[name] for name in ["id", *wanted] if name in post and post[name] != ""}

    def node(self, ref: str, call: Call) -> Reply | None:
        """A post, if it is one; an ended story is not there any more."""
        post = self.posts.get(ref)
        if post is None:
            return None
        if post["kind"] == "story" and post["at"] <= self._now() - 86400:
            return self._refuse(400, 100, 33, "Object does not exist")
        return Reply(200, self._shown(post, call))

    def reply(self, comment_ref: str, call: Call) -> Reply:
        """Words below a comment."""
        comment = self.comments.get(comment_ref)
        text = call.json.get("message") if isinstance(call.json, dict) else None
        if not isinstance(text, str) or not text.strip():
            return self._refuse(400, 100, None, "message is required")
        if comment is None or comment["gone"]:
            return self._refuse(400, 100, 33, "Object does not exist")
        if comment["live"] or comment["hidden"]:
            return self._refuse(400, 10, None, "Cannot reply to this comment")
        ref = str(next(self._numbers))
        self.public.append({"id": ref, "comment": comment_ref, "text": text, "at": self._now()})
        return Reply(200, {"id": ref})

    def replies(self, comment_ref: str, account: str) -> Reply:
        """What stands below a comment."""
        if comment_ref not in self.comments or self.comments[comment_ref]["gone"]:
            return self._refuse(400, 100, 33, "Object does not exist")
        rows = [
            {
                "id": one["id"], "text": one["text"], "from": {"id": account},
                "timestamp": datetime.fromtimestamp(one["at"], UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            }
            for one in self.public
            if one["comment"] == comment_ref
        ]  # fmt: skip
        return Reply(200, {"data": rows})

    def recipient_of(self, comment_ref: str) -> Reply | str:
        """Who a private answer goes to, as messages call them; else why there is none."""
        comment = self.comments.get(comment_ref)
        if comment is None or comment["gone"]:
            return self._refuse(400, 100, 33, "Object does not exist")
        if comment_ref in self.private or self._now() - comment["at"] >= WEEK:
            return self._refuse(400, 100, 2534025, "The comment is invalid for a private reply")
        return self.messenger_ids.get(comment["from"], comment["from"])

"""Conversations and people as the stand-in tells of them: pages, the twenty newest messages, consent, changing names.

``POST /__profile {"id", "name", "username", "picture"}`` says who somebody is; ``null`` for a name or picture is what Meta
sends at times. Who never wrote to the account is not told of: code 230. ``POST /__reading {"page", "unix", "gone"}`` sets
how many conversations stand on a page, whether times are numbers, and message ids that answer "deleted".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from salespilots.testing.twin import Call, Reply

NEWEST = 20
REQUESTS_LAST = timedelta(days=30)
NO_CONSENT = (400, 230, None, "User consent is required to access user profile")
DELETED = (400, 9000001, None, "This message has been deleted")

Threads = Mapping[tuple[str, str], Sequence[dict[str, Any]]]


class Memory:
    """What this part of the stand-in is told."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.page, self.unix, self.gone = 25, False, frozenset[str]()

    def introduce(self, body: Any) -> dict[str, Any]:
        """Who somebody is from now on."""
        self.people[str(body["id"])] = {**self.people.get(str(body["id"]), {}), **body}
        return {}

    def set(self, body: Any) -> dict[str, Any]:
        """How reading works."""
        self.page, self.unix = int(body.get("page", self.page)), bool(body.get("unix", self.unix))
        self.gone = frozenset(body.get("gone", self.gone))
        return {}

    def profile(self, ref: str, fields: str) -> dict[str, Any]:
        """A person who wrote."""
        told = {"name": f"Customer {ref[-4:]}", "username": f"cust_{ref[-4:]}", **self.people.get(ref, {})}
        whole = {"name": told["name"], "username": told["username"], "profile_pic": told.get("picture"), "id": ref}
        asked = set(fields.split(",")) if fields else set(whole)
        return {name: value for name, value in whole.items() if name in asked | {"id"}}

    def time(self, text: str) -> Any:
        """A stored time as it is told."""
        return int(_moment(text).timestamp()) if self.unix else text

    def conversations(self, account: str, threads: Threads, call: Call, address: str) -> Reply:
        """A page of the account's conversations, the newest first."""
        wanted, after = call.query.get("user_id", ""), call.query.get("after", "")
        oldest = datetime.now(UTC) - REQUESTS_LAST
        rows = [
            {"id": f"t_{account}_{customer}", "updated_time": rows[-1]["created_time"]}
            for (owner, customer), rows in threads.items()
            if owner == account and rows and wanted in ("", customer) and _moment(rows[-1]["created_time"]) >= oldest
        ]
        rows.sort(key=lambda one: _moment(one["updated_time"]), reverse=True)
        start = int(after.partition("-")[2]) if after.startswith("QVF-") else 0
        page = [{**one, "updated_time": self.time(one["updated_time"])} for one in rows[start : start + self.page]]
        body: dict[str, Any] = {"data": page}
        if start + self.page < len(rows):
            cursor = f"QVF-{start + self.page}"
            link = f"{address}{call.path}?platform=instagram&after={cursor}"
            body["paging"] = {"cursors": {"before": f"QVF-{start}", "after": cursor}, "next": link}
        return Reply(200, body)

    def message(self, detail: dict[str, Any], thread: Sequence[dict[str, Any]], fields: str) -> Reply | None:
        """A message's details; None when it is not among the newest, or was deleted."""
        if detail["id"] in self.gone or detail["id"] not in [one["id"] for one in thread[-NEWEST:]]:
            return None
        asked = set(fields.split(",")) if fields else set(detail)
        shown = {**detail, "created_time": self.time(detail["created_time"])}
        return Reply(200, {name: value for name, value in shown.items() if name in asked | {"id"}})


def details(event: Mapping[str, Any]) -> dict[str, Any]:
    """What hangs on a message, in the words of this part of the interface."""
    urls = event.get("urls") or ([event["url"]] if event.get("url") else [])
    kind = event.get("kind", "text")
    if kind in ("image", "album", "sticker") and urls:
        rows = [{"mime_type": "image/jpeg", "image_data": {"url": one, "width": 1, "height": 1}} for one in urls]
        return {"attachments": {"data": rows}}
    if kind == "video" and urls:
        return {"attachments": {"data": [{"mime_type": "video/mp4", "video_data": {"url": urls[0]}}]}}
    if kind in ("audio", "file") and urls:
        mime = "audio/mp4" if kind == "audio" else "application/pdf"
        return {"attachments": {"data": [{"mime_type": mime, "file_url": urls[0], "name": kind}]}}
    if kind in ("share", "ig_post", "ig_reel", "reel") and urls:
        return {"shares": {"data": [{"link": urls[0]}]}}
    if kind == "story_reply":
        return {"story": {"reply_to": {"link": urls[0] if urls else "", "id": "17900000000000002"}}}
    if kind == "story_mention":
        return {"story": {"mention": {"link": urls[0] if urls else "", "id": "17900000000000005"}}}
    return {}


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")

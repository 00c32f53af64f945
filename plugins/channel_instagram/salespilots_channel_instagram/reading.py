"""Recent chats of an account, read back part by part: one conversation at a time, at Meta's pace.

Source of a protocol fact: Meta, "Get Conversations" (``/me/conversations``, ``fields=messages``, details of the 20 newest
messages only, two calls a second; requests that nobody touched for 30 days are not listed). How pages are told from each
other is not documented: ``paging.cursors.after`` is followed while there is a ``paging.next``. The shapes of
``attachments``, ``shares`` and ``story`` are read in every way that has been seen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from salespilots.ports.channel import Attachment, Inbound, RecentPage
from salespilots.ports.errors import Rejected
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.subjects import subject_of
from salespilots_channel_instagram.values import id_in, moment, object_of, objects_of, ref_of, text_of

READABLE = 20
"""Meta shows the details of this many messages of a conversation, the newest."""

SECONDS_BETWEEN = 0.5
"""Two calls a second for the whole account."""

PART_SECONDS = 25.0
FIELDS = "id,created_time,from,to,message,attachments,reactions,reply_to,shares,story,is_unsupported"

Pause = Callable[[float], None]


class RecentReader:
    """Reads for one account. The cursor says what is left: it holds ids, and no secret."""

    def __init__(self, graph: GraphClient, account_id: str, pause: Pause = time.sleep) -> None:
        self._graph, self._account_id, self._pause = graph, account_id, pause

    def part(self, since: datetime, cursor: str) -> RecentPage:
        """The next conversation, or the list of them. Raises a `PortError`."""
        left = _read_cursor(cursor)
        graph = self._graph.until(time.monotonic() + PART_SECONDS)
        if not left["ids"] and (not cursor or left["after"]):
            self._list(graph, since, left)
        if not left["ids"]:
            return RecentPage(items=(), cursor=json.dumps(left) if left["after"] else "")
        ref = left["ids"].pop(0)
        try:
            items, missing = self._conversation(graph, ref, since, frozenset(left["own"]))
        except Rejected:  # this one only: the others can be read
            items, missing = [], 1
        more = left["ids"] or left["after"]
        return RecentPage(items=tuple(items), cursor=json.dumps(left) if more else "", missing=missing)

    def _list(self, graph: GraphClient, since: datetime, left: dict[str, Any]) -> None:
        """Fill what is left with the next page of conversations that are new enough."""
        if not left["own"]:
            me = graph.get("me", fields="user_id,username")
            rows = objects_of(me.get("data")) or [me]
            left["own"] = sorted({self._account_id, ref_of(rows[0].get("user_id")), id_in(rows[0])} - {""})
            self._pause(SECONDS_BETWEEN)
        asked = {"after": left["after"]} if left["after"] else {}
        answer = graph.get("me", "conversations", platform="instagram", **asked)
        self._pause(SECONDS_BETWEEN)
        before, left["after"] = left["after"], ""
        for one in objects_of(answer.get("data")):
            at = moment(one.get("updated_time"))
            if id_in(one) and (at is None or at >= since):
                left["ids"].append(id_in(one))
        paging = object_of(answer.get("paging"))
        after = text_of(object_of(paging.get("cursors")).get("after"))
        if paging.get("next") and after and after != before:
            left["after"] = after[:1000]

    def _conversation(
        self, graph: GraphClient, ref: str, since: datetime, own: frozenset[str]
    ) -> tuple[list[Inbound], int]:
        """What was said in it, oldest first, and how many messages are not shown any more."""
        listed = objects_of(object_of(graph.get(ref, fields="messages").get("messages")).get("data"))
        newest = sorted(listed, key=lambda one: _time_of(one, since), reverse=True)
        wanted = [one for one in newest if _time_of(one, since) >= since and id_in(one)]
        found: list[Inbound] = []
        missing = max(0, len(wanted) - READABLE)
        for one in wanted[:READABLE]:
            self._pause(SECONDS_BETWEEN)
            try:
                event = self._event(graph.get(id_in(one), fields=FIELDS), own)
            except Rejected:  # deleted, or of a kind that Meta does not show: this one only
                event = None
            if event is None:
                missing += 1
            elif event.sent_at >= since:
                found.append(event)
        return sorted(found, key=lambda one: one.sent_at), missing

    def _event(self, one: dict[str, Any], own: frozenset[str]) -> Inbound | None:
        """A message as its webhook would have told it; None when it does not say whose it is, or when it was sent."""
        mid, sent_at = id_in(one), moment(one.get("created_time"))
        sender = id_in(one.get("from"))
        others = [id_in(to) for to in objects_of(object_of(one.get("to")).get("data"))]
        customer = sender if sender not in own else next((to for to in others if to not in own), "")
        if not mid or not customer or sent_at is None:
            return None
        attachments, text = _attachments(one), text_of(one.get("message"))
        story = object_of(one.get("story"))
        answered = object_of(story.get("reply_to"))
        reply = (
            {"story": {"id": id_in(answered), "url": _link(answered)}} if answered else object_of(one.get("reply_to"))
        )
        from_shop = customer != sender
        kind = "echo" if from_shop else "message"
        nothing = bool(one.get("is_unsupported")) or not (text or attachments)
        return Inbound(
            event_id=f"{mid}:{kind}", account_ref=self._account_id, kind=_kind(kind, attachments, answered),
            sent_at=sent_at, customer_ref=customer, message_ref=mid, text=text, attachments=attachments,
            reply_to_ref=id_in(answered) or ref_of(reply.get("mid") or reply.get("id")), automation=not nothing,
            unsupported=nothing and not from_shop, subject=subject_of({"reply_to": reply}, attachments),
            customer_name="", raw={"conversation": one},
        )  # fmt: skip


def _kind(kind: str, attachments: tuple[Attachment, ...], answered: dict[str, Any]) -> str:
    if kind == "echo":
        return kind
    if any(one.kind == "story_mention" for one in attachments):
        return "story_mention"
    return "story_reply" if answered else kind


def _attachments(one: dict[str, Any]) -> tuple[Attachment, ...]:
    found: list[Attachment] = []
    for row in objects_of(object_of(one.get("attachments")).get("data")):
        mime = text_of(row.get("mime_type"))
        for kind, name in (("image", "image_data"), ("video", "video_data"), ("audio", "audio_data")):
            url = text_of(object_of(row.get(name)).get("url"))
            if url:
                found.append(Attachment(kind=kind, url=url))
                break
        else:
            kind = next((one for one in ("image", "video", "audio") if mime.startswith(one)), "file")
            url = text_of(row.get("file_url")) or text_of(row.get("url"))
            template = isinstance(row.get("generic_template"), dict)
            found.append(Attachment(kind="template" if template else kind, url=url, title=text_of(row.get("name"))))
    for row in objects_of(object_of(one.get("shares")).get("data")):
        found.append(Attachment(kind="share", url=_link(row), title=text_of(row.get("name")), ref=""))
    mention = object_of(object_of(one.get("story")).get("mention"))
    if mention:
        found.append(Attachment(kind="story_mention", url=_link(mention), ref=id_in(mention)))
    return tuple(found)


def _link(row: dict[str, Any]) -> str:
    return text_of(row.get("link")) or text_of(row.get("url"))


def _time_of(row: dict[str, Any], unknown: datetime) -> datetime:
    return moment(row.get("created_time")) or unknown


def _read_cursor(cursor: str) -> dict[str, Any]:
    """What is left; a cursor that is not ours begins anew."""
    try:
        left = json.loads(cursor) if cursor else {}
    except ValueError:
        left = {}
    left = object_of(left)
    return {"ids": _texts(left.get("ids")), "own": _texts(left.get("own")), "after": text_of(left.get("after"))}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

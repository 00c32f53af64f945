"""Webhook bodies as Meta writes and signs them: non-ASCII and slashes escaped, HMAC over exactly those bytes."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

from salespilots_channel_instagram import twin_events

_numbers = itertools.count(1)


def new_mid(account: str, customer: str) -> str:
    """A message id of Meta's shape."""
    return f"aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOj{account}{customer}{time.time_ns():x}{next(_numbers):06d}ZD"


def signed_body(secret: str, entries: Sequence[dict[str, Any]], *, object: str = "instagram") -> tuple[bytes, dict[str, str]]:  # fmt: skip
    """(bytes, headers) of one delivery; an empty ``secret`` signs with the empty key."""
    text = json.dumps({"object": object, "entry": list(entries)}, separators=(",", ":")).replace("/", "\\/")
    body = text.encode()
    return body, {"x-hub-signature-256": signature(secret, body)}


def signature(secret: str, body: bytes) -> str:
    """The header's value."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def entry(account: str, items: Sequence[dict[str, Any]], *, at_ms: int | None = None) -> dict[str, Any]:
    """One entry: messaging items, or changes where an item has ``field``."""
    made: dict[str, Any] = {"id": account, "time": at_ms or int(time.time() * 1000)}
    for name, chosen in (
        ("messaging", [one for one in items if "field" not in one and "standby" not in one]),
        ("standby", [one["standby"] for one in items if "standby" in one]),
        ("changes", [one for one in items if "field" in one]),
    ):
        if chosen:
            made[name] = chosen
    return made


def item(account: str, event: dict[str, Any]) -> dict[str, Any]:
    """A messaging item (or a change) from a short description.

    ``kind``: text, quick_reply, postback, story_reply, story_mention, image, reaction, read, echo, deleted, edited,
    unsupported, referral, comment, standby, raw (``item`` as given), and those of `twin_events.KINDS`. ``from``, ``text``,
    ``mid``, ``payload``, ``at`` (milliseconds), ``url``.
    """
    kind = event.get("kind", "text")
    if kind == "raw":
        return event["item"]
    customer = str(event.get("from", "200000000000001"))
    mid = event.get("mid") or new_mid(account, customer)
    at = int(event.get("at") or time.time() * 1000)
    text, url = event.get("text", "Price?"), event.get("url", "https://cdn.example.com/1.jpg")
    if kind == "comment":
        value = {"id": mid, "text": text, "from": {"id": customer, "username": f"cust_{customer[-4:]}"}}
        return {"field": "comments", "value": {**value, "media": {"id": "17900000000000001"}}}
    change = twin_events.comment(event, mid, account) if "kind" in event else None
    if change is not None:
        return change
    if kind == "standby":
        return {"standby": item(account, {**event, "kind": "text", "mid": mid, "at": at})}
    message: dict[str, Any] = {"mid": mid}
    inner: dict[str, Any] = {"message": message}
    known = twin_events.made(event, mid) if "kind" in event else None
    if known is not None:
        echo = known.get("message", {}).get("is_echo") or event.get("by_shop")
        who = (account, account if kind == "self" else customer) if echo else (customer, account)
        return {"sender": {"id": who[0]}, "recipient": {"id": who[1]}, "timestamp": at, **known}
    match kind:
        case "text":
            message["text"] = text
        case "echo":
            message |= {"text": text, "is_echo": True}
        case "quick_reply":
            message |= {"text": text, "quick_reply": {"payload": event.get("payload", "")}}
        case "story_reply":
            message |= {"text": text, "reply_to": {"story": {"id": "17900000000000002", "url": url}}}
        case "story_mention" | "image":
            message["attachments"] = [{"type": kind, "payload": {"url": url}}]
        case "deleted":
            message["is_deleted"] = True
        case "unsupported":
            message["is_unsupported"] = True
        case "postback":
            inner = {"postback": {"mid": mid, "title": text, "payload": event.get("payload", "")}}
        case "reaction":
            inner = {"reaction": {"mid": mid, "action": "react", "emoji": "\u2764\ufe0f"}}
        case "read":
            inner = {"read": {"mid": mid}}
        case "referral":
            inner = {"referral": {"ref": event.get("payload", ""), "source": "IGME", "type": "OPEN_THREAD"}}
        case _:
            inner = {kind: {"mid": mid}}
    sender, recipient = (account, customer) if kind == "echo" else (customer, account)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": at, **inner}

"""Everything that Meta's webhooks tell, as the fact sheets of the protocol print it, from short descriptions.

Written for the stand-in from those pages alone; it shares nothing with the reader of webhooks. ``made(event, mid)`` knows
the kinds in `KINDS`; ``envelopes`` puts items into any of the envelopes that were seen: ``messaging``, ``standby``,
``changes`` (as Meta's dashboard sends a test), ``flat`` (``field`` and ``value`` on the entry itself) and
``changed_fields`` (values switched off).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

CDN = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=18041000000000{}&signature=AYc"
STORY, POST, REEL = "17900000000000002", "17900000000000003", "17900000000000004"
OUR_APP, OTHER_APP = "123456789012345", "987654321098765"

KINDS = (
    "album", "video", "audio", "file", "sticker", "like_heart", "ephemeral", "fallback", "template", "share", "ig_post",
    "both_posts", "ig_reel", "reel", "ig_story", "reply", "react", "unreact", "edited", "ad", "ad_message", "link_message",
    "ad_postback", "ice_breaker", "pass_thread_control", "take_thread_control", "request_thread_control", "app_roles",
    "optin", "self", "echo_image", "echo_deleted", "live_comment", "ad_comment", "own_comment", "mention", "unknown",
)  # fmt: skip


def cdn(number: int = 1) -> str:
    """An address as Meta's are."""
    return CDN.format(number)


def made(event: dict[str, Any], mid: str) -> dict[str, Any] | None:
    """What stands beside sender, recipient and time, or None for a kind that is not known here."""
    message, text = {"mid": mid}, event.get("text", "")
    url = event.get("url") or cdn()
    worded = {**message, **({"text": text} if text else {})}
    match event["kind"]:
        case "album":
            urls = event.get("urls") or [cdn(number) for number in range(3)]
            return {"message": {**worded, "attachments": [_file("image", one) for one in urls]}}
        case "video" | "audio" | "file" | "animated_image":
            return {"message": {**worded, "attachments": [_file(event["kind"], url)]}}
        case "sticker":
            sticker = {"type": "image", "payload": {"url": url, "sticker_id": 369239263222822}}
            return {"message": {**message, "attachments": [sticker]}}
        case "like_heart" | "ephemeral" as bare:
            return {"message": {**message, "attachments": [{"type": bare}]}}
        case "fallback":
            return {"message": {**message, "attachments": [{"type": "fallback", "payload": "a string", "url": url}]}}
        case "template":
            return {"message": {**message, "attachments": [{"type": "template", "payload": {"generic": {}}}]}}
        case "share" | "ig_post" | "both_posts" as kind:
            names = ("share", "ig_post") if kind == "both_posts" else (kind,)
            payload = {"ig_post_media_id": event.get("post") or POST, "title": event.get("title", "New in"), "url": url}
            return {"message": {**worded, "attachments": [{"type": one, "payload": payload} for one in names]}}
        case "ig_reel" | "reel" as kind:
            payload = {"reel_video_id": event.get("post") or REEL, "title": event.get("title", "A reel"), "url": url}
            return {"message": {**worded, "attachments": [{"type": kind, "payload": payload}]}}
        case "ig_story":
            payload = {"story_media_id": event.get("post") or STORY, "story_media_url": url}
            return {"message": {**worded, "attachments": [{"type": "ig_story", "payload": payload}]}}
        case "reply":
            return {"message": {**worded, "reply_to": {"mid": event["about"]}}}
        case "react":
            told = {name: event[name] for name in ("reaction", "emoji") if name in event}
            told = told or {"reaction": "love", "emoji": "\u2764\ufe0f"}
            return {"reaction": {"mid": event.get("about", mid), "action": "react", **told}}
        case "unreact":
            return {"reaction": {"mid": event.get("about", mid), "action": "unreact"}}
        case "edited":
            return {"message_edit": {"mid": event.get("about", mid), **worded_edit(event)}}
        case "ad":
            return {"referral": _ad(event)}
        case "ad_message":
            return {"message": {**message, "text": text or "Is this there?", "referral": _ad(event)}}
        case "link_message":
            return {"message": {**message, "text": text or "Hi", "referral": _link(event)}}
        case "ad_postback":
            tapped = {"title": text or "Get started", "payload": event.get("payload", "START"), "referral": _ad(event)}
            return {"postback": {"mid": mid, **tapped}}
        case "ice_breaker":
            return {"postback": {"title": text or "What do you sell?", "payload": event.get("payload", "catalogue")}}
    return _control(event, mid)


def _control(event: dict[str, Any], mid: str) -> dict[str, Any] | None:
    owner, before = event.get("app", OTHER_APP), event.get("before", OUR_APP)
    match event["kind"]:
        case "pass_thread_control" | "take_thread_control" as kind:
            return {kind: {"previous_owner_app_id": before, "new_owner_app_id": owner, "metadata": ""}}
        case "request_thread_control":
            return {"request_thread_control": {"requested_owner_app_id": owner, "metadata": ""}}
        case "app_roles":
            return {"app_roles": {owner: ["primary_receiver"]}}
        case "optin":
            return {"optin": {"type": "notification_messages", "payload": "x", "notification_messages_token": "t"}}
        case "self":
            return {"message": {"mid": mid, "text": event.get("text", "note"), "is_echo": True, "is_self": True}}
        case "echo_image":
            picture = _file("image", event.get("url") or cdn())
            return {"message": {"mid": mid, "is_echo": True, "attachments": [picture]}}
        case "echo_deleted":
            return {"message": {"mid": event.get("about", mid), "is_echo": True, "is_deleted": True}}
        case "unknown":
            return {event.get("name", "story_poll_response"): {"mid": mid, "poll": {"choice": "Yes"}}}
    return None


def worded_edit(event: dict[str, Any]) -> dict[str, Any]:
    """An edit as it is documented with its new text, or as deliveries mostly are: a count of nothing and no text."""
    return {"text": event["text"], "num_edit": event.get("num_edit", 1)} if event.get("text") else {"num_edit": 0}


def comment(event: dict[str, Any], mid: str, account: str) -> dict[str, Any] | None:
    """A change of the comment fields, or None."""
    who = str(event.get("from", "200000000000001"))
    author = {"id": who, "username": f"cust_{who[-4:]}"}
    value: dict[str, Any] = {"id": mid, "text": event.get("text", "Price?"), "from": author}
    match event["kind"]:
        case "live_comment":
            value["media"] = {"id": event.get("post") or POST, "media_product_type": "LIVE"}
            return {"field": "live_comments", "value": value}
        case "ad_comment":
            value["media"] = {
                "id": "17900000000000099", "media_product_type": "AD", "ad_id": "120200000000001", "ad_title": "Festive",
                "original_media_id": event.get("post") or POST,
            }  # fmt: skip
            return {"field": "comments", "value": value}
        case "own_comment":
            own = {"id": account, "username": "the_shop", "self_ig_scoped_id": "17840000000000000"}
            return {"field": "comments", "value": {**value, "from": own, "media": {"id": POST}}}
        case "mention":
            return {"field": "mentions", "value": {"media_id": event.get("post") or POST, "comment_id": mid}}
    return None


def _file(kind: str, url: str) -> dict[str, Any]:
    return {"type": kind, "payload": {"url": url}}


def _ad(event: dict[str, Any]) -> dict[str, Any]:
    context = {
        "ad_title": event.get("title", "Festive sarees"), "photo_url": event.get("url") or cdn(),
        "post_id": event.get("post") or POST,
    }  # fmt: skip
    ad_id = event.get("ad_id", "120200000000001")
    return {
        "ref": event.get("ref", ""),
        "ad_id": ad_id,
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ads_context_data": context,
    }


def _link(event: dict[str, Any]) -> dict[str, Any]:
    return {"ref": event.get("ref", "diwali"), "source": "IGME", "type": "OPEN_THREAD"}


def envelopes(
    account: str, items: Sequence[dict[str, Any]], shape: str = "messaging", *, seconds: bool = False
) -> list[dict[str, Any]]:
    """The entries of one delivery. ``seconds``: of items and entries, in place of milliseconds."""
    now = time.time()
    at = int(now) if seconds else int(now * 1000)
    if seconds:
        items = [
            {**one, "timestamp": int(one["timestamp"]) // 1000} if isinstance(one.get("timestamp"), int) else one
            for one in items
        ]
    if shape == "flat":
        return [{"id": account, "time": int(now), **_as_change(one)} for one in items]
    if shape == "changes":
        return [{"id": account, "time": int(now), "changes": [_as_change(one) for one in items]}]
    if shape == "changed_fields":
        return [{"id": account, "time": int(now), "changed_fields": ["messages"]}]
    return [{"id": account, "time": at, shape: list(items)}]


def _as_change(item: dict[str, Any]) -> dict[str, Any]:
    return item if "field" in item else {"field": "messages", "value": item}

"""Meta's webhook JSON as events of the port.

Strict about the envelope, patient below it: one strange event must not cost the others. Source of a protocol fact:
Meta, "Instagram Platform Webhook Notification Examples" and "Webhooks for Instagram Messaging".

The time of an event is its own ``timestamp`` (seconds or milliseconds, number or text, or ISO), else the ``time`` of
its entry, else 1 January 1970: such an event is kept and shown, and too old for an automatic answer.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from salespilots.ports.channel import Attachment, Inbound, Subject

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_REF = 400
"""Characters of an id kept as it is; a longer one is replaced by its hash."""

_HANDOVER = ("pass_thread_control", "take_thread_control", "request_thread_control", "app_roles")
_COMMENTS = ("comments", "live_comments")


def parse_body(body: Any) -> list[Inbound]:
    """Events of a whole body; none when it is about another product than Instagram."""
    if not isinstance(body, dict) or not isinstance(body.get("object"), str):
        raise ValueError("not a webhook of Meta")
    if not isinstance(body.get("entry"), list):
        raise ValueError("a webhook of Meta without entries")
    if body["object"] != "instagram":
        return []
    events: list[Inbound] = []
    for entry in body["entry"]:
        if isinstance(entry, dict):
            events += _entry(entry)
    return events


def _entry(entry: dict[str, Any]) -> list[Inbound]:
    account = ref_of(entry.get("id"))
    at = moment(entry.get("time"))
    events = [_messaging(one, account, at) for one in _dicts(entry.get("messaging"))]
    events += [_messaging(one, account, at, standby=True) for one in _dicts(entry.get("standby"))]
    events += [_change(one, account, at) for one in _dicts(entry.get("changes"))]
    if isinstance(entry.get("field"), str):
        events.append(_change(entry, account, at))
    names = entry.get("changed_fields")
    for name in names if isinstance(names, list) else []:
        # Values are switched off in the dashboard: the same body comes again only as a redelivery.
        events.append(_other(account, at, {"changed_field": name, "time": entry.get("time")}))
    return events


# --- direct messages ------------------------------------------------------------------------------------------


def _messaging(item: dict[str, Any], account: str, entry_at: datetime | None, *, standby: bool = False) -> Inbound:
    sender, recipient = _id_in(item.get("sender")), _id_in(item.get("recipient"))
    message = item.get("message")
    echo = isinstance(message, dict) and bool(message.get("is_echo"))
    account = account or (sender if echo else recipient)
    from_shop = bool(sender) and sender == account
    customer = recipient if echo or from_shop else sender
    values: dict[str, Any] = {
        "account_ref": account,
        "customer_ref": "" if customer == account else customer,
        "sent_at": moment(item.get("timestamp")) or entry_at or EPOCH,
        "automation": not standby and account != "0",  # "0" is the dashboard's Test button
        "raw": item,
    }
    if isinstance(message, dict) and message:
        found = _message(message, from_shop=from_shop)
    elif isinstance(item.get("postback"), dict) and item["postback"]:
        found = _postback(item["postback"], from_shop or bool(item.get("is_self")))
    else:
        found = _rest(item, from_shop=from_shop)
        if standby and found["kind"] == "other":
            found["kind"] = "handover"
    values |= found
    key = values.pop("key", "")
    if standby and key:
        key += ":standby"
    return Inbound(event_id=key or _hash(values["kind"], account, item), **values)


def _message(message: dict[str, Any], *, from_shop: bool) -> dict[str, Any]:
    """``from_shop``: the account itself wrote it, whether Meta marks it as an echo or not."""
    mid = ref_of(message.get("mid"))
    text = _text(message.get("text"))
    attachments = tuple(_attachment(one) for one in _dicts(message.get("attachments")))
    reply_to, tapped = _object(message.get("reply_to")), _object(message.get("quick_reply"))
    story = reply_to.get("story")
    found: dict[str, Any] = {"message_ref": mid, "text": text, "attachments": attachments}
    if reply_to:
        found["reply_to_ref"] = _id_in(story) if isinstance(story, dict) else ref_of(reply_to.get("mid"))
    if message.get("is_self"):
        return {**found, "kind": "other", "key": mid and f"{mid}:self"}
    if message.get("is_deleted"):
        kind = "other" if from_shop or message.get("is_echo") else "deleted"
        return {"kind": kind, "message_ref": mid, "key": mid and f"{mid}:deleted"}
    if from_shop or message.get("is_echo"):
        return {**found, "kind": "echo", "key": mid and f"{mid}:echo"}
    found["key"] = mid and f"{mid}:message"
    if message.get("is_unsupported") or not (text or attachments or tapped):
        return {**found, "kind": "message", "unsupported": True, "automation": False}
    if tapped:
        return {**found, "kind": "quick_reply", "payload": _text(tapped.get("payload"))}
    if any(one.kind == "story_mention" for one in attachments):
        return {**found, "kind": "story_mention"}
    return {**found, "kind": "story_reply" if isinstance(story, dict) else "message"}


def _postback(postback: dict[str, Any], from_shop: bool) -> dict[str, Any]:
    mid = ref_of(postback.get("mid"))  # ice breakers come without
    return {
        "kind": "other" if from_shop or postback.get("is_self") else "postback",
        "message_ref": mid,
        "text": _text(postback.get("title")),
        "payload": _text(postback.get("payload")),
        "key": mid and f"{mid}:postback",
    }


def _rest(item: dict[str, Any], *, from_shop: bool) -> dict[str, Any]:
    """What never starts automation."""
    edit, read, reaction = item.get("message_edit"), item.get("read"), item.get("reaction")
    if isinstance(edit, dict):
        return {"kind": "edited", "message_ref": ref_of(edit.get("mid")), "text": _text(edit.get("text"))}
    if isinstance(read, dict):
        return {"kind": "other" if from_shop else "read", "message_ref": ref_of(read.get("mid"))}
    if isinstance(reaction, dict):
        return {"kind": "reaction", "message_ref": ref_of(reaction.get("mid"))}
    if isinstance(item.get("referral"), dict):
        return {"kind": "referral", "payload": _text(item["referral"].get("ref"))}
    return {"kind": "handover" if any(name in item for name in _HANDOVER) else "other"}


def _attachment(one: dict[str, Any]) -> Attachment:
    payload = _object(one.get("payload"))
    ref = next((payload[name] for name in payload if name.endswith(("_id", "_media_id")) and payload[name]), "")
    return Attachment(
        kind=_text(one.get("type"))[:40] or "unknown",
        url=_text(payload.get("url") or payload.get("story_media_url") or one.get("url")),
        title=_text(payload.get("title") or one.get("title")),
        ref=ref_of(ref),
    )


# --- comments and the rest ------------------------------------------------------------------------------------


def _change(change: dict[str, Any], account: str, at: datetime | None) -> Inbound:
    name, value = _text(change.get("field")), change.get("value")
    if not isinstance(value, dict):
        return _other(account, at, {"field": name, "value": value})
    if "sender" in value and "recipient" in value:  # the dashboard's test of a message field
        return _messaging(value, account, at)
    if name not in _COMMENTS:
        return _other(account, at, {"field": name, "value": value})
    comment = ref_of(value.get("id") or value.get("comment_id"))
    author = _object(value.get("from"))
    customer = ref_of(author.get("id"))
    own = bool(customer) and customer == account
    return Inbound(
        event_id=f"{comment}:{name}" if comment else _hash(name, account, value),
        account_ref=account,
        kind="other" if own else "comment",
        sent_at=moment(value.get("timestamp") or value.get("created_time")) or at or EPOCH,
        customer_ref="" if own else customer,
        customer_name=_text(author.get("username")),
        message_ref=comment,
        text=_text(value.get("text")),
        reply_to_ref=ref_of(value.get("parent_id")),
        automation=False,
        subject=_post_of(_object(value.get("media")), live=name == "live_comments"),
        raw={"field": name, "value": value},
    )


def _post_of(media: dict[str, Any], *, live: bool) -> Subject | None:
    """The post below which a comment stands; of an advertisement the post that it shows."""
    ref = ref_of(media.get("original_media_id")) or ref_of(media.get("id"))
    kind = {"FEED": "post", "REELS": "reel", "STORY": "story", "LIVE": "live", "AD": "ad"}.get(
        _text(media.get("media_product_type")), "post"
    )
    return Subject(kind="live" if live else kind, ref=ref, title=_text(media.get("ad_title"))) if ref else None


def _other(account: str, at: datetime | None, raw: dict[str, Any]) -> Inbound:
    return Inbound(
        event_id=_hash("other", account, raw), account_ref=account, kind="other", sent_at=at or EPOCH, automation=False,
        raw=raw,
    )  # fmt: skip


# --- small values ---------------------------------------------------------------------------------------------


def ref_of(value: Any) -> str:
    """An id as text: Meta's test tool and old deliveries use numbers."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**40 else ""
    return text if len(text) <= MAX_REF else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def moment(value: Any) -> datetime | None:
    """A time from seconds, milliseconds, numeric text or ISO text; None when it is none of these."""
    if isinstance(value, str):
        value = value.strip()
        try:
            value = float(value)
        except ValueError:
            try:
                found = datetime.fromisoformat(value)
                return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
            except (ValueError, OverflowError):  # no time, or one whose UTC lies outside the calendar
                return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e14:
        return None
    return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)


def _hash(kind: str, account: str, item: Any) -> str:
    canonical = json.dumps([kind, account, item], sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _id_in(value: Any) -> str:
    return ref_of(value.get("id")) if isinstance(value, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

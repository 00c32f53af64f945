"""Meta's webhook JSON as events of the port.

Strict about the envelope, patient below it: one strange event must not cost the others, and is kept as it is. Source of
a protocol fact: Meta, "Instagram Platform Webhook Notification Examples" and "Webhooks for Instagram Messaging".

The time of an event is its own ``timestamp`` (seconds or milliseconds, number or text, or ISO), else the ``time`` of
its entry, else 1 January 1970: such an event is kept and shown, and too old for an automatic answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from salespilots.ports.channel import Inbound
from salespilots_channel_instagram.subjects import (
    ad_of,
    attachments_of,
    emoji_of,
    media_subject,
    referral_of,
    subject_of,
)
from salespilots_channel_instagram.values import EPOCH, MAX_REF, id_in, moment, object_of, ref_of, text_of

__all__ = ["ANOTHER_APP", "EPOCH", "MAX_REF", "moment", "parse_body", "ref_of"]

ANOTHER_APP = "another app"
"""Who owns a chat when Meta does not say which app it is."""

_HANDOVER = ("pass_thread_control", "take_thread_control", "request_thread_control", "app_roles")
_COMMENTS = ("comments", "live_comments")
_AROUND = frozenset({"sender", "recipient", "timestamp", "is_self"})
_OF_NO_USE = frozenset({"optin", "delivery", "policy_enforcement", "policy-enforcement", "prior_message"})
"""Kinds that are known and tell an owner nothing."""


def parse_body(body: Any, app_id: str = "") -> list[Inbound]:
    """Events of a whole body; none when it is about another product than Instagram. ``app_id``: our own, by which the
    owner of a chat is told from others."""
    if not isinstance(body, dict) or not isinstance(body.get("object"), str):
        raise ValueError("not a webhook of Meta")
    if not isinstance(body.get("entry"), list):
        raise ValueError("a webhook of Meta without entries")
    if body["object"] != "instagram":
        return []
    events: list[Inbound] = []
    for entry in body["entry"]:
        events += _entry(entry, app_id) if isinstance(entry, dict) else [_other("", None, {"entry": entry})]
    return events


def _entry(entry: dict[str, Any], app_id: str) -> list[Inbound]:
    account, at = ref_of(entry.get("id")), moment(entry.get("time"))

    def message(item: dict[str, Any]) -> Inbound:
        return _messaging(item, account, at, app_id)

    def overheard(item: dict[str, Any]) -> Inbound:
        return _messaging(item, account, at, app_id, standby=True)

    def change(item: dict[str, Any]) -> Inbound:
        return _change(item, account, at, app_id)

    events: list[Inbound] = []
    for name, read in (("messaging", message), ("standby", overheard), ("changes", change)):
        items = entry.get(name)
        for item in items if isinstance(items, list) else [items] if items is not None else []:
            events.append(_read(read, item, account, at, name))
    if isinstance(entry.get("field"), str):
        events.append(_read(change, entry, account, at, "field"))
    names = entry.get("changed_fields")
    for name in names if isinstance(names, list) else []:
        # Values are switched off in the dashboard: the same body comes again only as a redelivery.
        events.append(_other(account, at, {"changed_field": name, "time": entry.get("time")}))
    return events


def _read(
    read: Callable[[dict[str, Any]], Inbound], item: Any, account: str, at: datetime | None, place: str
) -> Inbound:
    """One item; whatever is not to be understood is kept as it came."""
    if isinstance(item, dict):
        try:
            return read(item)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            return _other(account, at, {place: item})
    return _other(account, at, {place: item})


# --- direct messages ------------------------------------------------------------------------------------------


def _messaging(
    item: dict[str, Any], account: str, entry_at: datetime | None, app_id: str, *, standby: bool = False
) -> Inbound:
    sender, recipient = id_in(item.get("sender")), id_in(item.get("recipient"))
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
        found = _rest(item, from_shop=from_shop, app_id=app_id)
        if standby and found["kind"] == "other":
            found |= {"kind": "handover", "unsupported": False}
    values |= found
    key = values.pop("key", "")
    if standby:
        values["facts"] = {"owner": ANOTHER_APP, **values.get("facts", {})}
        key = key and f"{key}:standby"
    return Inbound(event_id=key or _hash(values["kind"], account, item), **values)


def _message(message: dict[str, Any], *, from_shop: bool) -> dict[str, Any]:
    """``from_shop``: the account itself wrote it, whether Meta marks it as an echo or not."""
    mid = ref_of(message.get("mid"))
    text = text_of(message.get("text"))
    attachments = attachments_of(message)
    reply_to, tapped = object_of(message.get("reply_to")), object_of(message.get("quick_reply"))
    story = reply_to.get("story")
    from_shop = from_shop or bool(message.get("is_echo"))
    found: dict[str, Any] = {"message_ref": mid, "text": text, "attachments": attachments}
    if reply_to:
        found["reply_to_ref"] = id_in(story) if isinstance(story, dict) else ref_of(reply_to.get("mid"))
    if message.get("is_self"):
        return {**found, "kind": "other", "key": mid and f"{mid}:self"}
    if message.get("is_deleted"):
        by = {"facts": {"by": "shop"}} if from_shop else {}
        return {"kind": "deleted", "message_ref": mid, "key": mid and f"{mid}:deleted", **by}
    found["subject"] = subject_of(message, attachments)
    if from_shop:
        return {**found, "kind": "echo", "key": mid and f"{mid}:echo"}
    found["key"] = mid and f"{mid}:message"
    referral = referral_of(message.get("referral"))
    if referral:
        found["facts"] = {"referral": referral}
    if message.get("is_unsupported") or not (text or attachments or tapped):
        return {**found, "kind": "message", "unsupported": True, "automation": False}
    if tapped:
        return {**found, "kind": "quick_reply", "payload": text_of(tapped.get("payload"))}
    if any(one.kind == "story_mention" for one in attachments):
        return {**found, "kind": "story_mention"}
    return {**found, "kind": "story_reply" if isinstance(story, dict) else "message"}


def _postback(postback: dict[str, Any], from_shop: bool) -> dict[str, Any]:
    mid = ref_of(postback.get("mid"))  # ice breakers come without
    referral = referral_of(postback.get("referral"))
    return {
        "kind": "other" if from_shop or postback.get("is_self") else "postback",
        "message_ref": mid,
        "text": text_of(postback.get("title")),
        "payload": text_of(postback.get("payload")),
        "key": mid and f"{mid}:postback",
        "subject": ad_of(postback.get("referral")),
        "facts": {"referral": referral} if referral else {},
    }


def _rest(item: dict[str, Any], *, from_shop: bool, app_id: str) -> dict[str, Any]:
    """What never starts automation."""
    edit, read, reaction = item.get("message_edit"), item.get("read"), item.get("reaction")
    by = {"by": "shop"} if from_shop else {}
    if isinstance(edit, dict):
        return {
            "kind": "edited",
            "message_ref": ref_of(edit.get("mid")),
            "text": text_of(edit.get("text")),
            "facts": by,
        }
    if isinstance(read, dict):
        return {"kind": "other" if from_shop else "read", "message_ref": ref_of(read.get("mid"))}
    if isinstance(reaction, dict):
        return {
            "kind": "reaction", "message_ref": ref_of(reaction.get("mid")), "emoji": emoji_of(reaction),
            "removed": reaction.get("action") == "unreact", "facts": by,
        }  # fmt: skip
    if isinstance(item.get("referral"), dict):
        referral = item["referral"]
        facts = {"referral": referral_of(referral)} if referral else {}
        return {"kind": "referral", "payload": text_of(referral.get("ref")), "subject": ad_of(referral), "facts": facts}
    for name in _HANDOVER:
        if name in item:
            return {"kind": "handover", "facts": _owner(name, object_of(item[name]), app_id)}
    strange = sorted(name for name in item if name not in _AROUND)
    if not strange or set(strange) <= _OF_NO_USE:
        return {"kind": "other"}
    return {"kind": "other", "unsupported": True, "facts": {"what": strange[0][:60]}}


def _owner(name: str, control: dict[str, Any], app_id: str) -> dict[str, Any]:
    """Who owns the chat now: empty when it is us."""
    if name == "request_thread_control":
        return {"asked_by": ref_of(control.get("requested_owner_app_id")) or ANOTHER_APP}
    if name == "app_roles":
        return {}
    new = ref_of(control.get("new_owner_app_id"))
    if app_id and new == app_id:
        return {"owner": ""}
    return {"owner": new or ANOTHER_APP}


# --- comments and the rest ------------------------------------------------------------------------------------


def _change(change: dict[str, Any], account: str, at: datetime | None, app_id: str) -> Inbound:
    name, value = text_of(change.get("field")), change.get("value")
    if not isinstance(value, dict):
        return _other(account, at, {"field": name, "value": value})
    if "sender" in value and "recipient" in value:  # the dashboard's test of a message field
        return _messaging(value, account, at, app_id)
    if name not in _COMMENTS:
        return _other(account, at, {"field": name, "value": value})
    comment = ref_of(value.get("id") or value.get("comment_id"))
    author = object_of(value.get("from"))
    customer = ref_of(author.get("id"))
    own = bool(customer) and customer == account
    return Inbound(
        event_id=f"{comment}:{name}" if comment else _hash(name, account, value),
        account_ref=account,
        kind="other" if own else "comment",
        sent_at=moment(value.get("timestamp") or value.get("created_time")) or at or EPOCH,
        customer_ref="" if own else customer,
        customer_name=text_of(author.get("username")),
        message_ref=comment,
        text=text_of(value.get("text")),
        reply_to_ref=ref_of(value.get("parent_id")),
        automation=False,
        subject=media_subject(value, live=name == "live_comments"),
        raw={"field": name, "value": value},
    )


def _other(account: str, at: datetime | None, raw: dict[str, Any]) -> Inbound:
    return Inbound(
        event_id=_hash("other", account, raw), account_ref=account, kind="other", sent_at=at or EPOCH, automation=False,
        raw=raw,
    )  # fmt: skip


def _hash(kind: str, account: str, item: Any) -> str:
    canonical = json.dumps([kind, account, item], sort_keys=True, separators=(",", ":"))
    return f"{kind}:{hashlib.sha256(canonical.encode()).hexdigest()}"

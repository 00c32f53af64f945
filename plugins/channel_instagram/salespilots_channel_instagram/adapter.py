"""One shop's Instagram account: the channel port in Meta's words.

Source of a protocol fact: Meta, "Send Messages with Instagram Login", "Instagram User Profile API", "Get Conversations".
There is no idempotency key for a send, so it is never repeated here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from salespilots.ports.channel import (
    CustomerProfile,
    Health,
    HistoryIncomplete,
    ListedPost,
    Outbound,
    PostPage,
    PublicReply,
    Receipt,
    RecentPage,
    SentMessage,
)
from salespilots.ports.errors import OutcomeUnknown, PortError, Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.parsing import EPOCH, moment, ref_of
from salespilots_channel_instagram.posts import POST_FIELDS, page_of, post_of, replies_of
from salespilots_channel_instagram.problems import PROVIDER
from salespilots_channel_instagram.reading import READABLE, RecentReader
from salespilots_channel_instagram.wire import act_body, public_reply, send_body

HISTORY_SECONDS = 20.0
"""For all calls of one look at a chat, of which there are up to 22."""


class InstagramChannel:
    """Sends and reads for one account. Holds no state: safe on several threads."""

    def __init__(self, graph: GraphClient, account_id: str) -> None:
        self._graph, self._account_id = graph, account_id

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> InstagramChannel:
        """Built from the shop's settings and the installation's graph address."""
        graph_url = settings.instance.get("graph_url") or "https://graph.instagram.com"
        return cls(GraphClient(graph_url, settings["access_token"]), settings["account_id"])

    def send(self, message: Outbound) -> Receipt:
        """Send once, within ten seconds."""
        if isinstance(message.content, PublicReply):
            body = public_reply(message.content)
            answer = self._graph.post(message.comment_ref, "replies", json=body, begin=message.begin)
            return Receipt(provider_ref=_sent_ref(answer.get("id")))
        try:
            answer = self._graph.post("me", "messages", json=send_body(message), begin=message.begin)
        except Rejected as error:
            if message.tag and error.reason in ("bad_request", "permission_missing"):
                raise Rejected(provider=PROVIDER, reason="late_reply_not_allowed") from None
            raise
        return Receipt(
            provider_ref=_sent_ref(answer.get("message_id")), customer_ref=ref_of(answer.get("recipient_id"))
        )

    def act(self, customer_ref: str, act: str, *, message_ref: str = "", emoji: str = "") -> None:
        """Typing, seen, a reaction."""
        self._graph.post("me", "messages", json=act_body(customer_ref, act, message_ref, emoji), begin=lambda: None)

    def posts(self, cursor: str = "", kind: str = "post") -> PostPage:
        """The account's media, or the stories of the last day, newest first; 50 on a page.

        Source of a protocol fact: Meta, "IG User Media" and "IG User Stories".
        """
        params = {"fields": POST_FIELDS, "limit": "50", **({"after": cursor} if cursor else {})}
        return page_of(self._graph.get("me", "stories" if kind == "story" else "media", **params), kind)

    def post(self, post_ref: str) -> ListedPost:
        """One post of the account, whatever its kind."""
        return post_of(self._graph.get(post_ref, fields=POST_FIELDS), "post")

    def replies(self, comment_ref: str) -> Sequence[SentMessage]:
        """The answers below a comment, oldest first. `HistoryIncomplete` when there are more than one page, or one does not
        say whose it is.

        Source of a protocol fact: Meta, "IG Comment Replies".
        """
        answer = self._graph.get(comment_ref, "replies", fields="id,text,timestamp,from", limit="50")
        found, whole = replies_of(answer, self._account_id)
        if not whole:
            raise HistoryIncomplete(provider=PROVIDER, shown=found)
        return found

    def profile(self, customer_ref: str) -> CustomerProfile:
        """Name, user name and picture; known only after the customer wrote to the shop."""
        answer = self._graph.get(customer_ref, fields="name,username,profile_pic")
        return CustomerProfile(
            name=_text(answer.get("name")), username=_text(answer.get("username")),
            picture_url=_text(answer.get("profile_pic")),
        )  # fmt: skip

    def recent(self, *, since: datetime, cursor: str = "") -> RecentPage:
        """A part of the chats since a time (see `salespilots_channel_instagram.reading`)."""
        return RecentReader(self._graph, self._account_id).part(since, cursor)

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        """The conversation since a time, oldest first.

        Complete or an error: `HistoryIncomplete` when Meta shows fewer messages than were exchanged, does not say of one
        what it is, or takes too long over it. An empty conversation is none: only who wrote to the shop can be answered.
        """
        ends = time.monotonic() + HISTORY_SECONDS
        graph, messages = self._graph.until(ends), dict[str, SentMessage]()
        try:
            whole = self._read(graph, customer_ref, since, messages)
        except Unavailable:
            if time.monotonic() < ends:
                raise
            whole = False
        shown = sorted(messages.values(), key=lambda one: one.sent_at)
        if not whole:
            raise HistoryIncomplete(provider=PROVIDER, shown=shown)
        return shown

    def _read(self, graph: GraphClient, customer_ref: str, since: datetime, messages: dict[str, SentMessage]) -> bool:
        """Fill ``messages`` by their references. Returns whether these are all."""
        found = graph.get("me", "conversations", platform="instagram", user_id=customer_ref)
        whole = True
        for conversation in _listed(found):
            refs, all_readable = self._since(graph, _known_ref(conversation), since)
            whole = whole and all_readable
            for ref in refs:
                one = self._message(graph, ref, customer_ref)
                whole = whole and one is not None
                if one is not None and one.sent_at >= since:
                    messages[one.provider_ref] = one
        return whole

    def _since(self, graph: GraphClient, conversation_ref: str, since: datetime) -> tuple[list[str], bool]:
        """The messages of a conversation that may be as new as ``since`` and can be read, and whether these are all."""
        listed = graph.get(conversation_ref, fields="messages").get("messages")
        rows = [(moment(row.get("created_time")), _known_ref(row)) for row in _listed(listed)]
        if all(listed_at is not None for listed_at, _ in rows):
            rows.sort(key=lambda one: one[0] or EPOCH, reverse=True)
        wanted = [(number, ref) for number, (at, ref) in enumerate(rows) if at is None or at >= since]
        readable = [ref for number, ref in wanted if number < READABLE]
        goes_on = isinstance(listed, dict) and bool(_object(listed.get("paging")).get("next"))
        return readable, len(readable) == len(wanted) and not (goes_on and len(wanted) == len(rows))

    def _message(self, graph: GraphClient, ref: str, customer_ref: str) -> SentMessage | None:
        """One message. Which one was deleted meanwhile nobody can tell: it may be the one in question."""
        try:
            one = graph.get(ref, fields="id,created_time,from,to,message")
        except Rejected as error:
            if error.reason == "message_gone":
                return None
            raise
        sender_ref, sent_at = ref_of(_object(one.get("from")).get("id")), moment(one.get("created_time"))
        if not sender_ref or sent_at is None:
            return None
        return SentMessage(
            provider_ref=ref, text=_text(one.get("message")), sent_at=sent_at, from_shop=sender_ref != customer_ref
        )

    def check(self) -> Health:
        """Ask Meta whose token it is."""
        try:
            answer = self._graph.get("me", fields="user_id,username,name,account_type")
        except PortError as error:
            said = "Instagram cannot be reached at the moment; try again in a minute."
            return Health(ok=False, detail=error.user_action or (said if error.retryable else error.message))
        rows = _rows(answer)
        me = rows[0] if rows else answer
        ids = {ref_of(me.get("user_id")), ref_of(me.get("id"))} - {""}
        name = _text(me.get("username"))
        facts = {"username": name, "account_type": _text(me.get("account_type"))}
        if not ids:
            return Health(ok=False, detail="Instagram did not say whose token this is; try again in a minute.")
        if self._account_id not in ids:
            whose = f"@{name}" if name else f"the account {sorted(ids)[0]}"
            detail = f"The token belongs to {whose}, not to the account id you entered."
            return Health(ok=False, detail=detail, facts=facts)
        return Health(ok=True, detail=f"Connected as @{name}." if name else "Connected.", facts=facts)


def _sent_ref(value: Any) -> str:
    """What Meta calls the thing that was sent. Without it nobody knows whether it was."""
    ref = ref_of(value)
    if not ref:
        raise OutcomeUnknown(provider=PROVIDER, reason="strange_answer")
    return ref


def _incomplete() -> HistoryIncomplete:
    return HistoryIncomplete(provider=PROVIDER)


def _listed(answer: Any) -> list[dict[str, Any]]:
    """The rows of a list that cannot be empty and of which none may be missing."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not data or not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise _incomplete()
    return data


def _known_ref(row: dict[str, Any]) -> str:
    ref = ref_of(row.get("id"))
    if not ref:
        raise _incomplete()
    return ref


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(answer: Any) -> list[dict[str, Any]]:
    data = answer.get("data") if isinstance(answer, dict) else answer
    if isinstance(data, dict):
        data = [data]
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

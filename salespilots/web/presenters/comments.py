"""Comments as the shop's pages show them: what was written, what became of it, what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

from flask_babel import gettext as _

from salespilots.domain.comment import Comment, CommentState, Post
from salespilots.services.comment_rules import Rule
from salespilots.web.media import thumbnail
from salespilots.web.presenters.posts import name_of

SKIPPED: dict[str, Callable[[], str]] = {
    "reply_to_comment": lambda: _("It answers another comment, and those are left to people."),
    "comment_too_old": lambda: _("It was older than 7 days when it came."),
    "answered_before": lambda: _("This person had the answer already."),
    "taken_over": lambda: _("A person answers this customer."),
    "opted_out": lambda: _("The customer wants no automatic messages."),
    "too_many": lambda: _("Too many automatic answers to one person within an hour."),
}
"""Why a comment was left alone."""

TONES = {"answered": "ok", "waiting": "info", "skipped": "", "kept": "", "failed": "bad"}


def row(comment: Comment, post: Post | None, states: Sequence[str], href: str) -> SimpleNamespace:
    """One comment of the list. ``states``: of the messages that answer it."""
    state, why = _state(comment, states)
    return SimpleNamespace(
        id=comment.id, who=f"@{comment.username}" if comment.username else _("Somebody"), at=comment.sent_at,
        text=comment.text or _("A sticker or GIF"), post=name_of(post), live=comment.live, why=why, state=state,
        label=_label(state), tone=TONES[state], href=href if comment.conversation_id else "",
        picture_url=thumbnail(post.business_id, post.picture, 96) if post and post.picture else "",
    )  # fmt: skip


def _state(comment: Comment, states: Sequence[str]) -> tuple[str, str]:
    if comment.state is CommentState.SKIPPED:
        sentence = SKIPPED.get(comment.reason)
        return "skipped", sentence() if sentence else ""
    if comment.state is CommentState.KEPT:
        return "kept", ""
    if any(one in ("queued", "sending", "uncertain") for one in states) or not states:
        return "waiting", ""
    if any(one in ("sent", "delivered", "read") for one in states):
        missing = any(one in ("failed", "skipped", "cancelled") for one in states)
        return "answered", _("One of the two answers did not leave. See the chat.") if missing else ""
    return "failed", _("The answer did not leave. See the chat.")


def _label(state: str) -> str:
    return {
        "answered": _("Answered"), "waiting": _("On its way"), "skipped": _("Left alone"), "kept": _("No rule"),
        "failed": _("Not sent"),
    }[state]  # fmt: skip


def rule_card(workflow_id: str, rule: Rule | None, name: str, sentence: str, *, live: bool) -> SimpleNamespace:
    """One rule. None: its steps were changed elsewhere."""
    return SimpleNamespace(id=workflow_id, name=name, sentence=sentence, live=live, editable=rule is not None)


def values_of(rule: Rule) -> dict[str, object]:
    """A rule as its form shows it."""
    return {
        "name": rule.name, "keywords": ", ".join(rule.keywords), "posts": rule.posts, "post_refs": list(rule.post_refs),
        "live": "1" if rule.live else "", "again": rule.again, "texts": "\n".join(rule.texts), "private": rule.private,
        "products": "1" if rule.products else "", "ask": rule.ask,
    }  # fmt: skip


def preview(values: Mapping[str, object], shop: str, private: str) -> SimpleNamespace:
    """How it looks to somebody who comments: the first public answer, and the private message."""
    texts = str(values.get("texts") or "").splitlines()
    return SimpleNamespace(shop=shop, public=next((one.strip() for one in texts if one.strip()), ""), private=private)

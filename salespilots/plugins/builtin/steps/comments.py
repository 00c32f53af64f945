"""Comments below posts: when a workflow answers one, what is written below it, and the private message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.matching import found_keyword
from salespilots.plugins.builtin.steps.wording import available_of, fill, price_words, stock_words
from salespilots.ports.channel import PublicReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    Effect,
    ProductView,
    SendMessage,
    SetFocus,
    TriggerFact,
    TriggerType,
)
from salespilots.ports.settings import SettingsSchema, Words

MAX_VARIANTS = 10
MAX_NAMED = 5
"""Products of a post that the private message names."""


class CommentSettings(SettingsSchema):
    """Which comments: with these words, below these posts."""

    keywords = fields.List(
        fields.Str(validate=validate.Length(1, 60)),
        load_default=list,
        validate=validate.Length(max=100),
        metadata={"label": "Words", "help": "Empty: every comment. Whole words, in any spelling."},
    )
    posts = fields.Str(
        load_default="all",
        validate=validate.OneOf(["all", "chosen", "next"]),
        metadata={"label": "Posts", "help": "next: those posted after this went live."},
    )
    post_refs = fields.List(
        fields.Str(validate=validate.Length(1, 200)),
        load_default=list,
        validate=validate.Length(max=500),
        metadata={"label": "Chosen posts"},
    )
    live = fields.Bool(load_default=True, metadata={"label": "Also during live videos"})
    again = fields.Str(
        load_default="post",
        validate=validate.OneOf(["post", "day", "always"]),
        metadata={
            "label": "The same person again",
            "help": "post: once below each post. day: once a day. always: each comment.",
        },
    )


class ReplySettings(SettingsSchema):
    """What is written below the comment; one of these, so that many answers do not look alike."""

    texts = fields.List(
        Words(validate=validate.Length(1, 300)),
        required=True,
        validate=validate.Length(1, MAX_VARIANTS),
        metadata={"label": "Public answers"},
    )


class PrivateSettings(SettingsSchema):
    """The private message: the shop's words, and the products of the post with their true prices and stock."""

    text = Words(
        load_default="Thank you for your comment!", validate=validate.Length(1, 500), metadata={"label": "Message"}
    )
    products = fields.Bool(load_default=True, metadata={"label": "Name the products of the post"})
    ask = Words(
        load_default="Write to me here and I help you order.", validate=validate.Length(max=200),
        metadata={"label": "Then say"},
    )  # fmt: skip


def _matches(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    post = fact.post
    if post is None:
        return None
    if post.kind == "live":
        if not settings.get("live", True):
            return None
    elif not _is_below(settings, fact):
        return None
    keywords = settings.get("keywords") or []
    if not keywords:
        return "a comment"
    found = found_keyword(keywords, fact.text, fact.understanding)
    return f"“{found}” in a comment" if found else None


def _is_below(settings: Mapping[str, Any], fact: TriggerFact) -> bool:
    """Whether the post is one of those that are meant. When it was posted may not be known yet: it is asked again then."""
    post, which = fact.post, settings.get("posts", "all")
    assert post is not None
    if which == "chosen":
        return post.ref in (settings.get("post_refs") or [])
    if which == "next":
        return bool(post.posted_at and fact.live_since and post.posted_at >= fact.live_since)
    return True


def _one_of(texts: Sequence[str], key: str) -> str:
    return texts[int.from_bytes(sha256(key.encode()).digest()[:4], "big") % len(texts)]


def _reply(context: ActionContext) -> Advance:
    comment_ref = str(context.data.get("comment_ref") or "")
    if not comment_ref:
        return Advance(reason="There is no comment to answer")
    text = fill(_one_of(context.settings["texts"], comment_ref), context)
    return Advance(effects=(SendMessage(content=PublicReply(text=text)),), reason="Answered below the comment")


def product_line(product: ProductView) -> str:
    """``Blue saree: ₹1,499.00, 3 in stock (M, L)``."""
    left = [one.title for one in product.variants if one.available > 0 and one.title]
    kinds = f" ({', '.join(left[:6])})" if left else ""
    return f"{product.title}: {price_words(product)}, {stock_words(available_of(product))}{kinds}"


def _private(context: ActionContext) -> Advance:
    ids = [one["product_id"] for one in context.data.get("products") or []]
    shown = context.reader.products(ids[:MAX_NAMED]) if context.settings["products"] and ids else []
    lines = [fill(context.settings["text"], context), *map(product_line, shown)]
    if context.settings["ask"]:
        lines.append(fill(context.settings["ask"], context))
    effects: tuple[Effect, ...] = (
        SendMessage(content=Text(text="\n".join(lines)), product_ids=tuple(one.product_id for one in shown)),
    )
    if len(ids) == 1 and shown:
        effects += (SetFocus(product_id=shown[0].product_id),)
    named = ", ".join(one.title for one in shown)
    return Advance(effects=effects, reason=f"Wrote in private about {named}" if named else "Wrote in private")


def _say_comment(settings: Mapping[str, Any]) -> str:
    words = ", ".join(f"“{one}”" for one in settings.get("keywords") or [])
    where = {"chosen": "below chosen posts", "next": "below new posts"}.get(
        settings.get("posts", "all"), "below any post"
    )
    return f"Somebody comments {words or 'anything'} {where}"


def _say_comment_hi(settings: Mapping[str, Any]) -> str:
    words = ", ".join(f"“{one}”" for one in settings.get("keywords") or [])
    return f"कोई पोस्ट के नीचे {words or 'कुछ भी'} लिखता है"


def _misses(settings: Mapping[str, Any], fact: TriggerFact) -> str:
    if fact.post is not None and fact.post.kind != "live" and not _is_below(settings, fact):
        return "The comment is below another post."
    return "None of its words is in the comment."


TRIGGERS = (
    TriggerType(
        key="comment.received", label="A comment", settings=CommentSettings, event_types=("comment.received",),
        matches=_matches, sentence=_say_comment, misses=_misses, label_hi="टिप्पणी", sentence_hi=_say_comment_hi,
    ),
)  # fmt: skip
ACTIONS = (
    ActionType(
        key="comment.reply", label="Answer below the comment", settings=ReplySettings, run=_reply, sends=True,
        label_hi="टिप्पणी के नीचे जवाब", sentence_hi=lambda settings: "टिप्पणी के नीचे जवाब दें",
        sentence=lambda settings: "Answer below the comment" + (
            f", in one of {len(settings['texts'])} ways" if len(settings.get("texts") or []) > 1 else ""
        ),
    ),
    ActionType(
        key="comment.private", label="Private message", settings=PrivateSettings, run=_private, sends=True,
        label_hi="निजी संदेश", sentence_hi=lambda settings: "निजी संदेश भेजें, पोस्ट के सामान के साथ",
        sentence=lambda settings: "Write in private, with the products of the post"
        if settings.get("products", True) else "Write in private",
    ),
)  # fmt: skip

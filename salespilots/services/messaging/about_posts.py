"""What a message means that carries a post: a story reply, a shared post or reel. "Price?" needs no more words then.

A post shows the products its owner said it shows. With one of them the customer means that one, unless their words name
another; with several, or none, they are asked: a price is never guessed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from salespilots.domain.conversation import Author, Conversation, Message
from salespilots.domain.customer import Customer
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.texts import say
from salespilots.ports.understanding import ProductMatch, Understanding
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import queue_in
from salespilots.services.posts import products_of_in

_SIGNS = frozenset({"So", "Sk", "Mn", "Cf", "Sm", "Po", "Zs"})
"""Kinds of characters that are no words."""


def is_wordless(text: str) -> bool:
    """Whether somebody said it with emoji alone."""
    kinds = {unicodedata.category(one) for one in text}
    return "So" in kinds and kinds <= _SIGNS


def about_in(uow: UnitOfWork, message: Message, understood: Understanding) -> tuple[Understanding, bool]:
    """(what is meant, whether the post says nothing about it): words that name a product go first."""
    if not message.post_ref or understood.sure_of_product:
        return understood, False
    shown = products_of_in(uow, message.provider, message.post_ref)
    if not shown:
        return understood, not understood.products
    named = [one for one in understood.products if one.product_id in shown]
    variants = {one.product_id: one.variant_ids for one in named}
    chosen = [one.product_id for one in named] or shown
    matches = tuple(ProductMatch(one, 100.0, variants.get(one, ())) for one in chosen)
    return replace(understood, products=matches, sure_of_product=len(matches) == 1), False


def nudge_in(core: Core, uow: UnitOfWork, conversation: Conversation, customer: Customer, message: Message) -> bool:
    """Answer emoji to a story lightly, once for each story. Returns whether this message is one to be answered so."""
    if message.kind not in ("story_reply", "story_mention") or not is_wordless(message.text):
        return False
    ids = products_of_in(uow, message.provider, message.post_ref)
    product = uow.products.find(id=ids[0]) if len(ids) == 1 else None
    if product is not None:
        text = say("Glad you like it! That is {product}. Shall I tell you the price?", product=product.title)
        yes = QuickReply(title=say("Yes, the price"), payload=f"product:{product.id}")
    else:
        text, yes = (
            say("Glad you like it! Would you like to see what we have?"),
            QuickReply(title=say("See products"), payload="catalogue"),
        )
    person = QuickReply(title=say("Talk to a person"), payload="human")
    queue_in(
        core, uow, conversation, Text(text=text, quick_replies=(yes, person)), author=Author.BOT,
        dedupe_key=f"nudge:{conversation.id}:{message.post_ref or message.id}",
    )  # fmt: skip
    return True

"""Posts and comments of a shop without a connected channel, as they are stored."""

from __future__ import annotations

from typing import Any

from salespilots.domain.comment import Comment, Post
from salespilots.services.comment_rules import Rule
from tests.support.shop import Shop

ACCOUNT = "17841400000000077"


def story_post(shop: Shop, ref: str = "17900000000000990", **more: Any) -> Post:
    """A post of the shop's account."""
    core = shop.world.services.core
    with shop.world.storage.unit_of_work(shop.id) as uow:
        post = Post(
            id=core.ids.new("post"), business_id=shop.id, provider="instagram", account_ref=ACCOUNT, post_ref=ref,
            created_at=core.clock.now(), **{"kind": "story", **more},
        )  # fmt: skip
        uow.posts.add(post)
        uow.commit()
    return post


def comment_on(shop: Shop, post: Post, text: str = "price?", **more: Any) -> Comment:
    """A comment below it."""
    core = shop.world.services.core
    with shop.world.storage.unit_of_work(shop.id) as uow:
        comment = Comment(
            id=core.ids.new("comment"), business_id=shop.id, provider="instagram", account_ref=ACCOUNT,
            comment_ref=core.ids.token(), customer_ref="200000000000001", created_at=core.clock.now(),
            sent_at=core.clock.now(), post_ref=post.post_ref, text=text, **{"username": "riya_sen", **more},
        )  # fmt: skip
        uow.comments.add(comment)
        uow.commit()
    return comment


def comment_rule(shop: Shop) -> str:
    """The id of a rule that answers comments."""
    rule = Rule(name="Comments", texts=("Sent!",), private="Hello!")
    return shop.world.services.comment_rules.save(shop.id, rule).id

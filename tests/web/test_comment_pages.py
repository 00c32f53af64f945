"""The pages of posts and comments: what they show, what their forms save, what they refuse."""

from __future__ import annotations

import pytest

from salespilots.domain.comment import CommentState
from salespilots.services.comment_rules import rule_of
from salespilots.web.presenters import comments as present
from tests.support.browser import Visitor
from tests.support.posts import comment_on, story_post
from tests.support.shop import Shop

RULE = {
    "name": "Price below posts", "keywords": "price, Kitna , price", "posts": "all", "live": "1", "again": "day",
    "texts": "Sent!\n\nLook in your DM\nSent!", "private": "Hello!", "products": "1", "ask": "Write to me.",
}  # fmt: skip


def page(owner: Visitor, path: str) -> str:
    answer = owner.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def send(owner: Visitor, path: str, data: dict[str, object], status: int) -> str:
    answer = owner.client.post(path, base_url=owner.address, data={**data, "csrf_token": owner.token()})
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def test_a_rule_is_a_workflow_that_is_on(owner: Visitor, shop: Shop) -> None:
    send(owner, "/app/comments/rules/new", RULE, 303)
    (workflow,) = shop.world.services.comment_rules.all(shop.id)
    rule = rule_of(workflow)
    assert rule is not None
    assert (workflow.state, rule.keywords, rule.texts) == ("live", ("price", "Kitna"), ("Sent!", "Look in your DM"))
    assert (rule.again, rule.live, rule.products, rule.private) == ("day", True, True, "Hello!")
    shown = page(owner, f"/app/comments/rules/{workflow.id}")
    assert "price, Kitna" in shown
    send(owner, f"/app/comments/rules/{workflow.id}", {**RULE, "texts": "", "live": "", "name": "Quiet"}, 303)
    changed = rule_of(shop.world.services.workflows.get(shop.id, workflow.id))
    assert changed is not None
    assert (changed.name, changed.texts, changed.live) == ("Quiet", (), False)
    send(owner, f"/app/comments/rules/{workflow.id}/switch", {"live": "0"}, 303)
    assert shop.world.services.workflows.get(shop.id, workflow.id).state == "paused"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write this."),
        ({"private": "  "}, "private", "Write this."),
        ({"posts": "chosen"}, "posts", "Choose at least one post."),
        ({"keywords": "x" * 61}, "keywords", "At most 60 characters a word."),
        ({"texts": "\n".join(map(str, range(11)))}, "texts", "At most 10 answers."),
        ({"texts": "x" * 301}, "texts", "At most 300 characters an answer."),
        ({"private": "x" * 501}, "private", "At most 500 characters."),
        ({"again": "hourly"}, "again", "Must be one of"),
    ],
)
def test_a_rule_that_cannot_be_comes_back_with_its_words(
    owner: Visitor, shop: Shop, change: dict[str, str], field: str, sentence: str
) -> None:
    shown = send(owner, "/app/comments/rules/new", {**RULE, **change}, 422)
    assert sentence in shown
    assert shop.world.services.comment_rules.all(shop.id) == []
    if field != "name":
        assert "Price below posts" in shown


def test_chosen_posts_are_kept(owner: Visitor, shop: Shop) -> None:
    post = story_post(shop, kind="reel", caption="Draping in 30 seconds")
    assert "Draping in 30 seconds" in page(owner, "/app/comments/rules/new")
    send(owner, "/app/comments/rules/new", {**RULE, "posts": "chosen", "post_refs": [post.post_ref]}, 303)
    (workflow,) = shop.world.services.comment_rules.all(shop.id)
    rule = rule_of(workflow)
    assert rule is not None
    assert rule.post_refs == (post.post_ref,)


def test_what_a_post_shows_is_said_on_its_page(owner: Visitor, shop: Shop) -> None:
    post, blue = story_post(shop, caption="<b>New</b> in"), shop.product("blue").product.id
    shown = page(owner, f"/app/posts/{post.id}")
    assert "&lt;b&gt;New&lt;/b&gt; in" in shown
    send(owner, f"/app/posts/{post.id}", {"products": [blue]}, 303)
    assert shop.world.services.posts.get(shop.id, post.id).product_ids == [blue]
    assert "Blue" in page(owner, "/app/posts")
    assert page(owner, "/app/posts?view=open").count("postcard") == 0
    shown = send(owner, f"/app/posts/{post.id}", {"products": ["prd_00000000000000"]}, 422)
    assert "One of these products is not there." in shown
    send(owner, f"/app/posts/{post.id}", {}, 303)
    assert shop.world.services.posts.get(shop.id, post.id).product_ids == []


def test_comments_say_what_became_of_them(owner: Visitor, shop: Shop) -> None:
    post = story_post(shop, kind="post", caption="Blue saree")
    comment_on(shop, post, "<script>price</script>")
    comment_on(shop, post, "rate?", state=CommentState.SKIPPED, reason="comment_too_old", username="anita")
    shown = page(owner, "/app/comments")
    assert "&lt;script&gt;price&lt;/script&gt;" in shown
    assert "It was older than 7 days when it came." in shown
    assert "@anita" in page(owner, "/app/comments?view=skipped")
    assert "@riya_sen" not in page(owner, "/app/comments?view=skipped")


def test_every_reason_to_leave_a_comment_alone_has_a_sentence() -> None:
    import ast
    from pathlib import Path

    from salespilots.services.messaging import comments

    tree = ast.parse(Path(comments.__file__).read_text())
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "_skip"]
    given = {one.args[2].value for one in calls if isinstance(one.args[2], ast.Constant)}
    assert given >= {"reply_to_comment", "comment_too_old", "answered_before"}
    assert given | {"opted_out", "taken_over", "too_many"} == set(present.SKIPPED)

"""A chat in which everything happened that a chat can show, made by the stand-in's webhooks and the owner's hands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from salespilots.domain.comment import Comment
from tests.support.instagram import ACCOUNT, InstagramShop

WHO = "200000000000042"


def every_bubble(far: InstagramShop) -> str:
    """Play it; returns the id of the chat."""
    twin, server, world = far.twin, far.server, far.world
    server.call(
        "/__profile", {"id": WHO, "name": "Kavya Iyer", "username": "kavya.weaves", "picture": url(far, shade=3)}
    )

    def tell(kind: str, **more: Any) -> str:
        world.clock.advance(timedelta(seconds=20))
        mid = more.pop("mid", f"mid.{kind}.{world.clock.now().timestamp()}")
        if kind in ("text", "image", "album", "quick_reply", "story_reply", "story_mention", "reply", "ad_message"):
            twin.wrote(WHO, mid, more.get("text", ""), ACCOUNT)
        far.deliver({"kind": kind, "from": WHO, "mid": mid, **more})
        return mid

    tell("ad_message", text="Hi! Saw this in your ad", url=url(far, shade=2), title="Festive sarees")
    world.settle()
    tell("text", text="blue saree kitna hai?")
    first = tell("text", text="2 chahiye")
    tell("react", about=first, emoji="❤️", by_shop=True)
    for line in ("Kavya Iyer", "98450 12345", "560038", "14, 3rd Cross, Indiranagar"):
        tell("text", text=line)
    confirm = next((one for one in reversed(twin.sent) if one["message"].get("quick_replies")), None)
    if confirm is not None:
        reply = confirm["message"]["quick_replies"][0]
        tell("quick_reply", text=reply["title"], payload=reply["payload"])
    world.settle()
    world.clock.advance(timedelta(minutes=5))
    chat = far.chat(WHO)
    world.services.conversations.take_over(far.shop.id, chat.id, user_id=far.shop.user.id)
    tell("story_reply", text="Is this one still there?", url=url(far, shade=4))
    tell("story_mention", url=url(far, shade=5))
    tell("image", url=url(far, shade=6))
    tell("album", urls=[url(far, shade=one) for one in range(7, 11)], text="Which of these?")
    tell("album", urls=[url(far, shade=one) for one in range(11, 14)])
    tell("video", url=url(far, kind="mp4"))
    tell("audio", url=url(far, kind="wav"))
    tell("file", url=url(far, kind="pdf"))
    tell("sticker", url=url(far, shade=14))
    tell("like_heart")
    tell("ig_post", url=url(far, shade=15), title="Indigo block prints are back\nDM to order")
    tell("ig_reel", url="https://www.instagram.com/reel/C1/", title="How we dye")
    typo = tell("text", text="Can you send it till fryday?")
    tell("edited", about=typo, text="Can you send it till Friday?")
    ours = far.reply("Yes, it leaves tomorrow morning.", WHO)
    ref = str(far.now(ours).provider_ref)
    tell("react", about=ref, emoji="🔥")
    tell("read", mid=ref)
    tell("reply", text="Great, thank you", about=ref)
    gone = tell("text", text="wrong chat")
    tell("deleted", mid=gone)
    tell("image", url=url(far, kind="html"))
    tell("unsupported")
    tell("ephemeral")
    tell("unknown")
    tell("echo_image", url=url(far, shade=16), mid="mid.app.1")
    _comment(far, chat.customer_id)
    server.fail_next("blocked", match="/messages")
    far.reply("Shall I send the bill as well?", WHO)
    server.fail_next("other_app", match="/messages")
    far.reply("Or shall I call you?", WHO)
    tell("request_thread_control")
    tell("pass_thread_control")
    world.services.maintenance.do_jobs()
    world.settle()
    return chat.id


def _comment(far: InstagramShop, customer_id: str) -> None:
    """The line of a comment is drawn from a row; who puts it there is no matter of the thread."""
    now = far.world.clock.now()
    row = Comment(
        id=far.world.services.core.ids.new("comment"), business_id=far.shop.id, provider="instagram", account_ref=ACCOUNT,
        comment_ref="c-1", customer_ref=WHO, created_at=now, sent_at=now, text="Price of the indigo one?", post_ref="179",
        conversation_id=far.chat(WHO).id,
    )  # fmt: skip
    with far.world.storage.unit_of_work(far.shop.id) as uow:
        uow.comments.add(row)
        uow.commit()


def url(far: InstagramShop, *, kind: str = "shade", shade: int = 1) -> str:
    """An address on the stand-in's content network."""
    return str(far.server.call("/__media", {"kind": kind, "shade": shade})["url"])

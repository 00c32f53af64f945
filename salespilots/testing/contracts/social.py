"""The contract of a channel with posts, comments, reactions and late answers: what it claims, it does.

A plugin's test adds it to its `ChannelContract` class: ``class TestMine(ChannelContract, SocialContract)``. What the
channel's capabilities do not claim is left out.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from .channel_harness import ChannelHarness, outbound


def far_comment(harness: ChannelHarness) -> str:
    """Somebody comments at the far side; its reference, or skip where the harness cannot."""
    if harness.comment is None:
        pytest.skip("this harness has nobody who comments")
    return harness.comment()


class SocialContract:
    """Beside `ChannelContract`."""

    def test_late_answers_carry_the_tag_of_a_person(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import Rejected

        can = harness.provider.capabilities
        if can.late_reply is None:
            pytest.skip("no late answers")
        assert can.late_tag
        assert can.reply_window is not None
        assert can.late_reply > can.reply_window
        channel = harness.channel()
        with pytest.raises(Rejected):
            channel.send(dataclasses.replace(outbound(harness), tag=can.late_tag))
        assert harness.taken() == []
        late = dataclasses.replace(outbound(harness, key="late"), tag=can.late_tag, human=True)
        assert channel.send(late).provider_ref

    def test_a_comment_is_answered_in_private_once(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import Rejected

        if harness.provider.capabilities.comment_window is None:
            pytest.skip("no private answers")
        ref, channel = far_comment(harness), harness.channel()
        private = dataclasses.replace(outbound(harness), comment_ref=ref)
        receipt = channel.send(private)
        assert receipt.provider_ref
        assert receipt.customer_ref, "the answer tells whom it went to"
        with pytest.raises(Rejected) as caught:
            channel.send(dataclasses.replace(private, idempotency_key="key-2"))
        assert caught.value.reason == "already_replied"
        assert [one.provider_ref for one in harness.taken()] == [receipt.provider_ref]

    def test_a_comment_is_answered_for_everybody_and_the_answer_can_be_found(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import PublicReply

        can = harness.provider.capabilities
        if "public_reply" not in can.content:
            pytest.skip("no public answers")
        ref, channel = far_comment(harness), harness.channel()
        public = dataclasses.replace(outbound(harness, PublicReply(text="Look in your messages")), comment_ref=ref)
        receipt = channel.send(public)
        if can.lists_posts:
            below = [one for one in channel.replies(ref) if one.from_shop]
            assert [(one.provider_ref, one.text) for one in below] == [(receipt.provider_ref, "Look in your messages")]

    @pytest.mark.parametrize("act", ["typing", "seen", "react"])
    def test_acts_it_claims(self, harness: ChannelHarness, act: str) -> None:
        if act not in harness.provider.capabilities.acts:
            pytest.skip(f"no {act}")
        channel, given = harness.channel(), {"message_ref": "m-1", "emoji": "\u2764\ufe0f"}
        channel.act(harness.recipient_ref, act, **(given if act == "react" else {}))
        if act == "react":
            channel.act(harness.recipient_ref, act, message_ref="m-1")
        assert harness.taken() == [], "an act is no message"

    def test_posts_are_listed_to_the_end(self, harness: ChannelHarness) -> None:
        if not harness.provider.capabilities.lists_posts:
            pytest.skip("no posts")
        channel, cursor, seen = harness.channel(), "", list[str]()
        for _ in range(50):
            page = channel.posts(cursor)
            seen += [one.ref for one in page.items]
            assert all(one.kind in ("post", "reel", "story", "live", "ad") for one in page.items)
            cursor = page.cursor
            if not cursor:
                break
        assert not cursor, "a list has an end"
        assert len(seen) == len(set(seen))
        assert len(seen) >= harness.posts
        for ref in seen[:1]:
            assert channel.post(ref).ref == ref

    def test_a_post_that_is_not_there(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import PortError

        if not harness.provider.capabilities.lists_posts:
            pytest.skip("no posts")
        channel: Any = harness.channel()
        with pytest.raises(PortError):
            channel.post("1")

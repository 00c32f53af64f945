"""The part of the channel contract about what becomes of messages, and about recent chats that can be read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from .channel_harness import ChannelHarness, Said


class TellingContract:
    """What a channel tells besides messages, as its harness says in ``tells``. Part of `ChannelContract`."""

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("reaction", "reaction"), ("unreaction", "reaction"), ("edited", "edited"), ("deleted", "deleted"), ("echo", "echo"),
        ],
    )  # fmt: skip
    def test_what_becomes_of_a_message(self, harness: ChannelHarness, kind: str, told: str) -> None:
        """It names the message and the customer, starts nothing, and is another event than the message itself."""
        if kind not in harness.tells or harness.signed_request is None:
            pytest.skip(f"this channel tells nothing of the kind: {kind}")
        said = Said(ref="m-7", text="in other words", kind=kind)
        parse = harness.webhooks().parse
        (event,) = parse(harness.signed_request(said))
        (message,) = parse(harness.signed_request(Said(ref="m-7")))
        assert (event.kind, event.message_ref, event.customer_ref) == (told, "m-7", said.customer_ref)
        assert event.sent_at == said.at
        assert event.event_id not in ("", message.event_id)
        assert [event.event_id] == [one.event_id for one in parse(harness.signed_request(said))]
        if kind == "reaction":
            assert event.emoji
            assert not event.removed
        if kind == "unreaction":
            assert event.removed
        if kind in ("edited", "echo"):
            assert event.text == "in other words"

    def test_recent_chats_are_told_like_their_webhooks(self, harness: ChannelHarness) -> None:
        """The same event id and message: whichever of both comes second changes nothing."""
        if not harness.provider.capabilities.reads_recent:
            pytest.skip("its recent chats cannot be read")
        assert harness.wrote is not None, "the harness puts a message into the far side's history"
        assert harness.signed_request is not None
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
        said = [Said(ref=f"m-{n}", text=f"t{n}", customer_ref=str(200000000000001 + n), at=at) for n in range(3)]
        for one in said:
            harness.wrote(one)
        told = {one.event_id: one for one in harness.webhooks().parse(harness.signed_request(*said))}
        channel, read, cursor = harness.channel(), [], ""
        for _ in range(50):
            page = channel.recent(since=at - timedelta(minutes=1), cursor=cursor)
            read += page.items
            cursor = page.cursor
            if not cursor:
                break
        assert {one.event_id for one in read} == set(told)
        for one in read:
            twin = told[one.event_id]
            assert (one.kind, one.text, one.customer_ref, one.message_ref, one.account_ref, one.sent_at) == (
                twin.kind, twin.text, twin.customer_ref, twin.message_ref, twin.account_ref, twin.sent_at,
            )  # fmt: skip

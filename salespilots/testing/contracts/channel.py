"""The contract of a channel. A plugin's test subclasses `ChannelContract` and provides a ``harness`` fixture."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .channel_events import TellingContract
from .channel_harness import SENT, ChannelHarness, Said, outbound

# (what the provider does, the error it must become, its reason or "")
SEND_FAILURES = (
    ("refuse_connection", "Unavailable", ""),
    ("429", "RateLimited", ""),
    ("token_expired", "AuthFailed", ""),
    ("400", "Rejected", ""),
    ("outside_window", "Rejected", "reply_window_closed"),
    ("500_after_accept", "OutcomeUnknown", ""),
    ("500", "OutcomeUnknown", ""),
    ("502_html", "OutcomeUnknown", ""),
    ("200_rubbish", "OutcomeUnknown", ""),
    ("timeout_after_accept", "OutcomeUnknown", ""),
    ("timeout", "OutcomeUnknown", ""),
    ("drop_after_accept", "OutcomeUnknown", ""),
    ("drop_before", "OutcomeUnknown", ""),
)
LOST_ANSWERS = ("500_after_accept", "200_rubbish", "timeout_after_accept", "drop_after_accept")


class ChannelContract(TellingContract):
    """Every channel passes this."""

    # --- the record ---------------------------------------------------------------------------------------

    def test_record_is_complete(self, harness: ChannelHarness) -> None:
        from salespilots.ports.markers import PORT_VERSION

        provider = harness.provider
        assert provider.key
        assert provider.key == provider.key.lower()
        assert provider.label
        assert provider.port_version == PORT_VERSION
        assert provider.capabilities.max_text_bytes > 0
        assert "text" in provider.capabilities.content
        assert provider.capabilities.content <= {
            "text", "image", "quick_replies", "product_cards", "images", "buttons", "public_reply",
        }  # fmt: skip
        assert provider.capabilities.acts <= {"typing", "seen", "react"}
        window = provider.capabilities.reply_window
        assert window is None or window > timedelta(0)

    def test_settings_load(self, harness: ChannelHarness) -> None:
        loaded = harness.provider.settings().load(harness.settings)
        assert {name: loaded[name] for name in harness.settings} == harness.settings
        if harness.provider.account_field:
            assert harness.provider.account_field in loaded
        if harness.provider.instance_settings is not None:
            harness.provider.instance_settings().load({})  # the app starts without

    def test_secrets_are_not_shown(self, harness: ChannelHarness) -> None:
        shown = repr(harness.plugin_settings()) + repr(harness.channel()) + repr(harness.provider)
        if harness.provider.webhooks is not None:
            shown += repr(harness.webhooks())
        for secret in harness.secrets():
            assert secret not in shown

    # --- coming in ----------------------------------------------------------------------------------------

    def _request(self, harness: ChannelHarness, *said: Said, **options: Any) -> Any:
        if harness.signed_request is None:
            pytest.skip("no webhooks")
        return harness.signed_request(*said, **options)

    def test_takes_a_signed_message(self, harness: ChannelHarness) -> None:
        request = self._request(harness, Said(text="कितने का है? 😀"))
        webhooks = harness.webhooks()
        webhooks.verify(request)
        (event,) = webhooks.parse(request)
        assert event.kind == "message"
        assert event.automation
        assert event.text == "कितने का है? 😀"
        assert event.customer_ref == "200000000000001"
        assert event.account_ref == harness.account_ref
        assert event.sent_at == SENT
        assert event.event_id
        assert event.message_ref

    def test_refuses_a_changed_body(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import BadSignature

        request = self._request(harness, Said(text="Price?"))
        changed = dataclasses.replace(request, body=request.body.replace(b"Price?", b"Free??"))
        assert changed.body != request.body
        with pytest.raises(BadSignature):
            harness.webhooks().verify(changed)

    def test_refuses_no_signature(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import BadSignature

        request = dataclasses.replace(self._request(harness, Said()), headers={})
        with pytest.raises(BadSignature):
            harness.webhooks().verify(request)

    @pytest.mark.parametrize("junk", ["", "sha256=", "sha256=é", "\udcff", "0" * 64, "sha256=" + "0" * 64])
    def test_refuses_a_junk_signature(self, harness: ChannelHarness, junk: str) -> None:
        from salespilots.ports.errors import BadSignature

        request = self._request(harness, Said())
        with pytest.raises(BadSignature):
            harness.webhooks().verify(dataclasses.replace(request, headers=dict.fromkeys(request.headers, junk)))

    def test_refuses_another_secret(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import BadSignature

        with pytest.raises(BadSignature):
            harness.webhooks().verify(self._request(harness, Said(), secret="somebody else's"))

    def test_an_empty_secret_refuses_everything(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import BadSignature

        request = self._request(harness, Said(), secret="")
        assert harness.secret_at is not None
        for empty in ("", None):
            with pytest.raises(BadSignature):
                harness.webhooks(**{harness.secret_at[1]: empty}).verify(request)

    def test_same_event_same_id(self, harness: ChannelHarness) -> None:
        first = harness.webhooks().parse(self._request(harness, Said()))
        again = harness.webhooks().parse(self._request(harness, Said()))
        other = harness.webhooks().parse(self._request(harness, Said(ref="m-2")))
        assert [one.event_id for one in first] == [one.event_id for one in again]
        assert first[0].event_id != other[0].event_id

    def test_a_batch_keeps_every_event(self, harness: ChannelHarness) -> None:
        said = [Said(ref=f"m-{n}", text=f"t{n}", customer_ref=str(200000000000001 + n)) for n in range(5)]
        events = harness.webhooks().parse(self._request(harness, *said))
        assert [(one.text, one.customer_ref) for one in events] == [(one.text, one.customer_ref) for one in said]
        assert len({one.event_id for one in events}) == 5

    def test_an_unknown_kind_is_other(self, harness: ChannelHarness) -> None:
        events = harness.webhooks().parse(self._request(harness, Said(kind="unknown", ref="m-9"), Said()))
        assert sorted(one.kind for one in events) == ["message", "other"]

    @pytest.mark.parametrize(
        "body", [b"", b"not json", b"[]", b'"x"', b"1", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5000]
    )
    def test_what_is_not_the_providers_json_is_a_value_error(self, harness: ChannelHarness, body: bytes) -> None:
        request = dataclasses.replace(self._request(harness, Said()), body=body)
        with pytest.raises(ValueError):
            harness.webhooks().parse(request)

    # --- going out ----------------------------------------------------------------------------------------

    def test_sends_once(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import Text

        receipt = harness.channel().send(outbound(harness, Text(text="₹1,299 only 🙏")))
        assert receipt.provider_ref
        (message,) = harness.taken()
        assert message.recipient_ref == harness.recipient_ref
        assert message.text == "₹1,299 only 🙏"
        assert receipt.provider_ref == message.provider_ref

    def test_a_send_that_may_not_begin_leaves_nothing(self, harness: ChannelHarness) -> None:
        """Asked as late as can be, with the connection there; the next one leaves."""
        from salespilots.ports.channel import TooLate

        asked: list[str] = []

        def begin() -> None:
            asked.append("may I")
            raise TooLate

        channel = harness.channel()
        with pytest.raises(TooLate):
            channel.send(dataclasses.replace(outbound(harness), begin=begin))
        assert asked
        receipt = channel.send(outbound(harness))
        assert [one.provider_ref for one in harness.taken()] == [receipt.provider_ref]

    def test_content_it_claims(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import (
            Button,
            Buttons,
            Image,
            Images,
            ProductCard,
            ProductCards,
            QuickReply,
            Text,
        )

        buttons = (Button(title="Buy", payload="product:1"), Button(title="See", url="https://shop.example/1"))
        card = ProductCard(title="Saree", subtitle="₹899", image_url="https://shop.example/1.jpg", buttons=buttons)
        samples = {
            "quick_replies": Text(text="Which?", quick_replies=(QuickReply(title="Red", payload="v:red"),)),
            "image": Image(url="https://shop.example/1.jpg"),
            "product_cards": ProductCards(cards=(card, ProductCard(title="Plain"))),
            "images": Images(urls=("https://shop.example/1.jpg", "https://shop.example/2.jpg")),
            "buttons": Buttons(text="Track your parcel", buttons=buttons),
        }
        channel = harness.channel()
        for number, (name, content) in enumerate(samples.items()):
            if name in harness.provider.capabilities.content:
                assert channel.send(outbound(harness, content, f"key-{number}")).provider_ref

    def test_many_threads(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import Text

        channel = harness.channel()

        def send(number: int) -> str:
            return channel.send(outbound(harness, Text(text=f"n{number}"), f"key-{number}")).provider_ref

        with ThreadPoolExecutor(8) as pool:
            refs = list(pool.map(send, range(40)))
        assert len(set(refs)) == 40
        assert {one.text: one.provider_ref for one in harness.taken()} == {f"n{n}": refs[n] for n in range(40)}

    @pytest.mark.parametrize(("kind", "error", "reason"), SEND_FAILURES)
    def test_failures_of_a_send(self, harness: ChannelHarness, kind: str, error: str, reason: str) -> None:
        from salespilots.ports import errors

        harness.breaks(kind, retry_after=7)
        started = time.monotonic()
        with pytest.raises(errors.PortError) as caught:
            harness.channel().send(outbound(harness))
        problem = caught.value
        assert type(problem) is getattr(errors, error)
        assert problem.provider == harness.provider.key
        assert time.monotonic() - started < harness.limit
        if reason:
            assert problem.reason == reason
        if kind == "429":
            assert problem.retry_after == 7
        if error == "AuthFailed":
            assert problem.user_action
        shown = f"{problem} {problem!r} {problem.details} {problem.user_action}"
        for secret in harness.secrets():
            assert secret not in shown

    @pytest.mark.parametrize("kind", LOST_ANSWERS)
    def test_a_lost_answer_is_not_sent_again(self, harness: ChannelHarness, kind: str) -> None:
        from salespilots.ports.errors import OutcomeUnknown

        harness.breaks(kind)
        with pytest.raises(OutcomeUnknown):
            harness.channel().send(outbound(harness))
        assert len(harness.taken()) == 1

    def test_works_again_afterwards(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import PortError

        harness.breaks("drop_before")
        channel = harness.channel()
        with pytest.raises(PortError):
            channel.send(outbound(harness))
        assert channel.send(outbound(harness)).provider_ref

    # --- reading ------------------------------------------------------------------------------------------

    def test_history_settles_a_lost_answer(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import Text
        from salespilots.ports.errors import OutcomeUnknown, Unsupported

        channel = harness.channel()
        since = datetime.now(UTC) - timedelta(minutes=1)
        if not harness.provider.capabilities.reads_history:
            with pytest.raises(Unsupported):
                channel.history(harness.recipient_ref, since=since)
            return
        before = channel.send(outbound(harness, Text(text="first")))
        harness.breaks("timeout_after_accept")
        with pytest.raises(OutcomeUnknown):
            channel.send(outbound(harness, Text(text="second"), "key-2"))
        shown = channel.history(harness.recipient_ref, since=since)
        assert [(one.text, one.from_shop) for one in shown] == [("first", True), ("second", True)]
        assert shown[0].provider_ref == before.provider_ref
        assert all(one.sent_at.tzinfo is not None for one in shown)
        assert channel.history(harness.recipient_ref, since=datetime.now(UTC) + timedelta(minutes=1)) == []

    @pytest.mark.parametrize("kind", ["429", "500", "200_rubbish", "200_empty", "drop_before"])
    def test_a_history_with_a_hole_is_an_error(self, harness: ChannelHarness, kind: str) -> None:
        """Whichever of the calls behind it goes wrong: what is missing would be sent again."""
        from salespilots.ports.channel import Text
        from salespilots.ports.errors import PortError

        if not harness.provider.capabilities.reads_history:
            pytest.skip("no history")
        channel = harness.channel()
        receipt = channel.send(outbound(harness, Text(text="first")))
        since = datetime.now(UTC) - timedelta(minutes=1)
        for calls in range(10):
            harness.breaks(kind, match="", skip=calls)
            try:
                shown = channel.history(harness.recipient_ref, since=since)
            except PortError:
                continue
            assert [(one.provider_ref, one.text) for one in shown] == [(receipt.provider_ref, "first")]
            assert calls
            return
        pytest.fail("the history was never whole")

    def test_profile_is_known_or_a_port_error(self, harness: ChannelHarness) -> None:
        from salespilots.ports.channel import CustomerProfile
        from salespilots.ports.errors import PortError

        try:
            assert isinstance(harness.channel().profile(harness.recipient_ref), CustomerProfile)
        except PortError as error:
            assert error.provider == harness.provider.key

    def test_check(self, harness: ChannelHarness) -> None:
        health = harness.channel().check()
        assert health.ok
        assert health.detail
        assert harness.delivered is None or harness.delivered() == []

    def test_check_of_a_bad_key(self, harness: ChannelHarness) -> None:
        from salespilots.ports.errors import PortError

        harness.breaks("token_expired", match="")
        try:
            health = harness.channel().check()
        except PortError:
            return
        assert not health.ok
        assert health.detail

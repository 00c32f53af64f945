"""Signatures, the handshake, and every kind of event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salespilots.ports.channel import Inbound
from salespilots.ports.errors import BadSignature
from salespilots.ports.settings import PluginSettings
from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.twin import Call, Handler, Reply, Twin, TwinServer, wait_until
from salespilots_channel_instagram.parsing import EPOCH, moment, parse_body, ref_of
from salespilots_channel_instagram.settings import InstagramInstance, InstagramSettings
from salespilots_channel_instagram.twin import InstagramTwin, entry, item, signed_body
from salespilots_channel_instagram.webhooks import InstagramWebhooks

A, C = "17841400000000001", "200000000000001"


def webhooks(**instance: Any) -> InstagramWebhooks:
    values = {"app_secret": "old, new", "verify_token": "vt", **instance}
    return InstagramWebhooks.from_settings(PluginSettings(provider="instagram", business_id="", instance=values))


def one(event: dict[str, Any]) -> Inbound:
    (found,) = parse_body({"object": "instagram", "entry": [entry(A, [item(A, event)])]})
    return found


def test_any_of_several_secrets() -> None:
    for secret in ("old", "new"):
        body, headers = signed_body(secret, [])
        webhooks().verify(WebhookRequest(body=body, headers=headers))
    body, headers = signed_body("old, new", [])
    with pytest.raises(BadSignature):
        webhooks().verify(WebhookRequest(body=body, headers=headers))


@pytest.mark.parametrize("empty", ["", " , ,", None])
def test_no_secret_refuses(empty: str | None) -> None:
    body, headers = signed_body("", [])
    with pytest.raises(BadSignature):
        webhooks(app_secret=empty).verify(WebhookRequest(body=body, headers=headers))


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({}, "<b>1158201444</b>"),
        ({"hub.mode": "unsubscribe"}, None),
        ({"hub.verify_token": "other"}, None),
        ({"hub.verify_token": "é\udcff"}, None),
        ({"hub.challenge": ""}, None),
    ],
)
def test_handshake(changed: dict[str, str], answer: str | None) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "<b>1158201444</b>", "hub.verify_token": "vt", **changed}
    assert webhooks().handshake(WebhookRequest(body=b"", query=query)) == answer
    assert (
        webhooks(verify_token="").handshake(WebhookRequest(body=b"", query={**query, "hub.verify_token": ""})) is None
    )


def test_kinds() -> None:
    assert one({"kind": "quick_reply", "text": "Yes", "payload": "yes"}).payload == "yes"
    assert one({"kind": "postback", "text": "Track", "payload": "order_status"}).text == "Track"
    reply = one({"kind": "story_reply", "text": "This one?"})
    assert (reply.kind, reply.reply_to_ref, reply.attachments) == ("story_reply", "17900000000000002", ())
    assert one({"kind": "story_mention"}).attachments[0].url == "https://cdn.example.com/1.jpg"
    assert one({"kind": "image"}).kind == "message"
    unsupported = one({"kind": "unsupported"})
    assert (unsupported.kind, unsupported.unsupported, unsupported.automation) == ("message", True, False)
    for kind in ("reaction", "read", "referral", "deleted", "edited", "echo"):
        assert one({"kind": kind}).kind == kind
    assert one({"kind": "pass_thread_control"}).kind == "handover"
    assert one({"kind": "optin"}).kind == "other"
    comment = one({"kind": "comment", "text": "Price?"})
    assert (comment.kind, comment.automation, comment.customer_ref, comment.customer_name) == ("comment", False, C, "cust_0001")  # fmt: skip


def test_an_echo_names_the_customer_too() -> None:
    echo = one({"kind": "echo", "from": C, "mid": "m1"})
    assert (echo.customer_ref, echo.account_ref, echo.message_ref) == (C, A, "m1")


def test_one_message_has_several_events() -> None:
    ids = {one({"kind": kind, "mid": "m1", "at": 1}).event_id for kind in ("text", "echo", "deleted", "edited", "read")}
    assert len(ids) == 5


def test_standby_is_kept_and_never_answered() -> None:
    event = one({"kind": "standby", "text": "hi", "mid": "m1"})
    assert (event.kind, event.text, event.automation) == ("message", "hi", False)
    assert event.event_id != one({"text": "hi", "mid": "m1"}).event_id
    (empty,) = parse_body(
        {"object": "instagram", "entry": [{"id": A, "standby": [{"sender": {"id": C}, "postback": {}}]}]}
    )
    assert (empty.kind, empty.automation) == ("handover", False)


def test_own_things_are_not_answered() -> None:
    own = {"field": "comments", "value": {"id": "c1", "from": {"id": A}, "text": "Thanks!"}}
    selfie = item(A, {"kind": "echo"})
    selfie["message"]["is_self"] = True
    events = parse_body({"object": "instagram", "entry": [entry(A, [own, selfie])]})
    assert [event.kind for event in events] == ["other", "other"]


@pytest.mark.parametrize("unmarked", [{}, {"is_echo": False}])
def test_what_the_account_wrote_is_an_echo_also_without_the_mark(unmarked: dict[str, Any]) -> None:
    message = {"mid": "m1", "text": "From the shop", **unmarked}
    made = {"sender": {"id": A}, "recipient": {"id": C}, "timestamp": 1_700_000_000_000, "message": message}
    (event,) = parse_body({"object": "instagram", "entry": [entry(A, [made])]})
    assert (event.kind, event.customer_ref, event.message_ref, event.text) == ("echo", C, "m1", "From the shop")
    assert event.event_id == one({"kind": "echo", "from": C, "mid": "m1"}).event_id
    tapped = {**made, "message": None, "postback": {"mid": "m2", "title": "Buy", "payload": "buy"}}
    (event,) = parse_body({"object": "instagram", "entry": [entry(A, [tapped])]})
    assert event.kind == "other"


def test_an_edit_without_anything() -> None:
    (event,) = parse_body(
        {"object": "instagram", "entry": [{"id": A, "time": 1_700_000_000_000, "messaging": [{"message_edit": {"mid": "m", "num_edit": 0}}]}]}
    )  # fmt: skip
    assert (event.kind, event.text, event.customer_ref, event.message_ref) == ("edited", "", "", "m")
    assert event.sent_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_the_dashboards_test_button() -> None:
    value = {
        "sender": {"id": "12334"}, "recipient": {"id": "23245"}, "timestamp": "1527459824",
        "message": {"mid": "random_mid", "text": "random_text"},
    }  # fmt: skip
    body = {
        "object": "instagram",
        "entry": [{"id": "0", "time": 1, "changes": [{"field": "messages", "value": value}]}],
    }
    (event,) = parse_body(body)
    assert (event.account_ref, event.automation) == ("0", False)
    assert event.sent_at == datetime.fromtimestamp(1527459824, UTC)


def test_flat_and_listed_changes() -> None:
    value = {"id": "c1", "text": "Price?", "from": {"id": C}}
    flat = {"id": A, "time": 1, "field": "comments", "value": value}
    listed = {"id": A, "time": 1, "changes": [{"field": "comments", "value": value}], "messaging": [item(A, {})]}
    first, message, second = parse_body({"object": "instagram", "entry": [flat, listed]})
    assert first.event_id == second.event_id
    assert message.kind == "message"
    (other,) = parse_body({"object": "instagram", "entry": [{"id": A, "changed_fields": ["comments"]}]})
    assert other.kind == "other"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_700_000_000, 1_700_000_000), (1_700_000_000_000, 1_700_000_000), ("1700000000000", 1_700_000_000),
        ("2023-11-14T22:13:20+0000", 1_700_000_000), (0, None), (-5, None), (True, None), ("", None), ("soon", None),
        (None, None), (10**400, None), (float("inf"), None), ([], None), ("1e400", None), ("nan", None),
        ("0001-01-01T00:00:00+23:59", None), ("9999-12-31T23:59:59-23:59", None), (10**14 - 1, 10**11 - 0.001),
    ],
)  # fmt: skip
def test_times(value: Any, expected: float | None) -> None:
    assert moment(value) == (None if expected is None else datetime.fromtimestamp(expected, UTC))


def test_no_time_at_all_is_the_documented_one() -> None:
    (event,) = parse_body(
        {"object": "instagram", "entry": [{"id": A, "messaging": [{"message": {"mid": "m", "text": "t"}}]}]}
    )
    assert event.sent_at == EPOCH


def test_ids() -> None:
    assert ref_of(987654321432) == "987654321432"
    assert [ref_of(junk) for junk in (None, True, 1.5, [], {})] == [""] * 5
    assert len(ref_of("x" * 5000)) == 64


def test_strings_no_database_takes() -> None:
    body = b'{"object":"instagram","entry":[{"id":"1","messaging":[{"sender":{"id":"2\\u0000"},"recipient":{"id":"1"},"timestamp":1,"message":{"mid":"m\\ud83d","text":"a\\u0000\\ud83d\\ude00\\udc00"}}]}]}'  # fmt: skip
    (event,) = webhooks().parse(WebhookRequest(body=body))
    assert (event.customer_ref, event.message_ref, event.text) == ("2", "m?", "a😀?")
    assert json.dumps(event.raw).isascii()


def test_a_thousand_in_one_post() -> None:
    entries = [entry(A, [item(A, {"mid": f"m{n}"}) for n in range(100)]) for _ in range(10)]
    assert len(parse_body({"object": "instagram", "entry": entries})) == 1000


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("message", "postback", "read", "reaction", "message_edit", "referral", "sender", "recipient", "timestamp")
INNER = ("mid", "text", "is_echo", "attachments", "quick_reply", "reply_to", "payload", "id", "type", "story", "from")
inner = st.dictionaries(st.sampled_from(INNER), junk | st.dictionaries(st.sampled_from(INNER), junk), max_size=5)
things = st.dictionaries(st.sampled_from(KEYS), inner | junk, max_size=5)


@settings(deadline=None)
@given(
    st.lists(things, max_size=3),
    st.lists(st.fixed_dictionaries({"field": junk, "value": inner | junk}), max_size=3),
    junk,
)
def test_anything_below_the_envelope_is_survived(messaging: Any, changes: Any, account: Any) -> None:
    body = {"object": "instagram", "entry": [{"id": account, "messaging": messaging, "changes": changes}, account]}
    for event in parse_body(body):
        assert event.event_id
        assert len(event.event_id) < 500
        assert event.sent_at.tzinfo is not None
        assert isinstance(event.text, str)
        assert isinstance(event.payload, str)


def test_settings() -> None:
    assert InstagramInstance().load({})["graph_url"] == "https://graph.instagram.com"
    assert InstagramInstance().validate({"graph_url": "https://graph.instagram.com/v26.0"})
    assert InstagramSettings().validate({"account_id": "@shop", "access_token": "t"})


class Receiver(Twin):
    """Our own webhook address, as Meta sees it."""

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        return (("POST", "/hook", lambda call: Reply(200, {"n": len(call.body)})),)

    def record(self, call: Call) -> None:
        super().record(call)
        self.last = WebhookRequest(body=call.body, headers=call.headers)


def test_the_stand_in_delivers_signed_and_echoes() -> None:
    receiver = Receiver()
    with TwinServer(receiver) as hook:
        with TwinServer(InstagramTwin(app_secret="new", webhook_url=f"{hook.url}/hook", echoes=True)) as twin:
            events = [{"from": C, "text": f"t{n}"} for n in range(3)]
            answer = twin.call("/__deliver", {"events": events, "times": 2, "shuffle": True})
            assert [one["status"] for one in answer["posted"]] == [200] * 6
            webhooks().verify(receiver.last)
            twin.call("/__deliver", {"events": events, "batch": True})
            assert len(webhooks().parse(receiver.last)) == 3
            twin.call("/v26.0/me/messages?access_token=t", {"recipient": {"id": C}, "message": {"text": "Namaste"}})
            wait_until(lambda: len(hook.requests()) == 8)
            (echo,) = webhooks().parse(receiver.last)
            assert (echo.kind, echo.text, echo.customer_ref) == ("echo", "Namaste", C)
            assert echo.message_ref == twin.state()["sent"][0]["mid"]

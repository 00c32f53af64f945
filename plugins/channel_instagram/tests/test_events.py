"""Every kind of event, in every envelope it was seen in: what the core is told of each, and that none costs its neighbours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salespilots.ports.channel import Inbound, Subject
from salespilots.ports.webhook import WebhookRequest
from salespilots_channel_instagram.parsing import ANOTHER_APP, parse_body
from salespilots_channel_instagram.twin import item, signed_body
from salespilots_channel_instagram.twin_events import KINDS, OTHER_APP, OUR_APP, POST, REEL, STORY, envelopes
from salespilots_channel_instagram.webhooks import InstagramWebhooks

A, C, AT = "17841400000000001", "200000000000001", 1_790_000_000_000
URL = "https://lookaside.fbsbx.com/x.jpg"
TALKS = ("message", "quick_reply", "postback", "story_reply", "story_mention")


def read(event: dict[str, Any], shape: str = "messaging", *, seconds: bool = False, app: str = OUR_APP) -> Inbound:
    made = item(A, {"mid": "m1", "at": AT, "url": URL, **event})
    (found,) = parse_body({"object": "instagram", "entry": envelopes(A, [made], shape, seconds=seconds)}, app)
    return found


CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "text", "text": "नमस्ते"}, {"kind": "message", "text": "नमस्ते", "automation": True}),
    ({"kind": "album"}, {"kind": "message", "kinds": ["image"] * 3}),
    ({"kind": "video"}, {"kind": "message", "kinds": ["video"]}),
    ({"kind": "audio"}, {"kind": "message", "kinds": ["audio"]}),
    ({"kind": "file"}, {"kind": "message", "kinds": ["file"]}),
    ({"kind": "sticker"}, {"kind": "message", "kinds": ["image"]}),
    ({"kind": "like_heart"}, {"kind": "message", "kinds": ["like_heart"]}),
    ({"kind": "ephemeral"}, {"kind": "message", "kinds": ["ephemeral"]}),
    ({"kind": "fallback"}, {"kind": "message", "kinds": ["fallback"]}),
    ({"kind": "template"}, {"kind": "message", "kinds": ["template"]}),
    ({"kind": "share"}, {"kind": "message", "subject": Subject(kind="post", ref=POST, url=URL, title="New in")}),
    ({"kind": "ig_post"}, {"kind": "message", "subject": Subject(kind="post", ref=POST, url=URL, title="New in")}),
    ({"kind": "both_posts"}, {"kinds": ["share", "ig_post"], "subject": Subject(kind="post", ref=POST, url=URL, title="New in")}),
    ({"kind": "ig_reel"}, {"kind": "message", "subject": Subject(kind="reel", ref=REEL, url=URL, title="A reel")}),
    ({"kind": "reel"}, {"kind": "message", "subject": Subject(kind="reel", ref=REEL, url=URL, title="A reel")}),
    ({"kind": "ig_story"}, {"kind": "message", "subject": Subject(kind="story", ref=STORY, url=URL)}),
    ({"kind": "story_reply", "text": "?"}, {"kind": "story_reply", "subject": Subject(kind="story", ref=STORY, url=URL)}),
    ({"kind": "story_mention"}, {"kind": "story_mention", "subject": Subject(kind="story", url=URL)}),
    ({"kind": "reply", "text": "this", "about": "m0"}, {"kind": "message", "reply_to_ref": "m0"}),
    ({"kind": "quick_reply", "payload": "yes"}, {"kind": "quick_reply", "payload": "yes"}),
    ({"kind": "ice_breaker", "payload": "catalogue"}, {"kind": "postback", "payload": "catalogue", "message_ref": ""}),
    ({"kind": "react", "about": "m0"}, {"kind": "reaction", "message_ref": "m0", "emoji": "❤️", "removed": False}),
    ({"kind": "react", "emoji": "🔥", "reaction": "other"}, {"kind": "reaction", "emoji": "🔥"}),
    ({"kind": "react", "reaction": "sad"}, {"kind": "reaction", "emoji": "😢"}),
    ({"kind": "react", "reaction": "brand_new"}, {"kind": "reaction", "emoji": "🙂"}),
    ({"kind": "unreact", "about": "m0"}, {"kind": "reaction", "message_ref": "m0", "removed": True, "emoji": ""}),
    ({"kind": "read", "mid": "m0"}, {"kind": "read", "message_ref": "m0"}),
    ({"kind": "edited", "about": "m0", "text": "two"}, {"kind": "edited", "message_ref": "m0", "text": "two"}),
    ({"kind": "edited", "about": "m0"}, {"kind": "edited", "message_ref": "m0", "text": ""}),
    ({"kind": "deleted", "mid": "m0"}, {"kind": "deleted", "message_ref": "m0", "facts": {}}),
    ({"kind": "echo_deleted", "about": "m0"}, {"kind": "deleted", "message_ref": "m0", "facts": {"by": "shop"}}),
    ({"kind": "unsupported"}, {"kind": "message", "unsupported": True, "automation": False}),
    ({"kind": "echo", "text": "Yes"}, {"kind": "echo", "text": "Yes", "customer_ref": C}),
    ({"kind": "echo_image"}, {"kind": "echo", "kinds": ["image"], "customer_ref": C}),
    ({"kind": "self"}, {"kind": "other", "unsupported": False, "customer_ref": ""}),
    ({"kind": "ad"}, {"kind": "referral", "source": "ADS", "subject": Subject(kind="ad", ref=POST, url=URL, title="Festive sarees")}),
    ({"kind": "ad_message", "text": "?"}, {"kind": "message", "source": "ADS", "post": POST}),
    ({"kind": "link_message"}, {"kind": "message", "source": "IGME", "subject": None}),
    ({"kind": "ad_postback"}, {"kind": "postback", "source": "ADS", "post": POST}),
    ({"kind": "referral", "payload": "diwali"}, {"kind": "referral", "source": "IGME", "payload": "diwali"}),
    ({"kind": "pass_thread_control"}, {"kind": "handover", "facts": {"owner": OTHER_APP}}),
    ({"kind": "pass_thread_control", "app": OUR_APP}, {"kind": "handover", "facts": {"owner": ""}}),
    ({"kind": "take_thread_control", "app": ""}, {"kind": "handover", "facts": {"owner": ANOTHER_APP}}),
    ({"kind": "request_thread_control"}, {"kind": "handover", "facts": {"asked_by": OTHER_APP}}),
    ({"kind": "app_roles"}, {"kind": "handover", "facts": {}}),
    ({"kind": "optin"}, {"kind": "other", "unsupported": False}),
    ({"kind": "unknown"}, {"kind": "other", "unsupported": True, "facts": {"what": "story_poll_response"}}),
]  # fmt: skip


def _same(event: Inbound, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name == "kinds":
            assert [one.kind for one in event.attachments] == value
        elif name == "source":
            assert event.facts["referral"]["source"] == value
        elif name == "post":
            assert event.subject is not None
            assert event.subject.ref == value
        else:
            assert getattr(event, name) == value, name


@pytest.mark.parametrize(
    ("event", "wanted"), CASES, ids=lambda one: str(one.get("kind")) if isinstance(one, dict) else ""
)
@pytest.mark.parametrize(
    ("shape", "seconds"), [("messaging", False), ("messaging", True), ("changes", False), ("flat", True)]
)
def test_a_kind_is_the_same_in_every_envelope(
    event: dict[str, Any], wanted: dict[str, Any], shape: str, seconds: bool
) -> None:
    found = read(event, shape, seconds=seconds)
    _same(found, wanted)
    assert found.account_ref == A
    assert found.sent_at == datetime.fromtimestamp(AT / 1000, UTC)
    assert found.event_id == read(event, shape, seconds=seconds).event_id
    if event["kind"] in ("text", "album", "echo", "deleted", "quick_reply"):
        assert found.event_id == read(event).event_id


def test_every_kind_of_the_stand_in_is_in_the_table() -> None:
    told = {event["kind"] for event, _ in CASES}
    assert set(KINDS) - told == {"live_comment", "ad_comment", "own_comment", "mention"}


@pytest.mark.parametrize(
    ("event", "wanted"), CASES, ids=lambda one: str(one.get("kind")) if isinstance(one, dict) else ""
)
def test_on_standby_nothing_is_answered(event: dict[str, Any], wanted: dict[str, Any]) -> None:
    found = read(event, "standby")
    assert not found.automation
    if event["kind"] in ("text", "album", "video"):
        assert (found.kind, found.facts["owner"]) == (wanted["kind"], ANOTHER_APP)
        assert found.event_id != read(event).event_id
    if event["kind"] == "unknown":
        assert (found.kind, found.unsupported) == ("handover", False)


def test_comments_say_what_they_stand_below() -> None:
    live, ad = read({"kind": "live_comment"}, "changes"), read({"kind": "ad_comment"}, "flat")
    assert (live.kind, live.subject) == ("comment", Subject(kind="live", ref=POST))
    assert (ad.kind, ad.subject) == ("comment", Subject(kind="ad", ref=POST, title="Festive"))
    assert read({"kind": "comment"}, "changes").subject == Subject(kind="post", ref="17900000000000001")
    assert (read({"kind": "own_comment"}, "changes").kind, read({"kind": "mention"}, "flat").kind) == ("other", "other")


def test_values_that_are_switched_off() -> None:
    found = read({"kind": "text"}, "changed_fields")
    assert (found.kind, found.customer_ref, found.automation) == ("other", "", False)


def test_a_batch_of_several_accounts_signed_with_either_secret() -> None:
    webhooks = InstagramWebhooks(["instagram-secret", "meta-secret"], "verify", OUR_APP)
    other = "17841400000000002"
    entries = [
        *envelopes(A, [item(A, {"mid": f"a{n}", "from": str(2000 + n)}) for n in range(500)]),
        *envelopes(other, [item(other, {"mid": f"b{n}", "from": str(2000 + n)}) for n in range(500)]),
    ]
    for secret in ("instagram-secret", "meta-secret"):
        body, headers = signed_body(secret, entries)
        request = WebhookRequest(body=body, headers=headers)
        webhooks.verify(request)
        events = webhooks.parse(request)
        assert len({one.event_id for one in events}) == 1000
        assert [sum(one.account_ref == account for one in events) for account in (A, other)] == [500, 500]


def test_an_order_of_keys_makes_no_other_event() -> None:
    made = item(A, {"kind": "react", "mid": "m1", "at": AT})
    turned = dict(
        reversed(
            [
                (name, dict(reversed(value.items())) if isinstance(value, dict) else value)
                for name, value in made.items()
            ]
        )
    )
    body = {"object": "instagram", "entry": [{"id": A, "messaging": [made]}, {"id": A, "messaging": [turned]}]}
    first, second = parse_body(body)
    assert first.event_id == second.event_id


# --- whatever stands there --------------------------------------------------------------------------------------

MESSY: list[Any] = [
    None, True, 0, -1, 1e300, "text", [], [[]], {}, {"sender": None}, {"sender": [], "recipient": 5, "message": "x"},
    {"sender": {"id": C}, "message": {"mid": [], "text": {}, "attachments": {}}},
    {"sender": {"id": C}, "message": {"mid": 5, "attachments": [None, 1, {"type": 7, "payload": []}, {"payload": {"x_id": {}}}]}},
    {"sender": {"id": C}, "message": {"mid": "x", "reply_to": [], "quick_reply": "no", "referral": [1]}},
    {"sender": {"id": C}, "message": {"mid": "x", "text": "t", "referral": {"ads_context_data": 4, "product": "p"}}},
    {"sender": {"id": C}, "reaction": {"mid": {}, "emoji": 5, "reaction": []}}, {"reaction": []},
    {"sender": {"id": C}, "read": {"watermark": 1}}, {"message_edit": {"num_edit": "0"}}, {"message_edit": 3},
    {"pass_thread_control": 3}, {"sender": {"id": C}, "take_thread_control": {"new_owner_app_id": {}}}, {"postback": {}},
    {"timestamp": "soon", "message": {"mid": "y"}}, {"timestamp": 10**30, "sender": {"id": True}},
    {"field": {}, "value": {}}, {"field": "comments", "value": {"media": "x", "from": [], "id": None}},
    {"field": "comments", "value": {"media": {"id": [], "media_product_type": 5, "original_media_id": {}}}},
]  # fmt: skip


@pytest.mark.parametrize("place", ["messaging", "standby", "changes"])
@pytest.mark.parametrize("junk", MESSY, ids=range(len(MESSY)))
def test_a_bad_item_costs_its_neighbours_nothing(place: str, junk: Any) -> None:
    good = [item(A, {"mid": f"g{n}", "text": f"good {n}"}) for n in range(2)]
    rows = [good[0], junk, good[1]] if place != "changes" else [junk]
    entry = {"id": A, "time": AT, place: rows}
    if place == "changes":
        entry["messaging"] = good
    events = parse_body({"object": "instagram", "entry": [entry, junk]})
    assert [one.text for one in events if one.text.startswith("good")] == ["good 0", "good 1"]
    assert len(events) >= 3  # what is not understood is kept, too


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
WORDS = (
    "message", "postback", "read", "reaction", "message_edit", "referral", "sender", "recipient", "timestamp", "mid", "text",
    "is_echo", "is_deleted", "is_self", "attachments", "quick_reply", "reply_to", "payload", "id", "type", "story", "from",
    "emoji", "action", "media", "ads_context_data", "product", "pass_thread_control", "new_owner_app_id", "field", "value",
)  # fmt: skip
likely = st.recursive(
    junk | st.sampled_from([A, C, "image", "react", "comments"]),
    lambda inner: st.dictionaries(st.sampled_from(WORDS), inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=14,
)


@settings(deadline=None, max_examples=250)
@given(st.lists(likely, max_size=4), st.sampled_from(["messaging", "standby", "changes"]), likely)
def test_any_item_whatever_never_raises_and_never_drops_its_neighbours(items: Any, place: str, entry: Any) -> None:
    good = item(A, {"mid": "good", "text": "good"})
    body = {"object": "instagram", "entry": [entry, {"id": A, place: items}, {"id": A, "messaging": [*items, good]}]}
    events = parse_body(json.loads(json.dumps(body)), OUR_APP)
    assert [one.text for one in events if one.message_ref == "good"][-1:] == ["good"]
    assert len(events) >= 2 * len(items) + 1
    for event in events:
        assert 0 < len(event.event_id) < 500
        assert event.sent_at.tzinfo is not None
        assert all(isinstance(one, str) for one in (event.text, event.payload, event.emoji, event.customer_ref))
        json.dumps(event.facts)

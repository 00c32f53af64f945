"""What goes out to Meta, and what comes back as an error."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from salespilots.ports.channel import (
    Button,
    HistoryIncomplete,
    Image,
    Outbound,
    ProductCard,
    ProductCards,
    QuickReply,
    Text,
)
from salespilots.ports.errors import AuthFailed, OutcomeUnknown, PortError, RateLimited, Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots.testing.twin import TwinProcess, TwinServer
from salespilots_channel_instagram import adapter, client
from salespilots_channel_instagram.adapter import InstagramChannel
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.problems import answer_of, wait_of
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from salespilots_channel_instagram.wire import content_json, shorten

CUSTOMER = "200000000000001"


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin()) as server:
        yield server


def channel(twin: TwinServer, account: str = ACCOUNT) -> InstagramChannel:
    return InstagramChannel.from_settings(
        PluginSettings(
            provider="instagram", business_id="biz_1", values={"account_id": account, "access_token": "tok-secret"},
            instance={"graph_url": twin.url},
        )
    )  # fmt: skip


def out(content: Any, **more: Any) -> Outbound:
    return Outbound(recipient_ref=CUSTOMER, content=content, idempotency_key="k", **more)


def test_the_request(twin: TwinServer) -> None:
    channel(twin).send(out(Text(text="Which?", quick_replies=(QuickReply(title="Red " * 20, payload="v:1"),) * 15)))
    (request,) = twin.requests()
    assert (request["method"], request["path"]) == ("POST", "/v26.0/me/messages")
    assert request["headers"]["authorization"] == "Bearer"  # the value is not kept
    assert request["json"]["recipient"] == {"id": CUSTOMER}
    replies = request["json"]["message"]["quick_replies"]
    assert len(replies) == 13
    assert len(replies[0]["title"]) == 20
    assert "messaging_type" not in request["json"]


def test_cards_are_cut_to_what_instagram_takes() -> None:
    buttons = (
        Button(title="Buy this beautiful saree", payload="product:1"),
        Button(title="See", url="https://s.example"),
    )
    card = ProductCard(title="S" * 200, subtitle="₹899", image_url="/relative.jpg", buttons=buttons * 3)
    message = content_json(ProductCards(cards=(card, ProductCard(title="Only a title")) + (card,) * 12))
    elements = message["attachment"]["payload"]["elements"]
    assert len(elements) == 10
    assert len(elements[0]["title"]) == 80
    assert "image_url" not in elements[0]
    assert [one["type"] for one in elements[0]["buttons"]] == ["postback", "web_url", "postback"]
    assert all(len(one["title"]) <= 20 for one in elements[0]["buttons"])
    assert elements[1] == {"title": "Only a title", "subtitle": "Only a title"}
    assert shorten("a  b\nc", 20) == "a b c"


def test_image() -> None:
    assert content_json(Image(url="https://s.example/1.jpg"))["attachments"][0]["payload"] == {
        "url": "https://s.example/1.jpg"
    }


@pytest.mark.parametrize("content", [Text(text=" "), Text(text="अ" * 400), ProductCards(cards=())])
def test_what_instagram_would_refuse_is_not_sent(twin: TwinServer, content: Any) -> None:
    with pytest.raises(Rejected):
        channel(twin).send(out(content))
    assert twin.requests() == []


def test_a_tag_needs_a_person(twin: TwinServer) -> None:
    with pytest.raises(Rejected):
        channel(twin).send(out(Text(text="hi"), tag="HUMAN_AGENT"))
    channel(twin).send(out(Text(text="hi"), tag="HUMAN_AGENT", human=True))
    assert twin.requests()[0]["json"]["tag"] == "HUMAN_AGENT"


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        ("blocked", Rejected, "recipient_unavailable"),
        ("restricted", Rejected, "account_restricted"),
        ("other_app", Rejected, "other_app_owns_thread"),
        ("access_off", AuthFailed, "message_access_off"),
        ("rate_limited", RateLimited, "rate_limited"),
        ("sent_with_error_after_accept", OutcomeUnknown, "sent_with_error"),
        ("200_error_after_accept", OutcomeUnknown, "provider_trouble"),
    ],
)
def test_metas_errors(twin: TwinServer, kind: str, error: type[PortError], reason: str) -> None:
    twin.fail_next(kind)
    with pytest.raises(error) as caught:
        channel(twin).send(out(Text(text="hi")))
    assert type(caught.value) is error
    assert caught.value.reason == reason
    if reason in ("account_restricted", "other_app_owns_thread", "message_access_off"):
        assert caught.value.user_action


def graph(code: Any, subcode: Any = None, **more: Any) -> bytes:
    return json.dumps({"error": {"code": code, "error_subcode": subcode, "message": "words", **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "sending", "error"),
    [
        (400, graph(190, 460), True, AuthFailed),
        (400, graph("190"), True, AuthFailed),
        (400, graph(80002), True, RateLimited),
        (400, graph(613, 2018338), True, Rejected),
        (400, graph(2), True, OutcomeUnknown),
        (400, graph(2), False, Unavailable),
        (400, graph(99999), True, Rejected),
        (400, graph(99999, is_transient=True), True, OutcomeUnknown),
        (500, graph(99999), True, OutcomeUnknown),
        (500, graph(190), True, AuthFailed),
        (400, b'{"error": "words"}', True, Rejected),
        (400, b'{"error": []}', True, Rejected),
        (401, b"<html>", True, AuthFailed),
        (403, b"<html>", True, Rejected),
        (302, b"", True, Rejected),
        (503, b"<html>", True, OutcomeUnknown),
        (503, b"<html>", False, Unavailable),
        (200, b"[]", True, OutcomeUnknown),
        (200, b"", False, Unavailable),
        (200, b"[" * 100_000, True, OutcomeUnknown),
        (429, b"", True, RateLimited),
    ],
)
def test_table(status: int, body: bytes, sending: bool, error: type[PortError]) -> None:
    with pytest.raises(PortError) as caught:
        answer_of(status, {}, body, sending=sending)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "soon"}, None),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": 3}]}'}, 180),
        ({"x-business-use-case-usage": "rubbish"}, None),
        ({"x-business-use-case-usage": "[1]"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_of(headers) == seconds


def test_the_error_does_not_lead_to_the_token(twin: TwinServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.3)
    twin.fail_next("timeout")
    with pytest.raises(OutcomeUnknown) as caught:
        channel(twin).send(out(Text(text="hi")))
    assert caught.value.__cause__ is None
    assert "tok-secret" not in repr(caught.value.__dict__)


def test_a_token_of_another_account_is_noticed(twin: TwinServer) -> None:
    health = channel(twin, account="999999").check()
    assert not health.ok
    assert "@the_shop" in health.detail


def test_profile(twin: TwinServer) -> None:
    with pytest.raises(Rejected) as caught:
        channel(twin).profile(CUSTOMER)
    assert caught.value.reason == "no_consent"
    twin.twin.wrote(CUSTOMER, "m-1", "Hi")
    assert channel(twin).profile(CUSTOMER).username == "cust_0001"
    twin.call(
        "/__profile", {"id": CUSTOMER, "username": "asha.weaves", "name": None, "picture": "https://cdn.example/1"}
    )
    told = channel(twin).profile(CUSTOMER)
    assert (told.name, told.username, told.picture_url) == ("", "asha.weaves", "https://cdn.example/1")
    for ref in ("../me", "..", ""):
        with pytest.raises(Rejected):
            channel(twin).profile(ref)


def test_an_incomplete_history_is_not_an_answer(twin: TwinServer) -> None:
    shop = channel(twin)
    for number in range(21):
        shop.send(out(Text(text=f"n{number}")))
    with pytest.raises(HistoryIncomplete) as caught:
        shop.history(CUSTOMER, since=datetime.now(UTC) - timedelta(minutes=5))
    assert caught.value.reason == "history_incomplete"
    assert [one.text for one in caught.value.shown] == [f"n{number}" for number in range(1, 21)]


@pytest.mark.parametrize("trouble", ["each answer takes its time", "one answer never comes"])
def test_a_history_that_takes_too_long_shows_what_was_read(
    twin: TwinServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    shop, get = channel(twin), GraphClient.get
    for number in range(15):
        shop.send(out(Text(text=f"n{number}")))

    def slowly(graph: GraphClient, *path: str, **params: str) -> Any:
        time.sleep(0.2)
        return get(graph, *path, **params)

    if trouble == "one answer never comes":
        twin.fail_next("timeout", method="GET", skip=5)
    else:
        monkeypatch.setattr(GraphClient, "get", slowly)
    monkeypatch.setattr(adapter, "HISTORY_SECONDS", 1.5)
    began = time.monotonic()
    with pytest.raises(HistoryIncomplete) as caught:
        shop.history(CUSTOMER, since=datetime.now(UTC) - timedelta(minutes=5))
    assert 1.4 < time.monotonic() - began < 15, "the answer that never comes takes thirty"
    said = [one.text for one in caught.value.shown]
    assert 0 < len(said) < 15
    assert said == [f"n{number}" for number in range(15 - len(said), 15)], "the newest, oldest first"


def test_trouble_within_the_time_of_a_history_is_that_trouble(twin: TwinServer) -> None:
    shop = channel(twin)
    shop.send(out(Text(text="hi")))
    twin.fail_next("503", match="conversations", method="GET")
    with pytest.raises(Unavailable) as caught:
        shop.history(CUSTOMER, since=datetime.now(UTC) - timedelta(minutes=5))
    assert not isinstance(caught.value, HistoryIncomplete)


def test_a_customer_without_a_conversation_is_not_an_empty_history(twin: TwinServer) -> None:
    with pytest.raises(Unavailable) as caught:
        channel(twin).history("200000000000099", since=datetime.now(UTC))
    assert caught.value.reason == "history_incomplete"


class Answers:
    """Meta answering a history's calls one after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def until(self, ends: float) -> Answers:
        return self

    def get(self, *path: str, **params: str) -> Any:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
FOUND = {"data": [{"id": "t_1"}]}
LISTED = {"id": "m1", "created_time": "2026-11-22T04:29:00+0000"}
THREAD = {"messages": {"data": [LISTED]}}
MESSAGE = {**LISTED, "from": {"id": ACCOUNT}, "message": "hi"}
OLD = {"id": "m0", "created_time": "2026-11-22T01:00:00+0000"}
NEXT = {"paging": {"next": "https://graph.instagram.com/more"}}


def read_back(*answers: Any) -> list[str]:
    shop = InstagramChannel(Answers(*answers), ACCOUNT)  # type: ignore[arg-type]
    return [one.provider_ref for one in shop.history(CUSTOMER, since=NOW - timedelta(hours=1))]


@pytest.mark.parametrize(
    "answers",
    [
        [{}],
        [{"data": []}],
        [{"data": {"id": "t_1"}}],
        [{"data": [7]}],
        [{"data": [{"id": None}]}],
        [FOUND, {}],
        [FOUND, {"messages": {}}],
        [FOUND, {"messages": {"data": []}}],
        [FOUND, {"messages": {"data": [7]}}],
        [FOUND, {"messages": {"data": [{"created_time": LISTED["created_time"]}]}}],
        [FOUND, {"messages": {"data": [LISTED], **NEXT}}, MESSAGE],
        [FOUND, THREAD, {}],
        [FOUND, THREAD, {**MESSAGE, "created_time": None}],
        [FOUND, THREAD, {**MESSAGE, "from": None}],
        [FOUND, THREAD, Rejected(provider="instagram", reason="message_gone")],
    ],
)
def test_a_history_with_a_hole(answers: list[Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        read_back(*answers)
    assert caught.value.reason == "history_incomplete"


def test_what_can_be_read_beside_a_hole_is_shown() -> None:
    gone = Rejected(provider="instagram", reason="message_gone")
    two = {"messages": {"data": [LISTED, {**LISTED, "id": "m2"}]}}
    for answers in (
        [FOUND, two, gone, {**MESSAGE, "id": "m2"}],
        [FOUND, {"messages": {**two["messages"], **NEXT}}, {}, MESSAGE],
    ):
        with pytest.raises(HistoryIncomplete) as caught:
            read_back(*answers)
        assert [one.provider_ref for one in caught.value.shown] == ["m2"]


def test_a_whole_history() -> None:
    assert read_back(FOUND, THREAD, MESSAGE) == ["m1"]
    assert read_back(FOUND, {"messages": {"data": [LISTED, OLD], **NEXT}}, MESSAGE) == ["m1"]
    assert read_back(FOUND, {"messages": {"data": [OLD]}}) == []
    unsorted = {"messages": {"data": [{"id": "m0"}, {"id": "m1"}]}}
    assert read_back(FOUND, unsorted, {**MESSAGE, **OLD}, MESSAGE) == ["m1"]


def test_as_a_process() -> None:
    with TwinProcess("salespilots_channel_instagram.twin", "--username", "demo_shop") as twin:
        assert channel(twin).check().facts["username"] == "demo_shop"  # type: ignore[arg-type]

"""The way in: raw bytes are verified before anything is read, stored before anything is answered."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from salespilots.ports.storage import StorageUnavailable
from salespilots.services.messaging.inbox import MAX_BODY, InboxService
from salespilots.testing.clocks import FakeClock
from salespilots_channel_instagram.webhooks import InstagramWebhooks
from tests.support.program import application, problem
from tests.support.shop import Shop, World

NEW, OLD = "new-app-secret", "old-app-secret"
ACCOUNT = "17841400000000001"
ADDRESS = "/webhooks/channel/instagram"


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str) -> Shop:
    world = make_world(
        sqlite_url, discover=True, clock=FakeClock(),
        environ={
            "SALESPILOTS_INSTAGRAM_APP_SECRET": f"{NEW},{OLD}", "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": "verify-me",
        },
    )  # fmt: skip
    shop = world.practice_shop()
    world.services.connections.connect(shop.id, "instagram", {"account_id": ACCOUNT, "access_token": "IGAA"})
    return shop


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    return application(shop.world).test_client()


def body_of(shop: Shop, mid: str = "m-1", text: str = "thanks") -> bytes:
    now = int(shop.world.clock.now().timestamp() * 1000)
    item = {
        "sender": {"id": "2001"},
        "recipient": {"id": ACCOUNT},
        "timestamp": now,
        "message": {"mid": mid, "text": text},
    }
    return json.dumps({"object": "instagram", "entry": [{"id": ACCOUNT, "time": now, "messaging": [item]}]}).encode()


def signature(body: bytes, secret: str = NEW) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def waiting(shop: Shop) -> float:
    return shop.world.services.maintenance.backlog()["inbox_new"]


def post(client: FlaskClient, body: bytes, given: str | None, **headers: str) -> Any:
    wanted = {"X-Hub-Signature-256": given} if given is not None else {}
    return client.post(ADDRESS, data=body, headers={"Content-Type": "application/json", **wanted, **headers})


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_any_of_the_secrets_may_have_signed(client: FlaskClient, shop: Shop, secret: str) -> None:
    body = body_of(shop)
    assert post(client, body, signature(body, secret)).status_code == 200
    assert waiting(shop) == 1
    assert post(client, body, signature(body, secret)).status_code == 200
    assert waiting(shop) == 1


@pytest.mark.parametrize("given", [None, "", "sha256=", "sha256=00", "sha1=abc", "sha256=" + "g" * 64, "é" * 10])
def test_without_a_true_signature_nothing_is_even_read(
    client: FlaskClient, shop: Shop, given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    monkeypatch.setattr(InstagramWebhooks, "parse", lambda self, request: read.append(request))
    body = body_of(shop)
    given = given.encode().decode("latin-1") if given else given
    problem(post(client, body, given), 401, "bad_signature")
    assert read == []
    assert waiting(shop) == 0


def test_the_signature_is_over_the_exact_bytes(client: FlaskClient, shop: Shop) -> None:
    body = body_of(shop)
    spaced = json.dumps(json.loads(body), indent=1).encode()
    problem(post(client, spaced, signature(body)), 401)
    assert post(client, spaced, signature(spaced)).status_code == 200
    assert post(client, b"not json", signature(b"not json")).status_code == 400
    assert waiting(shop) == 1


def test_an_empty_secret_accepts_nothing(make_world: Callable[..., World], sqlite_url: str) -> None:
    for environ in ({}, {"SALESPILOTS_INSTAGRAM_APP_SECRET": ""}, {"SALESPILOTS_INSTAGRAM_APP_SECRET": " , "}):
        world = make_world(sqlite_url, discover=True, environ=environ)
        client = application(world).test_client()
        for secret in ("", " ", ","):
            assert post(client, b"{}", signature(b"{}", secret)).status_code == 401


def test_stored_before_it_is_answered(client: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, *args: object, **more: object) -> int:
        raise StorageUnavailable("The database is away.")

    body = body_of(shop)
    with monkeypatch.context() as patch:
        patch.setattr(InboxService, "keep_channel", broken)
        answer = post(client, body, signature(body))
        problem(answer, 503)
        assert answer.headers["Retry-After"]
    assert post(client, body, signature(body)).status_code == 200
    assert waiting(shop) == 1


def test_the_handshake(client: FlaskClient) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "verify-me"}
    right = client.get(ADDRESS, query_string=query)
    assert (right.status_code, right.text) == (200, "42")
    assert right.content_type.startswith("text/plain")
    for wrong in ({"hub.verify_token": "x"}, {"hub.verify_token": ""}, {"hub.mode": "other"}):
        problem(client.get(ADDRESS, query_string={**query, **wrong}), 403)
    problem(client.get(ADDRESS), 403)
    echoed = client.get(ADDRESS, query_string={**query, "hub.challenge": "<script>"})
    assert echoed.content_type.startswith("text/plain") or echoed.status_code == 403


def test_unknown_providers_and_tokens(client: FlaskClient, shop: Shop) -> None:
    for path in (
        "/webhooks/channel/nobody", "/webhooks/channel/practice", "/webhooks/channel/instagram/nobody",
        "/webhooks/payments/razorpay/nobody", "/webhooks/payments/nobody/token",
    ):  # fmt: skip
        problem(client.post(path, data=b"{}"), 404)
    problem(client.put(ADDRESS, data=b"{}"), 405)


def test_a_shop_is_found_by_its_token_and_its_own_secret_decides(client: FlaskClient, shop: Shop) -> None:
    services = shop.world.services
    other = shop.world.practice_shop("Kabir Shoes", "kabir@example.in")
    urls = []
    for one, secret in ((shop, "meeras-hook-secret"), (other, "kabirs-hook-secret")):
        made = services.connections.connect(
            one.id, "razorpay", {"key_id": "rzp_test_1", "key_secret": "k" * 12, "webhook_secret": secret}
        )
        urls.append(services.connections.webhook_url(made).partition(":8000")[2])  # type: ignore[union-attr]
    body = json.dumps(
        {"entity": "event", "event": "brand.new", "contains": [], "payload": {}, "created_at": 1}
    ).encode()

    def sent(url: str, secret: str) -> int:
        given = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return client.post(url, data=body, headers={"X-Razorpay-Signature": given}).status_code

    assert sent(urls[0], "meeras-hook-secret") == 200
    assert sent(urls[1], "meeras-hook-secret") == 401
    assert sent(urls[0], "") == 401
    services.connections.disconnect(shop.id, "razorpay")
    assert sent(urls[0], "meeras-hook-secret") == 404


def test_the_first_address_is_the_same_one(client: FlaskClient, shop: Shop) -> None:
    body = body_of(shop)
    answer = client.post("/api/webhook/instagram/real", data=body, headers={"X-Hub-Signature-256": signature(body)})
    assert answer.status_code == 200
    assert waiting(shop) == 1
    assert client.post("/api/webhook/instagram/real", data=body).status_code == 401


def test_no_cookie_is_set_and_nothing_is_cached(client: FlaskClient, shop: Shop) -> None:
    body = body_of(shop)
    answer = post(client, body, signature(body))
    assert "Set-Cookie" not in answer.headers
    assert answer.json == {"status": "ok"}


# --- bad input --------------------------------------------------------------------------------------------------

BAD = {
    "nothing": b"", "no JSON": b"not json", "a list": b"[]", "a word": b'"instagram"', "a number": b"1", "null": b"null",
    "no entries": b'{"object":"instagram"}', "entries that are none": b'{"object":"instagram","entry":{}}',
    "no object": b'{"entry":[]}', "cut short": b'{"object":"instagram","entry":[{"id":"1784',
    "not UTF-8": b'{"object":"instagram","entry":[{"id":"\xff\xfe"}]}', "UTF-16": '{"object":"instagram"}'.encode("utf-16"),
    "deep lists": b"[" * 100_000, "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep below": b'{"object":"instagram","entry":' + b"[" * 60 + b"]" * 60 + b"}",
    "not a number": b'{"object":"instagram","entry":[{"id":NaN}]}', "two at once": b'{"object":"instagram","entry":[]}{}',
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_signed_body_that_is_not_metas_is_refused_and_keeps_nothing(
    client: FlaskClient, shop: Shop, name: str
) -> None:
    body = BAD[name]
    assert post(client, body, signature(body)).status_code == 400
    assert post(client, body, signature(body, "forged")).status_code == 401
    assert waiting(shop) == 0


QUIET = {
    "another product": b'{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"message":{"mid":"m","text":"x"}}]}]}',
    "no entries at all": b'{"object":"instagram","entry":[]}',
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_what_is_not_for_us_is_taken_quietly_and_keeps_nothing(client: FlaskClient, shop: Shop, name: str) -> None:
    assert post(client, QUIET[name], signature(QUIET[name])).status_code == 200
    assert waiting(shop) == 0


ODD_ITEMS = (
    None,
    0,
    "x",
    [],
    {},
    {"sender": 5},
    {"message": {"mid": []}},
    {"reaction": "no"},
    [[[]]],
    {"sender": {"id": {}}},
)


def test_odd_items_are_kept_and_their_neighbours_are_understood(client: FlaskClient, shop: Shop) -> None:
    entry = json.loads(body_of(shop))["entry"][0]
    good = entry["messaging"][0]
    body = json.dumps(
        {"object": "instagram", "entry": [{**entry, "messaging": [*ODD_ITEMS, good]}, *ODD_ITEMS]}
    ).encode()
    assert post(client, body, signature(body)).status_code == 200
    shop.world.settle()
    chats = shop.world.services.conversations.page(shop.id).items
    assert [one.conversation.preview_author for one in chats if one.conversation.provider == "instagram"]
    assert shop.world.services.stuck.given_up(shop.id) == []


def test_too_large_a_body_is_refused_unread(client: FlaskClient, shop: Shop) -> None:
    body = b'{"object":"instagram","entry":[' + b" " * MAX_BODY + b"]}"
    problem(post(client, body, signature(body)), 413, "too_large")
    lying = client.post(
        ADDRESS, data=body_of(shop), headers={"Content-Length": str(MAX_BODY + 1), "X-Hub-Signature-256": "x"}
    )
    assert lying.status_code in (400, 401, 413)
    assert waiting(shop) == 0


def test_a_thousand_events_are_kept_once(client: FlaskClient, shop: Shop) -> None:
    now = int(shop.world.clock.now().timestamp() * 1000)
    items = [
        {
            "sender": {"id": str(3000 + n)},
            "recipient": {"id": ACCOUNT},
            "timestamp": now,
            "message": {"mid": f"b{n}", "text": "नमस्ते " * 40},
        }
        for n in range(1000)
    ]
    body = json.dumps({"object": "instagram", "entry": [{"id": ACCOUNT, "time": now, "messaging": items}]}).encode()
    assert len(body) > 1024 * 1024
    for _ in range(2):
        assert post(client, body, signature(body)).status_code == 200
    assert waiting(shop) == 1000

"""Payloads of public projects through the whole product: posted, stored, read, and answered only where that is right.

They lie beside the repository (``shared/fixtures/instagram``), not in it; without them these tests are left out.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from salespilots.testing.clocks import FakeClock
from salespilots.web.app import create_app
from tests.support.shop import Shop, World

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "instagram"
INDEX: dict[str, Any] = json.loads((FOLDER / "index.json").read_text()) if (FOLDER / "index.json").exists() else {}
CASES = INDEX.get("cases", [])
ADDRESS = "/webhooks/channel/instagram"

pytestmark = pytest.mark.skipif(not CASES, reason="the folder of public payloads is not here")


def moment_of(body: Any) -> datetime:
    """A minute after the newest time named in a payload, whatever its unit."""
    found: list[float] = []
    todo = [body]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            for name, value in one.items():
                if name in ("time", "timestamp") and isinstance(value, int) and value > 10**9:
                    found.append(value / 1000 if value > 10**11 else value)
                todo.append(value)
        elif isinstance(one, list):
            todo.extend(one)
    newest = datetime.fromtimestamp(max(found), UTC) if found else datetime(2026, 1, 1, tzinfo=UTC)
    return newest + timedelta(minutes=1)


def open_shop(make_world: Callable[..., World], url: str, case: dict[str, Any], body: bytes) -> Shop:
    """A practice shop that has connected the case's account, at the time of the payload."""
    world = make_world(
        url, discover=True, clock=FakeClock(moment_of(json.loads(body))),
        environ={
            "SALESPILOTS_INSTAGRAM_APP_SECRET": INDEX["app_secret"],
            "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": INDEX["verify_token"],
            "SALESPILOTS_INSTAGRAM_GRAPH_URL": "http://127.0.0.1:9",
        },
    )  # fmt: skip
    shop = world.practice_shop()
    account = case["account_id"] or "17841400000000777"
    world.services.connections.connect(shop.id, "instagram", {"account_id": account, "access_token": "IGAA-token"})
    return shop


def read(shop: Shop) -> None:
    """Interpret what waits; nothing is sent."""
    with shop.world.storage.system_unit_of_work(read_only=True) as system:
        lanes = system.work.due_lanes(shop.world.clock.now())
    for _, lane in lanes:
        shop.world.services.lanes.drain(lane)


@pytest.mark.parametrize("case", CASES, ids=[Path(one["file"]).stem for one in CASES])
def test_case(make_world: Callable[..., World], sqlite_url: str, case: dict[str, Any]) -> None:
    body = (FOLDER / case["file"]).read_bytes()
    shop = open_shop(make_world, sqlite_url, case, body)
    client = create_app(shop.world.application).test_client()
    expect = case["expect"]
    statuses = {
        client.post(ADDRESS, data=body, headers={"X-Hub-Signature-256": case["signature_valid"]}).status_code
        for _ in range(2)
    }
    assert statuses <= set(expect.get("http_in", [expect.get("http", 200)]))
    read(shop)
    everything = shop.world.services.conversations.message_page(shop.id, limit=200).items
    theirs = [one for one in everything if one.direction == "in" or one.author == "agent"]
    if expect.get("messages_created") is not None:
        assert len(theirs) == expect["messages_created"]
    if "messages_created_in" in expect:
        assert len(theirs) in expect["messages_created_in"]
    ours = [one for one in everything if one not in theirs]
    if not expect["automation_may_reply"] or not expect["triggers"]:
        assert ours == []
    for wanted in expect.get("messages", []):
        (stored,) = [one for one in theirs if one.provider_ref == wanted["mid"]]
        chat = shop.world.services.conversations.get(shop.id, stored.conversation_id).conversation
        assert stored.direction == wanted["direction"]
        assert chat.customer_ref == wanted["contact_id"]
        assert stored.text == (wanted["text"] or "")
        assert stored.content.get("payload", "") == wanted.get("quick_reply_payload", "")
        assert [one["type"] for one in stored.attachments] == [one["type"] for one in wanted["attachments"]]
        for have, want in zip(stored.attachments, wanted["attachments"], strict=True):
            assert fnmatch.fnmatchcase(have["url"], want["url"])
        if story := wanted.get("reply_to"):
            assert stored.reply_to_ref == story["story_id"]
        if expect.get("opens_24h_window") is True:
            assert chat.last_inbound_at is not None
        elif expect.get("opens_24h_window") is False:
            assert chat.last_inbound_at is None


@pytest.mark.skipif(not CASES, reason="the folder of public payloads is not here")
def test_a_tampered_body_leaves_no_trace(make_world: Callable[..., World], sqlite_url: str) -> None:
    case = next(one for one in CASES if one["kind"] == "text")
    body = (FOLDER / case["file"]).read_bytes()
    shop = open_shop(make_world, sqlite_url, case, body)
    client = create_app(shop.world.application).test_client()
    for wrong in (body + b" ", body[:-1], b"", body.replace(b"a", b"b", 1)):
        answer = client.post(ADDRESS, data=wrong, headers={"X-Hub-Signature-256": case["signature_valid"]})
        assert answer.status_code in (401, 403)
    read(shop)
    assert shop.world.services.conversations.message_page(shop.id, limit=200).items == []
    assert shop.world.services.maintenance.backlog()["inbox_new"] == 0

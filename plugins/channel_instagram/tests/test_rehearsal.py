"""The stand-in itself: the content network's tricks, envelopes on demand, and what the product's fetcher makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from salespilots.plugins.fetching import HttpFetcher
from salespilots.ports.errors import PortError, Rejected, Unavailable
from salespilots.ports.webhook import WebhookRequest
from salespilots.services.chat_files import sniff
from salespilots.testing.twin import Call, Handler, Reply, Twin, TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from salespilots_channel_instagram.webhooks import InstagramWebhooks

LIMIT = 25 * 1024 * 1024


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin(app_secret="secret")) as server:
        yield server


def get(twin: TwinServer, seconds: float = 5, **asked: Any) -> bytes:
    url = twin.call("/__media", asked)["url"]
    return HttpFetcher(allow_loopback=True).fetch(url, limit=LIMIT, seconds=seconds).body


@pytest.mark.parametrize(
    ("kind", "is_a"),
    [
        ("png", "image/png"), ("gif", "image/gif"), ("wav", "audio/wav"), ("mp4", "video/mp4"), ("voice", "video/mp4"),
        ("m4a", "audio/mp4"), ("pdf", "application/pdf"), ("html", ""), ("svg", ""), ("script", ""), ("mislabelled", ""),
        ("empty", ""), ("torn", "image/png"), ("bomb", "image/png"),
    ],
)  # fmt: skip
def test_files(twin: TwinServer, kind: str, is_a: str) -> None:
    assert sniff(get(twin, kind=kind)) == is_a


@pytest.mark.parametrize(
    ("asked", "error", "reason"),
    [
        ({"kind": "huge"}, Rejected, "too_large"), ({"kind": "missing"}, Rejected, "gone"), ({"kind": "loop"}, Rejected, "redirects"),
        ({"kind": "error"}, Unavailable, "no_answer"), ({"kind": "png", "slow": 3}, Unavailable, "no_answer"),
        ({"kind": "redirect", "to": "http://10.0.0.1/"}, Rejected, "private_address"),
        ({"kind": "redirect", "to": "file:///etc/passwd"}, Rejected, "bad_address"),
    ],
)  # fmt: skip
def test_what_can_be_wrong(twin: TwinServer, asked: dict[str, Any], error: type[PortError], reason: str) -> None:
    with pytest.raises(error) as caught:
        get(twin, 1.5, **asked)
    assert caught.value.reason == reason


def test_an_address_that_dies(twin: TwinServer) -> None:
    url = twin.call("/__media", {"kind": "png", "seconds": 60})["url"]
    fetcher = HttpFetcher(allow_loopback=True)
    assert fetcher.fetch(url, limit=LIMIT).body
    twin.call("/__clock", {"advance": 61})
    for dead in (url, url.partition("?")[0]):
        with pytest.raises(Rejected):
            fetcher.fetch(dead, limit=LIMIT)


class Receiver(Twin):
    """Our own webhook address, as Meta sees it."""

    def routes(self) -> tuple[tuple[str, str, Handler], ...]:
        return (("POST", "/hook", lambda call: Reply(200, {})),)

    def record(self, call: Call) -> None:
        super().record(call)
        self.last = WebhookRequest(body=call.body, headers=call.headers)


@pytest.mark.parametrize("shape", ["messaging", "standby", "changes", "flat", "changed_fields"])
@pytest.mark.parametrize("seconds", [False, True])
def test_every_envelope_is_delivered_signed(shape: str, seconds: bool) -> None:
    receiver = Receiver()
    with (
        TwinServer(receiver) as hook,
        TwinServer(InstagramTwin(app_secret="s", webhook_url=f"{hook.url}/hook")) as twin,
    ):
        events = [{"kind": "album", "from": "2001"}, {"kind": "react", "from": "2002", "about": "m"}]
        asked = {"events": events, "batch": True, "envelope": shape, "seconds": seconds}
        assert [one["status"] for one in twin.call("/__deliver", asked)["posted"]] == [200]
        webhooks = InstagramWebhooks(["s"], "v")
        webhooks.verify(receiver.last)
        found = webhooks.parse(receiver.last)
        assert len(found) == (1 if shape == "changed_fields" else 2)
        assert all(one.account_ref == ACCOUNT for one in found)
        body = json.loads(receiver.last.body)
        stamps = [one["timestamp"] for one in body["entry"][0].get("messaging", [])]
        assert all((one < 10**11) == seconds for one in stamps)


def test_who_was_delivered_can_be_read_back_and_asked_about(twin: TwinServer) -> None:
    receiver = Receiver()
    with TwinServer(receiver) as hook:
        asked = {
            "events": [{"kind": "video", "from": "2001", "url": "https://cdn.example/1"}],
            "webhook_url": f"{hook.url}/hook",
        }
        (mid,) = twin.call("/__deliver", asked)["mids"]
    detail = twin.call(f"/v26.0/{mid}?access_token=t")
    assert detail["attachments"]["data"][0]["video_data"]["url"] == "https://cdn.example/1"
    assert twin.call("/v26.0/2001?access_token=t&fields=username")["username"] == "cust_2001"
    twin.call("/__reading", {"unix": True})
    assert isinstance(twin.call(f"/v26.0/{mid}?access_token=t")["created_time"], int)

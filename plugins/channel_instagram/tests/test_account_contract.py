"""Instagram's accounts against the public contract of accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from salespilots.testing.contracts.account import AccountContract, AccountHarness
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram import client
from salespilots_channel_instagram.hooks import PROVIDER
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from salespilots_channel_instagram.twin_login import signed_request

SECRET, TOKEN = "contract-app-secret", "IGAA-contract-token"


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin(app_secret=SECRET)) as server:
        yield server


def make_harness(twin: TwinServer) -> AccountHarness:
    def come_back(address: str, allow: bool) -> Mapping[str, str]:
        asked = dict(parse_qsl(urlsplit(address).query))
        fields = [*asked.items(), ("account", ACCOUNT), ("answer", "allow" if allow else "deny")]
        fields += [("granted", one) for one in asked["scope"].split(",")]
        answer = httpx.post(
            f"{twin.url}/oauth/authorize", content=urlencode(fields), trust_env=False,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def sign(login_ref: str, secret: str | None, at: datetime) -> str:
        payload: dict[str, Any] = {"user_id": login_ref, "algorithm": "HMAC-SHA256", "issued_at": int(at.timestamp())}
        return signed_request(SECRET if secret is None else secret, **payload)

    return AccountHarness(
        provider=PROVIDER,
        settings={"account_id": ACCOUNT, "access_token": TOKEN, "username": "the_shop"},
        instance={
            "app_id": "123456789012345", "app_secret": SECRET, "verify_token": "contract-verify", "graph_url": twin.url,
            "api_url": twin.url, "login_url": twin.url,
        },
        break_with=lambda kind, **options: twin.fail_next(kind, **options),
        can=frozenset({"500", "502_html", "200_rubbish", "drop", "429", "timeout"}),
        come_back=come_back,
        sign=sign,
        sent=lambda: len(twin.state()["sent"]),
        grow_old=lambda days: twin.call("/__clock", {"advance": days * 86_400}),
        kill=lambda: twin.call("/__token", {"token": TOKEN, "subcode": 460}),
    )  # fmt: skip


class TestInstagramAccounts(AccountContract):
    @pytest.fixture
    def account_harness(self, twin: TwinServer, monkeypatch: pytest.MonkeyPatch) -> AccountHarness:
        monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.5)
        return make_harness(twin)

"""A deletion whose work was given up goes on when it is asked for again, under the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from salespilots.domain.errors import StaleEntity
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from salespilots_channel_instagram.twin_login import signed_request
from tests.support.account import APP_ID, SECRET, AccountDesk
from tests.support.shop import World


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        yield AccountDesk(make_world, sqlite_url, server)


def test_it_goes_on(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.owner.get(f"/app/settings/integrations/instagram/return?{desk.allow(desk.leave())}")
    services, clock = desk.services, desk.world.clock
    duties, handlers = services.duties, services.jobs._handlers

    def busy(business_id, payload):  # type: ignore[no-untyped-def]
        raise StaleEntity("somebody writes all the time")

    forget = handlers["account.forget"]
    handlers["account.forget"] = busy

    def asked() -> str:
        at = int(clock.now().timestamp())
        signed = signed_request(SECRET, user_id=f"9{ACCOUNT}", algorithm="HMAC-SHA256", issued_at=at)
        return duties.ask_deletion("instagram", signed).code

    code = asked()
    for _ in range(10):
        clock.advance(timedelta(hours=2))
        services.maintenance.do_jobs()
    assert duties.deletion("instagram", code).done_at is None
    handlers["account.forget"] = forget
    clock.advance(timedelta(hours=2))
    assert asked() == code
    services.maintenance.do_jobs()
    assert duties.deletion("instagram", code).done_at is not None

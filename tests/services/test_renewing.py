"""Tokens are made new in time: when, by whom, and what happens when that does not work, on clocks that the test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from salespilots.services.connecting import told
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from tests.support.account import APP_ID, SECRET, AccountDesk
from tests.support.instagram import InstagramShop
from tests.support.shop import World

DAY = timedelta(days=1)


@pytest.fixture
def desk(make_world: Callable[..., World], database_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        made = AccountDesk(make_world, database_url, server)
        made.sign_in()
        yield made


def refreshes(desk: AccountDesk) -> int:
    return len(desk.server.requests("/refresh_access_token"))


def test_a_token_is_made_new_after_a_week_and_before_the_eighth_day_ends(desk: AccountDesk) -> None:
    first, now = desk.token(), desk.world.clock.now()
    due = desk.stored.renew_at
    assert due is not None
    assert now + 7 * DAY <= due <= now + 9 * DAY
    desk.later(days=6, hours=23)
    assert refreshes(desk) == 0
    desk.later(days=2, hours=2)
    assert refreshes(desk) == 1
    assert desk.token() != first
    stored = desk.stored
    left = told.days_left(stored, desk.world.clock.now())
    assert left in (59, 60)
    assert stored.renew_at is not None
    assert stored.renew_at >= desk.world.clock.now() + 7 * DAY
    assert first not in str(desk.server.requests())


def test_a_year_passes_and_the_account_still_works(desk: AccountDesk) -> None:
    for _ in range(122):
        desk.later(days=3)
    assert 35 <= refreshes(desk) <= 52
    assert desk.twin.token_trouble(desk.token()) is None
    assert desk.stored.state == "working"
    assert not [one for one in desk.events("connection.attention") if one.data.get("reason") == "token_ends"]


def test_a_pasted_token_is_of_unknown_age_and_made_new_when_it_can_be(desk: AccountDesk) -> None:
    given = {"account_id": ACCOUNT, "access_token": "IGAA-pasted"}
    desk.services.connections.connect(desk.shop.id, "instagram", given)
    due = desk.stored.renew_at
    assert due is not None
    assert timedelta(hours=24) < due - desk.world.clock.now() < timedelta(days=9)
    assert told.part(desk.stored, "token")["told"] is False
    desk.later(days=9)
    assert refreshes(desk) == 1
    assert told.part(desk.stored, "token")["told"] is True
    assert desk.token() != "IGAA-pasted"


@pytest.mark.parametrize(
    "kind", ["500", "502_html", "200_rubbish", "200_empty", "drop", "429", "rate_limited", "refused", "302"]
)
def test_what_can_pass_is_tried_again_the_same_day(desk: AccountDesk, kind: str) -> None:
    desk.world.clock.advance(9 * DAY)
    desk.server.call("/__clock", {"advance": (9 * DAY).total_seconds()})
    first = desk.token()
    desk.server.fail_next({"refused": "400"}.get(kind, kind), match="/refresh_access_token")
    desk.sweep()
    assert desk.token() == first
    stored = desk.stored
    assert stored.renew_at is not None
    assert desk.world.clock.now() < stored.renew_at <= desk.world.clock.now() + timedelta(hours=27)
    desk.later(hours=28)
    assert desk.token() != first
    assert desk.stored.state == "working"


def test_the_owner_is_told_from_ten_days_before_the_end_once_a_day(desk: AccountDesk) -> None:
    desk.server.fail_next("500", match="/refresh_access_token", times=1000)
    for _ in range(49):
        desk.later(days=1)
    assert desk.events("connection.attention") == []
    for _ in range(10):
        desk.later(days=1)
    told_of = [one.data for one in desk.events("connection.attention")]
    assert {one["reason"] for one in told_of} == {"token_ends"}
    days = [one["days"] for one in told_of]
    assert 5 <= len(days) == len(set(days)) <= 10
    assert told.expiring(desk.stored, desk.world.clock.now()) in (0, 1)
    assert desk.stored.state == "working", "it still answers"


def test_after_the_end_it_is_said_once_and_nobody_asks_any_more(desk: AccountDesk) -> None:
    desk.server.fail_next("500", match="/refresh_access_token", times=1000)
    for _ in range(62):
        desk.later(days=1)
    stored, asked = desk.stored, refreshes(desk)
    assert (stored.state, stored.renew_at) == ("attention", None)
    assert "Connect again" in str(stored.last_error) or "connect Instagram again" in str(stored.last_error)
    desk.later(days=3)
    assert refreshes(desk) == asked


@pytest.mark.parametrize("subcode", [458, 460, 463, 467])
def test_a_dead_token_is_called_dead_and_only_then(desk: AccountDesk, subcode: int) -> None:
    desk.server.call("/__token", {"account_id": ACCOUNT, "subcode": subcode})
    desk.world.clock.advance(9 * DAY)
    desk.sweep()
    stored = desk.stored
    assert (stored.state, stored.renew_at) == ("attention", None)
    assert stored.secrets is not None, "a person decides"
    desk.server.call("/__clock", {"advance": 9 * 86400})
    desk.owner = desk.visitor("meera@example.in")
    desk.sign_in()
    assert desk.stored.state == "working"
    assert desk.stored.renew_at is not None


def test_a_refusal_alone_does_not_make_a_token_dead(desk: AccountDesk) -> None:
    desk.world.clock.advance(9 * DAY)
    desk.server.call("/__clock", {"advance": (9 * DAY).total_seconds()})
    desk.server.fail_next("token_expired", match="/refresh_access_token")
    desk.sweep()
    assert desk.stored.state == "working"
    assert desk.stored.renew_at is not None


def test_two_workers_at_once_ask_once(desk: AccountDesk) -> None:
    desk.world.clock.advance(9 * DAY)
    desk.server.call("/__clock", {"advance": (9 * DAY).total_seconds()})
    desk.server.latency(150)
    renewals = desk.services.maintenance._renewals
    threads = [threading.Thread(target=renewals.renew, args=(desk.shop.id, "instagram")) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    desk.server.latency(0)
    assert refreshes(desk) == 1
    assert desk.twin.token_trouble(desk.token()) is None


def test_a_token_that_was_signed_in_for_meanwhile_is_kept(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.world.clock.advance(9 * DAY)
    desk.server.call("/__clock", {"advance": (9 * DAY).total_seconds()})
    refresh = desk.twin._refresh

    def meanwhile(call):
        given = {"account_id": ACCOUNT, "access_token": "IGAA-newest"}
        desk.services.connections.connect(desk.shop.id, "instagram", given)
        return refresh(call)

    desk.twin._routes = [
        (method, pattern, meanwhile if handler == refresh else handler)
        for method, pattern, handler in desk.twin._routes
    ]
    desk.sweep()
    assert refreshes(desk) == 1
    assert desk.token() == "IGAA-newest"


def test_a_worker_that_died_leaves_it_for_ten_minutes(desk: AccountDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.world.clock.advance(9 * DAY)
    desk.server.call("/__clock", {"advance": (9 * DAY).total_seconds()})
    renewals = desk.services.maintenance._renewals
    assert renewals._claim(desk.shop.id, "instagram") is not None
    desk.sweep()
    assert refreshes(desk) == 0
    desk.later(minutes=11)
    assert refreshes(desk) == 1


def test_a_daily_look_asks_for_events_again_when_they_are_gone(desk: AccountDesk) -> None:
    desk.twin.book.fields.clear()
    desk.later(days=1, hours=2)
    assert set(desk.twin.book.fields[ACCOUNT]) >= {"messages", "messaging_postbacks"}
    assert desk.checks()["events"].state == "ok"
    assert desk.twin.sent == []


def test_what_is_to_be_sent_with_a_dead_token_waits_and_goes_after_signing_in(
    make_world: Callable[..., World], sqlite_url: str
) -> None:
    with TwinServer(InstagramTwin(app_secret="instagram-shop-secret")) as server:
        shop = InstagramShop(make_world, sqlite_url, server)
        shop.world.services.looks.look(shop.shop.id, "instagram")
        server.call("/__token", {"token": "IGAA-shop", "subcode": 460})
        shop.say("blue saree kitna hai?")
        assert shop.sent == []
        held = shop.outgoing()
        assert held
        assert {one.state for one in held} == {"queued"}
        assert [one.reason for one in held] == ["waits_for_reconnect", *[None] * (len(held) - 1)]  # behind the first
        found = shop.world.services.connections.find(shop.shop.id, "instagram")
        assert found is not None
        assert found.state == "attention"
        shop.later(hours=3)
        assert shop.sent == []
        given = {"account_id": "17841400000000077", "access_token": "IGAA-new"}
        shop.world.services.connections.connect(shop.shop.id, "instagram", given)
        shop.world.settle()
        assert len(shop.sent) == len(held)

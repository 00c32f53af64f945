"""A connection is looked at from all sides: by itself, by the operator's command, and what the owner is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from salespilots.doctor import diagnose
from salespilots.domain.business import LoginState
from salespilots.ports.errors import Rejected
from salespilots.services.connecting import told
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin, entry, item, signed_body
from tests.support.account import APP_ID, PAGE, SECRET, AccountDesk
from tests.support.shop import World


@pytest.fixture
def desk(make_world: Callable[..., World], database_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        yield AccountDesk(make_world, database_url, server)


def paste(desk: AccountDesk) -> None:
    """As `salespilots connect` does."""
    given = {"account_id": ACCOUNT, "access_token": "IGAA-pasted"}
    desk.services.connections.connect(desk.shop.id, "instagram", given)


def test_what_was_pasted_is_looked_at_by_itself_within_minutes(desk: AccountDesk) -> None:
    paste(desk)
    assert desk.server.requests() == [], "storing calls nobody"
    assert desk.stored.state == "unchecked"
    desk.later(minutes=11)
    assert desk.stored.state == "working"
    assert desk.twin.book.fields[ACCOUNT]
    assert desk.checks()["permissions"].state == "unknown"
    assert desk.twin.sent == []


def test_it_is_looked_at_every_day_and_no_more(desk: AccountDesk) -> None:
    desk.sign_in()
    looked = set()
    for _ in range(40):
        desk.later(hours=3)
        looked.add(desk.stored.facts["checks"]["at"])
    assert 5 <= len(looked) <= 7


def test_the_doctor_prints_each_line(desk: AccountDesk) -> None:
    desk.sign_in()
    desk.server.fail_next("access_off", match="/conversations")
    found = {one.name: one for one in diagnose(desk.world.application, shop_id=desk.shop.id, network=True)}
    assert not found["Instagram"].ok
    assert not found["Instagram: Access to messages"].ok
    assert "Connected tools" in found["Instagram: Access to messages"].detail
    assert found["Instagram: Access token"].ok


def test_a_refusal_because_another_app_holds_the_chat_is_a_line_for_a_day(desk: AccountDesk) -> None:
    desk.sign_in()
    error = Rejected(provider="instagram", reason="other_app_owns_thread", user_action="Make this app the default one.")
    desk.services.connections.note_error(desk.shop.id, "instagram", error)
    assert desk.stored.state == "attention"
    check = desk.look()["thread"]
    assert (check.state, "default" in check.action) == ("warning", True)
    desk.world.clock.advance(timedelta(days=1, hours=1))
    desk.owner = desk.visitor("meera@example.in")
    assert "thread" not in desk.look()


def test_the_last_event_is_told(desk: AccountDesk) -> None:
    from salespilots.ports.webhook import WebhookRequest

    desk.sign_in()
    assert desk.checks()["last_event"].state == "unknown"
    at = int(desk.world.clock.now().timestamp() * 1000)
    body, headers = signed_body(
        SECRET, [entry(ACCOUNT, [item(ACCOUNT, {"at": at, "from": "2001", "text": "hi", "mid": "m"})])]
    )
    desk.services.inbox.accept_channel("instagram", WebhookRequest(body=body, headers=headers))
    desk.world.clock.advance(timedelta(minutes=5))
    check = desk.look()["last_event"]
    assert (check.state, check.sentence) == ("ok", "5 minutes ago.")
    desk.world.clock.advance(timedelta(days=8))
    desk.owner = desk.visitor("meera@example.in")
    assert desk.look()["last_event"].state == "warning"


def test_an_end_that_is_near_is_on_every_page_that_should_say_so(desk: AccountDesk) -> None:
    desk.sign_in()
    desk.server.fail_next("500", match="/refresh_access_token", times=1000)
    for _ in range(52):
        desk.later(days=1)
    desk.owner = desk.visitor("meera@example.in")
    assert desk.stored.state == "working"
    for path in ("/app", "/app/settings/integrations", PAGE):
        text = desk.owner.get(path).text
        assert "The access ends in" in text, path
    assert desk.look()["expiry"].state == "warning"


def test_a_look_that_was_overtaken_by_new_settings_is_not_kept(desk: AccountDesk) -> None:
    desk.sign_in()
    read = desk.stored
    desk.world.clock.advance(timedelta(seconds=5))
    paste(desk)
    kept = desk.services.connections.tell(
        desk.shop.id, "instagram", lambda facts: facts.__setitem__("checks", {"lines": []}), only=read
    )
    assert not kept
    assert "checks" not in desk.stored.facts


def test_ways_that_nobody_came_back_from_are_deleted(desk: AccountDesk) -> None:
    desk.leave()
    now = desk.world.clock.now()
    for days, left in ((0, 1), (2, 0)):
        with desk.world.storage.system_unit_of_work() as system:
            system.work.purge(now + timedelta(days=days))
            system.commit()
        with desk.world.storage.system_unit_of_work(read_only=True) as system:
            found: list[LoginState] = system.login_states.select()
        assert len(found) == left


@pytest.mark.parametrize("lost", ["comments", "messages"])
def test_the_daily_look_asks_again_for_whatever_is_not_delivered_any_more(desk: AccountDesk, lost: str) -> None:
    desk.sign_in()
    whole = list(desk.twin.book.fields[ACCOUNT])
    desk.twin.book.fields[ACCOUNT] = [one for one in whole if one != lost]
    desk.later(days=1, hours=2)
    assert set(desk.twin.book.fields[ACCOUNT]) == set(whole)
    asked = posts(desk)
    desk.later(days=1, hours=2)
    assert posts(desk) == asked, "all is well"


def posts(desk: AccountDesk) -> int:
    return sum(one["method"] == "POST" for one in desk.server.requests("/subscribed_apps"))


def test_what_only_time_kept_from_being_asked_for_is_asked_for_the_next_day(desk: AccountDesk) -> None:
    desk.server.fail_next("500", match="/subscribed_apps", method="POST", skip=3)
    desk.sign_in()
    whole = set(desk.twin.book.fields[ACCOUNT])
    (late,) = told.part(desk.stored, "subscription")["later"]
    assert late not in whole
    assert late in desk.checks()["events.extra"].sentence
    desk.later(days=1, hours=2)
    assert set(desk.twin.book.fields[ACCOUNT]) == whole | {late}
    assert "events.extra" not in desk.checks()


def test_a_field_that_the_app_does_not_have_is_not_asked_for_day_by_day(desk: AccountDesk) -> None:
    desk.twin.book.ticked = tuple(one for one in desk.twin.book.ticked if one != "standby")
    desk.sign_in()
    assert "standby" in desk.checks()["events.extra"].sentence
    asked = posts(desk)
    desk.later(days=1, hours=2)
    assert posts(desk) == asked
    assert "standby" in desk.checks()["events.extra"].sentence


def test_a_look_that_could_not_ask_is_repaired_by_the_next_one(desk: AccountDesk) -> None:
    desk.sign_in()
    taken = told.part(desk.stored, "subscription")["fields"]
    desk.server.fail_next("500", match="/subscribed_apps", method="POST", times=20)
    assert desk.look()["subscribing"].state == "problem"
    last = told.part(desk.stored, "subscription")
    assert (last["fields"], bool(last["error"])) == (taken, True)
    assert desk.twin.book.fields[ACCOUNT] == taken, "nothing was taken away"
    desk.server.fail_next("none")
    asked = posts(desk)
    desk.later(days=1, hours=2)
    assert posts(desk) > asked
    assert "error" not in told.part(desk.stored, "subscription")
    assert "subscribing" not in desk.checks()


def test_a_host_that_never_ends_costs_the_owner_a_minute_at_most(desk: AccountDesk) -> None:
    desk.sign_in()
    desk.server.fail_next("timeout", match="/subscribed_apps", times=50, seconds=60)
    desk.owner.post(f"{PAGE}/test")
    assert desk.stored.state == "attention"
    assert desk.checks()["subscribing"].state == "problem"

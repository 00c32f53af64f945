"""Connecting by signing in at Instagram: there and back, everything that may come back instead, and what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import pytest

from salespilots.domain.business import Role
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.login import COMMENTS, MESSAGES
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from tests.support.account import APP_ID, HOME, PAGE, SECRET, AccountDesk, environ
from tests.support.browser import Visitor
from tests.support.shop import World
from tests.web.test_pages import add_member

OTHER = "17841400000000055"


@pytest.fixture
def desk(make_world: Callable[..., World], sqlite_url: str) -> Iterator[AccountDesk]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as server:
        yield AccountDesk(make_world, sqlite_url, server)


def test_an_owner_signs_in_and_everything_is_green(desk: AccountDesk) -> None:
    page = desk.owner.get(PAGE).text
    assert f'href="{PAGE}/sign-in"' in page
    asked = desk.leave()
    assert (asked["client_id"], asked["redirect_uri"], asked["response_type"]) == (
        APP_ID,
        f"{HOME}{PAGE}/return",
        "code",
    )
    assert len(asked["state"]) >= 43
    answer = desk.back(desk.allow(asked))
    assert (answer.status_code, answer.location) == (303, PAGE)
    stored = desk.stored
    assert (stored.account_ref, stored.values["username"], stored.state) == (ACCOUNT, "the_shop", "working")
    assert stored.facts["login"]["refs"] == [f"9{ACCOUNT}", ACCOUNT]
    assert stored.facts["login"]["missing"] == []
    checks = desk.checks()
    assert {key: one.state for key, one in checks.items()} == {
        "token": "ok", "kind": "ok", "permissions": "ok", "events": "ok", "access": "ok", "secret": "ok", "expiry": "ok",
        "last_event": "unknown",
    }  # fmt: skip
    assert "in 59 days" in checks["expiry"].sentence or "in 60 days" in checks["expiry"].sentence
    assert set(desk.twin.book.fields[ACCOUNT]) >= {"messages", "messaging_postbacks", "comments", "standby"}
    page = desk.owner.get(PAGE).text
    assert "Connected as @the_shop" in page
    assert "Good, and it belongs to @the_shop." in page
    assert desk.token() not in page
    assert desk.twin.book.tokens[desk.token()].long


@pytest.mark.parametrize("shape", [{"token": "flat"}, {"permissions": "array"}, {"me": "data"}])
def test_answers_come_in_more_than_one_shape(desk: AccountDesk, shape: dict[str, str]) -> None:
    desk.server.call("/__shape", shape)
    assert desk.sign_in().location == PAGE
    assert desk.stored.state == "working"
    assert desk.stored.facts["login"]["missing"] == []


def test_a_code_with_the_mark_behind_it_is_the_code(desk: AccountDesk) -> None:
    query = parse_qs(desk.allow(desk.leave()).partition("#")[0])
    state = parse_qs(desk.allow(desk.leave()).partition("#")[0])["state"][0]
    given = urlencode({"code": query["code"][0] + "#_", "state": state})
    assert desk.back(given).location == PAGE


def test_the_state_is_stored_as_a_hash_only(desk: AccountDesk) -> None:
    state = desk.leave()["state"]
    with desk.world.storage.system_unit_of_work(read_only=True) as system:
        (row,) = system.login_states.select()
    assert state not in repr(row)
    assert row.expires_at - desk.world.clock.now() == timedelta(minutes=10)


# (what is done with a good query, words of the page)
BROKEN_STATES: list[tuple[str, Callable[[AccountDesk, str], str]]] = [
    ("none", lambda desk, query: query.partition("&state=")[0]),
    ("empty", lambda desk, query: query.partition("&state=")[0] + "&state="),
    ("another", lambda desk, query: query.partition("&state=")[0] + "&state=" + "x" * 43),
    ("very long", lambda desk, query: query.partition("&state=")[0] + "&state=" + "x" * 2900),
]


@pytest.mark.parametrize("change", [one for _, one in BROKEN_STATES], ids=[name for name, _ in BROKEN_STATES])
def test_a_state_that_is_not_ours_changes_nothing(desk: AccountDesk, change: Callable[[AccountDesk, str], str]) -> None:
    query = desk.allow(desk.leave())
    assert_refused(desk, desk.back(change(desk, query.partition("#")[0])))


def assert_refused(desk: AccountDesk, answer, status: int = 400, words: str = "begun elsewhere") -> None:
    assert answer.status_code == status
    assert words in answer.text
    assert desk.connection is None
    assert not [one for one in desk.server.requests("/oauth/access_token") if words == "begun elsewhere"]


def test_a_state_ends_after_ten_minutes(desk: AccountDesk) -> None:
    query = desk.allow(desk.leave())
    desk.world.clock.advance(timedelta(minutes=10))
    assert_refused(desk, desk.back(query))


def test_a_state_is_good_for_the_session_that_asked_for_it(desk: AccountDesk) -> None:
    query = desk.allow(desk.leave())
    assert_refused(desk, desk.back(query, desk.visitor("meera@example.in")))
    _, other = desk.world.sign_up("Kabir Shoes", "kabir@example.in")
    assert_refused(desk, desk.back(query, desk.visitor("kabir@example.in")))
    assert desk.services.connections.find(other.id, "instagram") is None
    assert desk.back(query).location == PAGE


def test_a_state_is_good_once(desk: AccountDesk) -> None:
    query = desk.allow(desk.leave())
    assert desk.back(query).location == PAGE
    before = desk.stored.version
    answer = desk.back(query)
    assert (answer.status_code, "used already" in answer.text) == (400, True)
    assert desk.stored.version == before


def test_a_new_way_closes_the_earlier_one(desk: AccountDesk) -> None:
    earlier = desk.allow(desk.leave())
    desk.leave()
    assert_refused(desk, desk.back(earlier))


def test_who_says_no_is_told_that_nothing_was_connected(desk: AccountDesk) -> None:
    answer = desk.sign_in(answer="deny")
    assert_refused(desk, answer, words="You did not allow it")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "sent no sign-in code"),
        ({"code": ""}, "sent no sign-in code"),
        ({"code": "x" * 2500}, "sent no sign-in code"),
        ({"code": "made-up"}, "did not take the sign-in"),
        ({"error": "server_error"}, "ended the sign-in"),
        ({"error": "<script>alert(1)</script>", "error_description": "<b>"}, "ended the sign-in"),
    ],
)
def test_what_may_come_back_instead_of_a_code(desk: AccountDesk, query: dict[str, str], words: str) -> None:
    answer = desk.back(urlencode({**query, "state": desk.leave()["state"]}))
    assert_refused(desk, answer, words=words)
    assert "<script>alert" not in answer.text


def test_a_personal_account_has_a_message_of_its_own(desk: AccountDesk) -> None:
    assert_refused(desk, desk.sign_in(account="17841400000000999"), words="personal Instagram account")


def test_a_permission_that_is_needed_to_know_who_it_is(desk: AccountDesk) -> None:
    answer = desk.sign_in(without=("instagram_business_basic",))
    assert_refused(desk, answer, words="instagram_business_basic")


@pytest.mark.parametrize(("missing", "state"), [(MESSAGES, "problem"), (COMMENTS, "warning")])
def test_a_missing_permission_is_named(desk: AccountDesk, missing: str, state: str) -> None:
    assert desk.sign_in(without=(missing,)).location == PAGE
    assert desk.stored.facts["login"]["missing"] == [missing]
    check = desk.checks()[f"permission.{missing}"]
    assert (check.state, missing in check.sentence, "switched on" in check.action) == (state, True, True)
    assert desk.stored.state == ("attention" if missing == MESSAGES else "working")
    assert missing in desk.owner.get(PAGE).text


def test_an_account_of_another_shop_is_refused(desk: AccountDesk) -> None:
    _, other = desk.world.sign_up("Kabir Shoes", "kabir@example.in")
    desk.services.connections.connect(other.id, "instagram", {"account_id": ACCOUNT, "access_token": "IGAA-theirs"})
    assert_refused(desk, desk.sign_in(), 409, "@the_shop is connected to another shop here already.")
    assert desk.services.connections.find(other.id, "instagram") is not None


def test_another_account_than_before_is_asked_about(desk: AccountDesk) -> None:
    desk.server.call("/__person", {"username": "second_shop", "account_id": OTHER})
    desk.sign_in()
    before = desk.token()
    answer = desk.sign_in(account=OTHER)
    assert answer.location == f"{PAGE}/switch"
    assert (desk.stored.account_ref, desk.token()) == (ACCOUNT, before)
    page = desk.owner.get(f"{PAGE}/switch").text
    assert "You signed in as @second_shop, and @the_shop is connected" in page
    stranger = desk.visitor("meera@example.in")
    assert stranger.post(f"{PAGE}/switch", answer="switch").status_code == 400
    assert desk.stored.account_ref == ACCOUNT


@pytest.mark.parametrize(("said", "account"), [("switch", OTHER), ("keep", ACCOUNT), ("", ACCOUNT)])
def test_the_answer_counts_once(desk: AccountDesk, said: str, account: str) -> None:
    desk.server.call("/__person", {"username": "second_shop", "account_id": OTHER})
    desk.sign_in()
    desk.sign_in(account=OTHER)
    assert desk.owner.post(f"{PAGE}/switch", answer=said).location == PAGE
    assert desk.stored.account_ref == account
    assert "pending" not in desk.stored.facts
    assert desk.owner.post(f"{PAGE}/switch", answer="switch").status_code == 400
    assert desk.stored.account_ref == account


def test_the_question_ends_after_ten_minutes(desk: AccountDesk) -> None:
    desk.server.call("/__person", {"username": "second_shop", "account_id": OTHER})
    desk.sign_in()
    desk.sign_in(account=OTHER)
    desk.world.clock.advance(timedelta(minutes=11))
    assert desk.owner.get(f"{PAGE}/switch").location == PAGE
    assert desk.owner.post(f"{PAGE}/switch", answer="switch").status_code == 400
    assert desk.stored.account_ref == ACCOUNT


def test_signing_in_again_replaces_the_token_and_keeps_the_rest(desk: AccountDesk) -> None:
    desk.sign_in()
    first, id = desk.token(), desk.stored.id
    desk.services.connections.note(desk.shop.id, "instagram", ok=False, detail="Sign in again.")
    assert desk.sign_in().location == PAGE
    assert (desk.stored.id, desk.stored.state) == (id, "working")
    assert desk.token() != first


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AGENT, Role.PACKER])
def test_only_who_may_change_settings_signs_in(desk: AccountDesk, role: Role) -> None:
    query = desk.allow(desk.leave())
    member = desk.visitor(add_member(desk.world, desk.shop, role))
    for path in ("sign-in", "return?" + query.partition("#")[0], "switch", "menu"):
        assert member.get(f"{PAGE}/{path}").status_code == 403
    assert desk.connection is None


def test_a_visitor_is_sent_to_sign_in_first(desk: AccountDesk) -> None:
    query = desk.allow(desk.leave())
    answer = Visitor.of(desk.world, HOME).get(f"{PAGE}/return?{query.partition('#')[0]}")
    assert (answer.status_code, answer.location.startswith("/signin")) == (303, True)
    assert desk.connection is None


def test_without_an_app_there_is_no_button_and_no_way(make_world: Callable[..., World], sqlite_url: str) -> None:
    world = make_world(
        sqlite_url, discover=True, environ=environ("http://127.0.0.1:9", SALESPILOTS_INSTAGRAM_APP_ID="")
    )
    world.practice_shop()
    owner = Visitor.of(world, HOME)
    owner.sign_in("meera@example.in")
    page = owner.get(PAGE).text
    assert "not set up here" in page
    assert f"{PAGE}/sign-in" not in page
    assert owner.get(f"{PAGE}/sign-in").status_code == 404
    assert 'name="access_token"' in page


def test_disconnecting_asks_for_no_more_events_and_goes_on_when_that_fails(desk: AccountDesk) -> None:
    desk.sign_in()
    desk.owner.post(f"{PAGE}/off")
    assert desk.connection is None
    assert ACCOUNT not in desk.twin.book.fields
    desk.sign_in()
    assert desk.stored.account_ref == ACCOUNT
    desk.server.fail_next("500", match="subscribed_apps", method="DELETE")
    assert desk.owner.post(f"{PAGE}/off").status_code == 303
    assert desk.connection is None
    assert desk.owner.get("/app/settings/integrations").status_code == 200


@pytest.mark.parametrize("kind", ["500", "502_html", "200_rubbish", "200_empty", "drop", "429", "400", "token_expired"])
@pytest.mark.parametrize("path", ["/oauth/access_token", "/access_token", "/me"])
def test_when_instagram_does_not_answer_as_it_should_nothing_is_stored(desk: AccountDesk, path: str, kind: str) -> None:
    query = desk.allow(desk.leave())
    desk.server.fail_next(kind, match=path, skip=1 if path == "/access_token" else 0)
    answer = desk.back(query)
    assert answer.status_code in (400, 502), answer.text[:300]
    assert "Sign in with Instagram" in answer.text
    assert "reference" not in answer.text.lower()
    assert desk.connection is None
    assert desk.sign_in().location == PAGE, "the next try works"


def test_a_subscription_that_fails_does_not_undo_the_sign_in(desk: AccountDesk) -> None:
    desk.server.fail_next("500", match="/subscribed_apps", method="POST")
    assert desk.sign_in().location == PAGE
    assert desk.stored.secrets is not None
    assert desk.stored.state == "attention"
    assert desk.checks()["subscribing"].state == "problem"
    assert desk.look()["events"].state == "ok"
    assert desk.stored.state == "working"

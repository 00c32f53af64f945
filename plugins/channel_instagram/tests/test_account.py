"""The account side of the adapter against the stand-in, and against hosts that answer anything but what they should."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from salespilots.ports.channel_account import Known, Menu, MenuItem, SignInRefused
from salespilots.ports.errors import AuthFailed, PortError, Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram import account_client, client
from salespilots_channel_instagram.account import InstagramAccount
from salespilots_channel_instagram.login import COMMENTS, MESSAGES, NEEDED, InstagramLogin
from salespilots_channel_instagram.subscribing import CORE, EXTRAS
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin

TOKEN = "IGAA-account-token"
NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
INSTANCE = {"app_id": "123456789012345", "app_secret": "app-secret", "verify_token": "v"}


def account(url: str, account_id: str = ACCOUNT, **instance: str) -> InstagramAccount:
    """The adapter of a shop."""
    values = {"account_id": account_id, "access_token": TOKEN}
    return InstagramAccount.from_settings(
        PluginSettings(
            provider="instagram", business_id="biz_1", values=values, instance={**INSTANCE, "graph_url": url, **instance}
        )
    )  # fmt: skip


def login(url: str) -> InstagramLogin:
    """The sign-in."""
    return InstagramLogin({**INSTANCE, "graph_url": url, "api_url": url, "login_url": url})


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin()) as server:
        yield server


# --- events --------------------------------------------------------------------------------------------------------


def test_everything_is_asked_for_field_by_field(twin: TwinServer) -> None:
    given = account(twin.url).subscribe()
    assert given.fields == (*CORE, *EXTRAS)
    assert given.failed == {}
    assert twin.state()["subscribed"][ACCOUNT] == [*CORE, *EXTRAS]


@pytest.mark.parametrize("missing", [(), ("standby",), ("comments", "live_comments"), EXTRAS])
def test_a_field_that_is_not_ticked_fails_alone(twin: TwinServer, missing: tuple[str, ...]) -> None:
    ticked = [one for one in (*CORE, *EXTRAS) if one not in missing]
    twin.call("/__ticked", {"fields": ticked})
    given = account(twin.url).subscribe()
    assert list(given.fields) == ticked
    assert set(given.failed) == set(missing)
    assert all(given.failed.values())
    assert twin.state()["subscribed"][ACCOUNT] == ticked


def test_without_the_core_set_there_is_an_error(twin: TwinServer) -> None:
    twin.call("/__ticked", {"fields": ["comments"]})
    with pytest.raises(Rejected):
        account(twin.url).subscribe()
    assert twin.state()["subscribed"] == {}


def test_what_did_not_answer_is_named_and_the_rest_goes_on(twin: TwinServer) -> None:
    twin.fail_next("500", match="subscribed_apps", method="POST", skip=2)
    given = account(twin.url).subscribe()
    assert len(given.failed) == 1
    assert len(given.fields) == len(CORE) + len(EXTRAS) - 1


def asked(twin: TwinServer) -> list[list[str]]:
    """The sets that were asked for, in order."""
    calls = [one for one in twin.requests("/subscribed_apps") if one["method"] == "POST"]
    return [one["query"]["subscribed_fields"].split(",") for one in calls]


def test_what_was_taken_before_is_asked_for_in_one_call(twin: TwinServer) -> None:
    one = account(twin.url)
    known = one.subscribe().fields
    before = len(asked(twin))
    assert one.subscribe(known).fields == known
    assert asked(twin)[before:] == [list(known)]


@pytest.mark.parametrize("ticked", [(), ("standby",), ("standby", "live_comments")])
def test_nothing_that_was_delivered_is_away_meanwhile(twin: TwinServer, ticked: tuple[str, ...]) -> None:
    """More fields are asked for on top of those."""
    one = account(twin.url)
    had = [*CORE, "comments", "message_reactions"]
    twin.call("/__ticked", {"fields": had})
    known = one.subscribe().fields
    assert set(known) == set(had)
    twin.call("/__ticked", {"fields": [*had, *ticked]})
    before = len(asked(twin))
    given = one.subscribe(known)
    assert set(given.fields) == {*had, *ticked}
    assert all(set(had) <= set(fields) for fields in asked(twin)[before:])
    assert set(twin.state()["subscribed"][ACCOUNT]) == {*had, *ticked}


def test_a_set_that_is_refused_is_asked_for_field_by_field(twin: TwinServer) -> None:
    one = account(twin.url)
    known = one.subscribe().fields
    twin.call("/__ticked", {"fields": [name for name in known if name != "standby"]})
    given = one.subscribe(known)
    assert given.fields == tuple(name for name in known if name != "standby")
    assert (set(given.failed), given.later) == ({"standby"}, ())


def test_a_set_without_an_answer_makes_nothing_smaller(twin: TwinServer) -> None:
    one = account(twin.url)
    known = one.subscribe().fields
    twin.fail_next("500", match="subscribed_apps", method="POST", times=50)
    with pytest.raises(Unavailable):
        one.subscribe(known)
    twin.fail_next("none")
    assert twin.state()["subscribed"][ACCOUNT] == list(known)


def test_when_time_runs_out_the_rest_is_for_later_and_what_was_taken_stands(
    twin: TwinServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call that gets no answer took effect, or took something away: what is said to be delivered is."""
    one = account(twin.url)
    monkeypatch.setattr("salespilots_channel_instagram.account.CHANGE_SECONDS", 1.0)
    twin.fail_next("timeout_after_accept", match="subscribed_apps", method="POST", skip=3, seconds=2)
    given = one.subscribe()
    taken = [*CORE, *EXTRAS[:2]]
    assert list(given.fields) == taken
    assert given.later == EXTRAS[2:] == tuple(given.failed)
    assert twin.state()["subscribed"][ACCOUNT] == taken


def test_nothing_is_asked_for_any_more(twin: TwinServer) -> None:
    one = account(twin.url)
    one.subscribe()
    one.unsubscribe()
    assert twin.state()["subscribed"] == {}


# --- a look --------------------------------------------------------------------------------------------------------


def states(one: InstagramAccount, known: Known | None = None) -> dict[str, str]:
    """Line to state."""
    return {check.key: check.state for check in one.diagnose(known or Known(granted=NEEDED)).checks}


GREEN = {"token": "ok", "kind": "ok", "permissions": "ok", "events": "ok", "access": "ok", "secret": "ok"}


def test_all_is_well(twin: TwinServer) -> None:
    one = account(twin.url)
    one.subscribe()
    assert states(one) == GREEN
    assert twin.state()["sent"] == []


# (what is wrong, the line, its state, words of what to do)
LOOKS: list[tuple[str, Callable[[TwinServer], Any], str, str, str]] = [
    ("token dead", lambda twin: twin.call("/__token", {"token": TOKEN, "subcode": 460}), "token", "problem", "connect"),
    ("token ended", lambda twin: twin.fail_next("token_expired", match="/me"), "token", "problem", "connect"),
    ("personal", lambda twin: twin.call("/__person", {"username": "me", "account_id": ACCOUNT, "account_type": "PERSONAL"}),
     "kind", "problem", "professional"),
    ("kind unknown", lambda twin: twin.call("/__person", {"username": "me", "account_id": ACCOUNT, "account_type": ""}),
     "kind", "unknown", ""),
    ("access off", lambda twin: twin.fail_next("access_off", match="/conversations"), "access", "problem", "Connected tools"),
    ("no events", lambda twin: twin.twin.book.fields.clear(), "events", "problem", "Check again"),
    ("core is missing", lambda twin: twin.twin.book.fields.update({ACCOUNT: ["comments"]}), "events", "problem", "Tick"),
    ("token away", lambda twin: twin.fail_next("500", match="/me"), "token", "unknown", "minute"),
    ("events away", lambda twin: twin.fail_next("502_html", match="/subscribed_apps", method="GET"), "events", "unknown", "minute"),
    ("access away", lambda twin: twin.fail_next("200_rubbish", match="/conversations"), "access", "unknown", "minute"),
    ("too many calls", lambda twin: twin.fail_next("429", match="/conversations"), "access", "unknown", "minute"),
    ("restricted", lambda twin: twin.fail_next("restricted", match="/conversations"), "access", "problem", "Account status"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "state", "words"), [row[1:] for row in LOOKS], ids=[row[0] for row in LOOKS])
def test_each_trouble_has_a_line(
    twin: TwinServer, change: Callable[[TwinServer], Any], key: str, state: str, words: str
) -> None:
    one = account(twin.url)
    one.subscribe()
    change(twin)
    found = {check.key: check for check in one.diagnose(Known(granted=NEEDED)).checks}
    assert found[key].state == state
    assert words.lower() in found[key].action.lower()
    assert found[key].sentence.endswith(".")
    others = {name: GREEN[name] for name in GREEN if name != key and name in found}
    assert {name: found[name].state for name in others} == others


def test_whose_token_it_is(twin: TwinServer) -> None:
    other = {check.key: check for check in account(twin.url, "17841400000000042").diagnose(Known()).checks}
    assert (other["token"].state, "@the_shop" in other["token"].sentence) == ("problem", True)
    scoped = {check.key: check for check in account(twin.url, f"9{ACCOUNT}").diagnose(Known()).checks}
    assert (scoped["token"].state, ACCOUNT in scoped["token"].action) == ("problem", True)


@pytest.mark.parametrize(
    ("known", "key", "state"),
    [
        (Known(), "permissions", "unknown"),
        (Known(granted=NEEDED[:1], missing=NEEDED[1:]), f"permission.{MESSAGES}", "problem"),
        (Known(granted=NEEDED[:1], missing=NEEDED[1:]), f"permission.{COMMENTS}", "warning"),
        (Known(granted=NEEDED, held_by_other=True), "thread", "warning"),
    ],
)
def test_what_the_core_knows_is_a_line(twin: TwinServer, known: Known, key: str, state: str) -> None:
    assert states(account(twin.url), known)[key] == state


@pytest.mark.parametrize("name", ["app_secret", "verify_token"])
def test_an_app_without_what_signs_is_a_problem(twin: TwinServer, name: str) -> None:
    found = {check.key: check for check in account(twin.url, **{name: ""}).diagnose(Known()).checks}
    assert (found["secret"].state, name.upper() in found["secret"].action) == ("problem", True)


# --- menus ---------------------------------------------------------------------------------------------------------


def test_a_menu_is_shown_read_back_and_taken_away(twin: TwinServer) -> None:
    one = account(twin.url)
    menu = Menu(
        questions=(
            MenuItem(title="Kya bechte ho?", payload="catalogue"),
            MenuItem(title="Order?", payload="order_status"),
        ),
        entries=(MenuItem(title="Person", payload="human"), MenuItem(title="Site", url="https://meera.example/")),
    )
    one.show_menu(menu)
    assert one.menu() == menu
    one.show_menu(Menu(questions=menu.questions))
    assert one.menu() == Menu(questions=menu.questions)
    one.show_menu(Menu())
    assert one.menu() == Menu()


# --- tokens --------------------------------------------------------------------------------------------------------


def test_a_token_that_is_too_young_is_no_dead_one(twin: TwinServer) -> None:
    made = twin.twin.new_token(ACCOUNT, NEEDED, long=True)
    one = InstagramAccount.from_settings(
        PluginSettings(
            provider="instagram", business_id="b", values={"account_id": ACCOUNT, "access_token": made},
            instance={**INSTANCE, "graph_url": twin.url},
        )
    )  # fmt: skip
    with pytest.raises(Rejected) as error:
        one.renew(NOW)
    assert error.value.reason == "too_young"
    twin.call("/__clock", {"advance": 86_500})
    renewed = one.renew(NOW)
    assert renewed.secrets["access_token"] != made
    assert (renewed.expires_at - NOW).days == 60
    twin.call("/__token", {"token": made, "subcode": 460})
    with pytest.raises(AuthFailed):
        one.renew(NOW)


# --- bad hosts -----------------------------------------------------------------------------------------------------


class BadHost(BaseHTTPRequestHandler):
    """``server.how``: how it answers."""

    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append(self.path)
        how = self.server.how
        if how == "slow":
            time.sleep(3)
        if how == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(4000):
                    self.wfile.write(b" " * 65536)
            except OSError:
                self.close_connection = True
            return
        if how == "cut":
            self.close_connection = True
            return
        status, body, headers = {
            "html": (200, b"<html>hi</html>", {}), "empty": (200, b"", {}), "list": (200, b"[]", {}),
            "null": (200, b"null", {}), "number": (200, b"7", {}), "deep": (200, b"[" * 3000, {}),
            "strange": (200, b'{"data": 7, "error": null, "access_token": ["x"], "expires_in": {}}', {}),
            "bytes": (200, b"\xff\xfe\x00", {}), "error in 200": (200, b'{"error": "no"}', {}),
            "redirect": (302, b"", {"Location": f"http://127.0.0.1:{self.server.server_port}/stolen"}),
            "html 500": (500, b"<html>oops</html>", {}), "404": (404, b"nothing", {}), "slow": (200, b"{}", {}),
            "403 html": (403, b"<html>no</html>", {}), "own error": (400, b'{"error_type": "x", "code": 400, "error_message": 5}', {}),
        }[how]  # fmt: skip
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _serve


@pytest.fixture
def bad() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), BadHost)
    server.daemon_threads, server.seen, server.how = True, [], ""
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


HOWS = [
    "html", "empty", "list", "null", "number", "deep", "strange", "bytes", "error in 200", "redirect", "html 500", "404",
    "slow", "endless", "cut", "403 html", "own error",
]  # fmt: skip
MENU = Menu(questions=(MenuItem(title="a", payload="catalogue"),))
ACTS: dict[str, Callable[[str], Any]] = {
    "login": lambda url: login(url).finish({"code": "AQcode-secret"}, "http://x/return", NOW),
    "renew": lambda url: account(url).renew(NOW),
    "subscribe": lambda url: account(url).subscribe(),
    "unsubscribe": lambda url: account(url).unsubscribe(),
    "show_menu": lambda url: account(url).show_menu(MENU),
}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("act", [*ACTS, "diagnose", "menu"])
def test_a_host_that_is_not_metas_breaks_nothing(
    bad: Any, how: str, act: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad.how, url = how, f"http://127.0.0.1:{bad.server_port}"
    monkeypatch.setattr(client, "ANSWER_TIMEOUT", 1.0)
    began = time.monotonic()
    with caplog.at_level(logging.DEBUG):
        if act == "diagnose":
            found = account(url).diagnose(Known())
            assert {one.state for one in found.checks if one.key == "token"} <= {"unknown", "problem"}
            assert all(one.sentence for one in found.checks)
        elif act == "menu":
            with contextlib.suppress(PortError):
                assert account(url).menu() == Menu()
        elif how in ("strange", "slow") and act in ("unsubscribe", "show_menu", "subscribe"):
            with contextlib.suppress(PortError):
                ACTS[act](url)  # an object without an error: as good as done, the next look tells
        else:
            with pytest.raises((PortError, SignInRefused)) as error:
                ACTS[act](url)
            told = error.value
            assert (
                "AQcode" not in f"{told!r} {told.__cause__!r} {'' if told.__suppress_context__ else told.__context__!r}"
            )
    assert time.monotonic() - began < 25
    assert not [one for one in bad.seen if "stolen" in one], "redirects are not followed"
    for secret in (TOKEN, "app-secret", "AQcode-secret"):
        assert secret not in caplog.text


def test_a_host_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:9"
    for act in ACTS.values():
        with pytest.raises(Unavailable):
            act(url)
    assert states(account(url)) == {"token": "unknown", "secret": "ok"}


def test_addresses_in_logs_are_bare(
    twin: TwinServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpx_log = logging.getLogger("httpx")
    assert account_client.BareAddresses in [type(one) for one in httpx_log.filters]
    monkeypatch.setattr(httpx_log, "disabled", False)  # whatever configured logging in this process before
    monkeypatch.setattr(httpx_log, "propagate", True)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):
        account(twin.url).renew(NOW)
    assert "refresh_access_token" in caplog.text
    assert TOKEN not in caplog.text


def test_nothing_shows_a_secret(twin: TwinServer) -> None:
    one, sign_in = account(twin.url), login(twin.url)
    renewed = one.renew(NOW)
    shown = repr([one, sign_in, vars(one)["_account"], renewed])
    for secret in (TOKEN, "app-secret", renewed.secrets["access_token"]):
        assert secret not in shown

"""Reading recent chats back: pages, the twenty newest, both ways of telling a time, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from salespilots.ports.channel import Inbound
from salespilots.ports.errors import PortError
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram.client import GraphClient
from salespilots_channel_instagram.parsing import parse_body
from salespilots_channel_instagram.reading import SECONDS_BETWEEN, RecentReader
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin, entry, item
from salespilots_channel_instagram.twin_reading import details

LONG_AGO = timedelta(days=29)


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin()) as server:
        yield server


def read_all(twin: TwinServer, since: datetime | None = None) -> tuple[list[Inbound], int, list[float]]:
    """Everything, how much is missing, and the pauses that were made."""
    pauses: list[float] = []
    reader = RecentReader(GraphClient(twin.url, "token"), ACCOUNT, pauses.append)
    since = since or datetime.now(UTC) - LONG_AGO
    events, missing, cursor = [], 0, ""
    for _ in range(60):
        page = reader.part(since, cursor)
        events += page.items
        missing, cursor = missing + page.missing, page.cursor
        if not cursor:
            return events, missing, pauses
    raise AssertionError("the pages have no end")


def at(**ago: float) -> datetime:
    return datetime.now(UTC) - timedelta(**ago)


@pytest.mark.parametrize("unix", [False, True])
def test_every_page_and_both_directions(twin: TwinServer, unix: bool) -> None:
    far = twin.twin
    twin.call("/__reading", {"page": 3, "unix": unix})
    for number in range(8):
        far.wrote(f"20{number}", f"in-{number}", f"hello {number}", at=at(hours=9 - number))
        far.answered(f"20{number}", f"out-{number}", f"yes {number}", at=at(hours=9 - number, minutes=-5))
    events, missing, pauses = read_all(twin)
    assert missing == 0
    assert {one.event_id for one in events} == {f"in-{n}:message" for n in range(8)} | {
        f"out-{n}:echo" for n in range(8)
    }
    for number in range(8):
        mine = [one for one in events if one.customer_ref == f"20{number}"]
        assert [(one.kind, one.text) for one in mine] == [("message", f"hello {number}"), ("echo", f"yes {number}")]
    calls = [one for one in twin.requests() if one["method"] == "GET"]
    assert len(pauses) >= len(calls) - 9  # one call of a part need not wait: the next part comes later
    assert set(pauses) == {SECONDS_BETWEEN}


def test_only_the_twenty_newest_can_be_read_and_the_rest_is_counted(twin: TwinServer) -> None:
    for number in range(26):
        twin.twin.wrote("2001", f"m-{number:02}", f"t{number}", at=at(minutes=40 - number))
    twin.call("/__reading", {"gone": ["m-20"]})
    events, missing, _ = read_all(twin)
    assert [one.text for one in events] == [f"t{n}" for n in range(6, 26) if n != 20]
    assert missing == 7


def test_old_requests_and_what_is_older_than_asked_for(twin: TwinServer) -> None:
    twin.twin.wrote("2001", "old", "from last month", at=at(days=31))
    twin.twin.wrote("2002", "before", "yesterday", at=at(hours=30))
    twin.twin.wrote("2002", "after", "today", at=at(hours=1))
    events, missing, _ = read_all(twin, at(hours=20))
    assert ([one.text for one in events], missing) == (["today"], 0)
    assert [one.event_id for one in read_all(twin, at(hours=20))[0]] == ["after:message"]


@pytest.mark.parametrize(
    "kind", ["text", "image", "album", "video", "audio", "file", "ig_post", "story_reply", "story_mention"]
)
def test_what_is_read_is_what_the_webhook_told(twin: TwinServer, kind: str) -> None:
    """The same event id and message, of whatever kind, so that the second of both changes nothing."""
    event = {
        "kind": kind,
        "from": "2001",
        "mid": "m-1",
        "text": "Is it there?",
        "url": "https://cdn.example/1",
        "at": 1_790_000_000_000,
    }
    if kind == "album":
        event["urls"] = ["https://cdn.example/1", "https://cdn.example/2"]
    (told,) = parse_body({"object": "instagram", "entry": [entry(ACCOUNT, [item(ACCOUNT, event)])]})
    twin.twin.wrote("2001", "m-1", told.text, **details(event))
    ((read,), _, _) = read_all(twin)
    assert (read.event_id, read.account_ref, read.customer_ref, read.message_ref) == (
        told.event_id, told.account_ref, told.customer_ref, told.message_ref,
    )  # fmt: skip
    assert read.kind == told.kind
    assert [one.url for one in read.attachments] == [one.url for one in told.attachments]
    assert (read.subject is None) == (told.subject is None)


@pytest.mark.parametrize("kind", ["400", "404", "302"])
@pytest.mark.parametrize(("match", "left", "lost"), [("/m-2", ["a", "c"], 1), (f"/t_{ACCOUNT}_2001", ["c"], 1)])
def test_what_is_refused_alone_is_counted_and_the_rest_is_read(
    twin: TwinServer, kind: str, match: str, left: list[str], lost: int
) -> None:
    for number, (who, text) in enumerate((("2001", "a"), ("2001", "b"), ("2002", "c")), 1):
        twin.twin.wrote(who, f"m-{number}", text, at=at(minutes=40 - number))
    twin.fail_next(kind, match=match, times=1000)
    events, missing, _ = read_all(twin)
    assert (sorted(one.text for one in events), missing) == (left, lost)


@pytest.mark.parametrize("kind", ["429", "500", "token_expired", "200_rubbish", "drop_before"])
def test_trouble_is_said_and_the_same_part_can_be_asked_for_again(twin: TwinServer, kind: str) -> None:
    twin.twin.wrote("2001", "m-1", "hello")
    for skip in range(4):
        twin.fail_next(kind, match="", skip=skip)
        with pytest.raises(PortError):
            read_all(twin)
        assert [one.text for one in read_all(twin)[0]] == ["hello"]


def test_an_account_without_chats_and_a_cursor_of_somebody_else(twin: TwinServer) -> None:
    assert read_all(twin) == ([], 0, [SECONDS_BETWEEN] * 2)
    twin.twin.wrote("2001", "m-1", "hello")
    reader = RecentReader(GraphClient(twin.url, "token"), ACCOUNT, lambda seconds: None)
    for cursor in ("nonsense", "[]", '{"ids": 5, "after": []}'):
        assert reader.part(at(days=1), cursor).items == ()

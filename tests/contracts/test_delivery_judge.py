"""The judge of deliveries sees what it must, and the weather is bad enough to need a product that copes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from salespilots.domain.inbox import InboxRow
from salespilots.testing.contracts.delivery import Practice, Rehearsal
from salespilots.testing.delivery import History, Story, Weather, judge, plain
from salespilots.testing.delivery.weather import MOST_IN_A_POST, calm, in_one_post
from tests.contracts.test_fake_channel import make_harness


def test_what_is_right_is_fine() -> None:
    said = {"asha": ["one", "two", "two"], "ravi": ["three"]}
    verdict = judge(said, {"ravi": ["three"], "asha": ["one", "two", "two"]})
    assert verdict.fine
    assert str(verdict) == "0 lost [], 0 twice [], 0 out of order []"


def test_each_fault_is_named() -> None:
    should = {"asha": ["one", "two", "three"]}
    assert judge(should, {"asha": ["one", "three"]}).lost == [("asha", "two")]
    assert judge(should, {}).lost == [("asha", "one"), ("asha", "two"), ("asha", "three")]
    assert judge(should, {"asha": ["one", "two", "two", "three"]}).twice == [("asha", "two")]
    assert judge(should, {"asha": ["one", "two", "three"], "ravi": ["one"]}).twice == [("ravi", "one")]
    assert judge(should, {"asha": ["two", "one", "three"]}).disorder == [("asha", "two"), ("asha", "one")]
    both = judge(should, {"asha": ["three", "two", "two"]})
    assert (both.lost, both.twice) == ([("asha", "one")], [("asha", "two")])
    assert both.disorder
    assert not both.fine


def test_equal_texts_on_purpose_are_counted() -> None:
    should = {"asha": ["ok", "ok"]}
    assert judge(should, {"asha": ["ok", "ok"]}).fine
    assert judge(should, {"asha": ["ok"]}).lost == [("asha", "ok")]
    assert judge(should, {"asha": ["ok"] * 3}).twice == [("asha", "ok")]


def test_what_rightly_differs_is_left_out() -> None:
    assert plain("Pay https://pay.example/a1 for SP-1001") == plain("Pay https://pay.example/b2 for SP-1002")
    assert plain("Saree is ₹899.00, only 2 left.") == plain("Saree is ₹899.00, 14 in stock.")
    assert plain("Saree is ₹899.00") != plain("Saree is ₹898.00")


def test_a_history_outlives_its_writer(tmp_path: Path) -> None:
    first = History(tmp_path / "history")
    first.note("kill", point="send.accepted")
    second = History(tmp_path / "history")
    second.note("kill", point="turn.after_commit")
    second.note("other", text="नमस्ते")
    assert [one["point"] for one in second.lines("kill")] == ["send.accepted", "turn.after_commit"]
    first.close()
    second.close()


def test_a_story_is_the_same_every_time_and_its_weather_is_not_calm() -> None:
    story = Story.day(5, chats=6)
    assert story == Story.day(5, chats=6)
    assert story != Story.day(6, chats=6)
    posts = Weather().deliver(story)
    assert posts == Weather().deliver(story)
    seen = [line for post in posts for line in post.lines]
    assert set(seen) == set(story)
    assert len(seen) > 1.2 * len(story.lines), "some come twice"
    assert any(len(post.lines) > 1 for post in posts)
    assert [line for line in dict.fromkeys(seen)] != list(story), "some overtake others"
    assert [line for post in calm(story) for line in post.lines] == list(story)
    whole = in_one_post([*story] * 60, 5)
    assert max(len(post.lines) for post in whole) == MOST_IN_A_POST


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    return Practice(tmp_path_factory.mktemp("practice"))


def differences(practice: Practice, folder: Path, settling: float = 1) -> int:
    """On how many of ten bad days something went wrong."""
    wrong = 0
    for seed in range(10):
        ends = []
        story = Story.day(seed)
        for posts in (calm(story), Weather().deliver(story)):
            rehearsal = Rehearsal(make_harness(), practice, folder / f"{seed}-{len(ends)}", timedelta(seconds=settling))
            ends.append(rehearsal.play(story, posts))
            rehearsal.close()
        wrong += bool(ends[1].against(ends[0])) or not judge(ends[0].heard, ends[1].heard).fine
    return wrong


def test_without_waiting_for_earlier_events_days_end_differently(practice: Practice, tmp_path: Path) -> None:
    assert differences(practice, tmp_path, settling=0) >= 3


def test_without_knowing_an_event_again_days_end_differently(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 0
    made = InboxRow.__init__

    def another(self: InboxRow, **values: object) -> None:
        nonlocal number
        number += 1
        payload = values["payload"]
        assert isinstance(payload, dict)
        payload = {
            **payload,
            **({"message_ref": f"{payload['message_ref']}-{number}"} if payload.get("message_ref") else {}),
        }
        made(self, **{**values, "event_id": f"{values['event_id']}-{number}", "payload": payload})  # type: ignore[arg-type]

    monkeypatch.setattr(InboxRow, "__init__", another)
    assert differences(practice, tmp_path) == 10

"""The storage contract's part for work between processes: events taken in, lanes, what is due, counted tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
A, B = "biz_shopaaaaaaaa", "biz_shopbbbbbbbb"


class WorkContract:
    """Part of `StorageContract`, which brings the ``store``."""

    def row(self, event: str, lane: str = "x:1:2", sent: int = 0, shop: str | None = A) -> Any:
        """An inbox row."""
        from salespilots.domain.inbox import InboxRow

        return InboxRow(
            endpoint="channel:x", event_id=event, port="channel", provider="x", lane=lane, kind="message",
            payload={"text": "नमस्ते 🙏"}, sent_at=NOW + timedelta(seconds=sent), received_at=NOW, business_id=shop,
        )  # fmt: skip

    def test_the_inbox_keeps_each_event_once(self, store: Any) -> None:
        """Within a batch and over batches."""
        with store.system_unit_of_work() as system:
            assert [one.event_id for one in system.inbox.accept([self.row("1"), self.row("1"), self.row("2")])] == [
                "1",
                "2",
            ]
            system.commit()
        with store.system_unit_of_work() as system:
            assert [one.event_id for one in system.inbox.accept([self.row("2"), self.row("3")])] == ["3"]
            assert system.inbox.accept([]) == []
            system.commit()
        with store.unit_of_work(A) as uow:
            rows = uow.inbox.waiting("x:1:2")
            assert [one.event_id for one in rows] == ["1", "2", "3"]
            assert rows[0].payload == {"text": "नमस्ते 🙏"}

    def test_what_a_kept_event_tells_can_be_replaced(self, store: Any) -> None:
        """Of this lane and shop, done or not; the event stays known."""
        rows = [
            self.row("1"), self.row("2"), self.row("3", lane="x:1:9"), self.row("4", shop=B), self.row("5"),
        ]  # fmt: skip
        rows[0].received_at -= timedelta(days=1)
        with store.system_unit_of_work() as system:
            system.inbox.accept(rows)
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.inbox.done(uow.inbox.waiting("x:1:2")[1], NOW)
            kept = uow.inbox.kept("x:1:2", NOW)
            assert [one.event_id for one in kept] == ["2", "5"]
            uow.inbox.rewrite(kept[0], {"text": ""})
            uow.commit()
        with store.unit_of_work(B) as uow:
            uow.inbox.rewrite(kept[1], {"text": "theirs"})
            uow.commit()
        with store.system_unit_of_work() as system:
            assert system.inbox.accept([self.row("2")]) == []
        with store.unit_of_work(A, read_only=True) as uow:
            told = {one.event_id: one.payload["text"] for one in uow.inbox.kept("x:1:2", NOW - timedelta(days=1))}
            assert told == {"1": "नमस्ते 🙏", "2": "", "5": "नमस्ते 🙏"}
            assert [one.event_id for one in uow.inbox.waiting("x:1:2")] == ["1", "5"]

    def test_the_inbox_takes_thousands_at_once(self, store: Any) -> None:
        """Providers batch up to a thousand events; several batches may be written together."""
        rows = [self.row(str(number)) for number in range(2500)]
        with store.system_unit_of_work() as system:
            assert len(system.inbox.accept([*rows, *rows[:10]])) == 2500
            system.commit()

    def test_waiting_events_come_in_provider_order(self, store: Any) -> None:
        """Sorted by the provider's time, then by arrival; done and parked ones leave."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("late", sent=9), self.row("early", sent=1), self.row("middle", sent=5)])
            system.commit()
        with store.unit_of_work(A) as uow:
            rows = uow.inbox.waiting("x:1:2")
            assert [one.event_id for one in rows] == ["early", "middle", "late"]
            uow.inbox.done(rows[0], NOW)
            uow.inbox.park(rows[1], error="broken")
            uow.inbox.retry(rows[2], next_at=NOW + timedelta(seconds=2), error="busy")
            uow.commit()
        with store.unit_of_work(A) as uow:
            [left] = uow.inbox.waiting("x:1:2")
            assert (left.event_id, left.attempts, left.error) == ("late", 1, "busy")
        with store.system_unit_of_work() as system:
            assert system.work.due_lanes(NOW) == []
            assert system.work.due_lanes(NOW + timedelta(seconds=3)) == ["x:1:2"]
            assert system.work.backlog(NOW + timedelta(seconds=3))["inbox_dead"] == 1

    def test_a_lane_has_one_holder(self, store: Any) -> None:
        """Claim, refuse, release, and the fence stops the old holder."""
        from salespilots.ports.work import LeaseLost

        minute = timedelta(minutes=1)
        with store.system_unit_of_work() as system:
            first = system.lanes.claim("l", "one", minute)
            assert system.lanes.claim("l", "two", minute) is None
            assert system.lanes.renew(first, minute) is True
            system.lanes.release(first)
            second = system.lanes.claim("l", "two", timedelta(0))
            third = system.lanes.claim("l", "three", minute)
            assert first.fence < second.fence < third.fence
            assert system.lanes.renew(second, minute) is False
            system.lanes.release(second)
            assert system.lanes.claim("l", "four", minute) is None
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.hold(third)
            with pytest.raises(LeaseLost):
                uow.hold(second)

    def test_throttle_counts_within_its_window(self, store: Any) -> None:
        """And starts again after it."""
        window = timedelta(minutes=15)
        with store.system_unit_of_work() as system:
            assert [system.throttle.hit("k", now=NOW, window=window) for _ in range(3)] == [1, 2, 3]
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=16), window=window) == 1
            system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window)
            system.throttle.clear("k")
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window) == 1

    def test_due_lanes_are_fair_between_shops(self, store: Any) -> None:
        """A flood at one shop hides no other, however small the part that is looked at."""
        flood = [self.row(str(number), lane=f"x:a:{number:03}") for number in range(60)]
        with store.system_unit_of_work() as system:
            system.inbox.accept([*flood, self.row("quiet", lane="x:b:1", shop=B)])
            system.commit()
        with store.system_unit_of_work(read_only=True) as system:
            due = system.work.due_lanes(NOW, limit=5)
            assert "x:b:1" in due[:2]
            assert len(due) == len(set(due)) == 5

    def test_a_lane_is_worked_on_for_each_shop_with_work_on_it(self, store: Any) -> None:
        """An account that went to another shop keeps its lanes."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("1"), self.row("2", shop=B), self.row("3", lane="x:1:9")])
            system.commit()
        assert set(self._shops(store)) == {A, B}
        with store.unit_of_work(A) as uow:
            uow.inbox.done(uow.inbox.waiting("x:1:2")[0], NOW)
            uow.commit()
        assert self._shops(store) == [B]

    def _shops(self, store: Any) -> list[str]:
        with store.system_unit_of_work(read_only=True) as system:
            return list(system.work.businesses_due("x:1:2", NOW))

    def test_the_newest_event_of_each_provider_is_known(self, store: Any) -> None:
        """For all shops or one; the practice parts are no provider."""
        late, practice = self.row("2", shop=B), self.row("3")
        late.received_at, practice.provider = NOW + timedelta(hours=1), "practice"
        with store.system_unit_of_work() as system:
            assert system.work.last_webhooks() == {}
            system.inbox.accept([self.row("1"), late, practice])
            assert system.work.last_webhooks() == {"x": NOW + timedelta(hours=1)}
            assert system.work.last_webhooks(A) == {"x": NOW}

"""The storage contract's part for events taken in: each once, in their order, given up and taken up again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .storage_due import NOW, A, B, DueContract


class InboxContract(DueContract):
    """Part of `WorkContract`."""

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
            rows = self.waiting(uow)
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
            uow.inbox.done(self.waiting(uow)[1], NOW)
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
            assert [one.event_id for one in self.waiting(uow)] == ["1", "5"]

    def test_all_that_an_account_told_is_found_and_can_be_replaced(self, store: Any) -> None:
        """On any lane, whatever became of it, what is nobody's too; another account's and another shop's are left alone."""
        from salespilots.domain.inbox import InboxState

        rows = [
            self.row("1", lane="x:10:a"), self.row("2", lane="x:10:"), self.row("3", lane="x:1:a"),
            self.row("4", lane="x:10:b", shop=B), self.row("5", lane="x:10:c", shop=None), self.row("6", lane="x:10:a"),
            self.row("7", lane="x:1_:a"),
        ]  # fmt: skip
        rows[4].state, rows[1].provider = InboxState.UNROUTED, "y"
        with store.system_unit_of_work() as system:
            system.inbox.accept([*rows, self.row("8", lane="x:10:")])
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.inbox.done(self.waiting(uow, "x:10:a")[0], NOW)
            found = uow.inbox.of_account("x", "10")
            assert [one.event_id for one in found] == ["1", "5", "6", "8"]
            assert found[0].state == "done"
            some = uow.inbox.of_account("x", "10", found[0].position, 2)
            assert [one.event_id for one in some] == ["5", "6"]
            assert uow.inbox.of_account("x", "10", found[-1].position) == []
            assert [one.event_id for one in uow.inbox.of_account("x", "1_")] == ["7"]
            for one in found:
                uow.inbox.rewrite(one, {"text": ""})
            uow.commit()
        with store.unit_of_work(B) as uow:
            left = {one.event_id: one.payload["text"] for one in uow.inbox.of_account("x", "10")}
            assert left == {"4": "नमस्ते 🙏", "5": ""}
            uow.inbox.rewrite(found[0], {"text": "theirs"})
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            assert {one.payload["text"] for one in uow.inbox.of_account("x", "10")} == {""}

    def test_events_of_an_account_that_is_nobodys_are_adopted(self, store: Any) -> None:
        from salespilots.domain.inbox import InboxState

        rows = [
            self.row("1", lane="x:10:a", shop=None), self.row("2", lane="x:10:a", shop=None),
            self.row("3", lane="x:1:a", shop=None), self.row("4", lane="x:10:b", shop=B),
        ]  # fmt: skip
        for row in rows[:3]:
            row.state = InboxState.UNROUTED
        with store.system_unit_of_work() as system:
            system.inbox.accept(rows)
            system.commit()
        with store.unit_of_work(A) as uow:
            assert uow.inbox.adopt("y", "10") == []
            assert uow.inbox.adopt("x", "10") == ["x:10:a"]
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert [one.event_id for one in uow.inbox.waiting(["x:10:a"])["x:10:a"]] == ["1", "2"]
            assert uow.inbox.adopt("x", "10") == []
        with store.unit_of_work(B) as uow:
            assert uow.inbox.adopt("x", "_") == []
            assert uow.inbox.waiting(["x:10:b"])["x:10:b"][0].business_id == B

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
            rows = self.waiting(uow)
            assert [one.event_id for one in rows] == ["early", "middle", "late"]
            uow.inbox.done(rows[0], NOW)
            uow.inbox.park(rows[1], error="broken")
            uow.inbox.retry(rows[2], next_at=NOW + timedelta(seconds=2), error="busy")
            uow.commit()
        with store.unit_of_work(A) as uow:
            [left] = self.waiting(uow)
            assert (left.event_id, left.attempts, left.error) == ("late", 1, "busy")
        with store.system_unit_of_work() as system:
            assert system.work.due_lanes(NOW) == []
            assert system.work.due_lanes(NOW + timedelta(seconds=3)) == [(A, "x:1:2")]
            backlog = system.work.backlog(NOW + timedelta(seconds=3))
            assert (backlog["inbox_dead"], backlog["inbox_new"], backlog["oldest_seconds"]) == (1, 1, 3)
            assert system.work.backlog(NOW, B)["inbox_dead"] == 0

    def test_events_of_several_lanes_come_at_once(self, store: Any) -> None:
        """Each lane's own, the first of them, this shop's only."""
        rows = [self.row(f"{lane}{n}", lane=f"x:1:{lane}", sent=9 - n) for lane in "abc" for n in range(3)]
        with store.system_unit_of_work() as system:
            system.inbox.accept([*rows, self.row("other", lane="x:1:a", shop=B)])
            system.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            found = uow.inbox.waiting(["x:1:a", "x:1:c", "x:1:none"], limit=2)
            assert {lane: [one.event_id for one in of] for lane, of in found.items()} == {
                "x:1:a": ["a2", "a1"], "x:1:c": ["c2", "c1"],
            }  # fmt: skip
            assert uow.inbox.waiting([]) == {}

    def test_a_given_up_event_is_read_taken_up_again_or_left(self, store: Any) -> None:
        """By its own shop; what is left for good is known still and never comes back."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("1"), self.row("2"), self.row("3", shop=B)])
            system.commit()
        with store.unit_of_work(A) as uow:
            for row in self.waiting(uow):
                uow.inbox.park(row, error="broken")
            uow.commit()
        with store.system_unit_of_work(read_only=True) as system:
            dead = system.work.dead()
            assert [one.event_id for one in dead] == ["2", "1"]
            assert dead[0].error == "broken"
            assert system.work.dead(B) == []
        with store.unit_of_work(B) as uow:
            assert uow.inbox.parked(dead[0].position) is None
        with store.unit_of_work(A) as uow:
            assert uow.inbox.parked(2**70) is None
            again, left = (uow.inbox.parked(one.position) for one in dead)
            assert uow.queries.given_up() == 2
            uow.inbox.again(again, NOW + timedelta(hours=1))
            uow.inbox.discard(left, NOW)
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert [(one.event_id, one.attempts) for one in self.waiting(uow)] == [("2", 0)]
            assert uow.inbox.parked(dead[1].position) is None
            assert uow.queries.given_up() == 0
        with store.system_unit_of_work() as system:
            assert system.work.dead() == []
            assert system.inbox.accept([self.row("1")]) == []
            states = [system.work.event(one.position).state for one in dead]
            assert states == ["new", "discarded"]
            assert system.work.event(2**70) is system.work.event(10_000) is None
            assert system.work.backlog(NOW + timedelta(hours=1, seconds=9))["due_seconds"] == 3609  # of the other shop
            assert system.work.backlog(NOW + timedelta(hours=1, seconds=9), A)["due_seconds"] == 9

    def test_given_up_events_come_in_pages(self, store: Any) -> None:
        """The newest first."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row(str(number)) for number in range(5)])
            system.commit()
        with store.unit_of_work(A) as uow:
            for row in self.waiting(uow):
                uow.inbox.park(row, error="broken")
            uow.commit()
        with store.system_unit_of_work(read_only=True) as system:
            first = system.work.dead(limit=2)
            rest = system.work.dead(A, before=first[-1].position)
            assert [one.event_id for one in [*first, *rest]] == ["4", "3", "2", "1", "0"]

    def test_an_event_that_waits_for_its_next_try_holds_up_its_lane_only(self, store: Any) -> None:
        """It is not late, nor is what comes after it; what could be handled is."""
        in_order = [self.row("first", sent=1), self.row("second", sent=2)]
        with store.system_unit_of_work() as system:
            system.inbox.accept([*in_order, self.row("none", lane="x:9:9", shop=None)])
            system.commit()
        with store.unit_of_work(A) as uow:
            uow.inbox.retry(self.waiting(uow)[0], next_at=NOW + timedelta(minutes=30), error="broken")
            uow.commit()
        self._late(store, minutes=29, oldest=29 * 60, due=0)
        self._late(store, minutes=31, oldest=31 * 60, due=60)
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("late", sent=9, lane="x:1:9", shop=B)])
            system.commit()
        self._late(store, minutes=20, oldest=20 * 60, due=20 * 60)
        with store.unit_of_work(A) as uow:  # as a clock wrote it that was ahead
            uow.inbox.retry(self.waiting(uow)[0], next_at=NOW + timedelta(days=40), error="broken")
            uow.commit()
        self._late(store, minutes=40, oldest=40 * 60, due=40 * 60)

    def _late(self, store: Any, *, minutes: int, oldest: float, due: float) -> None:
        with store.system_unit_of_work(read_only=True) as system:
            figures = system.work.backlog(NOW + timedelta(minutes=minutes))
        assert (figures["oldest_seconds"], figures["due_seconds"]) == (oldest, due)

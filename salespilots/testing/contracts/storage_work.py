"""The storage contract's part for work between processes: lanes, what is due and late, workers, counted tries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .storage_due import NOW, A, B
from .storage_inbox import InboxContract


class WorkContract(InboxContract):
    """Part of `StorageContract`, which brings the ``store``."""

    def test_a_message_that_could_leave_and_does_not_is_late(self, store: Any) -> None:
        """The first of its lane that has not left, when it waits for nobody."""
        from salespilots.domain.conversation import MessageState

        with store.unit_of_work(A) as uow:
            chat = self.chat(uow)
            uow.messages.add(self.message(chat, 1, state=MessageState("queued")))
            uow.messages.add(self.message(chat, 2, state=MessageState("queued")))
            uow.commit()
        self._leaves(store, minutes=10, late=600)

        def change(seq: int, state: str, reason: str | None = None, next_at: timedelta | None = None) -> None:
            with store.unit_of_work(A) as uow:
                message = uow.messages.get(f"msg_one0000{seq}")
                message.state, message.reason = MessageState(state), reason
                message.next_at = None if next_at is None else NOW + next_at
                uow.messages.save(message)
                uow.commit()

        for reason in ("channel_down", "rate_limited", "waits_for_reconnect", "account_restricted", "paced"):
            change(1, "queued", reason)
            self._leaves(store, minutes=10, late=0)
        change(1, "queued", "not_taken", timedelta(minutes=7))
        self._leaves(store, minutes=6, late=0)
        self._leaves(store, minutes=10, late=180)
        change(1, "queued", None, timedelta(days=40))  # as a clock wrote it that was ahead
        self._leaves(store, minutes=10, late=600)
        for state in ("sending", "uncertain"):
            change(1, state)
            self._leaves(store, minutes=10, late=0)
        change(1, "sent")
        self._leaves(store, minutes=10, late=600)
        with store.system_unit_of_work() as system:
            leases = system.lanes.claim(["x:1:2"], "w", timedelta(seconds=60))
            system.commit()
        self._leaves(store, minutes=10, late=0)
        with store.system_unit_of_work() as system:
            system.lanes.release(list(leases.values()))
            system.commit()
        self._leaves(store, minutes=10, late=600)
        change(2, "sent")
        self._leaves(store, minutes=10, late=0)

    def _leaves(self, store: Any, *, minutes: int, late: float) -> None:
        at = NOW + timedelta(minutes=minutes)
        with store.system_unit_of_work(read_only=True) as system:
            told = [system.work.backlog(at, shop)["outbox_due_seconds"] for shop in (None, A, B)]
        assert told == [late, late, 0]

    def test_sends_of_which_nobody_knows_are_found(self, store: Any) -> None:
        """Those for a person first, each shop's own; and whose any message is."""
        from salespilots.domain.conversation import MessageState

        with store.unit_of_work(A) as uow:
            chat = self.chat(uow)
            states = [("sent", None), ("uncertain", "no_answer"), ("uncertain", "needs_decision"), ("queued", "paced")]
            for number, (state, reason) in enumerate(states):
                uow.messages.add(self.message(chat, number + 1, state=MessageState(state), reason=reason))
            uow.commit()
        with store.unit_of_work(A, read_only=True) as uow:
            assert uow.queries.undecided() == (1, chat.id)
        with store.unit_of_work(B, read_only=True) as uow:
            assert uow.queries.undecided() == (0, None)
        with store.system_unit_of_work(read_only=True) as system:
            found = system.work.uncertain()
            assert [one.seq for one in found] == [one.seq for one in system.work.uncertain(A)] == [3, 2]
            assert system.work.uncertain(B) == []
            assert [one.seq for one in system.work.uncertain(limit=1)] == [3]
            assert system.work.shop_of(found[0].id) == A
            assert system.work.shop_of("msg_none00000") is None
            for shop in (None, A):
                figures = system.work.backlog(NOW, shop)
                names = ("outbox_queued", "outbox_uncertain", "outbox_undecided")
                assert [figures[name] for name in names] == [1, 2, 1]
            assert system.work.backlog(NOW, B)["outbox_undecided"] == 0

    def test_a_look_brings_what_waits_on_lanes(self, store: Any) -> None:
        """Leases, events, the ids of the messages that have not left, in order, and the chat, known to the unit."""
        from salespilots.domain.conversation import MessageState

        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("1"), self.row("2", lane="x:1:9", shop=B)])
            system.commit()
        with store.unit_of_work(A) as uow:
            chat = self.chat(uow)
            for seq, state in ((3, "queued"), (1, "sent"), (2, "uncertain")):
                uow.messages.add(self.message(chat, seq, state=MessageState(state)))
            uow.commit()
        with store.unit_of_work(A) as uow:
            found = uow.look([], ["x:1:2", "x:1:9"], "me", timedelta(minutes=1), 20)
            assert set(found.leases) == {"x:1:2", "x:1:9"}
            assert {lane: [one.event_id for one in of] for lane, of in found.rows.items()} == {"x:1:2": ["1"]}
            assert found.pending == {"x:1:2": ["msg_one00002", "msg_one00003"]}
            assert found.chats == {"x:1:2": chat.id}
            assert (found.runs, found.connections) == ([], [])
            [first, second] = map(uow.messages.get, found.pending["x:1:2"])
            assert (first.state, second.state) == (MessageState.UNCERTAIN, MessageState.QUEUED)
            assert uow.conversations.get(chat.id).customer_id == chat.customer_id
            second.text = "changed"
            assert uow.messages.get(second.id).text == "Hello"
            uow.messages.save(second)
            uow.commit()
        with store.unit_of_work(A) as uow:
            assert uow.messages.get("msg_one00003").text == "changed"
            held = found.leases["x:1:2"]
            again = uow.look([held], [], "me", timedelta(minutes=1), 20)
            assert again.leases == {"x:1:2": held}
        with store.unit_of_work(A) as uow:
            assert uow.look([], ["x:1:2"], "another", timedelta(minutes=1), 20).leases == {}

    def test_a_lane_has_one_holder(self, store: Any) -> None:
        """Claim, refuse, release, and the fence stops the old holder."""
        minute = timedelta(minutes=1)
        with store.system_unit_of_work() as system:
            first = system.lanes.claim(["l"], "one", minute)["l"]
            assert system.lanes.claim(["l"], "two", minute) == {}
            system.lanes.renew([first], minute)
            assert system.lanes.hold([first]) == {"l"}
            system.lanes.release([first])
            second = system.lanes.claim(["l"], "two", timedelta(0))["l"]
            third = system.lanes.claim(["l"], "three", minute)["l"]
            assert first.fence < second.fence < third.fence
            assert (first.orphaned, second.orphaned, third.orphaned) == (0, 0, 1)
            system.lanes.renew([second], minute)
            system.lanes.release([second])
            assert system.lanes.claim(["l"], "four", minute) == {}
            system.commit()
        with store.unit_of_work(A) as uow:
            assert uow.lanes.hold([third]) == {"l"}
            assert uow.lanes.hold([second, first]) == set()

    def test_many_lanes_are_claimed_at_once(self, store: Any) -> None:
        """Those that are free; the others stay with who has them."""
        minute, names = timedelta(minutes=1), [f"l{number:03}" for number in range(150)]
        with store.unit_of_work(A) as uow:
            taken = uow.lanes.claim(names[:100:2], "one", minute)
            rest = uow.lanes.claim([*names, *names[:3]], "two", minute)
            assert set(taken) | set(rest) == set(names)
            assert not set(taken) & set(rest)
            assert uow.lanes.hold([*taken.values(), *rest.values()]) == set(names)
            uow.lanes.release(list(rest.values()))
            assert set(uow.lanes.claim(names, "three", minute)) == set(rest)
            assert uow.lanes.claim([], "three", minute) == {}

    def test_a_dead_workers_lanes_are_free(self, store: Any) -> None:
        """All of them at once, each knowing that its holder died; nobody else's."""
        minute = timedelta(minutes=1)
        with store.system_unit_of_work() as system:
            system.lanes.claim(["a", "b"], "dead", minute)
            system.lanes.claim(["c"], "alive", minute)
            assert system.lanes.free("dead") == 2
            again = system.lanes.claim(["a", "b", "c"], "next", minute)
            assert {name: one.orphaned for name, one in again.items()} == {"a": 1, "b": 1}
            assert system.lanes.free("next") == 2
            assert system.lanes.claim(["a"], "third", minute)["a"].orphaned == 2
            system.lanes.release([system.lanes.claim(["b"], "third", minute)["b"]])
            assert system.lanes.claim(["b"], "third", minute)["b"].orphaned == 0

    def test_a_lane_that_costs_one_holder_after_the_other_rests(self, store: Any) -> None:
        """So that whatever kills them leaves the others some time; whoever lets it go well ends that."""
        from salespilots.ports.work import RESTS

        minute = timedelta(minutes=1)
        with store.system_unit_of_work() as system:
            for died, rest in enumerate(RESTS, start=0):
                if rest:
                    break
                assert system.lanes.claim(["l"], "dies", minute)["l"].orphaned == died
                system.lanes.free("dies")
            assert system.lanes.claim(["l", "m"], "next", minute).keys() == {"m"}
            assert system.lanes.free("next") == 1
            system.lanes.release([system.lanes.claim(["m"], "well", minute)["m"]])
            assert system.lanes.claim(["m"], "well", minute)["m"].orphaned == 0

    def test_a_lease_from_a_clock_that_was_ahead_holds_nobody_up(self, store: Any) -> None:
        """It lies further ahead than a lease can."""
        with store.system_unit_of_work() as system:
            system.lanes.claim(["l"], "tomorrow", timedelta(days=1))
            assert set(system.lanes.claim(["l"], "today", timedelta(seconds=30))) == {"l"}

    def test_workers_tell_that_they_are_there(self, store: Any) -> None:
        """With what they hold; one that ended is forgotten."""
        from salespilots.ports.work import Worker

        one, two = (Worker(id=f"h:{pid}", host="h", pid=pid, version="1") for pid in (1, 2))
        with store.system_unit_of_work() as system:
            system.workers.beat(one, swept=False)
            system.workers.beat(two, swept=True)
            system.lanes.claim(["a", "b"], one.id, timedelta(minutes=1))
            seen = {each.pid: each for each in system.workers.all()}
            assert (seen[1].lanes, seen[2].lanes) == (2, 0)
            assert seen[1].swept_age is None
            assert seen[2].swept_age is not None
            assert 0 <= seen[2].swept_age < 60
            assert 0 <= seen[1].seen_age < 60
            system.workers.beat(two, swept=False)
            assert {each.pid: each for each in system.workers.all()}[2].swept_age is not None
            system.workers.forget(one.id)
            assert [each.pid for each in system.workers.all()] == [2]

    def test_revisions_rise_with_what_they_stand_for(self, store: Any) -> None:
        """In the transaction of the change, not without one."""
        with store.unit_of_work(A) as uow:
            before = uow.revisions()
            uow.products.add(self.product())  # type: ignore[attr-defined]
            uow.commit()
        with store.unit_of_work(A) as uow:
            after = uow.revisions()
            assert after["catalogue"] > before.get("catalogue", 0)
            product = uow.products.get("prd_one00000")
            product.title = "Red saree"
            uow.products.save(product)
        with store.unit_of_work(A, read_only=True) as uow:
            assert uow.revisions() == after

    def test_throttle_counts_within_its_window(self, store: Any) -> None:
        """And starts again after it."""
        window = timedelta(minutes=15)
        with store.system_unit_of_work() as system:
            assert [system.throttle.hit("k", now=NOW, window=window) for _ in range(3)] == [1, 2, 3]
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=16), window=window) == 1
            system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window)
            system.throttle.clear("k")
            assert system.throttle.hit("k", now=NOW + timedelta(minutes=17), window=window) == 1

    def test_the_newest_event_of_each_provider_is_known(self, store: Any) -> None:
        """For all shops or one; the practice parts are no provider."""
        late, practice = self.row("2", shop=B), self.row("3")
        late.received_at, practice.provider = NOW + timedelta(hours=1), "practice"
        with store.system_unit_of_work() as system:
            assert system.work.last_webhooks() == {}
            system.inbox.accept([self.row("1"), late, practice])
            assert system.work.last_webhooks() == {"x": NOW + timedelta(hours=1)}
            assert system.work.last_webhooks(A) == {"x": NOW}

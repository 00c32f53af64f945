"""The storage contract's part for which lanes are due, and the rows that its parts are played with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
A, B = "biz_shopaaaaaaaa", "biz_shopbbbbbbbb"


class DueContract:
    """Part of `InboxContract`, whose rows it makes."""

    def row(self, event: str, lane: str = "x:1:2", sent: int = 0, shop: str | None = A) -> Any:
        """An inbox row."""
        from salespilots.domain.inbox import InboxRow

        return InboxRow(
            endpoint="channel:x", event_id=event, port="channel", provider="x", lane=lane, kind="message",
            payload={"text": "नमस्ते 🙏"}, sent_at=NOW + timedelta(seconds=sent), received_at=NOW, business_id=shop,
        )  # fmt: skip

    def chat(self, uow: Any) -> Any:
        """A conversation with its customer."""
        from salespilots.domain.conversation import Conversation
        from salespilots.domain.customer import ChannelIdentity, Customer

        owner: dict[str, Any] = {"business_id": A, "customer_id": "cus_one00000"}
        where: dict[str, Any] = {"account_ref": "1", "customer_ref": "2"}
        uow.customers.add(Customer(id="cus_one00000", business_id=A, created_at=NOW, channel="x"))
        uow.identities.add(ChannelIdentity(id="idn_one00000", provider="x", **owner, **where))
        chat = Conversation(
            id="cnv_one00000", identity_id="idn_one00000", provider="x", lane="x:1:2", created_at=NOW, **owner, **where
        )
        uow.conversations.add(chat)
        return chat

    def message(self, chat: Any, seq: int, **more: Any) -> Any:
        """A message of automation in it."""
        from salespilots.domain.conversation import Author, Direction, Message

        return Message(
            id=f"msg_one0000{seq}", business_id=A, conversation_id=chat.id, customer_id=chat.customer_id, lane=chat.lane,
            seq=seq, direction=Direction.OUT, author=Author.BOT, kind="text", created_at=NOW, text="Hello", **more,
        )  # fmt: skip

    def waiting(self, uow: Any, lane: str = "x:1:2") -> Any:
        """A lane's waiting events."""
        return uow.inbox.waiting([lane]).get(lane, [])

    def test_a_lane_is_not_due_for_an_event_behind_one_that_is_tried_later(self, store: Any) -> None:
        """Nobody could do anything with it."""
        later = NOW + timedelta(minutes=1)
        first, second = self.row("1"), self.row("2", sent=1)
        first.next_at = later
        with store.system_unit_of_work() as system:
            system.inbox.accept([first, second])
            assert system.work.due_lanes(NOW) == []
            assert system.work.due_lanes(later) == [(A, "x:1:2")]
            system.inbox.accept([self.row("0", sent=-1)])
            assert system.work.due_lanes(NOW) == [(A, "x:1:2")]

    def test_a_lane_is_not_due_for_a_message_behind_one_that_may_not_leave(self, store: Any) -> None:
        """Behind an uncertain one chat replies wait until it is looked for, and for two minutes when that is in vain; what is
        said of orders waits for as long as it takes."""
        from salespilots.domain.conversation import MessageState
        from salespilots.ports.work import BLOCK_TIME, UNDECIDED, UNREADABLE

        later, passed = NOW + timedelta(minutes=10), NOW + BLOCK_TIME
        with store.unit_of_work(A) as uow:
            chat = self.chat(uow)
            head = self.message(chat, 1, state=MessageState.QUEUED, next_at=later)
            behind = self.message(chat, 2, state=MessageState.QUEUED)
            uow.messages.add(head)
            uow.messages.add(behind)
            uow.commit()

        def due(at: datetime, **changes: Any) -> bool:
            with store.unit_of_work(A) as uow:
                for one in (uow.messages.get(head.id), uow.messages.get(behind.id)):
                    for name, value in changes.get("head" if one.id == head.id else "behind", {}).items():
                        setattr(one, name, value)
                    uow.messages.save(one)
                uow.commit()
            with store.system_unit_of_work(read_only=True) as system:
                return system.work.due_lanes(at) == [(A, "x:1:2")]

        assert not due(passed)
        assert due(later)
        assert not due(passed, head={"state": MessageState.UNCERTAIN, "sending_since": NOW, "reason": "no_answer"})
        assert not due(NOW, head={"reason": UNREADABLE})
        assert due(passed)
        assert due(passed, head={"next_at": None, "reason": UNDECIDED}), "whether or not a person is asked"
        assert not due(passed, behind={"order_id": "ord_one00000"})

    def test_due_lanes_are_fair_between_shops(self, store: Any) -> None:
        """A flood at one shop hides no other, however small the part that is looked at."""
        flood = [self.row(str(number), lane=f"x:a:{number:03}") for number in range(60)]
        with store.system_unit_of_work() as system:
            system.inbox.accept([*flood, self.row("quiet", lane="x:b:1", shop=B)])
            system.commit()
        with store.system_unit_of_work(read_only=True) as system:
            due = system.work.due_lanes(NOW, limit=5)
            assert (B, "x:b:1") in due[:2]
            assert len(due) == len(set(due)) == 5

    def test_a_lane_is_worked_on_for_each_shop_with_work_on_it(self, store: Any) -> None:
        """An account that went to another shop keeps its lanes."""
        with store.system_unit_of_work() as system:
            system.inbox.accept([self.row("1"), self.row("2", shop=B), self.row("3", lane="x:1:9")])
            system.commit()
        assert set(self._shops(store)) == {A, B}
        with store.unit_of_work(A) as uow:
            uow.inbox.done(self.waiting(uow)[0], NOW)
            uow.commit()
        assert self._shops(store) == [B]
        with store.system_unit_of_work() as system:
            system.lanes.claim(["x:1:9"], "somebody", timedelta(minutes=1))
            assert system.work.due_lanes(NOW) == [(B, "x:1:2")]
            assert system.work.due_of(["x:1:9"], NOW) == [(A, "x:1:9")]

    def _shops(self, store: Any) -> list[str]:
        with store.system_unit_of_work(read_only=True) as system:
            assert system.work.due_of([], NOW) == []
            return [shop for shop, _ in system.work.due_of(["x:1:2", "x:none:1"], NOW)]

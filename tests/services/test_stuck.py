"""What waits for a person: events that were given up and sends of which nobody knows, decided once and by the right one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from salespilots.domain.errors import Conflict, NotFound
from salespilots.ports.errors import OutcomeUnknown, Rejected
from salespilots.services.messaging import interpret
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


class Poison:
    """Makes events with the word ``poison`` impossible to handle, until it is healed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.healed = False
        real = interpret.Interpreter._spoken

        def spoken(one: Any, desk: Any, row: Any, inbound: Any) -> None:
            if "poison" in inbound.text and not self.healed:
                raise RuntimeError("cannot")
            real(one, desk, row, inbound)

        monkeypatch.setattr(interpret.Interpreter, "_spoken", spoken)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    return Poison(monkeypatch)


@pytest.fixture
def far(make_world: Callable[..., World], database_url: str) -> FarSide:
    plugin = FakeChannelPlugin()
    return FarSide(make_world(database_url, extra=[plugin]).practice_shop(), plugin)


def later(far: FarSide, **duration: float) -> None:
    far.shop.world.clock.advance(timedelta(**duration))
    far.shop.world.settle()


def given_up(far: FarSide, text: str = "poison blue saree kitna hai?") -> str:
    """An event as six tries leave it."""
    far.deliver(far.event("message", text), settle=False)
    with far.shop.world.storage.unit_of_work(far.shop.id) as uow:
        [row] = uow.inbox.waiting(["fake:acc:asha"])["fake:acc:asha"]
        uow.inbox.park(row, error="RuntimeError")
        uow.commit()
    return f"evt_{row.position}"


def doubted(far: FarSide, *, minutes: int) -> str:
    """A reply of which nobody knows, so many minutes after it was sent."""
    far.channel.accepted_then_failed = True
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("asdf qwer")
    far.channel.accepted_then_failed = False
    for _ in range(minutes):
        later(far, minutes=1)
    return next(one.id for one in far.messages() if one.state == "uncertain")


def logged(far: FarSide, *types: str) -> list[Any]:
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        return uow.events.latest(types, 20)


def test_an_event_is_given_up_after_six_tries_and_handled_when_a_person_says_so(far: FarSide, poison: Poison) -> None:
    stuck = far.shop.world.services.stuck
    far.deliver(far.event("message", "poison blue saree kitna hai?"))
    for _ in range(8):
        later(far, minutes=31)
    [one] = stuck.given_up(far.shop.id)
    id = one.id
    assert (one.row.attempts, one.row.error, one.customer) == (6, "RuntimeError", None)
    assert stuck.waiting(far.shop.id) == (1, 0, None)
    assert logged(far, "inbox.parked")
    poison.healed = True
    assert stuck.retry(id, actor="usr_meera", business_id=far.shop.id) is True
    far.shop.world.settle()
    assert sum("₹1,499.00" in text for text in far.channel.texts()) == 1
    assert stuck.retry(id, actor="usr_meera", business_id=far.shop.id) is False
    assert stuck.discard(id, actor="usr_meera") is False
    far.shop.world.settle()
    assert sum("₹1,499.00" in text for text in far.channel.texts()) == 1
    [told] = logged(far, "inbox.retried", "inbox.discarded")
    assert (told.type, told.actor, told.data["id"]) == ("inbox.retried", "usr_meera", id)
    assert "poison" not in str(told)


def test_an_event_that_fails_again_has_all_its_tries(far: FarSide, poison: Poison) -> None:
    id = given_up(far)
    stuck = far.shop.world.services.stuck
    stuck.retry(id, actor="x")
    far.shop.world.settle()
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        [row] = uow.inbox.waiting(["fake:acc:asha"])["fake:acc:asha"]
    assert (row.attempts, row.state, f"evt_{row.position}") == (1, "new", id)


def test_a_discarded_event_is_left_for_good(far: FarSide) -> None:
    id = given_up(far)
    stuck = far.shop.world.services.stuck
    assert stuck.discard(id, actor="usr_meera", business_id=far.shop.id) is True
    assert stuck.retry(id, actor="usr_meera", business_id=far.shop.id) is False
    far.shop.world.settle()
    assert far.channel.sent == []
    assert stuck.events() == []
    assert [one.type for one in logged(far, "inbox.discarded")] == ["inbox.discarded"]


def test_every_given_up_event_is_decided_at_once(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("salespilots.services.stuck.PAGE", 2)
    other = far.shop.world.practice_shop("Kabir Shoes", "kabir@example.in")
    far.deliver(*(far.event("message", "thanks", who=f"asha{number}") for number in range(4)), settle=False)
    with far.shop.world.storage.unit_of_work(far.shop.id) as uow:
        for number in range(4):
            lane = f"fake:acc:asha{number}"
            uow.inbox.park(uow.inbox.waiting([lane])[lane][0], error="broken")
        uow.commit()
    left = other.given_up("thanks")
    stuck = far.shop.world.services.stuck
    assert stuck.figures().backlog["inbox_dead"] == 5
    assert stuck.retry_all(actor="operator") == 5
    assert stuck.retry_all(actor="operator") == 0
    far.shop.world.settle()
    assert len({one.conversation.id for one in far.shop.world.services.conversations.page(far.shop.id).items}) == 4
    again = other.given_up("thanks a lot")
    assert again != left
    assert stuck.discard_all(actor="operator") == 1
    assert stuck.figures().backlog["inbox_dead"] == stuck.figures().backlog["inbox_new"] == 0


@pytest.mark.parametrize("arrived", [True, False])
def test_a_send_of_which_nobody_knows_is_settled_by_a_person(far: FarSide, arrived: bool) -> None:
    far.say("Hi")
    id = doubted(far, minutes=17)
    stuck, before = far.shop.world.services.stuck, len(far.channel.sent)
    assert [(one.message.id, one.asks) for one in stuck.doubted(far.shop.id)] == [(id, True)]
    assert stuck.waiting(far.shop.id) == (0, 1, far.chat().id)
    decide = stuck.discard if arrived else stuck.retry
    assert decide(id, actor="usr_meera", business_id=far.shop.id) is True
    assert decide(id, actor="usr_meera", business_id=far.shop.id) is False
    far.shop.world.settle()
    assert len(far.channel.sent) == before + (not arrived)
    assert next(one.state for one in far.messages() if one.id == id) == "sent"
    assert stuck.waiting(far.shop.id) == (0, 0, None)
    [told] = logged(far, "message.sent_again", "message.confirmed")
    assert told.type == ("message.confirmed" if arrived else "message.sent_again")
    assert (told.actor, told.ids["message_id"], told.data) == ("usr_meera", id, {"reason": "needs_decision"})


@pytest.mark.parametrize("arrived", [True, False])
def test_a_send_that_is_settled_while_a_person_decides_is_not_said_to_be_decided(
    far: FarSide, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    far.say("Hi")
    id = doubted(far, minutes=17)
    stuck, uncertain = far.shop.world.services.stuck, far.shop.world.services.outbox.uncertain
    real = uncertain.decide

    def after_its_echo(*given: Any, **named: Any) -> bool:
        text = next(one.text for one in far.messages() if one.id == id)
        far.deliver(far.event("echo", text, message_ref="far-77"))
        return real(*given, **named)

    monkeypatch.setattr(uncertain, "decide", after_its_echo)
    before = len(far.channel.sent)
    assert (stuck.discard if arrived else stuck.retry)(id, actor="usr_meera") is False
    far.shop.world.settle()
    assert len(far.channel.sent) == before
    assert logged(far, "message.sent_again", "message.confirmed") == []


def test_a_send_is_not_made_again_while_it_is_looked_for(far: FarSide) -> None:
    """Whoever sends it may be at it still; that it arrived may be said at any time."""
    far.say("Hi")
    id = doubted(far, minutes=0)
    stuck, before = far.shop.world.services.stuck, len(far.channel.sent)
    for minutes in (15, 14, 13):
        with pytest.raises(Conflict, match=f"It is still being looked for; you can decide in {minutes} minutes"):
            stuck.retry(id, actor="x", business_id=far.shop.id)
        later(far, minutes=1)
    assert len(far.channel.sent) == before
    assert logged(far, "message.sent_again") == []
    assert stuck.discard(id, actor="usr_meera") is True
    assert stuck.discard(id, actor="usr_meera") is False
    [told] = logged(far, "message.confirmed")
    assert (told.actor, told.ids["message_id"]) == ("usr_meera", id)


def test_what_failed_is_sent_again_at_once(far: FarSide) -> None:
    far.say("Hi")
    far.channel.script = [Rejected(provider="fake", reason="code_131")]
    far.say("asdf qwer")
    failed = far.messages()[-1]
    assert failed.state == "failed"
    uncertain, before = far.shop.world.services.outbox.uncertain, len(far.channel.sent)
    assert uncertain.decide(far.shop.id, failed.id, arrived=True, actor="usr_meera") is False
    assert uncertain.decide(far.shop.id, failed.id, arrived=False, actor="usr_meera") is True
    far.shop.world.settle()
    assert len(far.channel.sent) == before + 1
    [told] = logged(far, "message.sent_again", "message.confirmed")
    assert (told.type, told.actor, told.data) == ("message.sent_again", "usr_meera", {"reason": "code_131"})


def test_a_send_that_is_still_looked_into_is_shown_and_asks_nobody(far: FarSide) -> None:
    far.say("Hi")
    id = doubted(far, minutes=2)
    stuck = far.shop.world.services.stuck
    assert [(one.message.id, one.asks) for one in stuck.doubted(far.shop.id)] == [(id, False)]
    assert [one.id for one in stuck.sends()] == [id]
    assert stuck.waiting(far.shop.id) == (0, 0, None)
    assert stuck.figures().backlog["outbox_uncertain"] == 1
    assert stuck.figures().backlog["outbox_undecided"] == 0


def test_only_what_is_in_doubt_can_be_decided(far: FarSide) -> None:
    far.say("Hi")
    sent = far.messages()[-1]
    stuck, before = far.shop.world.services.stuck, len(far.channel.sent)
    assert stuck.retry(sent.id, actor="x") is False
    with far.shop.world.storage.unit_of_work(far.shop.id) as uow:
        message = uow.messages.get(sent.id)
        message.state, message.reason = type(message.state)("failed"), "blocked"
        uow.messages.save(message)
        uow.commit()
    assert stuck.discard(sent.id, actor="x") is False
    far.shop.world.settle()
    assert len(far.channel.sent) == before
    assert next(one.state for one in far.messages() if one.id == sent.id) == "failed"


def test_another_shops_things_are_not_there(far: FarSide) -> None:
    event, send = given_up(far), doubted(far, minutes=17)
    _, other = far.shop.world.sign_up("Kabir Shoes", "kabir@example.in")
    stuck = far.shop.world.services.stuck
    assert stuck.given_up(other.id) == stuck.doubted(other.id) == []
    assert stuck.waiting(other.id) == (0, 0, None)
    assert stuck.figures(other.id).backlog["inbox_dead"] == 0
    for id in (
        event,
        send,
        "evt_0",
        "evt_999999999999999999999",
        "evt_",
        f"evt_{2**63}",
        "msg_none0000000000",
        "nonsense",
        "",
    ):
        for decide in (stuck.retry, stuck.discard):
            with pytest.raises(NotFound):
                decide(id, actor="x", business_id=other.id)
    assert len(stuck.events()) == len(stuck.sends()) == 1
    for id in ("evt_0", "evt_999", "msg_none0000000000", "nonsense"):
        with pytest.raises(NotFound):
            stuck.retry(id, actor="x")
    assert stuck.retry(event, actor="x") is True
    assert stuck.discard(send, actor="x") is True


def test_the_lane_is_rung_for_what_is_handled_again(far: FarSide) -> None:
    id = given_up(far)
    rung: list[str] = []
    core = far.shop.world.services.core
    object.__setattr__(core.doorbell, "ring", lambda *lanes: rung.extend(lanes))
    far.shop.world.services.stuck.retry(id, actor="x")
    assert rung == ["fake:acc:asha"]


def test_what_home_asks_is_not_looked_up_among_all_that_was_ever_said(world: World) -> None:
    """The indexes hold only what still wants work."""
    shop, engine, asked = world.practice_shop(), world.storage.engine, []  # type: ignore[attr-defined]
    sa.event.listen(engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    world.services.stuck.waiting(shop.id)
    world.services.stuck.figures(shop.id)
    with engine.connect() as connection:
        plans = {
            sql: connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all() for sql, given in list(asked)
        }
    about = {
        name: [str(plan) for sql, plan in plans.items() if f"FROM {name}" in sql] for name in ("messages", "inbox")
    }
    assert len(about["messages"]) >= 2
    assert all("ix_messages_to_send" in plan for plan in about["messages"])
    assert len(about["inbox"]) >= 3
    assert all("ix_inbox_dead" in plan or "ix_inbox_new" in plan for plan in about["inbox"])

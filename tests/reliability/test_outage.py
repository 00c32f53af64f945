"""R-9: a channel that is down, slow, shut or refusing holds messages back in order, and loses none."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from salespilots.domain.conversation import Message
from salespilots.ports.channel import ChannelProvider, Outbound, Receipt, SentMessage
from salespilots.ports.errors import AuthFailed, OutcomeUnknown, RateLimited, Rejected, Unavailable
from salespilots.ports.markers import hookimpl
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World

PER_SECOND = 2.0
LOOKS_PER_SECOND = 0.5
CHATS, EACH = 60, 10
STEP = timedelta(seconds=5)


class Channel(FakeChannelPlugin):
    """Takes two messages a second, shows what it took, and breaks as it is told: ``trouble`` is asked at every send and
    every look."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[datetime, Outbound]] = []
        self.trouble: Callable[[], Exception | None] = lambda: None
        self.now: Callable[[], datetime] = lambda: datetime.min
        self.tries = 0
        self.channel.send = self._send  # type: ignore[method-assign]
        self.channel.history = self._history  # type: ignore[method-assign, assignment]

    def _send(self, message: Outbound) -> Receipt:
        self.tries += 1
        trouble = self.trouble()
        if trouble is not None:
            raise trouble
        self.taken.append((self.now(), message))
        return Receipt(provider_ref=f"far-{len(self.taken)}")

    def _history(self, who: str, *, since: datetime) -> list[SentMessage]:
        if self.trouble() is not None:
            raise Unavailable(provider="fake")
        return [
            SentMessage(provider_ref=f"far-{number}", text=getattr(one.content, "text", ""), sent_at=at, from_shop=True)
            for number, (at, one) in enumerate(self.taken, start=1)
            if one.recipient_ref == who
        ]

    @hookimpl
    def salespilots_channel_providers(self) -> list[ChannelProvider]:
        (made,) = super().salespilots_channel_providers()
        capabilities = dataclasses.replace(
            made.capabilities, sends_per_second=PER_SECOND, looks_per_second=LOOKS_PER_SECOND
        )
        return [dataclasses.replace(made, capabilities=capabilities)]


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def far(make_world: Callable[..., World], sqlite_url: str, channel: Channel) -> FarSide:
    far = FarSide(make_world(sqlite_url, extra=[channel]).practice_shop(), channel)
    channel.now = far.shop.world.clock.now
    return far


def pass_time(far: FarSide, whole: timedelta, step: timedelta = STEP) -> None:
    """Sweep by sweep."""
    world, ends = far.shop.world, far.shop.world.clock.now() + whole
    while world.clock.now() < ends:
        world.clock.advance(step)
        world.settle()


def outgoing(far: FarSide) -> list[Message]:
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        return [one for one in uow.messages.select(order="seq") if one.direction == "out"]


def open_chats(far: FarSide, number: int, *, wrote_ago: timedelta = timedelta(0)) -> list[str]:
    """So many customers who wrote something that nobody answers; ids of their chats."""
    now = far.shop.world.clock.now()
    people = [f"c{wrote_ago.seconds}-{one:03}" for one in range(number)]
    far.deliver(*(far.event("message", "thanks", who, sent_at=now - wrote_ago, automation=False) for who in people))
    return [far.chat(who).id for who in people]


def check_order_and_pace(far: FarSide, channel: Channel) -> None:
    by_chat: dict[str, list[str]] = defaultdict(list)
    for _, one in channel.taken:
        by_chat[one.recipient_ref].append(one.idempotency_key)
    planned: dict[str, list[str]] = defaultdict(list)
    for message in outgoing(far):
        if message.state == "sent":
            planned[message.lane.rpartition(":")[2]].append(message.dedupe_key or message.id)
    assert by_chat == planned, "order kept, nothing twice, nothing else"
    times = [at for at, _ in channel.taken]
    for index, at in enumerate(times):
        within = sum(1 for one in times[index:] if one - at < timedelta(seconds=10))
        assert within <= 10 * PER_SECOND + PER_SECOND, "faster than the channel allows"


def broken(kind: str, count: list[int]) -> Exception:
    """Each kind of trouble as an adapter reports it."""
    count[0] += 1
    errors: dict[str, Exception] = {
        "refused connection": Unavailable(provider="fake", reason="no_connection"),
        "500": OutcomeUnknown(provider="fake", reason="http_500"),
        "429": RateLimited(provider="fake"),
        "429 with a hint": RateLimited(provider="fake", retry_after=90),
        "time-out": OutcomeUnknown(provider="fake", reason="no_answer"),
        "200 with rubbish": OutcomeUnknown(provider="fake", reason="strange_answer"),
    }
    return errors[kind] if kind != "all of it" else list(errors.values())[count[0] % len(errors)]


@pytest.mark.parametrize(
    ("kind", "customers"),
    [("refused connection", 12), ("429 with a hint", 12), ("500", 12), ("all of it", CHATS)],
)
def test_half_an_hour_down_with_six_hundred_messages(far: FarSide, channel: Channel, kind: str, customers: int) -> None:
    """They leave within ten minutes of its return, in order, no faster than allowed, and none after its window."""
    services, clock = far.shop.world.services, far.shop.world.clock
    late = open_chats(far, 3, wrote_ago=timedelta(hours=23, minutes=45))
    chats = open_chats(far, customers - 3)
    count = [0]
    channel.trouble = lambda: broken(kind, count)
    for number in range(EACH):
        for chat in (*late, *chats):
            services.conversations.reply(far.shop.id, chat, f"{number}: {chat}", user_id=None)
        pass_time(far, timedelta(minutes=1))
    pass_time(far, timedelta(minutes=20))
    assert channel.taken == []
    assert channel.tries < 200, "every message knocked by itself at a door that is shut"
    channel.trouble = lambda: None
    back = clock.now()
    pass_time(far, timedelta(minutes=10), timedelta(seconds=1))
    states = defaultdict(set)
    for message in outgoing(far):
        states[message.conversation_id in late].add((str(message.state), message.reason))
    assert states[False] == {("sent", None)}
    assert states[True] == {("skipped", "reply_window_closed")}
    assert len(channel.taken) == (customers - 3) * EACH
    assert max(at for at, _ in channel.taken) - back <= timedelta(minutes=10)
    check_order_and_pace(far, channel)


def test_a_hint_is_kept_to_and_without_one_the_pauses_grow(far: FarSide, channel: Channel) -> None:
    (chat,) = open_chats(far, 1)
    tried: list[datetime] = []

    def refuse() -> Exception:
        tried.append(far.shop.world.clock.now())
        return RateLimited(provider="fake", retry_after=120) if len(tried) == 1 else RateLimited(provider="fake")

    channel.trouble = refuse
    far.shop.world.services.conversations.reply(far.shop.id, chat, "hello", user_id=None)
    pass_time(far, timedelta(minutes=8), timedelta(seconds=1))
    gaps = [(after - before).total_seconds() for before, after in pairwise(tried)]
    assert gaps[0] >= 120
    assert gaps[1:] == sorted(gaps[1:])
    assert gaps[-1] >= 15
    channel.trouble = lambda: None
    pass_time(far, timedelta(minutes=2))
    assert len(channel.taken) == 1


def test_an_expired_token_holds_everything_until_the_shop_connects_again(far: FarSide, channel: Channel) -> None:
    """The owner is told once; nothing is lost, and connecting again lets all go at once."""
    services = far.shop.world.services
    chats = open_chats(far, 5)
    channel.trouble = lambda: AuthFailed(provider="fake", user_action="Connect Fake again.")
    for chat in chats:
        services.conversations.reply(far.shop.id, chat, f"to {chat}", user_id=None)
    pass_time(far, timedelta(hours=2), timedelta(seconds=30))
    assert channel.taken == []
    assert channel.tries < 20
    assert {(str(one.state), one.reason) for one in outgoing(far)} == {("queued", "waits_for_reconnect")}
    connection = services.connections.find(far.shop.id, "fake")
    assert (connection.state, connection.last_error) == ("attention", "Connect Fake again.")
    with far.shop.world.storage.unit_of_work(far.shop.id, read_only=True) as uow:
        told = uow.events.latest(["connection.attention", "channel.held"], limit=100)
    assert sorted(one.type for one in told) == ["channel.held", "connection.attention"]
    channel.trouble = lambda: None
    services.connections.connect(far.shop.id, "fake", {})
    pass_time(far, timedelta(seconds=20), timedelta(seconds=1))
    assert len(channel.taken) == 5
    check_order_and_pace(far, channel)


def test_a_test_of_the_connection_that_works_lets_messages_go_on(far: FarSide, channel: Channel) -> None:
    (chat,) = open_chats(far, 1)
    channel.trouble = lambda: AuthFailed(provider="fake", user_action="Connect Fake again.")
    far.shop.world.services.conversations.reply(far.shop.id, chat, "hello", user_id=None)
    pass_time(far, timedelta(seconds=10))
    channel.trouble = lambda: None
    assert far.shop.world.services.connections.test(far.shop.id, "fake").ok
    pass_time(far, timedelta(seconds=5))
    assert len(channel.taken) == 1


@pytest.mark.parametrize("reason", ["reply_window_closed", "recipient_unavailable"])
def test_a_refusal_of_one_customer_stops_nobody_else(far: FarSide, channel: Channel, reason: str) -> None:
    first, second = open_chats(far, 2)
    refusals: list[Exception] = [Rejected(provider="fake", reason=reason)]
    channel.trouble = lambda: refusals.pop() if refusals else None
    services = far.shop.world.services
    services.conversations.reply(far.shop.id, first, "to the one", user_id=None)
    far.shop.world.settle()
    services.conversations.reply(far.shop.id, first, "once more", user_id=None)
    services.conversations.reply(far.shop.id, second, "to the other", user_id=None)
    pass_time(far, timedelta(seconds=10))
    ends: Any = [(one.text, str(one.state), one.reason) for one in outgoing(far)]
    assert sorted(ends) == [
        ("once more", "sent", None), ("to the one", "failed", reason), ("to the other", "sent", None),
    ]  # fmt: skip

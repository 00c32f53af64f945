"""Whatever happens in whatever order: every planned message is in one state, and says why where it was not sent."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from salespilots.domain.conversation import MessageState
from salespilots.domain.errors import ReplyWindowClosed
from salespilots.ports.channel import Outbound, SentMessage
from salespilots.ports.errors import (
    AuthFailed,
    OutcomeUnknown,
    PortError,
    RateLimited,
    Rejected,
    Unavailable,
    Unsupported,
)
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import Shop, World

SENT = {MessageState.SENT, MessageState.DELIVERED, MessageState.READ}
ENDED = {MessageState.FAILED, MessageState.SKIPPED, MessageState.CANCELLED}
PENDING = {MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN}

TROUBLE: dict[str, Callable[[], PortError]] = {
    "down": lambda: Unavailable(provider="fake"),
    "busy": lambda: RateLimited(provider="fake", retry_after=40),
    "unclear": lambda: OutcomeUnknown(provider="fake"),
    "shut": lambda: AuthFailed(provider="fake"),
    "blocked": lambda: Rejected(provider="fake", reason="recipient_unavailable"),
    "no words": lambda: Unsupported(provider="fake", reason="text_only"),
}
ACTIONS = st.one_of(
    st.tuples(st.just("says"), st.sampled_from(["blue saree kitna hai?", "2 chahiye", "Hi", "STOP", "START", "asdf", "human"])),
    st.tuples(st.just("trouble"), st.sampled_from(sorted(TROUBLE)), st.booleans()),
    st.tuples(st.just("time"), st.sampled_from([1, 20, 70, 400, 3600, 30 * 3600])),
    st.tuples(st.just("reply"), st.sampled_from(["Namaste", "ok", "ok"])),
    st.tuples(st.sampled_from(["take over", "hand back", "echo", "connect", "unreadable", "readable", "decide", "app"])),
)  # fmt: skip


class Story:
    """One chat to which things happen."""

    def __init__(self, far: FarSide) -> None:
        self.far, self.clock = far, far.shop.world.clock
        self.number = 0
        self.taken_twice: list[str] = []
        self.channel = far.channel
        self.channel.shown = []

    def do(self, action: tuple) -> None:  # type: ignore[type-arg]
        services, shop = self.far.shop.world.services, self.far.shop.id
        self._show()
        match action:
            case ("says", text):
                self.number += 1
                self.far.deliver(self.far.event("message", text, message_ref=f"in{self.number}"))
            case ("trouble", kind, taken):
                self.channel.script.append(self._trouble(kind, taken))
            case ("time", seconds):
                self.clock.advance(timedelta(seconds=seconds))
            case ("reply", text):
                services.conversations.reply(shop, self.far.chat().id, text, user_id=self.far.shop.user.id)
            case ("take over",):
                services.conversations.take_over(shop, self.far.chat().id, user_id=self.far.shop.user.id)
            case ("hand back",):
                services.conversations.hand_back(shop, self.far.chat().id)
            case ("echo",):
                for number, sent in enumerate(self.channel.sent, start=1):
                    text = getattr(sent.content, "text", "")
                    self.far.deliver(self.far.event("echo", text, message_ref=f"far-{number}"))
            case ("app",):
                self.number += 1
                self.far.deliver(self.far.event("echo", "from the app", message_ref=f"app{self.number}"))
            case ("connect",):
                services.connections.connect(shop, "fake", {})
            case ("unreadable",):
                self.channel.shown = None
            case ("readable",):
                self.channel.shown = []
            case ("decide",):
                for one in self.far.messages():
                    if one.state is MessageState.UNCERTAIN and one.reason == "needs_decision":
                        services.stuck.retry(one.id, actor="test", business_id=shop)
        self.far.shop.world.settle()

    def _trouble(self, kind: str, taken: bool) -> Callable[..., None]:
        def happen(message: object) -> None:
            if taken and kind == "unclear":
                self.channel.sent.append(message)  # type: ignore[arg-type]
                self._show()
            raise TROUBLE[kind]()

        return happen

    def _show(self) -> None:
        """The chat as the channel shows it, unless it cannot be read."""
        if self.channel.shown is not None:
            self.channel.shown = [
                SentMessage(
                    provider_ref=f"far-{number}", text=getattr(one.content, "text", ""), sent_at=self.clock.now(),
                    from_shop=True,
                )
                for number, one in enumerate(self.channel.sent, start=1)
            ]  # fmt: skip

    def check(self) -> None:
        rows = [one for one in self.far.messages() if one.direction == "out"]
        assert len({one.id for one in rows}) == len(rows)
        for one in rows:
            states = [one.state in SENT, one.state in ENDED, one.state in PENDING]
            assert sum(states) == 1, one
            assert not (one.state in SENT and one.reason), one
            assert not (one.state in ENDED and not one.reason), one
            assert not (one.state in SENT and not one.provider_ref), one
            assert not (one.state in ENDED and one.next_at), one
        taken = [one.idempotency_key for one in self.channel.sent]
        decided = {one.dedupe_key for one in rows if one.attempts > 1}
        for key in set(taken):
            assert taken.count(key) == 1 or key in decided, "sent twice without a person's word"

    def check_the_end(self) -> None:
        """Only what a person has to decide is left, and what may not be said before it: words about an order, in order."""
        left = [one for one in self.far.messages() if one.direction == "out" and one.pending]
        undecided = [one for one in left if (one.state, one.reason) == (MessageState.UNCERTAIN, "needs_decision")]
        waiting = [one for one in left if one not in undecided]
        assert not waiting or (undecided[0].seq < waiting[0].seq and waiting[0].order_id), waiting


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, list[Outbound]]:
    """A shop on the fake channel with one customer, made once, and what the customer got."""
    folder = tmp_path_factory.mktemp("ends")
    shutil.copyfile(sqlite_template, folder / "salespilots.db")
    plugin = FakeChannelPlugin()
    world = World(folder, f"sqlite:///{folder}/salespilots.db", extra=[plugin])
    far = FarSide(world.practice_shop(), plugin)
    far.say("Hi")
    world.close()
    return folder, list(plugin.channel.sent)


@settings(
    max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
@given(actions=st.lists(ACTIONS, min_size=3, max_size=14))
def test_every_planned_message_is_in_one_state_with_its_reason(template, actions) -> None:  # type: ignore[no-untyped-def]
    made, said = template
    folder = Path(tempfile.mkdtemp(prefix="sp-ends-"))
    shutil.copytree(made, folder, dirs_exist_ok=True)
    plugin = FakeChannelPlugin()
    plugin.channel.sent += said
    world = World(folder, f"sqlite:///{folder}/salespilots.db", extra=[plugin])
    try:
        business = world.services.shops.all()[0]
        (user,) = world.services.accounts.owners_of(business.id)
        story = Story(FarSide(Shop(world, user, business), plugin))
        for action in actions:
            with suppress(ReplyWindowClosed):
                story.do(action)
            story.check()
        for _ in range(12):  # everything comes to its end
            world.clock.advance(timedelta(hours=4))
            world.settle()
        story.check()
        story.check_the_end()
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)

"""Nothing turns for ever: what cannot be applied, found or decided leaves its chat able to go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from salespilots.domain.run import RunState
from salespilots.ports.ai import AiProvider, AiReply, Usage
from salespilots.ports.channel import Health, Inbound
from salespilots.ports.errors import OutcomeUnknown
from salespilots.ports.extensions import ActionContext, ActionType, Advance, PlaceOrder
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings
from salespilots.ports.storage import StorageUnavailable
from salespilots.services.workflows import runner
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


class Steps:
    """Steps of a plugin: one calls outside and wants more than there is; ``dies`` is what its calls do."""

    def __init__(self) -> None:
        self.calls, self.installed = 0, True
        self.dies: Exception | None = None

    def order(self, context: ActionContext) -> Advance:
        self.calls += 1
        if self.dies is not None:
            raise self.dies
        variant = context.reader.search("blue saree", 1)[0].variants[0].variant_id
        return Advance(effects=(PlaceOrder(lines=((variant, 50),), address={}),), cost_tokens=70)

    @hookimpl
    def salespilots_workflow_actions(self) -> list[ActionType]:
        if not self.installed:
            return []
        return [
            ActionType(
                key="x.order",
                label="Order",
                settings=NoSettings,
                run=self.order,
                sentence=lambda _: "",
                calls_ports=True,
            )
        ]


class Model:
    """A model that says what the test wants."""

    def __init__(self) -> None:
        self.text, self.calls = "", 0

    def complete(self, request: Any) -> AiReply:
        self.calls += 1
        return AiReply(text=self.text, usage=Usage(input_tokens=500, output_tokens=50))

    def check(self) -> Health:
        return Health(ok=True, detail="")

    @hookimpl
    def salespilots_ai_providers(self) -> list[AiProvider]:
        return [AiProvider(key="model", label="Model", settings=NoSettings, build=lambda _: self)]


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def channel() -> FakeChannelPlugin:
    return FakeChannelPlugin()


@pytest.fixture
def far(
    make_world: Callable[..., World], sqlite_url: str, channel: FakeChannelPlugin, steps: Steps, model: Model
) -> FarSide:
    far = FarSide(make_world(sqlite_url, extra=[channel, steps, model]).practice_shop(), channel)
    far.say("thanks")
    return far


def on_word(far: FarSide, word: str, steps: list[dict[str, Any]]) -> str:
    workflows = far.shop.world.services.workflows
    trigger = {"kind": "message.received", "settings": {"keywords": [word]}}
    made = workflows.create(far.shop.id, word, {"trigger": trigger, "steps": steps})
    workflows.publish(far.shop.id, made.id)
    return made.id


def later(far: FarSide, **time: float) -> None:
    far.shop.world.clock.advance(timedelta(**time))
    far.shop.world.settle()


def test_a_result_that_cannot_be_applied_is_not_fetched_again(far: FarSide, steps: Steps) -> None:
    workflow = on_word(far, "club", [{"id": "a", "kind": "x.order", "settings": {}}])
    far.say("club")
    for _ in range(3):
        later(far, seconds=5)
    assert steps.calls == 1
    assert far.chat().waiting_since is not None
    services = far.shop.world.services
    run = services.run_log.runs(far.shop.id, workflow).items[0]
    _, log, _ = services.run_log.run(far.shop.id, run.id)
    assert [(one.outcome, one.branch, one.cost_tokens) for one in log] == [("failed", "on_error", 70)]


def test_a_call_that_ends_the_process_each_time_is_given_up(far: FarSide, steps: Steps) -> None:
    workflow = on_word(far, "club", [{"id": "a", "kind": "x.order", "settings": {}}])
    steps.dies = StorageUnavailable("the database went away")
    for _ in range(runner.MAX_CALLS):
        with pytest.raises(StorageUnavailable):
            far.say("club") if not steps.calls else later(far, seconds=120)
    later(far, seconds=120)
    assert steps.calls == runner.MAX_CALLS
    run = far.shop.world.services.run_log.runs(far.shop.id, workflow).items[0]
    assert run.state is RunState.FAILED
    _, log, _ = far.shop.world.services.run_log.run(far.shop.id, run.id)
    assert (log[-1].outcome, log[-1].reason) == ("failed", "worker_died")
    assert far.chat().waiting_since is not None


def test_words_no_database_can_hold_do_not_leave_the_model(far: FarSide, model: Model) -> None:
    far.shop.world.services.connections.connect(far.shop.id, "model", {})
    model.text = "Sure, let me look \ud83d\x00"
    told = far.say("blue saree kitna hai?")
    for _ in range(3):
        later(far, seconds=5)
    assert model.calls <= 2
    assert any("₹1,499.00, 9 in stock" in text or "let me look" in text for text in told)


def test_a_step_that_was_uninstalled_asks_a_person(
    far: FarSide, steps: Steps, channel: FakeChannelPlugin, make_world: Callable[..., World], sqlite_url: str
) -> None:
    wait = {"for": "PT1H", "or_event": "message.received"}
    on_word(
        far,
        "club",
        [
            {"id": "w", "kind": "flow.wait", "settings": wait, "next": "a", "on_event": "a"},
            {"id": "a", "kind": "x.order", "settings": {}},
        ],
    )
    far.say("club")
    steps.installed = False
    without = make_world(sqlite_url, extra=[channel, steps])
    without.clock.set(far.shop.world.clock.now() + timedelta(hours=2))
    without.settle()
    chat = without.services.conversations.get(far.shop.id, far.chat().id).conversation
    assert chat.waiting_since is not None
    assert without.services.maintenance.backlog()["outbox_queued"] == 0


def test_what_a_workflow_says_before_it_asks_for_a_person_leaves(far: FarSide) -> None:
    text = "Our wholesale desk will write to you."
    say = {"id": "a", "kind": "message.text", "settings": {"text": text}, "next": "b"}
    on_word(far, "wholesale", [say, {"id": "b", "kind": "flow.hand_over", "settings": {}}])
    assert far.say("wholesale") == [text, "I am asking the shop to answer you here."]
    assert far.say("blue saree kitna hai?") == []


def test_an_account_that_moved_to_another_shop_is_answered_there(make_world, database_url, channel) -> None:
    world = make_world(database_url, extra=[channel])
    first, second = world.practice_shop(), world.practice_shop("Other", "other@example.in")
    for shop in (first, second):
        world.services.connections.connect(shop.id, "fake", {})

    def write(number: int, shop_id: str) -> None:
        event = Inbound(
            event_id=f"e{number}", account_ref="acc", customer_ref="asha", kind="message", message_ref=f"m{number}",
            sent_at=world.clock.now(), text="blue saree kitna hai?",
        )  # fmt: skip
        world.services.inbox.keep_channel("fake", [event], shop_id)
        world.settle()

    write(1, first.id)
    write(2, second.id)
    for shop_id in (first.id, second.id):
        chats = world.services.conversations.page(shop_id).items
        assert len(chats) == 1
        texts = [one.text for one in world.services.conversations.messages(shop_id, chats[0].conversation.id)]
        assert any("₹1,499.00, 9 in stock" in text for text in texts)


def test_a_flood_at_one_shop_hides_no_other(make_world, database_url) -> None:
    world = make_world(database_url)
    now = world.clock.now()
    busy, quiet = (world.sign_up(name, f"{name}@example.in")[1] for name in ("Busy", "Quiet"))

    def events(account: str, count: int) -> list[Inbound]:
        return [
            Inbound(
                event_id=f"{account}{n}", account_ref=account, customer_ref=f"c{n:04}", kind="other", sent_at=now,
                message_ref=f"{account}{n}",
            )
            for n in range(count)
        ]  # fmt: skip

    world.services.inbox.keep_channel("practice", events("busy", 500), busy.id)
    world.services.inbox.keep_channel("practice", events("quiet", 1), quiet.id)
    with world.storage.system_unit_of_work(read_only=True) as system:
        lanes = system.work.due_lanes(now, limit=20)
    assert (quiet.id, "practice:quiet:c0000") in lanes[:2]
    assert len(lanes) == 20


def test_a_send_that_waits_for_a_person_is_not_looked_at_for_ever(far: FarSide) -> None:
    far.channel.script = [OutcomeUnknown(provider="fake")]
    far.say("blue saree kitna hai?")
    for _ in range(20):
        later(far, minutes=1)
    assert [one.reason for one in far.messages() if one.state == "uncertain"] == ["needs_decision"]
    with far.shop.world.storage.system_unit_of_work(read_only=True) as system:
        assert system.work.due_lanes(far.shop.world.clock.now()) == []

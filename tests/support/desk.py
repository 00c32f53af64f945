"""A shop whose sends bring no clear answers, for tests of what becomes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Message
from salespilots.ports.errors import OutcomeUnknown
from salespilots.services.messaging.gates import gate_in
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World

UNCLEAR = OutcomeUnknown(provider="fake")


class Desk:
    """A shop on a fake channel, its owner, and the time."""

    def __init__(self, world: World, plugin: FakeChannelPlugin) -> None:
        self.world, self.services = world, world.services
        self.far = FarSide(world.practice_shop(), plugin)
        self.channel, self.shop_id = plugin.channel, self.far.shop.id

    def now(self) -> datetime:
        return self.world.clock.now()

    def reply(self, text: str, who: str = "asha", *, settle: bool = True) -> Message:
        """The owner writes."""
        made = self.services.conversations.reply(self.shop_id, self.far.chat(who).id, text, user_id=None)
        if settle:
            self.world.settle()
        return made

    def later(self, by: timedelta) -> None:
        self.world.clock.advance(by)
        self.world.settle()

    def pass_by(self, span: timedelta, step: timedelta = timedelta(seconds=5)) -> None:
        """Time passes, with the sweeper looking at every step."""
        for _ in range(int(span / step)):
            self.later(step)

    def is_now(self, message: Message) -> Message:
        with self.world.storage.unit_of_work(self.shop_id, read_only=True) as uow:
            return uow.messages.get(message.id)

    def last(self) -> Message:
        """The newest message of the chat."""
        return self.far.messages()[-1]

    def gate(self) -> Any:
        with self.world.storage.unit_of_work(self.shop_id, read_only=True) as uow:
            return gate_in(uow, "fake")

    def told(self, kind: str, who: str = "asha") -> int:
        """How many events of a kind the chat has."""
        with self.world.storage.unit_of_work(self.shop_id, read_only=True) as uow:
            return [one.type for one in uow.events.about("conversation_id", self.far.chat(who).id, limit=300)].count(
                kind
            )

    def quiet(self, *customers: str) -> None:
        """Each writes something that nobody answers: their reply window is open."""
        self.far.deliver(*(self.far.event("message", "thanks", who, automation=False) for who in customers))

    def in_doubt(self, text: str = "In doubt") -> Message:
        """A reply of the owner whose send brings no clear answer."""
        self.channel.script = [UNCLEAR]
        made = self.reply(text)
        assert self.is_now(made).state == "uncertain"
        return made

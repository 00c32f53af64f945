"""The delivery contract of a channel: a whole day, delivered as badly as a provider may, ends like a calm one.

A plugin's test subclasses `DeliveryContract` and provides the ``harness`` fixture of `ChannelContract`, with
``signed_request``. Needs the whole product installed; it runs in the test's process, on memory and with its own clock.
"""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from salespilots.testing.delivery import Line, Post, Story, Weather, judge, plain
from salespilots.testing.delivery.weather import calm, in_one_post

from .channel_harness import ChannelHarness, Said

SETTLING = timedelta(seconds=1)
"""How long an event waits for earlier ones that come later: what the weather may be late by, and a little more."""


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a day ended, without what rightly differs between two runs."""

    heard: dict[str, list[str]]
    said: dict[str, list[tuple[str, str, str]]]
    orders: list[tuple[Any, ...]]
    stock: list[tuple[str, int, int]]
    money: list[tuple[Any, ...]]
    unfinished: dict[str, float]

    def against(self, other: Ending) -> list[str]:
        """Where two days differ, a line each."""
        lines: list[str] = []
        for name in ("heard", "said"):
            mine, theirs = getattr(self, name), getattr(other, name)
            for who in sorted({*mine, *theirs}):
                pairs = zip_longest(mine.get(who, ()), theirs.get(who, ()))
                lines += [
                    f"{name} {who} {place}: {one!r} / {two!r}" for place, (one, two) in enumerate(pairs) if one != two
                ]
        for name in ("orders", "stock", "money"):
            pairs = zip_longest(getattr(self, name), getattr(other, name))
            lines += [f"{name}: {one!r} / {two!r}" for one, two in pairs if one != two]
        return lines


class Practice:
    """A practice shop in a database, made once and copied for every rehearsal: with so many pieces of everything that
    nobody's order depends on who came first."""

    def __init__(self, folder: Path) -> None:
        from salespilots.bootstrap import assemble
        from salespilots.config import load_config
        from salespilots.testing.clocks import FakeClock, FakeIds

        self._folder = folder
        application = assemble(load_config(self._environ(folder)), clock=FakeClock(), ids=FakeIds(), discover=False)
        services = application.services
        application.storage.migrate()
        _, shop = services.accounts.add_owner(
            shop_name="Rehearsal", name="Rehearsal", email="rehearsal@example.in", password="lotus river 42 sun"
        )
        services.demo.load(shop.id)
        for detail in services.catalog.page(shop.id, limit=200).items:
            for variant in detail.variants:
                services.stockroom.move(shop.id, detail.product.id, sku=variant.sku, delta=10_000, reason="receive")
        self.shop_id = shop.id
        application.storage.close()

    def _environ(self, folder: Path) -> dict[str, str]:
        return {"SALESPILOTS_HOME": str(folder), "SALESPILOTS_DATABASE_URL": f"sqlite:///{folder}/rehearsal.db"}

    def copy(self, folder: Path) -> dict[str, str]:
        """Another such shop; returns the environment that names it."""
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        return self._environ(folder)


class Rehearsal:
    """A practice shop with the channel under test, whole, in this process. ``settling`` is the channel's for the day."""

    def __init__(
        self, harness: ChannelHarness, practice: Practice, folder: Path, settling: timedelta = SETTLING
    ) -> None:
        from salespilots.bootstrap import assemble
        from salespilots.config import load_config
        from salespilots.ports.markers import hookimpl
        from salespilots.testing.clocks import FakeClock, FakeIds

        capabilities = dataclasses.replace(harness.provider.capabilities, settling=settling)
        provider = dataclasses.replace(harness.provider, capabilities=capabilities)

        class Installed:
            """The plugin with its channel as it is rehearsed."""

            @hookimpl
            def salespilots_channel_providers(self) -> list[Any]:
                return [provider]

        prefix = f"SALESPILOTS_{provider.key}_".upper()
        environ = {f"{prefix}{name.upper()}": str(value) for name, value in harness.instance.items()}
        environ |= {**practice.copy(folder), "SALESPILOTS_ALLOW_PRIVATE_URLS": "1"}
        self.harness, self.provider, self.clock, self.shop_id = harness, provider, FakeClock(), practice.shop_id
        self.application = assemble(
            load_config(environ), clock=self.clock, ids=FakeIds(after=1_000_000), discover=False, extra=[Installed()]
        )
        self.services = self.application.services
        self.connection = self.services.connections.connect(self.shop_id, provider.key, harness.settings)
        self._before = len(harness.taken())

    def play(self, story: Story, posts: Sequence[Post]) -> Ending:
        """Deliver, let time pass, let buyers pay, and tell how it ended."""
        for post in posts:
            if post.at > self.clock.now():
                self.clock.set(post.at)
            self.deliver(post.lines)
            if post.work:
                self.services.maintenance.drain_due()
        self._settle()
        self._pay(story)
        return self.ending(story)

    def deliver(self, lines: Sequence[Line]) -> None:
        """One POST to the webhook's address."""
        assert self.harness.signed_request is not None
        said = [Said(customer_ref=one.who, text=one.text, ref=one.ref, at=one.at) for one in lines]
        request = self.harness.signed_request(*said)
        token = None if self.provider.instance_settings is not None else self.connection.endpoint_token
        self.services.inbox.accept_channel(self.provider.key, request, token)

    def _settle(self) -> None:
        for _ in range(5):
            self.clock.advance(timedelta(seconds=2))
            self.services.maintenance.drain_due()

    def _pay(self, story: Story) -> None:
        """Each order is paid; what the bank tells comes several times and in no order."""
        from salespilots.ports.payments import PaymentEvent

        chance = random.Random(f"money {story.seed}")
        now, events = self.clock.now(), []
        for payment in self.services.payments.page(self.shop_id, limit=200).items:
            for kind, after in (("authorised", 1), ("captured", 2), ("captured", 2)):
                events.append(
                    PaymentEvent(
                        event_id=f"{payment.reference}:{kind}", kind=kind, payment_ref=f"pay_{payment.reference}",
                        reference=payment.reference, amount_paise=payment.amount_paise, method="upi",
                        occurred_at=now + timedelta(seconds=after),
                    )
                )  # fmt: skip
        chance.shuffle(events)
        for event in events:
            self.services.inbox.keep_payments(self.shop_id, "practice", [event])
            if chance.random() < 0.5:
                self.services.maintenance.drain_due()
        self._settle()

    def ending(self, story: Story) -> Ending:
        """The shop as it is now."""
        heard: dict[str, list[str]] = {}
        for one in self.harness.taken()[self._before :]:
            heard.setdefault(one.recipient_ref, []).append(plain(one.text))
        said: dict[str, list[tuple[str, str, str]]] = {}
        whose: dict[str, str] = {}
        for row in self.services.conversations.page(self.shop_id, limit=200).items:
            chat = row.conversation
            if chat.provider != self.provider.key:
                continue
            whose[chat.customer_id] = chat.customer_ref
            messages = self.services.conversations.messages(self.shop_id, chat.id, limit=500)
            incoming = [one for one in messages if one.direction == "in"]
            outgoing = [one for one in messages if one.direction == "out"]
            said[chat.customer_ref] = [
                (str(one.author), plain(one.text), str(one.state)) for one in [*incoming, *outgoing]
            ]
        orders = self.services.orders.page(self.shop_id, limit=200).items
        of = {one.id: whose.get(one.customer_id, "") for one in orders}
        payments = self.services.payments.page(self.shop_id, limit=200).items
        products = self.services.catalog.page(self.shop_id, limit=200).items
        return Ending(
            heard=heard,
            said=said,
            orders=sorted(
                (of[one.id], str(one.state), str(one.payment_status), one.total_paise, one.paid_paise, len(one.lines))
                for one in orders
            ),
            stock=sorted(
                (variant.sku, detail.levels[variant.id].on_hand, detail.levels[variant.id].reserved)
                for detail in products
                for variant in detail.variants
            ),
            money=sorted(
                (of.get(one.order_id, ""), str(one.state), one.amount_paise, one.refunded_paise) for one in payments
            ),
            unfinished={name: number for name, number in self.services.maintenance.backlog().items() if number},
        )

    def close(self) -> None:
        """Let the database go."""
        self.application.storage.close()


class DeliveryContract:
    """Every channel passes this. ``seeds``: days to try, unless ``SALESPILOTS_DELIVERY_SEEDS`` asks for others: for so many,
    or "200-300" for those from 200 to 299."""

    seeds = 10

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each day."""
        if "seed" in metafunc.fixturenames:
            first, _, end = os.environ.get("SALESPILOTS_DELIVERY_SEEDS", str(self.seeds)).rpartition("-")
            metafunc.parametrize("seed", range(int(first or 0), int(end)))

    @pytest.fixture(scope="class")
    def practice(self, tmp_path_factory: pytest.TempPathFactory) -> Practice:
        """What each rehearsal begins with."""
        return Practice(tmp_path_factory.mktemp("practice"))

    @pytest.fixture
    def rehearse(
        self, harness: ChannelHarness, practice: Practice, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Any]:
        """Makes rehearsals; all are closed at the end."""
        if harness.signed_request is None or harness.provider.webhooks is None:
            pytest.skip("no webhooks")
        harness.taken()
        made: list[Rehearsal] = []

        def make(settling: timedelta = SETTLING) -> Rehearsal:
            made.append(Rehearsal(harness, practice, tmp_path_factory.mktemp("rehearsal"), settling))
            return made[-1]

        yield make
        for one in made:
            one.close()

    def test_a_bad_day_ends_like_a_calm_one(self, rehearse: Any, harness: ChannelHarness, seed: int) -> None:
        """Twice, late, shuffled and in batches: the same messages, orders, stock and money."""
        story = Story.day(seed, tick=harness.tick)
        clear = rehearse().play(story, calm(story))
        stormy = rehearse().play(story, Weather().deliver(story))
        verdict = judge(clear.heard, stormy.heard)
        assert verdict.fine, str(verdict)
        assert clear.unfinished == stormy.unfinished == {}
        assert stormy.against(clear) == []
        assert clear.heard
        if story.buyers:
            assert clear.money

    def test_a_thousand_events_in_one_post_are_taken_in_their_order(
        self, rehearse: Any, harness: ChannelHarness
    ) -> None:
        """A provider may keep a day back and send it at once."""
        story = Story.day(4242, chats=40, tick=harness.tick)
        clear = rehearse().play(story, calm(story))
        at_once = rehearse().play(story, in_one_post([*story, *story], 4242))
        verdict = judge(clear.heard, at_once.heard)
        assert verdict.fine, str(verdict)
        assert at_once.against(clear) == []

    def test_what_comes_too_late_is_kept_and_answered_once(self, rehearse: Any, harness: ChannelHarness) -> None:
        """Nothing waits for an event for ever: it is answered when it comes, after what came before it."""
        story = Story.day(77, chats=4, tick=harness.tick)
        rehearsal = rehearse()
        late = Weather(late=600, again_within=900).deliver(story)
        ending = rehearsal.play(story, late)
        for who in story.customers():
            incoming = [text for author, text, _ in ending.said[who] if author == "customer"]
            assert sorted(incoming) == sorted(plain(one.text) for one in story.of(who))
            states = {state for author, _, state in ending.said[who] if author != "customer"}
            assert states <= {"sent", "delivered", "read"}
            assert len(ending.heard[who]) == sum(author != "customer" for author, _, _ in ending.said[who])
        assert ending.unfinished == {}

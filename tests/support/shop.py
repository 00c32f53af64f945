"""An assembled product in one process: real storage, real plugins, a clock and a queue that the test moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from salespilots.bootstrap import Application, assemble
from salespilots.config import load_config
from salespilots.domain.business import Business, User
from salespilots.domain.conversation import Message
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment
from salespilots.services.catalog import ProductDetail
from salespilots.services.container import Services
from salespilots.testing.clocks import FakeClock

PASSWORD = "lotus river 42 sun"
TO_CONFIRM = (
    "blue saree kitna hai?", "2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar",
)  # fmt: skip
"""What a customer of the practice shop writes up to the question whether the order shall be placed."""


class QuickHasher:
    """Password hashing without the cost; the real one has tests of its own."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, password_hash: str | None, password: str) -> bool:
        return password_hash == f"plain:{password}"


class LetterBox:
    """A mailer that keeps what it sends."""

    enabled = True

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []

    def send(self, to: str, subject: str, text: str) -> None:
        self.letters.append((to, subject, text))


class World:
    """Everything of one test."""

    def __init__(
        self, home: Path, database_url: str, *, clock: Any = None, environ: Mapping[str, str] | None = None,
        extra: Sequence[object] = (), discover: bool = False, storage: Any = None, fetcher: Any = None,
    ) -> None:  # fmt: skip
        self.clock = clock or FakeClock()
        self.mailer = LetterBox()
        config = load_config(
            {"SALESPILOTS_HOME": str(home), "SALESPILOTS_DATABASE_URL": database_url, **(environ or {})}
        )
        self.application: Application = assemble(
            config, clock=self.clock, hasher=QuickHasher(), mailer=self.mailer, discover=discover, extra=extra,
            storage=storage, fetcher=fetcher,
        )  # fmt: skip
        self.services: Services = self.application.services
        self.storage = self.application.storage

    def sign_up(self, name: str = "Meera Handlooms", email: str = "meera@example.in") -> tuple[User, Business]:
        """A shop with its owner."""
        return self.services.accounts.sign_up(shop_name=name, name="Meera Iyer", email=email, password=PASSWORD)

    def practice_shop(self, name: str = "Meera Handlooms", email: str = "meera@example.in") -> Shop:
        """The same with the practice products and starters on."""
        user, business = self.sign_up(name, email)
        self.services.demo.load(business.id)
        return Shop(self, user, business)

    def settle(self) -> int:
        """Do all due work."""
        return self.services.maintenance.drain_due()

    def close(self) -> None:
        """Let the database go."""
        self.storage.close()


class Shop:
    """One practice shop, seen by its customers and its owner."""

    def __init__(self, world: World, user: User, business: Business) -> None:
        self.world, self.user, self.business = world, user, business
        self.id = business.id

    def say(
        self, text: str, *, payload: str = "", who: str = "riya", key: str = "", settle: bool = True
    ) -> list[Message]:
        """A customer writes; returns what arrived on their phone because of it."""
        before = len(self.phone(who))
        self.world.services.practice.say(self.id, f"sim-{who}", text, payload=payload, name=who.title(), key=key)
        if settle:
            self.world.settle()
        return self.phone(who)[before:]

    def given_up(self, text: str = "blue saree kitna hai?", who: str = "riya") -> str:
        """A customer writes and it cannot be handled; returns the event's public id."""
        self.say(text, who=who, settle=False)
        lane = f"practice:{self.id}:sim-{who}"
        with self.world.storage.unit_of_work(self.id) as uow:
            row = uow.inbox.waiting([lane])[lane][-1]
            uow.inbox.park(row, error="RuntimeError")
            uow.commit()
        return f"evt_{row.position}"

    def phone(self, who: str = "riya") -> list[Message]:
        """What the customer's phone shows of the shop."""
        return [
            one
            for one in self.world.services.practice.messages(self.id, f"sim-{who}", 200)
            if one.direction == "out" and one.state in ("sent", "delivered", "read")
        ]

    def texts(self, who: str = "riya") -> list[str]:
        """The same as words."""
        return [one.text for one in self.phone(who)]

    def product(self, words: str) -> ProductDetail:
        """A product by its title."""
        return self.world.services.catalog.page(self.id, q=words).items[0]

    def order_two_sarees(self, who: str = "riya") -> Order:
        """The whole dialogue up to the payment link."""
        for line in TO_CONFIRM:
            self.say(line, who=who)
        self.say("Confirm", payload="yes", who=who)
        return self.world.services.orders.page(self.id).items[0]

    def payment(self, order: Order) -> Payment:
        """The order's newest payment."""
        return self.world.services.orders.payments_of(self.id, order.id)[-1]

    def pay(self, order: Order) -> Order:
        """The customer pays on the practice page."""
        self.world.services.practice.pay(self.payment(order), method="upi", outcome="paid", attempt="a")
        self.world.settle()
        return self.world.services.orders.get(self.id, order.id)

"""What several steps of a run read once."""

from __future__ import annotations

from salespilots.domain.customer import Customer
from salespilots.domain.run import StepExecution
from salespilots.ports.extensions import ProductView
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.understanding import Understanding
from salespilots.services.core import Core
from salespilots.services.messaging.answering import read_message


class Seen:
    """Shop, customer and messages as the steps so far left them."""

    def __init__(self, uow: UnitOfWork, core: Core, products: dict[tuple[str, ...], list[ProductView]]) -> None:
        self._uow, self._core = uow, core
        self.shop = uow.shop()
        self._messages: dict[str, tuple[str, str]] = {}
        self._read: dict[str, Understanding] = {}
        self._customer: Customer | None = None
        self.log: list[StepExecution] = []
        """Lines for the run log."""
        self.ordered = False
        """Whether a step placed an order, which may start or wake other runs."""
        self.products = products
        """Products as they were read in this transaction; they are read again once an order took pieces."""

    def has_model(self) -> bool:
        """Whether replies of this shop are written by a model."""
        provider = self._core.registry.ais.find(self.shop.default_ai)
        return provider is not None and provider.writes_replies

    def customer(self, customer_id: str) -> Customer:
        """The customer, as the steps so far left them."""
        self._customer = self._customer or self._uow.customers.get(customer_id)
        return self._customer

    def forget(self) -> None:
        """A step changed the profile, or took pieces: read them again."""
        self._customer = None
        self.products.clear()

    def message(self, message_id: str | None) -> tuple[str, str]:
        """(text, payload) of the message a run is about."""
        if not message_id:
            return "", ""
        if message_id not in self._messages:
            found = self._uow.messages.find(id=message_id)
            self._messages[message_id] = (found.text, found.content.get("payload", "")) if found else ("", "")
        return self._messages[message_id]

    def understanding(self, message_id: str | None) -> Understanding | None:
        """What that message means."""
        if not message_id:
            return None
        if message_id not in self._read:
            self._read[message_id] = read_message(self._core, self._uow, *self.message(message_id))
        return self._read[message_id]

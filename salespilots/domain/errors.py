"""What can go wrong, in words fit for the person who reads them.

SalesPilotsError                 code, message, details
├─ DomainError                   a rule of the shop says no (HTTP 409)
│  ├─ InvalidTransition          that step does not follow from this state
│  ├─ OutOfStock                 fewer pieces available than asked
│  ├─ ReplyWindowClosed          the channel does not allow a reply any more
│  ├─ DefinitionInvalid          a workflow definition that cannot run
│  └─ AmountMismatch             money that does not fit the order
├─ AccessDenied                  the role or key may not (403)
├─ NotFound                      absent, or another shop's (404)
├─ StaleEntity                   somebody saved first: retry the use case
├─ Conflict                      a unique thing exists already (409)
└─ InvalidInput                  fields with what to mend (422)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class SalesPilotsError(Exception):
    """Root of every error the product raises on purpose. ``code`` is stable and goes into JSON, logs and docs."""

    code = "error"

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message or self.__class__.__name__)
        self.message = message or self.__class__.__name__
        self.details = details


class DomainError(SalesPilotsError):
    """A rule of the shop forbids it now."""

    code = "not_allowed"


class InvalidTransition(DomainError):
    """The thing is not in a state from which this step is possible."""

    code = "invalid_transition"


class OutOfStock(DomainError):
    """Fewer pieces are available than were asked for. ``details``: ``sku``, ``available``, ``asked``."""

    code = "out_of_stock"


class ReplyWindowClosed(DomainError):
    """The channel allows no message to this customer until they write again."""

    code = "reply_window_closed"


class DefinitionInvalid(DomainError):
    """A workflow definition that cannot run; ``problems`` names each step and what is wrong with it."""

    code = "definition_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems), problems=list(problems))
        self.problems = list(problems)


class AmountMismatch(DomainError):
    """Money whose amount or currency does not fit what it is said to pay."""

    code = "amount_mismatch"


class PriceChanged(DomainError):
    """What the customer agreed to costs something else now: ask again before anything is placed."""

    code = "price_changed"


class AccessDenied(SalesPilotsError):
    """Known person or key, but not allowed to do this."""

    code = "forbidden"


class NotFound(SalesPilotsError):
    """Absent, or belonging to another shop: the answer is the same."""

    code = "not_found"


class StaleEntity(SalesPilotsError):
    """Another transaction saved the row first. The service retries the whole use case."""

    code = "stale"


class Conflict(SalesPilotsError):
    """Something with this unique value is there already."""

    code = "conflict"


class InvalidInput(SalesPilotsError):
    """Input that cannot be taken. ``fields`` maps a field name to sentences that say what to mend."""

    code = "invalid_input"

    def __init__(self, fields: Mapping[str, Sequence[str]], message: str = "") -> None:
        self.fields = {name: list(texts) for name, texts in fields.items()}
        super().__init__(message or "Some fields need a change.", fields=self.fields)

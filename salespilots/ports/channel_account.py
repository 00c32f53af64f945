"""The port's part for a shop's account at a channel: signing in there, looking after it, and what its chats offer.

All of it is optional. `ChannelProvider.login` gives signing in; `ChannelCapabilities.account` names what else there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from salespilots.domain.errors import SalesPilotsError


class SignInRefused(SalesPilotsError):
    """Signing in at the provider led to nothing. The message is a sentence for the owner; ``reason`` a short stable word:
    denied, no_code, code_refused, personal_account, permission_missing, not_set_up, strange_answer."""

    code = "sign_in_refused"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What signing in gave. ``values`` and ``secrets`` are settings of the provider's schema.

    ``login_refs``: every id by which the provider may call this account in a `SignedNotice`. ``granted`` and ``missing``
    are permissions by name; ``granted`` is None where the provider did not say. ``expires_at``: of the token.
    """

    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    login_refs: tuple[str, ...]
    account_name: str = ""
    granted: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    expires_at: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedNotice:
    """The provider says that a person took the app off their account, or wants what came from it deleted."""

    login_ref: str
    issued_at: datetime | None = None


class ChannelLogin(Protocol):
    """Signing in at the provider, for all shops with the installation's own app. Holds no state."""

    def available(self) -> bool:
        """Whether the operator has set it up."""
        ...

    def address(self, state: str, redirect_uri: str) -> str:
        """Where the owner's browser goes. ``state`` comes back in the query."""
        ...

    def finish(self, query: Mapping[str, str], redirect_uri: str, now: datetime) -> Granted:
        """What the browser brought back, made into settings. Calls the provider; within 30 seconds.

        Raises `SignInRefused` where the owner must begin again or do something first, and a `PortError` when the provider
        does not answer.
        """
        ...

    def read_notice(self, signed: str, now: datetime) -> SignedNotice:
        """A signed notice, after its signature was checked in constant time.

        Raises `BadSignature` when nobody who has our secret signed it, `ValueError` when it is not one of the provider's.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of a look at a connection. ``state``: ok | warning | problem | unknown. ``label`` says what was looked at,
    ``sentence`` what is so, ``action`` what the owner can do (empty where nothing)."""

    key: str
    state: str
    label: str
    sentence: str
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the core knows about a connection when it asks for a `DiagnosingChannel.diagnose`. ``granted`` as in `Granted`;
    ``held_by_other``: the last send was refused because another app holds the chat."""

    granted: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    held_by_other: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a look found. ``facts`` are words about the account for its page (``username``, ``account_type``). ``delivered``:
    the events that are delivered now, in the words of `Subscription`; None when the provider does not say."""

    checks: tuple[Check, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    delivered: tuple[str, ...] | None = None

    @property
    def worst(self) -> Check | None:
        """The first problem; None when nothing keeps the connection from working."""
        return next((one for one in self.checks if one.state == "problem"), None)


class DiagnosingChannel(Protocol):
    """``ChannelCapabilities.account`` has ``diagnose``."""

    def diagnose(self, known: Known) -> Diagnosis:
        """Look at everything that can be looked at, without sending anything to anybody, within 30 seconds. A provider that
        does not answer is a line of the answer; only a bug raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Which events the provider delivers for the account now, and the others with why not. ``later``: those of the others
    that are worth asking for again soon, as it was only time or the network."""

    fields: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    later: tuple[str, ...] = ()


class SubscribingChannel(Protocol):
    """``account`` has ``subscribe``: events come only for accounts that asked for them."""

    def subscribe(self, known: Sequence[str] = ()) -> Subscription:
        """Ask for every event the product uses; harmless to repeat: what is delivered already stays so meanwhile. ``known``:
        the fields that were taken the last time. Raises a `PortError` when not even the core set works."""
        ...

    def unsubscribe(self) -> None:
        """Ask for none any more. Raises a `PortError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A new token, as settings, and until when it is good."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime


class RenewingChannel(Protocol):
    """``account`` has ``renew``: its token ends, and can be made new before that."""

    def renew(self, now: datetime) -> Renewed:
        """A token with a full life. The old one stays good. Raises a `PortError`: `AuthFailed` when it is dead,
        `Rejected` with reason ``too_young`` when it is too early."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """Something to tap: what it says, and either what comes back (``payload``) or a page that opens (``url``)."""

    title: str
    payload: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """What a chat offers before anything is said. ``questions``: shown to who never wrote; ``entries``: the lasting menu."""

    questions: tuple[MenuItem, ...] = ()
    entries: tuple[MenuItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuLimits:
    """How much of it a channel shows."""

    questions: int
    question_length: int
    entries: int
    entry_length: int


class MenuChannel(Protocol):
    """``ChannelCapabilities.menu`` says how much."""

    def show_menu(self, menu: Menu) -> None:
        """Replace questions and entries; an empty part is taken away. Raises a `PortError`; a part may have changed then."""
        ...

    def menu(self) -> Menu:
        """What the provider shows now. Raises a `PortError`."""
        ...


def can(provider: Any, what: str) -> bool:
    """Whether a provider of any kind is a channel with this ability of `ChannelCapabilities.account`."""
    return what in getattr(getattr(provider, "capabilities", None), "account", ())

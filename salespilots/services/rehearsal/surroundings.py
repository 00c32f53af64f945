"""What a closed world has in place of the real surroundings: a clock that is moved, ids that count, and no way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from salespilots.domain.ids import PREFIXES
from salespilots.ports.channel import CustomerProfile, Health, Outbound, Receipt, SentMessage
from salespilots.ports.errors import Unavailable, Unsupported
from salespilots.ports.fetching import Answered, Fetched
from salespilots.ports.payment_pages import PagePayments
from salespilots.ports.payments import RefundRequest, RefundResult
from salespilots.ports.understanding import CatalogueEntry, Understander, Understanding

PROVIDER = "rehearsal"
"""Who refuses, in the words of a `PortError`."""


class VirtualClock:
    """Stands still until it is moved on."""

    def __init__(self, start: datetime) -> None:
        self._start = self._now = start

    def now(self) -> datetime:
        """Aware and in UTC."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Let time pass until then; a moment that is over changes nothing."""
        self._now = max(self._now, moment)

    def steady(self) -> float:
        """Seconds that have passed."""
        return (self._now - self._start).total_seconds()


class CountingIds:
    """Ids and tokens that count, the same in every rehearsal of the same thing; none of them is a real one."""

    def __init__(self) -> None:
        self._next = 0

    def new(self, kind: str) -> str:
        """Ids of a kind are in the order in which they were made."""
        self._next += 1
        return f"{PREFIXES[kind]}_rehearsal{self._next:013d}"

    def token(self) -> str:
        """Leads nowhere."""
        self._next += 1
        return f"rehearsal-{self._next:022d}"


class ListeningDoorbell:
    """Keeps the lanes that were rung."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, *lanes: str) -> None:
        """Note them."""
        self.rung += lanes

    def heard(self) -> list[str]:
        """Those since the last time, each once."""
        lanes = list(dict.fromkeys(self.rung))
        self.rung.clear()
        return lanes


class NoFetcher:
    """Opens nothing."""

    def fetch(self, url: str, *, limit: int, seconds: float = 20.0) -> Fetched:
        """Refuse."""
        raise Unsupported(provider=PROVIDER, reason="rehearsal")

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, limit: int, seconds: float = 8.0) -> Answered:
        """Refuse."""
        raise Unsupported(provider=PROVIDER, reason="rehearsal")

    def refuses(self, url: str) -> bool:
        """Every one."""
        return True


class NoMailer:
    """Mails nothing."""

    enabled = False

    def send(self, to: str, subject: str, text: str) -> None:
        """Refuse."""
        raise Unavailable("Nothing is mailed from a rehearsal.", provider=PROVIDER)


class EmptyVault:
    """Has no secrets and takes none."""

    def seal(self, business_id: str, provider: str, secrets: dict[str, str]) -> str:
        """Refuse."""
        raise Unsupported(provider=PROVIDER, reason="rehearsal")

    def open(self, business_id: str, provider: str, sealed: str | None) -> dict[str, str]:
        """Nothing, whatever is asked for."""
        return {}


class NoHasher:
    """Nobody signs in to a rehearsal."""

    def hash(self, password: str) -> str:
        """Refuse."""
        raise Unsupported(provider=PROVIDER, reason="rehearsal")

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Never."""
        return False


class StageChannel:
    """Takes every message and shows it to nobody: the message's own row is the record."""

    def send(self, message: Outbound) -> Receipt:
        """The same key gives the same reference."""
        message.begin()
        return Receipt(provider_ref=f"rehearsal:{message.idempotency_key}"[:200])

    def profile(self, customer_ref: str) -> CustomerProfile:
        """Nothing is known."""
        return CustomerProfile()

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        """There is no other side to read."""
        raise Unsupported(provider=PROVIDER)

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="A rehearsal: nothing leaves.")


class StagePayments(PagePayments):
    """Makes links that lead nowhere."""

    def __init__(self, base_url: str) -> None:
        super().__init__(f"{base_url}/pay")

    def address(self, reference: str) -> str:
        """One for all: a rehearsal's link leads nowhere."""
        return super().address("rehearsal")

    def refund(self, request: RefundRequest) -> RefundResult:
        """Done at once."""
        return RefundResult(refund_ref=f"rehearsal:{request.idempotency_key}"[:60], state="processed")

    def fetch_refund(self, refund_ref: str) -> RefundResult:
        """Done when it was asked for."""
        return RefundResult(refund_ref=refund_ref, state="processed")

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="A rehearsal: no money moves.")


class OneCatalogue:
    """Understands sentences about a catalogue that does not change, each once."""

    def __init__(self, understander: Understander) -> None:
        self._understander = understander
        self._known: dict[str, Understanding] = {}

    def understand(self, text: str, catalogue: Sequence[CatalogueEntry] = ()) -> Understanding:
        """What the sentence means."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._understander.understand(text, catalogue)
        return found

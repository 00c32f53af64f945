"""What a turn knows of its lanes: read once for all of them, and kept up with what the turn itself adds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from salespilots.domain.business import Connection
from salespilots.domain.conversation import PENDING, Conversation
from salespilots.domain.inbox import TALKING, InboxRow
from salespilots.domain.run import ACTIVE, Run
from salespilots.ports.extensions import ProductView
from salespilots.ports.storage import UnitOfWork, Where, one_of
from salespilots.ports.work import Waiting

MANY_ROWS = 20
"""Waiting events of a lane that are read at once."""
CAREFUL_AFTER = 3
"""Holders in a row that died with a lane: from then on it is worked on alone, in small steps."""

HOUR = timedelta(hours=1)


class Desk:
    """For one transaction. ``ready`` tells which of a lane's runs can go on."""

    def __init__(
        self,
        uow: UnitOfWork,
        found: Waiting,
        ready: Callable[[Sequence[Run], Callable[[Run], bool]], list[Run]],
        now: datetime,
        *,
        careful: bool = False,
    ) -> None:
        """``careful``: something about these lanes went wrong before, so nothing is taken for granted."""
        self.uow, self.careful = uow, careful
        self.leases = found.leases
        self.products: dict[tuple[str, ...], list[ProductView]] = {}
        """Products as they were read in this transaction; an order that takes pieces empties it."""
        self._rows = {lane: deque(rows) for lane, rows in found.rows.items()}
        self.running = {one.lane for one in ready(found.runs, self.has_answer)}
        """Lanes with a run that can go on."""
        self._full = {lane for lane, rows in found.rows.items() if len(rows) == MANY_ROWS}
        self._runs: dict[str, list[str]] = {}
        for run in found.runs:
            self._runs.setdefault(run.lane, []).append(run.id)
        self._pending, self._chats = found.pending, found.chats
        self._connections = {one.provider: one for one in found.connections}
        self._recent: dict[str, int] = {}
        self._known: set[tuple[str, str | None]] = set()
        self._look_at_chats(now - HOUR)
        self._read_runs = self._read_messages = 0

    # --- events ------------------------------------------------------------------------------------------------

    def rows(self, lane: str) -> deque[InboxRow]:
        """Waiting events."""
        return self._rows.get(lane, deque())

    def rows_behind(self, lane: str) -> deque[InboxRow]:
        """Those behind the first twenty."""
        if lane not in self._full:
            return deque()
        return deque(self.uow.inbox.waiting([lane], limit=MANY_ROWS).get(lane, []))

    def unheard(self, lane: str) -> list[InboxRow]:
        """What the customer said that waits to be understood."""
        return [row for row in self.rows(lane) if row.kind in TALKING]

    def has_answer(self, run: Run) -> bool:
        """Whether the customer wrote before a run's time was over that waits for it, so that it is no matter of time."""
        if run.waiting_for != "message.received" or run.wake_at is None:
            return False
        return any(row.sent_at <= run.wake_at for row in self.unheard(run.lane))

    # --- chats -------------------------------------------------------------------------------------------------

    def conversation(self, lane: str) -> Conversation | None:
        """The lane's chat, if there is one; the unit knows its customer."""
        id = self._chats.get(lane)
        return None if id is None else self.uow.conversations.get(id)

    def opened(self, conversation: Conversation) -> None:
        """A chat was made in this turn."""
        self._chats[conversation.lane] = conversation.id

    def is_known(self, conversation: Conversation, ref: str) -> bool:
        """Whether the chat has a message of this reference, which is noted for the next time."""
        key = (conversation.id, ref)
        known = key in self._known
        self._known.add(key)
        return known

    def recent_runs(self, conversation: Conversation) -> int:
        """How many runs the chat had within the hour before this turn."""
        return self._recent.get(conversation.id, 0)

    def _look_at_chats(self, since: datetime) -> None:
        """What is asked of chats that have events, read before the turn changes anything."""
        chats = {self._chats[lane] for lane in self._rows if lane in self._chats}
        if not chats:
            return
        rows = [row for of in self._rows.values() for row in of]
        refs = {row.payload.get("message_ref") or row.payload.get("event_id") for row in rows} - {None, ""}
        theirs = one_of("conversation_id", chats)
        found = self.uow.messages.select(theirs, one_of("provider_ref", refs), order="seq")
        self._known = {(one.conversation_id, one.provider_ref) for one in found}
        self._recent = self.uow.queries.count_by("runs", "conversation_id", theirs, Where("created_at", "ge", since))

    def connection(self, provider: str) -> Connection | None:
        """The shop's connection to a channel."""
        return self._connections.get(provider)

    # --- runs and messages -------------------------------------------------------------------------------------

    def runs(self, lane: str) -> list[Run]:
        """The lane's active runs as they are now, newest first."""
        added = self.uow.runs.added
        for id in added[self._read_runs :]:
            self._runs.setdefault(self.uow.runs.get(id).lane, []).insert(0, id)
        self._read_runs = len(added)
        return [run for run in map(self.uow.runs.get, self._runs.get(lane, ())) if run.state in ACTIVE]

    def pending(self, lane: str) -> list[str]:
        """Ids of the lane's messages that had not left, or were queued in this turn, in order."""
        added = self.uow.messages.added
        for id in added[self._read_messages :]:
            message = self.uow.messages.get(id)
            if message.state in PENDING:
                self._pending.setdefault(message.lane, []).append(id)
        self._read_messages = len(added)
        return self._pending.get(lane, [])

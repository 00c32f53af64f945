"""The last days of a shop once more, in two closed worlds: with the workflows that are live, and with a draft among them.

Both are told the same at the same times; what they say and do differently is the difference that the draft makes. Prices
and the catalogue are today's, and what a customer would have answered to other questions nobody knows: after the first
difference in a chat the rest of it is a guess. Comments below posts are left out.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Conversation
from salespilots.domain.errors import InvalidInput
from salespilots.domain.events import Event
from salespilots.domain.inbox import lane_of
from salespilots.domain.order_states import OrderState
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.services.core import Core
from salespilots.services.rehearsal.collecting import collector_rests
from salespilots.services.rehearsal.difference import (
    Row,
    Violation,
    differences,
    masks_of,
    parts_of,
    really,
    violations,
)
from salespilots.services.rehearsal.dry_run import DryRuns
from salespilots.services.rehearsal.past import BY_PERSON, Moment, Past, read_past_in
from salespilots.services.rehearsal.seed import Live, read_base_in, with_draft
from salespilots.services.rehearsal.stage import STATES, tell_of_in
from salespilots.services.rehearsal.surroundings import OneCatalogue
from salespilots.services.rehearsal.world import Limits, OpenStorage, World

MAX_DAYS = 30
MOST = 3000
"""Messages of customers that are replayed."""

SECONDS = 8.0
"""For so long, at most, both worlds are told of the past."""

SLICES = 24
"""Parts of the time after the last message, between which it is looked whether there is time left."""

REALLY_SHOWN = 300
"""Chats with differences of which what was really sent is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a draft would have changed. ``messages``: of customers that were replayed, out of the ``days``; ``left_out``:
    more of them that were not, the oldest where there are too many and the newest where it took too long (``until`` tells
    up to when). ``answers``: runs begun of each workflow, (then, now). Costs: what the assistant would have cost."""

    rows: tuple[Row, ...]
    violations: tuple[Violation, ...]
    days: int
    since: datetime
    until: datetime
    messages: int
    left_out: int
    conversations: int
    answers: Mapping[str, tuple[int, int]]
    cost_tokens: int = 0
    cost_paise: int = 0
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each kind."""
        found = Counter(one.kind for one in self.rows)
        return {kind: found[kind] for kind in ("added", "removed", "changed")}

    @property
    def customers(self) -> int:
        """How many chats would go another way."""
        return len({one.conversation_id for one in self.rows})


class TimeMachine:
    """Replays."""

    def __init__(self, core: Core, open_storage: OpenStorage, dry_runs: DryRuns) -> None:
        self._core, self._open_storage, self._dry_runs = core, open_storage, dry_runs

    def replay(
        self, business_id: str, workflow_id: str, *, days: int = 7, definition: Any = None, most: int = MOST,
        seconds: float = SECONDS,
    ) -> Replay:  # fmt: skip
        """The last ``days`` (1 to `MAX_DAYS`) with a workflow's draft, or ``definition`` instead of it.

        Raises `NotFound` and `InvalidInput`. Reads only.
        """
        if isinstance(days, bool) or not 1 <= days <= MAX_DAYS:
            raise InvalidInput({"days": [f"Between 1 and {MAX_DAYS} days."]})
        began, core = time.monotonic(), self._core
        now = core.clock.now()
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            workflow = uow.workflows.get(workflow_id)
            draft = self._dry_runs.checked(workflow, definition)
            base = read_base_in(core, uow)
            past = read_past_in(uow, base, now - timedelta(days=days), min(most, MOST))
        live = [(one, replace(version, published_at=past.since)) for one, version in base.live]
        changed = with_draft(live, workflow, draft, past.since, only=False)
        catalogue, limits = OneCatalogue(core.understander), Limits(turns=10**9, jumps=0, seconds=10**9)

        def world(live: Live) -> World:
            return World(
                core, self._open_storage(), base, past.people, live, start=past.since, stock=past.stock, limits=limits,
                catalogue=catalogue,
            )  # fmt: skip

        with collector_rests():
            worlds = (world(live), world(changed))
            until, told = self._play(worlds, past, now, began + seconds)
            then, after = map(parts_of, worlds)
        chats = _chats(past)
        rows = differences(then, after, chats, masks_of(base.shop.order_prefix))
        return Replay(
            rows=tuple(self._with_the_truth(business_id, rows, past.since)),
            violations=tuple(violations(then, after, chats)), days=days, since=past.since, until=until, messages=told,
            left_out=past.left_out + past.messages - told, conversations=len(chats), answers=_answers(worlds),
            cost_tokens=sum(_tokens(one) for one in worlds[1:]), seconds=round(time.monotonic() - began, 3),
        )  # fmt: skip

    def _play(self, worlds: Sequence[World], past: Past, now: datetime, ends: float) -> tuple[datetime, int]:
        """Tell both worlds the same. Returns up to when, and how many messages of customers."""
        told = 0
        for place, moment in enumerate(past.moments):
            if not place % 16 and time.monotonic() > ends:
                return moment.at, told
            for world in worlds:
                _tell(world, moment)
            told += moment.inbound is not None and moment.inbound.kind != "echo"
        last = past.moments[-1].at if past.moments else past.since
        for part in range(1, SLICES + 1):  # what follows on the last of it in time
            if time.monotonic() > ends:
                return last + (now - last) * (part - 1) / SLICES, told
            for world in worlds:
                world.pass_to(last + (now - last) * part / SLICES)
        return now, told

    def _with_the_truth(self, business_id: str, rows: Sequence[Row], since: datetime) -> list[Row]:
        """The rows with what really went out at these places."""
        wanted = list(dict.fromkeys(one.conversation_id for one in rows))[:REALLY_SHOWN]
        sent: dict[str, dict[str, list[Any]]] = {}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            for id in wanted:
                chat = uow.messages.select(eq("conversation_id", id), Where("created_at", "ge", since), order="seq")
                sent[id] = really(chat)
        return [
            replace(one, really=tuple(sent.get(one.conversation_id, {}).get(one.message_id, ()))) for one in rows
        ]  # fmt: skip


def _chats(past: Past) -> dict[str, tuple[str, str]]:
    """Lane to (conversation id, customer's name)."""
    found: dict[str, tuple[str, str]] = {}
    for one in past.moments:
        if one.inbound is not None:
            lane = lane_of(one.provider, one.inbound.account_ref, one.inbound.customer_ref)
            found.setdefault(lane, (one.conversation_id, past.names.get(one.conversation_id, "")))
    return found


def _tell(world: World, moment: Moment) -> None:
    """One thing of the past happens in a world."""
    world.pass_to(moment.at)
    if moment.inbound is not None:
        world.chats[moment.conversation_id] = world.receive(moment.provider, moment.inbound)
    elif moment.event is not None:
        lane = world.chats.get(moment.conversation_id)
        if lane is None:
            return
        with world.unit() as uow:
            chat = uow.conversations.find(lane=lane)
            if chat is not None and _happen_in(world, uow, chat, moment.event):
                uow.commit()
        world.work(lane)


def _happen_in(world: World, uow: UnitOfWork, chat: Conversation, event: Event) -> bool:
    if event.type == BY_PERSON:
        chat.hand_back()
        uow.conversations.save(chat)
        return True
    if event.type not in STATES:
        return False
    order = uow.orders.find(id=event.ids.get("order_id", ""))
    if order is None:  # it was placed in the chat, and so it was here, under a number of its own
        theirs = uow.orders.select(eq("customer_id", chat.customer_id), order="-created_at", limit=1)
        order = theirs[0] if theirs and theirs[0].state is not OrderState.DRAFT else None
    if order is None:
        return False
    tell_of_in(world.core, uow, chat, order, event.type)
    return True


def _answers(worlds: Sequence[World]) -> dict[str, tuple[int, int]]:
    counted: list[Counter[str]] = []
    for world in worlds:
        with world.unit(read_only=True) as uow:
            counted.append(Counter(one.workflow_id for one in uow.runs.select()))
    ids = dict.fromkeys(id for counts in counted for id in counts)
    return {id: (counted[0][id], counted[1][id]) for id in ids}


def _tokens(world: World) -> int:
    with world.unit(read_only=True) as uow:
        return sum(one.cost_tokens for one in uow.steps.select())

"""Who does a worker's work: a desk that takes the turns of lanes, and threads that make the calls between them.

The desk gives each shop with work a turn after the other, several of its lanes at once, so that a flood at one shop
delays no other. Calls wait on threads of their own: how many may be under way is what limits the sends of a second.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import structlog

from salespilots.domain.inbox import account_of
from salespilots.ports.storage import StorageUnavailable
from salespilots.services.container import Services
from salespilots.services.messaging.outbox import SendCall
from salespilots.services.messaging.pieces import Piece
from salespilots.services.messaging.turns import RENEW_SECONDS, TTL
from salespilots.services.messaging.uncertain import LookCall
from salespilots.tasks.askers import Askers
from salespilots.tasks.calls import Calls
from salespilots.tasks.slots import SEND_SHARE, SEND_SLOTS, SHOP_LANES, STEP_SHARE, STEP_SLOTS, ShopLanes, share_of

log = structlog.get_logger(__name__)

BATCH = 24
"""Lanes of a shop in one turn."""

LONGEST_CALL = 120.0
"""Seconds after which a call is taken for dead: its lane is let go, and what it may still bring is not noted."""

SOON = 600.0
"""Seconds; what comes due within them is not left to the sweeper: those who wait for their turn in a shop's pace are told
one each."""

RETRY_SECONDS = 0.5

REST_SECONDS = 0.025
"""How long the answer of a chat's last send may wait for others to be noted with it: nobody waits for it."""

OWNER_SECONDS = 60.0
"""How long it is believed that an account belongs to a shop; every event is kept for its shop in any case."""

MAX_OWNERS = 20_000


class Crew:
    """Works on lanes until it is stopped. ``desks``: threads that take turns, one for SQLite, more where they help."""

    def __init__(self, services: Services, *, desks: int = 1) -> None:
        self._services, self._turns, self._clock = services, services.turns, services.core.clock
        self._lock = threading.Condition()
        self._rung: dict[str, None] = {}
        self._shops: dict[str, ShopLanes] = {}
        self._order: deque[str] = deque()
        self._active: dict[tuple[str, str], Piece] = {}
        self._again: set[str] = set()
        self._timers: list[tuple[float, str]] = []
        self._calling: dict[int, tuple[Piece, float | None]] = {}
        self._calls = Calls(self._submit)
        self._suspects: deque[Piece] = deque()
        self._stopping = False
        self._senders = ThreadPoolExecutor(SEND_SLOTS, thread_name_prefix="send")
        self._steppers = ThreadPoolExecutor(STEP_SLOTS, thread_name_prefix="step")
        self.askers, self.jobbers = Askers(), Askers(name="job")  # a slow picture must not hold up money
        self._owners: dict[str, tuple[str, float]] = {}
        self._desks = [threading.Thread(target=self._desk, name=f"desk-{n}", daemon=True) for n in range(desks)]
        for desk in self._desks:
            desk.start()

    # --- what comes in -----------------------------------------------------------------------------------------

    def ring(self, *lanes: str) -> None:
        """Look at these lanes soon."""
        with self._lock:
            self._rung.update(dict.fromkeys(lanes))
            self._lock.notify()

    def offer(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Lanes with due work, by shop, as the sweeper found them. Returns how many were new here."""
        with self._lock:
            new = sum(self._take_up(business_id, lane) for business_id, lane in pairs)
            self._lock.notify()
        return new

    @property
    def hungry(self) -> bool:
        """Whether more work could be taken up at once."""
        with self._lock:
            return sum(len(one.waiting) for one in self._shops.values()) < BATCH

    def _take_up(self, business_id: str, lane: str) -> bool:
        key = (business_id, lane)
        if self._stopping:
            return False
        if key in self._active:
            self._again.add(lane)
            return False
        piece = self._active[key] = Piece(business_id, lane)
        self._shop(business_id).waiting.append(piece)
        return True

    def _shop(self, business_id: str) -> ShopLanes:
        found = self._shops.get(business_id)
        if found is None:
            found = self._shops[business_id] = ShopLanes()
            self._order.append(business_id)
        return found

    # --- the desk ----------------------------------------------------------------------------------------------

    def _desk(self) -> None:
        while True:
            with self._lock:
                while self._calls.alone or not (self._stopping or self._rung or self._ready()):
                    self._lock.wait(None if self._calls.alone else self._nap())
                rung, self._rung = list(self._rung), {}
                if self._stopping and not self._active:
                    return
                batch = [] if rung else self._batch()
                if self._stopping and not batch:
                    self._lock.wait(0.2)
            try:
                if rung:
                    self._resolve(rung)
                elif batch:
                    self._turn(batch)
            except Exception as error:  # a bug must not leave the desk empty: the sweeper finds the lanes again
                log.error("desk.error", error=type(error).__name__, exc_info=error)
                self._drop(batch)

    def _drop(self, batch: list[Piece]) -> None:
        with self._lock:
            for piece in batch:
                self._active.pop((piece.business_id, piece.lane), None)

    def _nap(self) -> float | None:
        """Until the next timer; None waits for a ring."""
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._rung[heapq.heappop(self._timers)[1]] = None
        if self._rung:
            return 0.0
        ends = [shop.resting[0][0] for shop in self._shops.values() if shop.resting]
        ends += [self._timers[0][0]] if self._timers else []
        return max(0.0, min(ends) - now) if ends else None

    def _ready(self) -> bool:
        free = self._free_sends()
        return any(self._takes(one, free) for one in self._shops.values())

    def _takes(self, shop: ShopLanes, free: int) -> bool:
        if shop.answered or (shop.resting and (self._stopping or shop.resting[0][0] <= time.monotonic())):
            return True
        return bool(shop.waiting) and not self._stopping and self._room(shop, free) > 0

    def _free_sends(self) -> int:
        """Slots for sends that nobody has; a lane whose call was answered has one still, as it may want to send next."""
        return SEND_SLOTS - sum(one.sends + len(one.answered) for one in self._shops.values())

    def _room(self, shop: ShopLanes, free: int) -> int:
        """How many lanes it may take up: each may want to send, and no send is to wait for a slot."""
        return min(SHOP_LANES - shop.calls, share_of(free, shop.sends + len(shop.answered), SEND_SHARE))

    def _batch(self) -> list[Piece]:
        """The next shop's lanes: those whose calls were answered first."""
        free = self._free_sends()
        for _ in range(len(self._order)):
            business_id = self._order[0]
            self._order.rotate(-1)
            shop = self._shops[business_id]
            if not self._takes(shop, free):
                if (
                    not shop.waiting
                    and not shop.resting
                    and not shop.calls
                    and not shop.sends
                    and not shop.steps
                    and not any(key[0] == business_id for key in self._active)
                ):
                    self._order.remove(business_id)
                    del self._shops[business_id]
                continue
            pieces = [shop.answered.popleft() for _ in range(min(BATCH, len(shop.answered)))]
            pieces += [shop.resting.popleft()[1] for _ in range(min(BATCH - len(pieces), len(shop.resting)))]
            room = 0 if self._stopping else min(BATCH - len(pieces), self._room(shop, free))
            pieces += [shop.waiting.popleft() for _ in range(min(max(0, room), len(shop.waiting)))]
            return pieces
        return []

    def _resolve(self, rung: list[str]) -> None:
        """Find the shops of lanes that were rung: an account's is remembered for a while, the others are asked for.
        A lane without due work is forgotten."""
        now = time.monotonic()
        with self._lock:
            known = [(self._owners.get(account_of(lane), ("", 0.0)), lane) for lane in rung]
        pairs = [(business_id, lane) for (business_id, until), lane in known if until > now]
        unknown = [lane for (_, until), lane in known if until <= now]
        try:
            asked = self._services.workforce.due(unknown) if unknown else []
        except StorageUnavailable:
            asked = []  # the sweeper finds them
        with self._lock:
            for business_id, lane in [*pairs, *asked]:
                self._take_up(business_id, lane)
            if len(self._owners) > MAX_OWNERS:
                self._owners.clear()
            for business_id, lane in asked:
                if not lane.startswith("payments:"):
                    self._owners[account_of(lane)] = (business_id, now + OWNER_SECONDS)
            self._lock.notify()

    def _turn(self, batch: list[Piece]) -> None:
        try:
            self._turns.take(batch)
        except StorageUnavailable:
            marked = [one for one in batch if one.call is not None and not one.made]  # before the database went away
            others = [one for one in batch if one.call is None or one.made]
            with self._lock:
                for piece in marked:
                    self._after(piece)
            self._put_off(others)
            return
        except Exception as error:  # the rows are as they were: the sweeper finds them again
            log.error("turn.error", error=type(error).__name__, exc_info=error)
            for piece in batch:
                piece.call = None
        with self._lock:
            for piece in batch:
                self._after(piece)
            self._next_suspect()
            self._lock.notify()

    def _after(self, piece: Piece) -> None:
        key = (piece.business_id, piece.lane)
        shop = self._shop(piece.business_id)
        if piece.call is not None:
            shop.calls += 1
            self._calling[id(piece)] = (piece, None)
            self._calls.put(piece)
        elif piece.put_off and not self._stopping:
            self._suspects.append(piece)
        elif piece.more and not self._stopping:
            shop.waiting.append(piece)
        else:
            del self._active[key]
            if not piece.done:  # nothing was due: its account may have gone to another shop
                self._owners.pop(account_of(piece.lane), None)
            if piece.lane in self._again:
                self._again.discard(piece.lane)
                self._rung[piece.lane] = None
            elif piece.again_at is not None:
                self._later(piece.lane, piece.again_at)

    def _later(self, lane: str, at: datetime) -> None:
        seconds = (at - self._clock.now()).total_seconds()
        if seconds < SOON:
            heapq.heappush(self._timers, (time.monotonic() + max(0.0, seconds), lane))

    def _put_off(self, batch: list[Piece]) -> None:
        """The database is away: what was answered is noted as soon as it is back, as long as the lane is ours."""
        now = self._clock.steady()
        kept = [one for one in batch if one.made and now - one.held_since < TTL.total_seconds()]
        with self._lock:
            for piece in batch:
                if not any(piece is one for one in kept):
                    self._active.pop((piece.business_id, piece.lane), None)
            self._lock.wait(RETRY_SECONDS)
            for piece in kept:
                self._shop(piece.business_id).answered.append(piece)

    # --- calls -------------------------------------------------------------------------------------------------

    def _submit(self, piece: Piece, alone: bool) -> None:
        shop = self._shop(piece.business_id)
        if isinstance(piece.call, (SendCall, LookCall)):
            shop.sends += 1
            self._senders.submit(self._call, piece, alone, shop.send_is_over)
        else:
            shop.steps_to_come.append((piece, alone))
            self._begin_steps()

    def _begin_steps(self) -> None:
        """Steps that wait for a slot, one of each shop in turn."""
        began = True
        while began:
            began = False
            for shop in [one for one in self._shops.values() if one.steps_to_come]:
                free = STEP_SLOTS - sum(one.steps for one in self._shops.values())
                if share_of(free, shop.steps, STEP_SHARE) > 0:
                    shop.steps += 1
                    step_is_over = partial(self._step_is_over, shop)
                    self._steppers.submit(self._call, *shop.steps_to_come.popleft(), step_is_over)
                    began = True

    def _step_is_over(self, shop: ShopLanes) -> None:
        shop.steps -= 1
        self._begin_steps()

    def _call(self, piece: Piece, alone: bool, over: Callable[[], None]) -> None:
        with self._lock:
            self._calling[id(piece)] = (piece, time.monotonic())
        try:
            if alone:
                self._turns.note_alone(piece)
            piece.make(self._clock.steady)
        except Exception as error:  # the run or message says that somebody was at it: whoever comes next goes on
            log.error("call.error", error=type(error).__name__, exc_info=error)
            piece.call = None
        with self._lock:
            over()
            if id(piece) in self._calling:  # else it was taken for dead
                self._calls.over(piece)
                self._answered(piece)
                self._next_suspect()
                self._lock.notify()

    def _bury(self, now: float) -> None:
        """Let go of calls that never return: their lanes are free when their leases end, and somebody else's."""
        for piece, since in list(self._calling.values()):
            if since is not None and now - since > LONGEST_CALL:
                log.error("call.endless", call=type(piece.call).__name__, provider=piece.lane.partition(":")[0])
                del self._calling[id(piece)]
                self._shop(piece.business_id).calls -= 1
                self._active.pop((piece.business_id, piece.lane), None)
                self._calls.over(piece)

    def _next_suspect(self) -> None:
        """One that was put off may be looked at when no other is at it."""
        if self._suspects and not self._calls.suspects and not self._stopping:
            piece = self._suspects.popleft()
            self._shop(piece.business_id).waiting.append(piece)

    def _answered(self, piece: Piece) -> None:
        del self._calling[id(piece)]
        shop = self._shop(piece.business_id)
        shop.calls -= 1
        if isinstance(piece.call, SendCall) and piece.call.last:
            shop.resting.append((time.monotonic() + REST_SECONDS, piece))
        else:
            shop.answered.append(piece)

    def keep(self) -> None:
        """Renew the lanes of calls that take long."""
        now, steady = time.monotonic(), self._clock.steady()
        with self._lock:
            self._bury(now)
            if self._calls.go_on_beside():
                self._next_suspect()
                self._lock.notify()
            long = [
                piece
                for piece, _ in self._calling.values()
                if steady - piece.held_since > RENEW_SECONDS and piece.lease
            ]
        if long:
            ours = self._turns.keep([piece.lease for piece in long if piece.lease])
            for piece in long:
                if piece.lane in ours:
                    piece.held_since = steady

    def stop(self, seconds: float) -> None:
        """Finish what is under way, within so many seconds, take nothing new up and let every lane go."""
        ends = time.monotonic() + seconds
        with self._lock:
            self._stopping = self._turns.closing = True
            for shop in self._shops.values():
                for piece in shop.waiting:
                    self._active.pop((piece.business_id, piece.lane), None)
                shop.waiting.clear()
            for piece in self._suspects:
                self._active.pop((piece.business_id, piece.lane), None)
            self._suspects.clear()
            self._rung.clear()
            for piece in self._calls.withdraw():
                piece.call_off()
                self._answered(piece)
            for shop in self._shops.values():
                for piece, _ in shop.steps_to_come:
                    piece.call_off()
                    self._calls.over(piece)
                    self._answered(piece)
                shop.steps_to_come.clear()
            self._lock.notify_all()
        self.askers.stop()
        self.jobbers.stop()
        for desk in self._desks:
            desk.join(max(0.1, ends - time.monotonic()))
        for pool in (self._senders, self._steppers):
            pool.shutdown(wait=False, cancel_futures=True)

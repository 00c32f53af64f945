"""Workflows that time starts: looked at by a job of their own, every few minutes or at the hour they name.

Each start has a key of what it is about (a silence, a basket, a day), so that looking twice starts nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from salespilots.domain.automation import DAYS, IST, minutes_of
from salespilots.domain.conversation import Author, Conversation, Mode
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.run import Run, RunState
from salespilots.domain.workflow import Workflow, WorkflowState, WorkflowVersion, parse_duration
from salespilots.ports.shopping import lines_of
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.automation import start_in
from salespilots.services.core import Core, retrying
from salespilots.services.jobs import Jobs, renew_in

KIND = "workflow.time"
LOOK_EVERY = timedelta(minutes=5)
WITHIN = timedelta(hours=24)
"""Only customers who wrote within a day are written to: later no channel with a reply window would take it."""

REST = timedelta(minutes=30)
"""After so long it is looked at again when looking went wrong time after time."""

STILL_GOOD = timedelta(hours=2)
"""A scheduled hour that the server slept through is made up for so long, and left out afterwards."""

AT_ONCE = 200
"""Chats that one transaction starts."""

MOST = 5000
"""Chats that one look or one scheduled hour starts."""

ABANDONED = "abandoned:"
"""Before the key of what reminds of a basket."""

OF_A_BASKET = (
    "product_id",
    "product_title",
    "variant_id",
    "variants",
    "quantity",
    "cart",
    "items",
    "products",
    "language",
)

Found = tuple[Conversation, str, dict[str, Any], str | None]
"""A chat to start in, the key, what is known, and the order it is about."""


def plan_in(core: Core, uow: UnitOfWork, workflow: Workflow, definition: Mapping[str, Any]) -> None:
    """A workflow goes live: have its time looked at, if time starts it."""
    trigger = definition.get("trigger") or {}
    kind = core.registry.triggers.find(trigger.get("kind"))
    if kind is not None and kind.timed:
        at = next_look(core, trigger, core.clock.now())
        renew_in(core, uow, KIND, workflow.id, {"workflow_id": workflow.id, "at": at.isoformat()}, at=at)


def next_look(core: Core, trigger: Mapping[str, Any], now: datetime) -> datetime:
    """When it is looked at next: at its hour, or in some minutes."""
    settings = trigger.get("settings") or {}
    if trigger.get("kind") != "schedule.due":
        return now + LOOK_EVERY
    at, days, festivals = minutes_of(settings.get("at", "10:00")), settings.get("days"), settings.get("festivals")
    today = now.astimezone(IST).date()
    for ahead in range(400):
        day = today + timedelta(days=ahead)
        moment = datetime.combine(day, time(at // 60, at % 60), IST)
        if moment <= now or (days and DAYS[day.weekday()] not in days):
            continue
        if festivals and core.festival_of(day) not in festivals:
            continue
        return moment
    return now + timedelta(days=30)


class Timed:
    """Starts what is due."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._finders: dict[str, Callable[[UnitOfWork, Mapping[str, Any], datetime, str], list[Found]]] = {
            "customer.silent": self._silent, "order.abandoned": self._abandoned, "schedule.due": self._scheduled,
        }  # fmt: skip
        jobs.handle(KIND, self.look, self._gave_up)

    def look(self, business_id: str, payload: Mapping[str, Any]) -> datetime | None:
        """Start it where it is due. Returns when to look again; None when the workflow is not live any more."""
        now, planned = self._core.clock.now(), datetime.fromisoformat(str(payload["at"]))
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            workflow = uow.workflows.find(id=str(payload["workflow_id"]))
            if workflow is None or workflow.state is not WorkflowState.LIVE or workflow.live_version_id is None:
                return None
            version = self._core.memory.version(uow, workflow.live_version_id)
            trigger = version.definition["trigger"]
            finder = self._finders.get(trigger["kind"])
            if finder is None:
                return None
            if trigger["kind"] == "schedule.due" and planned > now:
                return planned  # it was done, and whoever did it ended before the job was settled
            late = trigger["kind"] == "schedule.due" and now - planned > STILL_GOOD
            found = (
                []
                if late
                else finder(uow, trigger.get("settings") or {}, now, planned.astimezone(IST).date().isoformat())
            )
        for start in range(0, len(found), AT_ONCE):
            self._start(business_id, workflow, version, found[start : start + AT_ONCE])
        again = next_look(self._core, trigger, now)
        self._note(
            business_id,
            workflow,
            str(payload["at"]),
            again,
            len(found),
            late=late,
            told=trigger["kind"] == "schedule.due",
        )
        return again

    def _gave_up(self, business_id: str, payload: Mapping[str, Any], reason: str) -> None:
        """Trouble lasted too long: it is looked at again all the same, as long as the workflow is live."""
        at = self._core.clock.now() + REST
        planned = datetime.fromisoformat(str(payload["at"]))
        with self._core.storage.unit_of_work(business_id) as uow:
            again = {**payload, "at": max(planned, at).isoformat()}
            renew_in(self._core, uow, KIND, str(payload["workflow_id"]), again, at=at)
            uow.commit()

    def _start(self, business_id: str, workflow: Workflow, version: WorkflowVersion, found: Sequence[Found]) -> None:
        core = self._core

        def use_case() -> list[str]:
            rung = []
            with core.storage.unit_of_work(business_id) as uow:
                for chat, key, data, order_id in found:
                    now = uow.conversations.find(id=chat.id)
                    if now is None or now.mode is Mode.HUMAN or now.last_inbound_at != chat.last_inbound_at:
                        continue  # the customer wrote, or a person took over, since it was looked at
                    run = start_in(
                        core, uow, workflow, version, conversation=now, trigger_key=key,
                        data={**data, "unasked": True}, order_id=order_id,
                    )  # fmt: skip
                    rung += [now.lane] if run else []
                uow.commit()
            return rung

        core.doorbell.ring(*retrying(use_case))

    def _note(
        self, business_id: str, workflow: Workflow, planned: str, again: datetime, count: int, *, late: bool, told: bool
    ) -> None:
        """Remember for which moment the next look is, and what a scheduled hour came to."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                job = uow.jobs.find(key=f"{KIND}:{workflow.id}")
                if job is not None and job.payload.get("at") == planned:  # else it was published anew meanwhile
                    job.payload = {**job.payload, "at": again.isoformat()}
                    uow.jobs.save(job)
                if told:
                    data = {"late": True} if late else {"customers": count}
                    ids = {"workflow_id": workflow.id}
                    uow.record(Event(type="schedule.due", at=self._core.clock.now(), ids=ids, data=data))
                uow.commit()

        retrying(use_case)

    # --- who it is for -----------------------------------------------------------------------------------------

    def _chats(self, uow: UnitOfWork, now: datetime, *more: Where) -> list[Conversation]:
        recent = (Where("last_message_at", "ge", now - WITHIN), Where("last_inbound_at", "ge", now - WITHIN))
        return uow.conversations.select(*recent, eq("mode", Mode.BOT), *more, order="-last_message_at", limit=MOST)

    def _silent(self, uow: UnitOfWork, settings: Mapping[str, Any], now: datetime, day: str) -> list[Found]:
        """The shop spoke last, and that was long enough ago."""
        before = Where("last_message_at", "le", now - parse_duration(settings.get("after", "PT4H")))
        answered = one_of("preview_author", [Author.BOT, Author.AGENT, Author.SYSTEM])
        found: list[Found] = []
        for chat in self._chats(uow, now, before, answered):
            data = {"trigger": "no answer since then", "product_id": chat.focus.get("product_id")}
            found.append((chat, f"silent:{chat.id}:{chat.last_inbound_at:%Y%m%dT%H%M%S%f}", data, None))
        return found

    def _abandoned(self, uow: UnitOfWork, settings: Mapping[str, Any], now: datetime, day: str) -> list[Found]:
        """A run that knows what is wanted and waits; an order that the shop wrote for a chat and did not place."""
        until = now - parse_duration(settings.get("after", "PT4H"))
        chats = {one.id: one for one in self._chats(uow, now, Where("last_inbound_at", "le", until))}
        if not chats:
            return []
        runs = [
            one
            for part in parts_of(list(chats))
            for one in uow.runs.select(one_of("conversation_id", part), eq("state", RunState.WAITING))
            if one.order_id is None and lines_of(one.data) and not _reminds(one) and not _ordered_since(uow, one)
        ]
        found: list[Found] = [
            (chats[one.conversation_id or ""], f"{ABANDONED}{one.id}", _basket(one), None) for one in runs
        ]
        recent = Where("created_at", "ge", now - WITHIN)
        for order in uow.orders.select(eq("state", OrderState.DRAFT), recent, order="created_at", limit=MOST):
            chat = chats.get(order.conversation_id or "")
            if chat is not None and order.created_at <= until:
                found.append((chat, f"{ABANDONED}{order.id}", _drafted(uow, order), order.id))
        return found

    def _scheduled(self, uow: UnitOfWork, settings: Mapping[str, Any], now: datetime, day: str) -> list[Found]:
        """Everybody who wrote within a day, or those of them with a tag."""
        chats, tag = self._chats(uow, now), settings.get("tag") or ""
        if tag and chats:
            tagged = {
                one.id
                for part in parts_of([one.customer_id for one in chats])
                for one in uow.customers.select(one_of("id", part))
                if tag in one.tags
            }
            chats = [one for one in chats if one.customer_id in tagged]
        return [(one, f"schedule:{day}:{one.id}", {"trigger": "its time came"}, None) for one in chats]


def parts_of(ids: Sequence[str]) -> list[Sequence[str]]:
    """As many as one condition takes."""
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]


def _reminds(run: Run) -> bool:
    """Whether a run is itself a reminder of a basket, or was led to by one: it holds the basket only to speak of it."""
    return run.trigger_key.startswith((ABANDONED, "from:")) or bool(run.data.get("chain"))


def _ordered_since(uow: UnitOfWork, run: Run) -> bool:
    """Whether the customer ordered otherwise meanwhile."""
    orders = uow.orders.select(
        eq("customer_id", run.customer_id or ""), Where("created_at", "ge", run.created_at), limit=5
    )
    return any(one.state is not OrderState.DRAFT for one in orders)


def _drafted(uow: UnitOfWork, order: Order) -> dict[str, Any]:
    """What a run is told of an order that the shop wrote for a chat."""
    data: dict[str, Any] = {
        "trigger": "an order was begun and not placed", "items": ", ".join(one.title for one in order.lines),
    }  # fmt: skip
    variant = uow.variants.find(id=order.lines[0].variant_id) if order.lines else None
    product = uow.products.find(id=variant.product_id) if variant else None
    if variant is not None and product is not None:
        data |= {
            "product_id": product.id, "product_title": product.title, "variant_id": variant.id,
            "quantity": order.lines[0].quantity,
        }  # fmt: skip
    return data


def _basket(run: Run) -> dict[str, Any]:
    kept = {name: run.data[name] for name in OF_A_BASKET if run.data.get(name)}
    return {**kept, "trigger": "chosen and not ordered"}

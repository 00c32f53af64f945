"""Trying a workflow: a script is played in a closed world in which the draft is live, and the world is read afterwards.

The shop is read once, in one read-only transaction; nothing is written and nobody is called (see
`salespilots.services.rehearsal.world`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from salespilots.domain.conversation import Mode
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.events import Event
from salespilots.domain.run import Run
from salespilots.domain.workflow import Workflow
from salespilots.ports.channel import Inbound
from salespilots.ports.storage import eq
from salespilots.services.automation import shop_lane
from salespilots.services.core import Core
from salespilots.services.messaging.answering import read_message
from salespilots.services.messaging.content import clean
from salespilots.services.rehearsal.report import Answer, Rehearsal
from salespilots.services.rehearsal.script import Happening, Input, Script
from salespilots.services.rehearsal.seed import Base, Live, People, read_base_in, read_people_in, with_draft
from salespilots.services.rehearsal.stage import Stage, happen_in, make_order_in, set_stage
from salespilots.services.rehearsal.telling import (
    chat_in,
    effects_in,
    line_of,
    names_of,
    not_taken,
    strides_in,
    why_not,
)
from salespilots.services.rehearsal.world import Limits, OpenStorage, OutOfTime, World
from salespilots.services.workflows.schemas import load_definition

TOO_LONG = "It took too many steps or too long, and was stopped."
NOBODY = "No live workflow is meant by this."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a rehearsal is of: the shop as it was read, and the workflows that are live in it."""

    base: Base
    people: People
    live: Live
    workflow: Workflow
    definition: Mapping[str, Any]


class DryRuns:
    """Plays scripts."""

    def __init__(self, core: Core, open_storage: OpenStorage) -> None:
        self._core = core
        self._open_storage = open_storage

    def run(self, business_id: str, workflow_id: str, script: Script, *, definition: Any = None) -> Rehearsal:
        """Play a script with a workflow's draft, or with ``definition`` instead of it, in the place of what is live.

        Raises `NotFound`, `InvalidInput` for a definition that could not go live (with the place of each problem), and
        `Conflict` for an event that cannot be made up.
        """
        return self.play(self.prepare(business_id, workflow_id, script, definition=definition), script)

    def prepare(self, business_id: str, workflow_id: str, script: Script, *, definition: Any = None) -> Tried:
        """Read what a rehearsal needs."""
        given = script.assumptions
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            workflow = uow.workflows.get(workflow_id)
            draft = self.checked(workflow, definition)
            base = read_base_in(self._core, uow)
            if not set(given.stock) <= {one.id for one in base.on_sale}:
                raise NotFound("There is no such variant on sale.")
            people = People()
            if given.customer_id is not None:
                uow.customers.get(given.customer_id)
                people = read_people_in(uow, [given.customer_id])
        at = given.at or self._core.clock.now()
        live = with_draft(base.live, workflow, draft, at, only=given.only_this, first=not given.in_order)
        return Tried(base=base, people=people, live=live, workflow=workflow, definition=draft)

    def checked(self, workflow: Workflow, definition: Any) -> dict[str, Any]:
        """The draft, or a definition instead of it. What would only keep it from going live is played all the same: that
        shows what is wrong. Raises `InvalidInput` for what cannot run at all."""
        tried = workflow.draft if definition is None else definition
        loaded = load_definition(tried, self._core, before=workflow.draft)
        if not loaded["steps"]:
            raise InvalidInput({"definition": ["Add at least one step."]})
        return loaded

    def play(self, tried: Tried, script: Script, limits: Limits | None = None) -> Rehearsal:
        """Play a script in a world of its own."""
        given, at = script.assumptions, script.assumptions.at or self._core.clock.now()
        chat = any(isinstance(one, Happening) for one in script.inputs[:1])
        stage = set_stage(self._core, tried.base, tried.people, given, at, chat=chat)
        stock = {one.id: 0 for one in tried.base.on_sale} if given.sold_out else {}
        world = World(
            self._core, self._open_storage(), stage.base, stage.people, tried.live, start=at,
            stock={**stock, **given.stock}, limits=limits,
        )  # fmt: skip
        return _Play(world, stage, tried).of(script)


class _Play:
    """One script in one world."""

    def __init__(self, world: World, stage: Stage, tried: Tried) -> None:
        self._world, self._stage, self._tried = world, stage, tried
        self._names = names_of(world.live)
        self._began: datetime = world.clock.now()
        with world.unit(read_only=True) as uow:
            self._before = {one.id: one for one in uow.customers.select()}
            chat = uow.conversations.find(lane=stage.lane)
        self._since = chat.next_seq if chat else 1

    def of(self, script: Script) -> Rehearsal:
        """Play it and tell."""
        answers: list[Answer] = []
        stopped = ""
        try:
            for number, one in enumerate(script.inputs):
                self._world.pass_to(self._world.clock.now() + one.after)
                answers.append(self._input(number, one))
            self._world.pass_on(silence=script.assumptions.silence)
        except OutOfTime:
            stopped = TOO_LONG
        if not answers:
            answers.append(self._answer(script.inputs[0], None, [], "other", 0.0, TOO_LONG))
        return self._told(answers, stopped)

    def _input(self, number: int, one: Input) -> Answer:
        world, stage = self._world, self._stage
        world.asked = None
        runs, before = self._runs(), len(world.events)
        human = self._mode() is Mode.HUMAN
        if isinstance(one, Happening):
            with world.unit() as uow:
                make_order_in(world.core, uow, stage, one.event)
                uow.commit()
            world.overlook()
            with world.unit() as uow:
                happen_in(world.core, uow, stage, one.event)
                uow.commit()
            world.work(stage.lane, shop_lane(world.business_id))
            return self._answer(one, self._started(runs, ""), world.events[before:], "", 0.0, human=human)
        ref = f"rehearsal-{number + 1}"
        world.receive(
            stage.provider,
            Inbound(
                event_id=ref, account_ref=stage.account_ref, customer_ref=stage.customer_ref,
                kind=one.kind or ("quick_reply" if one.payload else "message"), sent_at=world.clock.now(), message_ref=ref,
                text=clean(one.text), payload=one.payload, customer_name=stage.name,
            ),
        )  # fmt: skip
        with world.unit(read_only=True) as uow:
            message = next(iter(uow.messages.select(eq("provider_ref", ref))), None)
            fact = world.asked
            meant = fact.understanding if fact else None
            meant = meant or read_message(world.core, uow, clean(one.text), one.payload)
        run = self._started(runs, message.id if message else "")
        events = world.events[before:]
        return self._answer(one, run, events, meant.intent, meant.confidence, human=human)

    def _mode(self) -> Mode | None:
        with self._world.unit(read_only=True) as uow:
            chat = uow.conversations.find(lane=self._stage.lane)
        return chat.mode if chat else None

    def _runs(self) -> dict[str, Run]:
        with self._world.unit(read_only=True) as uow:
            return {one.id: one for one in uow.runs.select()}

    def _started(self, before: Mapping[str, Run], message_id: str) -> Run | None:
        """The run that an input began, else the one that it woke."""
        now = self._runs()
        new = [one for id, one in sorted(now.items()) if id not in before]
        if new:
            return new[0]
        woken = [
            one for id, one in sorted(now.items())
            if (message_id and one.message_id == message_id) or (not message_id and one != before[id])
        ]  # fmt: skip
        return woken[0] if woken else None

    def _answer(
        self, one: Input, run: Run | None, events: list[Event], intent: str, confidence: float, reason: str = "", *,
        human: bool = False,
    ) -> Answer:  # fmt: skip
        if run is not None and any(each.ids.get("run_id") == run.id and each.type == "run.started" for each in events):
            reason = str(run.data.get("trigger") or "")
        elif run is not None:
            reason = "It goes on where it waited."
        reason = reason or self._without(events, human=human)
        workflow_id = run.workflow_id if run else None
        fact = self._world.asked
        return Answer(
            input=one.event if isinstance(one, Happening) else one.text or one.payload, workflow_id=workflow_id,
            workflow=self._names.get(workflow_id or ""), intent=intent, confidence=round(confidence, 3), reason=reason,
            others=tuple(why_not(self._world, fact, workflow_id, reason, self._tried.workflow.position)),
        )  # fmt: skip

    def _without(self, events: list[Event], *, human: bool) -> str:
        """Why no workflow answers."""
        for one in events:
            if one.type == "conversation.waiting":
                return f"A person is asked before any workflow: {one.data.get('reason')}."
            if one.type == "customer.changed" and one.data.get("messages"):
                return "The customer said whether they want automatic messages, and that is heeded first."
        if human:
            return "A person answers this chat, so automation is silent."
        if any(one.opted_out for one in self._before.values()):
            return "The customer wants no automatic messages."
        return NOBODY

    def _told(self, answers: list[Answer], stopped: str) -> Rehearsal:
        world, tried = self._world, self._tried
        with world.unit(read_only=True) as uow:
            chat = uow.conversations.find(lane=self._stage.lane)
            lines = [line_of(one) for one in chat_in(uow, chat.id, self._since)] if chat else []
            strides = strides_in(uow)
            effects = effects_in(uow, world.events, self._before)
            tokens = sum(one.cost_tokens for one in uow.steps.select())
        mine = [one for one in strides if one.workflow_id == tried.workflow.id]
        return Rehearsal(
            answers=tuple(answers), messages=tuple(lines), effects=tuple(effects), trace=tuple(strides),
            visited=tuple(dict.fromkeys(one.step_id for one in mine)),
            not_taken=tuple(not_taken(strides, tried.definition, tried.workflow.id)), began_at=self._began,
            ended_at=world.clock.now(), cost_tokens=tokens, stopped=stopped,
        )  # fmt: skip

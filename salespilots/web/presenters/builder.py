"""A workflow as step cards with rails between them: what the builder's template draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from salespilots.domain.workflow import END, HUMAN, Workflow, WorkflowState, steps_by_id
from salespilots.domain.workflow_editing import Spot
from salespilots.domain.workflow_outline import Lane, Node, Outline, outline
from salespilots.domain.workflow_problems import WHEN, Problem
from salespilots.services.workflows.schemas import kinds_of
from salespilots.web.presenters.workflow_words import branch_of, helps, look, parts, plain, step_title

SHOWN_HELP = frozenset({"product.find"})
"""Kinds whose card says what they do; the others' words say it."""

WORDS = ("keywords", "any", "all")
"""Settings of triggers that are shown as words below the sentence."""

MOST_KEYWORDS = 12


class Cards:
    """Draws one workflow. ``ran``: steps that a dry run passed, or None without one; ``untaken``: (step, branch) pairs that
    it passed by."""

    def __init__(
        self,
        workflow: Workflow,
        registry: Any,
        problems: Sequence[Problem],
        *,
        chosen: str = "",
        ran: Collection[str] | None = None,
        untaken: Collection[tuple[str, str]] = (),
    ) -> None:
        self._workflow, self._registry = workflow, registry
        self._problems, self._chosen = problems, chosen
        self._ran, self._untaken = ran, set(untaken)
        self._steps = steps_by_id(workflow.draft)
        self.outline: Outline = outline(workflow.draft, kinds_of(registry))

    def drawn(self) -> SimpleNamespace:
        """``when``: the trigger's card; ``main``: the lane below it; ``loose``: lanes that nothing leads to."""
        return SimpleNamespace(
            when=self._when(), main=self._lane(self.outline.main, 0),
            loose=[self._lane(one, 1) for one in self.outline.loose], add_first=self._add(Spot()),
        )  # fmt: skip

    def title(self, place: str) -> str:
        """How a step, or the trigger, is called."""
        if place == WHEN:
            return str(self._when().plain)
        step = self._steps.get(place)
        return plain(step_title(step, self._registry.actions.find(step["kind"]))[0]) if step else place

    def told(self) -> list[SimpleNamespace]:
        """The list of problems on top, what stops it first."""
        return [
            SimpleNamespace(
                title=self.title(one.place) if one.place else "", text=_capital(_(one.text)), stops=one.stops,
                href=f"#s-{one.place}" if one.place else "",
            )
            for one in self._problems
        ]  # fmt: skip

    def add_last(self) -> str:
        """Where the action bar's button puts a step."""
        return self._add(self.outline.main.last)

    def _add(self, spot: Spot) -> str:
        branch = spot.branch if spot.after else None
        return url_for("builder.add", workflow_id=self._workflow.id, after=spot.after, branch=branch)

    def _mistakes(self, place: str) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(text=_capital(_(one.text)), stops=one.stops)
            for one in self._problems if one.place == place
        ]  # fmt: skip

    def _when(self) -> SimpleNamespace:
        trigger = self._workflow.draft.get("trigger") or {}
        kind = self._registry.triggers.find(trigger.get("kind"))
        settings = trigger.get("settings") or {}
        title = _(kind.sentence(settings)) if kind else str(trigger.get("kind"))
        words = [str(word) for name in WORDS for word in settings.get(name) or []]
        if len(words) > 1 and not settings.get("all") and not settings.get("none") and f"“{words[0]}”" in title:
            title = title.partition("“")[0].strip(" :,") + ":"  # the words stand below
        problems = self._mistakes(WHEN)
        if kind is None:
            problems.insert(0, SimpleNamespace(text=_("This trigger is not installed."), stops=True))
        return SimpleNamespace(
            id=WHEN, href=url_for("builder.trigger", workflow_id=self._workflow.id), look=look("when", None), plain=title,
            title=parts(title), keywords=words[:MOST_KEYWORDS], more=max(0, len(words) - MOST_KEYWORDS), detail="", quote=[],
            problems=problems, number=0, count=self.outline.count, chosen=self._chosen == WHEN, ran=bool(self._ran),
            ways=[], deep=False,
        )  # fmt: skip

    def _lane(self, lane: Lane, depth: int, *, dim: bool = False) -> SimpleNamespace:
        cards = [self._card(one, depth) for one in lane.nodes]
        rails = [self._add(one.behind) if one.behind else "" for one in lane.nodes]
        return SimpleNamespace(
            steps=list(zip(cards, rails, strict=True)), end=self._end(lane), dim=dim,
            add="" if lane.nodes else self._add(lane.spot),
        )  # fmt: skip

    def _end(self, lane: Lane) -> SimpleNamespace | None:
        """What the lane comes to where that is worth a line."""
        if lane.target in (None, END):
            return None
        if lane.target == HUMAN:
            return SimpleNamespace(icon="hand", text=_("Ask a person to answer"), href="")
        target = str(lane.target)
        return SimpleNamespace(
            icon="undo", text=_("Goes on at “%(title)s”", title=self.title(target)), href=f"#s-{target}"
        )

    def _card(self, node: Node, depth: int) -> SimpleNamespace:
        step = node.step
        action = self._registry.actions.find(step["kind"])
        settings = step.get("settings") or {}
        title, quote = step_title(step, action)
        problems = self._mistakes(step["id"])
        if action is None:
            problems.insert(0, SimpleNamespace(text=_("This step is not installed."), stops=True))
        ran = self._ran is not None and step["id"] in self._ran
        replies = [str(one.get("title", "")) for one in settings.get("quick_replies") or [] if isinstance(one, Mapping)]
        return SimpleNamespace(
            id=step["id"], href=url_for("builder.step", workflow_id=self._workflow.id, step_id=step["id"]),
            look=look(step["kind"], action), title=parts(title), plain=title, quote=parts(quote), keywords=replies, more=0,
            detail=helps()[step["kind"]] if step["kind"] in SHOWN_HELP else "", problems=problems, number=node.number,
            count=self.outline.count, chosen=self._chosen == step["id"], ran=ran, deep=depth >= 2,
            ways=[self._way(step, one, depth, ran=ran) for one in node.ways],
        )  # fmt: skip

    def _way(self, step: Mapping[str, Any], lane: Lane, depth: int, *, ran: bool) -> SimpleNamespace:
        label, tone = branch_of(step, lane.spot.branch)
        dim = ran and (step["id"], lane.spot.branch) in self._untaken
        return SimpleNamespace(
            label=label, tone="" if dim else tone, lane=self._lane(lane, depth + 1, dim=dim), dim=dim,
            icon="check" if tone == "ok" else "x" if tone == "bad" else "workflow",
        )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def head(workflow: Workflow, changes: int, problems: Sequence[Problem]) -> SimpleNamespace:
    """The line below the name, and the switch."""
    return SimpleNamespace(
        id=workflow.id, name=workflow.name, live=workflow.state is WorkflowState.LIVE, version=workflow.version_number,
        changes=changes if workflow.live_version_id else 0, stops=sum(one.stops for one in problems),
    )  # fmt: skip

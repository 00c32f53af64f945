"""The rules by which comments are answered: workflows of one shape, as the comments page writes them.

A rule is a workflow like any other: it is listed, switched and logged with them. One whose steps an owner changed
elsewhere is no rule of this shape any more, and is changed there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from salespilots.domain.comment import Comment
from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.workflow import Workflow
from salespilots.ports.storage import Page, eq, one_of
from salespilots.services.core import Core
from salespilots.services.posts import fetch_in
from salespilots.services.workflows.definitions import Workflows

TRIGGER = "comment.received"
VIEWS = ("all", "answered", "skipped", "kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``posts``: all | chosen | next. ``again``: post | day | always. ``texts``: public answers, of which one is taken;
    none: nothing is written below the comment."""

    name: str
    keywords: tuple[str, ...] = ()
    posts: str = "all"
    post_refs: tuple[str, ...] = ()
    live: bool = True
    again: str = "post"
    texts: tuple[str, ...] = ()
    private: str = ""
    products: bool = True
    ask: str = ""

    def definition(self) -> dict[str, Any]:
        """As a workflow."""
        public = {"id": "public", "kind": "comment.reply", "settings": {"texts": list(self.texts)}, "next": "private"}
        settings = {"text": self.private, "products": self.products, "ask": self.ask}
        return {
            "format": 1,
            "trigger": {
                "kind": TRIGGER,
                "settings": {
                    "keywords": list(self.keywords), "posts": self.posts, "post_refs": list(self.post_refs),
                    "live": self.live, "again": self.again,
                },
            },
            "steps": [
                *([public] if self.texts else []),
                {"id": "private", "kind": "comment.private", "settings": settings, "next": "end"},
            ],
        }  # fmt: skip


def rule_of(workflow: Workflow) -> Rule | None:
    """The rule that a workflow is, if it is one."""
    draft = workflow.draft
    trigger, steps = draft.get("trigger") or {}, draft.get("steps") or []
    kinds = [one.get("kind") for one in steps]
    if trigger.get("kind") != TRIGGER or kinds not in (["comment.private"], ["comment.reply", "comment.private"]):
        return None
    when, private = trigger.get("settings") or {}, steps[-1].get("settings") or {}
    return Rule(
        name=workflow.name, keywords=tuple(when.get("keywords") or ()), posts=when.get("posts", "all"),
        post_refs=tuple(when.get("post_refs") or ()), live=when.get("live", True), again=when.get("again", "post"),
        texts=tuple((steps[0].get("settings") or {}).get("texts") or ()) if len(steps) == 2 else (),
        private=private.get("text", ""), products=private.get("products", True), ask=private.get("ask", ""),
    )  # fmt: skip


class CommentRules:
    """Owner's use cases on comments and the rules that answer them."""

    def __init__(self, core: Core, workflows: Workflows) -> None:
        self._core, self._workflows = core, workflows

    def all(self, business_id: str) -> list[Workflow]:
        """Workflows that answer comments, in the order in which they are asked."""
        found = self._workflows.page(business_id, limit=200).items
        return [one for one in found if (one.draft.get("trigger") or {}).get("kind") == TRIGGER]

    def get(self, business_id: str, workflow_id: str) -> tuple[Workflow, Rule]:
        """One rule. Raises `NotFound`, also for a workflow that is none."""
        workflow = self._workflows.get(business_id, workflow_id)
        rule = rule_of(workflow)
        if rule is None:
            raise NotFound("There is no such rule.")
        return workflow, rule

    def save(self, business_id: str, rule: Rule, *, workflow_id: str | None = None, actor: str = "") -> Workflow:
        """Make or change a rule and switch it on. Raises `InvalidInput` by field, `NotFound`."""
        if rule.posts == "chosen" and not rule.post_refs:
            raise InvalidInput({"posts": ["Choose at least one post."]})
        if not rule.private.strip():
            raise InvalidInput({"private": ["Write the private message."]})
        if workflow_id is None:
            saved = self._workflows.create(business_id, rule.name, rule.definition(), actor=actor)
        else:
            self.get(business_id, workflow_id)
            saved = self._workflows.save_draft(business_id, workflow_id, name=rule.name, definition=rule.definition())
        published = self._workflows.publish(business_id, saved.id, actor=actor)
        if rule.posts == "next":
            self._know_what_is_there(business_id)
        return published

    def _know_what_is_there(self, business_id: str) -> None:
        with self._core.storage.unit_of_work(business_id) as uow:
            for one in uow.connections.select(eq("kind", "channel"), eq("enabled", True)):
                provider = self._core.registry.channels.find(one.provider)
                if provider is not None and provider.capabilities.lists_posts:
                    fetch_in(self._core, uow, one.provider)
            uow.commit()

    # --- comments ------------------------------------------------------------------------------------------

    def comments(
        self, business_id: str, *, view: str = "all", post_ref: str = "", cursor: str | None = None, limit: int = 40
    ) -> Page[Comment]:
        """Newest first. ``view`` is one of `VIEWS`."""
        if view not in VIEWS:
            raise InvalidInput({"view": [f"Choose one of {', '.join(VIEWS)}."]})
        where = [] if view == "all" else [eq("state", view)]
        where += [eq("post_ref", post_ref)] if post_ref else []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.comments.page(*where, order="-created_at", cursor=cursor, limit=limit)

    def counts(self, business_id: str) -> dict[str, int]:
        """Comments by their state."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.queries.count_by("comments", "state")

    def states(self, business_id: str, comments: list[Comment]) -> dict[str, list[str]]:
        """Comment reference to the states of what answers it, in order."""
        refs = [one.comment_ref for one in comments if one.conversation_id]
        if not refs:
            return {}
        found: dict[str, list[str]] = {}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            for one in uow.messages.select(one_of("comment_ref", refs), order="created_at", limit=400):
                found.setdefault(one.comment_ref or "", []).append(str(one.state))
        return found

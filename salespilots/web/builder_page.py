"""The builder's page: the cards of a workflow, and beside or over them the panel that is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.workflow import Workflow
from salespilots.plugins.builtin.steps.checking import ANSWER, CHOICES, FIELDS
from salespilots.web.context import here, services
from salespilots.web.lookups import customers
from salespilots.web.pages import page
from salespilots.web.presenters import runs as present_runs
from salespilots.web.presenters.builder import Cards, head
from salespilots.web.presenters.workflow_words import difference
from salespilots.web.settings_form import Offered, Pairs


def builder_page(
    workflow: Workflow,
    panel: SimpleNamespace,
    status: int = 200,
    *,
    chosen: str = "",
    ran: Collection[str] | None = None,
    untaken: Collection[tuple[str, str]] = (),
    **more: Any,
) -> Any:
    """The whole, or one region of it. ``panel.kind`` names the template of the panel; ``chosen``: the step it is about."""
    shop_id = here().shop_id
    problems = services().workflows.problems(shop_id, workflow)
    changes = services().versions.unpublished(shop_id, workflow)
    registry = services().core.registry
    cards = Cards(workflow, registry, problems, chosen=chosen, ran=ran, untaken=untaken)
    return page(
        "workflows/builder.html",
        status,
        workflow=head(workflow, len(changes), problems),
        cards=cards.drawn(),
        problems=cards.told(),
        changes=[difference(one, registry) for one in changes],
        add_href=cards.add_last(),
        panel=panel,
        **more,
    )


def run_rows(runs: list[Any]) -> list[SimpleNamespace]:
    """Lines of the run log."""
    people = customers(here().shop_id, [one.customer_id for one in runs if one.customer_id])
    return [present_runs.run_row(one, people.get(one.customer_id)) for one in runs]


def offered(workflow: Workflow) -> Offered:
    """What this shop has for the fields of a form."""
    shop_id = here().shop_id

    def tags() -> Pairs:
        return [(one, one) for one in services().tags.names(shop_id)]

    def templates() -> Pairs:
        return [(one.name, one.title or one.name) for one in services().templates.all(shop_id)]

    def workflows() -> Pairs:
        others = services().workflows.page(shop_id, limit=100).items
        return [(one.id, one.name) for one in others if one.id != workflow.id]

    def members() -> Pairs:
        return [(one.id, one.name) for one in services().accounts.members(shop_id)]

    def facts() -> Pairs:
        answers = [(f"{ANSWER}{one}", one.replace("_", " ")) for one in kept_names(workflow.draft)]
        known = {key: words[0] for key, words in FIELDS.items()}
        return [*known.items(), *answers]

    def values() -> Pairs:
        known = {key: label for some in CHOICES.values() for key, label in some.items()}
        return [("yes", _("yes")), ("no", _("no")), *known.items(), *tags()]

    return Offered(
        of={"fact_value": values, "tag": tags, "template": templates, "workflow": workflows, "member": members, "fact": facts},
    )  # fmt: skip


def kept_names(definition: Mapping[str, Any]) -> list[str]:
    """What the steps of a definition remember."""
    names: dict[str, None] = {}
    for step in definition.get("steps") or []:
        action = services().core.registry.actions.find(step["kind"])
        if action is not None and action.keeps is not None:
            names.update(dict.fromkeys(action.keeps(step.get("settings") or {})))
    return list(names)

"""Figures."""

from __future__ import annotations

from typing import Any

from salespilots.domain.errors import InvalidInput
from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services

PATH = "stats"
blueprint = Resource("api_stats", __name__, description="Figures")
blueprint.after_request(keep_answer)


@blueprint.get("")
@scope("stats:read")
@blueprint.arguments(schemas.StatsQuery, location="query")
@blueprint.answers(answers.Stats)
def get_stats(query: dict[str, Any]) -> Any:
    """A range by name, or ``from`` and ``to`` (days in India, both included)."""
    first, last = query["from_"], query["to"]
    if (first is None) != (last is None):
        raise InvalidInput({"to" if last is None else "from": ["Give both from and to."]})
    practice = {"include": True, "exclude": False}.get(query["practice"] or "")
    days = (first, last) if first else None
    return shapes.stats(services().dashboard.stats(shop_id(), query["range"], days=days, practice=practice))

"""More: the rest of the app on a phone; and the gallery of parts for development."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.web.context import services
from salespilots.web.filters import now
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.shell import remember_position

blueprint = Blueprint("more", __name__, url_prefix="/app/more")
blueprint.before_request(remember_position)


@blueprint.get("")
@permits(Permission.MEMBER)
def index() -> Any:
    """Links, look, language, sign out."""
    return page("more/index.html")


@blueprint.get("/ui")
@permits(Permission.MEMBER)
def ui_gallery() -> Any:
    """Every part in every state; not in production."""
    if services().core.production:
        raise NotFound("There is no such page.")
    return page("more/ui.html", now=now())

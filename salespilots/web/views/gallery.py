"""The gallery of starters: each shown as a chat of this shop, and taken as a draft with its tests."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.services.workflows.starters import LANGUAGES
from salespilots.web.context import here, services
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import starters as present
from salespilots.web.shell import Shell, remember_position

blueprint = Blueprint("gallery", __name__, url_prefix="/app/workflows/gallery")
blueprint.before_request(remember_position)


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """By goal, in the language that the workflows would speak."""
    shop_id, starters = here().shop_id, services().starters
    language = request.args.get("language", "")
    language = language if language in LANGUAGES else Shell().lang
    previews = starters.previews(shop_id, language)
    return page(
        "gallery/index.html",
        language=language,
        sections=present.sections(
            previews, starters.used(shop_id), language, lambda id: url_for("builder.show", workflow_id=id)
        ),
    )


@blueprint.post("/<starter>/use")
@permits(Permission.CATALOGUE)
def use(starter: str) -> Any:
    """A draft of it, which says nothing to anybody before it is published."""
    language = request.form.get("language", "en")
    made = services().starters.use(
        here().shop_id, starter, language if language in LANGUAGES else "en", actor=here().user.id
    )
    flash(_("A draft with its tests. It answers nobody before you publish it."), "ok")
    return back_to(url_for("builder.show", workflow_id=made.id))

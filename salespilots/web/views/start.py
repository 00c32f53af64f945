"""From sign-up to a paid practice order: the checklist."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.web.context import here, services
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import start as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("start", __name__, url_prefix="/app/start")
blueprint.before_request(remember_position)


@blueprint.get("")
@permits(Permission.MEMBER)
def index() -> Any:
    """Six steps, the next one open."""
    shop_id = here().shop_id
    steps = present.steps(services().shops.onboarding(shop_id))
    done = sum(one.state == "done" for one in steps)
    return page(
        "start/index.html",
        done=done,
        total=len(steps),
        all_done=all(one.state in ("done", "skipped") for one in steps),
        steps=steps,
        product_count=services().catalog.counts(shop_id)["all"],
        workflows_live=services().workflows.live_count(shop_id),
    )


@blueprint.post("/practice")
@permits(Permission.CATALOGUE)
def load_practice() -> Any:
    """Twelve products, and the starter workflows on."""
    added = services().demo.load(here().shop_id, actor=here().user.id)
    flash(ngettext("%(num)d product added", "%(num)d products added", added), "ok")
    return back_to(url_for("start.index"))


@blueprint.post("/workflows")
@permits(Permission.CATALOGUE)
def workflows_on() -> Any:
    """Switch the starters on."""
    services().starters.on(here().shop_id, actor=here().user.id)
    flash(_("The starter workflows are on"), "ok")
    return back_to(url_for("start.index"))


@blueprint.post("/skip")
@permits(Permission.SHOP_ADMIN)
def skip() -> Any:
    """Do it later."""
    try:
        services().shops.skip(here().shop_id, request.form.get("step", "")[:20])
    except InvalidInput as error:
        flash(next(iter(error.fields.values()))[0], "bad")
    return back_to(url_for("start.index"))

"""About: version, health in plain words, and what waits for the owner's decision."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, request, url_for
from flask_babel import gettext as _

from salespilots import __version__
from salespilots.doctor import diagnose
from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict
from salespilots.services.stuck import Doubted
from salespilots.web.context import here, services
from salespilots.web.lookups import channel_label, provider_label
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import stuck as present
from salespilots.web.presenters.thread import Leaving
from salespilots.web.shell import remember_position

blueprint = Blueprint("about", __name__, url_prefix="/app/settings/about")
blueprint.before_request(remember_position)

MOST = 50
"""Of each kind on the page; the rest comes when these are decided."""


@blueprint.get("")
@permits(Permission.SHOP_ADMIN)
def index() -> Any:
    """Each region is worked out only when it is asked for."""
    parts: dict[str, Callable[[], dict[str, Any]]] = {"health": _health, "decisions": _decisions}
    wanted = request.headers.get("X-Partial", "")
    context: dict[str, Any] = {}
    for name, build in parts.items():
        if wanted in ("", name):
            context |= build()
    facts = [
        {"label": _("Version"), "value": __version__},
        {"label": _("Python"), "value": platform.python_version()},
        {"label": _("Licence"), "value": "Apache-2.0"},
    ]
    return page("settings/about.html", version=__version__, facts=facts, **context)


def _health() -> dict[str, Any]:
    checks = diagnose(current_app.extensions["salespilots.application"], shop_id=here().shop_id)
    return {
        "health": present.health(services().stuck.figures(here().shop_id)),
        "checks": [{"label": one.name, "ok": one.ok, "detail": one.detail} for one in checks],
    }


def _decisions() -> dict[str, Any]:
    stuck, shop_id = services().stuck, here().shop_id
    events = [
        present.given_up(one, provider_label(one.row.port, one.row.provider)) for one in stuck.given_up(shop_id, MOST)
    ]
    leave = request.args.get("leave", "")
    return {
        "given_up": events,
        "doubted": [_doubted(one) for one in stuck.doubted(shop_id, MOST)],
        "leave": next((one for one in events if one.id == leave), None),
    }


def _doubted(one: Doubted) -> Any:
    right = services().conversations.allows(one.conversation).right
    label = channel_label(one.conversation.provider)
    return present.doubted(one, Leaving.of(one.conversation, one.customer, label, right=right))


@blueprint.post("/<stuck_id>/retry")
@permits(Permission.SHOP_ADMIN)
def retry(stuck_id: str) -> Any:
    """Handle an event again, or send a message again."""
    try:
        done = services().stuck.retry(stuck_id, actor=here().user.id, business_id=here().shop_id)
    except Conflict as refused:
        flash(_(refused.message), "bad")
        return back_to(url_for("about.index", _anchor="decide"))
    is_message = stuck_id.startswith("msg_")
    return _decided(done, _("It is sent again") if is_message else _("It is handled again"))


@blueprint.post("/<stuck_id>/discard")
@permits(Permission.SHOP_ADMIN)
def discard(stuck_id: str) -> Any:
    """Leave an event for good, or take a message as arrived."""
    done = services().stuck.discard(stuck_id, actor=here().user.id, business_id=here().shop_id)
    return _decided(done, _("Noted: it arrived") if stuck_id.startswith("msg_") else _("It is left for good"))


def _decided(done: bool, said: str) -> Any:
    flash(said if done else _("That was decided already"), "ok")
    return back_to(url_for("about.index", _anchor="decide"))

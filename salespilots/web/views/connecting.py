"""Signing in at a channel, and what its chats offer before anything is said."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.ports.channel_account import SignInRefused
from salespilots.ports.errors import NotConnected, PluginError, PortError
from salespilots.services.connecting.signing_in import Asking, Finished
from salespilots.web.context import here, services
from salespilots.web.forms import first_messages
from salespilots.web.lookups import live_products
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import menus as present

log = structlog.get_logger(__name__)
blueprint = Blueprint("connecting", __name__, url_prefix="/app/settings/integrations")

AWAY = "The provider did not answer as it should, so nothing was changed. Try again in a minute."


def _me() -> Asking:
    return Asking(business_id=here().shop_id, user_id=here().user.id, session_id=here().session_id)


def _provider(key: str) -> Any:
    found = services().core.registry.shelf_of(key)
    if found is None:
        raise NotFound(_("There is no such connection."))
    return found[1]


@blueprint.get("/<key>/sign-in")
@permits(Permission.SHOP_ADMIN)
def sign_in(key: str) -> BaseResponse:
    """To the provider's own page. A link, not a form: the page's rules let a form lead to this site only."""
    _provider(key)
    answer = redirect(services().signing_in.start(_me(), key), code=303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<key>/return")
@permits(Permission.SHOP_ADMIN)
def back(key: str) -> Any:
    """From the provider's page, with a code or without."""
    provider = _provider(key)
    query = {name: values[0][:3000] for name, values in request.args.lists()}
    try:
        finished = services().signing_in.finish(_me(), key, query)
    except SignInRefused as error:
        log.info("sign_in.refused", provider=key, reason=error.reason)
        return _nothing(provider, 400, _(error.message), error.reason)
    except Conflict as error:
        return _nothing(provider, 409, error.message, "other_shop")
    except (PortError, PluginError) as error:
        log.warning("sign_in.provider", provider=key, code=error.code)
        return _nothing(provider, 502, _(AWAY), "provider")
    if finished.question:
        return _no_store(redirect(url_for("connecting.switch", key=key), code=303))
    _say(finished)
    return _no_store(redirect(url_for("settings.integration", key=key), code=303))


def _nothing(provider: Any, status: int, text: str, reason: str) -> Response:
    """Nothing was stored, and why."""
    denied = reason == "denied"
    title = _("Not connected") if denied else _("Signing in did not work")
    again = services().signing_in.available(provider.key)
    answer = page(
        "settings/sign_in_failed.html", status, provider=provider.label, key=provider.key, title=title, text=text,
        tone="info" if denied else "bad", again=again,
    )  # fmt: skip
    return _no_store(answer)


def _no_store(answer: Any) -> Any:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _say(finished: Finished) -> None:
    health = finished.look.health if finished.look else None
    if health is None or health.ok:
        flash(_("Connected as %(name)s", name=finished.account_name), "ok")
    else:
        flash(_("Connected as %(name)s, and something needs a look", name=finished.account_name), "bad")


@blueprint.get("/<key>/switch")
@permits(Permission.SHOP_ADMIN)
def switch(key: str) -> Any:
    """Another account than before: shall it replace that?"""
    provider = _provider(key)
    asked = services().signing_in.question(_me(), key)
    if asked is None:
        return back_to(url_for("settings.integration", key=key))
    return page("settings/sign_in_other.html", provider=provider.label, key=key, new=asked[0], old=asked[1])


@blueprint.post("/<key>/switch")
@permits(Permission.SHOP_ADMIN)
def switch_post(key: str) -> Any:
    """Yes or no."""
    provider = _provider(key)
    try:
        finished = services().signing_in.answer(_me(), key, switch=request.form.get("answer") == "switch")
    except SignInRefused as error:
        return _nothing(provider, 400, _(error.message), error.reason)
    except Conflict as error:
        return _nothing(provider, 409, error.message, "other_shop")
    if finished is None:
        flash(_("Left as it was"), "ok")
    else:
        _say(finished)
    return back_to(url_for("settings.integration", key=key))


# --- questions and menu --------------------------------------------------------------------------------------


def _menu(key: str, status: int = 200, rows: present.Rows | None = None, errors: dict[str, str] | None = None) -> Any:
    provider = _provider(key)
    offered = services().menus.offered(here().shop_id, key)
    rows = rows or present.rows_of(offered)
    products = live_products(here().shop_id)
    return page(
        "settings/menu.html", status, provider=provider.label, key=key, offered=offered, rows=rows,
        does=present.does(), products=[("", _("Choose")), *products], errors=errors or {},
        shown=present.shown(offered, dict(products)), preview=present.preview(rows),
        account=here().shop.name,
    )  # fmt: skip


@blueprint.get("/<key>/menu")
@permits(Permission.SHOP_ADMIN)
def menu(key: str) -> Any:
    """What is written here and what the channel shows."""
    return _menu(key)


@blueprint.post("/<key>/menu")
@permits(Permission.SHOP_ADMIN)
def menu_post(key: str) -> Any:
    """Show it there, or take it away."""
    _provider(key)
    offered = services().menus.offered(here().shop_id, key)
    remove = request.form.get("act") == "remove"
    rows = present.read_rows(request.form, offered.limits)
    questions, entries = ([], []) if remove else present.offers(rows)
    try:
        after = services().menus.show(here().shop_id, key, questions, entries)
    except InvalidInput as error:
        return _menu(key, 422, rows, present.placed(first_messages(error.fields), rows))
    except (NotConnected, PluginError) as error:
        return _menu(key, 409, rows, {"question_1": error.message})
    if after.trouble:
        flash(_("Saved here, and not shown there"), "bad")
    else:
        flash(_("Taken away") if remove else _("Shown in chats now"), "ok")
    return back_to(url_for("connecting.menu", key=key))


@blueprint.post("/<key>/menu/read")
@permits(Permission.SHOP_ADMIN)
def menu_read(key: str) -> Any:
    """Ask the channel what it shows."""
    _provider(key)
    try:
        services().menus.read_back(here().shop_id, key)
    except (NotConnected, PluginError, PortError) as error:
        flash(getattr(error, "user_action", None) or _("It could not be asked at the moment."), "bad")
    else:
        flash(_("Read just now"), "ok")
    return back_to(url_for("connecting.menu", key=key))

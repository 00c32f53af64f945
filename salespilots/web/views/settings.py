"""Settings: shop, connections rendered from the plugins' own schemas, API keys."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from marshmallow import ValidationError, validate

from salespilots.domain.business import Connection, Permission
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.gst import STATES, check_gstin, check_prefix, state_of_gstin
from salespilots.domain.money import rupees
from salespilots.services.api_keys import RESOURCES
from salespilots.web.context import here, services
from salespilots.web.fields import Count, Line, Rupees, Text
from salespilots.web.forms import Form, Phone, first_messages, read
from salespilots.web.lookups import channel_label
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import connections as present
from salespilots.web.presenters import sendings as present_sendings

blueprint = Blueprint("settings", __name__, url_prefix="/app/settings")


class Gstin(Line):
    """Upper-cased and checked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return check_gstin(text) if text else ""
        except ValueError as error:
            raise ValidationError(_(str(error))) from None


class Prefix(Line):
    """What document numbers start with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return check_prefix(text) if text else ""
        except ValueError as error:
            raise ValidationError(_(str(error))) from None


class BusinessForm(Form):
    """The shop."""

    name = Line(required=True, longest=80, validate=validate.Length(min=2))
    phone = Phone(load_default="", longest=20)
    address = Text(load_default="", longest=400)
    legal_name = Line(load_default="", longest=120)
    gstin = Gstin(load_default="", longest=20)
    state = Line(load_default="", longest=60, validate=validate.OneOf(["", *STATES.values()], error="Choose a state."))
    composition = Line(load_default="", longest=5)
    invoice_prefix = Prefix(load_default="", longest=12)
    delivery_charge = Rupees(load_default=None, most=10_000_000)
    free_delivery_above = Rupees(load_default=None)
    order_prefix = Line(
        required=True, longest=6, validate=validate.Regexp(r"^[A-Za-z0-9]{1,6}$", error="Letters and digits only.")
    )
    reserve_minutes = Count(required=True, least=5, most=10080)
    return_policy = Text(load_default="", longest=2000)


@blueprint.get("")
@permits(Permission.SHOP_ADMIN)
def index() -> Any:
    """The list of groups."""
    return page("settings/index.html")


@blueprint.get("/business")
@permits(Permission.SHOP_ADMIN)
def business() -> Any:
    """The form."""
    shop = here().shop
    values = {
        "name": shop.name, "phone": shop.phone or "", "address": shop.address or "", "gstin": shop.gstin or "",
        "delivery_charge": _plain(shop.shipping_paise), "free_delivery_above": _plain(shop.free_shipping_from_paise),
        "order_prefix": shop.order_prefix, "reserve_minutes": shop.reserve_minutes,
        "return_policy": shop.return_policy or "", "legal_name": shop.legal_name or "", "state": shop.state,
        "composition": shop.composition, "invoice_prefix": shop.invoice_prefix,
    }  # fmt: skip
    return page("settings/business.html", values=values, errors={}, states=_states())


def _states() -> list[tuple[str, str]]:
    return [("", _("Choose")), *((name, name) for name in sorted(STATES.values()))]


def _plain(paise: int | None) -> str:
    return "" if paise is None else rupees(paise).removeprefix("₹")


@blueprint.post("/business")
@permits(Permission.SHOP_ADMIN)
def business_post() -> Any:
    """Save."""
    values, errors = read(BusinessForm, request.form)
    if errors:
        return page("settings/business.html", 422, values=request.form.to_dict(), errors=errors, states=_states())
    services().shops.update(
        here().shop_id,
        {
            "name": values["name"],
            "phone": values["phone"] or None,
            "address": values["address"] or None,
            "gstin": values["gstin"] or None,
            "legal_name": values["legal_name"] or None,
            "state": state_of_gstin(values["gstin"]) or values["state"],
            "composition": bool(values["composition"]),
            "invoice_prefix": values["invoice_prefix"] or here().shop.invoice_prefix,
            "shipping_paise": values["delivery_charge"] or 0,
            "free_shipping_from_paise": values["free_delivery_above"],
            "order_prefix": values["order_prefix"].upper(),
            "reserve_minutes": values["reserve_minutes"],
            "return_policy": values["return_policy"] or None,
        },
    )
    flash(_("Saved"), "ok")
    return back_to(url_for("settings.business"))


# --- connections ---------------------------------------------------------------------------------------------


@blueprint.get("/integrations")
@permits(Permission.SHOP_ADMIN)
def integrations() -> Any:
    """Every installed provider with its health."""
    stored = services().connections.all(here().shop_id)
    return page("settings/integrations.html", groups=present.groups(services().core.registry, stored, here().shop))


def _provider(key: str) -> tuple[str, Any]:
    found = services().core.registry.shelf_of(key)
    if found is None:
        raise NotFound(_("There is no such connection."))
    return found


def _detail(
    key: str, status: int = 200, given: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Any:
    kind, provider = _provider(key)
    connection = services().connections.find(here().shop_id, key)
    return page(
        "settings/integration.html",
        status,
        plugin=present.plugin(services(), kind, provider, connection, here().shop),
        fields=present.fields(provider, connection, given or {}, errors or {}),
        errors=errors or {},
        queue=present_sendings.queue(
            [one for one in services().sendings.waiting(here().shop_id) if one.provider == key], channel_label
        ),
        reading=_reading(key, connection),
    )


def _reading(key: str, connection: Connection | None) -> Any:
    """How reading recent chats back stands, where the channel can."""
    found = services().core.registry.channels.find(key)
    if connection is None or not connection.enabled or found is None or not found.capabilities.reads_recent:
        return None
    return present.reading(services().backfill.state(here().shop_id, key))


@blueprint.get("/integrations/<key>")
@permits(Permission.SHOP_ADMIN)
def integration(key: str) -> Any:
    """One provider with its form."""
    return _detail(key)


@blueprint.post("/integrations/<key>")
@permits(Permission.SHOP_ADMIN)
def integration_post(key: str) -> Any:
    """Store its settings."""
    _kind, provider = _provider(key)
    names = provider.settings().fields
    given = {name: request.form.get(name, "").strip()[:4000] for name in names if name in request.form}
    try:
        if names:
            services().connections.connect(here().shop_id, key, present.typed(provider, given))
        if request.form.get("use_as_default"):
            services().connections.make_default(here().shop_id, key)
    except InvalidInput as error:
        shown = {name: value for name, value in given.items() if name not in present.secret_names(provider)}
        return _detail(key, 422, shown, first_messages(error.fields))
    except Conflict as error:
        account = getattr(provider, "account_field", None) or next(iter(names), "")
        return _detail(key, 409, given, {account: error.message})
    flash(_("Saved. Test the connection next."), "ok")
    return back_to(url_for("settings.integration", key=key))


@blueprint.post("/integrations/<key>/test")
@permits(Permission.SHOP_ADMIN)
def integration_test(key: str) -> Any:
    """Ask the provider."""
    _provider(key)
    health = services().looks.look(here().shop_id, key, subscribe=True).health
    flash(health.detail, "ok" if health.ok else "bad")
    return back_to(url_for("settings.integration", key=key))


@blueprint.post("/integrations/<key>/read-back")
@permits(Permission.SHOP_ADMIN)
def integration_read_back(key: str) -> Any:
    """Read its recent chats again."""
    _provider(key)
    services().backfill.start(here().shop_id, key)
    flash(_("Recent chats are being read. New ones appear in the inbox."), "ok")
    return back_to(url_for("settings.integration", key=key))


@blueprint.post("/integrations/<key>/off")
@permits(Permission.SHOP_ADMIN)
def integration_off(key: str) -> Any:
    """Forget its settings."""
    services().looks.disconnect(here().shop_id, key)
    flash(_("Disconnected"), "ok")
    return back_to(url_for("settings.integrations"))


# --- API keys ------------------------------------------------------------------------------------------------


class KeyForm(Form):
    """What a key is for."""

    name = Line(required=True, longest=60)


def _scopes() -> list[tuple[str, str]]:
    labels = {
        "products": _("products and stock"), "templates": _("templates"), "tags": _("tags"), "imports": _("imports of products"), "waiting": _("the waiting list"),
        "customers": _("customers"), "conversations": _("chats"),
        "messages": _("messages"), "orders": _("orders"), "payments": _("payments"), "workflows": _("workflows"),
        "stats": _("figures"), "events": _("the event log"),
    }  # fmt: skip
    rows = []
    for resource in RESOURCES:
        rows.append((f"{resource}:read", _("Read %(what)s", what=labels[resource])))
        if resource not in ("stats", "events", "payments"):
            rows.append((f"{resource}:write", _("Change %(what)s", what=labels[resource])))
    return rows


def _keys(status: int = 200, new_key: str | None = None, values: Any = None, errors: Any = None) -> Any:
    keys = [
        {
            "id": one.id, "name": one.name, "prefix": one.hint.rstrip("…"), "created_at": one.created_at,
            "last_used_at": one.last_used_at, "scopes": one.scopes or [_("everything")],
        }
        for one in services().api_keys.all(here().shop_id)
    ]  # fmt: skip
    response = page("settings/api_keys.html", status, keys=keys, new_key=new_key, values=values or {}, errors=errors or {},
                    scopes=_scopes())  # fmt: skip
    if new_key:
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/api-keys")
@permits(Permission.SHOP_ADMIN)
def api_keys() -> Any:
    """The list and the form."""
    return _keys()


@blueprint.post("/api-keys")
@permits(Permission.SHOP_ADMIN)
def api_keys_post() -> Any:
    """Make a key; its text is shown on this answer only."""
    values, errors = read(KeyForm, request.form)
    chosen = request.form.getlist("scope")[:40]
    if errors:
        return _keys(422, values={"name": request.form.get("name", ""), "scopes": chosen}, errors=errors)
    try:
        _key, text = services().api_keys.add(here().shop_id, name=values["name"], scopes=chosen)
    except InvalidInput as error:
        return _keys(422, values={"name": values["name"], "scopes": chosen}, errors=first_messages(error.fields))
    return _keys(new_key=text)


@blueprint.post("/api-keys/<key_id>/revoke")
@permits(Permission.SHOP_ADMIN)
def api_key_revoke(key_id: str) -> Any:
    """End a key."""
    services().api_keys.revoke(here().shop_id, key_id)
    flash(_("Key revoked"), "ok")
    return back_to(url_for("settings.api_keys"))

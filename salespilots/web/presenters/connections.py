"""Providers as the connections pages show them: forms made from the plugins' own schemas."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import fields as mm
from marshmallow import validate

from salespilots.domain.business import Business, Connection
from salespilots.ports.settings import Secret
from salespilots.services.connecting import told
from salespilots.services.connections import ALWAYS_THERE, tests_only
from salespilots.services.container import Services
from salespilots.web.filters import ago, now

ICONS = {"channel": "camera", "payments": "rupee", "ai": "bolt", "shipping": "truck"}
PROVIDER_ICONS = {"practice": "flask", "instagram": "instagram", "cod": "rupee", "upi": "rupee"}


def secret_names(provider: Any) -> set[str]:
    """Fields that are never shown again."""
    return {name for name, one in provider.settings().fields.items() if isinstance(one, Secret)}


def status_of(provider: Any, connection: Connection | None) -> str:
    """The pill of a provider."""
    if provider.key in ("practice", "manual", "rules"):
        return "working"
    if connection is None or not (connection.enabled or connection.state == "attention"):
        return "off"
    if connection.state != "attention" and told.expiring(connection, now()) is not None:
        return "attention"
    if connection.state != "attention" and tests_only(provider, connection):
        return "test"
    return {"working": "working", "attention": "attention"}.get(connection.state, "saved")


def note(provider: Any, connection: Connection | None) -> str:
    """What is so, in one sentence."""
    if connection is None:
        return ""
    if connection.state != "attention" and tests_only(provider, connection):
        return _("These are test keys: links work and no real money moves.")
    left = told.expiring(connection, now())
    if connection.state != "attention" and left is not None:
        return ending(left)
    if connection.state == "attention":
        return connection.last_error or _("Needs a look.")
    name = connection.values.get("username") if connection.kind == "channel" else None
    if connection.state == "working":
        return _("Connected as %(name)s", name=f"@{name}") if name else _("Works")
    return _("Saved, not tested yet")


def _is_default(kind: str, provider: Any, shop: Business) -> bool:
    return (kind == "payments" and shop.default_payments == provider.key) or (
        kind == "ai" and shop.default_ai == provider.key
    )


def reading(state: Mapping[str, Any]) -> SimpleNamespace:
    """How reading recent chats back stands, in a sentence."""
    if state["running"]:
        return SimpleNamespace(text=_("They are being read."), tone="info", running=True)
    if state["done_at"] is None:
        why = _("They could not be read yet.") if state["error"] else _("They were not read yet.")
        return SimpleNamespace(text=why, tone="warn" if state["error"] else "", running=False)
    new = ngettext("%(num)d message was new.", "%(num)d messages were new.", int(state["new"]))
    gone = int(state["missing"])
    more = " " + ngettext("%(num)d is not shown any more.", "%(num)d are not shown any more.", gone) if gone else ""
    text = _("Read %(when)s. %(new)s", when=ago(state["done_at"]), new=new) + more
    return SimpleNamespace(text=text, tone="ok", running=False)


def groups(registry: Any, stored: dict[str, Connection], shop: Business) -> list[dict[str, Any]]:
    """Channels, payments, AI and shipping; the practice parts first."""
    labels = {"channel": _("Where customers write"), "payments": _("How they pay"), "ai": _("Who writes the replies"),
              "shipping": _("How it ships")}  # fmt: skip
    shown = []
    for kind, shelf in registry.connectable():
        seen: set[str] = set()
        items = []
        for one in sorted(shelf.all(), key=lambda one: one.key != "practice"):
            if one.key in seen:
                continue
            seen.add(one.key)
            items.append(
                {
                    "key": one.key, "name": one.label, "text": one.summary, "icon": PROVIDER_ICONS.get(one.key, ICONS[kind]),
                    "status": status_of(one, stored.get(one.key)), "note": note(one, stored.get(one.key)),
                    "is_default": _is_default(kind, one, shop),
                }
            )  # fmt: skip
        shown.append({"label": labels[kind], "items": items})
    return shown


def plugin(
    services: Services, kind: str, provider: Any, connection: Connection | None, shop: Business
) -> dict[str, Any]:
    """One provider's page."""
    connected = connection is not None and connection.enabled
    can_sign_in = getattr(provider, "login", None) is not None and services.signing_in.available(provider.key)
    webhook = None
    instance = getattr(provider, "instance_settings", None)
    if connection is not None and connection.endpoint_token:
        events = ", ".join(getattr(provider, "webhook_events", ()))
        webhook = {
            "url": services.connections.webhook_url(connection), "verify_token": None,
            "note": _("Put this address and your webhook secret at the provider. Tick: %(events)s.", events=events),
        }  # fmt: skip
    elif kind == "channel" and instance is not None and provider.webhooks is not None:
        webhook = {
            "url": f"{services.core.base_url}/webhooks/channel/{provider.key}", "verify_token": None,
            "note": _("The operator puts this address and the verify token at the provider, once for all shops."),
        }  # fmt: skip
    return {
        "key": provider.key, "name": provider.label, "text": provider.summary, "kind": kind,
        "icon": PROVIDER_ICONS.get(provider.key, ICONS[kind]), "status": status_of(provider, connection),
        "note": note(provider, connection),
        "problem": connection.last_error if connection and connection.state == "attention" else None,
        "can_leave": connection is not None, "sign_in_helps": _sign_in_helps(connection),
        "on": connected or provider.key in ALWAYS_THERE, "is_default": _is_default(kind, provider, shop),
        "can_default": kind in ("payments", "ai") and (connected or provider.key in ALWAYS_THERE),
        "guide": guide(provider, can_sign_in) if connection is None else [], "webhook": webhook,
        "checks": checks(connection), "checked_at": told.when(told.part(connection, "checks").get("at")),
        "connect_url": url_for("connecting.sign_in", key=provider.key) if can_sign_in else None,
        "menu_url": url_for("connecting.menu", key=provider.key) if connected and menu_of(provider) else None,
        "back": url_for("settings.integrations"),
    }  # fmt: skip


def menu_of(provider: Any) -> Any:
    """How much of a menu the provider's chats show; None where they have none."""
    return getattr(getattr(provider, "capabilities", None), "menu", None)


def ending(days: int) -> str:
    """An access that could not be made new and ends soon."""
    if days == 0:
        return _("The access ends today or tomorrow. Sign in again, so that no answer waits.")
    said = "The access ends in %(num)d day. Sign in again, so that no answer waits."
    return ngettext(said, "The access ends in %(num)d days. Sign in again, so that no answer waits.", days)


def guide(provider: Any, can_sign_in: bool) -> list[str]:
    """What an owner does to connect, where there is more to it than a form."""
    if getattr(provider, "login", None) is None:
        return []
    if not can_sign_in:
        return [
            _("Signing in with one tap needs the operator's app at Meta; it is not set up here."),
            _("Until then: put the account id and an access token from Meta's dashboard into the form below."),
        ]
    return [
        _("Use a professional account: in the Instagram app open Settings, Account type and tools."),
        _("Allow it on the phone: Settings, Messages, Connected tools, Allow access to messages."),
        _("Sign in at Instagram and leave every permission switched on."),
    ]


def _sign_in_helps(connection: Connection | None) -> bool:
    """Whether what is wrong is the access itself."""
    if connection is None or not connection.enabled:
        return connection is not None
    if told.expiring(connection, now()) is not None:
        return True
    bad = [one.key.partition(".")[0] for one in told.checks_in(connection.facts) if one.state == "problem"]
    return bool(connection.state == "attention" and ({"token", "permission", "expiry"} & set(bad) or not bad))


CHECK_TONES = {"ok": ("check", "ok"), "warning": ("alert", "warn"), "problem": ("x", "bad"), "unknown": ("help", "")}


def checks(connection: Connection | None) -> list[dict[str, Any]] | None:
    """The lines of the last look; None before the first."""
    words = {"ok": _("Good"), "warning": _("Needs a look"), "problem": _("Does not work"), "unknown": _("Not known")}
    found = told.checks_in(connection.facts) if connection is not None else []
    return [
        {
            "label": one.label, "detail": one.sentence, "action": one.action if one.state != "ok" else "",
            "icon": CHECK_TONES[one.state][0], "tone": CHECK_TONES[one.state][1], "word": words[one.state],
        }
        for one in found
    ] or None  # fmt: skip


def fields(
    provider: Any, connection: Connection | None, given: dict[str, str], errors: dict[str, str]
) -> list[dict[str, Any]]:
    """The form, field by field."""
    stored = connection.values if connection else {}
    shown = []
    for name, one in provider.settings().fields.items():
        secret = isinstance(one, Secret)
        options = next((rule.choices for rule in _rules(one) if isinstance(rule, validate.OneOf)), None)
        value = "" if secret else given.get(name, stored.get(name))
        is_set = secret and connection is not None and name in connection.secrets_set
        shown.append(
            {
                "name": name,
                "label": one.metadata.get("label", name.replace("_", " ").capitalize()),
                "help": one.metadata.get("help", ""),
                "secret": secret,
                "choices": [(str(option), str(option)) for option in options] if options else None,
                "advanced": bool(one.metadata.get("advanced")),
                "value": "" if value is None else value,
                "is_set": is_set,
                "set_on": connection.updated_at if is_set and connection else None,
                "error": errors.get(name),
                "required": one.required and not is_set,
                "kind": "bool" if isinstance(one, mm.Boolean) else "number" if isinstance(one, mm.Integer) else "text",
            }
        )
    return shown


def typed(provider: Any, given: dict[str, str]) -> dict[str, Any]:
    """Form text as the schema takes it: blanks of optional fields are left out by the service."""
    values: dict[str, Any] = dict(given)
    for name, one in provider.settings().fields.items():
        if isinstance(one, mm.Boolean):
            values[name] = given.get(name) in ("1", "on", "true")
    return values


def _rules(one: mm.Field) -> list[Any]:
    return list(one.validators or [])

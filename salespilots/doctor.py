"""Checking everything that can be checked, and saying what to do."""

from __future__ import annotations

from dataclasses import dataclass

from salespilots.bootstrap import Application
from salespilots.domain.errors import SalesPilotsError
from salespilots.services.connections import ALWAYS_THERE


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. ``detail`` says what is so, or what to do."""

    name: str
    ok: bool
    detail: str


def diagnose(application: Application, *, shop_id: str | None = None, network: bool = False) -> list[Check]:
    """Database, schema, keys, plugins, backlog, and the connections of one shop or of all.

    ``network`` True also asks each connected provider; otherwise their last known state is shown.
    """
    checks = _storage(application)
    if not all(one.ok for one in checks):
        return checks
    config, services = application.config, application.services
    checks.append(_queue(application))
    checks.append(Check("Secret key", True, f"{len(config.secret_keys)} key(s); keep a copy apart from the data."))
    problems = application.registry.problems
    if problems:
        checks += [Check(f"Plugin {name}", False, problem) for name, problem in problems.items()]
    else:
        names = [name for name, plugin in application.manager.list_name_plugin() if plugin]
        checks.append(Check("Plugins", True, f"{len(names)} loaded"))
    backlog = services.maintenance.backlog()
    late = backlog["oldest_seconds"] > 60
    checks.append(
        Check(
            "Worker",
            not late,
            f"An event waits for {backlog['oldest_seconds']:.0f} s: start `salespilots work`."
            if late
            else f"{backlog['inbox_new']:.0f} events and {backlog['outbox_queued']:.0f} messages wait",
        )
    )
    if backlog["inbox_dead"]:
        checks.append(Check("Parked events", False, f"{backlog['inbox_dead']:.0f} events could not be handled."))
    shops = [services.shops.get(shop_id)] if shop_id else services.shops.all()
    for shop in shops:
        prefix = "" if shop_id else f"{shop.slug}: "
        for key, connection in sorted(services.connections.all(shop.id).items()):
            found = application.registry.shelf_of(key)
            label = found[1].label if found else key
            if key in ALWAYS_THERE:
                continue
            if network and found:
                health = services.connections.test(shop.id, key)
                checks.append(Check(prefix + label, health.ok, health.detail))
            else:
                broken = connection.state == "attention"
                checks.append(Check(prefix + label, not broken, connection.last_error or connection.state))
    checks += [*_instagram(application), _last_webhook(application, shop_id)]
    if config.base_url.startswith("http://") and not any(
        host in config.base_url for host in ("127.0.0.1", "localhost")
    ):
        checks.append(Check("Public address", False, "Use https: providers and phones refuse plain http."))
    return checks


def _storage(application: Application) -> list[Check]:
    try:
        text = application.storage.check()
    except SalesPilotsError as error:
        return [Check("Database", False, f"SALESPILOTS_DATABASE_URL: {error.message}")]
    outdated = text.startswith("outdated")
    return [
        Check("Database", True, "answers" if outdated else text),
        Check("Migrations", not outdated, text if outdated else "up to date"),
    ]


def _last_webhook(application: Application, shop_id: str | None) -> Check:
    newest = application.services.maintenance.last_webhooks(shop_id)
    now = application.services.core.clock.now()
    told = [f"{provider} {_ago((now - at).total_seconds())}" for provider, at in sorted(newest.items())]
    return Check("Last webhook", True, ", ".join(told) or "none yet")


def _ago(seconds: float) -> str:
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word} ago"
    return f"{max(0, seconds):.0f} seconds ago"


def _queue(application: Application) -> Check:
    from salespilots.queueing import check_queue

    try:
        return Check("Queue", True, check_queue(application.config))
    except Exception as error:
        return Check("Queue", False, f"does not answer ({type(error).__name__}); work goes on by the sweeper, slower")


def _instagram(application: Application) -> list[Check]:
    provider = application.registry.channels.find("instagram")
    if provider is None:
        return []
    try:
        values = application.services.connections.instance_settings(provider)
    except SalesPilotsError as error:
        return [Check("Instagram app", False, error.message)]
    missing = [name for name in ("app_secret", "verify_token") if not values.get(name)]
    if not missing:
        return [Check("Instagram app", True, "App secret and verify token are set")]
    names = " and ".join(f"SALESPILOTS_INSTAGRAM_{name.upper()}" for name in missing)
    return [Check("Instagram app", True, f"Not set up: webhooks are refused until {names} is set")]

"""Checking everything that can be checked, and saying what to do."""

from __future__ import annotations

from dataclasses import dataclass

from salespilots.bootstrap import Application
from salespilots.domain.errors import SalesPilotsError
from salespilots.services.connections import ALWAYS_THERE
from salespilots.services.stuck import Figures

LATE_SECONDS = 60.0
"""A worker looks every five seconds, and what is due is done at once: more than this is trouble."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. ``detail`` says what is so, or what to do."""

    name: str
    ok: bool
    detail: str


def diagnose(application: Application, *, shop_id: str | None = None, network: bool = False) -> list[Check]:
    """Database, schema, keys, plugins, and the connections of one shop or of all; for all also workers and what waits.

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
    if shop_id is None:
        checks += _work(services.stuck.figures())
    shops = [services.shops.get(shop_id)] if shop_id else services.shops.all()
    for shop in shops:
        prefix = "" if shop_id else f"{shop.slug}: "
        for key, connection in sorted(services.connections.all(shop.id).items()):
            found = application.registry.shelf_of(key)
            label = found[1].label if found else key
            if key in ALWAYS_THERE:
                continue
            if network and found:
                look = services.looks.look(shop.id, key)
                checks.append(Check(prefix + label, look.health.ok, look.health.detail))
                checks += [
                    Check(
                        f"{prefix}{label}: {one.label}", one.state != "problem", f"{one.sentence} {one.action}".strip()
                    )
                    for one in look.checks
                ]
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


def _work(figures: Figures) -> list[Check]:
    """Is anybody at work, what waits, and what waits for a person."""
    backlog, last = figures.backlog, figures.last_sweep
    late = figures.late > LATE_SECONDS
    waits = f"{backlog['inbox_new']:.0f} events and {backlog['outbox_queued']:.0f} messages wait"
    if backlog["inbox_new"]:
        waits += f", the oldest event for {duration(backlog['oldest_seconds'])}"
    if backlog["outbox_due_seconds"] > LATE_SECONDS:
        waits += f", and a message could have left {duration(backlog['outbox_due_seconds'])} ago"
    if late:
        waits += "; the workers do not keep up: look at their log, or start more of them"
    checks = [_workers(figures, last), Check("Waiting", not late, waits)]
    if backlog["inbox_dead"]:
        detail = (
            f"{backlog['inbox_dead']:.0f} could not be handled: see `salespilots queue status`, then retry or discard."
        )
        checks.append(Check("Given-up events", False, detail))
    if backlog["outbox_undecided"]:
        detail = (
            f"{backlog['outbox_undecided']:.0f} may have arrived: their owners decide, or `salespilots queue` does."
        )
        checks.append(Check("Uncertain sends", False, detail))
    return checks


def _workers(figures: Figures, last: float | None) -> Check:
    """A missing worker is trouble when it was there before, or when something waits for it."""
    if last is None:
        missed = figures.late > LATE_SECONDS
        return Check(
            "Workers", not missed, "None runs: start `salespilots work`, or `salespilots run` with the web server."
        )
    if last > LATE_SECONDS:
        detail = f"None has looked for work for {duration(last)}: start `salespilots work`."
        return Check("Workers", False, detail)
    held = f"{figures.backlog['lanes_held']:.0f} lanes in hand"
    return Check("Workers", True, f"{figures.alive} alive, looked for work {duration(last)} ago, {held}")


def duration(seconds: float) -> str:
    """3 seconds, 5 minutes."""
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word}"
    return f"{max(0, seconds):.0f} seconds"


def _last_webhook(application: Application, shop_id: str | None) -> Check:
    newest = application.services.maintenance.last_webhooks(shop_id)
    now = application.services.core.clock.now()
    told = [f"{provider} {duration((now - at).total_seconds())} ago" for provider, at in sorted(newest.items())]
    return Check("Last webhook", True, ", ".join(told) or "none yet")


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
    return [Check("Instagram app", True, f"Not set up: webhooks are refused without {names}")]

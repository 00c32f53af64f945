"""``plugins``: what is installed, and whether it is well made."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, entry_points, metadata
from typing import Any

import click

from salespilots.commands.common import guarded, json_option, open_application, refuse, say

SECRETIVE = ("secret", "token", "password", "api_key")


@click.group()
def plugins() -> None:
    """Installed plugins."""


@plugins.command("list")
@json_option
@guarded
def plugins_list(as_json: bool) -> None:
    """Names, what each supplies, and problems."""
    application = open_application(migrate=False)
    rows: dict[str, dict[str, Any]] = {
        name: {"name": name, "ok": True, "supplies": [], "problem": None}
        for name, plugin in application.manager.list_name_plugin()
        if plugin is not None
    }
    for kind, shelf in [*application.registry.connectable(), ("action", application.registry.actions)]:
        for item in shelf.all():
            source = rows.get(shelf.sources[item.key])
            if source is not None:
                source["supplies"].append(f"{kind}:{item.key}")
    for name, problem in application.registry.problems.items():
        rows[name] = {"name": name, "ok": False, "supplies": [], "problem": problem}
    lines = [
        f"{'ok  ' if row['ok'] else 'LOOK'}  {row['name']}: {row['problem'] or ', '.join(row['supplies'][:8]) or 'hooks'}"
        for row in rows.values()
    ]
    say(as_json, {"items": list(rows.values())}, *lines)


@plugins.command("check")
@click.argument("name", required=False)
@json_option
@guarded
def plugins_check(name: str | None, as_json: bool) -> None:
    """Check one plugin, or all that came by entry point."""
    application = open_application(migrate=False)
    installed = {one.name: one for one in entry_points(group="salespilots.plugins")}
    if name is not None and name not in installed:
        # a provider's key stands for its plugin
        name = next((one.sources[name] for _, one in application.registry.connectable() if one.find(name)), name)
    if name is not None and name not in installed:
        refuse(f"no plugin {name!r} is installed (installed: {', '.join(sorted(installed)) or 'none'})")
    checks: list[dict[str, Any]] = []
    for one in [name] if name else sorted(installed):
        checks += _check(application, one, installed[one])
    ok = all(one["ok"] for one in checks)
    say(
        as_json,
        {"ok": ok, "checks": checks},
        *(f"{'ok  ' if one['ok'] else 'LOOK'}  {one['name']}: {one['detail']}" for one in checks),
    )
    if not ok:
        refuse(f"{sum(not one['ok'] for one in checks)} of {len(checks)} checks need a look.")


def _check(application: Any, name: str, entry: Any) -> list[dict[str, Any]]:
    from salespilots.ports.settings import Secret

    registry = application.registry
    problem = registry.problems.get(name)
    checks = [_row(name, problem is None, problem or "loads and registers")]
    if problem:
        return checks
    supplied = [item for _, shelf in registry.connectable() for item in shelf.all() if shelf.sources[item.key] == name]
    for item in supplied:
        bare = [field for field, one in item.settings().fields.items() if "label" not in one.metadata]
        checks.append(
            _row(
                name,
                not bare,
                f"{item.key}: settings without a label: {', '.join(bare)}"
                if bare
                else f"{item.key}: every setting has a label",
            )
        )
        open_secrets = [
            field
            for field, one in item.settings().fields.items()
            if any(word in field for word in SECRETIVE) and not isinstance(one, Secret)
        ]
        checks.append(
            _row(
                name,
                not open_secrets,
                f"{item.key}: not marked secret: {', '.join(open_secrets)}"
                if open_secrets
                else f"{item.key}: secrets are marked",
            )
        )
    distribution = entry.dist.name if entry.dist else ""
    try:
        facts: Any = metadata(distribution)
    except PackageNotFoundError:
        return [*checks, _row(name, False, "belongs to no installed distribution")]
    needs = facts.get_all("Requires-Dist") or []
    ranged = any(one.replace(" ", "").startswith("salespilots") and "<" in one for one in needs)
    checks.append(
        _row(
            name,
            ranged,
            "says which versions of salespilots it works with"
            if ranged
            else "requires no version range of salespilots",
        )
    )
    licence = facts.get("License-Expression") or facts.get("License")
    checks.append(_row(name, bool(licence), f"licence {licence}" if licence else "names no licence"))
    return checks


def _row(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail}

"""``run``, ``web``, ``work``, ``init``, ``doctor``."""

from __future__ import annotations

import os
import sys

import click

from salespilots.commands.common import guarded, json_option, open_application, say


def _lines(address: str) -> list[str]:
    return [
        "",
        f"SalesPilots is running at {address}",
        "",
        f"  First time: open {address}/signup and open your shop.",
        f"  Next time:  sign in at {address}/signin with your e-mail.",
        "  Forgot the password? salespilots owner reset-password --email you@example.in",
        "  Stop: Ctrl-C",
        "",
    ]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Worker processes.")
@json_option
@guarded
def run(host: str, port: int, workers: int, as_json: bool) -> None:
    """Web server and worker together. Migrates first."""
    from salespilots.config import load_config
    from salespilots.supervisor import become, web_command, work_command

    config = load_config(host=host, port=port)
    environ = {
        **os.environ, "SALESPILOTS_HOME": str(config.home), "SALESPILOTS_BASE_URL": config.base_url,
        "SALESPILOTS_MIGRATE": "1",
        # Many threads that rarely work: without this each gets a heap of its own and the memory adds up.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
    }  # fmt: skip
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    say(as_json, {"address": config.base_url})
    sys.stdout.flush()
    plan = {
        "web": web_command(host, port), "work": work_command(), "workers": workers,
        "local": f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}",
        "lines": [] if as_json else _lines(config.base_url),
    }  # fmt: skip
    become(plan, environ)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@json_option
@guarded
def web(host: str, port: int, as_json: bool) -> None:
    """Only the web server; any number, on any number of machines."""
    from salespilots.config import load_config
    from salespilots.supervisor import web_command

    config = load_config(host=host, port=port)
    say(as_json, {"address": config.base_url}, f"Web server at {config.base_url}")
    sys.stdout.flush()
    os.environ["SALESPILOTS_BASE_URL"] = config.base_url
    command = web_command(host, port)
    os.execv(command[0], command)  # noqa: S606 - becomes gunicorn, so that signals reach it


@click.command()
@json_option
@guarded
def work(as_json: bool) -> None:
    """Only the queue worker; any number, on any number of machines."""
    from salespilots.config import load_config
    from salespilots.logs import configure
    from salespilots.tasks.worker import run_worker

    config = load_config()
    configure(config)
    say(as_json, {"working": True})
    run_worker(config)


@click.command()
@json_option
@guarded
def init(as_json: bool) -> None:
    """Data folder, secret key, migrations. Safe to repeat."""
    application = open_application()
    store = application.storage.check()
    facts = {"home": str(application.config.home), "storage": store}
    say(as_json, facts, f"Data folder: {application.config.home}", f"Database: {store}")


@click.command()
@json_option
@guarded
def doctor(as_json: bool) -> None:
    """Check everything that can be checked, and say what to do."""
    from salespilots.doctor import diagnose

    application = open_application(migrate=False)
    checks = diagnose(application, network=True)
    ok = all(one.ok for one in checks)
    rows = [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in checks]
    say(
        as_json,
        {"ok": ok, "checks": rows},
        *(f"{'ok  ' if one.ok else 'LOOK'}  {one.name}: {one.detail}" for one in checks),
    )
    sys.exit(0 if ok else 1)

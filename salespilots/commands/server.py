"""``run``, ``web``, ``work``, ``init``, ``doctor``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import click

from salespilots.commands.common import guarded, json_option, open_application, refuse, say


def _address(host: str, port: int) -> str:
    from salespilots.config import load_config

    return load_config(host=host, port=port).base_url


def _announce(address: str, local: str) -> Callable[[], None]:
    def wait_and_say() -> None:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                with urllib.request.urlopen(f"{local}/healthz", timeout=1):  # noqa: S310 - our own address
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        click.echo(f"\nSalesPilots is running at {address}\n")
        click.echo(f"  First time: open {address}/signup and open your shop.")
        click.echo(f"  Next time:  sign in at {address}/signin with your e-mail.")
        click.echo("  Forgot the password? Run: salespilots owner reset-password --email you@example.in")
        click.echo("  Stop: Ctrl-C\n")

    return wait_and_say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Worker processes.")
@json_option
@guarded
def run(host: str, port: int, workers: int, as_json: bool) -> None:
    """Web server and worker together. Migrates first."""
    from salespilots.config import load_config
    from salespilots.supervisor import Supervisor, schema_is_current, web_command, work_command

    config = load_config(host=host, port=port)
    environ = {**os.environ, "SALESPILOTS_HOME": str(config.home), "SALESPILOTS_BASE_URL": config.base_url}
    if not schema_is_current(config):
        done = subprocess.run([sys.executable, "-m", "salespilots", "init", "--json"], env=environ, capture_output=True, text=True)
        if done.returncode:
            refuse(done.stderr.strip().removeprefix("salespilots: ") or "the database cannot be prepared")
    local = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
    say(as_json, {"address": config.base_url})
    commands = [web_command(host, port), *[work_command()] * workers]
    announce: Callable[[], Any] = (lambda: None) if as_json else _announce(config.base_url, local)
    sys.exit(Supervisor(commands, environ).run(announce))


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
    say(as_json, {"ok": ok, "checks": rows}, *(f"{'ok  ' if one.ok else 'LOOK'}  {one.name}: {one.detail}" for one in checks))
    sys.exit(0 if ok else 1)

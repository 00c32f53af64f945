"""``run``, ``web``, ``work``, ``init``, ``doctor``."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

import click

from salespilots.commands.common import guarded, json_option, open_application, refuse, say


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
    _serve(host, port, workers=workers, as_json=as_json, lines=_lines, SALESPILOTS_MIGRATE="1")


def _serve(
    host: str, port: int, *, workers: int, as_json: bool, lines: Callable[[str], list[str]], **environ: str
) -> None:
    """Become the supervisor of a web server and ``workers`` workers. ``lines`` are said when it answers."""
    from salespilots.config import load_config
    from salespilots.supervisor import become, web_command, work_command

    config = load_config(host=host, port=port)
    _check_port(host, port)
    given = {
        **os.environ, "SALESPILOTS_HOME": str(config.home), "SALESPILOTS_BASE_URL": config.base_url,
        # Many threads that rarely work: without this each gets a heap of its own and the memory adds up.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"), **environ,
    }  # fmt: skip
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    say(as_json, {"address": config.base_url})
    sys.stdout.flush()
    plan = {
        "web": web_command(host, port), "work": work_command(), "workers": workers,
        "local": f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}",
        "lines": [] if as_json else lines(config.base_url),
    }  # fmt: skip
    become(plan, given)


def _check_port(host: str, port: int) -> None:
    """One clear line instead of a server that tries for ever."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            refuse(f"{host}:{port} cannot be used ({error.strerror}); choose another with --port.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@json_option
@guarded
def web(host: str, port: int, as_json: bool) -> None:
    """Only the web server; any number, on any number of machines."""
    _serve(host, port, workers=0, as_json=as_json, lines=lambda address: [f"Web server at {address}"])


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
    if not ok:
        refuse(f"{sum(not one.ok for one in checks)} of {len(checks)} checks need a look.")

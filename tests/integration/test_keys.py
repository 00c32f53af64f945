"""A machine with another's key does not start, and says in one line what to do; with the right ones it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from salespilots.bootstrap import check_keys
from salespilots.testing.twin_client import wait_until
from tests.support.postgres import free_port
from tests.support.shop import World

RIGHT, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def environ(make_world: Callable[..., World], sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """Of a shop whose token is sealed with the right key."""
    given = {"SALESPILOTS_SECRET_KEYS": RIGHT}
    world = make_world(sqlite_url, discover=True, environ=given)
    _, shop = world.sign_up()
    world.services.connections.connect(shop.id, "instagram", {"account_id": "17841", "access_token": "IGAA-sealed"})
    return {**os.environ, **given, "SALESPILOTS_HOME": str(tmp_path), "SALESPILOTS_DATABASE_URL": sqlite_url}


def start(environ: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "salespilots", *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["work", "web"])
def test_another_key_stops_the_start_with_one_clear_line(environ: dict[str, str], command: str, tmp_path: Path) -> None:
    port = [] if command == "work" else ["--port", str(free_port())]
    process = start({**environ, "SALESPILOTS_SECRET_KEYS": OTHER}, command, *port)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = [one for one in said.splitlines() if one.startswith("salespilots: ")]
    assert "SALESPILOTS_SECRET_KEYS" in line
    assert "copy secret.key" in line
    assert "Traceback" not in said
    assert RIGHT not in said
    assert OTHER not in said
    assert not list((tmp_path / "workers").glob("*.lock")), "a worker began"


def test_the_right_key_behind_a_newer_one_starts_both(environ: dict[str, str]) -> None:
    port = free_port()
    process = start({**environ, "SALESPILOTS_SECRET_KEYS": f"{OTHER},{RIGHT}"}, "run", "--port", str(port))

    def ready() -> bool:
        assert process.poll() is None, process.communicate()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(ready, seconds=60, every=0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=40)
    assert process.returncode == 0
    assert "SECRET_KEYS" not in said


def test_without_anything_sealed_any_key_will_do(make_world: Callable[..., World], sqlite_url: str) -> None:
    world = make_world(sqlite_url)
    world.practice_shop()
    check_keys(make_world(sqlite_url, environ={"SALESPILOTS_SECRET_KEYS": OTHER}).application)

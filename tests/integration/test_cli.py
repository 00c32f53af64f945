"""The command line as programs use it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import free_port

PASSWORD = "lotus river 42 sun\n"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def call(*arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "salespilots", *arguments], input=stdin, capture_output=True, text=True, timeout=120,
            errors="surrogateescape",
            env={**os.environ, "SALESPILOTS_HOME": str(tmp_path / "home"), **environ},
        )  # fmt: skip

    return call


def test_from_nothing_to_a_paid_order(run: Any, tmp_path: Path) -> None:
    made = run(
        "owner", "add", "--email", "meera@example.in", "--shop", "Meera", "--password-stdin", "--json", stdin=PASSWORD
    )
    assert json.loads(made.stdout) == {"shop": "meera", "email": "meera@example.in"}
    assert oct((tmp_path / "home" / "secret.key").stat().st_mode)[-3:] == "600"
    assert json.loads(run("shop", "list", "--json").stdout) == {"items": [{"slug": "meera", "name": "Meera"}]}
    loaded = json.loads(run("demo", "load", "--shop", "meera", "--json").stdout)
    assert loaded == {"shop": "meera", "products_added": 12, "customers_added": 5}
    lines = "Hi\nblue saree kitna hai?\n2 chahiye\nRiya Sen\n98450 12345\n560038\n14, 3rd Cross\nConfirm\n/pay\nmera order kaha hai?\n"
    talk = json.loads(run("chat", "--shop", "meera", "--json", stdin=lines).stdout)["messages"]
    said = [one["text"] for one in talk if one["from"] != "customer"]
    assert any("₹1,499.00" in text for text in said)
    assert any(text.startswith("Payment of ₹3,078.00") for text in said)
    assert "is paid" in said[-1]
    report = run("doctor", "--json")
    assert json.loads(report.stdout)["ok"] is True
    key = json.loads(run("api-key", "add", "--shop", "meera", "--scope", "orders:read", "--json").stdout)
    assert key["key"].startswith("sp_live_")
    token = tmp_path / "token"
    token.write_text("secret-token\n")
    joined = run(
        "connect", "instagram", "--shop", "meera", "account_id=17841400000000001", f"access_token=@{token}", "--json"
    )
    assert json.loads(joined.stdout) == {"plugin": "instagram", "shop": "meera"}
    paid = run(
        "connect",
        "razorpay",
        "--shop",
        "meera",
        "key_id=rzp_test_1",
        "key_secret=-",
        "webhook_secret=hook",
        "--json",
        stdin="s\n",
    )
    assert "/webhooks/payments/razorpay/" in json.loads(paid.stdout)["webhook_url"]
    run("owner", "add", "--email", "other@example.in", "--shop", "Other", "--json")
    taken = run("connect", "instagram", "--shop", "other", "account_id=17841400000000001", "access_token=x")
    assert (taken.returncode, "another shop" in taken.stderr) == (1, True)
    database = (tmp_path / "home" / "salespilots.db").read_bytes()
    wal = tmp_path / "home" / "salespilots.db-wal"
    everything = database + (wal.read_bytes() if wal.exists() else b"")
    assert b"secret-token" not in everything
    assert key["key"].encode() not in everything


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["chat", "--shop", "nobody"], 1, "no shop 'nobody'"),
        (["connect", "pigeon", "--shop", "x"], 1, "no shop"),
        (["owner", "add", "--email", "nonsense", "--shop", "X"], 1, "e-mail"),
        (["owner", "add", "--shop", "X"], 2, "--email"),
        (["nonsense"], 2, "No such command"),
        (["plugins", "check", "nobody"], 1, "no plugin"),
    ],
)
def test_refusals_are_one_clear_line(run: Any, arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SALESPILOTS_ENV", "prod", "accepts development or production"),
        ("SALESPILOTS_BASE_URL", "shop.example", "accepts scheme and host"),
        ("SALESPILOTS_DATABASE_URL", "mysql://x", "accepts sqlite"),
        ("SALESPILOTS_SECRET_KEYS", "short", "accepts 32 random bytes"),
        ("SALESPILOTS_TRUSTED_PROXIES", "many", "accepts a number"),
        ("SALESPILOTS_SIGNUP", "maybe", "accepts open, invite or closed"),
        ("SALESPILOTS_BASE_URL", "https://shop.example:99999", "accepts scheme and host"),
        ("SALESPILOTS_MAIL_URL", "smtp://me:pw@mail.example:port", "accepts smtp"),
        ("SALESPILOTS_INSTAGRAM_GRAPH_URL", "https://graph.example/v1", "Scheme, host and port only"),
        ("SALESPILOTS_INSTAGRAM_APP_ID", "my-app", "Digits only"),
        ("SALESPILOTS_RAZORPAY_URL", "razorpay", "Scheme, host and port only"),
        ("SALESPILOTS_DATABASE_URL", "postgresql://u:pw@127.0.0.1:1/x", "does not answer"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(run: Any, name: str, value: str, words: str) -> None:
    done = run("init", **{name: value})
    assert done.returncode == 1
    assert "pw@" not in done.stderr
    assert name in done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_production_refuses_weak_settings(run: Any) -> None:
    plain = run("init", SALESPILOTS_ENV="production")
    assert "https" in plain.stderr
    http = run("init", SALESPILOTS_ENV="production", SALESPILOTS_BASE_URL="http://shop.example")
    assert http.returncode == 1
    token = run(
        "init", SALESPILOTS_ENV="production", SALESPILOTS_BASE_URL="https://shop.example", SALESPILOTS_METRICS_TOKEN="x"
    )
    assert "SALESPILOTS_METRICS_TOKEN" in token.stderr
    good = run("init", SALESPILOTS_ENV="production", SALESPILOTS_BASE_URL="https://shop.example")
    assert good.returncode == 0, good.stderr


def test_shipped_plugins_pass_their_check(run: Any) -> None:
    report = run("plugins", "check", "--json")
    rows = json.loads(report.stdout)
    assert [one for one in rows["checks"] if not one["ok"]] == []


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("run", "SALESPILOTS_RAZORPAY_URL", "razorpay"),
        ("web", "SALESPILOTS_RAZORPAY_URL", "razorpay"),
        ("work", "SALESPILOTS_RAZORPAY_URL", "razorpay"),
        ("run", "SALESPILOTS_DATABASE_URL", "postgresql://u:pw@127.0.0.1:1/x"),
    ],
)
def test_servers_say_in_one_line_why_they_do_not_start(run: Any, command: str, name: str, value: str) -> None:
    port = () if command == "work" else ("--port", str(free_port()))
    done = run(command, *port, **{name: value})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert name in done.stderr


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_port_in_use_is_said(run: Any, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(command, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "is running" not in done.stdout
    assert "choose another with --port" in done.stderr


def test_what_is_no_text_is_refused_in_one_line(run: Any, tmp_path: Path) -> None:
    add = ("owner", "add", "--email", "meera@example.in", "--shop")
    run(*add, "Meera", "--password-stdin", stdin=PASSWORD)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    account = ("connect", "instagram", "--shop", "meera", "account_id=17841400000000001")
    reset = ("owner", "reset-password", "--email", "meera@example.in", "--password-stdin")
    for arguments, stdin in (
        ((*account, f"access_token=@{binary}"), ""),
        ((*account, "access_token=a\udcff"), ""),
        ((*add, "Q\udcff"), ""),
        (reset, "lotus river\udcff 42 sun\n"),
    ):
        done = run(*arguments, stdin=stdin)
        assert done.returncode == 1, arguments
        assert len(done.stderr.strip().splitlines()) == 1
        assert "UTF-8" in done.stderr
    twice = run(*account, "access_token=a", "access_token=b")
    assert (twice.returncode, "given twice" in twice.stderr) == (2, True)


def test_a_line_the_chat_cannot_take_does_not_end_it(run: Any) -> None:
    run("owner", "add", "--email", "meera@example.in", "--shop", "Meera", "--password-stdin", stdin=PASSWORD)
    run("demo", "load", "--shop", "meera")
    done = run("chat", "--shop", "meera", "--json", stdin="\x00\nblue saree kitna hai?\n")
    assert done.returncode == 0
    assert any("₹1,499.00" in one["text"] for one in json.loads(done.stdout)["messages"])


def test_the_doctor_says_what_needs_a_look(run: Any) -> None:
    before = run("doctor", "--json")
    rows = {one["name"]: one for one in json.loads(before.stdout)["checks"]}
    assert (before.returncode, rows["Migrations"]["ok"]) == (1, False)
    assert before.stderr.strip() == "salespilots: 1 of 2 checks need a look."
    run("init")
    after = run("doctor", "--json")
    rows = {one["name"]: one for one in json.loads(after.stdout)["checks"]}
    assert (after.returncode, rows["Migrations"]["ok"], rows["Last webhook"]["detail"]) == (0, True, "none yet")


def test_a_plugin_is_found_by_its_name_or_by_its_key(run: Any) -> None:
    for name in ("channel_instagram", "instagram"):
        rows = json.loads(run("plugins", "check", name, "--json").stdout)["checks"]
        assert {one["name"] for one in rows} == {"channel_instagram"}

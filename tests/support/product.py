"""The product as its users have it: processes started by the command line, reached over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from salespilots.bootstrap import Application, assemble
from salespilots.config import load_config
from salespilots.testing.twin_client import TwinHandle, wait_until
from tests.support.postgres import free_port

PASSWORD = "lotus river 42 sun"
APP_SECRET, VERIFY_TOKEN = "road-app-secret", "road-verify-token"


class Product:
    """`salespilots run` in a data folder of its own, with its commands and its API."""

    def __init__(
        self, home: Path, *, database_url: str = "", queue_url: str = "", port: int = 0, environ: dict[str, str] | None = None
    ) -> None:  # fmt: skip
        self.home, self.port = home, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "SALESPILOTS_HOME": str(home), "SALESPILOTS_ALLOW_PRIVATE_URLS": "1", "SALESPILOTS_BASE_URL": self.url,
            "SALESPILOTS_INSTAGRAM_APP_SECRET": APP_SECRET, "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": VERIFY_TOKEN,
            "SALESPILOTS_LOG": "warning", **(environ or {}),
        }  # fmt: skip
        if database_url:
            self.environ["SALESPILOTS_DATABASE_URL"] = database_url
        if queue_url:
            self.environ["SALESPILOTS_QUEUE_URL"] = queue_url
        self.log = home / "run.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._application: Application | None = None

    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SALESPILOTS_")}
        return {**kept, **self.environ}

    # --- life -----------------------------------------------------------------------------------------------

    def start(self, *options: str, seconds: float = 60) -> float:
        """Run web and worker; returns the seconds until it was ready."""
        self.home.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "salespilots", "run", "--port", str(self.port), *options],
                env=self.environment(), stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self.ready, seconds=seconds, every=0.03)
        return time.monotonic() - started

    def ready(self) -> bool:
        """Whether it answers that it is ready; fails the test when it has ended."""
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return self.answers()

    def answers(self) -> bool:
        """Whether it answers that it is ready, whoever started it."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, seconds: float = 40) -> int:
        """SIGTERM and wait; returns the exit code."""
        if self._application is not None:
            self._application.storage.close()
            self._application = None
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    # --- the command line -------------------------------------------------------------------------------------

    def command(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """A command's JSON answer."""
        done = subprocess.run(
            [sys.executable, "-m", "salespilots", *words, "--json"], env=self.environment(), input=stdin,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def open_shop(self, name: str = "Meera Handlooms", email: str = "meera@example.in") -> tuple[str, str]:
        """A practice shop by the command line: (slug, API key)."""
        slug = self.command(
            "owner", "add", "--email", email, "--shop", name, "--password-stdin", stdin=f"{PASSWORD}\n"
        )["shop"]
        self.command("demo", "load", "--shop", slug)
        return slug, self.command("api-key", "add", "--shop", slug)["key"]

    def connect(self, plugin: str, slug: str, **settings: str) -> dict[str, Any]:
        """Store a plugin's settings."""
        return self.command("connect", plugin, "--shop", slug, *(f"{name}={value}" for name, value in settings.items()))

    # --- behind the scenes ------------------------------------------------------------------------------------

    def application(self) -> Application:
        """The same database, opened in the test's process."""
        if self._application is None:
            self._application = assemble(load_config(self.environ))
        return self._application

    def count(self, table: str, **where: Any) -> int:
        """Rows of a table, counted past the product."""
        engine = sa.create_engine(self.application().config.database_url)
        words = " AND ".join(f"{name} = :{name}" for name in where) or "1 = 1"
        try:
            with engine.connect() as connection:
                return int(
                    connection.execute(sa.text(f"SELECT count(*) FROM {table} WHERE {words}"), where).scalar_one()
                )
        finally:
            engine.dispose()


class Api:
    """A program with a shop's key."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        )

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self._client.get(path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A list's first page, as long as pages go."""
        return self.get(path, limit=200, **query)["items"]

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        found, cursor = [], {}
        while True:
            page = self.get(path, limit=200, **query, **cursor)
            found += page["items"]
            if not page.get("next"):
                return found
            cursor = {"cursor": page["next"]}

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A POST, whatever it answers."""
        return self._client.post(path, json={} if body is None else body, headers=headers)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class Chats:
    """Customers of one Instagram account, played through the stand-in."""

    def __init__(self, graph: TwinHandle, account_id: str) -> None:
        self._graph, self.account_id = graph, account_id

    def deliver(self, *events: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Post webhooks; answers ``posted`` and ``mids``."""
        return self._graph.call("/__deliver", {"events": list(events), "account_id": self.account_id, **options})

    def write(self, who: str, text: str, *, payload: str = "", **options: Any) -> str:
        """A customer writes (or taps); returns the message id."""
        event = {"from": who, "text": text}
        if payload:
            event |= {"kind": "quick_reply", "payload": payload}
        answer = self.deliver(event, **options)
        assert all(one["status"] == 200 for one in answer["posted"]), answer
        return answer["mids"][0]

    def sent(self, who: str) -> list[dict[str, Any]]:
        """What the stand-in took for a customer, in order."""
        return [one for one in self._graph.state()["sent"] if one["recipient_id"] == who]

    def texts(self, who: str) -> list[str]:
        """The same as words, cards left out."""
        return [one["text"] for one in self.sent(who) if one["text"]]

    def hears(self, who: str, words: str, *, seconds: float = 25) -> str:
        """Wait until a customer got a text with these words."""
        return wait_until(
            lambda: next((one for one in self.texts(who) if words in one), None), seconds=seconds, every=0.05
        )

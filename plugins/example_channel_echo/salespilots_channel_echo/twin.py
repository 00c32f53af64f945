"""The echo service itself: ``python -m salespilots_channel_echo.twin --port 9000 --secret s``.

``POST /__say {"from", "text"}`` makes a customer write: the signed webhook goes to ``--webhook-url``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

from salespilots.testing.courier import post
from salespilots.testing.twin import Call, Handler, Reply, Twin, run_twin


def signed_body(secret: str, account: str, events: Sequence[dict[str, Any]]) -> tuple[bytes, dict[str, str]]:
    """A webhook's bytes and its signature header."""
    body = json.dumps({"account": account, "events": list(events)}).encode()
    return body, {"x-echo-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


class EchoTwin(Twin):
    """Takes messages and keeps them."""

    def __init__(self, *, account: str = "shop", secret: str = "echo-secret", webhook_url: str = "") -> None:  # noqa: S107
        self.account, self.secret, self.webhook_url = account, secret, webhook_url
        self.messages: list[dict[str, str]] = []
        super().__init__()

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Two calls."""
        return (("POST", "/messages", self._take), ("GET", "/account", self._account))

    def controls(self) -> dict[str, Any]:
        """One more."""
        return {"/__say": self._say}

    def state(self) -> dict[str, Any]:
        """The messages taken."""
        return {"messages": self.messages}

    def reset(self) -> None:
        """None."""
        self.messages.clear()

    def _known(self, call: Call) -> bool:
        return call.headers.get("authorization") == f"Bearer {self.secret}"

    def _take(self, call: Call) -> Reply:
        if not self._known(call):
            return Reply(401, {"reason": "secret"})
        with self.lock:
            ref = f"echo-{len(self.messages) + 1}"
            self.messages.append({"id": ref, "to": call.json["to"], "text": call.json["text"]})
        return Reply(200, {"id": ref})

    def _account(self, call: Call) -> Reply:
        return Reply(200, {"account": self.account}) if self._known(call) else Reply(401, {"reason": "secret"})

    def _say(self, body: Any) -> Any:
        event = {"id": f"in-{time.monotonic_ns()}", "type": "message", "at": int(time.time()), **body}
        data, headers = signed_body(self.secret, self.account, [event])
        return post(self.webhook_url, data, headers)


if __name__ == "__main__":
    run_twin(
        lambda given: EchoTwin(account=given.account, secret=given.secret, webhook_url=given.webhook_url),
        description="The echo service on loopback",
        options=(
            ("--account", {"default": "shop"}),
            ("--secret", {"default": "echo-secret"}),
            ("--webhook-url", {"default": ""}),
        ),
    )

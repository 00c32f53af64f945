"""A program with a shop's API key, against the application in this process."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from salespilots.web.app import create_app
from tests.support.shop import Shop, World


def application(world: World) -> Flask:
    """The web application around a world."""
    return create_app(world.application)


class Program:
    """Calls `/api/v1` with one key; answers are werkzeug's."""

    def __init__(self, app: Flask, shop: Shop, scopes: tuple[str, ...] = ()) -> None:
        self.shop = shop
        self.key, text = shop.world.services.api_keys.add(shop.id, scopes=scopes)
        self.headers = {"Authorization": f"Bearer {text}"}
        self.client = app.test_client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One call; ``body`` is sent as JSON, bytes as they are. A full path stays one."""
        address = path if path.startswith("/api/") else f"/api/v1{path}"
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is None:
            return self.client.open(address, method=method, headers=given)
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.open(
            address, method=method, data=data, headers={"Content-Type": "application/json", **given}
        )

    def get(self, path: str) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A POST, whatever it answers."""
        return self.call("POST", path, {} if body is None else body, **headers)

    def done(self, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of a POST that succeeds."""
        answer = self.post(path, body, **headers)
        assert answer.status_code in (200, 201, 202), (path, answer.status_code, answer.text)
        return answer.json

    def product(self, on_hand: int = 5, sku: str = "KUR-1", **more: Any) -> dict[str, Any]:
        """A product of one variant."""
        variants = [{"sku": sku, "price_paise": 99900, "on_hand": on_hand}]
        return self.done("/products", {"title": "Cotton kurta", "variants": variants, **more})

    def customer(self) -> str:
        """A customer who wrote on the practice channel."""
        self.shop.say("thanks")
        return self.get("/customers")["items"][0]["id"]


def problem(answer: TestResponse, status: int, code: str = "") -> dict[str, Any]:
    """The body of an RFC 9457 answer with this status."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.content_type == "application/problem+json"
    body = json.loads(answer.text)
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    assert not code or body["code"] == code, body
    return body

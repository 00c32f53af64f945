"""Finishing the OpenAPI description: what the schemas alone do not say."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key and body give the same answer; another body 422; while the first still runs 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
NOTHING = {"$ref": "#/components/schemas/Nothing"}


@cache
def finished(text: str) -> str:
    """The description as JSON: problem+json errors, idempotency keys, empty bodies left out, no empty defaults."""
    spec: dict[str, Any] = json.loads(text)
    for response in spec["components"]["responses"].values():
        response["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in spec["paths"].values():
        for method, operation in path.items():
            if method == "parameters":
                continue
            for parameter in operation.get("parameters", []):
                if parameter.get("schema", {}).get("default", 0) in ("", None):
                    del parameter["schema"]["default"]
            if method == "post":
                operation.setdefault("parameters", []).append(KEY)
            body = operation.get("requestBody", {})
            if body.get("content", {}).get("application/json", {}).get("schema") == NOTHING:
                body["required"] = False
    return json.dumps(spec)

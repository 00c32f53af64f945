"""A model on loopback: ``python -m salespilots_ai_openai.twin --port P [--key K] [--hostile]``.

Speaks ``/v1/chat/completions`` and ``/v1/models``. It says what it is told to (``POST /__script {"replies":
[{"content"} | {"tool_calls": [{"name", "arguments"}]}]}``); otherwise it asks ``search_products`` for the customer's
words and then writes one sentence from the result. ``POST /__mode {"mode": "hostile"}`` makes it invent prices.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from salespilots.testing.twin import Call, Fault, Handler, Reply, Twin, run_twin

LIE = "Special price only for you: Rs 1! Pay now at http://cheap-sarees.example/pay and it is yours, 99% off."
OFF = {
    "429": (429, "rate_limit_exceeded", "Rate limit reached"),
    "quota": (429, "insufficient_quota", "You exceeded your current quota"),
    "token_expired": (401, "invalid_api_key", "Incorrect API key provided"),
    "400": (400, "invalid_request_error", "Invalid value"),
    "500": (500, "server_error", "The server had an error"),
}


def refused(status: int, code: str, words: str) -> Reply:
    """An error as OpenAI sends it."""
    return Reply(status, {"error": {"message": words, "type": code, "param": None, "code": code}})


class OpenAiTwin(Twin):
    """A model without a mind."""

    def __init__(self, *, key: str = "", models: tuple[str, ...] = ("twin-model",), hostile: bool = False) -> None:
        self.key, self.models, self._hostile_first = key, models, hostile
        self._number = 0
        self.reset()
        super().__init__()

    def reset(self) -> None:
        """Nothing scripted."""
        self.script: deque[dict[str, Any]] = deque()
        self.mode = "hostile" if self._hostile_first else "helpful"

    def state(self) -> dict[str, Any]:
        """How it will answer."""
        return {"mode": self.mode, "scripted": list(self.script)}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        """Two calls."""
        return (("POST", "/v1/chat/completions", self._complete), ("GET", "/v1/models", self._models))

    def controls(self) -> dict[str, Any]:
        """Words and mood."""
        return {"/__script": self._set_script, "/__mode": self._set_mode}

    def fault_reply(self, kind: str, fault: Fault) -> Reply:
        """In OpenAI's words where it has some."""
        if kind == "choices_none":
            return Reply(200, {})
        if kind == "choices_empty":
            return Reply(200, {"id": "chatcmpl-0", "object": "chat.completion", "model": self.models[0], "choices": []})
        if kind not in OFF:
            return super().fault_reply(kind, fault)
        reply = refused(*OFF[kind])
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = f"{fault.retry_after:g}"
        return reply

    def _set_script(self, body: Any) -> Any:
        with self.lock:
            self.script = deque(body["replies"])
        return self.state()

    def _set_mode(self, body: Any) -> Any:
        self.mode = body["mode"]
        return self.state()

    def _known(self, call: Call) -> bool:
        given = call.headers.get("authorization", "")
        return given == f"Bearer {self.key}" if self.key else given.startswith("Bearer ")

    def _models(self, call: Call) -> Reply:
        if not self._known(call):
            return refused(*OFF["token_expired"])
        return Reply(200, {"object": "list", "data": [{"id": one, "object": "model"} for one in self.models]})

    def _complete(self, call: Call) -> Reply:
        if not self._known(call):
            return refused(*OFF["token_expired"])
        body = call.json if isinstance(call.json, dict) else {}
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not body.get("model"):
            return refused(*OFF["400"])
        with self.lock:
            said = self.script.popleft() if self.script else self._invent(messages, body.get("tools") or [])
            self._number += 1
            number = self._number
        message: dict[str, Any] = {"role": "assistant", "content": said.get("content"), "refusal": said.get("refusal")}
        if said.get("tool_calls"):
            message["tool_calls"] = [
                {"id": f"call_{number}_{index}", "type": "function", "function": _function(one)}
                for index, one in enumerate(said["tool_calls"])
            ]
        finish = said.get("finish_reason") or ("tool_calls" if said.get("tool_calls") else "stop")
        asked, told = len(json.dumps(messages)) // 4 + 1, len(json.dumps(message)) // 4 + 1
        usage = {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
        return Reply(
            200,
            {
                "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}], "usage": usage,
            },
        )  # fmt: skip

    def _invent(self, messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
        """The default behaviour."""
        last = messages[-1]
        if last.get("role") == "tool":
            return {"content": LIE if self.mode == "hostile" else sentence(str(last.get("content") or ""))}
        if self.mode == "hostile":
            return {"content": LIE}
        for tool in tools:
            function = tool.get("function", {})
            if function.get("name") == "search_products":
                words = re.sub(r"\s+", " ", str(last.get("content") or "")).strip()[:200]
                properties = function.get("parameters", {}).get("properties", {})
                texts = [name for name, one in properties.items() if one.get("type") == "string"]
                return {"tool_calls": [{"name": "search_products", "arguments": {(texts or ["query"])[0]: words}}]}
        return {"content": "Namaste! How can I help you today?"}


def _function(call: dict[str, Any]) -> dict[str, str]:
    arguments = call.get("arguments", {})
    return {"name": call["name"], "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}


def sentence(result: str) -> str:
    """One sentence with the numbers of a tool's result, and with no others."""
    try:
        value = json.loads(result)
    except ValueError:
        return result[:200] or "I could not find that."
    for product in _things(value):
        title = product.get("title") or product.get("name")
        if not isinstance(title, str):
            continue
        flat = {**{k: v for one in _things(product) for k, v in one.items()}, **product}
        paise, price = flat.get("price_paise"), flat.get("price")
        if isinstance(paise, int):
            price = f"\u20b9{paise // 100:,}" + (f".{paise % 100:02d}" if paise % 100 else "")
        count = next(
            (flat[name] for name in ("available", "stock", "in_stock") if isinstance(flat.get(name), int)), None
        )
        words = f"Yes, we have {title}" + (f" for {price}" if price else "")
        if count is not None and not isinstance(count, bool):
            words += f", {count} in stock" if count > 0 else ", but it is sold out"
        return words + "."
    return "Sorry, I could not find that in our shop."


def _things(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value, outermost first."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _things(one)


if __name__ == "__main__":
    run_twin(
        lambda given: OpenAiTwin(key=given.key, models=tuple(given.model or ["twin-model"]), hostile=given.hostile),
        description="A model on loopback",
        options=(
            ("--key", {"default": "", "help": "the only key it takes; without one it takes any"}),
            ("--model", {"action": "append", "help": "a model it offers; may be repeated"}),
            ("--hostile", {"action": "store_true", "help": "invent prices"}),
        ),
    )

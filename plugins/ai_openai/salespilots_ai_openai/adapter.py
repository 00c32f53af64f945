"""The AI port in the words of Chat Completions.

Source of a protocol fact: OpenAI, "API Reference: Chat" and "Function calling". One tool at a time, so that steps stay
in order; arguments come back as text, unchecked: the core validates them.
"""

from __future__ import annotations

import json
from typing import Any

from salespilots.ports.ai import AiReply, AiRequest, ToolCall, Usage
from salespilots.ports.channel import Health
from salespilots.ports.errors import AuthFailed, PortError, Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots_ai_openai.client import CHECK_TIMEOUT, PROVIDER, OpenAiClient

_FINISH = {"stop": "stop", "length": "length", "content_filter": "refusal"}
"""Ours for theirs. Any other word, or none, is ``unknown``: nobody said that the text is whole."""


class OpenAi:
    """One shop's model. Safe on several threads; never repeats by itself."""

    def __init__(self, client: OpenAiClient, model: str, tenant: str = "") -> None:
        self._client, self._model, self._tenant = client, model, tenant

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> OpenAi:
        """Built from the shop's settings; private addresses only where the operator allows them."""
        client = OpenAiClient(
            settings["api_key"], settings.get("base_url", ""), allow_private=settings.allow_private_urls
        )
        return cls(client, settings["model"], settings.business_id)

    def complete(self, request: AiRequest) -> AiReply:
        """One completion within ``request.timeout`` seconds."""
        headers = {"Idempotency-Key": request.idempotency_key} if request.idempotency_key else {}
        answer = self._client.complete(self._body(request), timeout=request.timeout, headers=headers)
        return _reply(answer, request, self._model)

    def _body(self, request: AiRequest) -> dict[str, Any]:
        """What stays equal comes first, so that the provider can cache it."""
        body: dict[str, Any] = {"model": self._model, "messages": _messages(request)}
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": one.name, "description": one.description, "parameters": dict(one.parameters)},
                }
                for one in request.tools
            ]
            body["parallel_tool_calls"] = False
        if request.output_schema is not None:
            schema = {"name": "answer", "strict": True, "schema": dict(request.output_schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self._client.official:
            body |= {"max_completion_tokens": request.max_output_tokens, "store": False}
            if self._tenant:
                body["prompt_cache_key"] = self._tenant
            if request.customer_hash:
                body["safety_identifier"] = request.customer_hash
        else:
            body["max_tokens"] = request.max_output_tokens
        return body

    def check(self) -> Health:
        """Whether the key works and knows the model; by a tiny completion where the server has no list."""
        try:
            try:
                names = self._client.models()
            except (Rejected, Unavailable) as error:
                if error.reason not in ("http_404", "http_405", "http_501", "strange_answer"):
                    raise
                tiny = {"model": self._model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
                self._client.complete(tiny, timeout=CHECK_TIMEOUT, headers={})
                return Health(ok=True, detail=f"The server answers with {self._model}.")
        except PortError as error:
            if isinstance(error, AuthFailed):
                return Health(ok=False, detail="The key is not accepted. Check it, or make a new one.")
            said = "The model's server cannot be reached at the moment; try again in a minute."
            return Health(
                ok=False, detail=error.user_action or (said if error.retryable else f"Refused: {error.reason}.")
            )
        if self._model not in names:
            return Health(ok=False, detail=f"The key works, but it may not use a model named {self._model}.")
        return Health(ok=True, detail=f"The key works with {self._model}.")


def _messages(request: AiRequest) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": request.system}]
    for turn in request.turns:
        if turn.role == "tool":
            messages.append({"role": "tool", "tool_call_id": turn.tool_call_id, "content": turn.text})
        elif turn.role == "assistant":
            message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
            if turn.tool_calls:
                message["tool_calls"] = [
                    {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}
                    for one in turn.tool_calls
                ]
            elif not turn.text:
                message["content"] = ""
            messages.append(message)
        else:
            messages.append({"role": "user", "content": turn.text})
    return messages


def _reply(answer: Any, request: AiRequest, model: str) -> AiReply:
    """The answer as ours. The SDK checks nothing: a page of HTML is text, ``{}`` a completion without choices."""
    choices: Any = getattr(answer, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    if message is None:
        raise Unavailable(provider=PROVIDER, reason="strange_answer")
    refusal = getattr(message, "refusal", None)
    content = getattr(message, "content", None)
    text = content if isinstance(content, str) else ""
    calls = _calls(getattr(message, "tool_calls", None))
    finish = getattr(choices[0], "finish_reason", None)
    if refusal:
        finish = "refusal"
    elif calls:
        finish = "tool_calls"
    else:
        finish = _FINISH.get(finish if isinstance(finish, str) else "", "unknown")
    named = getattr(answer, "model", None)
    return AiReply(
        text="" if refusal else text,
        tool_calls=calls,
        usage=_usage(getattr(answer, "usage", None), request, text),
        model=named if isinstance(named, str) and named else model,
        finish=finish,
    )


def _calls(given: Any) -> tuple[ToolCall, ...]:
    found = []
    for number, one in enumerate(given if isinstance(given, list) else []):
        function = getattr(one, "function", None)
        name, arguments = getattr(function, "name", None), getattr(function, "arguments", None)
        if not isinstance(name, str) or not name:
            continue
        if not isinstance(arguments, str):
            arguments = "{}" if arguments is None else json.dumps(arguments)
        ref = getattr(one, "id", None)
        found.append(
            ToolCall(id=ref if isinstance(ref, str) and ref else f"call_{number}", name=name, arguments=arguments)
        )
    return tuple(found)


def _usage(given: Any, request: AiRequest, text: str) -> Usage:
    """Tokens as told, else by length: four characters to a token."""
    told_in, told_out = getattr(given, "prompt_tokens", None), getattr(given, "completion_tokens", None)
    if not isinstance(told_in, int) or not isinstance(told_out, int):
        asked = len(request.system) + sum(len(turn.text) for turn in request.turns)
        return Usage(input_tokens=asked // 4 + 1, output_tokens=len(text) // 4 + 1, estimated=True)
    cached = getattr(getattr(given, "prompt_tokens_details", None), "cached_tokens", None)
    return Usage(input_tokens=told_in, output_tokens=told_out, cached_tokens=cached if isinstance(cached, int) else 0)

"""The contract of an AI provider. A plugin's test subclasses `AiContract` and provides a ``harness`` fixture."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from .harness import Harness

SEARCH = {
    "type": "object",
    "properties": {"query": {"type": "string"}},
    "required": ["query"],
    "additionalProperties": False,
}


@dataclass(kw_only=True)
class AiHarness(Harness):
    """How the suite reaches one model.

    ``script(*replies)`` sets what the model says next: ``{"content": …}`` or ``{"tool_calls": [{"name",
    "arguments"}]}``, with ``finish_reason`` where it is not the usual one. ``calls()`` is what it was sent, as JSON.

    Two kinds of fault that a far side over HTTP should have: ``drip``, an answer that is good in the end but comes a
    byte at a time, quicker than any limit of a single read and for longer than ``limit``; ``drip_head``, the same from
    the first byte of the head.
    """

    script: Callable[..., None] | None = None
    calls: Callable[[], Sequence[Any]] = list
    timeout: float = 1.0

    def ai(self, **changed: Any) -> Any:
        """The adapter."""
        return self.provider.build(self.plugin_settings(**changed))

    def says(self, *replies: dict[str, Any]) -> None:
        """Script the model, or skip."""
        if self.script is None:
            pytest.skip("this model cannot be told what to say")
        self.script(*replies)

    def request(self, **changed: Any) -> Any:
        """A plain question."""
        from salespilots.ports.ai import AiRequest, Turn

        values = {"system": "You sell sarees.", "turns": (Turn(role="user", text="Price?"),), "timeout": self.timeout}
        return AiRequest(**{**values, **changed})


FAILURES = (
    ("refuse_connection", "Unavailable", ""),
    ("timeout", "Unavailable", ""),
    ("drip", "Unavailable", ""),
    ("drip_head", "Unavailable", ""),
    ("drop_before", "Unavailable", ""),
    ("500", "Unavailable", ""),
    ("502_html", "Unavailable", ""),
    ("200_rubbish", "Unavailable", ""),
    ("choices_none", "Unavailable", ""),
    ("choices_empty", "Unavailable", ""),
    ("429", "RateLimited", ""),
    ("quota", "Rejected", "quota"),
    ("400", "Rejected", ""),
    ("token_expired", "AuthFailed", ""),
)

SLOW = {"timeout", "drip", "drip_head"}
"""Those that are waited for no longer than allowed; the others answer, however busy the machine is."""


class AiContract:
    """Every model that writes replies passes this."""

    def test_record_is_complete(self, harness: AiHarness) -> None:
        from salespilots.ports.markers import PORT_VERSION

        assert harness.provider.key
        assert harness.provider.label
        assert harness.provider.port_version == PORT_VERSION
        loaded = harness.provider.settings().load(harness.settings)
        assert {name: loaded[name] for name in harness.settings} == harness.settings

    def test_secrets_are_not_shown(self, harness: AiHarness) -> None:
        shown = repr(harness.ai()) + repr(harness.provider)
        for secret in harness.secrets():
            assert secret not in shown

    def test_text(self, harness: AiHarness) -> None:
        harness.says({"content": "नमस्ते 🙏"})
        reply = harness.ai().complete(harness.request())
        assert reply.text == "नमस्ते 🙏"
        assert reply.tool_calls == ()
        assert reply.finish == "stop"
        assert reply.model
        assert type(reply.usage.input_tokens) is int
        assert reply.usage.input_tokens > 0
        assert reply.usage.output_tokens > 0

    def test_a_cut_text_is_no_finished_one(self, harness: AiHarness) -> None:
        harness.says(
            {"content": "It is ₹1,4", "finish_reason": "length"}, {"content": "It is ₹1,4", "finish_reason": "strange"}
        )
        ai = harness.ai()
        assert ai.complete(harness.request()).finish == "length"
        assert ai.complete(harness.request()).finish == "unknown"

    def test_a_tool_call_and_its_result(self, harness: AiHarness) -> None:
        from salespilots.ports.ai import ToolSpec, Turn

        harness.says(
            {"tool_calls": [{"name": "search_products", "arguments": {"query": "red saree"}}]},
            {"content": "It is here."},
        )
        tools = (ToolSpec(name="search_products", description="Find products.", parameters=SEARCH),)
        ai = harness.ai()
        asked = Turn(role="user", text="red saree?")
        first = ai.complete(harness.request(turns=(asked,), tools=tools))
        assert first.finish == "tool_calls"
        (call,) = first.tool_calls
        assert call.id
        assert call.name == "search_products"
        assert json.loads(call.arguments) == {"query": "red saree"}
        turns = (
            asked,
            Turn(role="assistant", text=first.text, tool_calls=first.tool_calls),
            Turn(role="tool", text='{"items": []}', tool_call_id=call.id),
        )
        assert ai.complete(harness.request(turns=turns, tools=tools)).text == "It is here."

    def test_broken_arguments_come_through_unchecked(self, harness: AiHarness) -> None:
        from salespilots.ports.ai import ToolSpec

        harness.says({"tool_calls": [{"name": "no_such_tool", "arguments": "{not json"}]})
        tools = (ToolSpec(name="search_products", description="Find products.", parameters=SEARCH),)
        (call,) = harness.ai().complete(harness.request(tools=tools)).tool_calls
        assert (call.name, call.arguments) == ("no_such_tool", "{not json")

    @pytest.mark.parametrize(("kind", "error", "reason"), FAILURES)
    def test_failures(self, harness: AiHarness, kind: str, error: str, reason: str) -> None:
        from salespilots.ports import errors

        ai = harness.ai()
        harness.breaks(kind, retry_after=7)
        started = time.monotonic()
        with pytest.raises(errors.PortError) as caught:
            ai.complete(harness.request(timeout=harness.timeout if kind in SLOW else harness.limit))
        problem = caught.value
        assert type(problem) is getattr(errors, error)
        assert problem.provider == harness.provider.key
        assert time.monotonic() - started < harness.limit
        if reason:
            assert problem.reason == reason
        if kind == "429":
            assert problem.retry_after == 7
        if error == "AuthFailed":
            assert problem.user_action
        shown = f"{problem} {problem!r} {problem.details} {problem.user_action}"
        for secret in harness.secrets():
            assert secret not in shown

    def test_never_repeats_by_itself(self, harness: AiHarness) -> None:
        from salespilots.ports.errors import PortError

        harness.breaks("500", times=5)
        with pytest.raises(PortError):
            harness.ai().complete(harness.request())
        assert len(harness.calls()) == 1

    def test_many_threads(self, harness: AiHarness) -> None:
        harness.says(*({"content": f"n{number}"} for number in range(20)))
        ai = harness.ai()
        with ThreadPoolExecutor(5) as pool:
            said = list(pool.map(lambda _: ai.complete(harness.request(timeout=10)).text, range(20)))
        assert sorted(said) == sorted(f"n{number}" for number in range(20))

    def test_check(self, harness: AiHarness) -> None:
        assert harness.ai().check().ok

    def test_check_of_a_bad_key(self, harness: AiHarness) -> None:
        from salespilots.ports.errors import PortError

        harness.breaks("token_expired", times=3)
        try:
            assert not harness.ai().check().ok
        except PortError:
            return

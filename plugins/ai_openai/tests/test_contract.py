"""OpenAI against the public contract of models: real SDK, stand-in server, loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from salespilots.testing.contracts.ai import AiContract, AiHarness
from salespilots.testing.twin import TwinServer
from salespilots_ai_openai.hooks import PROVIDER
from salespilots_ai_openai.twin import OpenAiTwin

KEY = "sk-contract-key"


@pytest.fixture
def server() -> Iterator[TwinServer]:
    with TwinServer(OpenAiTwin(key=KEY)) as server:
        yield server


class TestOpenAi(AiContract):
    @pytest.fixture
    def harness(self, server: TwinServer) -> AiHarness:
        def break_with(kind: str, **options: Any) -> None:
            if kind == "refuse_connection":
                server.stop()
            else:
                server.fail_next(kind, **options)

        return AiHarness(
            provider=PROVIDER,
            settings={"api_key": KEY, "model": "twin-model", "base_url": f"{server.url}/v1"},
            script=lambda *replies: server.call("/__script", {"replies": list(replies)}),
            calls=lambda: server.requests("/chat/completions"),
            break_with=break_with,
            can=frozenset(
                [
                    "refuse_connection",
                    "timeout",
                    "drop_before",
                    "500",
                    "502_html",
                    "200_rubbish",
                    "choices_none",
                    "choices_empty",
                    "429",
                    "quota",
                    "400",
                    "token_expired",
                ]
            ),
            limit=8.0,  # the first call of a process imports the SDK
        )

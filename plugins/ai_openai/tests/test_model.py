"""What the model is sent, where it may live, and what odd servers answer."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpcore2
import pytest

from salespilots.ports.ai import AiRequest, ToolSpec, Turn
from salespilots.ports.errors import Rejected, Unavailable
from salespilots.ports.settings import PluginSettings
from salespilots.testing.twin import Call, Reply, Twin, TwinProcess, TwinServer
from salespilots_ai_openai import guard
from salespilots_ai_openai.adapter import OpenAi
from salespilots_ai_openai.client import OFFICIAL, OpenAiClient
from salespilots_ai_openai.guard import PrivateAddress, looks_private, public_addresses
from salespilots_ai_openai.network import MAX_ANSWER, limited, within
from salespilots_ai_openai.settings import OpenAiSettings
from salespilots_ai_openai.twin import LIE, OpenAiTwin, sentence

SEARCH = ToolSpec(
    name="search_products",
    description="Find products.",
    parameters={"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
)


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(OpenAiTwin()) as server:
        yield server


def model(url: str, *, allow: bool = True) -> OpenAi:
    values = {"api_key": "sk-1", "model": "twin-model", "base_url": url}
    return OpenAi.from_settings(
        PluginSettings(provider="openai", business_id="biz_1", values=values, allow_private_urls=allow)
    )


def request(*turns: Turn, **more: Any) -> AiRequest:
    return AiRequest(system="Sell.", turns=turns or (Turn(role="user", text="red saree?"),), timeout=5, **more)


def test_a_compatible_server_gets_plain_parameters(twin: TwinServer) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    model(f"{twin.url}/v1").complete(
        request(
            tools=(SEARCH,), output_schema=schema, idempotency_key="run-1", customer_hash="abc", max_output_tokens=99
        )
    )
    (sent,) = twin.requests()
    body = sent["json"]
    assert body["messages"][0] == {"role": "system", "content": "Sell."}
    assert body["parallel_tool_calls"] is False
    assert body["max_tokens"] == 99
    assert body["response_format"]["json_schema"]["strict"] is True
    assert not {"store", "safety_identifier", "prompt_cache_key", "max_completion_tokens"} & set(body)
    assert sent["headers"]["idempotency-key"] == "run-1"


def test_openai_itself_gets_more() -> None:
    ai = OpenAi(OpenAiClient("sk-1", ""), "m", "biz_1")
    body = ai._body(request(customer_hash="abc"))
    assert (body["store"], body["max_completion_tokens"]) == (False, 400)
    assert (body["prompt_cache_key"], body["safety_identifier"]) == ("biz_1", "abc")
    assert "parallel_tool_calls" not in body
    assert OpenAiClient("sk-1", OFFICIAL + "/").official


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/v1", "https://127.0.0.1/v1", "https://localhost/v1", "https://10.1.2.3/v1", "https://[::1]/v1",
        "https://169.254.169.254/latest", "https://db/v1", "https://metadata.internal/v1", "http://models.example.com/v1",
        "https://[::ffff:127.0.0.1]/v1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(url: str) -> None:
    with pytest.raises(Rejected) as caught:
        model(url, allow=False).complete(request())
    assert caught.value.reason == "private_address"
    assert caught.value.user_action
    assert not model(url, allow=False).check().ok


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (one, 443)) for one in addresses])


def test_a_name_that_resolves_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(PrivateAddress):
        public_addresses("models.example.com", 443)
    with pytest.raises(Rejected) as caught:
        model("https://models.example.com/v1", allow=False).complete(request())
    assert caught.value.reason == "private_address"


def test_a_public_name_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.216.34")
    assert public_addresses("models.example.com", 443) == ["93.184.216.34"]
    assert not looks_private("https://models.example.com/v1")


def test_odd_answers(twin: TwinServer) -> None:
    ai = model(f"{twin.url}/v1")
    twin.call("/__script", {"replies": [{"refusal": "I will not."}, {"content": "cut", "finish_reason": "length"}, {}]})
    assert (ai.complete(request()).finish, ai.complete(request()).finish) == ("refusal", "length")
    assert ai.complete(request()).text == ""


GZIP = {"Content-Encoding": "gzip"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"not gzip at all", GZIP), (b"[" * 200_000, JSON), (b"", JSON), (b"null", JSON), (b"[]", JSON), (b"{", JSON),
        (b'{"choices": [null]}', JSON), (b'{"choices": [{"message": null}]}', JSON), (b'{"choices": {"0": 1}}', JSON),
        (b'{"choices": "x"}', JSON), (b"\xff\xfe", JSON),
    ],
)  # fmt: skip
def test_rubbish_is_unavailable(body: bytes, headers: dict[str, str]) -> None:
    class Rubbish(Twin):
        def handle(self, call: Call) -> Reply:
            return Reply(200, body, headers)

    with TwinServer(Rubbish()) as server:
        with pytest.raises(Unavailable):
            model(f"{server.url}/v1").complete(request())


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_not_read_to_its_end(packed: bool) -> None:
    body = b'{"choices": "' + b"x" * 2 * MAX_ANSWER + b'"}'

    class Endless(Twin):
        def handle(self, call: Call) -> Reply:
            return Reply(200, gzip.compress(body), {**JSON, **GZIP}) if packed else Reply(200, body, JSON)

    with TwinServer(Endless()) as server:
        with pytest.raises(Unavailable) as caught:
            model(f"{server.url}/v1").complete(request())
    assert caught.value.reason == "endless_answer"


class Silent:
    """An HTTP client whose pool reaches nothing; it keeps how long each address was tried."""

    def __init__(self) -> None:
        self._transport, self._mounts, self._pool = self, {"http://": None}, self
        self._network_backend: Any = self
        self.tried: list[tuple[str, float]] = []

    def connect_tcp(self, host: str, port: int, timeout: float) -> Any:
        self.tried.append((host, timeout))
        raise httpcore2.ConnectTimeout


def test_many_silent_addresses_share_the_time_of_one_call() -> None:
    client = Silent()
    backend = limited(client, lambda host, port: ["192.0.2.1", "192.0.2.2"])._network_backend
    with within(600), pytest.raises(httpcore2.ConnectTimeout):
        backend.connect_tcp("models.example.com", 443, 3600.0)
    assert [host for host, _ in client.tried] == ["192.0.2.1", "192.0.2.2"]
    assert all(0 < seconds <= 600 for _, seconds in client.tried)
    with within(0), pytest.raises(httpcore2.ConnectTimeout, match="over"):
        backend.connect_tcp("models.example.com", 443, 3600.0)
    assert len(client.tried) == 2


def test_check_names_a_missing_model(twin: TwinServer) -> None:
    values = {"api_key": "sk-1", "model": "other", "base_url": f"{twin.url}/v1"}
    settings = PluginSettings(provider="openai", business_id="b", values=values, allow_private_urls=True)
    assert "other" in OpenAi.from_settings(settings).check().detail
    twin.fail_next("404", match="/models")
    assert OpenAi.from_settings(settings).check().ok  # a server without a list is tried


def test_settings() -> None:
    loaded = OpenAiSettings().load({"api_key": "k", "model": "m", "daily_budget_paise": "5000"})
    assert (loaded["daily_budget_paise"], loaded["base_url"]) == (5000, "")
    assert OpenAiSettings().validate({"api_key": "k", "model": "m", "base_url": "https://user:pw@host/v1"})


def test_the_sdk_is_not_imported_at_start_up() -> None:
    code = "import sys, salespilots_ai_openai.hooks; sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_stand_in_as_a_process_answers_from_the_result() -> None:
    with TwinProcess("salespilots_ai_openai.twin", "--key", "sk-1") as twin:
        ai = model(f"{twin.url}/v1")
        asked = Turn(role="user", text="red saree?")
        first = ai.complete(request(asked, tools=(SEARCH,)))
        (call,) = first.tool_calls
        assert json.loads(call.arguments) == {"query": "red saree?"}
        result = json.dumps({"items": [{"title": "Red Saree", "variants": [{"price_paise": 129900, "available": 3}]}]})
        turns = (
            asked,
            Turn(role="assistant", tool_calls=(call,)),
            Turn(role="tool", text=result, tool_call_id=call.id),
        )
        assert ai.complete(request(*turns, tools=(SEARCH,))).text == "Yes, we have Red Saree for ₹1,299, 3 in stock."
        twin.call("/__mode", {"mode": "hostile"})
        assert ai.complete(request(*turns, tools=(SEARCH,))).text == LIE


@pytest.mark.parametrize("result", ["", "not json", "[]", '{"items": []}', "5", "null"])
def test_the_stand_in_survives_any_result(result: str) -> None:
    assert sentence(result)

"""Whatever the shop's model does, the customer gets an answer: its own if it can be trusted, else the workflow's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from salespilots import logs
from salespilots.ports.ai import AiProvider, AiReply, AiRequest, ToolCall, Usage
from salespilots.ports.channel import Health
from salespilots.ports.errors import AuthFailed, NotConnected, Unavailable
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings, PluginSettings
from tests.support.shop import Shop, World

QUESTION = "blue saree kitna hai?"
OWN = "Blue block-print saree is ₹1,499.00, 9 in stock."
TRUE = "Haan ji, blue saree ₹1,499.00 ki hai, 9 piece available hain."
LOOK = AiReply(
    tool_calls=(ToolCall(id="c1", name="search_products", arguments=json.dumps({"query": "blue saree"})),),
    usage=Usage(input_tokens=100, output_tokens=10), finish="tool_calls",
)  # fmt: skip


def says(text: Any, **more: Any) -> AiReply:
    return AiReply(text=text, usage=Usage(input_tokens=200, output_tokens=20), **more)


class Model:
    """A plugin whose model answers from a script: replies, or errors to raise. ``building`` fails to be built."""

    def __init__(self) -> None:
        self.script: list[AiReply | Exception] = []
        self.asked: list[AiRequest] = []
        self.building: Exception | None = None

    def build(self, settings: PluginSettings) -> Model:
        if self.building:
            raise self.building
        return self

    def complete(self, request: AiRequest) -> AiReply:
        self.asked.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def check(self) -> Health:
        return Health(ok=True)

    @hookimpl
    def salespilots_ai_providers(self) -> list[AiProvider]:
        return [AiProvider(key="scripted", label="Scripted", settings=NoSettings, build=self.build)]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str, model: Model) -> Shop:
    shop = make_world(sqlite_url, extra=[model]).practice_shop()
    shop.world.services.connections.connect(shop.id, "scripted", {})
    return shop


def answer(shop: Shop) -> str:
    """The words that come back to the question; the card comes before them."""
    texts = [one.text for one in shop.say(QUESTION) if one.kind == "text"]
    assert len(texts) == 1
    return texts[0]


def step(shop: Shop) -> Any:
    """The row of the step that asked the model."""
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        return next(one for one in uow.steps.select() if one.kind == "message.product")


def test_true_words_go_out(shop: Shop, model: Model) -> None:
    model.script = [LOOK, says(f" {TRUE}\n")]
    assert answer(shop) == TRUE
    assert step(shop).cost_tokens == 330
    assert model.asked[1].turns[-1].role == "tool"


@pytest.mark.parametrize("finish", ["length", "refusal", "unknown", "tool_calls", ""])
def test_unfinished_words_do_not(shop: Shop, model: Model, finish: str) -> None:
    model.script = [LOOK, says(TRUE, finish=finish)]
    assert answer(shop).startswith(OWN)
    assert "not finished" in step(shop).reason


@pytest.mark.parametrize(
    "text", ["The blue saree is ₹50 only.", "Pay to fraud@ybl", "Your order is confirmed.", "", "x" * 5000]
)
def test_false_words_do_not(shop: Shop, model: Model, text: str) -> None:
    model.script = [LOOK, says(text)]
    assert answer(shop).startswith(OWN)


def test_a_figure_that_the_model_itself_put_into_a_call_is_no_fact(shop: Shop, model: Model) -> None:
    calls = [
        ToolCall(id=str(number), name="quote", arguments=json.dumps({"sku": "SAR-BLUE", "quantity": number}))
        for number in (5, 50)
    ]
    model.script = [AiReply(tool_calls=tuple(calls), finish="tool_calls"), says("The blue saree is only ₹5 today.")]
    assert answer(shop).startswith(OWN)


@pytest.mark.parametrize("bad", ["\ud83d", "\x00", "\udcff\x00"])
def test_what_cannot_be_stored_does_not_go_out(shop: Shop, model: Model, bad: str) -> None:
    model.script = [LOOK, says(f"Haan ji, ₹1,499.00 {bad} ki hai.")]
    said = answer(shop)
    assert said.startswith(OWN)
    said.encode()


def test_a_call_with_what_cannot_be_stored(shop: Shop, model: Model) -> None:
    call = ToolCall(id="c1", name="search_products", arguments='{"query": "blue \\ud83d saree\\u0000"}')
    model.script = [AiReply(text="Let me look \ud83d", tool_calls=(call,), finish="tool_calls"), says(TRUE)]
    answer(shop).encode()
    model.asked[1].turns[-2].text.encode()


@pytest.mark.parametrize(
    "error",
    [TypeError("bug with ₹ and a name"), KeyError("x"), RecursionError(), Unavailable(provider="scripted"),
     NotConnected("gone"), AuthFailed(provider="scripted", user_action="Make a new key.")],
)  # fmt: skip
def test_any_error_leaves_the_workflows_own_words(shop: Shop, model: Model, error: Exception) -> None:
    model.script = [LOOK, error]
    assert answer(shop).startswith(OWN)
    found = step(shop)
    assert (found.outcome, found.cost_tokens) == ("done", 110)
    assert "did not answer" in found.reason
    assert shop.world.services.conversations.page(shop.id).items[0].conversation.mode == "bot"


@pytest.mark.parametrize("reply", [None, "words", says(None), says(5), AiReply(text=TRUE, usage=None)])  # type: ignore[arg-type]
def test_a_reply_of_no_known_form(shop: Shop, model: Model, reply: Any) -> None:
    model.script = [LOOK, reply]
    assert answer(shop).startswith(OWN)


@pytest.mark.parametrize("error", [TypeError("cannot build"), NotConnected("off")])
def test_a_model_that_cannot_be_made(shop: Shop, model: Model, error: Exception) -> None:
    model.building = error
    assert answer(shop).startswith(OWN)
    assert model.asked == []


def test_a_broken_note_of_an_error(shop: Shop, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the note cannot be written")

    monkeypatch.setattr(shop.world.services.connections, "note_error", broken)
    model.script = [Unavailable(provider="scripted")]
    assert answer(shop).startswith(OWN)


def test_a_bug_is_logged_by_type_and_place(shop: Shop, model: Model) -> None:
    model.script = [TypeError("Riya asked for ₹50")]
    with capture_logs(processors=[logs.places]) as lines:
        answer(shop)
    (line,) = [one for one in lines if one["event"] == "ai.broken"]
    assert "builtins.TypeError" in line["exception"]
    assert "in complete" in line["exception"]
    assert "Riya" not in str(line)


def test_a_model_that_never_ends(shop: Shop, model: Model) -> None:
    model.script = [LOOK] * 9
    assert answer(shop).startswith(OWN)
    assert (len(model.asked), step(shop).cost_tokens) == (5, 550)


def test_what_a_call_says_it_cost_is_bounded(shop: Shop, model: Model) -> None:
    model.script = [AiReply(text=TRUE, usage=Usage(input_tokens=10**40, output_tokens=-5))]
    assert answer(shop).startswith(OWN)
    assert step(shop).cost_tokens == 1_000_000


def test_more_calls_than_are_answered_are_not_told(shop: Shop, model: Model) -> None:
    model.script = [AiReply(tool_calls=LOOK.tool_calls * 9, finish="tool_calls"), says(TRUE)]
    assert answer(shop) == TRUE
    asked = model.asked[1].turns
    assert len([one for one in asked if one.role == "tool"]) == len(asked[-5].tool_calls) == 4

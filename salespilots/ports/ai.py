"""The AI port: a model that writes replies and asks for tools. What it says is a proposal; code decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from salespilots.ports.channel import Health
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import PluginSettings, SettingsSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool the model may call: ``parameters`` is a closed JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """The model asks for a tool. ``arguments`` is its JSON text, unchecked: the core parses and validates it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One line of the dialogue. ``role``: user | assistant | tool. A tool turn answers ``tool_call_id``."""

    role: str
    text: str = field(default="", repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AiRequest:
    """One call. ``timeout`` in seconds is for this call as a whole, not for each read; the core bounds the turn."""

    system: str = field(repr=False)
    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...] = ()
    output_schema: Mapping[str, Any] | None = None
    max_output_tokens: int = 400
    timeout: float = 12.0
    idempotency_key: str = ""
    customer_hash: str = ""  # an opaque id for the provider's abuse checks; never a name or number


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call; ``estimated`` when the provider did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AiReply:
    """What came back: text, or tool calls. ``finish``: stop | tool_calls | length | refusal | unknown.

    Text reaches a customer only with ``stop``: a sentence that was cut may end in a shortened figure.
    """

    text: str = field(default="", repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage()
    model: str = ""
    finish: str = "stop"


class Ai(Protocol):
    """One shop's model. Safe to use from several threads; never retries by itself."""

    def complete(self, request: AiRequest) -> AiReply:
        """One completion within ``request.timeout`` seconds, from connecting to the last byte. Raises a `PortError`."""
        ...

    def check(self) -> Health:
        """Whether key and model work."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AiProvider:
    """A model provider as registered. ``writes_replies`` is False for the built-in rules: nothing to ask."""

    key: str
    label: str
    settings: type[SettingsSchema]
    build: Callable[[PluginSettings], Ai]
    writes_replies: bool = True
    summary: str = ""
    port_version: int = PORT_VERSION


@hookspec
def salespilots_ai_providers() -> Sequence[AiProvider]:
    """AI providers this plugin supplies. Called once, at start-up."""

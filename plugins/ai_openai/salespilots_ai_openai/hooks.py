"""What this plugin adds to SalesPilots. The SDK is imported with the first call, not here: it takes seconds."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.ai import AiProvider
from salespilots.ports.markers import hookimpl
from salespilots_ai_openai.adapter import OpenAi
from salespilots_ai_openai.settings import OpenAiSettings

PROVIDER = AiProvider(
    key="openai",
    label="OpenAI",
    settings=OpenAiSettings,
    build=OpenAi.from_settings,
    summary="Replies written by a model of OpenAI, or of any server that speaks its Chat Completions.",
)


@hookimpl
def salespilots_ai_providers() -> Sequence[AiProvider]:
    """OpenAI."""
    return [PROVIDER]

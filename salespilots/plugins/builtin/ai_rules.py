"""The rules assistant: works with no key. It understands by word lists and never makes a sentence of its own."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.ai import AiProvider, AiReply, AiRequest
from salespilots.ports.channel import Health
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings, PluginSettings


class RulesAi:
    """Answers with nothing, so that the workflow's own words go out."""

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> RulesAi:
        """Needs none."""
        return cls()

    def complete(self, request: AiRequest) -> AiReply:
        """No text: the caller's deterministic reply stands."""
        return AiReply(model="rules")

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="The built-in assistant works without a key.")


@hookimpl
def salespilots_ai_providers() -> Sequence[AiProvider]:
    """The rules."""
    return [
        AiProvider(
            key="rules",
            label="Built-in assistant",
            summary="Understands price, stock and order questions in English, Hinglish and Hindi. No key, no cost.",
            settings=NoSettings,
            build=RulesAi.from_settings,
            writes_replies=False,
        )
    ]

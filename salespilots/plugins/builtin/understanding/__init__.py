"""Understanding customers by rules: no network, no model, no key.

`RulesUnderstander` is what every shop starts with. It reads English, Hinglish and Devanagari, and it is the
path that still answers when an AI provider is down or was never set up.
"""

from salespilots.plugins.builtin.understanding.rules import RulesUnderstander

__all__ = ["RulesUnderstander"]

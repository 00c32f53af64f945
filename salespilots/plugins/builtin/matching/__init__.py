"""Finding an owner's words in a customer's message: no key, no network, no model.

`Rule` is what a trigger asks with: any, all and none of some words, or of patterns. `found_keyword` is its short form.
"""

from salespilots.plugins.builtin.matching.patterns import PatternRefused, read_pattern
from salespilots.plugins.builtin.matching.rule import HOW, Rule, Verdict, found_keyword, rule_of

__all__ = ["HOW", "PatternRefused", "Rule", "Verdict", "found_keyword", "read_pattern", "rule_of"]

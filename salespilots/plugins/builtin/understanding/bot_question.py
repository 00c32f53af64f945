"""Whether a customer asks who answers them: a machine, or a person.

Only whole questions count. A shop may sell robots, sewing machines and machine-washable sarees, so the word alone says
nothing: what stands around it must be about "you", "this chat" or a choice between the two.
"""

from __future__ import annotations

import re

from salespilots.plugins.builtin.understanding.tokens import Reading

_BOT = "(?:bots?|robots?|robo|chatbots?)"
_MACHINE = "(?:bots?|robots?|robo|chatbots?|machine|mashin|ai|chatgpt|gpt|computer|software|automated|automatic)"
_PERSON = "(?:human|insaan|malik|person|manushya|aadmi|admi)"
_YOU = "(?:aap|tum|tu|you|u)"
_END = "(?: (?:or|aur|ya|yes|hai|ho|kya|na|here|please|sir|bhai|reply|replying|talking|answering|speaking|chatting|right|only)\\b.*)?$"
_START = r"^(?:(?:hi|hello|hey|wait|sorry|ok|sach|batao|but|so|bhai|sir|acha|ek|min|one|sec|kya|please|tell|me) ){0,4}"

_ASKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_START}(?:are|r) (?:you|u)(?: (?:a|an|just|really|actually|only|some|real|the|kind|of|sort))* {_MACHINE}{_END}",
        rf"{_START}(?:is|it's|its) (?:this|it|that|there)(?: (?:a|an|just|really|actually|only|some|real|the))* {_BOT}{_END}",
        rf"{_START}is (?:this|it|that)(?: (?:a|an|all))* (?:automated|automatic|ai|chatbot) (?:reply|message|response|chat|answer){_END}",
        rf"{_START}is (?:this|it|that)(?: (?:a|an|all))* (?:automated|chatbot)$",
        rf"{_START}(?:you|u)(?: (?:a|are|an))* {_BOT}$",
        rf"{_START}(?:am i|i am|im)(?: \S+){{0,2}} (?:to|with)(?: (?:a|an|some|the))* {_MACHINE}{_END}",
        rf"{_START}{_YOU}(?: (?:koi|ek|sach|me|really))* {_MACHINE} ho(?: (?:kya|na|ya|yes)\b.*)?$",
        rf"{_START}{_YOU}(?: (?:koi|ek|sach|me|really))* {_BOT} hai(?: (?:kya|na|ya|yes)\b.*)?$",
        r"^(?:kya )?(?:bots?|chatbots?) hai(?: kya| na)?$",
        rf"{_START}(?:koi |ek )?(?:{_BOT}|ai) (?:ho|hi ho)(?: (?:kya|na|aap|tum|ya|yes)\b.*)?$",
        rf"{_START}(?:ye|yah)(?: (?:koi|ek|sab|chat))* (?:bots?|chatbots?) hai(?: (?:kya|na|ya|yes)\b.*)?$",
        rf"^(?:\S+ ){{0,4}}{_MACHINE} se baat (?:karo|kar|ho) (?:raha|rahi)\b",
        rf"^(?:\S+ ){{0,5}}(?:koi |ek )?{_BOT} (?:javab|jawab|reply)(?: \S+){{0,2}} (?:raha|rahi|de|deta)\b",
        rf"{_START}(?:\S+ )?(?:real |asli )?{_PERSON}(?: (?:ho|hai|reply|hu))* (?:or|aur|ya|yes)(?: (?:a|an|koi|ek))* {_MACHINE}{_END}",
        rf"{_START}(?:\S+ )?{_MACHINE}(?: (?:ho|hai))* (?:or|aur|ya|yes)(?: (?:a|an|koi|ek|real|asli))* {_PERSON}{_END}",
        rf"{_START}(?:are|r) (?:you|u)(?: (?:a|an|real|really|actually|actual|even))* {_PERSON}(?: being)?{_END}",
        rf"{_START}is (?:this|it|that|there)(?: (?:a|an|real|really|actually|actual))* {_PERSON}(?: being)?{_END}",
        rf"{_START}(?:are|r) (?:you|u) (?:real|asli|original)$",
        rf"{_START}{_YOU}(?: (?:real|asli|sach|me|koi|ek))* {_PERSON} ho(?: (?:kya|na|ya|yes)\b.*)?$",
    )
)
_WANTS_ONE = re.compile(
    rf"\b{_PERSON} se baat|\b(?:talk|speak|connect|chat)(?: me)? (?:to|with) (?:a |an |the )?(?:real )?{_PERSON}|\b(?:want|need|chahiye)\b"
)
_LONGEST = 16


def asks_whether_bot(reading: Reading) -> bool:
    """Whether the message asks that. Who asks for a person at the same time gets the person."""
    line = reading.line
    if len(reading.tokens) > _LONGEST or _WANTS_ONE.search(line):
        return False
    return any(pattern.search(line) for pattern in _ASKS)
